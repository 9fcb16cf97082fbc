"""The guards that procedure files may name. Casework registers one function for each, neither more nor fewer."""

from __future__ import annotations

from dataclasses import dataclass

from concord.rules.errors import Said


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition of an act; ``said`` is what it demands."""

    name: str
    said: Said


GUARDS = (
    Guard(
        "assistance.requested_is_competent",
        Said("被请求方是章程成员且不是请求方自己", "the requested authority is another member of the charter"),
    ),
    Guard(
        "assistance.date_is_within_limit",
        Said("约定日期不晚于法定期限", "the offered date is not later than the statutory limit"),
    ),
    Guard("casework.signer_is_not_drafter", Said("签发人不是起草人", "whoever signs did not draft")),
    Guard("casework.promised_date_is_ahead", Said("承诺日期晚于行为当日", "the promised date lies ahead of the act")),
)

GUARD_NAMES = frozenset(guard.name for guard in GUARDS)
