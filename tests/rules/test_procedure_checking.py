"""Rules that do not fit together are named with file, line and what would be right."""

from __future__ import annotations

import pytest

from concord.rules.errors import Fault
from concord.rules.guards import GUARD_NAMES, GUARDS
from concord.rules.procedure import Procedure, check, parse
from tests.support.toy_charter import toy_charter, toy_files

ASSISTANCE = "toy/procedures/assistance/2026-01-01.toml"
BASE = "cn/procedures/assistance/2022-11-01.toml"
ERRAND = "toy/procedures/errand/2026-01-01.toml"


def base() -> Procedure:
    return parse(toy_files()[BASE], file=BASE)


def faults_of(text: str, path: str) -> tuple[Fault, ...]:
    charter = toy_charter()
    return check(
        parse(text, file=path),
        guards=GUARD_NAMES,
        handlers={"errands.report"},
        permissions={permission.id for permission in charter.permissions},
        code_lists=charter.code_lists,
        bases={BASE: base()},
    )


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


@pytest.mark.parametrize("path", [ASSISTANCE, BASE, ERRAND])
def test_a_sound_procedure_has_no_faults(path: str) -> None:
    assert faults_of(toy_files()[path], path) == ()


A, E = ASSISTANCE, ERRAND
FAULTS = [
    # place and lineage
    (A, "in_force_from = 2026-01-01", "in_force_from = 2026-01-02", "procedure.wrong_place", "in_force_from"),
    (A, 'id = "assistance"', 'id = "assist"', "procedure.wrong_place", "in_force_from"),
    (A, "cn/assistance@2022-11-01", "cn/assistance@2021-11-01", "procedure.unknown_base", "based_on"),
    (A, 'limit = "15WD"', 'limit = "20WD"', "procedure.statutory_line_changed", 'id = "reply", limit'),
    (A, "第四十五条", "第四十六条", "procedure.statutory_line_changed", 'id = "pr45", kind'),
    (A, 'while_running = ["reply"], ', "", "procedure.statutory_line_changed", 'id = "notify_delay"'),
    (A, 'id = "notify_delay"', 'id = "tell_delay"', "procedure.statutory_line_changed", "acts = ["),
    # sources
    (
        A,
        'confidence = "V", law_row = "P15", text = "行政',
        'confidence = "S", law_row = "P15", text = "行政',
        "procedure.confidence",
        'id = "apl26", kind',
    ),
    (A, 'law_row = "P15", text = "行政', 'text = "行政', "procedure.no_law_row", 'id = "apl26", kind'),
    (
        A,
        'law_row = "P15", text = "行政',
        'law_row = "P15", status = "proposed", text = "行政',
        "procedure.proposed_law",
        'id = "apl26", kind',
    ),
    (E, 'kind = "agreed"', 'kind = "our_reading", law_row = "P15"', "procedure.confidence", 'id = "pact"'),
    # fields and papers
    (
        E,
        'id = "visits", type = "integer", min = 0',
        'id = "visits", type = "integer", min = 100',
        "procedure.min_above_max",
        'id = "visits"',
    ),
    (E, 'type = "money"', 'type = "money", max = 3', "procedure.key_does_not_fit", 'id = "cost"'),
    (E, 'list = "handling_codes", ', "", "procedure.key_is_missing", 'id = "handling"'),
    (E, 'list = "handling_codes"', 'list = "handling_code"', "procedure.unknown_code_list", 'id = "handling"'),
    (E, 'of = "tasks"', 'of = "subject"', "procedure.of_is_no_items", 'id = "outcomes"'),
    (E, ', "cost"]', "]", "procedure.never_asked", 'id = "cost"'),
    (E, 'paper = "errand_note", ', "", "procedure.never_issued", 'id = "errand_note"'),
    (E, "{mark}差", "{marks}差", "numbering.unknown_placeholder", 'id = "errand_note"'),
    (E, 'needs = ["subject", "tasks"]', 'needs = ["subject", "task"]', "procedure.unknown_field", 'id = "errand_note"'),
    # clocks
    (E, 'limit = "10CD"', 'limit = "10 days"', "procedure.bad_limit", 'id = "errand_time"'),
    (E, 'warn = ["3CD"]', 'warn = ["3XD"]', "procedure.bad_limit", 'id = "errand_time"'),
    (E, 'warn = ["3CD"]', 'warn = ["10CD"]', "procedure.warning_before_start", 'id = "errand_time"'),
    (E, 'limit = "10CD", from = "delivered_at"', 'limit = "10CD"', "procedure.limit_or_until", 'id = "errand_time"'),
    (
        E,
        'limit = "10CD", from',
        'limit = "10CD", until = "wanted_date", from',
        "procedure.limit_or_until",
        'id = "errand_time"',
    ),
    (E, 'from = "delivered_at"', 'from = "deliverd_at"', "procedure.unknown_instant", 'id = "errand_time"'),
    (
        E,
        'owner = "doer", source = "pact"',
        'owner = "maker", source = "pact"',
        "procedure.unknown_role",
        'id = "errand_time"',
    ),
    (E, 'owner = "doer", source = "pact"', 'owner = "doer"', "procedure.no_source", 'id = "errand_time"'),
    (
        E,
        'owner = "doer", source = "pact"',
        'owner = "doer", source = "pakt"',
        "procedure.unknown_source",
        'id = "errand_time"',
    ),
    (A, 'until = "promised_date"', 'until = "promise_date"', "procedure.unknown_field", 'id = "promise"'),
    (A, 'until = "promised_date"', 'until = "note"', "procedure.until_is_no_date", 'id = "promise"'),
    (E, 'starts = ["visit_time"], ', "", "procedure.never_started", 'id = "visit_time"'),
    (A, ', stops = ["close"]', "", "procedure.never_stopped", 'id = "close", limit'),
    (
        E,
        '["errand_time", "visit_time"], notifies',
        '["visit_time"], notifies',
        "procedure.runs_on",
        'id = "errand_time"',
    ),
    # acts
    (
        E,
        'by = "doer:errand:do", from = ["asked"]',
        'by = "dooer:errand:do", from = ["asked"]',
        "procedure.unknown_role",
        'id = "take"',
    ),
    (E, 'notifies = ["centre"]', 'notifies = ["center"]', "procedure.unknown_role", 'id = "drop"'),
    (E, "asker:errand:ask", "asker:errand:beg", "procedure.unknown_permission", 'id = "ask"'),
    (E, 'to = "taken"', 'to = "takn"', "procedure.unknown_state", 'id = "take"'),
    (E, 'from = ["taken"], to', 'from = ["takken"], to', "procedure.unknown_state", 'id = "report"'),
    (E, '["worker", "visit_at"]', '["worker", "visit_att"]', "procedure.unknown_field", 'id = "take"'),
    (
        E,
        'stops = ["errand_time", "visit_time"], source',
        'stops = ["errand"], source',
        "procedure.unknown_clock",
        'id = "report"',
    ),
    (E, 'paper = "errand_note"', 'paper = "errand_not"', "procedure.unknown_paper", 'id = "ask"'),
    (E, 'source = "pact", zh = "报告"', 'source = "pax", zh = "报告"', "procedure.unknown_source", 'id = "report"'),
    (A, "assistance.requested_is_competent", "assistance.is_competent", "procedure.unknown_guard", 'id = "draft"'),
    (
        E,
        'source = "pact", zh = "报告"',
        'handled_by = "errands.reprt", zh = "报告"',
        "procedure.unknown_handler",
        'id = "report"',
    ),
    (E, 'to = "asked", ', "", "procedure.begins_nowhere", 'id = "ask"'),
    (
        E,
        'by = "doer:errand:do", from = ["asked"], to',
        'by = "doer:errand:do", to',
        "procedure.two_initiators",
        'id = "take"',
    ),
    (E, 'to = "asked", asks', 'from = ["taken"], to = "asked", asks', "procedure.no_beginning", "acts = ["),
    (
        E,
        'asks = ["remark"], internal = true',
        'asks = ["remark"], internal = true, notifies = ["centre"]',
        "procedure.internal_act_speaks",
        'id = "remark", by',
    ),
    (
        E,
        'asks = ["remark"], internal = true',
        'asks = ["remark"], internal = true, stops = ["visit_time"]',
        "procedure.internal_act_speaks",
        'id = "remark", by',
    ),
    (
        E,
        'starts = ["visit_time"]',
        'starts = ["visit_time"], stops = ["visit_time"]',
        "procedure.starts_and_stops",
        'id = "take"',
    ),
    (
        E,
        'from = ["asked", "taken"], to',
        'from = ["asked", "taken", "reported"], to',
        "procedure.act_after_end",
        'id = "drop"',
    ),
    # the whole
    (E, 'title = "subject"', 'title = "subjct"', "procedure.unknown_field", "title ="),
    (E, 'title = "subject"', 'title = "wanted_date"', "procedure.not_asked_before", 'id = "ask"'),
    (E, 'needs = ["subject", "tasks"]', 'needs = ["subject", "cost"]', "procedure.not_asked_before", 'id = "ask"'),
    (A, 'asks = ["answers", "results"], ', "", "procedure.never_asked", 'id = "answers"'),
    (
        A,
        'asks = ["promised_date", "note"], stops',
        'asks = ["note"], stops',
        "procedure.not_asked_before",
        'id = "notify_delay"',
    ),
    (
        E,
        "states = [\n",
        'states = [\n  { id = "lost", zh = "失联", en = "Lost" },\n',
        "procedure.unreachable",
        'id = "lost"',
    ),
    (E, 'en = "Reported", final = true', 'en = "Reported"', "procedure.dead_end", 'id = "reported"'),
]


@pytest.mark.parametrize(("path", "old", "new", "code", "marker"), FAULTS)
def test_a_planted_fault_is_named_with_its_line(path: str, old: str, new: str, code: str, marker: str) -> None:
    text = toy_files()[path]
    assert old in text
    text = text.replace(old, new, 1)
    faults = faults_of(text, path)
    assert (code, line_of(text, marker)) in {(fault.code, fault.line) for fault in faults}
    for fault in faults:
        assert fault.file == path
        assert fault.said.zh
        assert fault.said.en
        assert fault.advice.zh
        assert fault.advice.en


def test_four_guards_are_too_many() -> None:
    names = ", ".join(f'"{guard.name}"' for guard in GUARDS[:4])
    text = toy_files()[ERRAND].replace('notifies = ["centre"]', f"guards = [{names}]")
    assert [fault.code for fault in faults_of(text, ERRAND)] == ["procedure.too_many_guards"]


def test_a_wrong_name_gets_the_nearest_right_one_as_advice() -> None:
    text = toy_files()[ERRAND].replace('to = "taken"', 'to = "takn"')
    assert "did you mean “taken”?" in {fault.advice.en for fault in faults_of(text, ERRAND)}


def test_a_changed_statutory_line_is_shown_beside_the_right_one() -> None:
    text = toy_files()[ASSISTANCE].replace('limit = "15WD"', 'limit = "20WD"')
    (fault,) = faults_of(text, ASSISTANCE)
    assert 'limit = "20WD"' in fault.said.en
    assert 'limit = "15WD"' in fault.advice.en
    assert BASE in fault.said.zh


def test_an_alliance_may_add_to_the_flow_around_the_law() -> None:
    text = toy_files()[ASSISTANCE].replace('limit = "2WD"', 'limit = "3WD"')
    assert faults_of(text, ASSISTANCE) == ()


def test_an_optional_answer_is_not_enough_for_a_paper() -> None:
    text = toy_files()[ERRAND].replace('max = 60, zh = "事由"', 'max = 60, optional = true, zh = "事由"')
    assert {fault.code for fault in faults_of(text, ERRAND)} == {"procedure.not_asked_before"}


def test_an_answer_that_stays_with_its_act_is_not_known_later() -> None:
    text = toy_files()[ASSISTANCE].replace('id = "answers", type', 'id = "answers", act_only = true, type')
    faults = faults_of(text, ASSISTANCE)
    assert [(fault.code, fault.rule) for fault in faults] == [("procedure.not_asked_before", "acts.answer")]


def test_lineage_is_left_alone_without_bases() -> None:
    procedure = parse(toy_files()[ASSISTANCE].replace('limit = "15WD"', 'limit = "20WD"'), file=ASSISTANCE)
    charter = toy_charter()
    permissions = {permission.id for permission in charter.permissions}
    assert (
        check(
            procedure,
            guards=GUARD_NAMES,
            handlers=(),
            permissions=permissions,
            code_lists=charter.code_lists,
        )
        == ()
    )


def test_every_guard_says_what_it_demands() -> None:
    assert len(GUARD_NAMES) == len(GUARDS)
    assert all(guard.said.zh and guard.said.en for guard in GUARDS)
