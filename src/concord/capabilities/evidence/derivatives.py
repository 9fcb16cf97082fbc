"""Writes: what is made from a sealed item: a copy, a redaction, a translation, an extract; an item of its own.

It names the original in its signed manifest, and each redacted file the digests of the file it was made from, while the
original stays as it was sealed. Nothing that was taken away goes into it, not even as a commitment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from concord.capabilities.evidence import audience, custody_log, recording, refusals
from concord.capabilities.evidence.items import LONGEST_CARD, LONGEST_TITLE, UUID_BYTES, add_file, next_number
from concord.capabilities.evidence.models import Item, ItemFile, Officer
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.policy import COLLECT, require
from concord.capabilities.evidence.queries import item_for
from concord.foundation.access.actor import Actor
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Sealed
from concord.proofs.statements import Disclosed, read_disclosure
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.identifiers import uuid7

KINDS: Mapping[str, Said] = {
    "copy": Said("复制件", "Copy"),
    "redaction": Said("遮盖件", "Redaction"),
    "translation": Said("译本", "Translation"),
    "extract": Said("节选", "Extract"),
}
WHOLE = frozenset({"copy", "redaction"})
"""What begins with the record and the files of the original; the others begin empty."""
CUSTODY: Mapping[str, str] = {"copy": "copy", "redaction": "redact", "translation": "copy", "extract": "copy"}
OWN_COLUMNS = frozenset({"place", "case"})
"""What may be taken away besides files and fields of the record. The title is written anew."""


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that was made: brought before, with the SHA-256 claimed for it, and the file it redacts (its id)."""

    file: UUID
    claimed: str = ""
    redaction_of: int | None = None


def derive(
    *,
    item: UUID,
    kind: str,
    title: str,
    card: str,
    by: Actor,
    at: datetime,
    entropy: bytes,
    removed: Collection[str] = (),
    files: Sequence[MadeFile] = (),
    key: str | None = None,
) -> Item:
    """Begin an item that is made from a sealed one; ``by`` answers for it, with the number of their card.

    A copy and a redaction begin with the record and the files of the original, a redaction without those ``removed``:
    fields of the record by name, files by path, ``place``, ``case``. ``files`` are what was made, added at once, in
    place of those that they redact; more can follow with ``items.add_file``. The handling code stays that of the
    original. With ``key``, the same call again returns the first item. Raises NotAllowed ``evidence.may_not``, or
    ``evidence.not_holder`` for whoever neither holds nor collected the original, NotFound ``evidence.no_item``,
    Conflict ``evidence.state`` unless it is sealed, InvalidInput ``evidence.bad_item``, and as ``items.add_file``.
    """
    require(by, COLLECT)
    shown = item_for(uid=item, by=by)
    if by.organisation.id not in {shown.holder_id, shown.organisation_id}:
        raise refusals.not_holder()
    gone = frozenset(removed) | _redacted(shown, files)
    _check(kind, title=title, card=card, removed=gone, original=shown)
    with writing():
        original = locked(Item.objects.filter(pk=shown.pk).select_related("case")).get()
        if original.state != Item.State.SEALED:
            raise refusals.other_state(original)
        known = Item.objects.filter(organisation=by.organisation, key=key).first() if key is not None else None
        if known is not None:
            return known
        made = _begun(original, kind, title.strip(), gone, key=key, by=by, at=at, entropy=entropy)
        Officer.objects.create(item=made, person=by.person, card_number=card.strip())
        if kind in WHOLE:
            _take_files(original, made, gone)
        for one in files:
            add_file(
                item=made.uid,
                file=one.file,
                claimed=one.claimed,
                original_location="",
                redaction_of=one.redaction_of,
                by=by,
                at=at,
            )
        if original.holder_id == by.organisation.id:  # who keeps no more than a copy moves nothing
            _note(original, made, by=by, at=at)
        recording.record(event="evidence.derive", item=made, by=by, at=at, kind=kind, original=original.number)
    return made


def _note(original: Item, made: Item, *, by: Actor, at: datetime) -> None:
    """Note in the custody of the original that something was made from it."""
    custody_log.append(
        original,
        act=CUSTODY[made.derivation],
        organisation=by.organisation,
        person=by.person,
        post=by.post,
        at=at,
        purpose=f"制作{KINDS[made.derivation].zh}",
        medium=custody_log.medium_of(original),
        result=made.number,
    )


def write_without(*, item: UUID, closed: Collection[str], out: BinaryIO, by: Actor, at: datetime) -> None:
    """Write the package of an item to ``out`` with some of its disclosed fields closed; what is signed stays the same.

    ``closed`` are names as ``open_fields`` has them. Whoever sees an item may do so; it is on record. Raises NotFound
    ``evidence.no_item``, Conflict ``evidence.state`` before its package is signed, InvalidInput ``evidence.bad_item``
    for a field that it does not have, and as ``sealing.write``.
    """
    shown = item_for(uid=item, by=by)
    package = package_of(shown)
    if package is None:
        raise refusals.other_state(shown)
    if not set(closed) <= {one.name for one in open_fields(package)}:
        said = Said("证据包中没有这一项", "the package discloses no such field")
        raise refusals.bad_item(Problem("closed", "unknown", said))
    with writing():
        recording.record(
            event="evidence.close_fields", item=shown, by=by, at=at, package=package.package, closed=len(closed)
        )
    sealing.write(package, out, without=frozenset(closed))


def open_fields(package: Sealed) -> tuple[Disclosed, ...]:
    """The fields that a package discloses; none once they were erased."""
    return read_disclosure(package.disclosure.encode()) if package.disclosure else ()


def _begun(
    original: Item,
    kind: str,
    title: str,
    removed: frozenset[str],
    *,
    key: str | None,
    by: Actor,
    at: datetime,
    entropy: bytes,
) -> Item:
    keep_case = "case" not in removed and original.case is not None and original.case.organisation == by.organisation
    made = Item.objects.create(
        uid=uuid7(at, entropy[:UUID_BYTES]),
        number=next_number(by.organisation, at=at),
        organisation=by.organisation,
        holder=by.organisation,
        case=original.case if keep_case else None,
        kind=original.kind,
        cause=original.cause,
        title=title,
        handling=original.handling,
        place="" if kind not in WHOLE or "place" in removed else original.place,
        started_at=at,
        ended_at=at,
        record={name: value for name, value in original.record.items() if kind in WHOLE and name not in removed},
        person=by.person,
        post=by.post,
        registered_at=at,
        derived_from=original,
        derivation=kind,
        key=key,
    )
    audience.show(made, by.organisation, granted_by=None, at=at)
    return made


def _redacted(original: Item, files: Sequence[MadeFile]) -> frozenset[str]:
    """The paths of the files that others take the place of."""
    redacted = [one.redaction_of for one in files if one.redaction_of is not None]
    return frozenset(original.files.filter(pk__in=redacted).values_list("path", flat=True))


def _take_files(original: Item, made: Item, removed: Collection[str]) -> None:
    """The original's files that are not removed, under their paths; where they lay on the device stays behind."""
    ItemFile.objects.bulk_create(
        ItemFile(item=made, file_id=one.file_id, path=one.path, claimed=one.claimed)
        for one in original.files.all()
        if one.path not in removed
    )


def _check(kind: str, *, title: str, card: str, removed: Collection[str], original: Item) -> None:
    problems = []
    if kind not in KINDS:
        problems.append(Problem("kind", "unknown", Said("没有这种派生件", "nothing is derived in this way")))
    if not 0 < len(title.strip()) <= LONGEST_TITLE or not title.isprintable():
        problems.append(Problem("title", "length", Said("请填写名称", "give it a title")))
    if not 0 < len(card.strip()) <= LONGEST_CARD or not card.isprintable():
        said = Said("请填写执法证号", "give the number of the law-enforcement card")
        problems.append(Problem("card", "length", said))
    with writing():
        paths = set(original.files.values_list("path", flat=True))
    known = paths | original.record.keys() | OWN_COLUMNS
    if removed and (kind != "redaction" or not known.issuperset(removed)):
        said = Said("只有遮盖件可以去掉内容，且须为原件已有的内容", "a redaction takes away what the original has")
        problems.append(Problem("removed", "unknown", said))
    if kind == "redaction" and not removed:
        said = Said("请选择要遮盖的内容", "choose what is to be taken away")
        problems.append(Problem("removed", "missing", said))
    if problems:
        raise InvalidInput(
            "evidence.bad_item",
            Said("派生件没有登记，请更正标出的项目。", "Nothing was derived; mend the marked fields."),
            problems=tuple(problems),
        )
