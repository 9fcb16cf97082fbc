"""Packages verified in the browser: nothing is sent, and the page never says more than ``concord verify`` does."""

from __future__ import annotations

import io
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Request, expect

from concord.foundation.organisations.models import Kind, Organisation
from concord.proofs.report import FAIL, NOT_APPLICABLE, PASS, Check, Report
from concord.proofs.report_words import found
from concord.proofs.trust import Trust, read_trust
from concord.proofs.verifying import verify
from tests.journeys.conftest import EVERY, LOOKS, Open
from tests.journeys.people import SHEN, Human, Look
from tests.support.sealing import home_of
from tests.support.worlds import time

pytestmark = [pytest.mark.browser, pytest.mark.sight, pytest.mark.slow]

FOLDER = Path(__file__).parents[1] / "conformance" / "packages"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
NOT_CHECKED = "not_checked"
LEFT_OPEN = {"C07", "C08", "C13"}
CHECKED = [f"C{number:02}" for number in range(1, 18) if f"C{number:02}" not in LEFT_OPEN]
LINES = "[data-part=checks] > li"
READ = """lines => lines.map(line => {
    const said = [...line.querySelectorAll('[data-said]')];
    return [line.dataset.check, line.dataset.status, said[3].textContent];
})"""


@cache
def trust_of(name: str) -> Trust:
    return read_trust((FOLDER / name).read_bytes())


def opens(human: Human) -> None:
    """Open the page and wait until it is ready to take a trust file at least."""
    human.opens("/ledger/verify/")
    expect(human.page.locator("[data-part=choose]")).to_be_visible()


def trusts(human: Human, name: str) -> None:
    """Choose another trust file and wait until it was taken."""
    human.page.locator("#other-trust").set_input_files(FOLDER / name)
    expect(human.page.locator("[data-part=fingerprint]")).to_contain_text(trust_of(name).fingerprint[-8:])
    expect(human.page.locator("#package")).to_be_enabled()


def chooses(human: Human, name: str, content: bytes) -> dict[str, tuple[str, str]]:
    """Choose a package, wait for the report, and return status and sentence of each check."""
    human.page.locator("#package").set_input_files(FilePayload(name=name, mimeType="", buffer=content))
    expect(human.page.locator("[data-part=which]")).to_contain_text(name, timeout=60_000)
    expect(human.page.locator("[data-part=report]")).to_be_visible()
    lines = human.page.locator(LINES).evaluate_all(READ)
    return {check: (status, sentence) for check, status, sentence in lines}


def again(human: Human) -> None:
    """Back to the beginning, as a person goes there."""
    human.page.locator("[data-part=again]").click()


@pytest.mark.parametrize("look", EVERY, indirect=True)
def test_a_package_is_verified_without_a_network(demo: Open, look: Look, tmp_path: Path) -> None:
    running = demo(look)
    members = list(Organisation.objects.filter(kind=Kind.MEMBER).order_by("position"))
    with home_of(tmp_path, members, at=time("2026-02-06T09:30:10")).in_use() as home:
        shen = running.sits_down(SHEN)
        opens(shen)
        shown = shen.page.locator("[data-part=fingerprint]")
        expect(shown).to_contain_text(home.trust.fingerprint[-8:])
        shen.looks_well()
        shen.page.clock.set_fixed_time(EXPECTED["good_l2t.evp"]["at"])
        trusts(shen, "trust.json")
        shen.page.wait_for_load_state("networkidle")
        sent: list[str] = []

        def note(request: Request) -> None:
            sent.append(request.url)

        shen.context.on("request", note)
        shen.context.set_offline(True)
        said = chooses(shen, "好.evp", (FOLDER / "good_l2t.evp").read_bytes())
    assert {check for check, (status, _) in said.items() if status == NOT_CHECKED} == LEFT_OPEN
    assert {status for check, (status, _) in said.items() if check in CHECKED} == {PASS, NOT_APPLICABLE}
    expect(shen.page.locator("[data-part=verdict]")).to_have_text(
        look.say("此处所做的核验均通过", "every check done here passed")
    )
    expect(shen.page.locator("[data-part=level]")).to_contain_text(look.say("至多为 L2T", "At most L2T"))
    expect(shen.page.locator("[data-part=command]")).to_have_text("concord verify './好.evp' --trust trust.json")
    shen.looks_well()
    again(shen)
    expect(shen.page.locator("[data-part=choose]")).to_be_visible()
    assert sent == []
    shen.context.set_offline(False)
    assert running.complaints() == []


def test_what_is_no_package_or_no_trust_file_is_told(demo: Open) -> None:
    running = demo(LOOKS["zh-desk"])
    shen = running.sits_down(SHEN)
    opens(shen)
    complaint = shen.page.locator("[data-part=complaint]")
    expect(complaint).to_contain_text("没有可用的信任文件")
    expect(shen.page.locator("#package")).to_be_disabled()
    other = FilePayload(name="x.json", mimeType="", buffer=b"{}")
    shen.page.locator("#other-trust").set_input_files(other)
    expect(complaint).to_contain_text("这不是信任文件")
    expect(shen.page.locator("#package")).to_be_disabled()
    trusts(shen, "trust.json")
    expect(complaint).to_be_hidden()
    for content in (b"", b"PK", b"\x00" * 100, (FOLDER / "good_l2t.evp").read_bytes()[:-1]):
        said = chooses(shen, "x.evp", content)
        assert said["C01"] == ("fail", "不符合格式，或者文件不完整")
        assert {status for check, (status, _) in said.items() if check != "C01"} == {NOT_APPLICABLE}
        expect(shen.page.locator("[data-part=verdict]")).to_have_text("不通过")
        expect(shen.page.locator("[data-part=level]")).to_contain_text("未达到任何等级")
        again(shen)
    assert running.complaints() == []


def test_a_package_may_be_dropped_anywhere(demo: Open) -> None:
    running = demo(LOOKS["zh-desk"])
    shen = running.sits_down(SHEN)
    opens(shen)
    trusts(shen, "trust.json")
    drop = """() => {
        const carried = new DataTransfer();
        carried.items.add(new File(['x'], 'dropped.evp'));
        const event = new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true });
        document.querySelector('main').dispatchEvent(event);
        return event.defaultPrevented;
    }"""
    assert shen.page.evaluate(drop)
    expect(shen.page.locator("[data-part=which]")).to_have_text("dropped.evp")
    expect(shen.page.locator("[data-part=verdict]")).to_have_text("不通过")
    assert running.complaints() == []


@pytest.mark.parametrize(("language", "every"), [("zh", 1), ("en", 7)])
def test_the_page_says_what_the_command_says_and_never_more(demo: Open, language: str, every: int) -> None:
    running = demo(LOOKS[f"{language}-desk"])
    shen = running.sits_down(SHEN)
    opens(shen)
    trusted = ""
    wrong: list[str] = []
    for name in sorted(EXPECTED, key=lambda one: str(EXPECTED[one]["trust"]))[::every]:
        row = EXPECTED[name]
        if row["trust"] != trusted:
            trusts(shen, row["trust"])
            trusted = row["trust"]
        shen.page.clock.set_fixed_time(row["at"])
        content = (FOLDER / name).read_bytes()
        report = verify(io.BytesIO(content), trust=trust_of(trusted), at=datetime.fromisoformat(row["at"]))
        wrong += _differences(name, chooses(shen, name, content), report, language)
        level = shen.page.locator("[data-part=level]").inner_text()
        if report.level and f" {report.level}" not in level:  # L2 stands in “at most L2T”, too
            wrong.append(f"{name}: {level!r} and {report.level}")
        again(shen)
    assert wrong == []
    assert running.complaints() == []


def _differences(name: str, said: dict[str, tuple[str, str]], report: Report, language: str) -> list[str]:
    """Where the page claims another status than the command, or says it in other words."""
    different = []
    for check in report.checks:
        status, sentence = said[check.id]
        if status == NOT_CHECKED and check.id in LEFT_OPEN:
            continue
        if status != check.status or not _told_alike(check, sentence, language):
            different.append(f"{name} {check.id}: {status} {sentence!r}, not {check.status} {check.reason}")
    return different


def _told_alike(check: Check, sentence: str, language: str) -> bool:
    """Whether the sentence is the command's; the page tells of a broken form only the place.

    Of several faults of C07 the command may name one that depends on a time-stamp, and a leaf of another kind is no
    leaf of a package to the page.
    """
    if check.reason in {"form", "directory_form"} or (check.id, check.status) == ("C07", FAIL):
        return sentence != ""
    if (check.id, check.reason) == ("C09", "another_package"):
        return sentence != ""
    return sentence == found(check.id, check.reason, check.facts, language)
