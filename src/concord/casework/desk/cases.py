"""Cases and leads of one's own organisation, under which matters are gathered."""

from __future__ import annotations

from datetime import datetime

from concord.casework.models import Case
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.rules.case_files import faults_of_case
from concord.rules.errors import InvalidInput, NotAllowed, Problem, Said
from concord.rules.identifiers import uuid7


def open_case(*, number: str, name: str, stage: str, by: Actor, at: datetime, entropy: bytes) -> Case:
    """Open a case or lead of one's own organisation, to gather its matters. Raises NotAllowed, InvalidInput."""
    if not by.may("case:open"):
        raise NotAllowed(
            "casework.may_not_open",
            Said("您的岗位不能登记案件。", "Your post cannot register cases."),
        )
    number, name = number.strip(), name.strip()
    problems = faults_of_case(number=number, name=name, stage=stage)
    if Case.objects.filter(organisation=by.organisation, number=number).exists():
        said = Said(f"案件编号“{number}”已经登记。", f"A case with number “{number}” is already registered.")
        problems.append(Problem("number", "taken", said))
    if problems:
        said = Said("案件没有登记，请更正标出的项目。", "The case was not registered; mend the marked fields.")
        raise InvalidInput("casework.bad_case", said, problems=tuple(problems))
    with writing():
        case = Case.objects.create(
            uid=uuid7(at, entropy[:10]),
            organisation=by.organisation,
            number=number,
            name=name,
            stage=stage,
            person=by.person,
            opened_at=at,
        )
        journal.record(event="case.open", at=at, by=by, subject=number, internal=True, details={"stage": stage})
    return case
