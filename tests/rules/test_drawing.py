"""Diagrams of procedures: nothing overlaps, every arrow touches what it joins, all acts are told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.charters import folder
from concord.rules.charter.loading import PROCEDURE_FILE
from concord.rules.procedure import Act, Procedure, State, parse
from concord.rules.procedure.drawing import Box, Caption, Drawing, draw, text_width, wrap

Corners = tuple[float, float, float, float]


def shipped() -> list[Procedure]:
    """Every version that comes with Concord."""
    texts = folder.read(folder.shipped(), "cn", "g60")
    return [parse(text, file=path) for path, text in texts.items() if PROCEDURE_FILE.fullmatch(path)]


SHIPPED = shipped()


def agreed_assistance() -> Procedure:
    """The nine cities' version of assistance."""
    return next(one for one in SHIPPED if one.file == "g60/procedures/assistance/2026-01-01.toml")


NAMES = ["草拟", "待签发", "已送达", "复函待签发", "报请指定管辖待答复的案件"]


@st.composite
def procedures(draw_one: st.DrawFn) -> Procedure:
    """A procedure of 3 to 20 states in which every state can be reached; acts lead anywhere, backwards too."""
    count = draw_one(st.integers(3, 20))
    words = st.sampled_from(NAMES)
    states = tuple(State(f"s{n}", draw_one(words), f"State number {n}") for n in range(count))
    onward = [Act("a0", "开始", "Begin", "one", "x:y", to="s0")]
    for n in range(1, count):
        before = draw_one(st.integers(0, n - 1))
        onward.append(Act(f"a{n}", draw_one(words), f"Do {n}", "one", "x:y", (f"s{before}",), f"s{n}"))
    numbers = st.integers(0, count - 1)
    more = draw_one(
        st.lists(st.tuples(st.sets(numbers, min_size=1, max_size=6), st.none() | numbers, st.booleans()), max_size=15)
    )
    for n, (sources, target, internal) in enumerate(more):
        to = None if target is None else f"s{target}"
        before_it = tuple(f"s{one}" for one in sorted(sources))
        onward.append(Act(f"b{n}", draw_one(words), f"Do more {n}", "one", "x:y", before_it, to, internal=internal))
    return dataclasses.replace(SHIPPED[0], states=states, acts=tuple(onward))


def corners(thing: Box | Caption) -> Corners:
    """Left, top, right, bottom."""
    left, top = (
        (thing.x, thing.y) if isinstance(thing, Box) else (thing.x - thing.width / 2, thing.y - thing.height / 2)
    )
    return left, top, left + thing.width, top + thing.height


def apart(one: Corners, other: Corners) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def assert_sound(procedure: Procedure, drawn: Drawing) -> None:
    things = [*map(corners, drawn.boxes), *map(corners, drawn.captions)]
    assert all(apart(one, other) for one, other in combinations(things, 2))
    assert all(x >= 0 and y >= 0 and right <= drawn.width and low <= drawn.height for x, y, right, low in things)
    boxes = {box.state: corners(box) for box in drawn.boxes}
    assert set(boxes) == {None, *(state.id for state in procedure.states)}
    for arrow in drawn.arrows:
        assert touches(arrow.points[0], boxes[arrow.source])
        assert touches(arrow.points[-1], boxes[arrow.target])
        for state, box in boxes.items():
            assert state in {arrow.source, arrow.target} or not any(inside(one, box) for one in along(arrow.points))
    assert set(told(drawn)) == set(meant(procedure))


def touches(point: tuple[float, float], box: Corners) -> bool:
    """Whether the point lies on the upper or lower border; places are rounded to a tenth of a pixel."""
    x, y = point
    left, top, right, bottom = box
    return left - 0.1 <= x <= right + 0.1 and min(abs(y - top), abs(y - bottom)) <= 0.1


def inside(point: tuple[float, float], box: Corners) -> bool:
    left, top, right, bottom = box
    return left + 1 < point[0] < right - 1 and top + 1 < point[1] < bottom - 1


def along(points: tuple[tuple[float, float], ...]) -> Iterator[tuple[float, float]]:
    """Places on the line, close enough to one another that none jumps over a box."""
    for (x, y), (to_x, to_y) in pairwise(points):
        for part in range(21):
            yield x + (to_x - x) * part / 20, y + (to_y - y) * part / 20


def told(drawn: Drawing) -> Iterator[tuple[str, str | None, str | None]]:
    """Act, state before, state after, as drawn."""
    for arrow in drawn.arrows:
        yield from ((act, arrow.source, arrow.target) for act in arrow.acts)
    for box in drawn.boxes:
        yield from ((act, box.state, box.state) for act in box.loops)


def meant(procedure: Procedure) -> Iterator[tuple[str, str | None, str | None]]:
    """Act, state before, state after, as the file has them."""
    for act in procedure.acts:
        for state in act.from_states or (None,):
            yield act.id, state, act.to or state


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("procedure", SHIPPED, ids=lambda one: f"{one.id}@{one.in_force_from}")
def test_shipped_procedures_are_drawn_soundly(procedure: Procedure, language: str) -> None:
    drawn = draw(procedure, language=language)
    assert_sound(procedure, drawn)
    assert draw(procedure, language=language) == drawn


@settings(max_examples=60, deadline=None)
@given(procedure=procedures(), language=st.sampled_from(["zh", "en"]))
def test_any_procedure_is_drawn_soundly(procedure: Procedure, language: str) -> None:
    assert_sound(procedure, draw(procedure, language=language))


def test_the_way_runs_downwards_and_what_returns_runs_upwards() -> None:
    assistance = agreed_assistance()
    drawn = draw(assistance, language="zh")
    ends = {(arrow.acts, arrow.source): (arrow.points[0][1], arrow.points[-1][1]) for arrow in drawn.arrows}
    begins, arrives = ends[("issue",), "submitted"]
    assert begins < arrives
    begins, arrives = ends[("send_back",), "submitted"]
    assert begins > arrives
    assert {arrow.acts for arrow in drawn.arrows if arrow.internal} == {
        ("draft",),
        ("submit",),
        ("send_back",),
        ("submit_answer",),
        ("send_answer_back",),
    }


def test_lines_that_meet_share_their_last_part() -> None:
    drawn = draw(agreed_assistance(), language="zh")
    withdrawing = [arrow.points for arrow in drawn.arrows if arrow.acts == ("withdraw",)]
    assert len(withdrawing) == 5
    assert len({points[-2:] for points in withdrawing}) == 1


@pytest.mark.parametrize(
    ("text", "widest", "lines"),
    [
        ("已送达", 140, ("已送达",)),
        ("报请指定管辖待答复的案件", 140, ("报请指定管辖", "待答复的案件")),
        ("Awaiting signature", 140, ("Awaiting signature",)),
        ("Answer awaiting signature", 140, ("Answer awaiting", "signature")),
        ("Unbreakableverylongword", 30, ("Unbreakableverylongword",)),
        ("", 140, ("",)),
    ],
)
def test_words_are_broken_into_lines(text: str, widest: float, lines: tuple[str, ...]) -> None:
    assert wrap(text, 14, widest) == lines


def test_a_chinese_character_is_twice_as_wide_as_a_letter() -> None:
    assert text_width("协保", 10) == 20
    assert 10 < text_width("ab", 10) < 12
