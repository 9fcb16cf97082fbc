"""A layered layout: what stands in which row, in which order, and where; numbers only.

Boxes stand in even rows, by the longest way from the beginning. Between two rows of boxes lies a row of captions. What
leads to one box by one word is a lane: its caption stands next to that box, and it has a bend in every row it passes,
so that no line runs through a box.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)

SWEEPS = 12
# A caption or a bend needs less room beside it than a box.
BOX_GAP, LINE_GAP = 26.0, 15.0
STRAIGHT, LOOSE = 8.0, 1.0


@dataclass
class Spot:
    """A box, a caption or a bend: its row, its width, and after the layout its middle ``x``."""

    row: int
    width: float
    lane: int | None = None
    x: float = 0.0
    above: list[Spot] = field(default_factory=list, repr=False)
    below: list[Spot] = field(default_factory=list, repr=False)

    @property
    def bend(self) -> bool:
        """Whether it is only a place that a line passes."""
        return self.width == 0

    def weight_of(self, other: Spot) -> float:
        """How much it matters that the two stand above one another."""
        return STRAIGHT if self.lane is not None and self.lane == other.lane else LOOSE


@dataclass(frozen=True)
class Way(Generic[T]):
    """What leads from each of ``sources`` to ``target`` by one word, whose caption is ``width`` wide."""

    sources: tuple[T, ...]
    target: T
    width: float


@dataclass(frozen=True)
class Lane(Generic[T]):
    """The part of a way (by its number) that leads down, or up: its spots from the caption outwards, its sources."""

    way: int
    down: bool
    sources: tuple[T, ...]
    spots: tuple[Spot, ...]

    def passed(self, spot: Spot) -> tuple[Spot, ...]:
        """The spots on the way of a source that stands at ``spot``, the nearest to it first."""
        inside = [one for one in self.spots if (one.row > spot.row if self.down else one.row < spot.row)]
        return tuple(reversed(inside))


@dataclass(frozen=True)
class Layout(Generic[T]):
    """The rows from above, each from left to right; the spot of every box; the lanes."""

    rows: tuple[tuple[Spot, ...], ...]
    boxes: Mapping[T, Spot]
    lanes: tuple[Lane[T], ...]


def lay_out(widths: Mapping[T, float], ways: Sequence[Way[T]], *, first: T) -> Layout[T]:
    """Rows, order and places of the boxes in ``widths`` and of the ways between them; ``first`` stands on top."""
    ranks = ranks_of(list(widths), ways, first=first)
    boxes = {name: Spot(row=2 * ranks[name], width=width) for name, width in widths.items()}
    lanes: list[Lane[T]] = []
    for number, way in enumerate(ways):
        for down in (True, False):
            sources = tuple(one for one in way.sources if (ranks[one] < ranks[way.target]) == down)
            if sources:
                lanes.append(_lane(number, way, sources, down=down, boxes=boxes, number=len(lanes)))
    rows = _rows([*boxes.values(), *(spot for lane in lanes for spot in lane.spots)])
    _order(rows)
    _place(rows)
    _straighten(rows, lanes)
    _move_to_origin(rows)
    return Layout(tuple(map(tuple, rows)), boxes, tuple(lanes))


def ranks_of(names: Sequence[T], ways: Sequence[Way[T]], *, first: T) -> dict[T, int]:
    """The length of the longest way from ``first`` to each name, ways back left out."""
    onward: dict[T, list[T]] = {name: [] for name in names}
    for way in ways:
        for source in way.sources:
            onward[source].append(way.target)
    ended: list[T] = []
    _follow(first, onward, entered=set(), ended=ended)
    for name in names:
        _follow(name, onward, entered=set(ended), ended=ended)
    place = {name: at for at, name in enumerate(reversed(ended))}
    ranks = dict.fromkeys(names, 0)
    for name in sorted(names, key=place.__getitem__):
        for target in onward[name]:
            if place[target] > place[name]:
                ranks[target] = max(ranks[target], ranks[name] + 1)
    return ranks


def _follow(name: T, onward: Mapping[T, Iterable[T]], *, entered: set[T], ended: list[T]) -> None:
    """Depth first; a name ends when everything that follows it has ended, but for ways back."""
    if name in entered:
        return
    entered.add(name)
    for target in onward[name]:
        _follow(target, onward, entered=entered, ended=ended)
    ended.append(name)


def _lane(
    way_number: int, way: Way[T], sources: tuple[T, ...], *, down: bool, boxes: Mapping[T, Spot], number: int
) -> Lane[T]:
    end, step = boxes[way.target], -1 if down else 1
    reach = [boxes[one].row for one in sources]
    farthest = min(reach) if down else max(reach)
    spots = [
        Spot(row=row, width=way.width if row == end.row + step else 0, lane=number)
        for row in range(end.row + step, farthest, step)
    ]
    chain = [end, *spots]
    for one, next_one in itertools.pairwise(chain):
        _join(one, next_one)
    at_row = {spot.row: spot for spot in spots}
    for source in sources:
        _join(boxes[source], at_row[boxes[source].row - step])
    return Lane(way_number, down, sources, tuple(spots))


def _join(one: Spot, other: Spot) -> None:
    upper, lower = (one, other) if one.row < other.row else (other, one)
    upper.below.append(lower)
    lower.above.append(upper)


def _rows(spots: Iterable[Spot]) -> list[list[Spot]]:
    rows: dict[int, list[Spot]] = {}
    for spot in spots:
        rows.setdefault(spot.row, []).append(spot)
    return [rows.get(row, []) for row in range(max(rows) + 1)]


def _order(rows: list[list[Spot]]) -> None:
    """Fewest crossings that a few sweeps of barycentres and swaps of neighbours find; always the same."""
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(2 * SWEEPS):
        upwards = sweep % 2 == 1
        for row in reversed(rows) if upwards else rows:
            fixed = _positions(rows)

            def centre(spot: Spot, *, fixed: Mapping[int, float] = fixed, upwards: bool = upwards) -> float:
                known = (spot.below if upwards else spot.above) or (spot.above if upwards else spot.below)
                return sum(fixed[id(one)] for one in known) / len(known) if known else fixed[id(spot)]

            row.sort(key=centre)
        _swap(rows)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _positions(rows: Iterable[Sequence[Spot]]) -> dict[int, float]:
    return {id(spot): (at + 0.5) / len(row) for row in rows for at, spot in enumerate(row)}


def _swap(rows: Sequence[list[Spot]]) -> None:
    place = {id(spot): at for row in rows for at, spot in enumerate(row)}
    for row in rows:
        for at in range(len(row) - 1):
            one, other = row[at], row[at + 1]
            if _crossed(other, one, place) < _crossed(one, other, place):
                row[at], row[at + 1] = other, one
                place[id(one)], place[id(other)] = at + 1, at


def _crossed(left: Spot, right: Spot, place: Mapping[int, int]) -> int:
    """How often the lines of two neighbours cross if they stand in this order."""
    return sum(
        place[id(of_left)] > place[id(of_right)]
        for ours, theirs in ((left.above, right.above), (left.below, right.below))
        for of_left in ours
        for of_right in theirs
    )


def _crossings(rows: Sequence[Sequence[Spot]]) -> int:
    total = 0
    for row, following in itertools.pairwise(rows):
        place = {id(spot): at for at, spot in enumerate(following)}
        ends = [place[id(below)] for spot in row for below in sorted(spot.below, key=lambda one: place[id(one)])]
        total += sum(one > other for at, one in enumerate(ends) for other in ends[at + 1 :])
    return total


def _gap(left: Spot, right: Spot) -> float:
    """How far apart the middles of two neighbours must be."""
    return (left.width + right.width) / 2 + (LINE_GAP if left.lane is not None or right.lane is not None else BOX_GAP)


def _place(rows: Sequence[Sequence[Spot]]) -> None:
    for row in rows:
        for left, right in itertools.pairwise(row):
            right.x = left.x + _gap(left, right)
    for sweep in range(4 * SWEEPS):
        for row in reversed(rows) if sweep % 2 else rows:
            known = [_neighbours(spot, sweep) for spot in row]
            wanted = [
                sum(one.x * spot.weight_of(one) for one in near) / sum(map(spot.weight_of, near)) if near else spot.x
                for spot, near in zip(row, known, strict=True)
            ]
            weights = [sum(map(spot.weight_of, near)) or LOOSE for spot, near in zip(row, known, strict=True)]
            _settle(row, wanted, weights)


def _neighbours(spot: Spot, sweep: int) -> list[Spot]:
    """First only those behind, so that rows fall in line; later both sides, so that they settle between."""
    if sweep < 2 * SWEEPS:
        return spot.below if sweep % 2 else spot.above
    return [*spot.above, *spot.below]


def _settle(row: Sequence[Spot], wanted: Sequence[float], weights: Sequence[float]) -> None:
    """The places nearest to those wanted that keep order and gaps: pooled neighbours share their mean."""
    offsets, offset = [], 0.0
    for at, spot in enumerate(row):
        offset += _gap(row[at - 1], spot) if at else 0.0
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, total, count = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            before, its, many = pools.pop()
            mean, total, count = (before * its + mean * total) / (its + total), its + total, many + count
        pools.append((mean, total, count))
    means = [mean for mean, _total, count in pools for _ in range(count)]
    for spot, mean, offset in zip(row, means, offsets, strict=True):
        spot.x = mean + offset


def _straighten(rows: Sequence[Sequence[Spot]], lanes: Iterable[Lane[T]]) -> None:
    """Let the spots of a lane stand exactly above one another wherever their neighbours leave room."""
    beside = {
        id(spot): (row[at - 1] if at else None, row[at + 1] if at + 1 < len(row) else None)
        for row in rows
        for at, spot in enumerate(row)
    }
    for lane in lanes:
        for run, low, high in _runs(lane.spots, beside):
            middle = min(max(sum(spot.x for spot in run) / len(run), low), high)
            for spot in run:
                spot.x = middle


def _runs(
    spots: Iterable[Spot], beside: Mapping[int, tuple[Spot | None, Spot | None]]
) -> Iterator[tuple[list[Spot], float, float]]:
    """The spots in runs that have room in common, with that room."""
    run: list[Spot] = []
    low, high = float("-inf"), float("inf")
    for spot in spots:
        left, right = beside[id(spot)]
        from_x = left.x + _gap(left, spot) if left else float("-inf")
        to_x = right.x - _gap(spot, right) if right else float("inf")
        if run and max(low, from_x) > min(high, to_x):
            yield run, low, high
            run, low, high = [], float("-inf"), float("inf")
        run.append(spot)
        low, high = max(low, from_x), min(high, to_x)
    if run:
        yield run, low, high


def _move_to_origin(rows: Sequence[Sequence[Spot]]) -> None:
    left = min(spot.x - spot.width / 2 for row in rows for spot in row)
    for row in rows:
        for spot in row:
            spot.x -= left
