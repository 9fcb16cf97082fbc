"""Cases and leads of one's own organisation, under which matters are gathered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, TypedDict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django_stubs_ext import WithAnnotations

from concord.casework.models import Case, Matter
from concord.casework.queries import cases_of
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.queries import charter_on
from concord.rules.case_files import case_columns, read_case
from concord.rules.errors import InvalidInput, NotAllowed, Problem, Said
from concord.rules.identifiers import uuid7
from concord.rules.sheets import Column, Option, Value


class Counting(TypedDict):
    """What ``page_of_cases`` puts on a row."""

    matter_count: int


CountedCase: TypeAlias = "WithAnnotations[Case, Counting]"
OPEN = "case:open"
CAUSES = "causes"


@dataclass(frozen=True, slots=True)
class CasesWanted:
    """Filters of the list of cases; empty ones ask nothing.

    ``text`` is the beginning of number, name or party; ``begun`` whether anything was begun with other organisations.
    """

    text: str = ""
    stage: str = ""
    begun: bool | None = None


EVERY_CASE = CasesWanted()


def columns_on(day: date) -> tuple[Column, ...]:
    """What a case or lead is registered with, with the causes of the charter in force on the day."""
    causes = charter_on(day).code_lists.get(CAUSES, {})
    return case_columns([Option(code.id, code.zh, code.en) for code in causes.values()])


def open_case(
    *,
    number: str,
    name: str,
    stage: str,
    by: Actor,
    at: datetime,
    entropy: bytes,
    more: Mapping[str, str] | None = None,
) -> Case:
    """Open a case or lead of one's own organisation, to gather its matters.

    ``more`` is what else is known of it, by column (``columns_on``) as people type it: days, amounts in yuan. Raises
    NotAllowed ``casework.may_not_open``, InvalidInput ``casework.bad_case``.
    """
    require_opener(by)
    today = legal_date(at)
    typed = {**(more or {}), "number": number, "name": name, "stage": stage}
    values, problems = read_case(typed, columns_on(today), today=today)
    if values["number"] and numbers_taken(by, [str(values["number"])]):
        said = Said(
            f"案件编号“{values['number']}”已经登记。", f"A case with number “{values['number']}” is already registered."
        )
        problems.append(Problem("number", "taken", said))
    if problems:
        said = Said("案件没有登记，请更正标出的项目。", "The case was not registered; mend the marked fields.")
        raise InvalidInput("casework.bad_case", said, problems=tuple(problems))
    return open_cases([values], by=by, at=at, entropy=entropy)[0]


def open_cases(rows: Sequence[Mapping[str, Value]], *, by: Actor, at: datetime, entropy: bytes) -> list[Case]:
    """Open a case for each row of checked values, all or none, each with its entry in the journal.

    Raises NotAllowed ``casework.may_not_open``.
    """
    require_opener(by)
    with writing():
        opened = Case.objects.bulk_create([_case(row, n, by=by, at=at, entropy=entropy) for n, row in enumerate(rows)])
        for case in opened:
            journal.record(
                event="case.open", at=at, by=by, subject=case.number, internal=True, details={"stage": case.stage}
            )
    return opened


def numbers_taken(by: Actor, numbers: Collection[str]) -> set[str]:
    """Those of the numbers under which the actor's organisation has registered a case already."""
    found = Case.objects.filter(organisation=by.organisation, number__in=list(numbers))
    return set(found.values_list("number", flat=True))


def page_of_cases(
    by: Actor, wanted: CasesWanted = EVERY_CASE, *, limit: int, before: int | None = None
) -> list[CountedCase]:
    """The cases of the actor's organisation, newest first, their matters counted; ``before``: the last id shown."""
    rows = cases_wanted(by, wanted)
    if before is not None:
        rows = rows.filter(id__lt=before)
    # Counted for the rows of the page only; a join would gather every case first.
    counted = Matter.objects.filter(case=OuterRef("pk")).order_by().values("case").annotate(n=Count("id")).values("n")
    return list(rows.annotate(matter_count=Coalesce(Subquery(counted), 0)).order_by("-id")[:limit])


def cases_wanted(by: Actor, wanted: CasesWanted) -> QuerySet[Case]:
    """The cases of the actor's organisation that the filters leave."""
    rows = cases_of(by)
    if wanted.text:
        text = wanted.text
        rows = rows.filter(Q(number__startswith=text) | Q(name__startswith=text) | Q(party__startswith=text))
    if wanted.stage:
        rows = rows.filter(stage=wanted.stage)
    if wanted.begun is not None:
        begun = Exists(Matter.objects.filter(case=OuterRef("pk")))
        rows = rows.filter(begun if wanted.begun else ~begun)
    return rows


def require_opener(by: Actor) -> None:
    """Raise NotAllowed ``casework.may_not_open`` unless the actor may register cases."""
    if not by.may(OPEN):
        raise NotAllowed(
            "casework.may_not_open",
            Said("您的岗位不能登记案件。", "Your post cannot register cases."),
        )


def _case(row: Mapping[str, Value], n: int, *, by: Actor, at: datetime, entropy: bytes) -> Case:
    # A text that was left blank is kept as such, a day or an amount as unknown.
    known = {name: value for name, value in row.items() if value is not None}
    chance = hashlib.sha256(entropy + n.to_bytes(4)).digest()[:10]
    return Case(uid=uuid7(at, chance), organisation=by.organisation, person=by.person, opened_at=at, **known)
