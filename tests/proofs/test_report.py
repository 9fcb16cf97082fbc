"""What a report says: the level, the verdict, the same for machines and for people in both languages."""

import ast
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from concord.proofs import report_words, timestamps, verifying
from concord.proofs.canonical import JSON, decode_table
from concord.proofs.report import CHECKS, FAIL, INDETERMINATE, NOT_APPLICABLE, PASS, Check, Report
from concord.proofs.statements import Freshness
from concord.proofs.trust import Asked, read_policy, read_trust
from concord.proofs.verifying import verify
from concord.rules.errors import Said
from tests.support.package_cases import CASES
from tests.support.package_cases.registry import rebuilt
from tests.support.packages import LOOKED_AT, Alliance, packed

ABSENT = {"C08", "C15", "C16", "C17"}
FACTS: dict[str, JSON] = {
    "zh": "坏",
    "en": "bad",
    "count": 1,
    "size": 2,
    "needed": 6,
    "version": 1,
    "closed": 0,
    "event": 2,
    "key": "k",
    "org": "310117",
    "to": "330400",
    "origin": "log",
    "entry": "e",
    "name": "n",
    "first": "2026-11-20T08:10:00Z",
    "last": "2026-11-20T08:11:00Z",
    "claimed_at": "2026-11-20T08:10:00Z",
    "cosigned_at": "2026-11-20T08:10:00Z",
    "expires_at": "2028-01-01T00:00:00Z",
    "names": ["a", "b"],
    "events": [0, 1],
    "entries": ["a", "b"],
    "faults": [{"entry": "payload/a", "what": "content"}],
    "tokens": [{"authority": "TSA", "at": "2026-11-20T08:10:00Z"}],
    "steps": [{"event": 2, "action": "transfer", "org": "310117"}],
    "fields": [{"at": "manifest.json", "name": "case_ref"}],
    "leaves": [{"leaf": "seal", "index": 3, "size": 4}],
    "checkpoints": [{"leaf": "head", "witnesses": [{"name": "w1"}, {"name": "w2"}]}],
}


def made(statuses: Mapping[str, str], asked: Asked | None = None) -> Report:
    """A report in which what is not named passes, or is not there when it may be absent."""
    found = {one: NOT_APPLICABLE if one in ABSENT else PASS for one in CHECKS} | dict(statuses)
    checks = tuple(Check(one, status, "none") for one, status in found.items())
    return Report("ev1-x", asked or Asked(), checks, 1, "ab" * 32)


@cache
def of_case(name: str) -> Report:
    case = CASES[name].make(Alliance())
    asked = Asked() if case.policy is None else read_policy(case.policy)
    return verify(io.BytesIO(case.package), trust=read_trust(case.trust), asked=asked, at=case.at)


@pytest.mark.parametrize(
    ("statuses", "level"),
    [
        ({}, "L2"),
        ({"C08": PASS}, "L2T"),
        ({"C15": PASS}, "L3"),
        ({"C15": PASS, "C08": PASS}, "L3T"),
        ({"C12": INDETERMINATE}, "L1"),
        ({"C12": INDETERMINATE, "C15": PASS}, "L1"),
        ({"C09": NOT_APPLICABLE, "C10": NOT_APPLICABLE, "C11": NOT_APPLICABLE, "C12": NOT_APPLICABLE}, "L0"),
        ({"C10": FAIL}, "L0"),
        ({"C03": NOT_APPLICABLE, "C04": NOT_APPLICABLE}, "L2"),
        *[({check: FAIL}, "") for check in ("C01", "C02", "C03", "C04", "C05", "C06", "C07", "C14")],
        *[({check: INDETERMINATE}, "") for check in ("C06", "C14")],
        ({"C14": INDETERMINATE, "C08": PASS}, ""),
    ],
)
def test_the_level(statuses: dict[str, str], level: str) -> None:
    assert made(statuses).level == level


@pytest.mark.parametrize(
    ("asked", "statuses", "verdict", "code"),
    [
        (Asked(), {}, PASS, 0),
        (Asked("L0"), {}, PASS, 0),
        (Asked("L3"), {}, INDETERMINATE, 2),
        (Asked("L3"), {"C15": PASS}, PASS, 0),
        (Asked("L0"), {"C12": INDETERMINATE}, INDETERMINATE, 2),
        (Asked("L0"), {"C13": INDETERMINATE, "C17": FAIL}, FAIL, 1),
        (Asked("L0"), {"C09": NOT_APPLICABLE, "C10": NOT_APPLICABLE}, PASS, 0),
        (Asked(), {"C09": NOT_APPLICABLE, "C10": NOT_APPLICABLE}, INDETERMINATE, 2),
    ],
)
def test_the_verdict(asked: Asked, statuses: dict[str, str], verdict: str, code: int) -> None:
    report = made(statuses, asked)
    assert (report.verdict, report.exit_code) == (verdict, code)


def test_the_machine_reads_what_the_format_says() -> None:
    table = decode_table(of_case("good_l2t_for_a_court").as_json())
    assert table["schema"] == "report/1"
    assert table["asked"] == {"level": "L2", "timestamp": True, "quorum": 7}
    assert (table["verdict"], table["level"]) == ("pass", "L2T")
    checks = table["checks"]
    assert isinstance(checks, list)
    assert [set(check) for check in checks if isinstance(check, dict)] == [{"id", "status", "reason", "facts"}] * 17
    assert json.loads(of_case("good_l2t").as_json())["asked"] == {"level": "L2", "timestamp": False}


def test_what_no_canonical_json_holds_is_put_so_that_it_does() -> None:
    facts: dict[str, JSON] = {"name": "e\u0301", "size": 2**60, "names": ("a", ["b"]), "flag": True, "nothing": None}
    report = replace(made({}), checks=(Check("C01", PASS, "sound", facts), *made({}).checks[1:]))
    expected = {"name": "é", "size": str(2**60), "names": ["a", ["b"]], "flag": True, "nothing": None}
    assert json.loads(report.as_json())["checks"][0]["facts"] == expected


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", CASES)
def test_people_can_read_every_outcome(name: str, language: str) -> None:
    text = of_case(name).text(language)
    lines = text.splitlines()
    assert [check for check in CHECKS if not re.search(rf"^  {check}  \S", text, re.MULTILINE)] == []
    assert not re.search(r"[{}]|None", text)
    assert all(re.match(r"\s*\S+$", line) or columns(line) <= 100 for line in lines)
    assert lines[-1].strip()
    assert ("不能证明" in text) is (language == "zh")
    assert ("does not show" in text) is (language == "en")


def columns(line: str) -> int:
    return sum(2 if ord(char) > 0x2E80 else 1 for char in line)


def test_a_good_report_names_witnesses_times_and_level() -> None:
    text = of_case("good_l2t_handed_over").text("en")
    assert "verdict    passed" in text
    assert "witness.310117.example" in text
    assert "not later than  2026-11-20 16:12:00 +08:00" in text
    assert "Level L2T" in text
    assert "2 transfer 310117" in text


def test_a_state_of_the_log_known_before_is_said_with_what_remains_to_be_done() -> None:
    alliance = Alliance()
    made_fresh, _ = alliance.manifest(freshness=Freshness(alliance.origin, 2, "ab" * 32))
    package = packed(rebuilt(alliance, made_fresh))
    report = verify(io.BytesIO(package), trust=read_trust(alliance.trust()), at=LOOKED_AT)
    assert report.verdict == PASS
    assert "not earlier than  leaf 2 of the log, to be compared with it" in report.text("en")
    assert "不早于  账本第 2 条之后，须与账本核对" in report.text("zh")


def test_what_is_asked_is_said() -> None:
    case = CASES["good_l2t_for_a_court"].make(Alliance())
    report = verify(
        io.BytesIO(case.package), trust=read_trust(case.trust), asked=Asked("L3", timestamp=True), at=case.at
    )
    assert "level      L2T (asked: L3T)" in report.text("en")
    assert "verdict    indeterminate" in report.text("en")


def test_a_name_cannot_play_with_the_terminal() -> None:
    facts: dict[str, JSON] = {"entries": ["payload/\u202egpj.exe", "a\x1b[31m"], "count": 2}
    shown = report_words.found("C01", "check_sum", facts, "en")
    assert "\u202e" not in shown
    assert "\x1b" not in shown


def reasons() -> set[tuple[str, str]]:
    """Every check with each reason that the modules of verification give it."""
    found: set[tuple[str, str]] = set()
    fault_of = {
        "_link_fault": "C05",
        "_first_fault": "C05",
        "_custody_fault": "C17",
        "_seal_fault": "C09",
        "_head_fault": "C09",
        "_order_fault": "C10",
        "_key_fault": "C07",
    }
    for path in Path(verifying.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check" and len(node.args) >= 3:
                check, reason = node.args[0], node.args[2]
                if isinstance(check, ast.Constant) and isinstance(reason, ast.Constant):
                    found.add((str(check.value), str(reason.value)))
            if isinstance(node, ast.FunctionDef) and node.name in fault_of:
                texts = {
                    str(one.value)
                    for given in ast.walk(node)
                    if isinstance(given, ast.Return) and given.value is not None
                    for one in ast.walk(given.value)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                }
                found |= {(fault_of[node.name], text) for text in texts - {""}}
    found |= {("C08", reason) for reason in get_args(timestamps.Reason) if reason not in {"", "nonce"}}
    return found | {("C03", "differs"), ("C03", "same"), ("C03", "thin"), ("C08", "kind")}


@pytest.mark.parametrize(("check", "reason"), sorted(reasons()))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_has_its_sentence(check: str, reason: str, language: str) -> None:
    said = report_words.found(check, reason, FACTS, language)
    assert said
    assert "{" not in said


def test_every_sentence_is_in_both_languages() -> None:
    for table in (report_words.CHECKS, report_words.SERVES, report_words.STATUSES, report_words.LEVELS):
        for one in table.values():
            assert isinstance(one, Said)
            assert one.zh
            assert one.en
    assert set(report_words.CHECKS) == set(report_words.SERVES) == set(CHECKS)
