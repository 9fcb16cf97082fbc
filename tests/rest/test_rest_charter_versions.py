"""Programs read which charter is in force and what a version changes."""

from __future__ import annotations

from datetime import date

import pytest

from concord.capabilities.governance import commands
from concord.foundation.organisations.queries import charter_on, texts_of
from tests.capabilities.charter_texts import edited
from tests.rest.callers import caller, refused
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db
NUMBER = "协调决〔2026〕3号"
ASSISTANCE = "g60/procedures/assistance/2026-01-01.toml"
NEXT = ASSISTANCE.replace("2026-01-01", "2026-04-01")


def adopted(world: World) -> tuple[str, str]:
    """The digests of the first version and of one that shortens a limit from 1 April."""
    first = charter_on(date(2026, 2, 6)).digest
    texts = edited(texts_of(first), "g60/charter.toml", ("assistance = 2026-01-01", "assistance = 2026-04-01"))
    texts[NEXT] = texts[ASSISTANCE].replace("in_force_from = 2026-01-01", "in_force_from = 2026-04-01", 1)
    texts = edited(texts, NEXT, ('id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"'))
    version = commands.adopt(
        texts=texts,
        charter_id="g60",
        resolution=NUMBER,
        effective_from=date(2026, 4, 1),
        by=world.actor("centre.leader"),
        at=time("2026-02-06T09:00"),
    )
    return first, version.digest


def test_the_charter_in_force_with_its_versions(world: World) -> None:
    first, second = adopted(world)
    body = caller(world, "asking.clerk").get("/charter").json()
    assert (body["id"], body["digest"], body["effective_from"], body["resolution"]) == ("g60", first, "2019-01-01", "")
    assert body["en"].startswith("Yangtze River Delta")
    assert {one["id"]: one["in_force_from"] for one in body["procedures"]}["assistance"] == "2026-01-01"
    assert [(one["digest"], one["resolution"], one["in_force"]) for one in body["versions"]] == [
        (second, NUMBER, False),
        (first, "", True),
    ]


def test_what_a_version_changes(world: World) -> None:
    first, second = adopted(world)
    program = caller(world, "asking.auditor")
    body = program.get(f"/charter/versions/{second}/difference").json()
    assert (body["before"]["digest"], body["after"]["digest"]) == (first, second)
    files = {one["file"]: one for one in body["files"]}
    assert set(files) == {"g60/charter.toml", NEXT}
    assert (files[NEXT]["kind"], files[NEXT]["compared_with"]) == ("added", ASSISTANCE)
    receipt = next(rule for rule in files[NEXT]["rules"] if rule["rule"] == "clocks.receipt")
    assert (receipt["kind"], receipt["name"]["zh"]) == ("changed", "期限“签收期限”")
    assert receipt["said"] == [{"zh": "期限：2个工作日 → 1个工作日", "en": "limit: 2 working days → 1 working day"}]
    assert ['limit = "2WD"' in receipt["removed"][0]["text"], receipt["removed"][0]["line"] > 1] == [True, True]
    back = program.get(f"/charter/versions/{first[:8]}/difference", against=second[:8]).json()
    assert [one["kind"] for one in back["files"]] == ["changed", "removed"]
    assert program.get(f"/charter/versions/{first}/difference", against=first).json()["files"] == []


def test_versions_that_do_not_exist(world: World) -> None:
    first, second = adopted(world)
    program = caller(world, "asking.clerk")
    refused(program.get("/charter/versions/none/difference"), 404, "charter.no_such_version")
    refused(program.get(f"/charter/versions/{first}/difference"), 404, "charter.no_such_version")
    refused(program.get(f"/charter/versions/{second}/difference", against="0" * 64), 404, "charter.no_such_version")


def test_a_token_without_the_permission_reads_none(world: World) -> None:
    first, _ = adopted(world)
    program = caller(world, "asking.clerk", ["matter:read"])
    for path in ("/charter", f"/charter/versions/{first}/difference"):
        assert program.get(path).status_code == 403
