"""The hard cases of the law sheet (section 16), with its own numbers."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import pytest

from concord.rules.calendar import parse_notice
from concord.rules.clocks import SHANGHAI, Due, Exclusion, Reading, due, parse_limit
from tests.support.shipped_calendar import CHINA, MADE_UP_2027

CASES = Path(__file__).parents[1] / "conformance" / "clock-cases.csv"


def rows() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def day(text: str) -> date:
    return date.fromisoformat(text)


def dates(found: Due) -> list[str]:
    return [moment.isoformat() for moment in (found.nominal, found.legal_due, found.safe_due)]


def count(start: str, limit: str, *exclusions: Exclusion, reading: Reading = Reading.WIDE) -> Due:
    return due(day(start), parse_limit(limit), CHINA, exclusions=exclusions, reading=reading)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_a_row_of_the_published_cases(row: dict[str, str]) -> None:
    bare = [Exclusion.of_days(int(row["excluded"]))] if int(row["excluded"]) else []
    found = count(row["start"], row["n"] + row["unit"], *bare)
    assert dates(found) == [row["nominal"], row["legal_due"], row["safe_due"]]
    assert not found.provisional


def test_the_cases_are_all_there() -> None:
    assert len(rows()) == 41


def test_hc01_counts_the_days_the_law_sheet_lists() -> None:
    found = count("2025-09-18", "15WD")
    listed = [19, 22, 23, 24, 25, 26, 28, 29, 30, 9, 10, 11, 13, 14, 15]
    assert [step.date.day for step in found.steps if step.counted] == listed


def test_hc02_an_extension_counts_on_from_the_end() -> None:
    found = due(day("2025-09-18"), parse_limit("15WD"), CHINA, extensions=[parse_limit("15WD")])
    assert dates(found) == ["2025-11-05"] * 3


def test_hc13_an_extension_counts_from_nominal_not_from_the_rolled_day() -> None:
    found = due(day("2025-09-05"), parse_limit("30CD"), CHINA, extensions=[parse_limit("30CD")])
    assert dates(found) == ["2025-11-04"] * 3


def test_hc14_testing_from_first_to_last_day() -> None:
    found = count("2025-08-20", "30CD", Exclusion.span(day("2025-09-01"), day("2025-09-20")))
    assert dates(found) == ["2025-10-09"] * 3


APPRAISAL = Exclusion.span(day("2025-07-15"), day("2025-07-28"))


def test_hc16_wide_and_strict() -> None:
    assert dates(count("2025-06-20", "90CD", APPRAISAL)) == ["2025-10-02", "2025-10-09", "2025-09-30"]
    # 2 and 3 October are days of the law, 4 October is only free by exchange: the strict reading stops there.
    strict = count("2025-06-20", "90CD", APPRAISAL, reading=Reading.STRICT)
    assert dates(strict) == ["2025-10-02", "2025-10-04", "2025-09-30"]


def test_hc17_wide_and_strict() -> None:
    def extended(reading: Reading) -> Due:
        extension = [parse_limit("30CD")]
        return due(
            day("2025-06-20"), parse_limit("90CD"), CHINA, exclusions=[APPRAISAL], extensions=extension, reading=reading
        )

    assert dates(extended(Reading.WIDE)) == ["2025-11-01", "2025-11-03", "2025-10-31"]
    assert dates(extended(Reading.STRICT)) == ["2025-11-01", "2025-11-01", "2025-10-31"]


def test_hc19_wide_and_strict() -> None:
    assert dates(count("2025-08-17", "90CD")) == ["2025-11-15", "2025-11-17", "2025-11-14"]
    strict = count("2025-08-17", "90CD", reading=Reading.STRICT)
    assert dates(strict) == ["2025-11-15", "2025-11-15", "2025-11-14"]
    assert "严格解读不顺延" in strict.steps[-2].said.zh


def test_hc28_lenient_and_strict_before_a_hearing() -> None:
    found = due(day("2025-10-16"), parse_limit("3WD"), CHINA, before=True)
    assert dates(found) == ["2025-10-13", "2025-10-13", "2025-10-11"]


def test_hc41_suspended_and_resumed() -> None:
    found = count("2026-03-02", "3M", Exclusion.suspension(day("2026-04-10"), day("2026-08-10")))
    assert dates(found) == ["2026-10-02", "2026-10-08", "2026-09-30"]


def test_hc46_hours_run_through_the_holiday() -> None:
    approved = datetime(2026, 5, 2, 15, 0, tzinfo=SHANGHAI)
    found = due(approved, parse_limit("24h"), CHINA)
    assert dates(found) == ["2026-05-03T15:00:00+08:00", "2026-05-03T15:00:00+08:00", "2026-04-30T23:59:00+08:00"]


def test_hc46_three_days_counted_as_calendar_and_as_working_days() -> None:
    assert dates(count("2026-04-30", "3CD"))[::2] == ["2026-05-03", "2026-04-30"]
    assert count("2026-04-30", "3WD").nominal == day("2026-05-08")


def test_hc49_answer_then_supply() -> None:
    answer = count("2026-09-24", "10WD")
    assert due(answer.legal_due, parse_limit("20WD"), CHINA).legal_due == day("2026-11-12")


def test_hc56_the_corresponding_day_five_years_on() -> None:
    assert count("2021-11-15", "60M").nominal == day("2026-11-15")


def test_hc59_is_provisional_and_recomputed_when_the_notice_is_loaded() -> None:
    found = count("2026-12-14", "15WD")
    assert dates(found) == ["2027-01-05"] * 3
    assert found.provisional
    loaded = CHINA.with_notice(parse_notice(MADE_UP_2027, file="2027.toml"))
    again = due(day("2026-12-14"), parse_limit("15WD"), loaded)
    assert dates(again) == ["2027-01-06"] * 3
    assert not again.provisional
