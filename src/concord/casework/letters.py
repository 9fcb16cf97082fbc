"""Papers of acts: the number is taken, the letter set as PDF/A and stored, all inside the act's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.db.models import prefetch_related_objects

from concord.casework import numbers
from concord.casework.models import Act, Attachment, ClockRun, Paper
from concord.casework.papers import Contact, Letter, Template, digest, template_in, typeset, word
from concord.casework.papers.letter import spoken
from concord.casework.queries import Parties, Seen
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.files import commands as files
from concord.foundation.organisations.models import Kind, Organisation, Person
from concord.foundation.organisations.queries import official_name, texts_of
from concord.rules import numbering
from concord.rules.canonical import JSON
from concord.rules.charter import Charter
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.identifiers import uuid7
from concord.rules.law import applicable_to
from concord.rules.limits import Unit, parse_limit
from concord.rules.procedure import FieldType, PaperRule, Procedure, SourceLabel
from concord.rules.procedure.parties import CENTRE_ROLE

SHORT_DIGEST = 12
LAW = "cn"
COMMON_SUPERIOR = "common_superior"
# Per type of field, how a letter of an act tells of the things that another app keeps: a line for each, parts set apart
# by bars, as the tables of papers take them.
TELLERS: dict[FieldType, Callable[[Act, Sequence[str]], Sequence[str]]] = {}


def issue(act: Act, known: Seen, started: Sequence[ClockRun], *, charter: Charter, by: Actor, entropy: bytes) -> Paper:
    """Issue the paper that ``act`` names: take its number, typeset and store it.

    Raises InvalidInput ``casework.paper_needs`` for missing facts, ``casework.no_common_superior`` and
    ``paper.missing_glyph`` for a character that no font has; the act is then not done and no number is used.
    """
    procedure = known.procedure
    rule = procedure.paper(procedure.act(act.act).paper or "")
    matter = act.matter
    _require_facts(procedure, rule, {**matter.facts, **act.answers})
    year = legal_date(act.at).year
    series = numbers.lock_series(organisation=by.organisation, kind=rule.id, year=year)
    n = numbers.take_number(series)
    number = numbering.render(rule.number, mark=by.organisation.mark, year=year, n=n)
    letter = _letter(act, known, rule, number, started, charter=charter, by=by)
    template = _template(charter.digest, procedure.id, rule.id)
    made = typeset(letter, template=template, fonts=settings.FONTS)
    file = files.store(content=made.pdf, name=f"{number}.pdf", by=by, at=act.at, uid=uuid7(act.at, entropy[10:20]))
    return Paper.objects.create(
        uid=uuid7(act.at, entropy[20:30]),
        matter=matter,
        act=act,
        kind=rule.id,
        form=rule.form,
        organisation=by.organisation,
        number=number,
        year=year,
        n=n,
        letter=spoken(letter),
        letter_digest=digest(letter),
        template_digest=made.template_digest,
        charter_digest=charter.digest,
        engine=made.engine,
        file=file,
        issued_at=act.at,
    )


def word_copy(paper: Paper) -> bytes:
    """The convenience copy as DOCX, made from the letter's stored facts and the templates it was issued with."""
    letter = letter_of(paper)
    template = _template(paper.charter_digest, paper.matter.procedure, paper.kind)
    return word(letter, template=template, fonts=settings.FONTS)


def letter_of(paper: Paper) -> Letter:
    """The letter as it was issued."""
    return Letter.from_spoken(paper.letter)


@lru_cache(maxsize=256)
def _template(charter_digest: str, procedure: str, kind: str) -> Template:
    """The alliance's own template of a paper, else the national one."""
    texts = texts_of(charter_digest)
    name = f"papers/{procedure}/{kind}.typ"
    own = (path for path in texts if path.partition("/")[2] == name and not path.startswith(f"{LAW}/"))
    return template_in(texts, next(own, f"{LAW}/{name}"))


def _letter(
    act: Act,
    known: Seen,
    rule: PaperRule,
    number: str,
    started: Sequence[ClockRun],
    *,
    charter: Charter,
    by: Actor,
) -> Letter:
    procedure = known.procedure
    facts = {**act.matter.facts, **act.answers}
    limit = _statutory_limit(procedure, started)
    drafter = _drafter(act, procedure)
    earlier = Paper.objects.filter(matter=act.matter).exclude(organisation=by.organisation).order_by("-id").first()
    taking_part = [one for held_by in known.parties.values() for one in held_by]
    prefetch_related_objects([by.organisation, *taking_part], "hats")
    addressing = _Addressing(procedure, known.parties, facts, charter)
    return Letter(
        form=rule.form,
        kind=rule.id,
        number=number,
        sender=official_name(by.organisation, procedure.line),
        addressee=addressing.name(rule.to or _other_side(act, procedure)),
        issued_date=legal_date(act.at),
        title=rule.form.split("（")[0],
        facts=_told(act, procedure, facts),
        labels=_labels(procedure, facts, charter),
        limit_days=parse_limit(limit.limit).n if limit and _in_working_days(limit) else None,
        due_date=limit.legal_due if limit else None,
        contact=Contact(person=drafter.zh, telephone=drafter.telephone, address=by.organisation.address),
        signed_by=by.person.zh,
        copies=tuple(name for wanted in rule.copies if (name := addressing.name(wanted))),
        attachments=tuple(_attached(act)),
        reference=earlier.number if earlier else None,
        parties={role: addressing.name(role) for role in procedure.roles},
        law=_law(act, facts, charter),
    )


def _law(act: Act, facts: Mapping[str, JSON], charter: Charter) -> tuple[str, ...]:
    """The substantive articles that apply, as a paper cites them; none where the facts name no cause."""
    day, begun_on = legal_date(act.at), legal_date(act.matter.begun_at)
    found = applicable_to(charter.laws, facts, measured_on=day, begun_on=begun_on)
    return tuple(one.citation for one in found.substantive) if found else ()


@dataclass(frozen=True, slots=True)
class _Addressing:
    """Finds the official names of those whom papers go to, in the procedure's line."""

    procedure: Procedure
    parties: Parties
    facts: Mapping[str, JSON]
    charter: Charter

    def name(self, wanted: str) -> str:
        """The name that a role, a field or ``common_superior`` stands for; several organisations are joined by 、."""
        if wanted == COMMON_SUPERIOR:
            return self._common_superior()
        if wanted in self.parties:
            return "、".join(official_name(one, self.procedure.line) for one in self.parties[wanted])
        value = str(self.facts.get(wanted) or "")
        if self.procedure.field(wanted).type is FieldType.ORGANISATION:
            found = Organisation.objects.filter(code=value).first()
            return official_name(found, self.procedure.line) if found else ""
        return value

    def _common_superior(self) -> str:
        """The lowest authority above every member that takes part."""
        members = [one for held_by in self.parties.values() for one in held_by if one.kind == Kind.MEMBER]
        codes = [one.code for one in members]
        superior = self.charter.common_superior_of(codes, self.procedure.line) if len(codes) > 1 else None
        if superior is None:
            said = Said(
                "章程中没有各方共同的上一级机关，无法确定主送机关。请改为直接向有权机关报请。",
                "The charter knows no common superior of the parties, so the letter has no addressee. "
                "Turn to the competent authority directly.",
            )
            raise InvalidInput("casework.no_common_superior", said)
        return superior.name


def _statutory_limit(procedure: Procedure, started: Sequence[ClockRun]) -> ClockRun | None:
    """The statutory clock that the act starts; one in working days before others."""
    law = [
        run
        for run in started
        if run.limit
        and (source := procedure.clock(run.clock).source)
        and procedure.label_of(source) is SourceLabel.STATUTORY
    ]
    return next((run for run in law if _in_working_days(run)), law[0] if law else None)


def _in_working_days(run: ClockRun) -> bool:
    return parse_limit(run.limit).unit is Unit.WORKING_DAYS


def _other_side(act: Act, procedure: Procedure) -> str:
    """The role that stands against the acting one."""
    initiating = procedure.initiating_role
    if act.role != initiating:
        return initiating
    return next(role for role in procedure.roles if role not in {initiating, CENTRE_ROLE})


def _drafter(act: Act, procedure: Procedure) -> Person:
    """Who worked on the letter: the last of the side to act under another permission than the signing one."""
    signing = procedure.act(act.act).permission
    drafting = [rule.id for rule in procedure.acts if rule.role == act.role and rule.permission != signing]
    done = Act.objects.filter(matter=act.matter, role=act.role, act__in=drafting).select_related("person").last()
    return done.person if done else act.person


def _labels(procedure: Procedure, facts: Mapping[str, JSON], charter: Charter) -> dict[str, str]:
    labels: dict[str, str] = {}
    for field in procedure.fields:
        value = facts.get(field.id)
        if not isinstance(value, str):
            continue
        if field.type is FieldType.CHOICE:
            labels[field.id] = next(option.zh for option in field.options if option.id == value)
        elif field.type is FieldType.CODE:
            labels[field.id] = charter.code_lists[field.list or ""][value].zh
    return labels


def _told(act: Act, procedure: Procedure, facts: Mapping[str, JSON]) -> dict[str, JSON]:
    """The facts as a letter says them: of what another app keeps, its lines instead of its numbers."""
    said = dict(facts)
    for field in procedure.fields:
        value = facts.get(field.id)
        if field.type in TELLERS and isinstance(value, list):
            said[field.id] = list(TELLERS[field.type](act, [str(one) for one in value]))
    return said


def _attached(act: Act) -> list[str]:
    rows = Attachment.objects.filter(act=act).select_related("file")
    return [f"{row.file.name}（SHA-256 {row.file.digest[:SHORT_DIGEST]}）" for row in rows]


def _require_facts(procedure: Procedure, rule: PaperRule, facts: Mapping[str, JSON]) -> None:
    missing = [procedure.field(name) for name in rule.needs if not facts.get(name)]
    if missing:
        problems = tuple(Problem(field.id, "missing", Said("请填写。", "Please fill in.")) for field in missing)
        zh, en = "、".join(field.zh for field in missing), ", ".join(field.en for field in missing)
        said = Said(f"{rule.form}还缺少：{zh}。", f"The paper still needs: {en}.")
        raise InvalidInput("casework.paper_needs", said, problems=problems)
