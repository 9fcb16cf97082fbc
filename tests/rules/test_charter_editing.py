"""Texts are changed in one place and nowhere else."""

from __future__ import annotations

import re
from datetime import date

import pytest

from concord.charters import folder
from concord.rules.charter import check, load
from concord.rules.charter.difference import difference
from concord.rules.charter.editing import changeable, newest, versions_of, with_limits, with_new_version
from concord.rules.errors import DefinitionError, InvalidInput, NotFound
from concord.rules.procedure import parse
from tests.support.toy_charter import toy_files

PATH = "toy/procedures/assistance/2026-01-01.toml"
NEXT = "toy/procedures/assistance/2027-01-01.toml"
CHARTER = "toy/charter.toml"
DAY, DRAWN_UP = date(2027, 1, 1), date(2026, 2, 6)


def made(**changed: str) -> dict[str, str]:
    return with_new_version(toy_files() | changed, "toy", "assistance", day=DAY, drawn_up=DRAWN_UP)


def test_a_new_version_is_a_copy_under_its_date_and_in_force() -> None:
    texts = made()
    assert check(texts, "toy") == ()
    assert texts[PATH] == toy_files()[PATH]
    rules = {entry.rule for found in difference(toy_files(), texts) for entry in found.rules}
    assert rules == {"", "in_force_from", "in_force.procedures", "version"}  # the comment names the file
    charter = load(texts, "toy")
    assert (charter.in_force["assistance"], charter.version) == (DAY, DRAWN_UP)
    assert charter.procedure("assistance", on=DAY).in_force_from == DAY
    assert charter.procedure("assistance", on=date(2026, 12, 31)).in_force_from == date(2026, 1, 1)


def test_comments_stay_and_the_one_on_the_place_is_mended() -> None:
    assert f"# charters/{PATH}\n" in toy_files()[PATH]
    texts = made()
    assert texts[NEXT].splitlines()[0] == f"# charters/{NEXT}"
    assert "in_force_from = 2027-01-01                 # equals the file name\n" in texts[NEXT]
    assert texts[NEXT].count("\n") == toy_files()[PATH].count("\n")


def test_windows_line_ends_are_read_too() -> None:
    texts = made(**{path: text.replace("\n", "\r\n") for path, text in toy_files().items()})
    assert load(texts, "toy").in_force["assistance"] == DAY


def test_a_charter_keeps_a_version_of_its_own_that_is_later() -> None:
    texts = with_new_version(toy_files(), "toy", "assistance", day=DAY, drawn_up=date(2025, 1, 1))
    assert load(texts, "toy").version == date(2026, 1, 1)


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_new_version_begins_after_the_newest(day: date) -> None:
    with pytest.raises(InvalidInput, match=r"charter\.version_not_after"):
        with_new_version(toy_files(), "toy", "assistance", day=day, drawn_up=DRAWN_UP)


def test_a_procedure_that_does_not_exist() -> None:
    with pytest.raises(NotFound, match=r"charter\.no_such_procedure"):
        newest(toy_files(), "toy", "nothing")


def test_an_inherited_procedure_becomes_ones_own_with_its_history() -> None:
    shipped = folder.read(folder.shipped(), "cn", "g60")
    inherited = next(
        name for name, listed in load(shipped, "g60").procedures.items() if listed[0].file.startswith("cn/")
    )
    texts = with_new_version(shipped, "g60", inherited, day=date(2030, 1, 1), drawn_up=DRAWN_UP)
    assert check(texts, "g60") == ()
    before, after = load(shipped, "g60").procedures[inherited], load(texts, "g60").procedures[inherited]
    assert [one.digest for one in before] == [one.digest for one in after[:-1]]
    assert after[-1].based_on is not None
    assert after[-1].based_on.path == before[-1].file
    assert load(texts, "g60").in_force[inherited] == date(2030, 1, 1)


def test_the_list_in_force_grows_where_a_procedure_was_not_listed() -> None:
    text = (
        re.sub(r"procedures = \{.*\n", "", toy_files()[CHARTER])
        + "[in_force.procedures]           # adopted\nerrand = 2026-01-01\n"
    )
    texts = made(**{CHARTER: text})
    assert "[in_force.procedures]           # adopted\nassistance = 2027-01-01\nerrand" in texts[CHARTER]
    assert load(texts, "toy").in_force["assistance"] == DAY


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (CHARTER, "= broken", "definition.syntax"),
        (CHARTER, 'id = "toy"\n', "definition.missing"),
        (PATH, "= broken", "definition.syntax"),
        (PATH, 'id = "assistance"\n', "definition.missing"),
    ],
)
def test_files_that_cannot_be_edited_say_why(path: str, text: str, code: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        made(**{path: text})
    assert [(fault.file, fault.code) for fault in refused.value.faults] == [(path, code)]


def test_a_file_whose_name_is_no_date_comes_first() -> None:
    texts = toy_files() | {PATH.replace("2026-01-01", "2026-13-01"): "x"}
    assert [*versions_of(texts, "toy", "assistance").values()][-1] == PATH


def test_a_limit_is_changed_and_nothing_else() -> None:
    text = toy_files()[PATH]
    after = with_limits(text, {"receipt": " 1WD ", "close": "5WD"}, file=PATH)
    assert after == text.replace('id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"').replace(
        'id = "close", limit = "10WD"', 'id = "close", limit = "5WD"'
    )
    assert after != text


@pytest.mark.parametrize(
    ("clock", "limit", "code"),
    [
        ("reply", "20WD", "locked"),
        ("promise", "20WD", "locked"),
        ("nothing", "20WD", "locked"),
        ("receipt", "soon", "clock.bad_limit"),
        ("receipt", '2WD", x = "', "clock.bad_limit"),
        ("receipt", "", "clock.bad_limit"),
    ],
)
def test_limits_that_are_law_or_no_limits_are_refused(clock: str, limit: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        with_limits(toy_files()[PATH], {clock: limit}, file=PATH)
    assert [(problem.field, problem.code) for problem in refused.value.problems] == [(clock, code)]


def test_which_limits_the_cities_may_set() -> None:
    procedure = parse(toy_files()[PATH], file=PATH)
    assert {clock.id: changeable(procedure, clock) for clock in procedure.clocks} == {
        "reply": False,
        "receipt": True,
        "promise": False,
        "close": True,
    }
