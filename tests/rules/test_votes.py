"""Votes on motions: counted, over, carried or not."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import Conflict, InvalidInput
from concord.rules.votes import BALLOTS, is_carried, require_result

TODAY = date(2026, 9, 16)
MEMBERS = 9
ballots = st.lists(st.sampled_from(BALLOTS), max_size=MEMBERS)


def counts(cast: list[str]) -> dict[str, object]:
    return {f"votes_{ballot}": cast.count(ballot) for ballot in BALLOTS}


@pytest.mark.parametrize(
    ("for_", "against", "abstain", "carried"),
    [
        (5, 0, 0, True),
        (4, 0, 0, False),  # no quorum: four of nine
        (3, 2, 0, True),
        (4, 4, 1, False),
        (5, 4, 0, True),
        (4, 1, 3, False),  # abstentions count among the votes cast
        (4, 0, 3, True),
        (0, 0, 0, False),
    ],
)
def test_more_than_half_vote_and_more_than_half_of_them_are_for_it(
    for_: int,
    against: int,
    abstain: int,
    carried: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    assert is_carried({"for": for_, "against": against, "abstain": abstain}, members=MEMBERS) is carried


@given(ballots, st.booleans())
def test_exactly_one_result_can_be_declared(cast: list[str], carried: bool) -> None:  # noqa: FBT001  drawn
    if carried == is_carried(Counter(cast), members=MEMBERS):
        require_result(cast, counts(cast), carried=carried, members=MEMBERS, last_day=None, today=TODAY)
    else:
        with pytest.raises(Conflict) as refused:
            require_result(cast, counts(cast), carried=carried, members=MEMBERS, last_day=None, today=TODAY)
        assert refused.value.code == "governance.other_result"


@given(ballots)
def test_one_more_vote_for_it_never_loses_a_motion(cast: list[str]) -> None:
    if is_carried(Counter(cast), members=MEMBERS):
        assert is_carried(Counter([*cast, "for"]), members=MEMBERS)


def test_every_wrong_count_is_told() -> None:
    told = {"votes_for": 5, "votes_against": 1, "votes_abstain": 3}
    with pytest.raises(InvalidInput) as refused:
        require_result(["for"] * 6 + ["abstain"] * 3, told, carried=True, members=MEMBERS, last_day=None, today=TODAY)
    assert refused.value.code == "governance.miscounted"
    assert [problem.field for problem in refused.value.problems] == ["votes_for", "votes_against"]


def test_nothing_is_declared_on_the_last_day_to_vote_while_some_have_not_voted() -> None:
    cast = ["for"] * 8
    with pytest.raises(Conflict) as refused:
        require_result(cast, counts(cast), carried=True, members=MEMBERS, last_day=TODAY, today=TODAY)
    assert refused.value.code == "governance.still_voting"
    require_result(cast, counts(cast), carried=True, members=MEMBERS, last_day=date(2026, 9, 15), today=TODAY)
