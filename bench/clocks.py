"""What a due date costs: beside chinesecalendar counting the same days, and beside a bare loop."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

from bench.measuring import Table, interleaved, microseconds, ratio
from concord.charters import folder
from concord.rules.calendar import Calendar, calendar_from
from concord.rules.clocks import due, parse_limit
from concord.rules.counting import corresponding
from concord.rules.limits import Limit, Unit

STARTS = 400
FIRST = date(2019, 1, 2)
# The last start whose longest period still ends inside the years that every side knows.
DAYS = (date(2026, 8, 1) - FIRST).days
ONE_DAY = timedelta(days=1)
Works = Callable[[date], bool]


def run(_home: Path, _kept: Path) -> list[Table]:
    """One table: per limit the explained date, the date alone, the peer, the loop."""
    calendar = calendar_from(folder.read(folder.shipped(), "cn"))
    chance = random.Random(20260206)  # noqa: S311  the same starts every time
    starts = [FIRST + timedelta(days=chance.randrange(DAYS)) for _ in range(STARTS)]
    rows = [_row(text, calendar, starts) for text in ("15WD", "90CD", "3M")]
    columns = [
        "limit",
        "`due()` with its explanation",
        "the three dates alone",
        "chinesecalendar",
        "bare loop over a set",
        "explained : alone",
        "explained : peer",
        "alone : loop",
    ]
    note = (
        f"Per date, medians over {STARTS} starts from 2019 to 2026. All four count nominal end, roll forward and roll "
        "back; their dates are compared before anything is timed."
    )
    return [Table("Clocks", columns, rows, [note])]


def _row(text: str, calendar: Calendar, starts: list[date]) -> list[str]:
    limit = parse_limit(text)
    worked = {FIRST + timedelta(days=n) for n in range(-60, DAYS + 250) if calendar.is_working(FIRST + n * ONE_DAY)}
    ways: dict[str, Works] = {
        "alone": calendar.is_working,
        "peer": chinese_calendar.is_workday,
        "loop": worked.__contains__,
    }
    for start in starts:
        found = due(start, limit, calendar)
        for name, works in ways.items():
            if _counted(start, limit, works) != (found.nominal, found.legal_due, found.safe_due):
                raise AssertionError(f"{name} disagrees on {text} from {start}")
    runs: dict[str, Callable[[], object]] = {"explained": lambda: [due(start, limit, calendar) for start in starts]}
    runs |= {name: _all(starts, limit, works) for name, works in ways.items()}
    times = {name: found.median / STARTS for name, found in interleaved(runs, repeats=3).items()}
    return [
        text,
        *(microseconds(times[name]) for name in ("explained", "alone", "peer", "loop")),
        ratio(times["explained"], times["alone"]),
        ratio(times["explained"], times["peer"]),
        ratio(times["alone"], times["loop"]),
    ]


def _all(starts: list[date], limit: Limit, works: Works) -> Callable[[], object]:
    return lambda: [_counted(start, limit, works) for start in starts]


def _counted(start: date, limit: Limit, works: Works) -> tuple[date, date, date]:
    """Nominal, rolled forward, rolled back: the plainest loop there is."""
    if limit.unit is Unit.WORKING_DAYS:
        end, left = start, limit.n
        while left:
            end += ONE_DAY
            left -= works(end)
    elif limit.unit is Unit.MONTHS:
        end = corresponding(start, limit.n)
    else:
        end = start + timedelta(days=limit.n)
    legal = safe = end
    while not works(legal):
        legal += ONE_DAY
    while not works(safe):
        safe -= ONE_DAY
    return end, legal, safe
