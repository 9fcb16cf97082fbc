"""A legal officer shortens a limit, the centre puts it into force: in a browser, in both languages, at both sizes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from concord.capabilities.governance.models import CharterDraft
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.organisations.models import CharterVersion
from tests.journeys.conftest import Open
from tests.journeys.people import STRANGER, Human, Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LEGAL_OFFICER, SECONDEE = STRANGER, "lu.wen"
NEXT = "files/g60/procedures/assistance/2026-04-01.toml"


def writes_a_line(officer: Human, here: str) -> None:
    """The numbers beside the text grow with it; what is saved is checked at once."""
    officer.opens(here + NEXT)
    text, numbers = officer.page.locator("#f-text"), officer.page.locator(".editor-numbers li")
    before = numbers.count()
    text.press("Control+End")
    text.press_sequentially("colour = 1\n")
    expect(numbers).to_have_count(before + 1)
    officer.submits()
    officer.sees("1 处错误", "1 fault")
    officer.looks_well()
    text.fill(text.input_value().replace("colour = 1\n", ""))
    officer.submits()
    officer.does_not_see("colour")


def test_a_limit_is_changed_by_draft_and_resolution(demo: Open, look: Look) -> None:
    running = demo(look)
    officer = running.sits_down(LEGAL_OFFICER)
    officer.opens("/charter/")
    officer.follows("章程草案", "Drafts of the charter")
    officer.looks_well()
    officer.page.locator("#f-title").fill("缩短签收期限")
    officer.submits()
    officer.looks_well()
    enter(SYSTEM)
    here = f"/charter/drafts/{CharterDraft.objects.get().uid}/"
    officer.follows("协助调查", "Assistance in investigation")
    officer.looks_well()
    officer.page.locator("#f-receipt").fill("soon")
    officer.submits()
    officer.looks_well()
    officer.page.locator("#f-receipt").fill("1WD")
    officer.page.locator("#f-day").fill("2026-04-01")
    officer.submits()
    officer.sees("期限：2个工作日 → 1个工作日", "limit: 2 working days → 1 working day")
    officer.looks_well()
    officer.opens(here + "files/g60/procedures/assistance/2026-01-01.toml")
    officer.looks_well()
    writes_a_line(officer, here)
    officer.looks_well()
    officer.opens(here + "difference/")
    officer.looks_well()
    secondee = running.sits_down(SECONDEE)
    secondee.opens("/charter/drafts/")
    secondee.looks_well()
    secondee.presses(secondee.page.locator("a.row-title"))
    secondee.looks_well()
    secondee.follows("依决议通过", "Adopt by resolution")
    secondee.looks_well()
    secondee.page.locator("#f-resolution").fill("协调决〔2026〕3号")
    secondee.page.locator("#f-from").fill("2026-04-01")
    secondee.submits()
    expect(secondee.page).to_have_url(re.compile("/charter/$"))
    secondee.sees("协调决〔2026〕3号", "协调决〔2026〕3号")
    secondee.follows("与前一版的差异", "Difference to the version before")
    secondee.sees("期限：2个工作日 → 1个工作日", "limit: 2 working days → 1 working day")
    secondee.looks_well()
    enter(SYSTEM)
    assert CharterVersion.objects.count() == 2
    assert running.complaints() == []
