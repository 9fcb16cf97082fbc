"""One step of the demo: who does what when; stories are read into steps, fillers are planned as steps."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any

from concord.entrypoints.demo.timetable import Timetable

HERE = Path(__file__).parent
STORIES, AROUND, CASES = HERE / "stories", HERE / "around.toml", HERE / "cases.toml"
DAY = re.compile(r"\{day (-?\d{1,3})\}")
INSTANT = re.compile(r"(-?\d{1,3}) (\d\d:\d\d)")
DAYS_ARE_NAMED = ("_date", "_from", "_to", "_until")
INSTANTS_ARE_NAMED = ("_at", "_time")
ASSISTANCE = "assistance"
OPEN_CASE = "open_case"
READ = "read"
READ_NOTICES = "read_notices"
SEAL_ITEM = "seal_item"
ITEM = "item:"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing somebody does.

    ``do`` is an act of the procedure, OPEN_CASE, READ (a matter's messages), READ_NOTICES, SEAL_ITEM, or done around a
    matter. An answer names an item of evidence as ``item:`` and its name inside the story.

    ``matter`` and ``case`` are names inside the demo. The step that begins a matter names the ``procedure`` and the
    ``parties``: by role, places in the charter's order (``requested = 4`` is short for a request for assistance).
    """

    at: datetime
    key: str
    by: str
    do: str
    matter: str = ""
    case: str = ""
    procedure: str = ASSISTANCE
    parties: Mapping[str, Sequence[int]] | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


def told(timetable: Timetable, *, sealing: bool) -> list[Step]:
    """The steps of all hand-written stories, each story in the order it is written in.

    Stories that seal evidence are told only where there are keys to seal with.
    """
    steps: list[Step] = []
    for path in sorted(STORIES.glob("*.toml")):
        story = tomllib.loads(path.read_text(encoding="utf-8"))
        if story.get("seals", False) and not sealing:
            continue
        year = timetable.read(story["steps"][0]["at"]).year
        steps += [
            _step(f"{path.stem}-{n}", written, path.stem, timetable, year) for n, written in enumerate(story["steps"])
        ]
    return steps


def around_matters(timetable: Timetable) -> list[Step]:
    """What people do around the matters of the stories, as written in ``around.toml``."""
    return [
        _step(f"around-{n}", written, "", timetable, timetable.read(written["at"]).year)
        for n, written in enumerate(tomllib.loads(AROUND.read_text(encoding="utf-8"))["steps"])
    ]


def cases(timetable: Timetable) -> list[Step]:
    """The opening of the cases and leads that no other bureau knows of yet, as written in ``cases.toml``."""
    return [
        _opening(n, written, timetable)
        for n, written in enumerate(tomllib.loads(CASES.read_text(encoding="utf-8"))["cases"])
    ]


def _opening(n: int, written: Mapping[str, Any], timetable: Timetable) -> Step:
    at = timetable.read(written["at"])
    told = {name: _said(name, value, timetable, at.year) for name, value in written.items() if name not in {"at", "by"}}
    named = {name: told.pop(name) for name in ("number", "name", "stage")}
    return Step(
        at=at, key=f"case-{n}", by=written["by"], do=OPEN_CASE, case=f"case-{n}", answers={**named, "more": told}
    )


def _step(key: str, written: Mapping[str, Any], story: str, timetable: Timetable, year: int) -> Step:
    return Step(
        at=timetable.read(written["at"]),
        key=key,
        by=written["by"],
        do=written["do"],
        matter="-".join(part for part in (story, written.get("matter", "")) if part) if "matter" in written else "",
        case=story,
        procedure=written.get("procedure", ASSISTANCE),
        parties=_parties(written),
        answers={name: _said(name, value, timetable, year) for name, value in written.get("says", {}).items()},
    )


def _parties(written: Mapping[str, Any]) -> Mapping[str, Sequence[int]] | None:
    if "requested" in written:
        return {"requested": [written["requested"]]}
    return written.get("parties")


def _said(name: str, value: Any, timetable: Timetable, year: int) -> Any:
    """A value with its days and year put in.

    A date is written as a number of working days from today, an instant (``…_at``, ``…_time``) as such a number and
    the hour.
    """
    if isinstance(value, int) and name.endswith(DAYS_ARE_NAMED):
        return timetable.day(value).isoformat()
    if isinstance(value, str):
        instant = INSTANT.fullmatch(value) if name.endswith(INSTANTS_ARE_NAMED) else None
        if instant is not None:
            return timetable.at(int(instant[1]), time.fromisoformat(instant[2])).isoformat()
        return DAY.sub(lambda found: _spoken_day(timetable, int(found[1])), value.replace("{year}", str(year)))
    if isinstance(value, Mapping):
        return {inner: _said(inner, one, timetable, year) for inner, one in value.items()}
    if isinstance(value, Sequence):
        return [_said("", one, timetable, year) for one in value]
    return value


def _spoken_day(timetable: Timetable, offset: int) -> str:
    day = timetable.day(offset)
    return f"{day.month}月{day.day}日"
