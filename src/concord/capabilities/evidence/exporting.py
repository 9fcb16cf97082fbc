"""The evidence of a matter as one package: every item's own package whole inside, with the catalogue and the covers.

The outer package is sealed by whoever exports, as *derived from* each package in it; both verify, each by itself. Only
what the asker is shown goes in. What the asker is shown and may not use so is named with the reason, in the catalogue
and in ``contents.json``; what is not shown is not named. The content is let go of after a week, the proof stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, TYPE_CHECKING, BinaryIO, Final, cast
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Sum
from django.http import QueryDict

from concord.capabilities.evidence import papers
from concord.capabilities.evidence.lists import told_in
from concord.capabilities.evidence.models import Item, ItemFile
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.policy import HANDLE, require
from concord.capabilities.evidence.queries import visible_to
from concord.capabilities.evidence.uses import terms_of, use_in
from concord.casework.desk import exports
from concord.casework.desk.exports import Export
from concord.casework.models import Matter
from concord.casework.queries import matter_for
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import SYSTEM, enter, speaking_for, writing
from concord.foundation.files.commands import store_made, write_made
from concord.foundation.files.models import File
from concord.foundation.files.sweeping import discard, discard_bytes
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import sealing
from concord.foundation.ledger.log import is_ready
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.models import Organisation
from concord.foundation.sheets.models import Sheet, SheetRow
from concord.foundation.sheets.queries import HEAD
from concord.proofs.canonical import encode
from concord.proofs.container import MEDIA_TYPE
from concord.rules.errors import Conflict, InvalidInput, NotFound, Said, Unavailable
from concord.rules.evidence.handling import Use
from concord.rules.identifiers import uuid7

if TYPE_CHECKING:  # for signatures only
    from concord.foundation.ledger.sealing import Equipment

JOB: Final = "evidence.export"
KIND: Final = "evidence"
FORM: Final = "evp"
SCHEMA: Final = "export/1"
CONTENTS, CATALOGUE = "payload/contents.json", "payload/catalogue.pdf"
MOST_ITEMS: Final = 500
MOST_BYTES: Final = 32 << 30
"""A package holds at most 64 GiB (format, section 1); half of that leaves room on the disks it is written on."""
UUID_BYTES: Final = 10
NOT_SEALED = Said("尚未封存，没有证据包。请在封存后再导出。", "It is not sealed yet and has no package; seal it first.")
GONE = Said("内容已依法处置或者删除。", "Its content was disposed of or erased by duty.")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that the asker is shown and that does not go out: under which code, for which use, why."""

    item: Item
    code: str
    use: str
    said: Said


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a matter's evidence goes out, in the order in which it was told, and what does not."""

    matter: Matter
    taken: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def size(self) -> int:
        """Bytes of all files of what goes out."""
        rows = ItemFile.objects.filter(item__in=self.taken)
        return int(rows.aggregate(size=Sum("file__size"))["size"] or 0)


@dataclass(frozen=True, slots=True)
class Made:
    """The files of an export by their paths, the packages inside, and how to name new rows."""

    files: dict[str, File]
    packages: list[str]
    organisation: Organisation
    at: datetime
    random_bytes: Callable[[int], bytes]

    def uid(self) -> UUID:
        """The next identifier."""
        return uuid7(self.at, self.random_bytes(UUID_BYTES))


def choose(*, matter: UUID, onward: bool, by: Actor) -> Choice:
    """What of a matter's evidence ``by`` may take out; ``onward`` to pass it on, to a court or another authority.

    What one's own organisation collected goes out as it likes. Raises NotFound ``casework.no_matter``.
    """
    known = matter_for(uid=matter, by=by).matter
    taken: list[Item] = []
    left_out: list[LeftOut] = []
    for item in (one.item for one in told_in(known, by=by)):
        refused = _refused(item, known, onward=onward, by=by)
        if refused is None:
            taken.append(item)
        else:
            left_out.append(refused)
    return Choice(known, tuple(taken), tuple(left_out))


def ask_for(*, matter: UUID, onward: bool, language: str, by: Actor, at: datetime, entropy: bytes) -> Sheet:
    """Let a job write the package of a matter's evidence; it is fetched by ``package_for`` once it is ready.

    Raises NotAllowed ``evidence.may_not``, NotFound ``casework.no_matter``, Unavailable ``evidence.cannot_seal``
    without a ledger, Conflict ``evidence.nothing_to_export``, InvalidInput ``evidence.export_too_large``.
    """
    require(by, HANDLE)
    chosen = choose(matter=matter, onward=onward, by=by)
    if not is_ready():
        raise Unavailable(
            "evidence.cannot_seal",
            Said(
                "存证账本尚未就绪，现在不能封存导出件。请联系系统管理员。",
                "The ledger is not set up, so an export cannot be sealed; ask the administrator.",
            ),
        )
    if not chosen.taken:
        raise Conflict(
            "evidence.nothing_to_export",
            Said(
                "没有可以导出的证据项：尚未封存，或者使用限制不允许。各项理由见本页。",
                "No item can go out: not sealed, or ruled out by its handling code; the page gives each reason.",
            ),
            details={"left_out": len(chosen.left_out)},
        )
    if len(chosen.taken) > MOST_ITEMS or chosen.size > MOST_BYTES:
        raise InvalidInput(
            "evidence.export_too_large",
            Said(
                f"一次最多导出 {MOST_ITEMS} 项、{MOST_BYTES >> 30} GiB。请逐项下载证据包。",
                f"At most {MOST_ITEMS} items and {MOST_BYTES >> 30} GiB go out at once; take the packages one by one.",
            ),
        )
    return exports.ask_for(
        kind=KIND,
        name=f"{chosen.matter.number} 证据.{FORM}",
        query=urlencode({"matter": matter, **({"onward": 1} if onward else {})}),
        form=FORM,
        language=language,
        of=len(chosen.taken),
        by=by,
        at=at,
        entropy=entropy,
        job=JOB,
    )


def write(uid: UUID, *, equipment: Equipment, at: datetime) -> Sealed | None:
    """Write and seal an export that was asked for, as whoever asked sees the matter now; None when nothing is to do.

    It may be called again after it was killed at any moment. Raises as ``sealing.prepare`` and ``papers.paper``.
    """
    export = exports.waiting_export(uid)
    if export is None:
        return None
    by = exports.asker_of(export, at=at)
    if by is None or not by.may(HANDLE):
        exports.give_up(export, state=exports.FAILED, at=at)
        return None
    asked = QueryDict(export.query)
    made = Made({}, [], by.organisation, at, equipment.random_bytes)
    try:
        with speaking_for(str(by.scope_id)):
            chosen = choose(matter=UUID(asked["matter"]), onward="onward" in asked, by=by)
            _fill(made, chosen, by, tell=partial(exports.tell_progress, export))
    except NotFound:
        chosen = None
    finally:
        enter(SYSTEM)
    if chosen is None or not chosen.taken:
        exports.give_up(export, state=exports.FAILED, at=at)
        return None
    return _sealed(export, chosen, made, equipment=equipment, by=by, at=at)


def package_for(*, uid: UUID, by: Actor) -> Sealed:
    """The package of an export that the actor asked for, with the proofs it has by now.

    Raises NotFound ``sheets.no_export`` before it is written and after its time, Conflict ``evidence.export_outdated``
    once something in it was erased or is no longer shown to the actor.
    """
    export = exports.export_for(uid=uid, by=by)
    if export.kind != KIND or not export.package:
        raise NotFound("sheets.no_export", Said("文件还没有生成。", "The file is not there yet."))
    with writing():
        sealed = Sealed.objects.select_related("submission").get(uid=export.package)
        packages = [one["id"] for one in json.loads(sealed.manifest)["relations"]]
        inside = list(Item.objects.filter(sealed__package__in=packages).values_list("id", flat=True))
    shown = visible_to(by).filter(id__in=inside).exclude(state=Item.State.ERASED)
    if shown.count() != len(packages):
        raise Conflict(
            "evidence.export_outdated",
            Said(
                "导出之后，其中有证据项已依法删除或者不再向您展示，不能再下载。请重新导出。",
                "Since then an item in it was erased or is no longer shown to you. Export the evidence again.",
            ),
        )
    return sealed


def sweep(*, at: datetime) -> int:
    """Let go of the content of exports whose time has run out; how many. What was signed and logged stays."""
    rows = SheetRow.objects.filter(number=HEAD, sheet__kind=f"{exports.OUT}{KIND}", cells__package__isnull=False)
    swept = 0
    for row in list(rows.filter(sheet__made_at__lt=at - exports.KEPT).order_by("id")):
        with writing():
            sealed = Sealed.objects.get(uid=row.cells["package"])
            gone = discard(sealing.erase(sealed.pk), before=at)
            SheetRow.objects.filter(id=row.id).update(
                cells={name: value for name, value in row.cells.items() if name != "package"}
            )
        discard_bytes([one.digest for one in gone])
        swept += 1
    return swept


def _refused(item: Item, matter: Matter, *, onward: bool, by: Actor) -> LeftOut | None:
    """Why an item does not go out; None when it does."""
    if item.state in {Item.State.DISPOSED, Item.State.ERASED}:
        return LeftOut(item, item.state, "", GONE)
    if item.state != Item.State.SEALED or item.sealed_id is None:
        return LeftOut(item, "not_sealed", "", NOT_SEALED)
    if item.organisation_id == by.organisation.id:
        return None
    terms = terms_of(item, by.organisation)
    refusal = terms.refusal([use_in(matter, terms), *([Use.ONWARD] if onward else [])])
    return LeftOut(item, refusal.code, refusal.use.value, refusal.said) if refusal is not None else None


def _fill(made: Made, chosen: Choice, by: Actor, *, tell: Callable[..., None]) -> None:
    """Make every file of the export but the list of contents."""
    for place, item in enumerate(chosen.taken, start=1):
        inner = package_of(item)
        if inner is None:  # between the choice and now nothing takes a package away but erasure
            raise NotFound("evidence.no_package", GONE)
        made.packages.append(inner.package)
        made.files[_path(place)] = write_made(
            fill=partial(_write_package, inner),
            name=sealing.file_name(inner),
            media_type=MEDIA_TYPE.decode(),
            organisation=made.organisation,
            at=made.at,
            uid=made.uid(),
        )
        cover = papers.paper(item, papers.COVER, by=by, at=made.at)
        made.files[_path(place, "covers", "pdf")] = _pdf(made, cover, f"{item.number} 封面.pdf")
        journal.record_read(what="item", subject=item.number, by=by, at=made.at)
        tell(done=place)
    listed = papers.catalogue(
        chosen.taken,
        title=chosen.matter.title,
        by=by,
        at=made.at,
        refused=[(one.item, one.said) for one in chosen.left_out],
    )
    made.files[CATALOGUE] = _pdf(made, listed.pdf, "证据目录.pdf")


def _sealed(
    export: Export, chosen: Choice, made: Made, *, equipment: Equipment, by: Actor, at: datetime
) -> Sealed | None:
    made.files[CONTENTS] = store_made(
        content=_contents(chosen, made),
        name="contents.json",
        media_type="application/json",
        organisation=by.organisation,
        at=at,
        uid=made.uid(),
    )
    prepared = sealing.prepare(
        kind="evidence",
        organisation=by.organisation,
        files=made.files,
        collection=sealing.collected_now(at),
        equipment=equipment,
        at=at,
        fields={"title": export.sheet.name, "case_ref": chosen.matter.title, "operator_0": by.person.zh},
        relations=[("derived_from", package) for package in made.packages],
    )
    with writing():
        if exports.waiting_export(export.sheet.uid) is None:
            return None
        sealed = sealing.keep(prepared, subject=f"export/{export.sheet.uid}", at=at, uid=made.uid())
        exports.tell_ready(export, {"done": len(chosen.taken), "package": str(sealed.uid)}, by=by, at=at)
        _note(chosen, sealed, by=by, at=at)
    return sealed


def _note(chosen: Choice, sealed: Sealed, *, by: Actor, at: datetime) -> None:
    """Put on record what went out, and each use that was refused."""
    matter = chosen.matter
    for one in (left for left in chosen.left_out if left.use):
        journal.record(
            event="evidence.use_refused",
            at=at,
            by=by,
            subject=one.item.number,
            matter_uid=matter.uid,
            internal=True,
            details={"code": one.code, "use": one.use},
        )
    journal.record(
        event="evidence.export",
        at=at,
        by=by,
        subject=matter.number,
        matter_uid=matter.uid,
        internal=True,
        details={"count": len(chosen.taken), "left_out": len(chosen.left_out), "package": sealed.package},
    )


def _contents(chosen: Choice, made: Made) -> bytes:
    """What programs need to know of the export, canonical: numbers, packages, paths, and what was left out why."""
    places = enumerate(zip(chosen.taken, made.packages, strict=True), start=1)
    return encode(
        {
            "schema": SCHEMA,
            "matter": chosen.matter.number,
            "items": [
                {
                    "number": item.number,
                    "package": package,
                    "path": _path(place),
                    "cover": _path(place, "covers", "pdf"),
                }
                for place, (item, package) in places
            ],
            "left_out": [
                {"number": one.item.number, "code": one.code, "zh": one.said.zh, "en": one.said.en}
                for one in chosen.left_out
            ],
        }
    )


def _path(place: int, folder: str = "items", ending: str = FORM) -> str:
    return f"payload/{folder}/{place:04}.{ending}"


def _pdf(made: Made, content: bytes, name: str) -> File:
    return store_made(
        content=content,
        name=name,
        media_type="application/pdf",
        organisation=made.organisation,
        at=made.at,
        uid=made.uid(),
    )


def _write_package(row: Sealed, out: IO[bytes]) -> None:
    sealing.write(row, cast("BinaryIO", out))
