"""The catalogue of law is read whole or every fault is named; procedures may say no more than it does."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from concord.charters.folder import read, shipped
from concord.rules.charter import Charter, check, load
from concord.rules.errors import DefinitionError, Fault, NotFound
from concord.rules.law import Laws
from concord.rules.limits import parse_limit
from concord.rules.procedure import SourceLabel
from tests.support.toy_charter import toy_charter, toy_files

LIMITS, SUBSTANTIVE, FORMS = (f"cn/laws/{name}.toml" for name in ("limits", "substantive", "forms"))
ASSISTANCE = "toy/procedures/assistance/2026-01-01.toml"
BASE = "cn/procedures/assistance/2022-11-01.toml"
# The only limits of national law that bind one authority towards another.
BETWEEN_AUTHORITIES = {"P10", "P11", "P15", "P39", "P40", "P41", "Z71", "C02", "C03", "C04", "C05", "C06", "C07"}
THE_SAME_BY_OTHER_RULES = {"P43", "P44", "T09", "Z70"}


def laws() -> Laws:
    return toy_charter().laws


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


def test_every_row_of_a_limit_between_authorities_is_marked() -> None:
    marked = {name for name, rows in laws().rows.items() if any(row.cross_authority for row in rows)}
    assert marked == BETWEEN_AUTHORITIES | THE_SAME_BY_OTHER_RULES


def test_rows_without_a_number_are_there_to_be_cited() -> None:
    on = date(2026, 6, 1)
    for name in ("P12", "P14", "P34", "Z21", "Z23", "Z35", "1b", "G11", "T10"):
        assert laws().row(name, on=on).limits == (), name


def test_every_row_is_complete_and_its_limits_can_be_counted() -> None:
    assert len(laws().rows) > 300
    for rows in laws().rows.values():
        for row in rows:
            assert row.said.zh
            assert row.said.en
            assert row.basis
            assert [str(parse_limit(one)) for one in row.limits] == list(row.limits)


def test_what_was_not_found_has_no_label_and_what_was_read_is_statutory() -> None:
    on = date(2026, 6, 1)
    assert laws().row("G11", on=on).label is None
    assert laws().row("P15", on=on).label is SourceLabel.STATUTORY
    assert laws().row("K07", on=on).label is SourceLabel.OUR_READING


def test_versions_of_a_row_follow_one_another() -> None:
    for rows in laws().rows.values():
        for earlier, later in pairwise(rows):
            assert earlier.span.ends is not None
            assert later.span.begins is not None
            assert earlier.span.ends <= later.span.begins


def test_a_row_is_not_found_outside_its_time_or_at_all() -> None:
    assert laws().row("T04", on=date(2026, 4, 15)).limits == ("7WD",)
    with pytest.raises(NotFound, match=r"law\.no_such_row"):
        laws().row("T04", on=date(2026, 4, 14))
    with pytest.raises(NotFound, match=r"law\.no_such_row"):
        laws().row("P99", on=date(2026, 4, 14))


SHEET_FAULTS = [
    (LIMITS, "format = 1", "format = 2", "definition.unknown_format", "format"),
    (LIMITS, "format = 1", "format =", "definition.syntax", "format"),
    (LIMITS, 'id = "limits"', 'id = "forms"', "charter.wrong_place", "id ="),
    (LIMITS, 'id = "limits"', 'id = "time"', "definition.unknown_choice", "id ="),
    (LIMITS, 'id = "P15", confidence = ["V"]', 'id = "P15", confidence = ["X"]', "law.unknown_confidence", '"P15"'),
    (
        LIMITS,
        '"P15", confidence = ["V"], limits = ["15WD"]',
        '"P15", confidence = ["V"], limits = ["15 WD"]',
        "law.bad_limit",
        '"P15"',
    ),
    (
        LIMITS,
        "from = 2021-07-15, until = 2022-11-01",
        "from = 2022-11-01, until = 2022-11-01",
        "law.ends_before_it_begins",
        '"60CD"], from',
    ),
    (
        LIMITS,
        ', until = 2022-11-01, basis = "市场监督',
        ', basis = "市场监督',
        "law.overlapping",
        'zh = "公告送达", en',
    ),
    (LIMITS, 'id = "P16"', 'id = "P15"', "definition.duplicate", "第二十三条第二款、第三款"),
    (
        LIMITS,
        "cross_authority = true, basis",
        "cross_authorities = true, basis",
        "definition.unknown_key",
        'id = "P10"',
    ),
    (SUBSTANTIVE, 'law = "trademark_2019"', 'law = "trademark_2018"', "law.unknown_law", "第五十七条"),
    (SUBSTANTIVE, 'law_row = "B01"', 'law_row = "B99"', "procedure.unknown_law_row", "第五十七条"),
    (
        SUBSTANTIVE,
        'article = "第五十七条", confidence = "V"',
        'article = "第五十七条", confidence = "M"',
        "procedure.confidence_not_of_law",
        "第五十七条",
    ),
    (SUBSTANTIVE, '["trademark_infringement"]', '["trademark_theft"]', "law.unknown_cause", "第五十七条"),
    (SUBSTANTIVE, 'role = "power"', 'role = "force"', "definition.unknown_choice", "第六十二条"),
    (SUBSTANTIVE, 'law_row = "B11"', 'law_row = "B1"', "procedure.unknown_law_row", "milder ="),
    (FORMS, 'set = "complaints_before"', 'set = "complaints_old"', "definition.unknown_choice", "举报立案告知书"),
    (FORMS, 'law_row = "0.4"', 'law_row = "0.44"', "procedure.unknown_law_row", "举报立案告知书"),
]


@pytest.mark.parametrize(("path", "old", "new", "code", "marker"), SHEET_FAULTS)
def test_a_fault_of_the_catalogue_is_named_with_its_line(path: str, old: str, new: str, code: str, marker: str) -> None:
    files = toy_files()
    assert old in files[path]
    files[path] = files[path].replace(old, new, 1)
    faults = check(files, "toy")
    assert (path, line_of(files[path], marker), code) in {(fault.file, fault.line, fault.code) for fault in faults}
    assert all(fault.said.zh and fault.said.en for fault in faults)
    with pytest.raises(DefinitionError, match=r"charter\.faulty"):
        load(files, "toy")


def faults_after(old: str, new: str) -> tuple[Fault, ...]:
    """The faults once the text is changed in the assistance of the toy and in what it is based on alike."""
    files = toy_files()
    for path in (ASSISTANCE, BASE):
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    return tuple(fault for fault in check(files, "toy") if fault.file == ASSISTANCE)


CITED_FAULTS = [
    ('law_row = "P15"', 'law_row = "P155"', "procedure.unknown_law_row", "P15", "sources.pr45"),
    ('law_row = "P15"', 'law_row = "Q"', "procedure.unknown_law_row", "P15", "sources.pr45"),
    (
        'kind = "statutory", confidence = "V", law_row = "P15"',
        'kind = "our_reading", confidence = "I", law_row = "P15"',
        "procedure.confidence_not_of_law",
        "kind = statutory",
        "sources.pr45",
    ),
    (
        'kind = "statutory", confidence = "V", law_row = "P15"',
        'kind = "statutory", confidence = "V", law_row = "0.10"',
        "procedure.confidence_not_of_law",
        "kind = statutory_unverified",
        "sources.pr45",
    ),
    (
        'kind = "statutory", confidence = "V", law_row = "P15"',
        'kind = "statutory", confidence = "V", law_row = "G11"',
        "procedure.confidence_not_of_law",
        "kind = agreed or internal",
        "sources.pr45",
    ),
    ('limit = "15WD"', 'limit = "10WD"', "procedure.limit_not_in_law", "says 15WD", "clocks.reply"),
    ('law_row = "P15"', 'law_row = "P34"', "procedure.limit_not_in_law", "gives no number", "clocks.reply"),
    ('law_row = "P15"', 'law_row = "T04"', "procedure.limit_not_in_law", "from 2026-04-15", "clocks.reply"),
]


@pytest.mark.parametrize(("old", "new", "code", "advice", "rule"), CITED_FAULTS)
def test_a_procedure_that_says_more_than_the_law_is_told_what_the_row_says(
    old: str, new: str, code: str, advice: str, rule: str
) -> None:
    (fault, *_) = [fault for fault in faults_after(old, new) if fault.code == code and fault.rule == rule]
    assert advice in fault.advice.en or advice in fault.advice.zh
    assert fault.line > 1


EXTENDED = 'id = "reply", limit = "15WD", extensions = ["{}"], from'
EXTENDING = 'stops = ["receipt"], extends = ["reply"],'


def extended(extension: str, field: str = "") -> list[str]:
    """The codes of the faults when the period of P01 is given this extension."""
    files = toy_files()
    for path in (ASSISTANCE, BASE):
        text = files[path].replace('law_row = "P15"', 'law_row = "P01"')
        text = text.replace('id = "reply", limit = "15WD", from', EXTENDED.format(extension))
        text = text.replace('to = "accepted", stops = ["receipt"],', f'to = "accepted", {EXTENDING}')
        if field:
            text = text.replace("fields = [", f"fields = [\n  {field}", 1)
            text = text.replace('asks = ["promised_date", "note"]', 'asks = ["promised_date", "note", "granted"]')
        files[path] = text
    return [fault.code for fault in check(files, "toy") if fault.rule == "clocks.reply"]


GRANTED = '{{ id = "granted", type = "integer", min = 1, max = {}, zh = "延长日数", en = "Days granted" }},'


@pytest.mark.parametrize(
    ("extension", "field", "allowed"),
    [
        ("15WD", "", True),
        ("16WD", "", False),
        ("granted:WD", GRANTED.format(15), True),
        ("granted:WD", GRANTED.format(10), True),
        ("granted:WD", GRANTED.format(16), False),
        ("granted:M", GRANTED.format(1), False),
    ],
)
def test_an_extension_stays_within_the_row(extension: str, field: str, *, allowed: bool) -> None:
    assert ("procedure.limit_not_in_law" not in extended(extension, field)) == allowed


def test_a_paper_on_a_deleted_form_is_refused_from_the_day_it_is_deleted() -> None:
    files = toy_files()
    files[ASSISTANCE] = files[ASSISTANCE].replace('form = "协助调查复函（自拟）"', 'form = "举报立案告知书（2020）"')
    assert "procedure.deleted_form" not in {fault.code for fault in check(files, "toy")}
    later = files.pop(ASSISTANCE).replace("in_force_from = 2026-01-01", "in_force_from = 2026-04-15")
    files[ASSISTANCE.replace("2026-01-01", "2026-04-15")] = later
    (fault,) = [fault for fault in check(files, "toy") if fault.code == "procedure.deleted_form"]
    assert (fault.rule, fault.line) == ("papers.reply_letter", line_of(later, "举报立案告知书"))
    assert "2026-04-15" in fault.said.zh


def test_a_charter_source_is_held_to_the_catalogue_too() -> None:
    files = toy_files()
    files["cn/charter.toml"] = files["cn/charter.toml"].replace('law_row = "1b"', 'law_row = "2b"', 1)
    (fault,) = check(files, "toy")
    assert (fault.file, fault.code) == ("cn/charter.toml", "procedure.unknown_law_row")


def test_a_charter_adopted_before_there_was_a_catalogue_still_runs() -> None:
    files = {path: text for path, text in toy_files().items() if "/laws/" not in path}
    charter = load(files, "toy")
    assert not charter.laws.rows
    assert charter.laws.causes() == frozenset()


@pytest.mark.parametrize("name", ["cn", "g60"])
def test_the_shipped_charters_carry_the_catalogue(name: str) -> None:
    charter: Charter = load(read(shipped(), "cn", "g60"), name)
    assert charter.laws.causes() == set(charter.code_lists["causes"])
