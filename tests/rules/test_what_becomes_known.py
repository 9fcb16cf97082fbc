"""Answers become facts; what an internal act tells stays with its side until it is let out."""

from __future__ import annotations

from typing import Any

import pytest

from concord.rules.procedure import Procedure, parse
from concord.rules.procedure.facts import fold, outcome
from tests.support.toy_charter import toy_files

PATH = "toy/procedures/assistance/2026-01-01.toml"
PROCEDURE: Procedure = parse(toy_files()[PATH], file=PATH)


def folded(act: str, taken: dict[str, Any], facts: dict[str, Any], drafts: dict[str, Any]) -> tuple[Any, Any, Any]:
    found = fold(PROCEDURE, PROCEDURE.act(act), taken, facts, drafts)
    return found.facts, found.drafts, found.released


def test_an_internal_act_keeps_what_it_tells_to_its_side() -> None:
    taken, drafts = {"answers": ["一"], "results": ["f"]}, {"requester": {"reason": "甲"}}
    facts, kept, released = folded("submit_answer", taken, {"reason": "乙"}, drafts)
    assert (facts, released) == ({"reason": "乙"}, {})
    assert kept == {"requester": {"reason": "甲"}, "requested": taken}


def test_what_is_told_again_replaces_and_a_blank_clears() -> None:
    drafts = {"requester": {"reason": "甲", "wanted_date": "2026-03-01", "other": 1}}
    _, kept, _ = folded("revise", {"reason": "丙"}, {}, drafts)
    assert kept == {"requester": {"reason": "丙", "other": 1}}


def test_the_next_open_act_lets_out_drafts_and_files() -> None:
    drafts = {"requested": {"answers": ["一"], "results": ["f", "g"]}, "requester": {"reason": "甲"}}
    facts, kept, released = folded("answer", {}, {"case_ref": "案"}, drafts)
    assert facts == {"case_ref": "案", "answers": ["一"], "results": ["f", "g"]}
    assert (kept, released) == ({"requester": {"reason": "甲"}}, {"results": ["f", "g"]})


def test_an_open_act_replaces_its_own_drafts_and_clears_what_it_leaves_blank() -> None:
    drafts = {"requested": {"promised_date": "2026-03-01"}}
    facts, kept, _ = folded("offer_date", {"promised_date": "2026-03-05", "note": "忙"}, {"note": "旧"}, drafts)
    assert (facts, kept) == ({"note": "旧", "promised_date": "2026-03-05"}, {})
    facts, _, _ = folded("offer_date", {}, {"promised_date": "2026-03-01", "reason": "甲"}, {})
    assert facts == {"reason": "甲"}


@pytest.mark.parametrize(
    ("known", "final", "came"),
    [("answered", "closed", "answered"), ("refused", "closed", "refused"), ("delivered", "withdrawn", "withdrawn")],
)
def test_what_came_of_a_matter(known: str, final: str, came: str) -> None:
    assert outcome(PROCEDURE, known, final) == came
