"""Batch hand-over (批量移送): many cases or leads, each begun as a matter with one city or several, in one go."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from concord.casework import commands
from concord.casework.desk.bulk import COMMON, MOST, Outcome, run, too_many
from concord.casework.models import Case, Matter
from concord.casework.queries import cases_of, no_case, visible_to
from concord.casework.registry import GUARDS, Occasion
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Kind, Organisation
from concord.foundation.organisations.queries import calendar_on, centre, charter_on
from concord.rules import answers as rule_answers
from concord.rules.errors import ConcordError, InvalidInput, NotFound, Problem, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Field, FieldType, Procedure
from concord.rules.procedure.leading import main_act
from concord.rules.procedure.parties import CENTRE_ROLE, choose

# What a case tells the procedures that ask for it.
FROM_CASE: Mapping[str, Callable[[Case], str]] = {
    "case_ref": str,
    "case_stage": lambda case: case.stage,
    "case_number": lambda case: case.number if case.stage == "filed" else "",
    "lead_source": lambda case: case.source,
    "lead_found_date": lambda case: case.found_date.isoformat() if case.found_date else "",
    "party": lambda case: case.party,
    "party_code": lambda case: case.party_code,
    "party_address": lambda case: case.party_address,
    "cause": lambda case: case.cause,
    "right_concerned": lambda case: " ".join(part for part in (case.mark, case.right_number) if part),
    "lead_content": lambda case: case.content,
}
TOLD_OF = "case_ref"
# A page of them with everything that is asked of each stays within what one form may hold.
MOST_CASES = 50


@dataclass(frozen=True, slots=True)
class Way:
    """A way to begin a matter out of a case: ``role`` goes to the other side, by one organisation or by ``many``.

    ``own`` are the fields that each case answers for itself, ``shared`` those answered once for all. ``submission`` is
    the act that then hands the draft to whoever signs, if there is one.
    """

    procedure: Procedure
    rule: ActRule
    role: str
    own: tuple[Field, ...]
    shared: tuple[Field, ...]
    submission: ActRule | None

    @property
    def id(self) -> str:
        """The name that forms and programs choose it by, such as ``lead.draft``."""
        return f"{self.procedure.id}.{self.rule.id}"

    @property
    def many(self) -> bool:
        """Whether several organisations take part in one matter, instead of each in its own."""
        return self.role in self.procedure.many


@dataclass(frozen=True, slots=True)
class Item:
    """One matter to be begun: from which case, with which organisations (codes), with which answers."""

    case: Case
    codes: tuple[str, ...]
    answers: Mapping[str, object]

    @property
    def name(self) -> str:
        """What the item is called in a batch; with the batch's key it is the key of its act."""
        return f"{self.case.uid}-{self.codes[0] if len(self.codes) == 1 else 'many'}"


def offered_from(case: Case, rule: ActRule) -> dict[str, str]:
    """What the case already tells of what the act asks."""
    told = {name: tell(case) for name, tell in FROM_CASE.items() if name in rule.asks}
    return {name: value for name, value in told.items() if value}


def ways(by: Actor, *, on: date) -> list[Way]:
    """The ways in which the actor may begin matters out of cases today, in the charter's order."""
    if by.organisation.kind == Kind.CENTRE:
        return []
    charter = charter_on(on)
    found = (charter.procedure(name, on=on) for name in charter.in_force)
    made = (
        _way(procedure, rule) for procedure in found for rule in procedure.initial_acts() if by.may(rule.permission)
    )
    return [way for way in made if way is not None]


def way_named(name: str, *, by: Actor, on: date) -> Way:
    """The way with this name; NotFound ``casework.no_way``."""
    found = next((way for way in ways(by, on=on) if way.id == name), None)
    if found is None:
        said = Said("请选择一个可以由您从案件发起的程序。", "Choose a procedure that you may begin out of a case.")
        raise NotFound("casework.no_way", said)
    return found


def cases_named(uids: Sequence[UUID], *, by: Actor) -> list[Case]:
    """The cases of one's own organisation with these identifiers, in that order; one query.

    Raises InvalidInput ``casework.too_many_rows``, NotFound ``casework.no_case`` when one of them is not shown.
    """
    if len(set(uids)) > MOST_CASES:
        raise too_many(MOST_CASES)
    found = {case.uid: case for case in cases_of(by).filter(uid__in=list(uids))}
    if len(found) < len(set(uids)):
        raise no_case()
    return [found[uid] for uid in dict.fromkeys(uids)]


def begun_before(cases: Sequence[Case], way: Way, *, by: Actor) -> dict[int, list[Matter]]:
    """The matters of that procedure that were begun from these cases already, by the case's id; one query."""
    rows = visible_to(by).filter(case__in=list(cases), procedure=way.procedure.id).exclude(state="withdrawn")
    found: dict[int, list[Matter]] = {}
    for row in rows.select_related("target").defer("facts", "drafts").order_by("id"):
        found.setdefault(row.case_id or 0, []).append(row)
    return found


def faults(way: Way, items: Sequence[Item], *, by: Actor, at: datetime) -> dict[str, tuple[Problem, ...]]:
    """What is wrong with each item, by its name, before anything is begun; sound items are left out."""
    on = legal_date(at)
    lists, calendar, middle = charter_on(on).code_lists, calendar_on(on), centre()
    known = {row.code: row for row in Organisation.objects.all()}
    found: dict[str, tuple[Problem, ...]] = {}
    for item in items:
        problems: list[Problem] = []
        try:
            parties = choose(
                way.procedure, {way.role: item.codes}, own=by.organisation.code, centre=middle.code, known=known
            )
        except ConcordError as error:
            problems += error.problems or (Problem(way.role, error.code, error.said),)
        try:
            taken = rule_answers.take(way.procedure, way.rule, item.answers, known={}, code_lists=lists)
        except InvalidInput as error:
            problems += error.problems
        if not problems:
            held = {role: tuple(known[code] for code in codes) for role, codes in parties.items()}
            occasion = Occasion(way.procedure, way.rule, None, held, taken, by, at, on, calendar)
            problems += _guarded(way.rule, occasion)
        if problems:
            found[item.name] = tuple(problems)
    return found


def begin_each(
    *,
    way: Way,
    items: Sequence[Item],
    by: Actor,
    at: datetime,
    key: str,
    entropy: bytes,
    submit: bool = False,
    together: bool = False,
) -> list[Outcome]:
    """Begin a matter for every item, and ``submit`` it for signature; each item wholly or not at all.

    ``key`` (at most 30 characters) makes a repeated batch do nothing twice; ``together``: all items or none. Raises
    InvalidInput ``casework.too_many_rows``.
    """
    if len(items) > MOST:
        raise too_many()
    asked = {item.name: item for item in items}

    def do(name: str) -> Matter:
        item, drawn = asked[name], hashlib.sha256(entropy + name.encode()).digest()
        with writing():
            matter = commands.begin(
                procedure=way.procedure.id,
                act=way.rule.id,
                parties={way.role: item.codes},
                answers=item.answers,
                by=by,
                at=at,
                key=f"{key}-{name}",
                entropy=drawn,
                case=item.case,
            )
            if submit and way.submission is not None:
                commands.perform(
                    matter=matter.uid,
                    act=way.submission.id,
                    answers={},
                    by=by,
                    at=at,
                    version=1,
                    key=f"{key}-{name}-s",
                    entropy=hashlib.sha256(drawn).digest(),
                )
        return matter

    return run(list(asked), do, by=by, together=together)


def _way(procedure: Procedure, rule: ActRule) -> Way | None:
    """The way to begin with ``rule``, where one other side is to choose and a case and common answers suffice."""
    roles = [role for role in procedure.roles if role not in {rule.role, CENTRE_ROLE}]
    asked = [procedure.field(name) for name in rule.asks]
    own = tuple(field for field in asked if field.id in FROM_CASE or _of_each(field))
    shared = tuple(field for field in asked if field not in own and field.type in {*COMMON, FieldType.ITEMS})
    left = [field for field in asked if field not in own and field not in shared and not field.optional]
    if len(roles) != 1 or rule.role == CENTRE_ROLE or TOLD_OF not in rule.asks or left:
        return None
    following = [act for act in procedure.possible(rule.to, rule.role) if act.internal and not act.asks]
    return Way(procedure, rule, roles[0], own, shared, main_act(following, procedure))


def _of_each(field: Field) -> bool:
    """A name or sum that has to be given for every case."""
    return not field.optional and field.type in {FieldType.TEXT, FieldType.MONEY, FieldType.INTEGER}


def _guarded(rule: ActRule, occasion: Occasion) -> list[Problem]:
    problems: list[Problem] = []
    for name in rule.guards:
        try:
            GUARDS[name](occasion)
        except ConcordError as error:
            problems += error.problems or (Problem("", error.code, error.said),)
    return problems
