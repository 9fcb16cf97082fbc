"""Every list says what a slow look at each matter says; pages lose nothing and repeat nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.casework.definitions import procedure_of
from concord.casework.desk import lists
from concord.casework.desk.lists import Cursor, Wanted
from concord.casework.models import NEVER, Audience, ClockRun, Matter
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import SYSTEM, enter
from concord.rules.errors import InvalidInput
from concord.rules.procedure.leading import SIGN, WORK, decides
from tests.casework.wandering import JointWay, Way, drive, joint_ways, ways
from tests.support.worlds import World, speaking_as, time

pytestmark = pytest.mark.django_db
BOUNDED = settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole worlds takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DAYS = (date(2026, 2, 1), date(2026, 2, 10), date(2026, 3, 5), date(2026, 4, 1))
STATES = ("drafted", "submitted", "delivered", "accepted", "answered", "closed", "nonsense")
WAITING_LONG = date(2026, 12, 1)
days = st.none() | st.sampled_from(DAYS)


def ends_of(row: Audience) -> tuple[date, date]:
    """The safe and the legal end of what counts in a matter, by its clocks."""
    counting = [run for run in ClockRun.objects.filter(matter=row.matter, running=True) if run.suspended_on is None]
    return min((run.safe_due for run in counting), default=NEVER), min(
        (run.legal_due for run in counting), default=NEVER
    )


def meets(row: Audience, wanted: Wanted, by: Actor) -> bool:
    """Whether a matter belongs on the list, looked at slowly: by the matter and its clocks where they tell."""
    matter, (due, late) = row.matter, ends_of(row)
    updated = legal_date(time("1970-01-01T00:00+00:00") + timedelta(microseconds=row.sort_key))
    is_open = not matter.final
    asked: tuple[tuple[object, Callable[[], bool]], ...] = (
        (wanted.procedures, lambda: matter.procedure in wanted.procedures),
        (wanted.without, lambda: matter.procedure not in wanted.without),
        (wanted.state, lambda: row.state == wanted.state),
        (wanted.direction == "out", lambda: matter.origin_id == by.organisation.id),
        (wanted.direction == "in", lambda: matter.origin_id != by.organisation.id),
        (wanted.still_open, lambda: is_open),
        (wanted.ours is True, lambda: row.ours),
        (wanted.ours is False, lambda: not row.ours),
        (wanted.duty, lambda: row.duty == wanted.duty),
        (wanted.handlers, lambda: row.handler_id in wanted.handlers),
        (wanted.unassigned, lambda: row.handler_id is None),
        (wanted.overdue_on, lambda: wanted.overdue_on is not None and late < wanted.overdue_on),
        (wanted.due_from, lambda: wanted.due_from is not None and wanted.due_from <= late),
        (wanted.due_until, lambda: wanted.due_until is not None and late <= wanted.due_until),
        (wanted.since, lambda: wanted.since is not None and wanted.since <= updated),
        (wanted.until, lambda: wanted.until is not None and updated <= wanted.until),
        (wanted.counterpart, lambda: wanted.counterpart in {matter.origin_id, matter.target_id}),
        (wanted.case, lambda: matter.case == wanted.case),
        (wanted.text, lambda: wanted.text in matter.title),
    )
    assert (row.due, row.late_after) == (due, late)
    return row.scope_id == by.scope_id and all(holds() for question, holds in asked if question)


def slowly(by: Actor, wanted: Wanted) -> list[int]:
    """The list by looking at every matter, in its order."""
    rows = [row for row in Audience.objects.select_related("matter").order_by("id") if meets(row, wanted, by)]
    key = {"sort_key": lambda row: (-row.sort_key, -row.matter_id)}.get(
        wanted.key, lambda row: (getattr(row, wanted.key), row.matter_id)
    )
    return [row.matter_id for row in sorted(rows, key=key)]


def page_by_page(by: Actor, wanted: Wanted, *, limit: int) -> list[int]:
    """The list as pages give it, forwards; the way back must give the same."""
    pages = [lists.page_of_matters(by, wanted, limit=limit)]
    while (older := pages[-1].older) is not None:
        assert len(pages[-1].rows) == limit
        pages.append(lists.page_of_matters(by, wanted, limit=limit, after=Cursor.parse(str(older))))
    for newer, page in zip(reversed(pages[:-1]), reversed(pages[1:]), strict=True):
        assert page.newer is not None
        assert lists.page_of_matters(by, wanted, limit=limit, before=page.newer).rows == newer.rows
    assert pages[0].newer is None
    return [row.pk for page in pages for row in page.rows]


wishes = st.builds(
    Wanted,
    text=st.sampled_from(["", "", "", "某某", "第0", "没有的"]),
    procedures=st.sampled_from([(), (), ("assistance",), ("joint", "errand"), ("nonsense",)]),
    without=st.sampled_from([(), (), ("joint",)]),
    state=st.sampled_from(["", "", "", *STATES]),
    direction=st.sampled_from(["", "", "out", "in"]),
    open_only=st.booleans(),
    ours=st.sampled_from([None, None, True, False]),
    duty=st.sampled_from(["", "", SIGN, WORK]),
    unassigned=st.booleans(),
    overdue_on=st.none() | days,
    due_from=st.none() | days,
    due_until=st.none() | days,
    since=st.none() | days,
    until=st.none() | days,
    order=st.sampled_from(["updated", "due"]),
)


@pytest.mark.slow
@BOUNDED
@given(
    plans=st.lists(st.one_of(ways, joint_ways), min_size=2, max_size=5),
    wanted=st.lists(wishes, min_size=4, max_size=4),
    limit=st.integers(1, 3),
)
def test_every_list_is_what_a_slow_look_finds(
    toys: World, plans: list[Way | JointWay], wanted: list[Wanted], limit: int
) -> None:
    with transaction.atomic():
        runs = [drive(toys, way, n) for n, way in enumerate(plans)]
        posts = tuple(Audience.objects.filter(handler__isnull=False).values_list("handler", flat=True))
        beside: list[dict[str, Any]] = [{"case": run.case} for run in runs] + [
            {"handlers": posts[:1]},
            {"handlers": posts},
        ]
        beside += [{"counterpart": place.pk} for place in toys.places.values()]
        chosen = [Wanted(), Wanted(order="due"), *wanted]
        chosen += [replace(one, **more) for one, more in zip(itertools.cycle(wanted), beside, strict=False)]
        chosen += [Wanted(**more) for more in beside]
        for name in ("asking.leader", "asked.case_officer", "third.clerk", "centre.leader"):
            by = toys.actor(name)
            for one in chosen:
                enter(SYSTEM)
                expected = slowly(by, one)
                with speaking_as(by):
                    assert page_by_page(by, one, limit=limit) == expected, one
                    assert lists.count_of_matters(by, one, most=100) == len(expected), one
                    assert lists.count_of_matters(by, one, most=1) == min(2, len(expected)), one
        transaction.set_rollback(True)


@pytest.mark.slow
@BOUNDED
@given(plans=st.lists(st.one_of(ways, joint_ways), min_size=2, max_size=5))
def test_today_asks_for_what_a_post_may_do(toys: World, plans: list[Way | JointWay]) -> None:
    with transaction.atomic():
        for n, way in enumerate(plans):
            drive(toys, way, n)
        for name in ("asking.leader", "asked.case_officer", "third.clerk", "asked.auditor", "centre.secondee"):
            by = toys.actor(name)
            enter(SYSTEM)
            rows = [
                row
                for row in Audience.objects.select_related("matter").order_by("due", "matter_id")
                if row.scope_id == by.scope_id
            ]
            ours = [row for row in rows if row.open and row.ours]
            others = [row for row in rows if row.open and not row.ours]
            wanted = {
                "to sign": [row.matter_id for row in ours if row.duty == SIGN and may(by, row.matter, SIGN)],
                "mine": [row.matter_id for row in ours if row.handler_id == by.post.id],
                "nobody's": [
                    row.matter_id
                    for row in ours
                    if row.duty == WORK and row.handler_id is None and may(by, row.matter, WORK)
                ],
                "waiting": [row.matter_id for row in others],
                "own waiting": [row.matter_id for row in others if row.handler_id == by.post.id],
            }
            with speaking_as(by):
                asked = {
                    "to sign": lists.to_sign(by),
                    "mine": lists.mine([by.post.id]),
                    "nobody's": lists.nobodys(by),
                    "waiting": lists.waiting_for_others(),
                    "own waiting": lists.waiting_for_others([by.post.id]),
                }
                assert {name: ids(by, one) for name, one in asked.items()} == wanted
                everything = {**asked, "everything": Wanted()}
                latest = {**wanted, "everything": ids(by, Wanted())}
                first = lists.first_of_each(by, everything, limit=2)
                assert first == {name: found[:2] for name, found in latest.items()}
                counts = lists.counts_of_matters(by, list(everything.values()), most=2)
                assert counts == [min(3, len(found)) for found in latest.values()]
        transaction.set_rollback(True)


def ids(by: Actor, wanted: Wanted) -> list[int]:
    return [row.pk for row in lists.page_of_matters(by, wanted, limit=50).rows]


def may(by: Actor, matter: Matter, duty: str) -> bool:
    """Whether the post holds the permission of any act of that duty in the matter's procedure."""
    acts = procedure_of(matter.procedure_version).acts
    return any(by.may(act.permission) for act in acts if decides(act) == (duty == SIGN))


@pytest.mark.slow
@BOUNDED
@given(plans=st.lists(ways, min_size=2, max_size=6), first=st.sampled_from(DAYS), long=st.integers(0, 40))
def test_map_and_calendar_count_what_is_open(toys: World, plans: list[Way], first: date, long: int) -> None:
    last = first + timedelta(days=long)
    with transaction.atomic():
        for n, way in enumerate(plans):
            drive(toys, way, n)
        for name in ("asking.leader", "third.clerk", "centre.leader"):
            by = toys.actor(name)
            enter(SYSTEM)
            rows = Audience.objects.filter(scope_id=by.scope_id, matter__final=False).select_related("matter")
            shown = list(rows.order_by("matter_id"))
            pairs: dict[tuple[int, int | None], list[Audience]] = {}
            due: dict[date, list[Audience]] = {}
            for row in shown:
                pairs.setdefault((row.matter.origin_id, row.matter.target_id), []).append(row)
                if first <= row.late_after <= last:
                    due.setdefault(row.late_after, []).append(row)
            with speaking_as(by):
                traffic = lists.between(by, on=WAITING_LONG)
                calendar = lists.due_days(by, Wanted(), first=first, last=last)
                own = lists.due_days(by, Wanted(ours=True), first=first, last=last)
            counted = {(one.origin, one.target): (one.open, one.late) for one in traffic}
            late = {pair: sum(row.late_after < WAITING_LONG for row in held) for pair, held in pairs.items()}
            assert counted == {pair: (len(held), late[pair]) for pair, held in pairs.items() if pair[1] is not None}
            assert [(one.day, one.count) for one in calendar] == [(day, len(held)) for day, held in sorted(due.items())]
            assert [[row.pk for row in one.first] for one in calendar] == [
                [row.matter_id for row in held[:3]] for _, held in sorted(due.items())
            ]
            ours = {day: sum(row.ours for row in held) for day, held in sorted(due.items())}
            assert [(one.day, one.count) for one in own] == [(day, count) for day, count in ours.items() if count]
        transaction.set_rollback(True)


def test_counts_of_map_and_calendar_stop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        world.matter_in("delivered", case_ref=f"第{n}案")
    monkeypatch.setattr(lists, "MOST_BETWEEN", 3)
    monkeypatch.setattr(lists, "MOST_ON_A_DAY", 3)
    by = world.actor("asking.clerk")
    with speaking_as(by):
        [pair] = lists.between(by, on=WAITING_LONG)
        [day] = lists.due_days(by, Wanted(), first=date(2026, 2, 1), last=date(2026, 2, 28))
    assert (pair.open, pair.late) == (3, 3)
    assert (day.day, day.count, len(day.first)) == (date(2026, 2, 10), 4, 3)


def test_who_may_not_read_matters_is_given_none(world: World) -> None:
    matter = world.matter_in("delivered")
    by = world.actor("asking.service_provider")
    with speaking_as(by):
        assert lists.page_of_matters(by, Wanted(), limit=5).rows == ()
        assert lists.count_of_matters(by, Wanted(), most=5) == 0
        assert lists.between(by, on=WAITING_LONG) == []
        assert lists.due_days(by, Wanted(), first=date(2026, 2, 1), last=date(2026, 2, 28)) == []
        assert lists.first_of_each(by, {"all": Wanted()}, limit=5) == {"all": []}
        assert lists.counts_of_matters(by, [Wanted()], most=5) == [0]
        assert lists.handlers_of(by, [matter]) == {}


def test_the_handler_is_named_for_ones_own_side(world: World) -> None:
    matter = world.matter_in("accepted")
    for name, handler in (("asking.clerk", "asking.case_officer"), ("asked.clerk", "asked.case_officer")):
        by = world.actor(name)
        with speaking_as(by):
            assert lists.handlers_of(by, [matter])[matter.pk].person == world.person(handler)


@pytest.mark.parametrize("written", ["", "1", "x-1", "-1-2", "1-2-3", "1" * 20 + "-1"])
def test_what_is_no_place_in_a_list_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match=r"casework\.bad_cursor"):
        Cursor.parse(written)


def test_a_place_of_another_order_is_refused_or_holds_nothing(world: World) -> None:
    matter = world.matter_in("delivered")
    by = world.actor("asking.clerk")
    with speaking_as(by):
        [row] = lists.page_of_matters(by, Wanted(), limit=1).rows
        with pytest.raises(InvalidInput, match=r"casework\.bad_cursor"):
            lists.page_of_matters(by, Wanted(order="due"), limit=1, after=Cursor(row.sort_key, row.pk))
        assert lists.page_of_matters(by, Wanted(), limit=1, after=Cursor(date(2026, 1, 1).toordinal(), 1)).rows == ()
    assert row.pk == matter.pk


def test_rows_are_given_in_the_order_asked_for_and_hidden_ones_left_out(world: World) -> None:
    first, second = world.begin(), world.begin(case_ref="第二案")
    hidden = world.begin(by="third.case_officer", asked="asked")
    by = world.actor("asking.clerk")
    wanted: Sequence[Any] = (second.pk, hidden.pk, first.pk)
    with speaking_as(by):
        assert [row.pk for row in lists.rows_with(by, wanted)] == [second.pk, first.pk]
        assert lists.rows_with(by, []) == []
