"""The act that is offered first brings the matter on; what ends or refuses things is shown as grave."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from concord.rules.procedure import Procedure
from concord.rules.procedure.leading import is_grave, main_act
from tests.support.scenarios import read_procedure, shipped_files

LEADING = [
    ("assistance", "drafted", "requester", "submit"),
    ("assistance", "submitted", "requester", "issue"),
    ("assistance", "delivered", "requested", "accept"),
    ("assistance", "accepted", "requested", "submit_answer"),
    ("assistance", "answer_submitted", "requested", "answer"),
    ("assistance", "answered", "requester", "close"),
    ("lead", "drafted", "sender", "submit"),
    ("lead", "submitted", "sender", "issue"),
    ("lead", "delivered", "receiver", "accept"),
    ("case_transfer", "submitted", "sender", "issue"),
    ("operation", "submitted", "leading", "issue"),
    ("patent_adjudication", "hearing_notified", "authority", "record_hearing"),
]


@cache
def newest(name: str) -> Procedure:
    versions = [read_procedure(path) for path in shipped_files() if path.parent.name == name]
    return max(versions, key=lambda one: (one.in_force_from, len(one.acts)))


@pytest.mark.parametrize(("name", "state", "role", "act"), LEADING)
def test_the_act_that_brings_the_matter_on_comes_first(name: str, state: str, role: str, act: str) -> None:
    procedure = newest(name)
    found = main_act(procedure.possible(state, role), procedure)
    assert found is not None
    assert found.id == act


@pytest.mark.parametrize("path", shipped_files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_that_ends_a_matter_stands_before_what_goes_on_with_it(path: Path) -> None:
    procedure = read_procedure(path)
    for state in procedure.states:
        for role in procedure.roles:
            acts = procedure.possible(state.id, role)
            first = main_act(acts, procedure)
            if first is None:
                assert acts == ()
                continue
            ends = first.to is not None and procedure.state(first.to).final
            goes_on = [
                act
                for act in acts
                if act.to and not procedure.state(act.to).final and not is_grave(act, procedure) and act.paper
            ]
            assert not (ends and any(_ahead(procedure, state.id, act.to or "") for act in goes_on)), (
                state.id,
                first.id,
            )


def _ahead(procedure: Procedure, state: str, to: str) -> bool:
    places = [one.id for one in procedure.states]
    return places.index(to) > places.index(state)


@pytest.mark.parametrize(
    ("name", "act", "grave"),
    [
        ("assistance", "withdraw", True),
        ("assistance", "refuse", True),
        ("assistance", "issue", False),
        ("assistance", "accept", False),
        ("assistance", "notify_delay", False),
        ("assistance", "send_back", False),
    ],
)
def test_what_ends_or_refuses_is_grave(name: str, act: str, *, grave: bool) -> None:
    procedure = newest(name)
    assert is_grave(procedure.act(act), procedure) is grave
