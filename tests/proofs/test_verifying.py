"""Each check passes what is in order and fails on exactly what it is there for."""

import io

import pytest

from concord.proofs.canonical import decode_table
from concord.proofs.report import CHECKS, Report
from concord.proofs.trust import Asked, read_policy, read_trust
from concord.proofs.verifying import verify
from tests.support.package_cases import CASES, Case
from tests.support.packages import Alliance

NEVER_FAIL, NEVER_PASS = {"C13"}, {"C15"}


def report_of(case: Case) -> Report:
    asked = Asked() if case.policy is None else read_policy(case.policy)
    return verify(io.BytesIO(case.package), trust=read_trust(case.trust), asked=asked, at=case.at)


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_told_as_it_is(name: str) -> None:
    expected = CASES[name]
    report = report_of(expected.make(Alliance()))
    differing = {id_: status for id_, status in report.statuses.items() if status != expected.statuses[id_]}
    assert differing == {}, [check for check in report.checks if check.id in differing]
    assert (report.level, report.verdict) == (expected.level, expected.verdict)
    assert decode_table(report.as_json())["verdict"] == expected.verdict


def test_every_check_has_its_cases() -> None:
    statuses = {(check, status) for expected in CASES.values() for check, status in expected.statuses.items()}
    assert {check for check, status in statuses if status == "fail"} == set(CHECKS) - NEVER_FAIL
    assert {check for check, status in statuses if status == "pass"} == set(CHECKS) - NEVER_PASS


def test_a_failing_check_is_named_in_its_case() -> None:
    for name, expected in CASES.items():
        for check, status in expected.differs.items():
            if status == "fail":
                assert check.lower() in name
