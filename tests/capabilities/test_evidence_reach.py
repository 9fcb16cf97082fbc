"""No item reaches an organisation it was not shown to: by no read, no act, no row of the database, no package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.capabilities.evidence import audience, custody_log, derivatives, erasing, items, queries
from concord.capabilities.evidence.models import Item
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import NOBODY, SYSTEM, enter, writing
from concord.rules.errors import ConcordError, NotFound
from tests.support.collecting import Collecting
from tests.support.worlds import speaking_as

PLACES = ("asking", "asked", "third")
BOUNDED = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole worlds takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
BESIDE_ITEM = ("officer", "itemfile", "lot", "lotmove", "custody", "recognition", "consent", "handover", "presentation")

# Who does what to which of the items that there are by then.
steps = st.lists(
    st.tuples(
        st.sampled_from(["collect", "close", "show", "derive", "note", "erase"]),
        st.sampled_from(PLACES),
        st.integers(0, 9),
    ),
    min_size=3,
    max_size=14,
)


@dataclass
class Known:
    """The items, and who may know of each by an independent word."""

    items: list[Item] = field(default_factory=list)
    shown: dict[int, set[str]] = field(default_factory=dict)

    def add(self, item: Item, place: str) -> None:
        self.items.append(item)
        self.shown[item.pk] = {place}

    def of(self, place: str) -> set[int]:
        return {pk for pk, places in self.shown.items() if place in places}


def walk(desk: Collecting, ways: Sequence[tuple[str, str, int]]) -> Known:
    known = Known()
    for act, place, choice in ways:
        desk.home.later(minutes=1)
        item = known.items[choice % len(known.items)] if known.items else None
        if act == "collect" or item is None:
            known.add(
                desk.filled(
                    desk.described(desk.registered(by=f"{place}.case_officer"), by=f"{place}.case_officer"),
                    by=f"{place}.case_officer",
                ),
                place,
            )
        elif act == "show":
            with transaction.atomic():
                audience.show(item, desk.place(place), granted_by=None, at=desk.home.at)
            known.shown[item.pk].add(place)
        else:
            _try(desk, known, act, place, item)
    return known


def _try(desk: Collecting, known: Known, act: str, place: str, item: Item) -> None:
    """Do it if that place may; whoever does not see the item is told that there is none."""
    by = desk.actor(f"{place}.leader")
    try:
        with transaction.atomic(), speaking_as(by):
            made = ACTS[act](desk, desk.fresh(item), by)
    except NotFound:
        assert place not in known.shown[item.pk]
    except ConcordError:
        assert place in known.shown[item.pk]
    else:
        assert place in known.shown[item.pk]
        if isinstance(made, Item) and made.pk not in known.shown:
            known.add(made, place)
        desk.sign()


def _close(desk: Collecting, item: Item, by: Actor) -> object:
    return items.seal(item=item.uid, version=item.version, by=by, at=desk.home.at)


def _derive(desk: Collecting, item: Item, by: Actor) -> object:
    return derivatives.derive(
        item=item.uid,
        kind="copy",
        title="复制件",
        card="浙0101",
        by=by,
        at=desk.home.at,
        entropy=desk.world.random_bytes(),
    )


def _note(desk: Collecting, item: Item, by: Actor) -> object:
    return custody_log.note(
        item=item.uid,
        act="inspect",
        purpose="核对",
        medium="封存袋",
        result="完好",
        place="证据室",
        by=by,
        at=desk.home.at,
    )


def _erase(desk: Collecting, item: Item, by: Actor) -> object:
    return erasing.erase(item=item.uid, reason="order", by=by, at=desk.home.at)


ACTS: dict[str, Callable[[Collecting, Item, Actor], object]] = {
    "close": _close,
    "derive": _derive,
    "note": _note,
    "erase": _erase,
}


@BOUNDED
@given(ways=steps)
def test_whoever_was_not_shown_an_item_knows_nothing_of_it(
    desk: Collecting, ways: Sequence[tuple[str, str, int]]
) -> None:
    with transaction.atomic():
        known = walk(desk, ways)
        for place in (*PLACES, "centre"):
            by = desk.actor(f"{place}.leader" if place != "centre" else "centre.secondee")
            with speaking_as(by):
                assert set(queries.visible_to(by).values_list("pk", flat=True)) == known.of(place)
                for item in known.items:
                    assert _seen(item.uid, by) == _numbered(item.number, by) == (item.pk in known.of(place))
        transaction.set_rollback(True)


@pytest.mark.postgres
@BOUNDED
@given(ways=steps)
def test_the_database_itself_shows_no_row_of_it(desk: Collecting, ways: Sequence[tuple[str, str, int]]) -> None:
    with transaction.atomic():
        known = walk(desk, ways)
        for place in PLACES:
            enter(str(desk.place(place).scope.pk))
            assert _column("evidence_item", "id") == known.of(place)
            for table in BESIDE_ITEM:
                assert _column(f"evidence_{table}", "item_id") <= known.of(place), table
            assert not _column("ledger_sealed", "id") | _column("ledger_sealedfile", "id")
        enter(NOBODY)
        assert not _column("evidence_item", "id")
        enter(SYSTEM)
        transaction.set_rollback(True)


@pytest.mark.postgres
def test_files_of_an_item_are_shown_with_it(desk: Collecting) -> None:
    item = desk.sealed()
    with writing():
        [file] = item.files.values_list("file_id", flat=True)
    scope = str(desk.place("asked").scope.pk)
    enter(scope)
    assert file not in _column("files_file", "id")
    enter(SYSTEM)
    with transaction.atomic():
        audience.show(item, desk.place("asked"), granted_by=None, at=desk.home.at)
    enter(scope)
    assert file in _column("files_file", "id")
    enter(SYSTEM)


def test_without_the_permission_to_read_nothing_is_seen(desk: Collecting) -> None:
    item = desk.registered()
    by = desk.actor("asking.auditor")
    with speaking_as(by):
        assert not queries.visible_to(by).exists()
        assert not _seen(item.uid, by)


def _seen(uid: UUID, by: Actor) -> bool:
    try:
        return queries.item_for(uid=uid, by=by).uid == uid
    except NotFound:
        return False


def _numbered(number: str, by: Actor) -> bool:
    try:
        return queries.item_for(number=number, by=by).number == number
    except NotFound:
        return False


def _column(table: str, name: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table}")  # noqa: S608  names from this file
        return {row[0] for row in cursor.fetchall()}
