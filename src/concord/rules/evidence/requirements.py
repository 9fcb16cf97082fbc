"""What a city asks for before it takes an item of another one as evidence (互认要求), and what follows from that.

Requirements are dated data of the charter (``<charter>/evidence/requirements.toml``), one line each; what a line may
ask for is a closed list of traits, so that no expression stands in data. A presumption has no statutory effect outside
the demonstration zone, which ``legal_position`` says for every item.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from concord.rules.errors import Said

EVERYBODY: Final = "*"
REQUIRED, ADVISED = "required", "advised"
LEVELS: Final = (REQUIRED, ADVISED)
TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of an item, as far as any city asks for it."""

    kind: str
    cause: str = ""
    officers: int = 0
    cards: int = 0
    has_original_medium: bool = False
    method_told: bool = False
    tool_told: bool = False
    clean_check: bool = False
    continuous_video: bool = False
    screen_recorded: bool = False
    party_signed: bool = False
    witness_present: bool = False
    refusal_noted: bool = False
    read_back: bool = False
    right_holder_opinion: bool = False
    notarised: bool = False
    duplicate_sample: bool = False
    sample_sealed: bool = False
    expert_named: bool = False
    hashed_at_capture: bool = False
    sealed_in_package: bool = False
    stamped: bool = False
    logged: bool = False
    digests_agree: bool = True


def _signed(traits: Traits) -> bool:
    """Signed by the party, or the refusal noted before a witness."""
    return traits.party_signed or (traits.refusal_noted and traits.witness_present)


ASKS: Final[Mapping[str, Callable[[Traits], bool]]] = {
    "two_officers": lambda traits: traits.officers >= TWO,
    "card_numbers": lambda traits: traits.officers > 0 and traits.cards >= traits.officers,
    "original_medium": lambda traits: traits.has_original_medium,
    "method": lambda traits: traits.method_told,
    "tool": lambda traits: traits.tool_told,
    "clean_check": lambda traits: traits.clean_check,
    "continuous_video": lambda traits: traits.continuous_video,
    "screen_recording": lambda traits: traits.screen_recorded,
    "signature": _signed,
    "witness": lambda traits: traits.witness_present,
    "read_back": lambda traits: traits.read_back,
    "right_holder_opinion": lambda traits: traits.right_holder_opinion,
    "notarised": lambda traits: traits.notarised,
    "duplicate_sample": lambda traits: traits.duplicate_sample,
    "sample_sealed": lambda traits: traits.sample_sealed,
    "expert_named": lambda traits: traits.expert_named,
    "hash_at_capture": lambda traits: traits.hashed_at_capture,
    "package": lambda traits: traits.sealed_in_package and traits.digests_agree,
    "time_stamp": lambda traits: traits.stamped,
    "ledger": lambda traits: traits.logged,
}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line: ``member`` (a code, or ``*`` for all) asks for ``asks`` of items of ``kinds`` about ``causes``.

    Empty ``kinds`` or ``causes`` mean any, and lines about every cause concern an item whose cause is not told.
    ``required`` keeps the presumption from arising, ``advised`` only advises.
    """

    id: str
    member: str
    kinds: tuple[str, ...]
    causes: tuple[str, ...]
    asks: str
    level: str
    source: str
    zh: str
    en: str
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def said(self) -> Said:
        """What it asks for."""
        return Said(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class LegalPosition:
    """On what an item of another authority stands in law; ``statutory`` recognition exists in one zone only."""

    id: str
    zh: str
    en: str
    law_row: str
    confidence: str
    statutory: bool = False
    givers: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    basis: str = ""
    since: date | None = None
    source: str = ""
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def said(self) -> Said:
        """The position in plain words."""
        return Said(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class EvidenceRules:
    """What a charter says of evidence: requirements, legal positions, agreed numbers of days and hours."""

    requirements: tuple[Requirement, ...] = ()
    positions: tuple[LegalPosition, ...] = ()
    receipt_days: int | None = None
    stamp_hours: int | None = None
    source: str = ""


class HasEvidence(Protocol):
    """A charter, as far as it concerns this module."""

    @property
    def evidence(self) -> EvidenceRules:
        """What it says of evidence."""


NO_EFFECT: Final = LegalPosition(
    "none",
    "协作约定的互认，没有法定效力；接收机关应当依法核实。",
    "Recognised by agreement, without statutory effect; the receiving authority verifies it as the law asks.",
    "G11",
    "I",
)


def wanted(requirements: Iterable[Requirement], *, member: str, cause: str, kind: str) -> tuple[Requirement, ...]:
    """What ``member`` asks for of an item of ``kind`` about ``cause``, in the order of the charter."""
    return tuple(
        one
        for one in requirements
        if one.member in {EVERYBODY, member}
        and (not one.kinds or kind in one.kinds)
        and (not one.causes or not cause or cause in one.causes)
    )


def missing(requirements: Iterable[Requirement], traits: Traits, *, member: str) -> tuple[Requirement, ...]:
    """What ``member`` asks for and the item has not."""
    asked = wanted(requirements, member=member, cause=traits.cause, kind=traits.kind)
    return tuple(one for one in asked if not ASKS[one.asks](traits))


def presumed(requirements: Iterable[Requirement], traits: Traits, *, member: str) -> bool:
    """Whether the agreed presumption arises: something is asked for, and nothing that is required is missing."""
    listed = list(requirements)
    return bool(listed) and not any(one.level == REQUIRED for one in missing(listed, traits, member=member))


def legal_position(giver: str, receiver: str, basis: str, *, at: date, charter: HasEvidence) -> LegalPosition:
    """On what an item stands that ``giver`` gave to ``receiver`` on ``basis``: the first line of the charter that fits.

    ``at`` is the day: no line counts before the day it is in force ``since``. Without a fitting line it stands on the
    agreement alone.
    """
    fitting = (
        one
        for one in charter.evidence.positions
        if (not one.givers or giver in one.givers)
        and (not one.receivers or receiver in one.receivers)
        and one.basis in {"", basis}
        and (one.since is None or one.since <= at)
    )
    return next(fitting, NO_EFFECT)
