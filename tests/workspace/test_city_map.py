"""The schematic map: places apart and inside the sheet, lines from ring to ring, widths that follow the numbers."""

from __future__ import annotations

import re
from itertools import combinations
from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.entrypoints.workspace import city_map
from concord.entrypoints.workspace.city_map import HEIGHT, MUCH, RADIUS, WIDEST, WIDTH, Point, laid_out, line, width_of
from concord.foundation.organisations.models import Kind, Organisation
from tests.support.worlds import World

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_every_member_has_a_place_and_they_lie_as_on_a_map(world: World) -> None:
    assert world.places
    codes = list(Organisation.objects.filter(kind=Kind.MEMBER).values_list("code", flat=True))
    places = city_map.known_places()
    assert set(codes) <= set(places)
    laid = laid_out(codes, places)
    for one, other in combinations(codes, 2):
        assert hypot(laid[one].x - laid[other].x, laid[one].y - laid[other].y) > 4 * RADIUS
        if places[one][0] < places[other][0]:
            assert laid[one].x <= laid[other].x
        if places[one][1] < places[other][1]:
            assert laid[one].y >= laid[other].y


@given(st.lists(st.tuples(st.floats(73, 135), st.floats(18, 54)), min_size=2, max_size=20))
def test_known_places_stay_on_the_sheet(places: list[tuple[float, float]]) -> None:
    known = {str(n): place for n, place in enumerate(places)}
    for point in laid_out(list(known), known).values():
        assert 0 <= point.x <= WIDTH
        assert 0 <= point.y <= HEIGHT


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_places_that_nobody_has_surveyed_stand_in_a_ring(count: int) -> None:
    laid = laid_out([f"T{n}" for n in range(count)], {"T0": (120.0, 30.0)})
    assert len(set(laid.values())) == count
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in laid.values())


def test_there_and_back_are_two_lines_that_leave_the_rings_free() -> None:
    left, right = Point(100, 100), Point(300, 100)
    there, back = line(left, right), line(right, left)
    assert there != back
    first_x, first_y, _bent_x, bent_y, last_x, _last_y = (float(text) for text in NUMBER.findall(there))
    assert hypot(first_x - left.x, first_y - left.y) > RADIUS
    assert last_x < right.x - RADIUS
    assert bent_y > left.y
    assert float(NUMBER.findall(back)[3]) < left.y


def test_places_too_near_for_a_line_have_none() -> None:
    assert line(Point(10, 10), Point(12, 10)) == ""


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_more_work_is_never_drawn_thinner(one: int, other: int) -> None:
    most = max(one, other)
    assert width_of(min(one, other), most) <= width_of(most, most) <= WIDEST
    assert width_of(max(most, MUCH), most) == WIDEST
