"""Interleaved rounds, medians, tables.

A shared machine swings by a factor of two between minutes, so the things compared are run turn by turn, the first
round is dropped, and what counts is the ratio of medians inside one run.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

ROUNDS = 5
MILLISECOND = 1e-3
MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of every run that counts."""

    all: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the runs took no longer."""
        return statistics.median(self.all)

    @property
    def p95(self) -> float:
        """Nineteen of twenty runs took no longer."""
        return sorted(self.all)[max(0, -(-len(self.all) * 95 // 100) - 1)]


@dataclass(frozen=True, slots=True)
class Table:
    """One result: a heading, the columns, the rows, and what must be said about them."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """The table as people read it in the reference."""
        lines = [f"### {self.title}", "", f"| {' | '.join(self.columns)} |", f"|{'---|' * len(self.columns)}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)]) + "\n"


def once(run: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """The seconds of one run, by the ``clock`` on the wall or by that of the processor (``time.process_time``)."""
    begun = clock()
    run()
    return clock() - begun


def interleaved(
    runs: Mapping[str, Callable[[], object]],
    *,
    repeats: int = 1,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, Times]:
    """Run everything in turn, ``repeats`` times per round; the first of ``rounds`` + 1 rounds only warms up."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            with undisturbed():
                times = [once(run, clock) for _ in range(repeats)]
            if number:
                found[name] += times
    return {name: Times(tuple(times)) for name, times in found.items()}


@contextmanager
def undisturbed() -> Iterator[None]:
    """Collect garbage before, not during, what is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def milliseconds(seconds: float) -> str:
    """As ``12.3 ms``."""
    return f"{seconds / MILLISECOND:.3g} ms"


def microseconds(seconds: float) -> str:
    """As ``12.3 µs``."""
    return f"{seconds / MICROSECOND:.3g} µs"


def ratio(one: float, other: float) -> str:
    """How many times ``other`` is contained in ``one``."""
    return f"{one / other:.2f}" if other else "-"
