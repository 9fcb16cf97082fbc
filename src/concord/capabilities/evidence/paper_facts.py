"""What prints of evidence say, as plain facts in Chinese: read from the records, ready for the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from concord.capabilities.evidence.models import Handover, Item, LotMove
from concord.capabilities.evidence.opinions import AGREEMENT, BASES
from concord.capabilities.evidence.packing import package_of
from concord.casework.queries import visible_to as matters_visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.ledger.log import cosigned, installation_here
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.sealing import file_name
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on, organisations
from concord.proofs import checkpoints, notes, tlog_proof
from concord.proofs.digests import pair_of
from concord.proofs.shapes import time_text
from concord.rules.canonical import JSON
from concord.rules.charter import Charter
from concord.rules.errors import NotFound, Said
from concord.rules.evidence.records import FIELDS, RecordField
from concord.rules.evidence.requirements import legal_position

SEALED = (Item.State.SEALED, Item.State.DISPOSED)
# Fields of a record that say what an item shows, the first that is there.
SHOWING = ("purpose", "content", "conclusion", "scene")
LONGEST_SHOWN = 160


def of_record(item: Item, by: Actor, at: datetime) -> dict[str, JSON]:  # noqa: ARG001  every kind of print has this shape
    """A record for signature: how the item was collected, field by field, and the digests of its files."""
    return {**_common(item, _charter(at)), "record": _record(item)}


def of_goods(item: Item, by: Actor, at: datetime) -> dict[str, JSON]:  # noqa: ARG001  as above
    """A list of goods: each lot with what came into it and what is left."""
    taken: Counter[int] = Counter()
    left: Counter[int] = Counter()
    for move in LotMove.objects.filter(item=item):
        if move.destination_id is not None:
            taken[move.destination_id] += move.quantity
            left[move.destination_id] += move.quantity
        if move.source_id is not None:
            left[move.source_id] -= move.quantity
    lots: list[JSON] = [
        {
            "number": lot.number,
            "name": lot.name,
            "unit": lot.unit,
            "seal": lot.seal,
            "taken": taken[lot.pk],
            "left": left[lot.pk],
        }
        for lot in item.lots.order_by("number")
    ]
    return {**_common(item, _charter(at)), "lots": lots}


def of_cover(item: Item, by: Actor, at: datetime) -> dict[str, JSON]:
    """The cover of a sealed package: who, when, what is proven by whom, the legal position, how to verify."""
    sealed = package_of(item)
    if sealed is None or item.sealed_at is None:
        raise ValueError(f"{item} has no package")
    charter = _charter(at)
    manifest = pair_of(sealed.manifest.encode())
    return {
        **_common(item, charter),
        "kind": _coded(charter, "evidence_kinds", item.kind),
        "handling": _coded(charter, "handling_codes", item.handling),
        "giver": item.organisation.zh,
        "holder": item.holder.zh,
        "sealed_at": time_text(item.sealed_at.astimezone(UTC)),
        "events": len(sealed.events),
        "package": sealed.package,
        "manifest": {"sha256": manifest.sha256, "sm3": manifest.sm3},
        "seal_urn": f"concord:evidence:1:{sealed.package}:sha256:{manifest.sha256}",
        "stamps": [_stamp(token) for token in sealed.tokens],
        **_place(sealed),
        "positions": _positions(item, by, at),
        "command": f"concord verify {file_name(sealed)} --trust trust.json",
    }


def of_catalogue(
    items: Sequence[Item],
    *,
    title: str,
    shows: Mapping[str, str],
    refused: Collection[tuple[Item, Said]],
    at: datetime,
) -> dict[str, JSON]:
    """The catalogue of items, with those left out and why."""
    charter = _charter(at)
    return {
        "case_ref": title,
        "sealed": all(item.state in SEALED for item in items),
        "officers": [],
        "files": [],
        "entries": [_entry(item, charter, shows) for item in items],
        "refused": [{"number": item.number, "title": item.title, "reason": said.zh} for item, said in refused],
    }


def _common(item: Item, charter: Charter) -> dict[str, JSON]:
    return {
        "sealed": item.state in SEALED,
        "title": item.title,
        "cause": _coded(charter, "causes", item.cause) if item.cause else "",
        "place": item.place,
        "started_at": _time(item.started_at),
        "ended_at": _time(item.ended_at),
        "officers": [
            {"name": one.person.zh, "card": one.card_number} for one in item.officers.select_related("person")
        ],
        "files": [
            {
                "name": one.file.name,
                "path": one.path,
                "size": one.file.size,
                "sha256": one.file.digest,
                "sm3": one.sm3,
                "erased": one.erased_at is not None,
            }
            for one in item.files.select_related("file")
        ],
    }


def _record(item: Item) -> list[JSON]:
    """The fields of the item's kind in their order; an optional one that is empty is left out."""
    return [
        {"label": field.zh, "text": _said(field, item.record.get(field.id))}
        for field in FIELDS.get(item.kind, ())
        if not field.optional or item.record.get(field.id) not in (None, "", [])
    ]


def _said(field: RecordField, value: Any) -> JSON:
    """A value of a record as a form prints it; texts as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    if field.type == "choice":
        return next((option[1] for option in field.options if option[0] == value), str(value))
    if field.type == "datetime":
        moment = datetime.fromisoformat(str(value)).astimezone(LEGAL_ZONE)
        return f"{moment.year}年{moment.month}月{moment.day}日{moment.hour}时{moment.minute:02}分"
    return str(value)


def _entry(item: Item, charter: Charter, shows: Mapping[str, str]) -> dict[str, JSON]:
    sealed = package_of(item)
    digest = pair_of(sealed.manifest.encode()) if sealed is not None else None
    files = list(item.files.select_related("file"))
    extent: list[JSON] = []
    if files:
        extent += [f"{len(files)} 个文件", sum(one.file.size for one in files)]
    lots = item.lots.count()
    if lots:
        extent.append(f"{lots} 批物品")
    own = next((text for name in SHOWING if (text := _text(item.record.get(name)))), "")
    return {
        "number": item.number,
        "title": item.title,
        "sealed": item.state in SEALED,
        "kind": _coded(charter, "evidence_kinds", item.kind),
        "handling": _coded(charter, "handling_codes", item.handling),
        "source": f"{item.organisation.zh}\n{item.place}".strip(),
        "extent": extent,
        "shows": shows.get(item.number) or own,
        "sha256": digest.sha256 if digest else "",
        "sm3": digest.sm3 if digest else "",
    }


def _text(value: Any) -> str:
    text = "；".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _stamp(token: Mapping[str, Any]) -> dict[str, JSON]:
    """A time-stamp by who gave it and when it came; its own time is checked by the verifier."""
    return {
        "name": str(token["name"]),
        "gm": bool(token["gm"]),
        "at": time_text(datetime.fromtimestamp(int(token["at"]), UTC)),
    }


def _place(sealed: Sealed) -> dict[str, JSON]:
    """Where the sealing stands in the ledger and which cities have signed for that, as far as it is known here."""
    nowhere: dict[str, JSON] = {"ledger": None, "cosigned": [], "quorum": 0}
    if not sealed.proof:
        return nowhere
    logged = tlog_proof.parse(sealed.proof.encode())
    checkpoint = checkpoints.parse(notes.parse(logged.checkpoint).text)
    ledger: dict[str, JSON] = {"origin": checkpoint.origin, "index": logged.index, "size": checkpoint.size}
    try:
        installation = installation_here()
    except NotFound:
        return {**nowhere, "ledger": ledger}
    signed = cosigned(installation, logged.checkpoint)
    names = {one.code: one.zh for one in organisations()}
    cities: list[JSON] = [
        {"city": names.get(one.org, one.org), "at": time_text(signed[one.name])}
        for one in installation.witnesses
        if one.name in signed
    ]
    return {"ledger": ledger, "cosigned": cities, "quorum": installation.policy.quorum_size()}


def _positions(item: Item, by: Actor, at: datetime) -> list[JSON]:
    """On what each receiver that the reader knows of rests in law; one's own organisation at least."""
    seen = matters_visible_to(by).values("id")
    rows = Handover.objects.filter(item=item, matter__in=seen, declined_at=None).select_related("receiver", "matter")
    charter, on = _charter(at), legal_date(at)

    def told(receiver: Organisation, basis: str) -> JSON:
        position = legal_position(item.organisation.code, receiver.code, basis, at=on, charter=charter)
        return {"city": receiver.zh, "said": position.zh}

    found = {one.receiver: one.matter for one in rows.order_by("id")}
    if not found and by.organisation.id != item.organisation_id:
        return [told(by.organisation, AGREEMENT)]
    return [
        told(receiver, str(matter.facts.get("basis") or BASES.get(matter.procedure, AGREEMENT)))
        for receiver, matter in found.items()
    ]


def _charter(at: datetime) -> Charter:
    return charter_on(legal_date(at))


def _coded(charter: Charter, listed: str, code: str) -> str:
    """The Chinese word of a code; the code itself where the charter no longer has it."""
    found = charter.code_lists.get(listed, {}).get(code)
    return found.zh if found else code


def _time(at: datetime | None) -> JSON:
    return time_text(at.astimezone(UTC)) if at is not None else None
