"""The ledger as an officer uses it: an act's proof, who signed, and a statement of silence that verifies offline."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from concord.casework.desk import silence
from concord.entrypoints.cli import main
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.ledger import sealing
from concord.foundation.organisations.models import Kind, Organisation
from concord.proofs import checkpoints, log_policy, tlog_proof
from concord.proofs.canonical import decode_table
from concord.proofs.leaves import journal_leaf
from tests.journeys.conftest import EVERY, Open
from tests.journeys.matters import under_way
from tests.journeys.people import SHEN, Human, Look
from tests.support.sealing import Home, home_of
from tests.support.worlds import time

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ASKED, LATER = "2026-02-06T09:30:10", "2026-02-07T06:10"
SIGNED = 8
ENTRY = "main a.ledger-mark"


@pytest.mark.parametrize("look", EVERY, indirect=True)
def test_an_officer_proves_an_act_and_a_silence(
    demo: Open, look: Look, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = demo(look)
    members = list(Organisation.objects.filter(kind=Kind.MEMBER).order_by("position"))
    with home_of(tmp_path, members, at=time(ASKED)).in_use() as home:
        matter = under_way("issue")
        absent = members[-1]
        home.away = {one.name for one in home.installation.witnesses if one.org == absent.code}
        home.round()
        shen = running.sits_down(SHEN)
        _sees_who_signed(shen, matter.number, absent=absent.zh if look.locale == "zh-CN" else absent.en)
        _checks_the_act_offline(shen)
        home.away = set()
        home.at = time(LATER)
        running.later("2026-02-07T09:00")
        _is_stated(home)
        _verifies_the_silence_offline(shen, tmp_path, capsys)
    assert running.complaints() == []


def _sees_who_signed(shen: Human, number: str, *, absent: str) -> None:
    shen.opens(f"/matters/{number}/")
    shen.presses(shen.page.locator(ENTRY).last)
    shen.looks_well()
    expect(shen.page.locator(".city")).to_have_count(9)
    expect(shen.page.locator(".city.signed")).to_have_count(SIGNED)
    expect(shen.page.locator(".city.absent b")).to_have_text(absent)


def _checks_the_act_offline(shen: Human) -> None:
    proof, leaf, opening = (shen.downloads(link) for link in shen.page.locator(".proof-files a").all())
    shen.opens("/ledger/")
    shen.looks_well()
    policy = log_policy.parse(shen.downloads(shen.page.locator("a[href$='policy.txt']")).decode())
    opened = json.loads(opening)
    assert journal_leaf(bytes.fromhex(opened["salt"]), opened["entry"].encode()) == leaf
    proven = tlog_proof.parse(proof)
    assert proven.proves(leaf)
    [log] = policy.logs.values()
    witnesses = list(policy.witnesses.values())
    assert len(checkpoints.open_checkpoint(proven.checkpoint, log=log, witnesses=witnesses).cosigners) == SIGNED


def _is_stated(home: Home) -> None:
    enter(SYSTEM)
    assert silence.state(date(2026, 2, 6), equipment=home.equipment(), now=home.now)
    home.later(seconds=2)
    home.round()
    sealing.complete(at=home.at, stamping=home.stamping())


def _verifies_the_silence_offline(shen: Human, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shen.opens("/ledger/")
    trust = folder / "fetched.json"
    trust.write_bytes(shen.downloads(shen.page.locator("a[href$='trust.json']")))
    shen.follows("未答复证明", "Proof of silence")
    shen.looks_well()
    row = shen.page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(shen.say("金华", "Jinhua"))
    package = folder / "silence.evp"
    package.write_bytes(shen.downloads(row.locator("a.btn")))
    capsys.readouterr()
    words = ["verify", str(package), "--trust", str(trust), "--at", time("2026-02-07T10:00").isoformat(), "--json"]
    assert main(words) == 0
    report = decode_table(capsys.readouterr().out.rstrip("\n").encode())
    assert (report["verdict"], report["level"]) == ("pass", "L2T")
    shen.opens("/ledger/verify/")
    shen.page.locator(".verification-sent > summary").click()
    shen.page.locator("#file").set_input_files(package)
    shen.presses(shen.page.locator("main form button[type=submit]"))
    shen.looks_well()
    expect(shen.page.locator("#verdict")).to_contain_text("L2T")
