"""The package of an item: what of it is a file, what is committed to and disclosed, and how a job signs it.

Whatever people typed stands in no file and nowhere in clear: each field is committed to behind a salt of its own and
disclosed beside, so that a line can be taken away without touching what was signed. Names of files are not names in
the package. So, with payload and salts deleted, what is left identifies nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from concord.capabilities.evidence import audience, recording
from concord.capabilities.evidence.items import UUID_BYTES
from concord.capabilities.evidence.models import Item, ItemFile
from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files.commands import store_made
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Sealed
from concord.proofs.canonical import JSON, encode
from concord.proofs.digests import Pair, pair_of
from concord.proofs.package import Collection
from concord.proofs.statements import read_manifest
from concord.rules.identifiers import uuid7

if TYPE_CHECKING:  # for signatures only
    from concord.foundation.ledger.sealing import Equipment

RECORD = "payload/record.json"
SCHEMA = "item/1"
METHODS: Mapping[str, str] = {
    "photo": "onsite",
    "video": "onsite",
    "onsite_record": "onsite",
    "inquiry_record": "onsite",
    "sample": "onsite",
    "e_data": "device",
    "document": "upload",
    "appraisal": "upload",
}
"""How each kind is collected, in the words of the package's manifest."""
RELATIONS: Mapping[str, str] = {
    "copy": "duplicate_of",
    "redaction": "derived_from",
    "translation": "derived_from",
    "extract": "derived_from",
}


ACTIONS: Mapping[str, str] = {"copy": "copy", "redaction": "redact", "translation": "copy", "extract": "copy"}
"""What the making of each is called in the package of the original, where it names the manifest of what was made."""


def finish_sealing(uid: UUID, *, equipment: Equipment, at: datetime) -> bool:
    """Sign the package of an item that is closed, and put it on record; False when it was sealed or given up before.

    It may be called again after it was killed at any moment. Raises as ``sealing.prepare``.
    """
    with writing():
        found = Item.objects.filter(uid=uid, state=Item.State.SEALING)
        item = found.select_related("organisation", "case", "derived_from__sealed").first()
        if item is None:
            return False
        said, fields, redactions = _said(item), _fields(item), _redactions(item)
        files = {one.path: one.file for one in item.files.select_related("file")}
    files[RECORD] = store_made(
        content=said,
        name=RECORD.rpartition("/")[2],
        media_type="application/json",
        organisation=item.organisation,
        at=at,
        uid=uuid7(at, equipment.random_bytes(UUID_BYTES)),
    )
    prepared = sealing.prepare(
        kind="evidence",
        organisation=item.organisation,
        files=files,
        collection=_collection(item),
        equipment=equipment,
        at=at,
        fields=fields,
        relations=_relations(item),
        redactions=redactions,
    )
    with writing():
        kept = locked(Item.objects.filter(pk=item.pk).select_related("organisation", "derived_from")).get()
        if kept.state != Item.State.SEALING:
            return False
        kept.sealed = sealing.keep(
            prepared, subject=str(kept.uid), at=at, uid=uuid7(at, equipment.random_bytes(UUID_BYTES))
        )
        kept.state, kept.sealed_at = Item.State.SEALED, at
        kept.version += 1
        kept.save(update_fields=["sealed", "state", "sealed_at", "version"])
        _note_digests(kept, prepared.manifest)
        if kept.derived_from is not None and kept.derived_from.sealed_id is not None:
            sealing.append_event(
                kept.derived_from.sealed_id,
                equipment=equipment,
                organisation=kept.organisation,
                action=ACTIONS[kept.derivation],
                at=at,
                report=pair_of(prepared.manifest),
            )
        audience.restate(kept)
        recording.record(event="evidence.sealed", item=kept, by=None, at=at, package=prepared.package)
    return True


def waiting() -> list[UUID]:
    """The items that wait for their package to be signed, the first closed first."""
    with writing():
        return list(Item.objects.filter(state=Item.State.SEALING).order_by("id").values_list("uid", flat=True))


def package_of(item: Item) -> Sealed | None:
    """The sealed package of an item that may be seen, whole; None before it is signed.

    Sealed packages are shown to nobody by the database itself; whoever calls has checked that the item may be seen.
    """
    if item.sealed_id is None:
        return None
    with writing():
        return Sealed.objects.select_related("submission").get(pk=item.sealed_id)


def _said(item: Item) -> bytes:
    """What programs need to know of the item, canonical: codes, numbers and digests."""
    said: dict[str, JSON] = {
        "schema": SCHEMA,
        "number": item.number,
        "organisation": item.organisation.code,
        "kind": item.kind,
        "handling": item.handling,
        "files": [{"path": one.path, "claimed": one.claimed} for one in item.files.all()],
        "lots": [{"number": lot.number} for lot in item.lots.all()],
    }
    if item.cause:
        said["cause"] = item.cause
    return encode(said)


def _fields(item: Item) -> dict[str, str]:
    """Everything that people said of the item, by the name under which it is committed to."""
    fields = {"title": item.title, "location_0": item.place}
    if item.case is not None:
        fields["case_ref"] = f"{item.case.name}（{item.case.number}）"
    for place, officer in enumerate(item.officers.select_related("person")):
        fields[f"operator_{place}"] = officer.person.zh
        fields[f"card_{place}"] = officer.card_number
    for place, one in enumerate(item.files.select_related("file")):
        fields[f"file_{place}_name"] = one.file.name
        fields[f"file_{place}_location"] = one.original_location
    for lot in item.lots.all():
        fields[f"lot_{lot.number}"] = f"{lot.name}（{lot.unit}）{lot.seal}"
    for name, value in item.record.items():
        fields[f"record_{name}"] = value if isinstance(value, str) else encode(value).decode()
    return {name: value for name, value in fields.items() if value}


def _collection(item: Item) -> Collection:
    started, ended = item.started_at or item.registered_at, item.ended_at or item.registered_at
    return Collection(
        method=METHODS.get(item.kind, "upload"),
        started_at=started.astimezone(UTC),
        ended_at=ended.astimezone(UTC),
        tool=sealing.tool(),
        environment={"time_zone": LEGAL_ZONE.key},
    )


def _relations(item: Item) -> list[tuple[str, str]]:
    parent = item.derived_from
    if parent is None or parent.sealed is None:
        return []
    return [(RELATIONS[item.derivation], parent.sealed.package)]


def _redactions(item: Item) -> dict[str, Pair]:
    """For each file from which something was taken away, the digests of the original file."""
    rows = item.files.exclude(redaction_of=None).select_related("redaction_of__file")
    originals = {one.path: one.redaction_of for one in rows}
    return {path: Pair(one.file.digest, one.sm3) for path, one in originals.items() if one is not None}


def _note_digests(item: Item, manifest: bytes) -> None:
    """Keep the SM3 digest that was computed beside each file, so that lists need not open the package."""
    digests = {listed.path: listed.pair.sm3 for listed in read_manifest(manifest).files}
    rows = list(ItemFile.objects.filter(item=item))
    for row in rows:
        row.sm3 = digests[row.path]
    ItemFile.objects.bulk_update(rows, ["sm3"])
