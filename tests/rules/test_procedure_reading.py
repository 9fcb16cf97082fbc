"""Procedure files are read whole, or refused with every fault and its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.rules.errors import DefinitionError, NotFound
from concord.rules.procedure import FieldType, Line, Procedure, RunningMatters, SourceLabel, parse
from tests.support.toy_charter import toy_charter, toy_files

ASSISTANCE = "toy/procedures/assistance/2026-01-01.toml"
ERRAND = "toy/procedures/errand/2026-01-01.toml"


def procedure(path: str) -> Procedure:
    return parse(toy_files()[path], file=path)


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


FORM_FAULTS = [
    ('zh = "协助调查"\nen', "zh = 协助调查\nen", "definition.syntax", "zh = 协助调查"),
    ("format = 1", "format = 2", "definition.unknown_format", "format = 2"),
    ("format = 1\n", "", "definition.unknown_format", "# charters"),
    ('id = "assistance"', 'id = "Assistance"', "definition.bad_identifier", 'id = "Assistance"'),
    ("in_force_from = 2026-01-01", 'in_force_from = "2026-01-01"', "definition.wrong_type", 'in_force_from = "'),
    ('zh = "协助调查"\n', "", "definition.missing", "# charters"),
    ('en = "Assistance in investigation"', 'en = " "', "definition.bad_text", 'en = " "'),
    ('title = "case_ref"', "title = 7", "definition.wrong_type", "title = 7"),
    ('line = "market"', 'line = "markett"', "definition.unknown_choice", 'line = "markett"'),
    ('running_matters = "stay"', 'runing_matters = "stay"', "definition.unknown_key", "runing_matters"),
    ('"cn/assistance@2022-11-01"', '"cn/assistance"', "procedure.bad_base", "based_on"),
    ('"cn/assistance@2022-11-01"', '"cn/assistance@2022-13-01"', "procedure.bad_base", "based_on"),
    ('roles = ["requester",', 'roles = ["the requester",', "definition.bad_identifier", "roles ="),
    ('kind = "internal"', 'kind = "custom"', "definition.unknown_choice", 'id = "house"'),
    ('en = "Drafted"', 'eng = "Drafted"', "definition.missing", 'eng = "Drafted"'),
    ('en = "Closed", final = true', 'en = "Closed", final = "yes"', "definition.wrong_type", 'en = "Closed"'),
    ('id = "submitted", zh', 'id = "drafted", zh', "definition.duplicate", 'id = "drafted", zh = "待签发"'),
    ('type = "money"', 'type = "float"', "definition.unknown_choice", 'id = "cost"'),
    ("max = 120", 'max = "120"', "definition.wrong_type", 'id = "case_ref"'),
    ("max = 120", "max = -1", "definition.wrong_type", 'id = "case_ref"'),
    ("filed:已立案:Filed", "filed:已立案", "procedure.bad_option", 'id = "case_stage"'),
    ('asks = ["answers", "results"]', 'asks = "answers"', "definition.wrong_type", 'id = "submit_answer"'),
    ('asks = ["answers", "results"]', 'asks = ["answers", "answers"]', "definition.duplicate", 'id = "submit_answer"'),
    (
        'by = "requested:assistance:sign", from = ["answer_',
        'by = "requested", from = ["answer_',
        "procedure.bad_by",
        'by = "requested"',
    ),
    ('internal = true, zh = "送签"', 'hidden = true, zh = "送签"', "definition.unknown_key", 'id = "submit"'),
    ('{ id = "close", by', '"close", { id = "close", by', "definition.wrong_type", '"close", {'),
    (
        "states = [\n",
        'states = [\n  { id = "idle", zh = "闲", en = """\nIdle""" },\n',
        "definition.several_lines",
        'id = "idle"',
    ),
    ("acts = [ ", "[[acts]]\nx = 1\n[ignored]\nacts = [ ", "definition.several_lines", "[[acts]]"),
]


@pytest.mark.parametrize(("old", "new", "code", "marker"), FORM_FAULTS)
def test_a_fault_of_form_is_named_with_its_line(old: str, new: str, code: str, marker: str) -> None:
    path = ERRAND if "money" in old else ASSISTANCE
    text = toy_files()[path]
    assert old in text
    text = text.replace(old, new, 1)
    with pytest.raises(DefinitionError) as caught:
        parse(text, file=path)
    found = [(fault.code, fault.line) for fault in caught.value.faults]
    assert (code, line_of(text, marker)) in found
    assert all(fault.said.zh and fault.said.en for fault in caught.value.faults)


def test_all_faults_of_a_file_are_named_at_once() -> None:
    text = toy_files()[ASSISTANCE].replace('en = "Drafted"', 'eng = "Drafted"').replace("max = 120", "max = true")
    with pytest.raises(DefinitionError) as caught:
        parse(text, file=ASSISTANCE)
    assert [fault.code for fault in caught.value.faults] == [
        "definition.missing",
        "definition.unknown_key",
        "definition.wrong_type",
    ]
    assert "did you mean “en”?" in caught.value.faults[1].advice.en


def test_empty_tables_are_refused() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse("format = 1\nroles = []\nstates = 3\nacts = []\n", file="x")
    codes = {fault.code for fault in caught.value.faults}
    assert {"definition.empty", "definition.missing", "definition.wrong_type"} <= codes


def test_every_part_of_a_procedure_is_read() -> None:
    errand = procedure(ERRAND)
    assert (errand.id, errand.line, errand.title) == ("errand", Line.PATENT, "subject")
    assert errand.running_matters is RunningMatters.NEXT_ACT
    assert {field.type for field in errand.fields} == set(FieldType)
    assert [option.en for option in errand.field("urgency").options] == ["Normal", "Urgent"]
    assert errand.field("remark").act_only
    assert errand.field("remark").personal
    assert errand.clock("visit_time").limit == "48h"
    assert errand.clock("visit_time").from_instant == "acted_at"
    assert errand.paper("errand_note").needs == ("subject", "tasks")
    assert errand.act("remark").internal
    assert errand.act("drop").notifies == ("centre",)
    assert errand.act("report").while_running == ("visit_time",)
    assert errand.state("dropped").final
    assert errand.said.en == "Errand"
    assert errand.based_on is None
    assistance = procedure(ASSISTANCE)
    assert assistance.based_on is not None
    assert assistance.based_on.path == "cn/procedures/assistance/2022-11-01.toml"
    assert assistance.clock("promise").until == "promised_date"


def test_what_may_happen_next_is_told_by_state_and_role() -> None:
    assistance = procedure(ASSISTANCE)
    assert assistance.initiating_role == "requester"
    assert [act.id for act in assistance.initial_acts()] == ["draft"]
    assert [act.id for act in assistance.possible(None, "requester")] == ["draft"]
    assert assistance.possible(None, "requested") == ()
    assert [act.id for act in assistance.possible("drafted", "requester")] == ["revise", "submit", "withdraw"]
    assert [act.id for act in assistance.possible("delivered", "requested")] == ["accept", "offer_date", "refuse"]
    assert assistance.possible("closed", "requester") == ()
    assert assistance.roles_who_may_act("drafted") == {"requester"}
    assert assistance.roles_who_may_act("delivered") == {"requester", "requested"}
    assert assistance.roles_who_may_act("closed") == frozenset()


def test_labels_say_where_a_rule_comes_from() -> None:
    assistance = procedure(ASSISTANCE)
    assert assistance.label_of("pr45") is SourceLabel.STATUTORY
    assert assistance.label_of("house") is SourceLabel.INTERNAL
    assert assistance.label_of("pact").said.zh == "约定"
    assert assistance.source("pact").proposed
    assert not assistance.source("pr45").proposed
    assert all(label.said.zh and label.said.en for label in SourceLabel)


@pytest.mark.parametrize("kind", ["source", "state", "field", "clock", "paper", "act"])
def test_an_unknown_rule_is_not_found(kind: str) -> None:
    with pytest.raises(NotFound, match="no_such_rule"):
        getattr(procedure(ERRAND), kind)("nothing")


def test_the_digest_ignores_line_ends_and_nothing_else() -> None:
    text = toy_files()[ERRAND]
    same = parse(text.replace("\n", "\r\n"), file=ERRAND)
    assert same.digest == procedure(ERRAND).digest
    assert same.acts == procedure(ERRAND).acts
    assert [act.line for act in same.acts] == [act.line for act in procedure(ERRAND).acts]
    assert parse(f"{text}#", file=ERRAND).digest != same.digest


def test_a_procedure_cannot_be_changed() -> None:
    charter = toy_charter()
    with pytest.raises(TypeError):
        charter.procedures["errand"] = ()  # type: ignore[index]
    with pytest.raises(AttributeError):
        charter.procedures["errand"][0].act("ask").to = "closed"  # type: ignore[misc]


@settings(deadline=None)
@given(st.text())
def test_reading_junk_refuses_and_never_crashes(junk: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(junk, file="junk.toml")
    assert caught.value.faults


@settings(deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    text = toy_files()[ERRAND]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = text[:start] + data.draw(st.text(max_size=5)) + text[end:]
    last = damaged.replace("\r\n", "\n").count("\n") + 1
    assert all(1 <= line <= last for line in _faulty_lines(damaged))


def _faulty_lines(text: str) -> list[int]:
    try:
        parse(text, file=ERRAND)
    except DefinitionError as error:
        return [fault.line for fault in error.faults]
    return []
