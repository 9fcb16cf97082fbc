"""A holiday notice is loaded: provisional dates are counted again, and whoever works by them is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from concord.casework.clocks import Recounted, recount
from concord.casework.definitions import procedure_of
from concord.casework.queries import at_work
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.notices import commands as notices
from concord.foundation.organisations.commands import keep_holiday_notice
from concord.rules.calendar import HolidayNotice
from concord.rules.days import day_said
from concord.rules.errors import Said

KIND = "calendar.recounted"


def load_notice(*, text: str, file: str, at: datetime) -> tuple[HolidayNotice, list[Recounted], int]:
    """Keep the notice, move the clocks it concerns and tell their owners' people: all of it or nothing.

    Returns the notice, the clocks whose dates changed and how many people were told. Loading it again changes nothing
    and tells nobody. Raises DefinitionError naming the faults of the file.
    """
    with writing():
        notice = keep_holiday_notice(text=text, file=file, at=at)
        moved = recount(at=at)
        told = sum(_tell(clocks, notice, at=at) for clocks in _together(moved))
    return notice, moved, told


def _together(moved: Sequence[Recounted]) -> list[list[Recounted]]:
    """The clocks by matter and owner: one notice each."""
    found: dict[tuple[int, int], list[Recounted]] = {}
    for one in moved:
        found.setdefault((one.matter.pk, one.owner.pk), []).append(one)
    return list(found.values())


def _tell(clocks: Sequence[Recounted], notice: HolidayNotice, *, at: datetime) -> int:
    matter, owner = clocks[0].matter, clocks[0].owner
    procedure = procedure_of(matter.procedure_version)
    rules = [(procedure.clock(one.clock), one) for one in clocks]
    zh = "；".join(f"{rule.zh} {_dates(one).zh}" for rule, one in rules)
    en = "; ".join(f"{rule.en} {_dates(one).en}" for rule, one in rules)
    title = matter.title or matter.number
    said = Said(
        f"期限已按 {notice.year} 年放假通知重算：{zh} — {title}",
        f"Counted again by the holidays of {notice.year}: {en} — {title}",
    )
    posts = at_work(matter, owner, on=legal_date(at))
    return notices.tell(posts=posts, kind=KIND, said=said, matter_uid=matter.uid, at=at, subject=matter.number)


def _dates(one: Recounted) -> Said:
    """The date before and after; where only the safe date moved, that one."""
    moved = one.old_legal_due != one.new_legal_due
    before, after = (one.old_legal_due, one.new_legal_due) if moved else (one.old_safe_due, one.new_safe_due)
    old, new = day_said(before), day_said(after)
    return Said(f"{old.zh} → {new.zh}", f"{old.en} → {new.en}")
