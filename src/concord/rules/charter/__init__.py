"""Charters: an alliance as data, loaded from files with what it extends."""

from concord.rules.charter.ladder import ladder_of, rung_day
from concord.rules.charter.loading import check, load
from concord.rules.charter.model import (
    Agreement,
    Authority,
    Charter,
    Code,
    Escalation,
    Group,
    Member,
    Permission,
    Post,
    Rotation,
    Seat,
    Staffing,
    Superior,
)

__all__ = [
    "Agreement",
    "Authority",
    "Charter",
    "Code",
    "Escalation",
    "Group",
    "Member",
    "Permission",
    "Post",
    "Rotation",
    "Seat",
    "Staffing",
    "Superior",
    "check",
    "ladder_of",
    "load",
    "rung_day",
]
