"""The schematic map: organisations where they roughly lie, lines between them as wide as the work is much."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, hypot, pi, radians, sin, sqrt
from pathlib import Path

PLACES = Path(__file__).with_name("places.toml")
WIDTH, HEIGHT = 640.0, 420.0
MARGIN_X, MARGIN_Y = 70.0, 44.0
# The ring that a place stands on, and how far a line keeps from it.
RADIUS = 13.0
CLEARANCE = 19.0
BEND = 0.14
# A scheme, no survey: one direction may be drawn so much larger than the other to use the sheet.
STRETCH = 1.3
THINNEST, WIDEST = 1.5, 6.0
# Where little goes on nothing is drawn as wide as can be.
MUCH = 10
DECIMALS = 1


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the drawing, in its units, from the top left."""

    x: float
    y: float

    def rounded(self) -> Point:
        """As it is written into the drawing."""
        return Point(round(self.x, DECIMALS), round(self.y, DECIMALS))


@cache
def known_places() -> Mapping[str, tuple[float, float]]:
    """Longitude and latitude by code."""
    found = tomllib.loads(PLACES.read_text(encoding="utf-8"))
    return {code: (float(east), float(north)) for code, (east, north) in found.items()}


def laid_out(codes: Sequence[str], places: Mapping[str, tuple[float, float]]) -> dict[str, Point]:
    """Where each code stands on the drawing: as on a map when all places are known, else in a ring."""
    if len(codes) < 2 or any(code not in places for code in codes):  # noqa: PLR2004  one place fills no map
        return _ring(codes)
    middle = radians(sum(places[code][1] for code in codes) / len(codes))
    flat = {code: (places[code][0] * cos(middle), -places[code][1]) for code in codes}
    left, right = min(x for x, _ in flat.values()), max(x for x, _ in flat.values())
    top, bottom = min(y for _, y in flat.values()), max(y for _, y in flat.values())
    across, down = WIDTH - 2 * MARGIN_X, HEIGHT - 2 * MARGIN_Y
    wide, high = across / (right - left or 1), down / (bottom - top or 1)
    wide, high = min(wide, high * STRETCH), min(high, wide * STRETCH)
    aside, below = (across - (right - left) * wide) / 2, (down - (bottom - top) * high) / 2
    return {
        code: Point(MARGIN_X + aside + (x - left) * wide, MARGIN_Y + below + (y - top) * high).rounded()
        for code, (x, y) in flat.items()
    }


def _ring(codes: Sequence[str]) -> dict[str, Point]:
    turns = [2 * pi * n / max(len(codes), 1) - pi / 2 for n in range(len(codes))]
    return {
        code: Point(
            WIDTH / 2 + cos(turn) * (WIDTH / 2 - MARGIN_X), HEIGHT / 2 + sin(turn) * (HEIGHT / 2 - MARGIN_Y)
        ).rounded()
        for code, turn in zip(codes, turns, strict=True)
    }


def line(start: Point, end: Point) -> str:
    """The path of a line that bends to its right, so that there and back lie side by side; empty when too near."""
    across, down = end.x - start.x, end.y - start.y
    length = hypot(across, down)
    if length <= 2 * CLEARANCE:
        return ""
    bent = Point((start.x + end.x) / 2 - down * BEND, (start.y + end.y) / 2 + across * BEND)
    first, last = _towards(start, bent), _towards(end, bent)
    return (
        f"M{first.x:.{DECIMALS}f} {first.y:.{DECIMALS}f}"
        f"Q{bent.x:.{DECIMALS}f} {bent.y:.{DECIMALS}f} {last.x:.{DECIMALS}f} {last.y:.{DECIMALS}f}"
    )


def _towards(place: Point, aim: Point) -> Point:
    length = hypot(aim.x - place.x, aim.y - place.y)
    return Point(place.x + (aim.x - place.x) / length * CLEARANCE, place.y + (aim.y - place.y) / length * CLEARANCE)


def width_of(count: int, most: int) -> float:
    """How wide a line is drawn for ``count`` where the busiest has ``most``; the area grows with the number."""
    share = sqrt(count / max(most, MUCH))
    return round(THINNEST + (WIDEST - THINNEST) * min(share, 1.0), DECIMALS)
