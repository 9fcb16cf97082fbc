"""The journey of evidence, from the look at what Suzhou will want to the package that a court verifies.

Jinhua seals an on-site record with a video that went up over a line which broke twice; Songjiang receives it with a
double receipt; Suzhou presumes one item and objects to another.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Route, expect

from concord.capabilities.evidence import packing, receipts
from concord.capabilities.evidence.models import Handover, Item
from concord.entrypoints.workspace.account_events import FACTOR_IN_SESSION, OWN
from concord.foundation.database.clock import now
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.ledger import sealing
from concord.foundation.organisations.commands import appoint, enrol
from concord.foundation.organisations.models import Kind, Organisation, Person
from concord.foundation.organisations.queries import organisations
from concord.rules.evidence.records import FIELDS
from tests.journeys.conftest import EVERY, Open
from tests.journeys.people import FANG, SHEN, YE, Demo, Human, Look
from tests.support.sealing import Home, home_of
from tests.support.two_verifiers import both_say
from tests.support.worlds import BEGINNING
from tests.workspace.desk import BACKEND

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SUZHOU, SUZHOU_PLACE = "320500", 5
OFFICER, LEADER = "xi.zhen", "bian.wenlan"
MEGABYTES = 10
BROKEN = re.compile("ERR_(FAILED|CONNECTION|INTERNET)")
SUBMIT, ISSUE = ("送签", "Submit"), ("签发", "Sign and send")
RECEIVE, RECOGNISE, OBJECT = ("核对接收", "Check and receive"), ("认可证据", "Recognise"), ("提出异议", "Object")


class Guest(Human):
    """Somebody of a city without a persona, signed in by the session itself."""

    def sign_in(self) -> None:
        client = Client()
        client.force_login(Person.objects.get(username=self.username), backend=BACKEND)
        session = client.session
        session[FACTOR_IN_SESSION] = OWN
        session.save()
        self.context.clear_cookies()
        self.page.goto("/account/login/")
        here = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": session.session_key,
            "url": self.page.url.partition("account/")[0],
        }
        self.context.add_cookies([here])  # type: ignore[list-item]  # a plain dictionary will do
        self.page.goto("/")
        expect(self.page.locator("header.bar")).to_be_visible()


class Journey:
    """One run of the journey; each method is a stretch of it."""

    def __init__(self, demo: Demo, home: Home, folder: Path) -> None:
        self.demo, self.home, self.folder, self.say = demo, home, folder, demo.look.say

    def guest(self, username: str, name: str, kind: str) -> Human:
        """A person of Suzhou sits down."""
        person = enrol(username=username, zh=name, en=name, telephone="1")
        appoint(person=person, organisation=organisations()[SUZHOU_PLACE], kind=kind, held_from=BEGINNING)
        look = self.demo.look
        context = self.demo.browser.new_context(
            base_url=self.demo.address,
            viewport={"width": look.width, "height": look.height},
            locale=look.locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        human = Guest(context, look, username)
        self.demo.people.append(human)
        human.sign_in()
        return human

    def looks_ahead(self, ye: Human) -> None:
        """Before the raid: Suzhou will want a recording without a break."""
        ye.opens("/evidence/precheck/")
        ye.looks_well()
        ye.page.locator("input[name=kind][value=onsite_record]").check()
        ye.page.locator(f"input[name=city][value='{SUZHOU}']").check()
        ye.presses(ye.page.locator("main .form-end button"))
        wanted = ye.page.locator(".evidence-wanted")
        expect(wanted).to_contain_text(self.say("现场检查全程不间断录音录像", "continuous"))
        expect(wanted).to_contain_text(self.say("拟议", "proposed"), ignore_case=True)
        ye.looks_well()

    def collects(self, ye: Human, kind: str, title: str, file: Path, *, breaks: int = 0) -> str:
        """Register, fill the record in, add a file, seal; the number."""
        page = ye.page
        ye.opens("/evidence/new/")
        page.locator("#f-kind").select_option(kind)
        page.locator("#f-title").fill(title)
        page.locator("input[name=handling][value=ask_before_use]").check()
        ye.submits()
        number = unquote(page.url.rstrip("/").split("/")[-2])
        self._adds(ye, file, breaks)
        self._records(ye, kind)
        ye.looks_well()
        ye.presses(page.locator("button[form=record-form][value=seal]"))
        ye.sees("正在签名", "being signed")
        return number

    def _adds(self, ye: Human, file: Path, breaks: int) -> None:
        page = ye.page
        broken: list[str] = []

        def cut(route: Route) -> None:
            if len(broken) < breaks and not route.request.url.endswith("/0/"):
                broken.append(route.request.url)
                route.abort("connectionfailed")
            else:
                route.continue_()

        page.route("**/uploads/*/chunks/*/", cut)
        page.locator("#f-file").set_input_files(file)
        expect(page.locator("input[type=hidden][name=file]")).to_have_count(1, timeout=60_000)
        page.unroute("**/uploads/*/chunks/*/")
        assert len(broken) == breaks
        ye.presses(page.locator("button[value=add]"))
        ye.sees(file.name, file.name)
        ye.sees("与离开采集设备前计算的摘要一致", "Same digest as computed before it left the device")

    def _records(self, ye: Human, kind: str) -> None:
        page = ye.page
        page.locator("#f-started_at").fill("2026-02-06T08:00")
        page.locator("#f-ended_at").fill("2026-02-06T09:10")
        page.locator("#f-place").fill("金华市临江工业园6幢")
        for field in FIELDS[kind]:
            if field.optional:
                continue
            if field.type == "boolean":
                page.locator(f"input[name=record-{field.id}][value=yes]").check()
            elif field.type in {"text", "longtext"}:
                page.locator(f"#f-record-{field.id}").fill("已按程序办理，见笔录。")
        for row, (person, card) in enumerate(((YE, "浙0412"), (FANG, "浙0400")), start=1):
            page.locator(f"#f-officer-{row}").select_option(str(Person.objects.get(username=person).uid))
            page.locator(f"#f-card-{row}").fill(card)

    def signs_and_publishes(self) -> None:
        """What the worker and the ledger do a moment later."""
        enter(SYSTEM)
        self.home.at = now()
        for uid in packing.waiting():
            packing.finish_sealing(uid, equipment=self.home.equipment(), at=self.home.at)
        receipts.sign(equipment=self.home.equipment(), at=self.home.at)
        self.home.later(seconds=3)
        self.home.round()
        sealing.complete(at=self.home.at, stamping=self.home.stamping())

    def hands_over(self, ye: Human, fang: Human, receiver: str, numbers: list[str]) -> str:
        """Drafted from the item's own page, signed by the leader; the address of the matter."""
        page = ye.page
        ye.opens(f"/evidence/{numbers[0]}/")
        ye.follows("移交", "Hand over")
        page.locator("#f-party-receiver").select_option(receiver)
        page.locator("#f-case_ref").fill("锁界公司门锁案")
        page.locator("#f-cause").select_option("trademark_infringement")
        for number in numbers:
            page.locator(f"input[name=evidence][value='{number}']").check()
        page.locator("#f-purpose").fill("证明发货数量。")
        page.locator("input[name=basis][value=agreement]").check()
        page.locator("input[name=handling][value=ask_before_use]").check()
        ye.looks_well()
        ye.submits()
        matter = "/matters/" + page.url.split("/matters/")[1]
        ye.does(matter, SUBMIT)
        fang.does(matter, ISSUE)
        return matter

    def is_received(self, who: Human, matter: str, number: str) -> None:
        """The items are there; once the job has signed, both receipts are."""
        who.does(matter, RECEIVE, received_date="2026-02-06")
        self.signs_and_publishes()
        enter(SYSTEM)
        assert Handover.objects.get(item__number=number, matter__number=matter.split("/")[-2]).digests_agree
        who.opens(f"/evidence/{number}/")
        who.sees("双回执齐备", "Both receipts signed")
        who.sees("摘要核对一致", "digests agree")
        who.looks_well()


@pytest.mark.parametrize("look", EVERY[:2], indirect=True)
def test_from_the_look_ahead_to_the_court(demo: Open, look: Look, tmp_path: Path) -> None:
    running = demo(look)
    members = list(Organisation.objects.filter(kind=Kind.MEMBER).order_by("position"))
    video, slip, orders = tmp_path / "raid.mp4", tmp_path / "slip.txt", tmp_path / "orders.csv"
    chance = random.Random(6)  # noqa: S311  a test repeats itself
    video.write_bytes(b"\0\0\0\x20ftypisom" + chance.randbytes(MEGABYTES << 20))
    slip.write_text("SJ-20418", encoding="utf-8")
    orders.write_text("order,count\nSJ-20418,60\n", encoding="utf-8")
    (tmp_path / "home").mkdir()
    with home_of(tmp_path / "home", members, at=now()).in_use() as home:
        journey = Journey(running, home, tmp_path)
        ye, fang = running.sits_down(YE), running.sits_down(FANG)
        journey.looks_ahead(ye)
        raid = journey.collects(ye, "onsite_record", "成品仓库现场笔录", video, breaks=2)
        slips = journey.collects(ye, "document", "发货单", slip)
        data = journey.collects(ye, "e_data", "订单数据", orders)
        journey.signs_and_publishes()
        shen = running.sits_down(SHEN)
        to_songjiang = journey.hands_over(ye, fang, "310117", [raid])
        journey.is_received(shen, to_songjiang, raid)
        xi = journey.guest(OFFICER, "奚臻", "case_officer")
        bian = journey.guest(LEADER, "卞文澜", "leader")
        to_suzhou = journey.hands_over(ye, fang, SUZHOU, [slips, data])
        journey.is_received(xi, to_suzhou, slips)
        recognises(journey, bian, to_suzhou, slips)
        objects(bian, to_suzhou, data)
        ye.opens("/evidence/grid/")
        ye.sees("异议", "Objected")
        ye.looks_well()
        bian.opens(f"/evidence/{slips}/")
        link = bian.control("下载证据包", "Download the package").first
        package = bian.downloads(link)
        report = both_say(package, home.installation.trust.read_bytes(), at=now())
        assert report.verdict == "pass"
        assert Item.objects.get(number=raid).holder.code == "310117"
    assert [said for said in running.complaints() if not BROKEN.search(said)] == []


def recognises(journey: Journey, bian: Human, matter: str, number: str) -> None:
    """By presumption, which the screen says has no statutory effect."""
    bian.opens(matter)
    bian.follows(*RECOGNISE)
    bian.page.locator(f"input[name=recognised_items][value='{number}']").check()
    bian.page.locator("input[name=recognition_basis][value=presumption]").check()
    bian.looks_well()
    bian.submits()
    bian.opens(f"/evidence/{number}/")
    bian.sees("推定认可", "Presumed")
    bian.sees("没有法定效力", "no statutory effect")
    journey.signs_and_publishes()


def objects(bian: Human, matter: str, number: str) -> None:
    """On a listed ground, with what is wrong."""
    bian.opens(matter)
    bian.follows(*OBJECT)
    bian.page.locator(f"input[name=objected_items][value='{number}']").check()
    bian.page.locator("input[name=objection_ground][value=form]").check()
    bian.page.locator("#f-objection_reason").fill("没有导出过程的录屏。")
    bian.submits()
    bian.opens(f"/evidence/{number}/")
    bian.sees("没有导出过程的录屏。", "没有导出过程的录屏。")
    bian.sees("提出异议", "Objected to")
