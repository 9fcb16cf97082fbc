"""The journey of the product: Songjiang asks Jinhua, from the first click to the closed matter and its journal."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from concord.foundation.journal.models import Entry
from tests.journeys.conftest import Open
from tests.journeys.people import AUDITOR, FANG, GU, SHEN, STRANGER, YE, Demo, Human, Look
from tests.support.pdf_text import text_of_pages

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CASE = "销售侵犯“澄湖”注册商标专用权阀门案"
QUESTIONS = ("核实金华云栈水暖器材厂的主体情况", "核实其2025年以来的供货数量")
ANSWERS = ("主体存续，登记住所与实际一致", "共供货三批，合计四百二十件")
SUBMIT, SIGN, BACK = ("送签", "Submit"), ("签发", "Sign and send"), ("退回修改", "Send back")
REVISE, ACCEPT, DELAY = ("修改", "Revise"), ("签收办理", "Accept"), ("告知延期", "Give notice of delay")
ANSWER, SIGN_ANSWER, CLOSE = ("复函送签", "Submit answer"), ("签发复函", "Sign answer"), ("办结", "Close")
EVIDENCE = [
    {"name": "供货台账.csv", "mimeType": "text/csv", "buffer": "批次,数量\n一,200\n二,220\n".encode()},
    {"name": "现场照片.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"\0" * 64},
]


class Journey:
    """One run of the journey; each method is a stretch of it."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.say = demo.look.say
        self.matter = ""

    @property
    def number(self) -> str:
        return self.matter.strip("/").split("/")[-1]

    def drafts(self, shen: Human) -> None:
        """A case, and in it a request; first with fields missing, which keeps what was typed."""
        shen.looks_well()
        shen.opens("/cases/new/")
        shen.looks_well()
        shen.page.locator("#f-number").fill("松市监〔2026〕18号")
        shen.page.locator("#f-name").fill(CASE)
        shen.page.locator("input[name=stage][value=filed]").check()
        shen.submits()
        shen.sees(CASE, CASE)
        shen.looks_well()
        shen.follows("请求协作", "Ask for help")
        shen.follows("协助调查", "Assistance in investigation")
        shen.looks_well()
        shen.page.locator("#f-questions-1").fill(QUESTIONS[0])
        shen.page.locator("[data-add]").click()
        expect(shen.page.locator("#f-questions-2")).to_be_focused()
        shen.page.locator("#f-questions-2").fill(QUESTIONS[1])
        shen.submits()
        shen.looks_well()
        alert = shen.page.get_by_role("alert")
        expect(alert).to_contain_text(self.say("处需要更正", "to be corrected"))
        expect(shen.page.locator("#f-questions-1")).to_have_value(QUESTIONS[0])
        expect(shen.page.locator("#f-questions-2")).to_have_value(QUESTIONS[1])
        shen.page.locator("#f-party-requested").select_option("330700")
        shen.page.locator("#f-reason").fill("当事人自认货源来自金华，需核实来源和数量。")
        shen.page.locator("input[name=handling][value=case_only]").check()
        shen.submits()
        shen.page.wait_for_url(re.compile(r"/matters/[^/]+/$"))
        self.matter = "/matters/" + shen.page.url.split("/matters/")[1]
        shen.sees(QUESTIONS[1], QUESTIONS[1])
        shen.looks_well()

    def is_signed(self, shen: Human, gu: Human) -> None:
        """Sent back once with a note, revised, signed; the number, the PDF and the Word copy are there."""
        shen.does(self.matter, SUBMIT)
        gu.does(self.matter, BACK, note="第二项请写明时间范围。")
        shen.opens(self.matter)
        note = "第二项请写明时间范围。"
        shen.opens(self.matter)
        shen.sees(note, note)
        shen.does(self.matter, REVISE, **{"questions-2": f"{QUESTIONS[1]}（截至2026年1月）"})
        shen.does(self.matter, SUBMIT)
        gu.does(self.matter, SIGN)
        number = "松市监协查〔2026〕1号"
        gu.sees(number, number)
        gu.looks_well()
        pdf = gu.page.get_by_role("link", name=self.say("PDF 原件", "PDF original"))
        original = gu.fetches(pdf.get_attribute("href") or "")
        assert original.startswith(b"%PDF-")
        assert "松市监协查〔2026〕1号" in text_of_pages(original)[0]
        assert gu.downloads(gu.page.get_by_role("link", name=self.say("Word 副本", "Word copy"))).startswith(b"PK")

    def explains_its_clock(self, ye: Human) -> None:
        """Fifteen working days from 6 February 2026, across Spring Festival: Saturday the 14th counts, the 15th not."""
        ye.opens(self.matter)
        ye.sees("2026年3月5日（周四）", "Thu 5 Mar 2026")
        clock = ye.page.locator("section", has=ye.page.locator("#clocks"))
        expect(clock).to_contain_text("市场监督管理行政处罚程序规定（2022）第四十五条")
        clock.locator("summary").first.click()
        steps = clock.locator(".steps-list").first
        expect(steps).to_be_visible()
        made_up = steps.locator("li", has_text=self.say("2026-02-14", "14 Feb"))
        expect(made_up).not_to_have_class(re.compile("skipped"))
        rest = steps.locator("li", has_text=self.say("2026-02-15", "15 Feb"))
        expect(rest).to_have_class(re.compile("skipped"))
        ye.looks_well()

    def is_answered(self, ye: Human, fang: Human) -> None:
        """Delay told in time, answer with two files, sent back once, signed."""
        self.demo.later("2026-03-03T10:00")
        fang.does(self.matter, DELAY, promised_date="2026-03-20", note="仓库盘点未完成，需延期。")
        fang.sees("2026年3月20日（周五）", "Fri 20 Mar 2026")
        self.demo.later("2026-03-18T09:30")
        ye.opens(self.matter)
        ye.follows(*ANSWER)
        ye.page.locator("#f-answers-1").fill(ANSWERS[0])
        ye.page.locator("#f-answers-2").fill(ANSWERS[1])
        ye.page.locator("#f-results").set_input_files(EVIDENCE)  # type: ignore[arg-type]  # plain dictionaries will do
        expect(ye.page.locator(".chosen-files li")).to_have_count(2)
        ye.looks_well()
        ye.submits()
        ye.sees("供货台账.csv", "供货台账.csv")
        fang.does(self.matter, BACK, note="第一项请附登记信息。")
        ye.does(self.matter, ANSWER, **{"answers-1": f"{ANSWERS[0]}，登记信息见附件"})
        fang.does(self.matter, SIGN_ANSWER)
        fang.sees("金市监协查复〔2026〕1号", "金市监协查复〔2026〕1号")

    def is_closed(self, shen: Human) -> None:
        """The evidence arrives as it was brought; the matter is closed."""
        shen.opens(self.matter)
        shen.sees(ANSWERS[1], ANSWERS[1])
        shen.looks_well()
        link = shen.page.locator("section", has=shen.page.locator("#attachments")).get_by_role(
            "link", name="供货台账.csv"
        )
        assert shen.downloads(link) == EVIDENCE[0]["buffer"]
        shen.does(self.matter, CLOSE)
        shen.sees("已办结", "Closed")
        shen.sees("本事项已经结束", "This matter has ended")

    def is_in_the_journal(self, auditor: Human) -> None:
        """Every act of the auditor's own organisation, and nothing that Jinhua keeps to itself."""
        auditor.opens(f"/journal/?q={self.number}")
        auditor.looks_well()
        rows = auditor.page.locator("#results tbody tr")
        expect(rows).to_have_count(7)
        told = [SUBMIT, BACK, REVISE, SUBMIT, SIGN, CLOSE]
        for act in told:
            expect(rows.filter(has_text=self.say(*act)).first).to_be_visible()


def test_a_request_from_the_first_click_to_the_journal(demo: Open, look: Look) -> None:
    running = demo(look)
    journey = Journey(running)
    shen, gu = running.sits_down(SHEN), running.sits_down(GU)
    journey.drafts(shen)
    journey.is_signed(shen, gu)
    ye, fang = running.sits_down(YE), running.sits_down(FANG)
    journey.explains_its_clock(ye)
    ye.does(journey.matter, ACCEPT)
    journey.is_answered(ye, fang)
    journey.is_closed(shen)
    journey.is_in_the_journal(running.sits_down(AUDITOR))
    stranger = running.sits_down(STRANGER)
    for path in (journey.matter, f"{journey.matter}acts/close/"):
        stranger.opens(path)
        stranger.sees("没有找到", "Not found")
        stranger.looks_well()
    for path in ("/", f"/matters/?q={journey.number}", "/notices/", "/cases/"):
        stranger.opens(path)
        stranger.does_not_see(CASE)
    assert Entry.objects.filter(subject=journey.number).count() == 13
    assert running.complaints() == []
