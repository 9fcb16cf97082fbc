"""Two versions of a charter differ by lines, by rules, and in words that a person can weigh."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.charter.difference import FileDifference, Kind, RuleDifference, compared, difference, marked
from tests.support.toy_charter import toy_files

PROCEDURE = "toy/procedures/assistance/2026-01-01.toml"
NEXT = "toy/procedures/assistance/2027-01-01.toml"
CHARTER = "toy/charter.toml"


def changed(path: str, *pairs: tuple[str, str], texts: Mapping[str, str] | None = None) -> dict[str, str]:
    """The toy texts with replacements in one file."""
    files = dict(texts or toy_files())
    for old, new in pairs:
        assert old in files[path], old
        files[path] = files[path].replace(old, new, 1)
    return files


def one(before: Mapping[str, str], after: Mapping[str, str]) -> FileDifference:
    (found,) = difference(before, after)
    return found


def rule(found: FileDifference, name: str) -> RuleDifference:
    (wanted,) = [entry for entry in found.rules if entry.rule == name]
    return wanted


def zh(entry: RuleDifference) -> list[str]:
    return [said.zh for said in entry.said]


def en(entry: RuleDifference) -> list[str]:
    return [said.en for said in entry.said]


def test_the_same_texts_do_not_differ() -> None:
    assert difference(toy_files(), toy_files()) == ()


def test_choices_are_told_by_their_names() -> None:
    old = '"filed:已立案:Filed", "verification:立案前核查:Check before filing"'
    new = '"filed:已立案:Filed", "closed:已结案:Closed"'
    entry = rule(one(toy_files(), changed(PROCEDURE, (old, new))), "fields.case_stage")
    assert zh(entry) == ["选项：增加 已结案；删去 立案前核查"]
    assert en(entry) == ["choices: added Closed; removed Check before filing"]


def test_another_kind_of_line_end_is_no_difference() -> None:
    windows = {path: text.replace("\n", "\r\n") for path, text in toy_files().items()}
    assert difference(toy_files(), windows) == ()


def test_a_limit_is_told_with_its_old_and_its_new_value() -> None:
    found = one(toy_files(), changed(PROCEDURE, ('id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"')))
    assert (found.file, found.kind, found.compared_with) == (PROCEDURE, Kind.CHANGED, PROCEDURE)
    (entry,) = found.rules
    assert (entry.rule, entry.kind, zh(entry), en(entry)) == (
        "clocks.receipt",
        Kind.CHANGED,
        ["期限：2个工作日 → 1个工作日"],
        ["limit: 2 working days → 1 working day"],
    )
    number = toy_files()[PROCEDURE].splitlines().index(entry.removed[0].text) + 1
    assert [line.number for line in (*entry.removed, *entry.added)] == [number, number]
    assert 'limit = "1WD"' in entry.added[0].text


def test_a_source_that_is_adopted_names_the_clocks_that_rest_on_it() -> None:
    found = one(toy_files(), changed(PROCEDURE, ('kind = "agreed", status = "proposed"', 'kind = "agreed"')))
    (entry,) = found.rules
    assert entry.rule.startswith("sources.")
    assert zh(entry) == ["议定情况：拟议 → 已议定", "涉及期限：签收期限、承诺完成日期"]
    assert en(entry)[0] == "standing: Proposed → adopted"


def test_a_clock_that_comes_to_rest_on_another_source_shows_both_labels() -> None:
    text = toy_files()[PROCEDURE]
    line = next(line for line in text.splitlines() if 'id = "receipt", limit' in line)
    found = one(toy_files(), changed(PROCEDURE, (line, line.replace('source = "pact"', 'source = "house"'))))
    said = zh(rule(found, "clocks.receipt"))
    assert len(said) == 1
    assert said[0].startswith("来源：约定（拟议），")
    assert " → 内部，" in said[0]


def test_rules_that_come_and_go_are_told_with_limit_and_label() -> None:
    line = next(line for line in toy_files()[PROCEDURE].splitlines() if 'id = "receipt", limit' in line)
    fewer = changed(PROCEDURE, (f"{line}\n", ""))
    gone, come = one(toy_files(), fewer), one(fewer, toy_files())
    assert rule(gone, "clocks.receipt").kind is Kind.REMOVED
    assert rule(come, "clocks.receipt").kind is Kind.ADDED
    assert zh(rule(gone, "clocks.receipt"))[0].startswith("删去期限“签收期限”（2个工作日；约定（拟议），")
    assert en(rule(come, "clocks.receipt"))[0].startswith("new clock “Time to acknowledge” (2 working days; Agreed")


def test_a_rule_that_only_moved_says_so() -> None:
    lines = toy_files()[PROCEDURE].splitlines()
    at = next(n for n, line in enumerate(lines) if 'id = "receipt", limit' in line)
    lines[at - 1], lines[at] = lines[at], lines[at - 1]
    found = one(toy_files(), {**toy_files(), PROCEDURE: "\n".join(lines) + "\n"})
    assert {entry.kind for entry in found.rules} == {Kind.MOVED}


def test_lists_tell_what_came_and_what_went() -> None:
    found = one(
        toy_files(),
        changed(
            PROCEDURE,
            ('paper = "request_letter", starts = ["reply", "receipt"]', 'paper = "request_letter", starts = ["reply"]'),
        ),
    )
    assert zh(rule(found, "acts.issue")) == ["起算期限：删去 receipt"]


def test_a_new_version_is_compared_with_the_one_before() -> None:
    text = toy_files()[PROCEDURE].replace("in_force_from = 2026-01-01", "in_force_from = 2027-01-01")
    found = one(toy_files(), {**toy_files(), NEXT: text.replace('limit = "2WD"', 'limit = "3WD"')})
    assert (found.file, found.kind, found.compared_with) == (NEXT, Kind.ADDED, PROCEDURE)
    assert {entry.rule for entry in found.rules} == {"in_force_from", "clocks.receipt"}
    assert zh(rule(found, "in_force_from")) == ["施行日期：2026-01-01 → 2027-01-01"]


def test_a_paper_of_ones_own_is_compared_with_the_national_one() -> None:
    path = "cn/papers/assistance/request_letter.typ"
    own = path.replace("cn/", "toy/", 1)
    found = one(toy_files(), {**toy_files(), own: toy_files()[path] + "// more\n"})
    assert (found.kind, found.compared_with) == (Kind.ADDED, path)
    assert [line.text for entry in found.rules for line in entry.added] == ["// more"]


def test_what_nothing_came_before_is_new_in_every_line() -> None:
    found = one(toy_files(), {**toy_files(), "toy/codes/new.toml": "format = 1\n"})
    assert (found.kind, found.compared_with) == (Kind.ADDED, "")
    assert one({**toy_files(), "toy/codes/new.toml": "format = 1\n"}, toy_files()).kind is Kind.REMOVED


def test_the_version_in_force_is_a_rule_of_its_own() -> None:
    found = one(toy_files(), changed(CHARTER, ("{ assistance = 2026-01-01,", "{ assistance = 2027-01-01,")))
    (entry,) = found.rules
    assert entry.rule == "in_force.procedures"
    assert entry.removed != entry.added


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('term = "12M"\nexchange', 'term = "6M"\nexchange', "rotation.term"),
        ("version = 2026-01-01", "version = 2026-05-01", "version"),
        ('mark = "云市监"', 'mark = "云泽市监"', "members.990100"),
        ('order = ["990100", "990200",', 'order = ["990200", "990100",', "rotation.order"),
    ],
)
def test_every_line_belongs_to_the_rule_the_check_would_name(old: str, new: str, name: str) -> None:
    (entry,) = one(toy_files(), changed(CHARTER, (old, new))).rules
    assert (entry.rule, entry.kind) == (name, Kind.CHANGED)
    assert entry.said


def test_comments_and_texts_that_are_no_toml_belong_to_no_rule() -> None:
    found = one(toy_files(), {**toy_files(), PROCEDURE: "# another\n" + toy_files()[PROCEDURE]})
    assert [(entry.rule, entry.kind, entry.said) for entry in found.rules] == [("", Kind.ADDED, ())]
    broken = one(toy_files(), {**toy_files(), PROCEDURE: toy_files()[PROCEDURE] + "= broken\n"})
    assert broken.rules[-1].added[-1].text == "= broken"


LINES = st.lists(st.sampled_from(['a = "1"', 'b = "2"', "rows = [", '  { id = "x", limit = "2WD" },', "]", "# c", ""]))


@given(before=LINES, after=LINES)
def test_taking_out_and_putting_in_gives_the_text_after(before: list[str], after: list[str]) -> None:
    entries = compared("\n".join(before), "\n".join(after), "x/y.toml")
    gone = {line.number for entry in entries for line in entry.removed}
    come = {line.number: line.text for entry in entries for line in entry.added}
    old, new = ("\n".join(lines).splitlines() for lines in (before, after))
    kept = [text for number, text in enumerate(old, start=1) if number not in gone]
    rebuilt = [come[number] if number in come else kept.pop(0) for number in range(1, len(new) + 1)]
    assert (rebuilt, kept) == (new, [])


def test_what_changed_inside_a_line_is_marked() -> None:
    old, new = marked('limit = "2WD", owner = "x"', 'limit = "10WD", owner = "x"')
    assert old == [('limit = "', False), ("2WD", True), ('", owner = "x"', False)]
    assert new == [('limit = "', False), ("10WD", True), ('", owner = "x"', False)]


@given(before=st.text(max_size=40), after=st.text(max_size=40))
def test_the_stretches_of_a_line_make_the_line(before: str, after: str) -> None:
    old, new = marked(before, after)
    assert ("".join(text for text, _ in old), "".join(text for text, _ in new)) == (before, after)
    assert [text for text, only in old if not only] == [text for text, only in new if not only]
