"""Departments of one's own organisation: begun, competent for areas from a day on, dissolved without loss."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from concord.casework.desk.handing_over import hand_over_department
from concord.casework.desk.staffing import move_post, no_department, require_manager
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations import departments
from concord.foundation.organisations.models import Competence, Department
from concord.foundation.organisations.queries import valid_on
from concord.rules.errors import Conflict, Said


def open_department(*, zh: str, en: str, desk: bool, areas: Iterable[str], by: Actor, at: datetime) -> Department:
    """Begin a department of the administrator's organisation today, competent for these areas."""
    require_manager(by)
    on = legal_date(at)
    with writing():
        made = departments.open_department(organisation=by.organisation, zh=zh, en=en, desk=desk, valid_from=on)
        for area in areas:
            departments.give_competence(department=made, area=area, valid_from=on)
        journal.record(event="people.department", at=at, by=by, internal=True, details={"department": made.pk})
    return made


def dissolve_department(
    *, department: Department, successor: Department | None, by: Actor, at: datetime
) -> tuple[int, int]:
    """Dissolve a department today: posts, competences and open matters pass to the successor or the liaison desk.

    Returns how many posts and how many open matters passed on.
    """
    require_manager(by)
    require_department(department, by)
    on = legal_date(at)
    if department.valid_from >= on:
        raise Conflict(
            "people.begun_today",
            Said("当天设立的科室次日起才能撤销。", "A department begun today can be dissolved from tomorrow on."),
        )
    with writing():
        taking = departments.end_department(department=department, until=on, successor=successor)
        matters = hand_over_department(department=department, taking=taking, by=by, at=at)
        moving = departments.posts_in(department, since=on)
        for post in moving:
            move_post(post=post, department=taking, by=by, at=at)
        details: dict[str, str | int | list[str]] = {"department": department.pk, "taking": taking.pk}
        journal.record(event="people.dissolve", at=at, by=by, internal=True, details=details)
    return len(moving), matters


def set_competences(*, department: Department, areas: Iterable[str], by: Actor, at: datetime) -> None:
    """From today the department is competent for exactly these areas; what it was before stays on record."""
    require_manager(by)
    require_department(department, by)
    on, wanted = legal_date(at), set(areas)
    with writing():
        now_held = list(Competence.objects.filter(valid_on(on), department=department))
        for competence in now_held:
            if competence.area not in wanted:
                departments.end_competence(competence=competence, until=on)
        for area in sorted(wanted - {one.area for one in now_held}):
            departments.give_competence(department=department, area=area, valid_from=on)
        details: dict[str, str | int | list[str]] = {"department": department.pk, "areas": sorted(wanted)}
        journal.record(event="people.competence", at=at, by=by, internal=True, details=details)


def require_department(department: Department, by: Actor) -> None:
    """NotFound ``people.no_department`` for one of another organisation."""
    if department.organisation_id != by.organisation.id:
        raise no_department()
