"""Recognition (互认) of items by the city that received them: presumed, recognised, objected to; written in its acts.

A presumption follows from the requirements of the charter and from nothing else. One row of a city is current at most;
the rows before it stay, so that what a city once thought can be read later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef

from concord.capabilities.evidence.handing_over import named_handovers
from concord.capabilities.evidence.models import Consent, Handover, Recognition
from concord.capabilities.evidence.opinions import grid, opinions_of, precedents
from concord.capabilities.evidence.prechecking import precheck, precheck_item
from concord.capabilities.evidence.traits import traits_of, traits_of_all
from concord.capabilities.evidence.uses import refused_use
from concord.casework.models import Act, ClockRun, Matter
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.jobs.contracts import Daily, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on
from concord.rules.charter import Charter
from concord.rules.errors import Conflict, InvalidInput, Problem, Said
from concord.rules.evidence.handling import Refusal, Use, allowed
from concord.rules.evidence.requirements import REQUIRED, Requirement, missing

# Reads and writes of recognition are asked for here.
__all__ = [
    "grid",
    "lapse",
    "lift",
    "object_to",
    "opinions_of",
    "precedents",
    "precheck",
    "precheck_item",
    "presume",
    "recognise",
    "traits_of",
    "unsettled",
]

LAPSE = "evidence.lapse"
LAPSES_AT = time(0, 20)
PROCEDURE, CLOCK = "evidence_recognition", "recognition"
PRESUMPTION = "presumption"
Outcome = Recognition.Outcome


@dataclass(frozen=True, slots=True)
class Standing:
    """What an item misses of what a city asks for now, and why it must not be evidence at all, where it must not."""

    missing: tuple[Requirement, ...]
    refusal: Refusal | None
    asked: bool

    @property
    def presumed(self) -> bool:
        """Whether something is asked for, nothing required of it is missing, and the item may serve as evidence."""
        return self.asked and self.refusal is None and not any(one.level == REQUIRED for one in self.missing)

    @property
    def findings(self) -> list[str]:
        """The ids of what is missing, as a row of recognition keeps them."""
        return [one.id for one in self.missing]


def presume(handovers: Sequence[Handover], act: Act, *, by: Actor) -> None:
    """Note the items just received that meet what the receiver asks for as presumed; of the others nothing is noted."""
    charter = charter_on(legal_date(act.at))
    standing = standing_of(handovers, charter)
    for one in handovers:
        if standing[one.item_id].presumed:
            found = standing[one.item_id]
            record(one, found, charter, event="evidence.presume", outcome=Outcome.PRESUMED, at=act.at, act=act, by=by)


def recognise(act: Act, *, by: Actor) -> None:
    """Recognise items, by agreed presumption or after review.

    Raises InvalidInput ``evidence.not_handed_over`` and ``evidence.reason_missing``, Conflict
    ``evidence.not_presumed`` for what misses something required, NotAllowed ``evidence.use_not_allowed`` for what is
    only a lead.
    """
    handovers = named_handovers(act, "recognised_items", received=True)
    charter = charter_on(legal_date(act.at))
    standing = standing_of(handovers, charter)
    _require_evidence(handovers, standing)
    presumption = act.answers["recognition_basis"] == PRESUMPTION
    if presumption:
        _require_presumed(handovers, standing)
    elif not act.answers.get("recognition_reason"):
        said = Said("经审查认可的，请写明理由。", "Give the reasons when you recognise after review.")
        raise InvalidInput("evidence.reason_missing", said, problems=(Problem("recognition_reason", "missing", said),))
    reason = str(act.answers.get("recognition_reason") or "")
    outcome = Outcome.PRESUMED if presumption else Outcome.RECOGNISED
    for one in handovers:
        found, told = standing[one.item_id], {"outcome": outcome, "reason": reason}
        record(one, found, charter, event="evidence.recognise", at=act.at, act=act, by=by, **told)


def object_to(act: Act, *, by: Actor) -> None:
    """Object to items on a listed ground. Raises InvalidInput ``evidence.not_handed_over``."""
    handovers = named_handovers(act, "objected_items", received=True)
    charter = charter_on(legal_date(act.at))
    standing = standing_of(handovers, charter)
    ground, reason = str(act.answers["objection_ground"]), str(act.answers["objection_reason"])
    for one in handovers:
        found, told = standing[one.item_id], {"ground": ground, "reason": reason}
        record(
            one,
            found,
            charter,
            event="evidence.object",
            outcome=Outcome.OBJECTED,
            at=act.at,
            act=act,
            by=by,
            **told,
        )


def lift(act: Act, *, by: Actor) -> None:
    """Take objections back: the items are presumed if they meet what is asked for now, else open again.

    Raises InvalidInput ``evidence.not_handed_over``, Conflict ``evidence.no_objection``.
    """
    handovers = named_handovers(act, "lifted_items", received=True)
    objected = Recognition.objects.filter(
        item__in=[one.item_id for one in handovers],
        organisation=act.organisation,
        current=True,
        outcome=Outcome.OBJECTED,
    )
    known = set(objected.values_list("item_id", flat=True))
    if open_ones := [one.item.number for one in handovers if one.item_id not in known]:
        raise Conflict(
            "evidence.no_objection",
            Said(
                f"本机关对下列证据项没有有效的异议：{'、'.join(open_ones)}。",
                f"Your organisation has no standing objection to: {', '.join(open_ones)}.",
            ),
        )
    objected.update(current=False)
    for one in handovers:
        journal.record(
            event="evidence.lift_objection",
            at=act.at,
            by=by,
            subject=one.item.number,
            matter_uid=act.matter.uid,
            details={"seq": act.seq},
        )
    presume(handovers, act, by=by)


def unsettled(matter: Matter, organisation: Organisation) -> list[str]:
    """The numbers of the items received in a matter on which the receiver has not said anything that stands."""
    settled = Recognition.objects.filter(organisation=organisation, current=True).values("item_id")
    received = Handover.objects.filter(matter=matter, receiver=organisation, received_at__isnull=False)
    return list(received.exclude(item__in=settled).order_by("id").values_list("item__number", flat=True))


@job(LAPSE, schedule=Daily(LAPSES_AT), lease=timedelta(hours=1))
def lapse_daily(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Presume what nobody objected to in time."""
    lapse(at)


def lapse(at: datetime) -> int:
    """Presume the items whose time to object has ended without an objection, and that meet what is asked for.

    Returns how many. An item that misses something required stays open: silence does not replace what is missing.
    """
    with writing():
        over = ClockRun.objects.filter(
            matter__procedure=PROCEDURE,
            clock=CLOCK,
            running=True,
            suspended_on=None,
            legal_due__lt=legal_date(at),
        )
        matters = list(over.order_by("matter_id").values_list("matter_id", flat=True))
    return sum(_lapse(matter, at) for matter in matters)


def _lapse(matter_id: int, at: datetime) -> int:
    """One matter in one transaction, under the lock that its acts take."""
    with writing():
        locked(Matter.objects.filter(id=matter_id)).get()
        spoken = Recognition.objects.filter(current=True, item=OuterRef("item"), organisation=OuterRef("receiver"))
        rows = Handover.objects.filter(~Exists(spoken), matter=matter_id, received_at__isnull=False)
        handovers = list(rows.select_related("item", "matter", "receiver").order_by("id"))
        charter = charter_on(legal_date(at))
        standing = standing_of(handovers, charter)
        lapsed = [one for one in handovers if standing[one.item_id].presumed]
        for one in lapsed:
            found = standing[one.item_id]
            record(one, found, charter, event="evidence.lapse", outcome=Outcome.LAPSED, at=at, act=None, by=None)
        return len(lapsed)


def standing_of(handovers: Sequence[Handover], charter: Charter) -> dict[int, Standing]:
    """How each item stands before the city that received it, by the item's id; the number of queries is constant.

    Digests that the receiver found to differ count as nothing required having been met.
    """
    traits = traits_of_all([one.item for one in handovers])
    consents: dict[int, set[str]] = {}
    rows = Consent.objects.filter(item__in=list(traits), organisation__in={one.receiver_id for one in handovers})
    for item, use in rows.values_list("item_id", "use"):
        consents.setdefault(item, set()).add(use)
    return {
        one.item_id: Standing(
            missing=missing(
                charter.evidence.requirements,
                replace(traits[one.item_id], digests_agree=one.digests_agree is not False),
                member=one.receiver.code,
            ),
            refusal=_not_evidence(one, consents.get(one.item_id, set())),
            asked=bool(charter.evidence.requirements),
        )
        for one in handovers
    }


def _not_evidence(handover: Handover, consents: set[str]) -> Refusal | None:
    """Why the item must not serve as evidence, by its own code or the one it was handed over under."""
    codes = {handover.item.handling, handover.matter.handling} - {""}
    found = (allowed(code, Use.AS_EVIDENCE, consents=consents) for code in sorted(codes))
    return next((refusal for refusal in found if refusal is not None), None)


def _require_evidence(handovers: Iterable[Handover], standing: Mapping[int, Standing]) -> None:
    for one in handovers:
        refusal = standing[one.item_id].refusal
        if refusal is not None:
            raise refused_use(one.item, refusal)


def _require_presumed(handovers: Sequence[Handover], standing: Mapping[int, Standing]) -> None:
    problems = []
    for place, one in enumerate(handovers):
        wanted = [need for need in standing[one.item_id].missing if need.level == REQUIRED]
        if one.digests_agree is False:
            said = Said("接收核对时摘要不一致。", "Its digests differed when it was received.")
            problems.append(Problem(f"recognised_items.{place}", "digests_differ", said))
        elif wanted:
            zh, en = "；".join(need.zh for need in wanted), "; ".join(need.en for need in wanted)
            said = Said(f"尚不符合要求：{zh}。", f"It misses: {en}.")
            problems.append(Problem(f"recognised_items.{place}", "requirements_missing", said))
    if problems:
        said = Said(
            "有证据项不符合互认要求，不能推定认可。请逐项审查后以“经审查认可”办理，或者提出异议。",
            "An item misses what is required and cannot be presumed. Recognise it after review, or object.",
        )
        raise Conflict("evidence.not_presumed", said, problems=tuple(problems))


def record(
    handover: Handover,
    standing: Standing,
    charter: Charter,
    *,
    event: str,
    outcome: str,
    at: datetime,
    act: Act | None,
    by: Actor | None,
    ground: str = "",
    reason: str = "",
) -> None:
    """Write down what a city thinks of an item now, in place of what it thought before."""
    item, city = handover.item, handover.receiver
    Recognition.objects.filter(item=item, organisation=city, current=True).update(current=False)
    Recognition.objects.create(
        item=item,
        organisation=city,
        matter=handover.matter,
        act=act,
        outcome=outcome,
        ground=ground,
        kind=item.kind,
        cause=item.cause,
        reason=reason,
        findings=standing.findings,
        charter=charter.digest,
        at=at,
    )
    details: dict[str, str | int | list[str]] = {"charter": charter.digest, "findings": standing.findings}
    if ground:
        details["ground"] = ground
    if act is not None:
        details["seq"] = act.seq
    journal.record(
        event=event,
        at=at,
        by=by,
        organisation=None if by else city,
        subject=item.number,
        matter_uid=handover.matter.uid,
        details=details,
    )
