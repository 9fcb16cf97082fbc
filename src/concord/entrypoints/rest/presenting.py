"""From what the queries yield to what the API gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from concord.casework.counting import explained
from concord.casework.definitions import clock_rule, procedure_of, rules_of
from concord.casework.models import Act, ClockRun, Matter, Message, Paper, Participant
from concord.casework.queries import Seen, ShownMatter
from concord.entrypoints.rest import shapes
from concord.foundation.access.actor import Actor
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Organisation
from concord.rules.calendar import Calendar
from concord.rules.charter import Charter
from concord.rules.clocks import Due, remaining
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Field, Procedure, Source

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bilingual(Protocol):
    """Anything with Chinese and English words."""

    @property
    def zh(self) -> str: ...  # noqa: D102  the words themselves

    @property
    def en(self) -> str: ...  # noqa: D102  the words themselves


class Rule(Bilingual, Protocol):
    """A rule with an id."""

    @property
    def id(self) -> str: ...  # noqa: D102  unique among its kind


@dataclass(frozen=True, slots=True)
class Glass:
    """Through which things are looked at: who looks, on which day, with which charter and calendar."""

    by: Actor
    today: date
    charter: Charter
    calendar: Calendar


def words(thing: Bilingual) -> shapes.Words:
    """The words of ``thing``; where nobody gave English ones, the Chinese."""
    return shapes.Words(zh=thing.zh, en=thing.en or thing.zh)


def named(rule: Rule) -> shapes.Named:
    """A rule by its id, in words."""
    return shapes.Named(id=rule.id, zh=rule.zh, en=rule.en)


def organisation_name(organisation: Organisation) -> shapes.OrganisationName:
    """An organisation as other things refer to it."""
    return shapes.OrganisationName(code=organisation.code, zh=organisation.zh, en=organisation.en)


def organisation(row: Organisation) -> shapes.OrganisationShape:
    """An organisation with its hats and contacts."""
    return shapes.OrganisationShape(
        code=row.code,
        kind="member" if row.kind == "member" else "centre",
        zh=row.zh,
        en=row.en,
        mark=row.mark,
        hats=[shapes.HatShape(line=hat.line, zh=hat.zh) for hat in row.hats.all()],
        telephone=row.telephone,
        address=row.address,
    )


def role(name: str, charter: Charter) -> shapes.Named:
    """A role in the words of the charter's list of roles."""
    code = charter.code_lists.get("roles", {}).get(name)
    return shapes.Named(id=name, zh=code.zh if code else name, en=code.en if code else name)


def source(found: Source) -> shapes.SourceShape:
    """A source with its label in words."""
    return shapes.SourceShape(
        id=found.id,
        kind=found.label.value,
        label=words(found.label.said),
        text=found.text,
        proposed=found.proposed,
        confidence=found.confidence,
        law_row=found.law_row,
    )


def field(rule: Field, charter: Charter) -> shapes.FieldShape:
    """A field with everything it may be."""
    codes = charter.code_lists.get(rule.list or "", {})
    return shapes.FieldShape(
        id=rule.id,
        zh=rule.zh,
        en=rule.en,
        type=rule.type.value,
        optional=rule.optional,
        personal=rule.personal,
        act_only=rule.act_only,
        min=rule.min,
        max=rule.max,
        options=[named(option) for option in rule.options],
        codes=[
            shapes.CodeShape(id=code.id, zh=code.zh, en=code.en, meaning=words(code.meaning)) for code in codes.values()
        ],
        of=rule.of,
    )


def procedure_name(procedure: Procedure) -> shapes.ProcedureName:
    """A version of a procedure as other things refer to it."""
    return shapes.ProcedureName(
        id=procedure.id, zh=procedure.zh, en=procedure.en, in_force_from=procedure.in_force_from
    )


def procedure(found: Procedure, charter: Charter) -> shapes.ProcedureShape:
    """A version of a procedure, whole."""
    return shapes.ProcedureShape(
        **procedure_name(found).model_dump(),
        line=found.line.value,
        digest=found.digest,
        title=found.title,
        roles=[role(name, charter) for name in found.roles],
        states=[state(found, one.id) for one in found.states],
        fields=[field(one, charter) for one in found.fields],
        acts=[_act_rule(one) for one in found.acts],
        clocks=[
            shapes.ClockRuleShape(
                id=one.id,
                zh=one.zh,
                en=one.en,
                owner=one.owner,
                limit=one.limit,
                from_instant=one.from_instant,
                until=one.until,
                warn=list(one.warn),
                source=one.source,
            )
            for one in found.clocks
        ],
        papers=[
            shapes.PaperRuleShape(id=one.id, form=one.form, number=one.number, needs=list(one.needs))
            for one in found.papers
        ],
        sources=[source(one) for one in found.sources],
    )


def _act_rule(rule: ActRule) -> shapes.ActRuleShape:
    return shapes.ActRuleShape(
        id=rule.id,
        zh=rule.zh,
        en=rule.en,
        role=rule.role,
        permission=rule.permission,
        initial=rule.initial,
        from_states=list(rule.from_states),
        to=rule.to,
        asks=list(rule.asks),
        internal=rule.internal,
        paper=rule.paper,
        starts=list(rule.starts),
        stops=list(rule.stops),
        while_running=list(rule.while_running),
        guards=list(rule.guards),
        notifies=list(rule.notifies),
        source=rule.source,
    )


def state(procedure: Procedure, name: str) -> shapes.StateShape:
    """A state in words."""
    found = procedure.state(name)
    return shapes.StateShape(id=found.id, zh=found.zh, en=found.en, final=found.final)


def matter_row(row: ShownMatter, glass: Glass, run: ClockRun | None) -> shapes.MatterRow:
    """A matter in a list; ``run`` is its most pressing clock."""
    found = procedure_of(row.procedure_version)
    due = None if row.final else row.next_due
    name = _matter_name(row, found, shown=row.shown_state, by_role=row.role, charter=glass.charter)
    return shapes.MatterRow(
        **name,
        acted_at=EPOCH + timedelta(microseconds=row.sort_key),
        next_due=due,
        days_left=remaining(glass.today, due, glass.calendar) if due else None,
        next_clock=_next_clock(run) if due and run else None,
    )


def _next_clock(run: ClockRun) -> shapes.NextClock:
    rule = clock_rule(run)
    label = source(rules_of(run).source(rule.source)) if rule.source else None
    return shapes.NextClock(id=run.clock, zh=rule.zh, en=rule.en, source=label)


def matter(known: Seen, glass: Glass, *, acted_at: datetime, taking_part: Sequence[Participant]) -> shapes.MatterShape:
    """A matter as the side knows it."""
    row = known.matter
    own_case = row.case if row.case and row.case.organisation_id == glass.by.organisation.id else None
    return shapes.MatterShape(
        **_matter_name(row, known.procedure, shown=known.state, by_role=known.role, charter=glass.charter),
        acted_at=acted_at,
        version=known.version,
        facts=known.facts,
        internal_fields=sorted(row.drafts.get(known.role, {})),
        parties=[
            shapes.Party(
                role=role(one.role, glass.charter),
                organisation=organisation_name(one.organisation),
                joined_at=one.joined_at,
                awaited=one.awaited,
            )
            for one in taking_part
        ],
        case=shapes.CaseName(uid=own_case.uid, number=own_case.number, name=own_case.name) if own_case else None,
    )


def _matter_name(row: Matter, found: Procedure, *, shown: str, by_role: str, charter: Charter) -> dict[str, Any]:
    return {
        "number": row.number,
        "uid": row.uid,
        "title": row.title or row.number,
        "procedure": procedure_name(found),
        "state": state(found, shown),
        "role": role(by_role, charter),
        "origin": organisation_name(row.origin),
        "target": organisation_name(row.target) if row.target else None,
        "holder": organisation_name(row.holder) if row.holder else None,
        "outcome": row.outcome,
        "begun_at": row.begun_at,
    }


def act(row: Act, found: Procedure, number: str) -> shapes.ActShape:
    """An act with what it told, attached and issued."""
    issued: Paper | None = getattr(row, "paper", None)
    return shapes.ActShape(
        matter=number,
        seq=row.seq,
        act=named(found.act(row.act)),
        role=row.role,
        organisation=organisation_name(row.organisation),
        person=words(row.person),
        at=row.at,
        to_state=row.to_state,
        internal=row.internal,
        answers=row.answers,
        answers_digest=row.answers_digest,
        files=[
            shapes.AttachedFile(**file(attached.file).model_dump(), field=attached.field)
            for attached in row.attachments.all()
        ],
        paper=paper(issued, row.organisation) if issued else None,
    )


def file(row: File) -> shapes.FileShape:
    """A file."""
    return shapes.FileShape(uid=row.uid, name=row.name, size=row.size, digest=row.digest, media_type=row.media_type)


def paper(row: Paper, issuer: Organisation) -> shapes.PaperShape:
    """A paper of ``issuer``."""
    return shapes.PaperShape(
        uid=row.uid,
        kind=row.kind,
        form=row.form,
        number=row.number,
        organisation=organisation_name(issuer),
        issued_at=row.issued_at,
        size=row.file.size,
        digest=row.file.digest,
        letter_digest=row.letter_digest,
    )


def possible_act(rule: ActRule, known: Seen, charter: Charter) -> shapes.PossibleAct:
    """An act that may be done now, with what it asks and what is already known."""
    return shapes.PossibleAct(
        id=rule.id,
        zh=rule.zh,
        en=rule.en,
        permission=rule.permission,
        to=rule.to,
        internal=rule.internal,
        paper=rule.paper,
        asks=[
            shapes.AskedField(**field(known.procedure.field(name), charter).model_dump(), known=known.facts.get(name))
            for name in rule.asks
        ],
    )


def clock(run: ClockRun, glass: Glass) -> shapes.ClockShape:
    """A clock of a matter, explained under the rule it started under."""
    found, rule = rules_of(run), clock_rule(run)
    return shapes.ClockShape(
        id=run.clock,
        zh=rule.zh,
        en=rule.en,
        owner=organisation_name(run.owner),
        limit=run.limit,
        source=source(found.source(rule.source)) if rule.source else None,
        start_date=run.start_date,
        started_at=run.started_at,
        nominal=run.nominal,
        legal_due=run.legal_due,
        safe_due=run.safe_due,
        due_at=run.due_at,
        suspended_on=run.suspended_on,
        extensions=run.extensions,
        exclusions=[shapes.Excluded(first=first, last=last) for first, last in run.exclusions],
        provisional=run.provisional,
        running=run.running,
        days_left=remaining(glass.today, run.legal_due, glass.calendar) if run.running else None,
        ended_at=run.ended_at,
        ended_by=run.ended_by or None,
        steps=steps(explained(run, glass.calendar)),
    )


def steps(due: Due) -> list[shapes.StepShape]:
    """The explanation of a count, line by line."""
    return [
        shapes.StepShape(date=step.date, counted=step.counted, ordinal=step.ordinal, said=words(step.said))
        for step in due.steps
    ]


def message(row: Message, found: Procedure) -> shapes.MessageShape:
    """A message with its receipts."""
    return shapes.MessageShape(
        seq=row.act.seq,
        act=named(found.act(row.act.act)),
        sender=organisation_name(row.sender),
        receiver=organisation_name(row.receiver),
        submitted_at=row.submitted_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        read_by=words(row.read_by) if row.read_by else None,
        answered_at=row.answered_at,
    )
