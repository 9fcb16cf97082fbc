"""Each check passes what is in order and fails on exactly what it is there for."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concord.proofs.canonical import decode_table, encode
from concord.proofs.report import CHECKS, Report
from concord.proofs.trust import Asked, read_policy, read_trust
from concord.proofs.verifying import verify
from tests.support.package_cases import CASES, Case
from tests.support.package_cases.registry import entries_of, repacked
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


def test_what_a_verifier_asks_for_is_as_old_as_it_is_told() -> None:
    case = CASES["good_l2t"].make(Alliance())
    trust = read_trust(case.trust)
    last = verify(io.BytesIO(case.package), trust=trust, at=trust.expires_at)
    late = verify(io.BytesIO(case.package), trust=trust, at=trust.expires_at + timedelta(seconds=1))
    assert (last.statuses["C14"], late.statuses["C14"]) == ("pass", "indeterminate")


def test_a_package_in_a_file_that_shrinks_while_it_is_read_is_no_package() -> None:
    case = CASES["good_l2t"].make(Alliance())

    class Shrinking(io.BytesIO):
        """A file that loses its end once its directory has been read."""

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            if data.startswith(b"PK\x05\x06"):
                self.truncate(3000)
            return data

    report = verify(Shrinking(case.package), trust=read_trust(case.trust), at=case.at)
    assert report.statuses["C01"] == "fail"
    assert report.verdict == "fail"


def test_hundreds_of_events_are_bounded_work() -> None:
    entries = entries_of(CASES["good_l2t"].make(Alliance()).package)
    later = {f"events/{seq:06}.json": entries["events/000001.json"] for seq in range(2, 600)}
    first = {name: data for name, data in entries.items() if name < "f" or not name.startswith(("proofs", "t", "pay"))}
    rest = {name: data for name, data in entries.items() if name not in first}
    case = CASES["good_l2t"].make(Alliance())
    report = report_of(Case(repacked(first | later | rest), case.trust))
    assert report.statuses["C05"] == "fail"


# Whatever a package is made of, there is a report, and only what was sealed passes.


@pytest.fixture(scope="module")
def sealed() -> Case:
    return CASES["good_l2t_handed_over"].make(Alliance())


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_value_at_any_place_of_any_entry_is_told(sealed: Case, data: st.DataObject) -> None:
    entries = entries_of(sealed.package)
    # A directory without entries, or with fewer, is sound: keys may all stand in the trust file.
    signed = [name for name in entries if name.endswith(".json") and name != "trust/directory.json"]
    name = data.draw(st.sampled_from(signed))
    table: Any = json.loads(entries[name])
    places = list(_places(table))
    at, key = data.draw(st.sampled_from(places))
    was = at[key]
    at[key] = data.draw(JUNK)
    report = report_of(Case(repacked(entries | {name: encode(table)}), sealed.trust))
    assert (report.verdict != "pass") is (at[key] != was or type(at[key]) is not type(was))
    assert report.as_json()
    assert report.text("zh")


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_bytes_in_place_of_any_entry_are_told(sealed: Case, data: st.DataObject) -> None:
    entries = entries_of(sealed.package)
    name = data.draw(st.sampled_from(list(entries)))
    was = entries[name]
    start = data.draw(st.integers(0, len(was)))
    end = data.draw(st.integers(start, min(len(was), start + 12)))
    changed = was[:start] + data.draw(st.binary(max_size=12)) + was[end:]
    report = report_of(Case(repacked(entries | {name: changed}), sealed.trust))
    assert (report.verdict != "pass") is (changed != was)
    assert report.as_json()
    assert report.text("en")


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**53 - 1) | st.text(st.characters(codec="ascii"), max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["a", "seq"]), below, max_size=2),
    max_leaves=4,
)


def _places(at: Any) -> Iterator[tuple[Any, Any]]:
    """Every container within ``at`` with each of its keys."""
    for key, value in list(at.items()) if isinstance(at, dict) else list(enumerate(at)):
        yield at, key
        if isinstance(value, dict | list):
            yield from _places(value)
