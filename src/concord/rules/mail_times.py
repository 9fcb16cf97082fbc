"""When a notice may go out by e-mail: at once or with the day's digest, outside of quiet hours and of days off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from concord.rules.calendar import Calendar

EACH: Final = "each"
DIGEST: Final = "digest"
NONE: Final = "none"
MODES: Final = (EACH, DIGEST, NONE)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MailWish:
    """How one person wants to be told by e-mail; times are on the legal clock.

    Quiet hours go from ``quiet_from`` up to ``quiet_until``, over midnight when the first is the later; both None: no
    hour is quiet. ``muted`` names areas (``assistance``) or kinds (``assistance.issue``) that are never mailed.
    """

    mode: str = DIGEST
    digest_at: time = time(8, 30)
    quiet_from: time | None = None
    quiet_until: time | None = None
    working_days_only: bool = True
    muted: frozenset[str] = frozenset()

    def mutes(self, kind: str) -> bool:
        """Whether notices of this kind (``area.what``) are not mailed."""
        return kind in self.muted or kind.partition(".")[0] in self.muted

    def is_quiet(self, wall: time) -> bool:
        """Whether that time of day lies in the quiet hours."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= wall < self.quiet_until
        return wall >= self.quiet_from or wall < self.quiet_until

    def sends_at(self, made: datetime, kind: str, calendar: Calendar) -> datetime | None:
        """The first moment from ``made`` (on the legal clock) at which it may go out; None when it never does."""
        if self.mode == NONE or self.mutes(kind):
            return None
        if self.mode == EACH:
            return self._allowed(made, calendar)
        day = made.date() if made.timetz().replace(tzinfo=None) <= self.digest_at else made.date() + ONE_DAY
        return self._allowed(_at(day, self.digest_at, made), calendar)

    def _allowed(self, moment: datetime, calendar: Calendar) -> datetime:
        """``moment``, or the first one after it that is neither quiet nor on a day off."""
        wall = moment.timetz().replace(tzinfo=None)
        if self.quiet_until is not None and self.is_quiet(wall):
            day = moment.date() if wall < self.quiet_until else moment.date() + ONE_DAY
            moment = _at(day, self.quiet_until, moment)
        if self.working_days_only and not calendar.is_working(moment.date()):
            morning = self.digest_at
            if self.quiet_until is not None and self.is_quiet(morning):
                morning = self.quiet_until
            moment = _at(calendar.next_working(moment.date()), morning, moment)
        return moment


def _at(day: date, wall: time, like: datetime) -> datetime:
    return datetime.combine(day, wall, like.tzinfo)
