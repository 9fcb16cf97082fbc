"""The pages of evidence: lists, collecting and sealing, one item, checks before collecting, the grid, the picker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from concord.capabilities.evidence.models import Custody, Item
from concord.casework.models import Matter
from concord.foundation.journal.models import Read
from concord.foundation.organisations.models import Organisation
from concord.rules.evidence.records import FIELDS
from tests.support.collecting import Collecting, full_record
from tests.support.evidence_items import handed_over, received, sealed_item
from tests.support.sealing import home_of
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, form_of, missing, text_of

pytestmark = pytest.mark.django_db
OFFICER, ASKED, ASKED_LEADER, THIRD = "asking.case_officer", "asked.case_officer", "asked.leader", "third.case_officer"
NOW = time("2026-02-06T09:30")
PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
LATER = "2026-03-10T09:00"


@pytest.fixture
def collecting(world: World, tmp_path: Path) -> Iterator[Collecting]:
    """The members have keys and a ledger, and it is the morning of the pages."""
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=NOW).in_use() as home:
        yield Collecting(world, home)


def page_of(item: Item) -> str:
    return f"/evidence/{quote(item.number)}/"


def typed_record(kind: str) -> dict[str, Any]:
    """What somebody types into every field of a kind's record."""
    typed: dict[str, Any] = {}
    for field, value in zip(FIELDS[kind], full_record(kind).values(), strict=True):
        shown = {"boolean": "yes", "datetime": "2026-02-06T08:30"}.get(field.type, value)
        typed[f"record-{field.id}"] = shown
    return typed


def own_columns(world: World) -> dict[str, Any]:
    officers = [str(world.person(name).uid) for name in (OFFICER, "asking.leader")]
    return {
        "title": "某仓库现场笔录",
        "handling": "case_only",
        "cause": "trademark_infringement",
        "place": "示例路1号仓库",
        "started_at": "2026-02-06T08:00",
        "ended_at": "2026-02-06T09:00",
        "officer": officers,
        "card": ["浙0101", "浙0102"],
    }


def registered(desk: Desk, kind: str = "onsite_record") -> Item:
    desk.fill("/evidence/new/", kind=kind, title="某仓库现场笔录", handling="case_only", cause="")
    return Item.objects.latest("id")


def objected(world: World, matter: Matter, item: Item) -> None:
    """The receiver objects to the item, which lacks a signature."""
    told: dict[str, Any] = {"objected_items": [item.number], "objection_ground": "form"}
    world.do(matter, "object", by=ASKED_LEADER, at=LATER, objection_reason="缺少第二人签名。", **told)


class TestList:
    def test_what_is_ours_and_what_was_given(self, world: World, sit: Sit) -> None:
        ours, theirs = sealed_item(world, title="发货单"), sealed_item(world, by=THIRD, title="别人的照片")
        page = sit(OFFICER).get("/evidence/")
        assert missing(page, [ours.title, ours.number, "已封存", "仅限本案使用", "书证"]) == []
        assert theirs.number not in text_of(page)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=发货", {"发货单"}),
            ("kind=photo", {"货架照片"}),
            ("state=collecting", set()),
            ("q=没有", set()),
        ],
    )
    def test_filters(self, world: World, sit: Sit, query: str, found: set[str]) -> None:
        for kind, title in (("document", "发货单"), ("photo", "货架照片")):
            sealed_item(world, kind=kind, title=title)
        page = text_of(sit(OFFICER).get(f"/evidence/?{query}"))
        assert {title for title in ("发货单", "货架照片") if f">{title}<" in page} == found

    def test_a_whole_number_finds_its_item(self, world: World, sit: Sit) -> None:
        first, second = sealed_item(world, title="甲"), sealed_item(world, title="乙")
        page = text_of(sit(OFFICER).get("/evidence/", {"q": first.number}))
        assert first.number in page
        assert second.number not in page.replace(f'value="{first.number}"', "")

    def test_pages_follow_one_another(self, world: World, sit: Sit) -> None:
        items = [sealed_item(world, title=f"第{n}项", at=f"2026-02-0{1 + n % 5}T0{n % 10}:00") for n in range(27)]
        desk = sit(OFFICER)
        first = text_of(desk.get("/evidence/"))
        older = first.split('rel="next" href="')[1].split('"')[0]
        second = text_of(desk.get(f"/evidence/{older}"))
        shown = [[item.number for item in items if f">{item.number}<" in page] for page in (first, second)]
        assert [len(one) for one in shown] == [25, 2]
        assert set(shown[0]).isdisjoint(shown[1])

    def test_a_bad_cursor_is_refused(self, sit: Sit) -> None:
        assert sit(OFFICER).get("/evidence/?before=1;2").status_code == 422

    def test_whoever_may_not_read_evidence_has_no_menu_and_no_page(self, sit: Sit) -> None:
        desk = sit("asking.clerk")
        assert 'href="/evidence/"' not in text_of(desk.get("/"))
        assert desk.get("/evidence/").status_code == 403


class TestCollecting:
    def test_registered_described_filled_and_sealed(self, world: World, collecting: Collecting, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = registered(desk)
        edit = f"{page_of(item)}edit/"
        typed = {**own_columns(world), **typed_record(item.kind)}
        assert desk.fill(edit, **typed).status_code == 302
        added = desk.post(edit, {"do": "add", "file": SimpleUploadedFile("笔录.txt", b"on site"), "origin": "纸质原件"})
        assert added.status_code == 302
        page = desk.get(edit)
        assert missing(page, ["笔录.txt", "纸质原件", "示例路1号仓库", "浙0102"]) == []
        assert desk.fill(edit, do="seal").status_code == 302
        item.refresh_from_db()
        assert item.state == Item.State.SEALING
        collecting.sign()
        collecting.publish()
        shown = desk.get(page_of(item))
        package = collecting.package(item)
        assert missing(shown, ["已封存", "笔录.txt", package.package, "可以离线验证", "采集", "浙0101"]) == []
        response = desk.get(f"{page_of(item)}package.evp")
        assert b"".join(cast("Iterable[bytes]", response)).startswith(b"PK")

    def test_an_incomplete_item_is_not_sealed_and_what_was_typed_is_kept(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = registered(desk)
        page = desk.fill(f"{page_of(item)}edit/", do="seal", title="改过的名称", place="某路2号")
        assert page.status_code == 422
        assert missing(page, ["改过的名称", "某路2号", 'href="#f-record-party"', 'id="f-record-party"']) == []
        item.refresh_from_db()
        assert item.state == Item.State.COLLECTING

    def test_a_file_is_dropped_again(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = registered(desk)
        edit = f"{page_of(item)}edit/"
        desk.post(edit, {"do": "add", "file": SimpleUploadedFile("多余.txt", b"x")})
        desk.post(edit, {"do": "drop", "path": item.files.get().path})
        assert not item.files.exists()

    def test_no_file_chosen(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = registered(desk)
        page = desk.post(f"{page_of(item)}edit/", {"do": "add"})
        assert page.status_code == 422
        assert missing(page, ["请选择文件"]) == []

    def test_a_wrong_kind_is_told_at_its_field(self, sit: Sit) -> None:
        page = sit(OFFICER).fill("/evidence/new/", kind="", title="", handling="case_only")
        assert page.status_code == 422
        assert 'href="#f-kind"' in text_of(page)
        assert not Item.objects.exists()

    def test_only_the_collector_edits(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        assert sit(OFFICER).get(f"{page_of(item)}edit/").status_code == 302
        assert sit(ASKED).get(f"{page_of(item)}edit/").status_code == 404

    def test_a_stale_page_changes_nothing(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = registered(desk)
        edit = f"{page_of(item)}edit/"
        opened = form_of(desk.get(edit))
        desk.fill(edit, title="先改的")
        page = desk.post(edit, {**opened, "title": "后改的"})
        assert page.status_code == 422
        item.refresh_from_db()
        assert item.title == "先改的"


class TestItem:
    def test_hidden_from_whom_it_was_not_shown_to(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        for path in ("", "package.evp", "files/1/"):
            assert sit(ASKED).get(f"{page_of(item)}{path}").status_code == 404
        assert Read.objects.filter(what="item", refused=True, subject=item.number).count() == 3

    def test_reads_by_others_are_shown_to_the_giver_alone(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        received(world, [item])
        sit(ASKED).get(page_of(item))
        reader = world.person(ASKED).zh
        assert missing(sit(OFFICER).get(page_of(item)), ["其他机关的查阅", reader]) == []
        assert "其他机关的查阅" not in text_of(sit(ASKED).get(page_of(item)))

    def test_pictures_are_shown_in_the_page(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = registered(desk, "photo")
        for name, content in (("照片.png", PICTURE), ("说明.txt", b"text")):
            desk.post(f"{page_of(item)}edit/", {"do": "add", "file": SimpleUploadedFile(name, content)})
        picture, text = item.files.order_by("id")
        page = text_of(desk.get(page_of(item)))
        assert f"files/{picture.pk}/?preview=1" in page
        assert f"files/{text.pk}/?preview=1" not in page

    def test_handover_with_its_receipts(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        matter = handed_over(world, [item])
        page = sit(OFFICER).get(page_of(item))
        assert missing(page, ["移交与双回执", "待接收", "尚未接收", matter.number]) == []

    def test_what_each_city_thinks(self, world: World, sit: Sit) -> None:
        item = sealed_item(world, officers=("case_officer",))
        matter = received(world, [item])
        told: dict[str, Any] = {
            "objected_items": [item.number],
            "objection_ground": "form",
            "objection_reason": "缺少第二人签名。",
        }
        world.do(matter, "object", by=ASKED_LEADER, at=LATER, **told)
        page = sit(OFFICER).get(page_of(item))
        assert missing(page, ["提出异议", "形式", "缺少第二人签名。", "没有法定效力", "尚无意见"]) == []

    def test_custody_is_noted_by_its_holder(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        desk = sit(OFFICER)
        noted = {"act": "inspect", "purpose": "核对数量", "medium": "光盘", "result": "一致", "place": "物证室"}
        assert desk.fill(page_of(item), **noted).status_code == 302
        assert missing(desk.get(page_of(item)), ["核对数量", "光盘", "物证室"]) == []
        assert Custody.objects.filter(item=item, act="inspect").count() == 1

    def test_a_note_without_a_result_is_refused_at_its_field(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        page = sit(OFFICER).fill(page_of(item), act="inspect", purpose="核对数量", medium="光盘", result="", place="室")
        assert page.status_code == 422
        assert 'href="#f-result"' in text_of(page)

    def test_in_english(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        received(world, [item])
        desk = sit(OFFICER, language="en")
        for path in ("/evidence/", "/evidence/new/", "/evidence/grid/", page_of(item)):
            assert desk.get(path).status_code == 200


class TestBeforehand:
    def test_what_cities_will_want_of_a_kind(self, world: World, sit: Sit) -> None:
        asked = world.places["asked"]
        query = f"cause=trademark_infringement&kind=onsite_record&city={asked.code}"
        page = sit(OFFICER).get(f"/evidence/precheck/?{query}")
        assert missing(page, ["现场笔录", asked.zh, "必要"]) == []

    def test_nothing_chosen_asks_only(self, sit: Sit) -> None:
        page = text_of(sit(OFFICER).get("/evidence/precheck/?kind=nonsense&city=1"))
        assert "evidence-wanted" not in page


class TestGrid:
    def test_items_by_cities_and_precedents(self, world: World, sit: Sit) -> None:
        item = sealed_item(world, officers=("case_officer",))
        matter = received(world, [item])
        told: dict[str, Any] = {
            "objected_items": [item.number],
            "objection_ground": "form",
            "objection_reason": "缺少第二人签名。",
        }
        world.do(matter, "object", by=ASKED_LEADER, at=LATER, **told)
        desk = sit(OFFICER)
        page = desk.get("/evidence/grid/")
        assert missing(page, [item.title, "异议", "形式", "缺少第二人签名。", "采集机关"]) == []
        assert "缺少第二人签名。" not in text_of(desk.get("/evidence/grid/?ground=relevance"))
        assert "缺少第二人签名。" not in text_of(sit(THIRD).get("/evidence/grid/"))


class TestForms:
    def test_the_picker_offers_sealed_items_and_keeps_the_choice(self, world: World, sit: Sit) -> None:
        item, other = sealed_item(world, title="发货单"), sealed_item(world, title="照片")
        desk = sit(OFFICER)
        begin = f"/begin/evidence_recognition/draft/?evidence={quote(item.number)}"
        page = desk.get(begin)
        assert missing(page, ["发货单", "照片", other.number]) == []
        assert form_of(page)["evidence"] == [item.number]

    def test_a_number_typed_by_hand_is_taken_and_a_wrong_one_told(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        desk = sit(OFFICER)
        typed = {
            "party-receiver": world.places["asked"].code,
            "case_ref": "某案",
            "cause": "trademark_infringement",
            "purpose": "证明数量",
            "basis": "agreement",
            "handling": "case_only",
        }
        begin = "/begin/evidence_recognition/draft/"
        refused = desk.fill(begin, **typed, **{"evidence.more": f"{item.number} 没有的号"})
        assert refused.status_code == 422
        assert form_of(refused)["evidence"] == [item.number]
        made = desk.fill(begin, **typed, **{"evidence.more": item.number})
        assert made.status_code == 302
        matter = desk.get(made.headers["Location"])
        assert item.number in text_of(matter)

    def test_the_matter_shows_what_was_told_in_it(self, world: World, sit: Sit) -> None:
        item = sealed_item(world, title="发货单")
        matter = received(world, [item])
        for who in (OFFICER, ASKED):
            assert missing(sit(who).get(f"/matters/{matter.number}/"), ["发货单", item.number, "证据"]) == []
