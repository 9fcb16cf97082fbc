"""The page of one item of evidence: everything it shows, gathered in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence import lists
from concord.capabilities.evidence.custody_log import NOTED
from concord.capabilities.evidence.derivatives import KINDS
from concord.capabilities.evidence.models import Custody, Handover, Item, Presentation
from concord.capabilities.evidence.opinions import opinions_of
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.papers import papers_of
from concord.capabilities.evidence.policy import COLLECT, DRAFT, HANDLE
from concord.capabilities.evidence.queries import visible_to
from concord.casework.queries import visible_to as matters_visible_to
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import Refusal, asked
from concord.entrypoints.workspace.evidence_deeds import deeds
from concord.entrypoints.workspace.evidence_forms import record_facts
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.access.actor import Actor
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.policy import READ as READ_LEDGER
from concord.foundation.organisations.queries import organisations
from concord.rules.evidence.custody import ACTS, Gap

READERS = 20
NOTE = ("act", "purpose", "medium", "result", "place", "counterparty", "explains")
EXPLAIN = "explain"


def item_page(item: Item, noted: Mapping[str, str], refusal: Refusal, glass: Glass) -> dict[str, Any]:
    """What the page of an item shows to whoever looks through ``glass``; ``noted`` is what was typed of a move."""
    by = glass.by
    own = item.organisation_id == by.organisation.id
    shown = matters_visible_to(by).values("id")
    told = list(item.presentations.filter(matter__in=shown).select_related("matter", "organisation"))
    sent = list(item.handovers.filter(matter__in=shown).select_related("giver", "receiver", "matter"))
    found = list(item.files.select_related("file", "redaction_of"))
    chain = list(item.custody.select_related("organisation", "person", "counterparty", "explains"))
    lots, package = _lots(item), package_of(item)
    collecting = own and item.state == Item.State.COLLECTING and by.may(COLLECT)
    return {
        "item": {**sheet.row(item, glass), "case": _case(item, by), "under_way": _under_way(sent)},
        "parts": _parts(lots["lots"] is not None),
        "facts": record_facts(item, list(item.officers.select_related("person"))),
        "files": sheet.files(found, item),
        **lots,
        "custody": sheet.custody(chain),
        "gaps": sheet.gaps(chain, glass),
        "note_fields": _note_fields(item, chain, noted, refusal, glass),
        "note_open": bool(refusal.summary),
        "problems": refusal.summary,
        "cities": sheet.cities(opinions_of(item, by), item, glass),
        "package": _package(item, by, package),
        "package_note": _unsealed(item),
        "papers": [
            (title, reverse("workspace:evidence_paper", args=[item.number, name])) for name, title in papers_of(item)
        ],
        "handovers": sheet.handovers(sent),
        "matters": [_matter(one) for one in told],
        "relations": _relations(item, by),
        "readers": _readers(item, by) if own else None,
        "edit_url": reverse("workspace:evidence_edit", args=[item.number]) if collecting else "",
        "hand_over_url": _hand_over(item, by),
        "deeds": deeds(item, by, package=package),
    }


def _parts(has_lots: bool) -> list[tuple[str, str]]:  # noqa: FBT001  one fact about the page
    lots = [("lots", _("批次与数量"))] if has_lots else []
    return [
        ("record", _("采集记录")),
        ("files", _("文件")),
        *lots,
        ("custody", _("保管链")),
        ("recognition", _("互认")),
        ("packages", _("下载和验证")),
    ]


def _case(item: Item, by: Actor) -> dict[str, str] | None:
    """The case it was collected in, for the organisation whose case it is."""
    case = item.case
    if case is None or case.organisation_id != by.organisation.id:
        return None
    return {"label": str(case), "url": reverse("workspace:case", args=[case.uid])}


def _under_way(sent: Sequence[Handover]) -> str:
    going = [one for one in sent if one.received_at is None and one.declined_at is None]
    return _("正在移交给%(receiver)s，尚未接收") % {"receiver": named(going[0].receiver)} if going else ""


def _matter(one: Presentation) -> dict[str, str]:
    return {
        "url": reverse("workspace:matter", args=[one.matter.number]),
        "title": one.matter.title or one.matter.number,
        "number": one.matter.number,
        "organisation": named(one.organisation),
    }


def _lots(item: Item) -> dict[str, Any]:
    """The lots of a physical sample with what is left in each, and how that came about."""
    kept = list(item.lots.all())
    if not kept:
        return {"lots": None, "moves": []}
    rows = list(item.moves.select_related("source", "destination", "person"))
    left = sheet.left_in(rows)
    return {
        "lots": [
            {
                "number": one.number,
                "name": one.name,
                "seal": one.seal,
                "unit": one.unit,
                "quantity": left.get(one.number, 0),
            }
            for one in kept
        ],
        "moves": sheet.moves(rows),
    }


def _package(item: Item, by: Actor, sealed: Sealed | None) -> dict[str, Any] | None:
    if sealed is None or item.state == Item.State.ERASED:
        return None
    return {
        "name": sealed.package,
        "proven": sealed.state == Sealed.State.PROVEN,
        "url": reverse("workspace:evidence_package", args=[item.number]),
        "verify_url": reverse("workspace:ledger_verify") if by.may(READ_LEDGER) else "",
    }


def _unsealed(item: Item) -> str:
    match item.state:
        case Item.State.SEALING:
            return _("正在签名，稍后即可下载。")
        case Item.State.ERASED:
            return _("内容已依法删除，摘要和账本证明仍可核对。")
        case _:
            return _("封存后生成。")


def _relations(item: Item, by: Actor) -> list[dict[str, str]]:
    """What the item was derived from, and what was derived from it, as far as both are shown."""
    rows = visible_to(by)
    made = [(one, words(KINDS[one.derivation])) for one in rows.filter(derived_from=item).order_by("id")]
    if item.derived_from_id is not None:
        original = rows.filter(pk=item.derived_from_id).first()
        made = [(original, _("原件")), *made] if original is not None else made
    return [
        {
            "title": one.title,
            "number": one.number,
            "url": reverse("workspace:evidence_item", args=[one.number]),
            "relation": relation,
        }
        for one, relation in made
    ]


def _readers(item: Item, by: Actor) -> list[dict[str, Any]]:
    return [
        {"organisation": named(one.organisation) if one.organisation else "", "person": named(one.person), "at": one.at}
        for one in lists.readers_of(item, by=by, limit=READERS)
    ]


def _hand_over(item: Item, by: Actor) -> str:
    """Where a handover is begun with this item in it."""
    if item.state != Item.State.SEALED or item.holder_id != by.organisation.id or not by.may(DRAFT):
        return ""
    chosen = {"evidence": item.number}
    if item.case is not None and item.case.organisation_id == by.organisation.id:
        chosen["case"] = str(item.case.uid)
    return f"{reverse('workspace:begin', args=['evidence_recognition', 'draft'])}?{urlencode(chosen)}"


def _note_fields(
    item: Item, chain: Sequence[Custody], noted: Mapping[str, str], refusal: Refusal, glass: Glass
) -> list[dict[str, Any]]:
    """The form that notes a move, for those in whose custody the item is; none for anybody else."""
    by = glass.by
    held = item.state in {Item.State.SEALING, Item.State.SEALED} and item.holder_id == by.organisation.id
    if not held or not by.may(HANDLE):
        return []
    open_gaps = [gap for gap in sheet.gaps_of(chain, glass) if not gap.explained]
    acts = [(code, words(ACTS[code]), "") for code in NOTED if code != EXPLAIN or open_gaps]
    fields = [
        asked("act", _("保管行为"), noted["act"], refusal, kind="person", options=acts),
        asked("purpose", _("目的"), noted["purpose"], refusal),
        asked("medium", _("载体"), noted["medium"], refusal),
        asked("result", _("结果"), noted["result"], refusal),
        asked("place", _("地点"), noted["place"], refusal),
        asked(
            "counterparty",
            _("对方机关"),
            noted["counterparty"],
            refusal,
            kind="person",
            required=False,
            options=[(one.code, named(one), "") for one in organisations() if one != by.organisation],
        ),
    ]
    return [*fields, _explaining(open_gaps, noted, refusal)] if open_gaps else fields


def _explaining(gaps: Sequence[Gap], noted: Mapping[str, str], refusal: Refusal) -> dict[str, Any]:
    options = [(str(gap.after), words(gap.said), "") for gap in gaps]
    return asked(
        "explains", _("说明哪一处缺口"), noted["explains"], refusal, kind="person", required=False, options=options
    )
