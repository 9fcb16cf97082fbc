"""The diagram of a procedure: where its states, acts and arrows stand. Numbers only, in pixels; a page draws them.

The sheet grows downwards from the beginning. An act that leads from several states to one is drawn once and its lines
join. Acts that leave the state as it is stand in the box of their state.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from concord.rules.errors import Said
from concord.rules.procedure.layering import Lane, Layout, Spot, Way, lay_out
from concord.rules.procedure.model import Act, Procedure, State

MARGIN = 16.0
TITLE_SIZE, SMALL_SIZE = 14.0, 12.0
TITLE_LINE, SMALL_LINE = 20.0, 17.0
BOX_PADDING_X, BOX_PADDING_Y = 14.0, 9.0
START_SIZE = 14.0
LEAST_GAP, MOST_GAP, SLOPE = 16.0, 58.0, 0.2
PORT_GAP, PORT_MARGIN = 12.0, 12.0
# Half of an em, which is what most Latin letters keep within.
LATIN_EM = 0.55
LOOP_SIGN = "· "
MOST_LOOPS_NAMED = 4
# Where a line must not end, and where it must not begin.
OPENING, CLOSING = frozenset("（“《"), frozenset("、，）”》")

Point = tuple[float, float]
# None is the beginning, where no state is yet.
Name = str | None


@dataclass(frozen=True, slots=True)
class Box:
    """One state, or the beginning (``state`` None): its upper left corner, its size, its words line by line.

    ``loops`` are the acts that leave the state as it is; ``notes`` are the lines that say so.
    """

    state: str | None
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    loops: tuple[str, ...]
    initial: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """What leads from one state (None: the beginning) to another; ``points`` run from border to border."""

    acts: tuple[str, ...]
    source: str | None
    target: str
    points: tuple[Point, ...]
    internal: bool


@dataclass(frozen=True, slots=True)
class Caption:
    """The words of an arrow, or of several that share them, around their middle."""

    acts: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    internal: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything on the sheet, and its size."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    captions: tuple[Caption, ...]


@dataclass(frozen=True, slots=True)
class _Room:
    """How wide words may run before they are broken, and how narrow a box may be."""

    title: float
    caption: float
    box: float


ROOMY, NARROW = _Room(title=150, caption=150, box=92), _Room(title=116, caption=76, box=80)
# A sheet that comes out wider than this is laid out again with narrower words.
WIDE = 800


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Acts that lead from the same states to the same one."""

    acts: tuple[Act, ...]
    sources: tuple[Name, ...]
    target: str
    lines: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(act.id for act in self.acts)

    @property
    def internal(self) -> bool:
        return self.acts[0].internal

    @property
    def width(self) -> float:
        return max(text_width(line, SMALL_SIZE) for line in self.lines) + 8

    @property
    def height(self) -> float:
        return len(self.lines) * SMALL_LINE


def draw(procedure: Procedure, *, language: str) -> Drawing:
    """The diagram with its words in ``language`` (``zh`` or ``en``); the same for the same procedure."""
    drawing = _drawn(procedure, language, ROOMY)
    return _drawn(procedure, language, NARROW) if drawing.width > WIDE else drawing


def _drawn(procedure: Procedure, language: str, room: _Room) -> Drawing:
    boxes = {state.id: _box(procedure, state, language, room) for state in procedure.states}
    bundles = _bundles(procedure, language, room)
    widths: dict[Name, float] = {None: START_SIZE} | {name: box.width for name, box in boxes.items()}
    ways = [Way(bundle.sources, bundle.target, bundle.width) for bundle in bundles]
    return _Sheet(boxes, bundles, lay_out(widths, ways, first=None)).drawing()


def text_width(text: str, size: float) -> float:
    """About how wide ``text`` is at a font size: a Chinese character is a square, a Latin one about half of it."""
    wide = sum(unicodedata.east_asian_width(char) in "WFA" for char in text)
    return (wide + (len(text) - wide) * LATIN_EM) * size


def wrap(text: str, size: float, widest: float) -> tuple[str, ...]:
    """``text`` on as few lines as it needs: Latin between words, Chinese anywhere, lines about equally long."""
    pieces = list(_pieces(text))
    lines = _filled(pieces, size, widest)
    while len(lines) > 1 and widest > size:
        widest -= size / 2
        narrower = _filled(pieces, size, widest)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return tuple(lines)


def _filled(pieces: Sequence[str], size: float, widest: float) -> list[str]:
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width((lines[-1] + piece).rstrip(), size) > widest:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _pieces(text: str) -> Iterator[str]:
    """What a line may not be broken in: a Chinese character with its brackets, a Latin word with its space."""
    piece = ""
    for at, char in enumerate(text):
        piece += char
        following = text[at + 1 : at + 2]
        wide = unicodedata.east_asian_width(char) in "WF" and char not in OPENING and following not in CLOSING
        if (char == " " or wide or not following) and piece != LOOP_SIGN:
            yield piece
            piece = ""


def _words(rule: Act | State, language: str) -> str:
    return Said(rule.zh, rule.en).in_language(language)


def _box(procedure: Procedure, state: State, language: str, room: _Room) -> Box:
    loops = tuple(act for act in procedure.acts if _is_loop(act, state.id))
    lines = wrap(_words(state, language), TITLE_SIZE, room.title)
    notes = _notes(loops, language, room)
    widest = max(*(text_width(line, TITLE_SIZE) for line in lines), *(text_width(one, SMALL_SIZE) for one in notes), 0)
    return Box(
        state=state.id,
        x=0,
        y=0,
        width=max(room.box, widest + 2 * BOX_PADDING_X),
        height=len(lines) * TITLE_LINE + len(notes) * SMALL_LINE + 2 * BOX_PADDING_Y,
        lines=lines,
        notes=notes,
        loops=tuple(act.id for act in loops),
        initial=any(act.initial and act.to == state.id for act in procedure.acts),
        final=state.final,
    )


def _notes(loops: Sequence[Act], language: str, room: _Room) -> tuple[str, ...]:
    """The acts that stay in a state, by name, or their number where the names would fill the sheet."""
    if len(loops) > MOST_LOOPS_NAMED:
        counted = Said(f"{len(loops)}项不改变状态的行为", f"{len(loops)} acts that stay here")
        return wrap(LOOP_SIGN + counted.in_language(language), SMALL_SIZE, room.title)
    return tuple(line for act in loops for line in wrap(LOOP_SIGN + _words(act, language), SMALL_SIZE, room.title))


def _is_loop(act: Act, state: str) -> bool:
    return state in act.from_states and act.to in {None, state}


def _bundles(procedure: Procedure, language: str, room: _Room) -> list[_Bundle]:
    """Acts with the same states before and after are drawn as one; each stands where the file has its first act."""
    joined: dict[tuple[tuple[Name, ...], str, bool], list[Act]] = {}
    for act in procedure.acts:
        if act.to is None:
            continue
        sources: tuple[Name, ...] = (
            tuple(one for one in act.from_states if one != act.to) if act.from_states else (None,)
        )
        if sources:
            joined.setdefault((sources, act.to, act.internal), []).append(act)
    return [
        _Bundle(
            tuple(acts),
            sources,
            target,
            tuple(line for act in acts for line in wrap(_words(act, language), SMALL_SIZE, room.caption)),
        )
        for (sources, target, _internal), acts in joined.items()
    ]


class _Sheet:
    """Turns rows and middles into corners, borders and lines."""

    def __init__(self, boxes: Mapping[str, Box], bundles: Sequence[_Bundle], layout: Layout[Name]) -> None:
        self.boxes = boxes
        self.bundles = bundles
        self.layout = layout
        self.of_spot = {id(spot): name for name, spot in layout.boxes.items()}
        self.tops, self.heights = self._rows()
        self.ports = self._ports()

    def drawing(self) -> Drawing:
        """Everything moved to its place."""
        boxes = tuple(self._placed(name, spot) for name, spot in self.layout.boxes.items())
        arrows = tuple(self._arrow(lane, source) for lane in self.layout.lanes for source in lane.sources)
        captions = tuple(self._caption(lane) for lane in self.layout.lanes)
        right = max(
            *(box.x + box.width for box in boxes),
            *(caption.x + caption.width / 2 for caption in captions),
            *(x for arrow in arrows for x, _y in arrow.points),
        )
        last = len(self.tops) - 1
        height = self.tops[last] + self.heights[last] + MARGIN
        return Drawing(round(right + MARGIN, 1), round(height, 1), boxes, arrows, captions)

    def _height(self, spot: Spot) -> float:
        if id(spot) in self.of_spot:
            name = self.of_spot[id(spot)]
            return START_SIZE if name is None else self.boxes[name].height
        return 0.0 if spot.bend else self.bundles[self.layout.lanes[spot.lane or 0].way].height

    def _rows(self) -> tuple[list[float], list[float]]:
        """The top of every row and its height; steeper lines need less room between rows."""
        heights = [max((self._height(spot) for spot in row), default=0.0) for row in self.layout.rows]
        tops, at = [], MARGIN
        for number, row in enumerate(self.layout.rows):
            tops.append(at)
            aside = max((abs(spot.x - below.x) for spot in row for below in spot.below), default=0.0)
            at += heights[number] + min(max(aside * SLOPE, LEAST_GAP), MOST_GAP)
        return tops, heights

    def _ports(self) -> dict[tuple[int, int], float]:
        """Where on the border of a box (first) the line to its neighbour (second) begins or ends."""
        found: dict[tuple[int, int], float] = {}
        for spot in self.layout.boxes.values():
            reach = max(spot.width / 2 - PORT_MARGIN, 0)
            for neighbours in (spot.above, spot.below):
                ordered = sorted(neighbours, key=lambda one: one.x)
                gap = min(PORT_GAP, 2 * reach / max(len(ordered) - 1, 1))
                wanted = [min(max(one.x, spot.x - reach), spot.x + reach) for one in ordered]
                for at in range(1, len(wanted)):
                    wanted[at] = max(wanted[at], wanted[at - 1] + gap)
                for at in range(len(wanted) - 1, -1, -1):
                    limit = spot.x + reach if at == len(wanted) - 1 else wanted[at + 1] - gap
                    wanted[at] = min(wanted[at], limit)
                found |= {(id(spot), id(one)): x for one, x in zip(ordered, wanted, strict=True)}
        return found

    def _placed(self, name: Name, spot: Spot) -> Box:
        own = Box(name, 0, 0, START_SIZE, START_SIZE, (), (), (), initial=False, final=False)
        if name is not None:
            own = self.boxes[name]
        middle = sum(self._edges(spot)) / 2
        return Box(
            own.state,
            round(spot.x - own.width / 2 + MARGIN, 1),
            round(middle - own.height / 2, 1),
            own.width,
            own.height,
            own.lines,
            own.notes,
            own.loops,
            own.initial,
            own.final,
        )

    def _arrow(self, lane: Lane[Name], source: Name) -> Arrow:
        bundle = self.bundles[lane.way]
        start, end = self.layout.boxes[source], self.layout.boxes[bundle.target]
        passed = lane.passed(start)
        points = self._leaving(start, passed[0], below=lane.down)
        for spot in passed:
            top, bottom = self._edges(spot)
            points += [(spot.x, y) for y in ((top, bottom) if lane.down else (bottom, top))]
        points += reversed(self._leaving(end, passed[-1], below=not lane.down))
        moved = [(round(x + MARGIN, 1), round(y, 1)) for x, y in points]
        return Arrow(bundle.ids, source, bundle.target, tuple(_without_repetition(moved)), bundle.internal)

    def _leaving(self, spot: Spot, towards: Spot, *, below: bool) -> list[Point]:
        """From the border of a box straight to the edge of its row, where taller neighbours end too."""
        top, bottom = self._edges(spot)
        half = self._height(spot) / 2
        x, middle = self.ports[id(spot), id(towards)], (top + bottom) / 2
        return [(x, middle + half), (x, bottom)] if below else [(x, middle - half), (x, top)]

    def _edges(self, spot: Spot) -> tuple[float, float]:
        """The top and the bottom of the row in which ``spot`` stands."""
        top = self.tops[spot.row]
        return top, top + self.heights[spot.row]

    def _caption(self, lane: Lane[Name]) -> Caption:
        bundle, spot = self.bundles[lane.way], lane.spots[0]
        middle = sum(self._edges(spot)) / 2
        x, y = round(spot.x + MARGIN, 1), round(middle, 1)
        return Caption(bundle.ids, x, y, bundle.width, bundle.height, bundle.lines, bundle.internal)


def _without_repetition(points: Sequence[Point]) -> Iterator[Point]:
    """Leave out points on the straight line between their neighbours that run straight up or down."""
    kept = [points[0]]
    for (x, y), (following, _) in pairwise(points[1:]):
        if not x == kept[-1][0] == following and (x, y) != kept[-1]:
            kept.append((x, y))
    yield from [*kept, points[-1]]
