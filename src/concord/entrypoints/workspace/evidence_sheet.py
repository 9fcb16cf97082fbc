"""What pages show of evidence: items in lists and by themselves, their custody, what each city thinks of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence import lists
from concord.capabilities.evidence.models import Custody, Handover, Item, ItemFile, LotMove, Recognition
from concord.capabilities.evidence.opinions import Opinion
from concord.capabilities.evidence.policy import READ
from concord.capabilities.evidence.traits import traits_of
from concord.casework.queries import Seen
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.organisations.queries import members
from concord.rules.evidence.custody import ACTS, Gap, Move
from concord.rules.evidence.custody import gaps as find_gaps
from concord.rules.evidence.lots import LotMove as Thing
from concord.rules.evidence.lots import balance
from concord.rules.evidence.requirements import REQUIRED, Requirement, missing

KINDS, CAUSES, HANDLING, GROUNDS = "evidence_kinds", "causes", "handling_codes", "evidence_grounds"
TONES: Mapping[str, str] = {
    Item.State.COLLECTING: "waiting",
    Item.State.SEALING: "waiting",
    Item.State.SEALED: "good",
    Recognition.Outcome.PRESUMED: "good",
    Recognition.Outcome.RECOGNISED: "good",
    Recognition.Outcome.LAPSED: "good",
    Recognition.Outcome.OBJECTED: "bad",
}
# What no item has before it is sealed, and every item has afterwards.
SEALING_ADDS = {"package", "time_stamp", "ledger"}
# What a browser shows inside a page, by media type; anything else is downloaded.
PREVIEWED: Mapping[str, str] = {
    "image/png": "picture",
    "image/jpeg": "picture",
    "image/webp": "picture",
    "video/mp4": "video",
    "audio/mpeg": "sound",
    "audio/wav": "sound",
}


def coded(glass: Glass, name: str, code: str) -> str:
    """A code of a list of the charter in words; as it is where the list does not have it."""
    found = glass.charter.code_lists.get(name, {}).get(code)
    return words(found.said) if found else code


def options(glass: Glass, name: str) -> list[tuple[str, str, str]]:
    """The codes of a list of the charter, with what each means."""
    listed = glass.charter.code_lists.get(name, {}).values()
    return [(code.id, words(code.said), words(code.meaning)) for code in listed]


def state_words() -> dict[str, str]:
    """The states of an item."""
    return {
        Item.State.COLLECTING: _("采集中"),
        Item.State.SEALING: _("封存中"),
        Item.State.SEALED: _("已封存"),
        Item.State.DISPOSED: _("已处置"),
        Item.State.ERASED: _("已删除"),
    }


def outcome_words() -> dict[str, str]:
    """What a city may think of an item."""
    return {
        Recognition.Outcome.PRESUMED: _("推定认可"),
        Recognition.Outcome.RECOGNISED: _("审查认可"),
        Recognition.Outcome.OBJECTED: _("提出异议"),
        Recognition.Outcome.LAPSED: _("逾期未提异议，推定认可"),
    }


def row(item: Item, glass: Glass) -> dict[str, Any]:
    """One line of a list of items."""
    return {
        "number": item.number,
        "title": item.title,
        "url": reverse("workspace:evidence_item", args=[item.number]),
        "kind": coded(glass, KINDS, item.kind),
        "cause": coded(glass, CAUSES, item.cause),
        "giver": named(item.organisation),
        "holder": named(item.holder),
        "ours": item.organisation_id == glass.by.organisation.id,
        "state": state_words()[item.state],
        "tone": TONES.get(item.state, "neutral"),
        "handling": coded(glass, HANDLING, item.handling),
        "registered_at": item.registered_at,
    }


def choices(glass: Glass, known: Seen | None, named_here: Iterable[str], *, limit: int) -> list[tuple[str, str, str]]:
    """What the picker of an act offers: number, title, and what it is; the items of this matter's case first."""
    case = known.matter.case if known is not None else None
    told = [one.item for one in lists.told_in(known.matter, by=glass.by)] if known is not None else []
    offered = lists.offered_to(glass.by, case=case, named=list(named_here), limit=limit)
    items = {item.id: item for item in (*told, *offered)}.values()
    return [
        (item.number, item.title, f"{item.number} · {coded(glass, KINDS, item.kind)} · {named(item.organisation)}")
        for item in items
    ]


def told_evidence(known: Seen, glass: Glass) -> list[dict[str, Any]]:
    """The items told in a matter, each with what cities think of it; nothing without ``evidence:read``."""
    told = lists.told_in(known.matter, by=glass.by) if glass.by.may(READ) else []
    if not told:
        return []
    rows = Recognition.objects.filter(item__in=[one.item_id for one in told], current=True).select_related(
        "organisation"
    )
    said: dict[int, list[str]] = {}
    for one in rows.order_by("organisation__position"):
        said.setdefault(one.item_id, []).append(f"{named(one.organisation)} {outcome_words()[one.outcome]}")
    return [{**row(one.item, glass), "outcomes": _("；").join(said.get(one.item_id, []))} for one in told]


def custody(moves: Sequence[Custody]) -> list[dict[str, Any]]:
    """The chain of custody as a story: who did what, to which end, on what, with what result, where and when."""
    return [
        {
            "act": words(ACTS[move.act]),
            "at": move.at,
            "organisation": named(move.organisation),
            "person": named(move.person) if move.person else "",
            "counterparty": named(move.counterparty) if move.counterparty else "",
            "purpose": move.purpose,
            "medium": move.medium,
            "result": move.result,
            "place": move.place,
        }
        for move in moves
    ]


def files(found: Sequence[ItemFile], item: Item) -> list[dict[str, Any]]:
    """The files of an item with their digests; what was deleted by duty keeps its digests only."""
    return [
        {
            "id": one.pk,
            "stored": one.path,
            "name": one.file.name,
            "size": one.file.size,
            "sha256": one.file.digest,
            "sm3": one.sm3,
            "agrees": bool(one.claimed) and one.claimed == one.file.digest,
            "origin": one.original_location,
            "redaction_of": one.redaction_of.path if one.redaction_of else "",
            "erased_at": one.erased_at,
            "shows": "" if one.erased_at else shown_as(one.file.media_type),
            "url": reverse("workspace:evidence_file", args=[item.number, one.pk]),
            "preview_url": reverse("workspace:evidence_file", args=[item.number, one.pk]) + "?preview=1",
        }
        for one in found
    ]


def shown_as(media_type: str) -> str:
    """How a browser may show a file inside a page; empty for what is only downloaded."""
    return PREVIEWED.get(media_type, "")


def cities(known: Sequence[Opinion], item: Item, glass: Glass) -> list[dict[str, Any]]:
    """What each of the members other than the collector thinks of an item now, and on what that rests."""
    current = {one.row.organisation_id: one for one in known if one.row.current}
    return [
        {"city": named(city), **_opinion(current.get(city.id), glass)}
        for city in members()
        if city.id != item.organisation_id
    ]


def _opinion(one: Opinion | None, glass: Glass) -> dict[str, Any]:
    if one is None:
        blank = dict.fromkeys(("outcome", "tone", "ground", "reason", "position", "matter", "matter_url"), "")
        return {**blank, "at": None, "findings": []}
    said = {rule.id: rule for rule in glass.charter.evidence.requirements}
    return {
        "outcome": outcome_words()[one.row.outcome],
        "tone": TONES[one.row.outcome],
        "ground": coded(glass, GROUNDS, one.row.ground) if one.row.ground else "",
        "reason": one.row.reason,
        "position": words(one.position),
        "at": one.row.at,
        "findings": [words(said[name]) for name in one.row.findings if name in said],
        "matter": one.matter.number if one.matter else "",
        "matter_url": reverse("workspace:matter", args=[one.matter.number]) if one.matter else "",
    }


def requirement(rule: Requirement, glass: Glass) -> dict[str, Any]:
    """One requirement in words: whether it must be met, on what it rests, whether a resolution has adopted it."""
    source = glass.charter.source(rule.source)
    return {
        "said": words(rule),
        "required": rule.level == REQUIRED,
        "source": source.text,
        "label": words(source.label.said),
        "proposed": source.proposed,
    }


def checks(item: Item, glass: Glass) -> list[dict[str, Any]]:
    """What an item misses of what each city asks for, cities that miss the same together.

    What sealing adds is left out.
    """
    traits = traits_of(item)
    found: dict[tuple[str, ...], list[str]] = {}
    for city in members():
        if city.id != item.organisation_id:
            wanting = missing(glass.charter.evidence.requirements, traits, member=city.code)
            said = tuple(words(rule) for rule in wanting if rule.asks not in SEALING_ADDS)
            found.setdefault(said, []).append(named(city))
    return [{"cities": names, "missing": said} for said, names in sorted(found.items(), key=lambda one: len(one[0]))]


def gaps_of(chain: Sequence[Custody], glass: Glass) -> tuple[Gap, ...]:
    """What the machine finds untold in a chain, by the days that the charter agrees on."""
    moves = [
        Move(
            seq=one.seq,
            act=one.act,
            at=one.at,
            organisation=one.organisation.code,
            place=one.place,
            counterparty=one.counterparty.code if one.counterparty else None,
            explains=one.explains.seq if one.explains else None,
        )
        for one in chain
    ]
    return find_gaps(moves, days=glass.charter.evidence.receipt_days, until=glass.today)


def gaps(chain: Sequence[Custody], glass: Glass) -> list[dict[str, Any]]:
    """The gaps of a chain in words, each with its explanation once somebody has given one."""
    told = {one.explains.seq: one.result for one in chain if one.explains is not None}
    return [
        {"said": words(gap.said), "open": not gap.explained, "explained": told.get(gap.after, "")}
        for gap in gaps_of(chain, glass)
    ]


def left_in(rows: Iterable[LotMove]) -> dict[int, int]:
    """How much is left in each lot, by its number."""
    moves = [
        Thing(
            kind=one.kind,
            source=one.source.number if one.source else None,
            destination=one.destination.number if one.destination else None,
            quantity=one.quantity,
        )
        for one in rows
    ]
    return {int(str(lot)): quantity for lot, quantity in balance(moves).items()}


def handovers(rows: Iterable[Handover]) -> list[dict[str, Any]]:
    """The handovers of an item with both receipts; valid once both are signed and in the ledger."""
    return [
        {
            "giver": named(one.giver),
            "receiver": named(one.receiver),
            "given_at": one.given_at,
            "given": one.given is not None,
            "received_at": one.received_at,
            "received": one.received is not None,
            "agree": bool(one.digests_agree),
            **_standing(one),
            "matter": one.matter.title or one.matter.number,
            "matter_url": reverse("workspace:matter", args=[one.matter.number]),
        }
        for one in rows
    ]


def _standing(one: Handover) -> dict[str, str]:
    if one.declined_at is not None:
        return {"state": _("不予接收"), "tone": "bad"}
    if one.received_at is None:
        return {"state": _("待接收"), "tone": "waiting"}
    if one.given is None or one.received is None:
        return {"state": _("回执签名中"), "tone": "waiting"}
    return {"state": _("双回执齐备"), "tone": "good"}


def moves(rows: Iterable[LotMove]) -> list[dict[str, Any]]:
    """The moves of lots in words."""
    said = {
        "in": _("入库"),
        "split": _("分出"),
        "sample": _("抽样"),
        "test": _("检测耗用"),
        "return": _("返还"),
        "destroy": _("销毁"),
    }
    return [
        {
            "kind": said.get(move.kind, move.kind),
            "quantity": move.quantity,
            "unit": move.source.unit if move.source else move.destination.unit if move.destination else "",
            "source": move.source.name if move.source else "",
            "destination": move.destination.name if move.destination else "",
            "reason": move.reason,
            "place": move.place,
            "person": named(move.person),
            "at": move.at,
        }
        for move in rows
    ]
