"""Copies, redactions, translations, extracts: items of their own that name the original and hide what was removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction

from concord.capabilities.evidence import audience, derivatives, items
from concord.capabilities.evidence.models import Custody, Item
from concord.foundation.database.scope import writing
from concord.proofs.digests import pair_of
from concord.proofs.statements import read_event
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.collecting import PLACE, SECRET, Collecting
from tests.support.sealing import written
from tests.support.two_verifiers import failing
from tests.support.worlds import speaking_as

FILE = "payload/0001.txt"


@pytest.fixture
def original(desk: Collecting) -> Item:
    return desk.sealed()


def derived(desk: Collecting, original: Item, *, by: str = "asking.case_officer", **changed: Any) -> Item:
    actor = desk.actor(by)
    told: dict[str, Any] = {"kind": "copy", "title": "复制件", "card": "浙0101", **changed}
    with speaking_as(actor):
        return derivatives.derive(
            item=original.uid,
            by=actor,
            at=desk.home.at,
            entropy=desk.world.random_bytes(),
            **told,
        )


def redacted(desk: Collecting, original: Item) -> Item:
    """Everything that names the secret taken away, and the file replaced by one without it."""
    made = derived(desk, original, kind="redaction", title="遮盖件", removed=[*original.record, "place", FILE])
    with writing():
        source = original.files.get(path=FILE)
    file = desk.world.upload("遮盖后.txt", by="asking.case_officer", at=desk.home.at.isoformat())
    actor = desk.actor()
    with speaking_as(actor):
        items.add_file(
            item=made.uid,
            file=file.uid,
            claimed=file.digest,
            original_location="",
            redaction_of=source.pk,
            by=actor,
            at=desk.home.at,
        )
        described = desk.fresh(made)
        items.describe(
            item=made.uid,
            version=described.version,
            record=described.record,
            officers=desk.officers()[:1],
            place="证据室",
            started_at=desk.home.at,
            ended_at=desk.home.at,
            by=actor,
            at=desk.home.at,
        )
    desk.close(made)
    desk.sign()
    desk.publish()
    return desk.fresh(made)


def test_a_copy_names_its_original_and_both_verify(desk: Collecting, original: Item) -> None:
    made = derived(desk, original)
    assert (made.derived_from, made.derivation, made.handling) == (original, "copy", original.handling)
    desk.close(made)
    desk.sign()
    desk.publish()
    manifest = json.loads(desk.package(made).manifest)
    assert manifest["relations"] == [{"id": desk.package(original).package, "type": "duplicate_of"}]
    for one in (made, original):
        assert failing(desk.said(one)) == []


def test_the_package_of_the_original_says_what_was_made(desk: Collecting, original: Item) -> None:
    made = redacted(desk, original)
    event = read_event(desk.package(original).events[-1].encode())
    assert (event.action, event.report) == ("redact", pair_of(desk.package(made).manifest.encode()))
    assert failing(desk.said(original)) == []
    with writing():
        assert Custody.objects.filter(item=original).last().act == "redact"  # type: ignore[union-attr]  # it has moves


def test_a_redaction_verifies_and_reveals_nothing_of_what_was_removed(desk: Collecting, original: Item) -> None:
    made = redacted(desk, original)
    assert failing(desk.said(made)) == []
    content = written(desk.package(made)).getvalue()
    for secret in (SECRET, PLACE, original.title):
        assert secret.encode() not in content
    manifest = json.loads(desk.package(made).manifest)
    [file] = [one for one in manifest["files"] if "redaction_of" in one]
    with writing():
        source = original.files.select_related("file").get(path=FILE)
    assert file["redaction_of"] == {"sha256": source.file.digest, "sm3": source.sm3}


def test_the_original_stays_as_it_was_sealed(desk: Collecting, original: Item) -> None:
    before = desk.package(original)
    redacted(desk, original)
    after = desk.package(original)
    assert (after.manifest, after.events[:2], after.disclosure) == (before.manifest, before.events, before.disclosure)


def test_it_is_shown_to_whoever_made_it_alone(desk: Collecting, original: Item) -> None:
    with transaction.atomic():
        audience.show(original, desk.place("asked"), granted_by=None, at=desk.home.at)
    made = derived(desk, original)
    with writing():
        assert [row.scope.organisation for row in made.audience.all()] == [desk.place("asking")]


@pytest.mark.parametrize("kind", ["translation", "extract"])
def test_translations_and_extracts_begin_empty(desk: Collecting, original: Item, kind: str) -> None:
    made = derived(desk, original, kind=kind)
    with writing():
        assert (made.files.count(), made.record, made.place) == (0, {}, "")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "dream"}, "kind"),
        ({"title": " "}, "title"),
        ({"card": ""}, "card"),
        ({"removed": ["place"]}, "removed"),
        ({"kind": "redaction"}, "removed"),
        ({"kind": "redaction", "removed": ["no_such_field"]}, "removed"),
    ],
)
def test_what_is_wrong_is_named(desk: Collecting, original: Item, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        derived(desk, original, **changed)
    assert [one.field for one in refused.value.problems] == [field]


def test_only_who_holds_or_collected_it_derives(desk: Collecting, original: Item) -> None:
    with pytest.raises(NotFound):
        derived(desk, original, by="asked.case_officer")
    with transaction.atomic():
        audience.show(original, desk.place("asked"), granted_by=None, at=desk.home.at)
    with pytest.raises(NotAllowed) as refused:
        derived(desk, original, by="asked.case_officer")
    assert refused.value.code == "evidence.not_holder"


def test_nothing_is_derived_from_what_is_not_sealed(desk: Collecting) -> None:
    with pytest.raises(Conflict) as refused:
        derived(desk, desk.registered())
    assert refused.value.code == "evidence.state"


def test_a_redacted_file_is_of_the_original_and_of_no_other_item(desk: Collecting, original: Item) -> None:
    other = desk.sealed()
    made = derived(desk, original, kind="redaction", removed=["place"])
    file = desk.world.upload("遮盖后.txt", by="asking.case_officer", at=desk.home.at.isoformat())
    with writing():
        source = other.files.get(path=FILE)
    actor = desk.actor()
    with pytest.raises(NotFound) as refused, speaking_as(actor):
        items.add_file(
            item=made.uid,
            file=file.uid,
            claimed="",
            original_location="",
            redaction_of=source.pk,
            by=actor,
            at=desk.home.at,
        )
    assert refused.value.code == "evidence.no_file"
