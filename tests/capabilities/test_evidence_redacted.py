"""What was removed is nowhere: not in a package with fields closed, not in a redacted item, whatever was chosen."""

from __future__ import annotations

import io
from collections.abc import Set as AbstractSet

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.capabilities.evidence import derivatives
from concord.capabilities.evidence.derivatives import open_fields
from concord.capabilities.evidence.models import Item
from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Entry
from concord.rules.errors import Conflict, InvalidInput, NotFound
from concord.rules.evidence.records import FIELDS
from tests.support.collecting import Collecting
from tests.support.sealing import written
from tests.support.two_verifiers import both_say, failing
from tests.support.worlds import speaking_as

KIND = "onsite_record"
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole packages takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXTS = {field.id: f"秘密之{n:03}号" for n, field in enumerate(FIELDS[KIND]) if field.type in {"text", "longtext"}}
some = st.sets(st.sampled_from(sorted(TEXTS)), min_size=1)


@pytest.fixture
def original(desk: Collecting) -> Item:
    """An item each of whose texts stands nowhere else."""
    begun = desk.described(desk.registered(kind=KIND))
    record = {**desk.fresh(begun).record, **TEXTS}
    desk.close(desk.filled(desk.described(begun, record=record)))
    desk.sign()
    desk.publish()
    return desk.fresh(begun)


def without(desk: Collecting, item: Item, closed: AbstractSet[str], *, by: str = "asking.case_officer") -> bytes:
    actor, out = desk.actor(by), io.BytesIO()
    with speaking_as(actor):
        derivatives.write_without(item=item.uid, closed=closed, out=out, by=actor, at=desk.home.at)
    return out.getvalue()


@BOUNDED
@given(removed=some)
def test_closed_fields_are_nowhere_in_the_package_and_it_verifies(
    desk: Collecting, original: Item, removed: set[str]
) -> None:
    content = without(desk, original, {f"record_{name}" for name in removed})
    report = both_say(content, desk.home.installation.trust.read_bytes(), at=desk.home.at)
    assert (report.verdict, failing(report)) == ("pass", [])
    assert {name for name, text in TEXTS.items() if text.encode() in content} == TEXTS.keys() - removed


@BOUNDED
@given(removed=some)
def test_a_redacted_item_holds_all_but_what_was_removed(desk: Collecting, original: Item, removed: set[str]) -> None:
    actor = desk.actor()
    with transaction.atomic():
        with speaking_as(actor):
            made = derivatives.derive(
                item=original.uid,
                kind="redaction",
                title="遮盖件",
                card="浙0101",
                removed=removed,
                by=actor,
                at=desk.home.at,
                entropy=desk.world.random_bytes(),
            )
        desk.close(made)
        desk.sign()
        content = written(desk.package(made)).getvalue()
        report = both_say(content, desk.home.installation.trust.read_bytes(), at=desk.home.at)
        assert (report.verdict, report.statuses["C16"], report.statuses["C06"]) == ("indeterminate", "pass", "pass")
        assert {name for name, text in TEXTS.items() if text.encode() in content} == TEXTS.keys() - removed
        transaction.set_rollback(True)


def test_with_everything_closed_nothing_is_disclosed(desk: Collecting, original: Item) -> None:
    names = {one.name for one in open_fields(desk.package(original))}
    content = without(desk, original, names)
    report = both_say(content, desk.home.installation.trust.read_bytes(), at=desk.home.at)
    assert (report.verdict, report.statuses["C16"]) == ("pass", "not_applicable")


def test_it_is_on_record(desk: Collecting, original: Item) -> None:
    without(desk, original, {"title"})
    with writing():
        entry = Entry.objects.get(event="evidence.close_fields")
    assert (entry.subject, entry.details["closed"]) == (original.number, 1)


def test_what_cannot_be_closed_or_seen_is_refused(desk: Collecting, original: Item) -> None:
    with pytest.raises(InvalidInput) as unknown:
        without(desk, original, {"no_such_field"})
    assert unknown.value.code == "evidence.bad_item"
    with pytest.raises(NotFound):
        without(desk, original, {"title"}, by="asked.case_officer")
    with pytest.raises(Conflict) as early:
        without(desk, desk.registered(), {"title"})
    assert early.value.code == "evidence.state"
