"""A key must be valid at the claimed and at the proven time: both verifiers, to the second, at each end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from concord.proofs.report import FAIL, INDETERMINATE, PASS, Check
from tests.support.package_cases.registry import key_ending, policy
from tests.support.packages import COLLECTED, JIAXING, LATER, LOOKED_AT, PUBLISHED, SEALED, STAMPED, Alliance
from tests.support.two_verifiers import both_say

SECOND = timedelta(seconds=1)
COMPLETE = PUBLISHED + 5 * SECOND  # six cosignatures are the quorum, one a second
HEAD_COMPLETE = LATER + timedelta(minutes=1) + 5 * SECOND
CLAIMED = {"action": "copy", "claimed_at": LATER - timedelta(hours=1)}
SHOWN = {"action": "inspect", "org": JIAXING, "claimed_at": LATER}


def found(until: datetime, *, looked_at: datetime = LOOKED_AT, **sealed: Any) -> Check:
    case = key_ending(Alliance(seed=3), until, **sealed)
    report = both_say(case.package, case.trust, policy=policy("L0"), at=looked_at)
    return next(check for check in report.checks if check.id == "C07")


@pytest.mark.parametrize(
    ("sealed", "proven"),
    [
        ({}, STAMPED),
        ({"stamped": False}, COMPLETE),
        ({"at": SEALED + SECOND}, SEALED + 6 * SECOND),  # witnessed before it was stamped
        ({"acts": [CLAIMED]}, HEAD_COMPLETE),
    ],
    ids=["stamped", "witnessed", "the earlier counts", "newest event"],
)
def test_the_proven_time_is_before_the_end(sealed: dict[str, Any], proven: datetime) -> None:
    good, bad = found(proven + SECOND, **sealed), found(proven, **sealed)
    assert (good.status, good.reason) == (PASS, "valid")
    assert (bad.status, bad.reason) == (FAIL, "not_valid_when_proven")


def test_the_claimed_time_is_before_the_end_as_well() -> None:
    assert (found(COLLECTED).status, found(COLLECTED).reason) == (FAIL, "not_valid")


def test_an_event_between_stays_open() -> None:
    ended, good = found(HEAD_COMPLETE, acts=[CLAIMED, SHOWN]), found(HEAD_COMPLETE + SECOND, acts=[CLAIMED, SHOWN])
    assert (ended.status, ended.reason, ended.facts["events"]) == (INDETERMINATE, "ended_since", [2])
    assert (good.status, good.reason) == (PASS, "valid")


@pytest.mark.parametrize(("queued", "events"), [(True, [0, 1]), (False, [0, 1])])
def test_without_a_proven_time_only_the_claimed_one_is_left(queued: bool, events: list[int]) -> None:  # noqa: FBT001 - a parameter of the test
    until = LATER
    few = {"stamped": False, "queued": queued, "cosigners": []}
    good, ended = found(until, looked_at=until - SECOND, **few), found(until, looked_at=until, **few)
    assert (good.status, good.reason, good.facts["events"]) == (PASS, "valid_as_claimed", events)
    assert (ended.status, ended.reason, ended.facts["events"]) == (INDETERMINATE, "ended_since", events)


def test_the_report_says_so_plainly() -> None:
    case = key_ending(Alliance(seed=3), LATER, queued=True, stamped=False)
    report = both_say(case.package, case.trust, policy=policy("L0"), at=SEALED)
    said = {language: "".join(report.text(language).split()) for language in ("zh", "en")}
    assert "事件0、1何时签名没有证明，只有所称时间" in said["zh"]
    assert "nothing proves when events 0, 1 were signed, it is only claimed".replace(" ", "") in said["en"]
