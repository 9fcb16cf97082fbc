"""Competence (管辖): who may handle a matter, who else may, what the others must do, and which fact would change it."""

from concord.rules.jurisdiction.model import (
    OUTSIDE,
    Arrival,
    Dispute,
    Event,
    Facts,
    Ground,
    PartyKind,
    Proposal,
    Standing,
    Step,
    Turning,
)
from concord.rules.jurisdiction.proposing import propose

__all__ = [
    "OUTSIDE",
    "Arrival",
    "Dispute",
    "Event",
    "Facts",
    "Ground",
    "PartyKind",
    "Proposal",
    "Standing",
    "Step",
    "Turning",
    "propose",
]
