"""The facts that competence depends on, and what a proposal says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from concord.rules.charter import Superior
from concord.rules.errors import Said
from concord.rules.procedure import Line, SourceLabel

# A place that lies in the area of no authority of the charter.
OUTSIDE: Final = "outside"


class PartyKind(StrEnum):
    """What the party is in e-commerce; every kind has its own rule of competence."""

    OTHER = "other"
    PLATFORM_OPERATOR = "platform_operator"
    OWN_SITE = "own_site"
    IN_PLATFORM_MERCHANT = "in_platform_merchant"
    LIVE_ROOM = "live_room"

    @property
    def said(self) -> Said:
        """The words for people."""
        return PARTY_WORDS[self]


PARTY_WORDS: Final[Mapping[PartyKind, Said]] = MappingProxyType(
    {
        PartyKind.OTHER: Said("其他（线下等）", "Other, such as a shop"),
        PartyKind.PLATFORM_OPERATOR: Said("网络交易平台经营者", "Platform operator"),
        PartyKind.OWN_SITE: Said("自建网站、其他网络服务经营者", "Own site or other network service"),
        PartyKind.IN_PLATFORM_MERCHANT: Said("平台内经营者", "Merchant on a platform"),
        PartyKind.LIVE_ROOM: Said("直播间运营者", "Live-stream room operator"),
    }
)


class Arrival(StrEnum):
    """How a clue came to the authority that holds it."""

    REPORT = "report"
    OWN_FINDING = "own_finding"
    TRANSFER = "transfer"

    @property
    def said(self) -> Said:
        """The words for people."""
        return ARRIVAL_WORDS[self]


ARRIVAL_WORDS: Final[Mapping[Arrival, Said]] = MappingProxyType(
    {
        Arrival.REPORT: Said("收到举报、请求", "A report or request"),
        Arrival.OWN_FINDING: Said("自行发现", "Found by itself"),
        Arrival.TRANSFER: Said("其他机关移送", "Transferred by another authority"),
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """That an authority (by code) received or filed something on a day."""

    authority: str
    day: date


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a matter. Places are codes of authorities of the charter, or ``OUTSIDE``; None is not known.

    ``violation_places``: where the violation (patent: the infringement) occurred. ``domicile``: of the party or the
    respondent. ``business_place``: where the party actually does business, None where that cannot be determined.
    ``registered``: whether the operator of a live-stream room is registered. ``received``: who found the clue or
    received the report, ``filed`` who filed a case (patent: accepted the request). ``holder`` has the clue now, come by
    ``arrival``, from ``transferred_by`` if transferred. ``same_party``: whether one respondent infringes in all places.
    """

    line: Line
    cause: str | None = None
    party: PartyKind = PartyKind.OTHER
    violation_places: tuple[str, ...] = ()
    business_place: str | None = None
    domicile: str | None = None
    registered: bool | None = None
    platform_domicile: str | None = None
    received: tuple[Event, ...] = ()
    filed: tuple[Event, ...] = ()
    holder: str | None = None
    arrival: Arrival | None = None
    transferred_by: str | None = None
    same_party: bool | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """The article and the row of the catalogue of law behind a sentence, with its standing."""

    law_row: str
    basis: str
    label: SourceLabel


@dataclass(frozen=True, slots=True)
class Standing:
    """An authority (code, or ``OUTSIDE``) that is competent or may act too, and why. ``name`` is its Chinese name."""

    authority: str
    name: str
    said: Said
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What ``authority`` must or may do, or a remark when there is none; ``code`` is stable."""

    code: str
    authority: str | None
    said: Said
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Turning:
    """A fact (``field`` of Facts) that would change the answer, and how."""

    field: str
    said: Said
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """Who decides when the authorities ``between`` disagree; no superior where the charter's tree has none."""

    between: tuple[str, ...]
    superior: Superior | None
    said: Said
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal, not a decision. ``handles`` is who takes the matter, None while that is still open."""

    competent: tuple[Standing, ...]
    may_also: tuple[Standing, ...]
    handles: str | None
    steps: tuple[Step, ...]
    dispute: Dispute | None
    turning: tuple[Turning, ...]
    notes: tuple[Step, ...]
