"""C08, C13 and C15: time-stamps, whether all times fit together, and what is kept for later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from concord.proofs.canonical import JSON, decode_table
from concord.proofs.report import FAIL, INDETERMINATE, NOT_APPLICABLE, PASS, Check
from concord.proofs.shapes import time_text
from concord.proofs.timestamps import TokenCheck, check_token
from concord.proofs.trust import Asked, Trust
from concord.proofs.verifying.gathering import Package
from concord.proofs.verifying.logs import Judgement
from concord.rules.errors import InvalidInput

SLACK = timedelta(minutes=5)
COVERED = ("event", "checkpoint")

_GM = ".gm.tsr"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time-stamp of the package and what came of it."""

    name: str
    status: str
    reason: str
    check: TokenCheck

    @property
    def at(self) -> datetime | None:
        """Its time, once it may be believed."""
        return self.check.token.generated_at if self.status == PASS and self.check.token else None

    def facts(self) -> dict[str, JSON]:
        """Who stamped what, and when."""
        found: dict[str, JSON] = {"name": self.name, "status": self.status, "reason": self.reason}
        if self.check.token is not None:
            found["at"] = time_text(self.check.token.generated_at)
        if self.check.authority is not None:
            found["authority"] = self.check.authority
        if self.check.covered_index is not None:
            found["covers"] = COVERED[self.check.covered_index]
        return found


def stamps_of(package: Package, trust: Trust) -> tuple[Stamp, ...]:
    """Every time-stamp of the package, checked."""
    covered = [package.seal_event]
    if package.seal is not None and package.seal.logging.value is not None:
        covered.append(package.seal.logging.value.note.text.encode())
    return tuple(_stamp(name, token, covered, trust) for name, token in package.tokens.items())


def stamp_check(stamps: Sequence[Stamp], asked: Asked) -> Check:
    """C08: every time-stamp verifies; one must be there when it is asked for."""
    if not stamps:
        if asked.timestamp:
            return Check("C08", INDETERMINATE, "none_though_asked")
        return Check("C08", NOT_APPLICABLE, "none")
    facts: Mapping[str, JSON] = {"count": len(stamps), "tokens": [stamp.facts() for stamp in stamps]}
    for status in (FAIL, INDETERMINATE):
        worst = next((stamp for stamp in stamps if stamp.status == status), None)
        if worst is not None:
            return Check("C08", status, worst.reason, facts)
    return Check("C08", PASS, "stamped", facts)


def earliest(stamps: Sequence[Stamp]) -> datetime | None:
    """The earliest time of a time-stamp that verifies."""
    return min((stamp.at for stamp in stamps if stamp.at is not None), default=None)


def time_check(package: Package, stamps: Sequence[Stamp], judgement: Judgement) -> Check:
    """C13: what is claimed, stamped and cosigned follows in this order, five minutes of slack at the end."""
    events = package.events.value
    if events is None:
        return Check("C13", NOT_APPLICABLE, "unreadable")
    stamped = [stamp.at for stamp in stamps if stamp.at is not None]
    cosigned_at = None if judgement.seal is None else judgement.seal.proven_at
    if not stamped and cosigned_at is None:
        return Check("C13", NOT_APPLICABLE, "no_time")
    claimed_at = events[1].claimed_at
    facts: dict[str, JSON] = {"claimed_at": time_text(claimed_at), "stamped_at": list(map(time_text, sorted(stamped)))}
    if cosigned_at is not None:
        facts["cosigned_at"] = time_text(cosigned_at)
    if any(at < claimed_at for at in stamped) or (cosigned_at is not None and claimed_at > cosigned_at + SLACK):
        return Check("C13", INDETERMINATE, "claimed_late", facts)
    if cosigned_at is not None and any(at > cosigned_at + SLACK for at in stamped):
        return Check("C13", INDETERMINATE, "stamped_late", facts)
    return Check("C13", PASS, "in_order", facts)


def kept_check(package: Package) -> Check:
    """C15: what outside chains and later renewals say, of which this verifier knows no form."""
    if not package.kept:
        return Check("C15", NOT_APPLICABLE, "none")
    for name, data in package.kept.items():
        try:
            table = decode_table(data)
        except InvalidInput:
            return Check("C15", FAIL, "form", {"entry": name})
        if not isinstance(table.get("schema"), str):
            return Check("C15", FAIL, "form", {"entry": name})
    return Check("C15", INDETERMINATE, "unknown_schema", {"entries": sorted(package.kept)})


def _stamp(name: str, token: bytes, covered: Sequence[bytes], trust: Trust) -> Stamp:
    check = check_token(token, covered=covered, authorities=trust.authorities)
    if check.token is not None and check.token.gm != name.endswith(_GM):
        return Stamp(name, FAIL, "kind", check)
    return Stamp(name, check.status, check.reason, check)
