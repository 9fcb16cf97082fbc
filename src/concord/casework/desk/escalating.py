"""The escalation ladder (升级督办): who is told, rung by rung, while a clock is overdue; the charter has the rungs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from concord.casework import effects
from concord.casework.counting import ends_of, is_over
from concord.casework.definitions import clock_rule, procedure_of
from concord.casework.desk.lists import Cursor
from concord.casework.desk.search import keep_words
from concord.casework.desk.sides import with_title
from concord.casework.models import Audience, ClockRun, Escalation, Matter, Participant
from concord.casework.queries import READ, at_work, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.journal import commands as journal
from concord.foundation.notices import commands as notices
from concord.foundation.organisations.models import Post
from concord.foundation.organisations.queries import calendar_on, centre, charter_on, held_on, posts_with
from concord.rules.calendar import Calendar
from concord.rules.charter import Charter, ladder_of, rung_day
from concord.rules.charter import Escalation as Rung
from concord.rules.days import day_said
from concord.rules.errors import NotAllowed, Said
from concord.rules.procedure.parties import CENTRE_ROLE

AGENDA = "agenda"
# Who looks over the agenda of the coordination group: leaders, and the officers at the centre.
PROPOSE = "governance:propose"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of a clock's ladder: on which day it comes, and when it was reached."""

    run: ClockRun
    after: str
    to: str
    day: date
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A matter before the coordination group: whose clock is overdue, and since when it is on the list."""

    matter: Matter
    escalation: Escalation
    run: ClockRun


@dataclass(frozen=True, slots=True)
class AgendaPage:
    """A page of the agenda, the longest overdue first, and where the next one begins."""

    items: list[AgendaItem]
    following: Cursor | None


@job("casework.escalate", schedule=Every(timedelta(minutes=30)))
def escalate(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Take overdue clocks up the rungs they have reached, each once; a transaction a clock, so it may stop anywhere."""
    today = legal_date(at)
    charter, calendar = charter_on(today), calendar_on(today)
    for run_id, matter_id in _climbing(charter, calendar, at=at):
        with writing():
            # An act that is under way holds the matter; what it leaves of the clock is looked at once it is done.
            locked(Matter.objects.filter(id=matter_id)).get()
            run = ClockRun.objects.select_related("matter__procedure_version", "owner").get(id=run_id)
            for rung in _reached(run, charter, calendar, at=at):
                _climb(run, rung, charter, at=at)


def _climbing(charter: Charter, calendar: Calendar, *, at: datetime) -> list[tuple[int, int]]:
    """The overdue clocks with a rung reached and not yet climbed, each with its matter."""
    named = Q()
    for procedure, clock in {(rung.procedure, rung.clock) for rung in charter.escalation}:
        named |= Q(matter__procedure=procedure, clock=clock)
    if not named:
        return []
    overdue = ClockRun.objects.filter(named, running=True, suspended_on__isnull=True, legal_due__lte=legal_date(at))
    runs = list(overdue.select_related("matter").order_by("legal_due", "id"))
    climbed = _climbed(runs)
    return [(run.id, run.matter_id) for run in runs if _due(run, climbed.get(run.id, ()), charter, calendar, at=at)]


def _reached(run: ClockRun, charter: Charter, calendar: Calendar, *, at: datetime) -> list[Rung]:
    return _due(run, _climbed([run]).get(run.id, ()), charter, calendar, at=at)


def _climbed(runs: Iterable[ClockRun]) -> Mapping[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for run, after, to in Escalation.objects.filter(run__in=list(runs)).values_list("run_id", "after", "to"):
        found.setdefault(run, []).append((after, to))
    return found


def _due(
    run: ClockRun, climbed: Iterable[tuple[str, str]], charter: Charter, calendar: Calendar, *, at: datetime
) -> list[Rung]:
    """The rungs of a run whose day has come and that it has not climbed yet; one of hours is late from its instant."""
    if not run.running or not is_over(run, at=at):
        return []
    done, today = set(climbed), legal_date(at)
    return [
        rung
        for rung in ladder_of(charter, run.matter.procedure, run.clock)
        if (rung.after, rung.to) not in done
        and (rung.working_days == 0 or rung_day(run.legal_due, rung.working_days, calendar) <= today)
    ]


def _climb(run: ClockRun, rung: Rung, charter: Charter, *, at: datetime) -> None:
    matter = run.matter
    Escalation.objects.create(run=run, matter=matter, after=rung.after, to=rung.to, at=at)
    journal.record(
        event="matter.escalate",
        at=at,
        by=None,
        subject=matter.number,
        matter_uid=matter.uid,
        details={"clock": run.clock, "owner": run.owner.code, "after": rung.after, "to": rung.to},
    )
    role, _dot, rest = rung.to.partition(".")
    rule = clock_rule(run)
    due = day_said(run.legal_due)
    said = Said(
        f"已超期，提请督办：{run.owner.zh}“{rule.zh}”应于{due.zh}前办结",
        f"Overdue, please step in: {run.owner.en} should have ended “{rule.en}” by {due.en}",
    )
    if role == CENTRE_ROLE:
        _tell_group(run, rest, said, at=at)
    elif rung.to == AGENDA:
        _let_in(matter, at=at)
        joined = Participant.objects.filter(matter=matter, joined_at__isnull=False).select_related("organisation")
        sides = {one.organisation_id: one.organisation for one in joined}.values()
        posts = [post for one in sides for post in at_work(matter, one, on=legal_date(at))]
        agenda_said = Said(f"已列入协调小组议题：{said.zh}", f"On the coordination group's agenda. {said.en}")
        _tell(posts, agenda_said, matter, at=at)
    else:
        _tell(_posts_of_role(run, role, rest, charter, on=legal_date(at)), said, matter, at=at)


def _posts_of_role(run: ClockRun, role: str, kind: str, charter: Charter, *, on: date) -> list[Post]:
    """The holders of that kind of post on the side; where many hold the role, of the one whose clock it is."""
    if READ not in charter.permissions_of(kind):
        return []
    joined = Participant.objects.filter(matter=run.matter, role=role, joined_at__isnull=False)
    organisations = set(joined.values_list("organisation_id", flat=True))
    if run.owner_id in organisations:
        organisations = {run.owner_id}
    rows = Post.objects.filter(held_on(on), organisation_id__in=organisations, kind=kind, person__is_active=True)
    return list(rows.select_related("person"))


def _tell_group(run: ClockRun, group: str, said: Said, *, at: datetime) -> None:
    """Let the centre in and tell the group, or everybody at the centre while nobody is in it.

    Where the procedure knows no centre the centre is told the number and nothing else, and does not see the matter.
    """
    readers = list(posts_with([centre().id], READ, on=legal_date(at)))
    posts = [post for post in readers if post.group == group] or readers
    if _let_in(run.matter, at=at):
        _tell(posts, said, run.matter, at=at)
        return
    number = run.matter.number
    bare = Said(f"已超期，请与双方联系：{number}", f"Overdue, please turn to the sides: {number}")
    notices.tell(posts=posts, kind="matter.escalate", said=bare, matter_uid=None, at=at, subject=number)


def _tell(posts: Sequence[Post], said: Said, matter: Matter, *, at: datetime) -> None:
    notices.tell(
        posts=posts,
        kind="matter.escalate",
        said=with_title(said, matter),
        matter_uid=matter.uid,
        at=at,
        subject=matter.number,
    )


def _let_in(matter: Matter, *, at: datetime) -> bool:
    """Let the centre see the matter in its role, from now on; False where the procedure has no role for it."""
    if CENTRE_ROLE not in procedure_of(matter.procedure_version).roles:
        return False
    middle = centre()
    rows = Audience.objects.filter(matter=matter, scope__organisation=middle)
    if not rows.exists():
        effects.show(matter, CENTRE_ROLE, middle, at=at)
        due, late_after = ends_of(matter)
        state = matter.state if matter.inner_role in {"", CENTRE_ROLE} else matter.outer_state
        rows.update(state=state, open=not matter.final, due=due, late_after=late_after)
        keep_words([matter])
    return True


def ladder_of_matter(runs: Iterable[ClockRun], *, charter: Charter, calendar: Calendar) -> list[Step]:
    """The rungs of a matter's clocks: those reached, and of running clocks those to come, with their days.

    ``runs`` are the clocks of the matter as its page shows them.
    """
    runs = list(runs)
    reached = {(row.run_id, row.after, row.to): row for row in Escalation.objects.filter(run__in=runs)}
    steps = []
    for run in runs:
        for rung in ladder_of(charter, run.matter.procedure, run.clock):
            row = reached.pop((run.pk, rung.after, rung.to), None)
            if row is not None or (run.running and run.suspended_on is None):
                day = rung_day(run.legal_due, rung.working_days, calendar)
                steps.append(Step(run, rung.after, rung.to, day, row.at if row else None))
        # What was reached under an earlier charter stays told.
        former = [row for row in reached.values() if row.run_id == run.pk]
        steps += [Step(run, row.after, row.to, legal_date(row.at), row.at) for row in former]
    return steps


def agenda(by: Actor, *, limit: int, after: Cursor | None = None) -> AgendaPage:
    """The matters before the coordination group that the actor may see, the longest overdue first.

    They stay while the clock that brought them there runs. Raises NotAllowed ``casework.no_agenda``.
    """
    if not by.may(PROPOSE):
        raise NotAllowed(
            "casework.no_agenda",
            Said(
                "提请协调小组的清单供负责人和协作中心查看。",
                "The list for the coordination group is for leaders and for the centre.",
            ),
        )
    rows = _on_agenda(by)
    if after is not None:
        day = date.fromordinal(after.key) if 0 < after.key <= date.max.toordinal() else date.min
        rows = rows.filter(Q(run__legal_due__gt=day) | Q(run__legal_due=day, id__gt=after.id))
    found = list(rows[: limit + 1])
    shown = visible_to(by).select_related("procedure_version", "origin", "target")
    matters = {row.pk: row for row in shown.filter(id__in=[row.matter_id for row in found])}
    last = found[limit - 1] if len(found) > limit else None
    return AgendaPage(
        items=[AgendaItem(matters[row.matter_id], row, row.run) for row in found[:limit]],
        following=Cursor(last.run.legal_due.toordinal(), last.pk) if last else None,
    )


def _on_agenda(by: Actor) -> QuerySet[Escalation]:
    shown = Audience.objects.filter(scope_id=by.scope_id).values("matter")
    rows = Escalation.objects.filter(to=AGENDA, run__running=True, matter__in=shown)
    return rows.select_related("run__owner", "run__matter").order_by("run__legal_due", "id")
