"""Finding text by its parts: what is kept of a text, what is asked of it, and where in it a question is answered.

Chinese knows no spaces, so a run of Chinese characters is kept as its overlapping pairs, and a run of other letters and
digits as its overlapping fives: any part of a name, number or code is then a row of neighbouring tokens. Width and
case do not matter; whatever is neither letter nor digit only parts the runs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

PAIR, FIVE = 2, 5
# Stands between two texts, so that nothing is found across their border; no question holds it.
BREAK = "¦"
SHORTEST_QUESTION = 2
LONGEST_QUESTION = 100
MOST_PHRASES = 8
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))

# A piece of a text, and whether the question is answered by it.
Piece: TypeAlias = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that must stand next to each other; of the last one only the beginning, when ``open``."""

    tokens: tuple[str, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Letters and digits without anything between, folded; ``places`` are where each came from."""

    text: str
    places: tuple[int, ...]
    size: int

    def tokens(self) -> list[str]:
        return [self.text[at : at + self.size] for at in range(len(self.text))]


def tokens(texts: Iterable[str], *, most: int) -> list[str]:
    """The tokens of several texts one after another, parted by ``BREAK``; no more than ``most``."""
    found: list[str] = []
    for text in texts:
        if found and found[-1] != BREAK:
            found.append(BREAK)
        for run in _runs(text):
            found += run.tokens()
        if len(found) >= most:
            break
    return found[:most]


def phrases(question: str) -> tuple[Phrase, ...]:
    """What a question asks for: each part between spaces, all of which must be found; empty when it is too short.

    Fewer than ``SHORTEST_QUESTION`` letters and digits are too short; of a long question the beginning counts.
    """
    parts = [list(_runs(part)) for part in question[:LONGEST_QUESTION].split()]
    if sum(len(run.text) for runs in parts for run in runs) < SHORTEST_QUESTION:
        return ()
    return tuple(_phrase(runs) for runs in parts if runs)[:MOST_PHRASES]


def spans(text: str, question: str) -> tuple[tuple[int, int], ...]:
    """Where in ``text`` the phrases of the question stand, as [from, until), in order and without overlap."""
    runs = list(_runs(text))
    kept = [token for run in runs for token in run.tokens()]
    places = [place for run in runs for place in run.places]
    found: list[tuple[int, int]] = []
    for part, phrase in zip(_parts(question), phrases(question), strict=False):
        long = len(phrase.tokens)
        standing = (at for at in range(len(kept) - long + 1) if _stands(phrase, kept[at : at + long]))
        found += [(places[at], places[at + part - 1] + 1) for at in standing]
    return tuple(_joined(sorted(found)))


def excerpt(text: str, question: str, *, width: int) -> tuple[Piece, ...]:
    """About ``width`` characters of ``text`` around the first answer, cut into pieces; empty when there is none."""
    found = spans(text, question)
    if not found:
        return ()
    start = max(0, min(found[0][0] - width // 4, len(text) - width))
    end = max(start + width, found[0][1])
    within = [(a, min(b, end)) for a, b in found if a < end]
    pieces = [("…", False)] if start else []
    at = start
    for a, b in within:
        pieces += [(text[at:a], False), (text[a:b], True)]
        at = b
    pieces.append((text[at:end], False))
    if end < len(text):
        pieces.append(("…", False))
    return tuple((piece, hit) for piece, hit in pieces if piece)


def _phrase(runs: Sequence[_Run]) -> Phrase:
    """Runs inside the question end where they end; the last one may go on in the text."""
    *closed, last = runs
    whole = len(last.text) >= last.size
    ending = last.tokens()[: len(last.text) - last.size + 1] if whole else [last.text]
    return Phrase(tokens=(*(token for run in closed for token in run.tokens()), *ending), open=not whole)


def _parts(question: str) -> list[int]:
    """How many letters and digits each phrase of the question has."""
    lengths = [sum(len(run.text) for run in _runs(part)) for part in question[:LONGEST_QUESTION].split()]
    return [length for length in lengths if length]


def _stands(phrase: Phrase, kept: Sequence[str]) -> bool:
    *firm, last = phrase.tokens
    return kept[:-1] == firm and (kept[-1].startswith(last) if phrase.open else kept[-1] == last)


def _joined(found: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order, those that touch made one."""
    held: tuple[int, int] | None = None
    for start, end in found:
        if held is None:
            held = (start, end)
        elif start <= held[1]:
            held = (held[0], max(held[1], end))
        else:
            yield held
            held = (start, end)
    if held is not None:
        yield held


def _runs(text: str) -> Iterator[_Run]:
    folded = [
        (letter, place)
        for place, written in enumerate(text)
        for letter in unicodedata.normalize("NFKC", written).casefold()
    ]
    for size, group in groupby(folded, key=lambda one: _size(one[0])):
        if size:
            letters = list(group)
            yield _Run("".join(letter for letter, _ in letters), tuple(place for _, place in letters), size)


def _size(letter: str) -> int:
    """How many characters a token that begins with this one has; 0 for what only parts runs."""
    if not letter.isalnum():
        return 0
    return PAIR if any(first <= ord(letter) <= last for first, last in _HAN) else FIVE
