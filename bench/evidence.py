"""What the pages of evidence cost before a million items on PostgreSQL, beside a hundredth of them.

The items are copied in SQL from nine that the rows of a real one were written for, one for each city; a member of the
nine sees nine of ten of them, a tenth member three. The page of one item is that of an original, with everything on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench.databases import Database, made
from bench.desks import Asked, in_process, over_the_wire, signed_in
from bench.measuring import Table, Times, milliseconds, once, ratio, undisturbed
from bench.originals import PLACES, TENTH, nine_cities, standing_world
from bench.pages import Statement, replay, statements_of
from bench.serving import served
from concord.foundation.database.clock import now
from concord.foundation.database.scope import NOBODY, SYSTEM, enter

SIZES: Final = (10_000, 1_000_000)
ROUNDS, REQUESTS = 3, 6
CLIENTS, REQUESTS_OF_EACH = 8, 3
LIMIT, GROWTH = 0.15, 1.3
DEEP: Final = 250
FIRST_ID: Final = 1_000
WIDE: Final = PLACES[0]
ITEMS: Final = """
INSERT INTO evidence_item (id, uid, number, organisation_id, holder_id, case_id, kind, cause, title, state, handling,
  place, started_at, ended_at, record, person_id, post_id, registered_at, sealed_id, sealed_at, derived_from_id,
  derivation, key, version)
SELECT {first} + n, gen_random_uuid(), '副本证〔2026〕' || n || '号', organisation_id, holder_id, NULL,
  (ARRAY['photo', 'video', 'document', 'onsite_record', 'e_data'])[1 + n %% 5], cause, title || n,
  CASE WHEN n %% 50 = 0 THEN 'collecting' ELSE 'sealed' END, handling, place, started_at, ended_at, record, person_id,
  post_id, registered_at - n * interval '1 minute', NULL, sealed_at, NULL, '', NULL, 1
FROM generate_series(1, {count}) n JOIN evidence_item o ON o.id = (%s::bigint[])[1 + n %% {originals}]
"""
CHILDREN: Final = (
    (
        "INSERT INTO evidence_officer (item_id, person_id, card_number) "
        "SELECT {first} + n, f.person_id, f.card_number FROM generate_series(1, {count}) n "
        "JOIN evidence_officer f ON f.item_id = (%s::bigint[])[1 + n %% {originals}]"
    ),
    (
        "INSERT INTO evidence_custody (item_id, seq, act, at, organisation_id, person_id, post_id, counterparty_id, "
        "purpose, medium, result, place, handover_id, explains_id) "
        "SELECT {first} + n, c.seq, c.act, c.at, c.organisation_id, c.person_id, c.post_id, c.counterparty_id, "
        "c.purpose, c.medium, c.result, c.place, NULL, NULL FROM generate_series(1, {count}) n "
        "JOIN evidence_custody c ON c.item_id = (%s::bigint[])[1 + n %% {originals}]"
    ),
)
AUDIENCE: Final = """
INSERT INTO evidence_itemaudience (scope_id, sort_key, item_id, kind, state, organisation_id, granted_by_id)
SELECT s.id, (extract(epoch FROM i.registered_at) * 1000000)::bigint, i.id, i.kind, i.state, i.organisation_id, NULL
FROM evidence_item i JOIN access_scope s ON s.organisation_id = i.organisation_id
  OR (s.organisation_id = {wide} AND i.id % 10 < 9) OR (s.organisation_id = {narrow} AND i.id < {first} + 4)
WHERE i.id > {first}
"""


@dataclass
class Page:
    """One address with everything measured of it at one size."""

    asked: Asked
    port: int
    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    lines: int = 0


def run(home: Path, _kept: Path) -> list[Table]:
    """One table: every page of evidence, for the reader of many and the reader of three."""
    with made("postgres", home, count=len(SIZES)) as databases, ExitStack() as stack:
        took = [_filled(database, size) for database, size in zip(databases, SIZES, strict=True)]
        ports = [stack.enter_context(served(database.url(), home)) for database in databases]
        rows: list[list[str]] = []
        for place in (WIDE, TENTH):
            sees = f"{int(0.9 * SIZES[-1]):,}" if place == WIDE else "3"
            rows += [[sees, *row] for row in _rows(_measured(databases, ports, place))]
    return [Table(f"Evidence on postgres, {SIZES[-1]:,} items", _columns(), rows, [_note(took[-1])])]


def _filled(database: Database, count: int) -> float:
    """Write one original for each city, and ``count`` copies of them."""
    from tests.support.evidence_items import sealed_item  # noqa: PLC0415  Django is set up by then

    begun = perf_counter()
    database.use()
    world = nine_cities()
    enter(SYSTEM)
    originals = [sealed_item(world, by=f"{place}.case_officer", title=f"{place}现场笔录").pk for place in PLACES]
    members = standing_world().places
    enter(NOBODY)
    given = {
        "first": FIRST_ID,
        "count": count,
        "originals": len(originals),
        "wide": members[WIDE].pk,
        "narrow": members[TENTH].pk,
    }
    connection = database.bare()
    for statement in (ITEMS, *CHILDREN):
        connection.execute(statement.format(**given), [originals])
    connection.execute(AUDIENCE.format(**given))
    for table in ("item", "officer", "custody", "itemaudience"):
        connection.execute(f"ANALYZE evidence_{table}")
    connection.close()
    return perf_counter() - begun


def _pages(place: str) -> dict[str, str]:
    """What is asked for, by its name in the table."""
    from concord.capabilities.evidence.models import Item, ItemAudience  # noqa: PLC0415  as above

    enter(SYSTEM)
    world = standing_world()
    actor = world.actor(f"{place}.case_officer", at=now().isoformat())
    shown = ItemAudience.objects.filter(scope_id=actor.scope_id).order_by("-sort_key", "item_id")
    newest = Item.objects.get(pk=shown[0].item_id).number
    pages = {"list": "/evidence/", "list, one kind": "/evidence/?kind=e_data", "one item": f"/evidence/{newest}/"}
    if place == WIDE:
        deep = shown[DEEP]
        pages |= {
            f"list, {DEEP} items down": f"/evidence/?before={deep.sort_key}-{deep.item_id}",
            "list, being collected": "/evidence/?state=collecting",
            "list, one giver": f"/evidence/?from={world.places[PLACES[1]].code}",
            "search, a number": f"/evidence/?q={Item.objects.order_by('id').last().number}",  # type: ignore[union-attr]  # there are a million
            "search, part of a title": "/evidence/?q=笔录99",
            "grid": "/evidence/grid/",
            "check before collecting": "/evidence/precheck/",
        }
    enter(NOBODY)
    return pages


def _measured(databases: Sequence[Database], ports: Sequence[int], place: str) -> list[dict[str, Page]]:
    sized: list[dict[str, Page]] = []
    for database, port in zip(databases, ports, strict=True):
        database.use()
        enter(SYSTEM)
        cookie = {"Cookie": signed_in(standing_world().actor(f"{place}.case_officer", at=now().isoformat()))}
        enter(NOBODY)
        sized.append({name: Page(Asked(path, cookie), port) for name, path in _pages(place).items()})
    for number in range(ROUNDS + 1):
        for database, pages in zip(databases, sized, strict=True):
            database.use()
            for page in pages.values():
                _measure(page, keep=number > 0)
    return sized


def _measure(page: Page, *, keep: bool) -> None:
    ask = in_process(page.asked)
    page.lines = ask()
    page.statements = statements_of(ask)
    with undisturbed():
        alone = over_the_wire(page.port, page.asked, clients=1, requests=REQUESTS)
        bare = [once(lambda: replay(page.statements)) for _ in range(REQUESTS)]
        together = over_the_wire(page.port, page.asked, clients=CLIENTS, requests=REQUESTS_OF_EACH)
    if keep:
        page.alone += alone
        page.bare += bare
        page.together += together


def _rows(measured: Sequence[Mapping[str, Page]]) -> list[list[str]]:
    small, large = measured
    rows = []
    for name, page in large.items():
        own, together, bare = (Times(tuple(times)) for times in (page.alone, page.together, page.bare))
        before = Times(tuple(small[name].alone)).median
        same = page.lines == small[name].lines
        grown = _met(own.median / before <= GROWTH) if same else f"{small[name].lines} : {page.lines}"
        times: list[Any] = [own.median, own.p95, together.median, together.p95, bare.median]
        met = f"{_met(own.p95 < LIMIT)} / {_met(together.p95 < LIMIT)}"
        rows.append(
            [
                name,
                str(len(page.statements)),
                *(milliseconds(one) for one in times),
                ratio(own.median, before),
                met,
                grown,
            ]
        )
    return rows


def _met(fact: bool) -> str:  # noqa: FBT001  private, reads as a sentence
    return "met" if fact else "missed"


def _columns() -> list[str]:
    times = ["p50, 1 client", "p95", f"p50, {CLIENTS} clients", "p95", "bare SQL"]
    growth = f"{SIZES[-1]:,} : {SIZES[0]:,}"
    return ["sees", "page", "statements", *times, growth, "p95 < 150 ms, 1 / 8 clients", f"growth ≤ {GROWTH}"]


def _note(took: float) -> str:
    return (
        f"Whole requests to two web processes on loopback, all on this machine; {ROUNDS} rounds of {REQUESTS} by one "
        f"client and of {REQUESTS_OF_EACH} by each of {CLIENTS}, both sizes in turn. Bare SQL: the same SELECT "
        f"statements in one process, rows fetched and thrown away. Filling the larger size took {took:.0f} s. A word "
        "is looked for among the newest 5,000 items that one sees, a number among all."
    )
