"""Finding matters by any part of what is known of them: the words kept for each side, and where a question is answered.

For all sides: number, title, the texts of facts and acts, numbers of papers, names of files and of organisations. For
one side only: what it has not yet let out, and its case; beside these its words repeat number, title and organisations,
so that a question may name things of both kinds. An index of the words leaves out whatever a side may not find.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from django.db import connection

from concord.casework.definitions import procedure_of
from concord.casework.models import Act, Attachment, Audience, Case, Matter, Participant, Words
from concord.casework.queries import Parties, ShownMatter
from concord.foundation.access.actor import Actor
from concord.foundation.database import search
from concord.foundation.database.memory import remembered
from concord.foundation.organisations.models import Organisation
from concord.rules.bigrams import Phrase, Piece, excerpt, phrases, tokens
from concord.rules.canonical import JSON
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure import Field, FieldType, Procedure

TABLE = "casework_words"
# One more whenever other words are kept than before; ``desk.rewording`` then writes those of every matter anew.
EDITION = 2
# More hits than this are not gathered and sorted; then the list itself is walked until a page is full.
MOST_GATHERED = 3000
EXCERPT = 60
WRITTEN = {FieldType.TEXT, FieldType.LONGTEXT, FieldType.ITEMS, FieldType.ANSWERS, FieldType.CODE, FieldType.MATTER}
NUMBER, TITLE = Said("编号", "Number"), Said("标题", "Title")
PAPER, FILE = Said("文书", "Paper"), Said("文件", "File")
# The organisations of each matter, by the matter's id.
TakingPart: TypeAlias = Mapping[int, Sequence[Organisation]]
ORGANISATION, CASE = Said("机关", "Organisation"), Said("本机关案件", "Own case")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a matter with what it is."""

    said: Said
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a matter answers a question: what the text is, and the text around the answer in pieces."""

    said: Said
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class _Known:
    """What is known of one matter: by everybody, and by each side alone (by scope)."""

    naming: list[Text] = field(default_factory=list)
    told: list[Text] = field(default_factory=list)
    own: dict[int, list[Text]] = field(default_factory=dict)


def asked(question: str) -> tuple[Phrase, ...]:
    """What a question asks for. Raises InvalidInput ``casework.question_too_short``: one character finds nothing."""
    found = phrases(question)
    if not found:
        said = Said(
            "请至少输入两个字或者两位字母、数字。",
            "Type at least two characters, letters or digits.",
        )
        raise InvalidInput("casework.question_too_short", said, problems=(Problem("q", "too_short", said),))
    return found


def gathered(by: Actor, question: str) -> list[int] | None:
    """The matters that answer the question and that the actor's side may find; None when there are too many."""
    return remembered(("matters that answer", by.scope_id, question), lambda: _gathered(by, question))


def answering(by: Actor, question: str, among: Sequence[int]) -> set[int]:
    """Those of some matters that answer the question."""
    condition, parameters = search.found_among(TABLE, asked(question), mark=by.scope_id)
    places = ", ".join(["%s"] * len(among))
    # Gathered first: else a database may look for the word among all matters.
    statement = (
        f"WITH these AS MATERIALIZED (SELECT * FROM {TABLE} WHERE matter_id IN ({places})) "  # noqa: S608  no text of a user
        f"SELECT matter_id FROM these WHERE {condition}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*among, *parameters])
        return {row[0] for row in cursor.fetchall()}


def every_answer(by: Actor, question: str) -> tuple[str, list[str]]:
    """A statement that gives every matter that answers, with its parameters."""
    condition, parameters = search.found(TABLE, asked(question), mark=by.scope_id)
    return f"SELECT matter_id FROM {TABLE} WHERE {condition}", parameters  # noqa: S608  as above


def hits(by: Actor, rows: Sequence[ShownMatter], question: str) -> dict[int, Hit]:
    """Where each of these matters of a list answers the question, by the matter's id; the same few queries for all."""
    if not rows or not phrases(question):
        return {}
    listed = Matter.objects.filter(id__in=[row.id for row in rows]).select_related("procedure_version")
    matters = list(listed.defer("procedure_version__text"))
    sides = Audience.objects.filter(matter__in=matters, scope_id=by.scope_id).select_related("scope")
    found: dict[int, Hit] = {}
    for matter, known in _known(matters, list(sides), _taking_part(matters)):
        for text in (*known.naming, *known.told, *known.own.get(by.scope_id, ())):
            pieces = excerpt(text.text, question, width=EXCERPT)
            if pieces:
                found[matter.id] = Hit(text.said, pieces)
                break
    return found


def keep_words(matters: Sequence[Matter]) -> None:
    """Write the words of these matters anew; belongs into the transaction that changed what is known of them."""
    sides = Audience.objects.filter(matter__in=matters).select_related("scope").order_by("id")
    _keep(matters, list(sides), _taking_part(matters))


def keep_words_after(act: Act, parties: Parties, sides: Sequence[Audience]) -> None:
    """The same for the matter of an act just done, whose parties and sides are known."""
    taking_part = [one for held_by in parties.values() for one in held_by]
    _keep([act.matter], sides, {act.matter_id: taking_part})


def _keep(matters: Sequence[Matter], sides: Sequence[Audience], taking_part: TakingPart) -> None:
    scopes: dict[int, list[int]] = {}
    for side in sides:
        scopes.setdefault(side.matter_id, []).append(side.scope_id)
    wanted: dict[tuple[int, int | None], tuple[list[str], list[int]]] = {}
    for matter, known in _known(matters, sides, taking_part):
        wanted[matter.id, None] = (_tokens([*known.naming, *known.told]), scopes.get(matter.id, []))
        for scope, texts in known.own.items():
            wanted[matter.id, scope] = (_tokens([*known.naming, *texts]), [scope])
    held = {(row.matter_id, row.scope_id): row.id for row in Words.objects.filter(matter__in=matters)}
    missing = [Words(matter_id=matter, scope_id=scope) for matter, scope in wanted if (matter, scope) not in held]
    held |= {(row.matter_id, row.scope_id): row.id for row in Words.objects.bulk_create(missing)}
    nothing: tuple[list[str], list[int]] = ([], [])
    search.keep(TABLE, [search.Kept(row, *wanted.get(key, nothing)) for key, row in held.items()])


def _gathered(by: Actor, question: str) -> list[int] | None:
    condition, parameters = search.found(TABLE, asked(question), mark=by.scope_id)
    statement = f"SELECT matter_id FROM {TABLE} WHERE {condition} LIMIT {MOST_GATHERED + 1}"  # noqa: S608  no text of a user
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    return sorted({row[0] for row in rows}) if len(rows) <= MOST_GATHERED else None


def _tokens(texts: Iterable[Text]) -> list[str]:
    return tokens((one.text for one in texts), most=search.MOST_TOKENS)


def _taking_part(matters: Sequence[Matter]) -> TakingPart:
    found: dict[int, list[Organisation]] = {}
    for part in Participant.objects.filter(matter__in=matters).select_related("organisation").order_by("id"):
        found.setdefault(part.matter_id, []).append(part.organisation)
    return found


def _known(
    matters: Sequence[Matter], sides: Sequence[Audience], taking_part: TakingPart
) -> Iterator[tuple[Matter, _Known]]:
    """What is known of each matter, by everybody and by each of these sides; a fixed number of queries for all."""
    found = {matter.id: _Known() for matter in matters}
    procedures = {matter.id: procedure_of(matter.procedure_version) for matter in matters}
    for matter in matters:
        found[matter.id].naming += [Text(NUMBER, matter.number), Text(TITLE, matter.title)]
        found[matter.id].told += _texts(procedures[matter.id].fields, matter.facts)
        for one in taking_part.get(matter.id, ()):
            found[matter.id].naming += [Text(ORGANISATION, text) for text in (one.zh, one.en)]
    scope_of = {(side.matter_id, side.scope.organisation_id): side.scope_id for side in sides}
    for matter_id, text, internal, organisation in (*_said(matters, procedures), *_attached(matters)):
        known = found[matter_id]
        if not internal:
            known.told.append(text)
        elif (matter_id, organisation) in scope_of:
            known.own.setdefault(scope_of[matter_id, organisation], []).append(text)
    cases = Case.objects.in_bulk({matter.case_id for matter in matters if matter.case_id})
    by_id = {matter.id: matter for matter in matters}
    for side in sides:
        matter = by_id[side.matter_id]
        own = _texts(procedures[matter.id].fields, matter.drafts.get(side.role, {}))
        case = cases.get(matter.case_id) if matter.case_id else None
        if case is not None and case.organisation_id == side.scope.organisation_id:
            named = (case.number, case.name, case.party, case.party_code, case.mark, case.right_number)
            own += [Text(CASE, text) for text in named if text]
        if own:
            found[matter.id].own.setdefault(side.scope_id, []).extend(own)
    for matter in matters:
        yield matter, found[matter.id]


def _said(matters: Sequence[Matter], procedures: Mapping[int, Procedure]) -> Iterator[tuple[int, Text, bool, int]]:
    """What was said in acts alone and is no fact, then what their papers are numbered.

    Each with its matter, whether it is inside one organisation, and which.
    """
    asked = {matter: [one for one in rules.fields if one.act_only] for matter, rules in procedures.items()}
    rows = Act.objects.filter(matter__in=matters).order_by("matter", "seq")
    acts = list(rows.values_list("matter", "answers", "internal", "organisation", "paper__number"))
    for matter, answers, internal, own, _number in acts:
        for text in _texts(asked[matter], answers):
            yield matter, text, internal, own
    for matter, _answers, internal, own, number in acts:
        if number is not None:
            yield matter, Text(PAPER, number), internal, own


def _attached(matters: Sequence[Matter]) -> Iterator[tuple[int, Text, bool, int]]:
    """Names of files, as above."""
    files = Attachment.objects.filter(matter__in=matters).order_by("id")
    for matter, name, internal, own in files.values_list("matter", "file__name", "act__internal", "act__organisation"):
        yield matter, Text(FILE, name), internal, own


def _texts(fields: Iterable[Field], facts: Mapping[str, JSON]) -> list[Text]:
    """The texts among facts, each under the name of its field, in the order of the procedure file."""
    return [
        Text(Said(one.zh, one.en), text)
        for one in fields
        if one.type in WRITTEN
        for text in _strings(facts.get(one.id))
    ]


def _strings(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
