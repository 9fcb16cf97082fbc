"""Bulk acts: the same act in many matters at once, each row its own act with its own key."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q

from concord.casework import commands
from concord.casework.definitions import procedure_followed
from concord.casework.desk import assigning, reminding
from concord.casework.models import Act, Matter, Participant
from concord.casework.queries import Seen, no_matter, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.organisations.queries import charter_on
from concord.rules import answers as rule_answers
from concord.rules.errors import ConcordError, Conflict, InvalidInput, NotFound, Problem, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Field, FieldType, Procedure, refusals, rounds
from concord.rules.procedure.leading import drafting_acts, is_grave, main_act

MOST = 100
# What can sensibly be answered once for many matters; names, numbers, sums, lists and files belong to one.
COMMON = frozenset(
    {
        FieldType.LONGTEXT,
        FieldType.CHOICE,
        FieldType.CODE,
        FieldType.DATE,
        FieldType.DATETIME,
        FieldType.ORGANISATION,
        FieldType.PERSON,
    }
)
SIGNING_GUARD = "casework.signer_is_not_drafter"


@dataclass(frozen=True, slots=True)
class Offer:
    """An act that some of the chosen matters allow; ``ids`` (``lead.issue``) are the acts with these words and fields.

    ``numbers`` are the matters in which it is possible.
    """

    procedure: Procedure
    rule: ActRule
    fields: tuple[Field, ...]
    ids: frozenset[str]
    numbers: tuple[str, ...]

    @property
    def id(self) -> str:
        """The name that forms and programs choose it by."""
        return f"{self.procedure.id}.{self.rule.id}"


@dataclass(frozen=True, slots=True)
class Line:
    """What an act would do in one matter: where ``refusal`` is None, it leads to the state of ``rule``."""

    known: Seen
    rule: ActRule | None
    refusal: ConcordError | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is asked for: the matter, the version it was seen in, and the key that makes it one act."""

    number: str
    version: int
    key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one row: the matter it stands for, or why nothing was done; ``name`` is what it was asked by."""

    name: str
    matter: Matter | None
    error: ConcordError | None


def looked_at(numbers: Sequence[str], *, by: Actor, on: date) -> dict[str, Seen]:
    """The matters with these numbers as ``by`` sees them, in that order; a fixed number of queries for all.

    Those that are not shown are left out. Raises InvalidInput ``casework.too_many_rows`` beyond ``MOST``.
    """
    if len(numbers) > MOST:
        raise too_many()
    related = ("procedure_version", "origin", "target", "holder")
    found = visible_to(by).filter(number__in=list(numbers)).select_related(*related).defer("procedure_version__text")
    rows = {row.number: row for row in found}
    matters = list(rows.values())
    known_acts = Act.objects.filter(matter__in=matters).filter(Q(internal=False) | Q(organisation=by.organisation))
    last = dict(known_acts.order_by().values_list("matter_id").annotate(last=Max("seq")))
    taking_part: dict[int, list[Participant]] = {}
    for one in Participant.objects.filter(matter__in=matters).select_related("organisation"):
        taking_part.setdefault(one.matter_id, []).append(one)
    procedures = {row.id: procedure_followed(row, on=on) for row in matters}
    several = [row for row in matters if procedures[row.id].many]
    told: dict[int, list[rounds.Told]] = {}
    for act in Act.objects.filter(matter__in=several, internal=False).order_by("matter_id", "seq"):
        told.setdefault(act.matter_id, []).append((act.act, act.organisation_id, act.from_state, act.to_state))
    made: dict[str, Seen] = {}
    for number in dict.fromkeys(numbers):
        row = rows.get(number)
        if row is not None:
            procedure = procedures[row.id]
            state = row.state if row.inner_role in {"", row.role} else row.outer_state
            parties = {
                role: tuple(one.organisation for one in taking_part[row.id] if one.role == role)
                for role in procedure.roles
            }
            possible = procedure.possible(state, row.role)
            made[number] = Seen(
                matter=row,
                procedure=procedure,
                role=row.role,
                state=state,
                version=last.get(row.id, 0),
                facts={**row.facts, **row.drafts.get(row.role, {})},
                parties=parties,
                done=rounds.done_already(procedure, possible, told.get(row.id, []), by.organisation.id),
                awaited=frozenset(one.organisation_id for one in taking_part[row.id] if one.awaited),
                joined=tuple(one for one in taking_part[row.id] if one.joined_at is not None),
            )
    return made


def offers(rows: Iterable[Seen], by: Actor) -> list[Offer]:
    """The acts possible in at least one of the matters whose questions can be answered once.

    What brings most of them on comes first, what ends or refuses last.
    """
    groups: dict[tuple[str, str, tuple[Field, ...]], list[tuple[Seen, ActRule]]] = {}
    leading: Counter[str] = Counter()
    for known in rows:
        possible = known.possible(by)
        following = main_act(possible, known.procedure) if known.turn_of(by.organisation) else None
        leading.update([following.id] if following else [])
        for rule in possible:
            if is_common(known.procedure, rule):
                groups.setdefault((rule.id, rule.zh, asked_together(known.procedure, rule)), []).append((known, rule))
    made = [
        Offer(
            procedure=together[0][0].procedure,
            rule=together[0][1],
            fields=fields,
            ids=frozenset(f"{known.procedure.id}.{rule.id}" for known, rule in together),
            numbers=tuple(known.matter.number for known, _ in together),
        )
        for (_, _, fields), together in groups.items()
    ]
    return sorted(made, key=lambda one: (-leading[one.rule.id], is_grave(one.rule, one.procedure), -len(one.numbers)))


def offer_named(name: str, rows: Iterable[Seen]) -> Offer:
    """The act with this name (``lead.issue``), possible or not by now; NotFound where no matter's procedure has it."""
    for known in rows:
        rule = next((rule for rule in known.procedure.acts if f"{known.procedure.id}.{rule.id}" == name), None)
        if rule is not None and is_common(known.procedure, rule):
            return Offer(known.procedure, rule, asked_together(known.procedure, rule), frozenset({name}), ())
    said = Said(
        "选中的事项不能一起这样办理，请重新选择。", "The chosen matters cannot be done so at once; choose again."
    )
    raise NotFound("casework.no_act", said)


def require_answers(offer: Offer, answers: Mapping[str, object], *, on: date) -> None:
    """Refuse answers that no row could take: InvalidInput ``answers.invalid`` with every problem."""
    rule_answers.take(offer.procedure, offer.rule, answers, known={}, code_lists=charter_on(on).code_lists)


def asked_together(procedure: Procedure, rule: ActRule) -> tuple[Field, ...]:
    """The fields of an act that are answered once for all."""
    return tuple(field for field in map(procedure.field, rule.asks) if field.type in COMMON)


def is_common(procedure: Procedure, rule: ActRule) -> bool:
    """Whether an act's questions can be answered once for many: whatever else it asks is optional, and no command's."""
    others = [field for field in map(procedure.field, rule.asks) if field.type not in COMMON]
    return rule.handled_by is None and all(field.optional for field in others)


def lines(rows: Sequence[Seen], wanted: Offer, by: Actor) -> list[Line]:
    """What the act would do in each matter, or why it cannot; one query for all."""
    matters = [known.matter for known in rows]
    written = Act.objects.filter(matter__in=matters, person=by.person).values_list("matter_id", "act")
    own: dict[int, set[str]] = {}
    for matter, act in written.order_by():
        own.setdefault(matter, set()).add(act)
    return [_line(known, wanted, by, own.get(known.matter.id, set())) for known in rows]


def _line(known: Seen, wanted: Offer, by: Actor, own: set[str]) -> Line:
    rule = next((rule for rule in known.procedure.acts if rule.id == wanted.rule.id), None)
    if rule is None or asked_together(known.procedure, rule) != wanted.fields:
        return Line(known, None, refusals.no_act(known.procedure, wanted.rule.zh))
    refusal: ConcordError | None = None
    kept = [name for name in rule.asks if name in known.facts and known.procedure.field(name).type not in COMMON]
    if rule.role != known.role or not by.may(rule.permission):
        refusal = refusals.may_not(rule)
    elif rule.initial or known.state not in rule.from_states:
        refusal = refusals.not_in_state(rule)
    elif rule.id in known.done:
        refusal = refusals.done_already(rule)
    elif kept or not is_common(known.procedure, rule):
        refusal = _on_its_own(rule)
    elif SIGNING_GUARD in rule.guards and own & set(drafting_acts(known.procedure, rule)):
        refusal = refusals.signer_drafted()
    return Line(known, rule, refusal)


def perform_each(
    *,
    act: str,
    rows: Sequence[Row],
    answers: Mapping[str, object],
    by: Actor,
    at: datetime,
    entropy: bytes,
    together: bool = False,
) -> list[Outcome]:
    """Do the act in every matter of ``rows``; each is an act of its own, and a row repeated under its key does nothing.

    ``together``: all in one transaction, or none. Raises InvalidInput ``casework.too_many_rows``.
    """
    seen_now = looked_at([row.number for row in rows], by=by, on=legal_date(at))
    asked = {row.number: row for row in rows}

    def do(number: str) -> Matter:
        row, known = asked[number], seen_now.get(number)
        if known is None:
            raise no_matter()
        done = commands.perform(
            matter=known.matter.uid,
            act=act,
            answers=answers,
            by=by,
            at=at,
            version=row.version,
            key=row.key,
            entropy=hashlib.sha256(entropy + number.encode()).digest(),
        )
        return done.matter

    return run(_in_order(seen_now, list(asked)), do, by=by, together=together)


def assign_each(
    *,
    numbers: Sequence[str],
    handler: int | None,
    department: int | None,
    by: Actor,
    at: datetime,
    together: bool = False,
) -> list[Outcome]:
    """Give every one of the matters to the post or department; as ``assigning.assign`` for each of them."""
    seen_now = looked_at(numbers, by=by, on=legal_date(at))

    def do(number: str) -> Matter:
        if number not in seen_now:
            raise no_matter()
        uid = seen_now[number].matter.uid
        return assigning.assign(matter=uid, handler=handler, department=department, by=by, at=at).matter

    return run(_in_order(seen_now, list(dict.fromkeys(numbers))), do, by=by, together=together)


def remind_each(*, numbers: Sequence[str], text: str, by: Actor, at: datetime, together: bool = False) -> list[Outcome]:
    """Remind those whose turn it is in every one of the matters; as ``reminding.remind`` for each of them."""
    seen_now = looked_at(numbers, by=by, on=legal_date(at))

    def do(number: str) -> Matter:
        if number not in seen_now:
            raise no_matter()
        reminding.remind(matter=seen_now[number].matter.uid, text=text, by=by, at=at)
        return seen_now[number].matter

    return run(_in_order(seen_now, list(dict.fromkeys(numbers))), do, by=by, together=together)


def run(names: Sequence[str], do: Callable[[str], Matter], *, by: Actor, together: bool) -> list[Outcome]:
    """What ``do`` comes to for each name; ``together`` undoes everything when one of them is refused."""
    if not together:
        return [_outcome(name, do) for name in names]
    found: list[Outcome] = []
    try:
        with writing():
            # Every row is locked before the first act takes a number, so that two at once do not wait for each other.
            list(locked(visible_to(by)).filter(number__in=list(names)).order_by("id").values_list("id"))
            found = [_outcome(name, do) for name in names]
            _require_all(found)
    except _UndoneError:
        return [one if one.error else Outcome(one.name, None, None) for one in found]
    return found


class _UndoneError(Exception):
    """Takes a whole transaction back; never leaves this module."""


def _require_all(found: Sequence[Outcome]) -> None:
    if any(one.error for one in found):
        raise _UndoneError


def _outcome(name: str, do: Callable[[str], Matter]) -> Outcome:
    try:
        return Outcome(name, do(name), None)
    except ConcordError as error:
        return Outcome(name, None, error)


def _in_order(seen_now: Mapping[str, Seen], numbers: Sequence[str]) -> list[str]:
    """Matters of one procedure one after another, so that series of numbers are always taken in the same order."""
    place = {number: (seen_now[number].matter.procedure, seen_now[number].matter.id) for number in seen_now}
    return sorted(numbers, key=lambda number: place.get(number, ("", 0)))


def too_many(most: int = MOST) -> InvalidInput:
    """The error for more rows than are taken at once."""
    said = Said(f"一次最多选择 {most} 件，请分几次办理。", f"Choose at most {most} at once; do the rest in another go.")
    return InvalidInput("casework.too_many_rows", said, problems=(Problem("matters", "too_many", said),))


def _on_its_own(rule: ActRule) -> Conflict:
    return Conflict(
        "casework.not_in_bulk",
        Said(
            f"“{rule.zh}”在本事项中要逐件填写，请打开事项单独办理。",
            f"“{rule.en}” asks things of this matter alone; open the matter and do it there.",
        ),
    )
