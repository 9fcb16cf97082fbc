"""The acts: begin a matter, perform an act. Every change of a matter is one of these calls."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from concord.casework import clocks, effects, letters, numbers, queries
from concord.casework.answering import resolved
from concord.casework.bearing import Turn
from concord.casework.definitions import version_in_force, version_with
from concord.casework.models import Act, Case, Matter, Paper, Participant
from concord.casework.queries import READ, Parties, Seen, no_case, no_matter, seen, visible_to
from concord.casework.registry import FOLLOWERS, GUARDS, HANDLERS, Occasion
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import calendar_on, centre, charter_on
from concord.rules import answers as rule_answers
from concord.rules.canonical import JSON, canonical_json
from concord.rules.errors import ConcordError, InvalidInput
from concord.rules.identifiers import uuid7
from concord.rules.numbering import matter_number
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure, refusals, rounds
from concord.rules.procedure.parties import CENTRE_ROLE, Named, choose, codes_of

SERIES_OF_MATTERS = "matter"


@dataclass(frozen=True, slots=True)
class Asked:
    """One act as it was asked for. ``key`` makes a repeated request the same act; ``entropy`` seeds identifiers."""

    act: str
    answers: Mapping[str, object]
    by: Actor
    at: datetime
    key: str
    entropy: bytes

    def digest(self, where: str) -> str:
        """What a repeated key is compared with: the same act, at the same place, with the same answers."""
        said = {"act": self.act, "where": where, "answers": repr(sorted(self.answers.items()))}
        return hashlib.sha256(canonical_json(said)).hexdigest()


def begin(
    *,
    procedure: str,
    act: str,
    parties: Named,
    answers: Mapping[str, object],
    by: Actor,
    at: datetime,
    key: str,
    entropy: bytes,
    case: Case | None = None,
) -> Matter:
    """Begin a matter with an initial act (起草); ``parties`` names the organisations' codes per role (a text is one).

    ``key`` is unique per organisation: the same request again returns the matter it made. ``entropy``: 32 random bytes.
    Raises NotFound, NotAllowed, InvalidInput (all problems at once), Conflict ``casework.key_reused``.
    """
    if case is not None and case.organisation_id != by.organisation.id:
        raise no_case()
    asked = Asked(act=act, answers=answers, by=by, at=at, key=key, entropy=entropy)
    where = f"{procedure}:{sorted(codes_of(parties).items())}:{case.uid if case else ''}"
    try:
        return _begin(procedure, parties, case, asked, asked.digest(where))
    except (IntegrityError, ConcordError) as refused:
        return _done_before(asked, asked.digest(where), refused).matter


def perform(
    *,
    matter: UUID,
    act: str,
    answers: Mapping[str, object],
    by: Actor,
    at: datetime,
    version: int,
    key: str,
    entropy: bytes,
) -> Act:
    """Do one act of a matter: one transaction, one journal entry, one act or none.

    ``version`` is the last act the actor's side has seen; if someone acted since, Stale ``casework.stale``.
    ``key`` as in ``begin``. Raises NotFound, NotAllowed, Conflict, InvalidInput; nothing is changed then.
    """
    asked = Asked(act=act, answers=answers, by=by, at=at, key=key, entropy=entropy)
    digest = asked.digest(str(matter))
    try:
        return _perform(matter, version, asked, digest)
    except (IntegrityError, ConcordError) as refused:
        return _done_before(asked, digest, refused)


def _begin(procedure_id: str, parties: Named, case: Case | None, asked: Asked, digest: str) -> Matter:
    by, at = asked.by, asked.at
    today = legal_date(at)
    with writing():
        middle = centre()
        series = numbers.lock_series(organisation=middle, kind=SERIES_OF_MATTERS, year=today.year)
        version, procedure = version_in_force(procedure_id, on=today)
        rule = _rule(procedure, asked.act)
        if not rule.initial:
            raise refusals.not_in_state(rule)
        if not by.may(rule.permission) or not by.may(READ):
            raise refusals.may_not(rule)
        try:
            organisations = _organisations(procedure, parties, by, middle)
        except InvalidInput as wrong:
            raise _with_answers_problems(wrong, procedure, rule, asked) from None
        matter = Matter.objects.create(
            uid=uuid7(at, asked.entropy[:10]),
            number=str(matter_number(charter_on(today).id.upper(), today.year, numbers.take_number(series))),
            procedure_version=version,
            procedure=procedure.id,
            title="",
            state="",
            outer_state="",
            origin=by.organisation,
            target=_target(procedure, organisations),
            case=case,
            begun_at=at,
            acted_at=at,
        )
        Participant.objects.bulk_create(
            Participant(matter=matter, role=role, organisation=organisation)
            for role, held_by in organisations.items()
            for organisation in held_by
        )
        effects.show(matter, rule.role, by.organisation, at=at)
        known = Seen(
            matter=matter, procedure=procedure, role=rule.role, state="", version=0, facts={}, parties=organisations
        )
        _do(known, rule, asked, digest)
        return matter


def _perform(uid: UUID, version: int, asked: Asked, digest: str) -> Act:
    with writing():
        rows = visible_to(asked.by).select_related("procedure_version")
        row = locked(rows.defer("procedure_version__text")).filter(uid=uid).first()
        if row is None:
            raise no_matter()
        known = seen(row, role=row.role, by=asked.by, on=legal_date(asked.at))
        if known.version != version:
            raise refusals.stale()
        rule = _rule(known.procedure, asked.act)
        _require_possible(known, rule, asked.by)
        return _do(known, rule, asked, digest)


def _do(known: Seen, rule: ActRule, asked: Asked, digest: str) -> Act:
    """Write one act and everything that follows from it; the caller holds the transaction and the lock."""
    matter, procedure, at = known.matter, known.procedure, asked.at
    today = legal_date(at)
    charter, calendar = charter_on(today), calendar_on(today)
    clocks.require_running(matter, procedure, rule, by=asked.by.organisation, at=at)
    taken = rule_answers.take(procedure, rule, asked.answers, known=known.facts, code_lists=charter.code_lists)
    files = resolved(procedure, rule, taken, by=asked.by, matter=matter if known.version else None)
    occasion = Occasion(
        procedure=procedure,
        act=rule,
        matter=matter if known.version else None,
        parties=known.parties,
        answers=taken,
        by=asked.by,
        at=at,
        today=today,
        calendar=calendar,
    )
    for name in rule.guards:
        GUARDS[name](occasion)
    moved = matter.procedure_version.digest != procedure.digest
    if moved:
        matter.procedure_version = version_with(procedure.digest)
    own = asked.by.organisation
    holders = [one.id for one in known.parties[rule.role]]
    done = rounds.as_done(procedure, rule, queries.told(matter, procedure), holders, own.id)
    act = _written(known, done, asked, taken, digest)
    before = (matter.facts, matter.drafts)
    released = effects.fold(matter, procedure, rule, taken, at=at)
    effects.attach(act, files, released)
    effects.move(matter, done, known)
    facts = {**known.facts, **taken}
    turn = Turn(matter, procedure, done, facts, known.parties, own, calendar, at)
    changed = clocks.apply(turn)
    paper = None
    if rule.paper:
        paper = letters.issue(act, known, changed.started, charter=charter, by=asked.by, entropy=asked.entropy)
    waiting = effects.settle(matter, procedure, known)
    sides = effects.join(matter, procedure, rule, known.parties, at)
    joined = any(not side.state for side in sides)
    effects.place(act, rule, known, sides, waiting=waiting, ends=changed.ends)
    receivers = effects.send(act, known.parties, sides)
    if rule.handled_by:
        HANDLERS[rule.handled_by](act, occasion)
    _record(act, asked.by, changed, paper, version=procedure.digest if moved else None)
    effects.tell(act, procedure, rule, known.parties, receivers)
    if taken or paper or joined or before != (matter.facts, matter.drafts):
        for follow in FOLLOWERS:
            follow(act, known.parties, sides)
    return act


def _written(known: Seen, rule: ActRule, asked: Asked, taken: dict[str, JSON], digest: str) -> Act:
    """The act's row; its states are those that the acting side knows."""
    return Act.objects.create(
        matter=known.matter,
        seq=known.matter.version + 1,
        act=rule.id,
        role=rule.role,
        person=asked.by.person,
        post=asked.by.post,
        organisation=asked.by.organisation,
        at=asked.at,
        from_state=known.state,
        to_state=rule.to or known.state,
        internal=rule.internal,
        answers=taken,
        answers_digest=hashlib.sha256(canonical_json(taken)).hexdigest(),
        key=asked.key,
        key_digest=digest,
    )


def _record(act: Act, by: Actor, changed: clocks.Changed, paper: Paper | None, *, version: str | None) -> None:
    """The journal's entry of the act: states, digests, clocks, the paper's number; no free text.

    ``version`` is the digest of the procedure version that the matter went over to with this act.
    """
    details: dict[str, str | int | list[str]] = {
        "seq": act.seq,
        "from": act.from_state,
        "to": act.to_state,
        "answers": act.answers_digest,
    }
    details.update(changed.said())
    if version is not None:
        details["procedure"] = version
    if paper is not None:
        details |= {"paper": paper.number, "paper.digest": paper.file.digest, "letter.digest": paper.letter_digest}
    journal.record(
        event=f"{act.matter.procedure}.{act.act}",
        at=act.at,
        by=by,
        subject=act.matter.number,
        matter_uid=act.matter.uid,
        internal=act.internal,
        details=details,
    )


def _organisations(
    procedure: Procedure, named: Named, by: Actor, middle: Organisation
) -> dict[str, tuple[Organisation, ...]]:
    """The organisations of every role: the beginner's own, the centre's, and those named by code."""
    codes = {code for codes in codes_of(named).values() for code in codes}
    known = {row.code: row for row in (by.organisation, middle, *Organisation.objects.filter(code__in=codes))}
    parties = choose(procedure, named, own=by.organisation.code, centre=middle.code, known=known)
    return {role: tuple(known[code] for code in chosen) for role, chosen in parties.items()}


def _target(procedure: Procedure, parties: Parties) -> Organisation | None:
    """The organisation that a matter goes to; None where there is no other side, or several organisations are it."""
    others = [role for role in procedure.roles if role not in {procedure.initiating_role, CENTRE_ROLE}]
    first = parties[others[0]] if others else ()
    return first[0] if len(first) == 1 else None


def _with_answers_problems(wrong: InvalidInput, procedure: Procedure, rule: ActRule, asked: Asked) -> InvalidInput:
    """``wrong`` with whatever the answers lack too, so that everything is told at once."""
    lists = charter_on(legal_date(asked.at)).code_lists
    try:
        rule_answers.take(procedure, rule, asked.answers, known={}, code_lists=lists)
    except InvalidInput as more:
        return InvalidInput(wrong.code, wrong.said, problems=(*wrong.problems, *more.problems))
    return wrong


def _done_before(asked: Asked, digest: str, refused: Exception) -> Act:
    """The act that the same key has already done, which is why it was refused this time; else raises ``refused``.

    Raises Conflict ``casework.key_reused`` when the key did another request.
    """
    done = Act.objects.select_related("matter").filter(organisation=asked.by.organisation, key=asked.key).first()
    if done is None:
        journal.record_refusal(refused, act=asked.act, by=asked.by, at=asked.at)
        raise refused
    if done.key_digest != digest:
        raise refusals.key_reused() from None
    return done


def _rule(procedure: Procedure, act: str) -> ActRule:
    rule = next((rule for rule in procedure.acts if rule.id == act), None)
    if rule is None:
        raise refusals.no_act(procedure, act)
    return rule


def _require_possible(known: Seen, rule: ActRule, by: Actor) -> None:
    if rule.role != known.role or not by.may(rule.permission):
        raise refusals.may_not(rule)
    if rule.initial or known.state not in rule.from_states:
        raise refusals.not_in_state(rule)
    if rule.id in known.done:
        raise refusals.done_already(rule)
