"""C09 to C12: that the package was logged, that its log signed, and that witnesses saw the same log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from concord.proofs import notes
from concord.proofs.canonical import JSON
from concord.proofs.digests import pair_of
from concord.proofs.leaves import seal_type
from concord.proofs.logging_proofs import Logging
from concord.proofs.notes import VerifierKey
from concord.proofs.report import FAIL, INDETERMINATE, NOT_APPLICABLE, PASS, Check
from concord.proofs.shapes import time_text
from concord.proofs.trust import Asked, Trust
from concord.proofs.verifying.files import said
from concord.proofs.verifying.gathering import Logged, Package

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds())


@dataclass(frozen=True, slots=True)
class Cosigning:
    """Which known witnesses cosigned a checkpoint, when by their clocks, and which lines are wrong or unknown."""

    times: Mapping[str, datetime]
    sm2: tuple[str, ...]
    wrong: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A proof of logging held against the package and the trust file."""

    fault: str
    included: bool
    signed: bool
    logging: Logging | None
    cosigning: Cosigning | None
    complete_at: datetime | None

    @property
    def place(self) -> tuple[str, int] | None:
        """Origin and index of the leaf; None unless it is right, included, and the log signed."""
        if self.fault or not self.included or not self.signed or self.logging is None:
            return None
        return self.logging.origin, self.logging.proof.index

    @property
    def proven_at(self) -> datetime | None:
        """When the quorum of cosignatures was complete; None unless the leaf has its place and a quorum."""
        return None if self.place is None else self.complete_at


@dataclass(frozen=True, slots=True)
class Judgement:
    """The proofs of the sealing and of the newest event; None for what the package does not have."""

    seal: Judged | None
    head: Judged | None

    def present(self) -> tuple[tuple[str, Judged], ...]:
        """The proofs that are there, by their names."""
        return tuple((name, one) for name, one in (("seal", self.seal), ("head", self.head)) if one is not None)


def judge(package: Package, trust: Trust) -> Judgement:
    """Hold both proofs against package and trust."""
    seal = None if package.seal is None else _judged(package.seal, _seal_fault(package, package.seal), trust)
    head = None if package.head is None else _judged(package.head, _head_fault(package, package.head), trust)
    return Judgement(seal, head)


def leaf_check(package: Package, judgement: Judgement) -> Check:
    """C09: the leaves name this package, its events and its time-stamp."""
    if not judgement.present():
        return Check("C09", NOT_APPLICABLE, "not_logged")
    for which, logged in (("seal", package.seal), ("head", package.head)):
        if logged is not None and logged.leaf.value is None:
            return Check("C09", FAIL, "form", {"leaf": which, **said(logged.leaf.fault)})
    if package.manifest.value is None or package.events.value is None:
        return Check("C09", NOT_APPLICABLE, "unreadable")
    for which, one in judgement.present():
        if one.fault:
            return Check("C09", FAIL, one.fault, {"leaf": which})
    return Check("C09", PASS, "same", {"leaves": [name for name, _ in judgement.present()]})


def inclusion_check(package: Package, judgement: Judgement) -> Check:
    """C10: the proofs lead from the leaves to the checkpoints, one log after the other in order."""
    if not judgement.present():
        return Check("C10", NOT_APPLICABLE, "not_logged")
    for which, logged in (("seal", package.seal), ("head", package.head)):
        if logged is not None and logged.logging.value is None:
            return Check("C10", FAIL, "form", {"leaf": which, **said(logged.logging.fault)})
    for which, one in judgement.present():
        if not one.included:
            return Check("C10", FAIL, "not_included", {"leaf": which})
    fault = _order_fault(judgement)
    if fault:
        return Check("C10", FAIL, fault)
    if judgement.head is None and package.last_seq > 1:
        return Check("C10", INDETERMINATE, "newer_events", {"count": package.last_seq - 1})
    places = [_place_facts(name, one.logging) for name, one in judgement.present() if one.logging is not None]
    return Check("C10", PASS, "included", {"leaves": places})


def log_check(judgement: Judgement, trust: Trust) -> Check:
    """C11: a known log signed the checkpoints."""
    if not judgement.present():
        return Check("C11", NOT_APPLICABLE, "not_logged")
    logging = [(which, one.signed, one.logging) for which, one in judgement.present() if one.logging is not None]
    if len(logging) < len(judgement.present()):
        return Check("C11", NOT_APPLICABLE, "unreadable")
    for which, signed, one in logging:
        origin = one.origin
        if origin not in trust.policy.logs:
            return Check("C11", FAIL, "unknown_log", {"leaf": which, "origin": origin})
        if not signed:
            return Check("C11", FAIL, "signature", {"leaf": which, "origin": origin})
    return Check("C11", PASS, "signed", {"origin": logging[0][2].origin})


def witness_check(judgement: Judgement, trust: Trust, asked: Asked) -> Check:
    """C12: enough known witnesses cosigned each checkpoint, and none of them wrongly."""
    if not judgement.present():
        return Check("C12", NOT_APPLICABLE, "not_logged")
    cosigned = [(name, one.cosigning) for name, one in judgement.present() if one.cosigning is not None]
    if len(cosigned) < len(judgement.present()):
        return Check("C12", NOT_APPLICABLE, "unreadable")
    for which, one in cosigned:
        if one.wrong:
            return Check("C12", FAIL, "signature", {"leaf": which, "names": one.wrong})
    needed = max(trust.policy.quorum_size(), asked.quorum or 0)
    for which, one in cosigned:
        if not trust.policy.satisfied(one.times) or len(one.times) < (asked.quorum or 0):
            names = sorted(one.times)
            facts: dict[str, JSON] = {"leaf": which, "count": len(names), "needed": needed, "names": names}
            return Check("C12", INDETERMINATE, "too_few", facts)
    for which, one in cosigned:
        if one.unknown:
            return Check("C12", INDETERMINATE, "unknown_signer", {"leaf": which, "names": one.unknown})
    facts = {"needed": needed, "checkpoints": [_cosigned_facts(name, one) for name, one in cosigned]}
    return Check("C12", PASS, "cosigned", facts)


def _seal_fault(package: Package, logged: Logged) -> str:
    """Why the leaf is not the one of this sealing; empty when it is."""
    leaf, manifest, events = logged.leaf.value, package.manifest.value, package.events.value
    if leaf is None or manifest is None or events is None:
        return "unreadable"
    if leaf.t != seal_type(manifest.kind) or leaf.package != package.id:
        return "another_package"
    if leaf.org != manifest.org:
        return "another_organisation"
    if leaf.head != events[1].pair:
        return "another_event"
    if leaf.token is not None and leaf.token not in map(pair_of, package.tokens.values()):
        return "another_token"
    return ""


def _head_fault(package: Package, logged: Logged) -> str:
    """Why the leaf is not the one of the newest event; empty when it is."""
    leaf, events = logged.leaf.value, package.events.value
    if leaf is None or events is None or package.manifest.value is None:
        return "unreadable"
    newest = events[-1]
    if leaf.t != "event" or leaf.package != package.id:
        return "another_package"
    if leaf.org != newest.org:
        return "another_organisation"
    if package.last_seq <= 1 or leaf.seq != package.last_seq or leaf.head != newest.pair:
        return "another_event"
    return ""


def _judged(logged: Logged, fault: str, trust: Trust) -> Judged:
    logging = logged.logging.value
    if logging is None:
        return Judged(fault, included=False, signed=False, logging=None, cosigning=None, complete_at=None)
    cosigning = _cosigning(logging, trust)
    return Judged(
        fault,
        included=logging.proves(logged.leaf_bytes),
        signed=logging.signed_by(trust.policy.logs.get(logging.origin)),
        logging=logging,
        cosigning=cosigning,
        complete_at=None if cosigning.wrong else _complete_at(cosigning.times, trust),
    )


def _cosigning(logging: Logging, trust: Trust) -> Cosigning:
    log = trust.policy.logs.get(logging.origin)
    witnesses = {(key.name, key.id): key for key in trust.policy.witnesses.values() if key.kind == notes.COSIGNATURE}
    with_sm2 = {(key.name, key.id): key for key in trust.sm2_witnesses}
    times: dict[str, datetime] = {}
    of_sm2, wrong, unknown = [], [], []
    for line in logging.note.lines:
        key: VerifierKey | None = witnesses.get((line.name, line.id)) or with_sm2.get((line.name, line.id))
        if key is None:
            if log is None or (line.name, line.id) != (log.name, log.id):
                unknown.append(line.name)
        elif not notes.verifies(key, logging.note.text, line.signature):
            wrong.append(line.name)
        elif key.kind == notes.COSIGNATURE:
            times[line.name] = _time(notes.time_of(line.signature))
        else:
            of_sm2.append(line.name)
    return Cosigning(times, tuple(of_sm2), tuple(wrong), tuple(unknown))


def _complete_at(times: Mapping[str, datetime], trust: Trust) -> datetime | None:
    """The earliest time at which the cosigners until then satisfied the policy."""
    for at in sorted(set(times.values())):
        if trust.policy.satisfied([name for name, time in times.items() if time <= at]):
            return at
    return None


def _time(seconds: int) -> datetime:
    """Seconds since 1970, as far as a calendar reaches."""
    return _EPOCH + timedelta(seconds=min(seconds, _LAST))


def _order_fault(judgement: Judgement) -> str:
    """Why the newest event cannot have been logged after the sealing, in the same log; empty when it can."""
    seal, head = (None if one is None else one.logging for one in (judgement.seal, judgement.head))
    if seal is None or head is None:
        return ""
    if head.origin != seal.origin:
        return "another_log"
    if head.proof.index <= seal.proof.index or head.checkpoint.size < seal.checkpoint.size:
        return "order"
    if head.checkpoint.size == seal.checkpoint.size and head.checkpoint.root != seal.checkpoint.root:
        return "two_roots"
    return ""


def _place_facts(name: str, one: Logging) -> dict[str, JSON]:
    tree = one.checkpoint
    return {"leaf": name, "index": one.proof.index, "size": tree.size, "root": tree.root.hex()}


def _cosigned_facts(name: str, one: Cosigning) -> dict[str, JSON]:
    times = {witness: time_text(at) for witness, at in sorted(one.times.items(), key=lambda item: item[1])}
    signed: list[JSON] = [{"name": witness, "at": at} for witness, at in times.items()]
    return {"leaf": name, "witnesses": signed, "sm2": one.sm2}
