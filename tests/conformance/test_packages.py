"""The named packages: both verifiers name exactly the check that fails or stays open, and no other."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.golden_packages import REASONS
from tests.support.package_cases import CASES
from tests.support.two_verifiers import both_say, failing

FOLDER = Path(__file__).parent / "packages"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
CHECKS = [f"C{number:02}" for number in range(1, 18)]


@pytest.mark.parametrize("name", EXPECTED)
def test_both_verifiers_say_what_the_name_says(name: str) -> None:
    row = EXPECTED[name]
    policy = (FOLDER / row["policy"]).read_bytes() if "policy" in row else None
    report = both_say(
        (FOLDER / name).read_bytes(),
        (FOLDER / row["trust"]).read_bytes(),
        policy=policy,
        at=datetime.fromisoformat(row["at"]),
    )
    assert report.statuses == row["statuses"]
    assert (report.verdict, report.level) == (row["verdict"], row["level"])
    named = re.findall(r"C\d\d", name)
    assert set(named) <= set(failing(report)) or not named
    assert len(failing(report)) <= 1 or row["reason"] == REASONS[tuple(failing(report))]


def test_each_check_fails_alone_or_stays_open_alone() -> None:
    alone = {
        (check, status)
        for row in EXPECTED.values()
        for check, status in row["statuses"].items()
        if sum(one in {"fail", "indeterminate"} for one in row["statuses"].values()) == 1
    }
    # C13 never fails: times that do not agree are told, and a court weighs them.
    assert {check for check, status in alone if status == "fail"} == set(CHECKS) - {"C13"}
    # These stay open where the format says so; C06 only together with C07.
    assert {check for check, status in alone if status == "indeterminate"} == {
        "C07",
        "C08",
        "C10",
        "C12",
        "C13",
        "C14",
        "C15",
        "C17",
    }


def test_the_folder_is_whole() -> None:
    assert {path.name for path in FOLDER.glob("*.evp")} == set(EXPECTED)
    used = {row[key] for row in EXPECTED.values() for key in ("trust", "policy") if key in row}
    assert {path.name for path in FOLDER.glob("*.json")} == used | {"expected.json"}
    assert len(EXPECTED) == len(CASES)
    levels = {row["level"] for row in EXPECTED.values() if row["verdict"] == "pass"}
    assert levels == {"L0", "L0T", "L2", "L2T"}
