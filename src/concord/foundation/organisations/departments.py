"""Writes: departments and what they are competent for; never changed in place, but ended and begun anew."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Competence, Department, Organisation, Post
from concord.foundation.organisations.queries import charter_on, desk_of, valid_on
from concord.rules.charter import Charter
from concord.rules.errors import Conflict, InvalidInput, Problem, Said

LONGEST = 60


def areas_of(charter: Charter) -> tuple[str, ...]:
    """The areas a department may be competent for: those of the permissions by which procedures are acted in."""
    acted_in = {
        act.permission.partition(":")[0]
        for versions in charter.procedures.values()
        for procedure in versions
        for act in procedure.acts
    }
    return tuple(dict.fromkeys(rule.id.partition(":")[0] for rule in charter.permissions if _area(rule.id) in acted_in))


def _area(permission: str) -> str:
    return permission.partition(":")[0]


def open_department(*, organisation: Organisation, zh: str, en: str, desk: bool, valid_from: date) -> Department:
    """Begin a department; InvalidInput for its name, Conflict ``people.desk_exists`` for a second liaison desk."""
    problems = []
    if not 1 <= len(zh) <= LONGEST:
        problems.append(Problem("zh", "length", Said("请填写科室名称，不超过60字。", "Name it in 1 to 60 characters.")))
    if len(en) > LONGEST:
        problems.append(Problem("en", "length", Said("英文名称不超过60个字符。", "At most 60 characters.")))
    if problems:
        said = Said("科室没有建立，有误的栏目已标出。", "The department was not made; the fields concerned are marked.")
        raise InvalidInput("people.bad_department", said, problems=tuple(problems))
    open_end = Q(valid_until__isnull=True) | Q(valid_until__gt=valid_from)
    if desk and Department.objects.filter(open_end, organisation=organisation, desk=True).exists():
        raise Conflict(
            "people.desk_exists",
            Said(
                "本机关已有联络窗口。请先撤销原联络窗口，或者建立普通科室。",
                "There is a liaison desk already. Dissolve it first, or make an ordinary department.",
            ),
        )
    return Department.objects.create(organisation=organisation, zh=zh, en=en, desk=desk, valid_from=valid_from)


def give_competence(*, department: Department, area: str, valid_from: date) -> Competence:
    """Make the department competent for an area; the same twice is one."""
    if area not in areas_of(charter_on(valid_from)):
        said = Said("章程中没有这个业务领域。", "The charter knows no such area.")
        raise InvalidInput("people.bad_area", said, problems=(Problem("area", "unknown", said),))
    with writing():
        there = Competence.objects.filter(valid_on(valid_from), department=department, area=area).first()
        return there or Competence.objects.create(department=department, area=area, valid_from=valid_from)


def end_competence(*, competence: Competence, until: date) -> None:
    """End a competence; ``until`` is its first day no longer. One that has not begun is taken back."""
    if competence.valid_from >= until:
        competence.delete()
        return
    competence.valid_until = until
    competence.save(update_fields=["valid_until"])


def end_department(*, department: Department, until: date, successor: Department | None) -> Department:
    """End a department and its competences, which pass to the successor; the caller moves posts and matters.

    Without a ``successor`` the liaison desk takes everything. Returns who takes it. Raises Conflict
    ``people.no_successor``.
    """
    taking = successor or desk_of(department.organisation_id, on=until)
    if taking is None or taking.pk == department.pk or taking.organisation_id != department.organisation_id:
        raise Conflict(
            "people.no_successor",
            Said(
                "没有接手的科室：请指定接手科室，或者先设立联络窗口。",
                "No department takes its work over: name one, or set up the liaison desk first.",
            ),
        )
    with writing():
        for competence in department.competences.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=until)):
            give_competence(department=taking, area=competence.area, valid_from=until)
            end_competence(competence=competence, until=until)
        department.valid_until = until
        department.save(update_fields=["valid_until"])
    return taking


def posts_in(department: Department, *, since: date) -> list[Post]:
    """The posts of the department held on ``since`` or later, those that wait for confirmation too."""
    rows = Post.objects.filter(Q(held_until__isnull=True) | Q(held_until__gt=since), department=department)
    return list(rows.select_related("person", "organisation", "department"))
