"""What people may do with an item besides writing its record, and the forms that ask for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence.derivatives import KINDS, open_fields
from concord.capabilities.evidence.erasing import REASONS
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.policy import COLLECT, DISPOSE, HANDLE
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import Refusal, asked
from concord.entrypoints.workspace.presenting import words
from concord.foundation.access.actor import Actor
from concord.foundation.files.models import File
from concord.foundation.ledger.models import Sealed
from concord.proofs.statements import Disclosed
from concord.rules.evidence.lots import DESTROY, RETURN, SAMPLE, SPLIT, TEST
from concord.rules.evidence.records import FIELDS

LOTS, MOVE, DERIVE, WITHOUT, ERASE = "lots", "move", "derive", "without", "erase"
LOT = ("name", "unit", "quantity", "seal")
ROWS_SHOWN = 3
LONGEST_SHOWN = 60
YES = "yes"
REDACTION = "redaction"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to be done with an item: its page, what it is called, its icon, whether it cannot be undone."""

    page: str
    label: str
    icon: str
    final: bool = False


def deeds(item: Item, by: Actor, *, package: Sealed | None) -> list[dict[str, Any]]:
    """What the actor may do with the item and its ``package`` now, each with the address of its form."""
    listed = {
        LOTS: Deed("evidence_lots", _("登记批次"), "packages"),
        MOVE: Deed("evidence_lot_move", _("登记批次变动"), "arrows-exchange"),
        DERIVE: Deed("evidence_derive", _("制作复制件、遮盖件、译本或者节选"), "copy"),
        WITHOUT: Deed("evidence_without", _("遮盖部分内容后导出证据包"), "file-download"),
        ERASE: Deed("evidence_erase", _("依法删除"), "trash", final=True),
    }
    return [
        {
            "label": deed.label,
            "icon": deed.icon,
            "final": deed.final,
            "url": reverse(f"workspace:{deed.page}", args=[item.number]),
        }
        for name, deed in listed.items()
        if may(name, item, by, package=package)
    ]


def may(name: str, item: Item, by: Actor, *, package: Sealed | None = None) -> bool:
    """Whether the actor's post may do this, and the item's state allows it; ``package`` spares reading it again."""
    ours, held = item.organisation_id == by.organisation.id, item.holder_id == by.organisation.id
    match name:
        case "lots":
            return ours and item.state == Item.State.COLLECTING and by.may(COLLECT)
        case "move":
            return held and item.state == Item.State.SEALED and by.may(HANDLE) and item.lots.exists()
        case "derive":
            return (ours or held) and item.state == Item.State.SEALED and by.may(COLLECT)
        case "without":
            known = package or package_of(item)
            return known is not None and bool(open_fields(known))
        case _:
            ended = item.state in {Item.State.SEALED, Item.State.DISPOSED}
            going = item.handovers.filter(received_at=None, declined_at=None)
            return held and ended and by.may(DISPOSE) and not going.exists()


def confirmation(text: str, typed: Sequence[str], refusal: Refusal) -> dict[str, Any]:
    """A box to tick before something is done for good."""
    field = asked("confirm", _("确认"), "", refusal, kind="organisations", options=[(YES, text, "")])
    return {**field, "value": list(typed)}


def lot_rows(request: HttpRequest) -> list[dict[str, str]]:
    """The lots that were typed; rows left blank are none."""
    sent = [request.POST.getlist(f"lot.{name}") for name in LOT]
    rows = [dict(zip(LOT, (text.strip() for text in row), strict=True)) for row in zip(*sent, strict=False)]
    return [row for row in rows if any(row.values())]


def lots_shown(rows: Sequence[Mapping[str, str]], refusal: Refusal) -> list[dict[str, Any]]:
    """The rows of the lots with what is wrong in each, and room for more."""
    given = [
        {**row, "problems": {name: refusal.problems.get(f"lots.{place}.{name}", []) for name in LOT}}
        for place, row in enumerate(rows)
    ]
    room: list[dict[str, Any]] = [{**dict.fromkeys(LOT, ""), "problems": {}}] * max(ROWS_SHOWN - len(given), 0)
    return [*given, *room]


def move_fields(item: Item, typed: Mapping[str, str], refusal: Refusal, by: Actor) -> list[dict[str, Any]]:
    """What is asked of a move of things of a lot."""
    left = sheet.left_in(item.moves.select_related("source", "destination"))
    kinds = [
        (SPLIT, _("分出"), _("分出一部分，另成一个批次")),
        (SAMPLE, _("抽样"), _("取出样品，另成一个批次")),
        (TEST, _("检测耗用"), _("检测中用尽，不再存在")),
        (RETURN, _("返还"), _("交还当事人或者权利人")),
    ]
    if by.may(DISPOSE):
        kinds.append((DESTROY, _("销毁"), _("依法销毁，不再存在")))
    held = [
        (str(lot.number), f"{lot.number} · {lot.name}", f"{left.get(lot.number, 0)} {lot.unit}")
        for lot in item.lots.all()
        if left.get(lot.number, 0)
    ]
    new = _("分出、抽样时填写")
    return [
        asked("kind", _("变动种类"), typed["kind"], refusal, kind="choice", options=kinds),
        asked("lot", _("自哪个批次"), typed["lot"], refusal, kind="person", options=held),
        {**asked("quantity", _("数量"), typed["quantity"], refusal), "kind": "integer"},
        asked("name", _("新批次名称"), typed["name"], refusal, required=False, help_text=new),
        asked("seal", _("新封条编号"), typed["seal"], refusal, required=False, help_text=new),
        asked("place", _("地点"), typed["place"], refusal),
        asked("reason", _("理由"), typed["reason"], refusal, help_text=_("例如：送某鉴定机构检验")),
    ]


def derive_fields(
    item: Item, kind: str, typed: Mapping[str, str], removed: Sequence[str], refusal: Refusal
) -> list[dict[str, Any]]:
    """What is asked of something made from an item; only a redaction takes anything away."""
    fields = [
        asked("title", _("名称"), typed["title"], refusal, help_text=_("重新命名，不要写出已经遮盖的内容")),
        asked("card", _("执法证号"), typed["card"], refusal, help_text=_("由您制作并负责")),
    ]
    if kind != REDACTION:
        return fields
    found = list(item.files.select_related("file"))
    taken = [(one.path, one.file.name, _("文件")) for one in found]
    taken += [(field.id, words(field), _("采集记录")) for field in FIELDS.get(item.kind, ()) if field.id in item.record]
    taken += [("place", _("地点"), "")] if item.place else []
    taken += [("case", _("所属案件"), "")] if item.case_id is not None else []
    shown = asked("removed", _("去掉哪些内容"), "", refusal, kind="organisations", options=taken)
    return [*fields, {**shown, "value": list(removed)}, _redacts(item, typed["redacts"], refusal)]


def _redacts(item: Item, chosen: str, refusal: Refusal) -> dict[str, Any]:
    return asked(
        "redacts",
        _("上传的文件由哪个原件遮盖而成"),
        chosen,
        refusal,
        kind="person",
        required=False,
        options=[(str(one.pk), one.file.name, one.path) for one in item.files.select_related("file")],
        help_text=_("该原件不进入遮盖件，只留下其摘要。"),
    )


def kinds_shown(item: Item, kind: str) -> list[dict[str, Any]]:
    """The kinds of what may be made from an item, each with its form."""
    here = reverse("workspace:evidence_derive", args=[item.number])
    return [
        {"label": words(said), "url": f"{here}?kind={name}", "current": name == kind} for name, said in KINDS.items()
    ]


def kept_files(uids: Sequence[tuple[Any, str]], by: Actor) -> list[dict[str, str]]:
    """The files that a refused form brought, so that nobody has to bring them again."""
    names = dict(
        File.objects.filter(uid__in=[uid for uid, _claim in uids], organisation=by.organisation).values_list(
            "uid", "name"
        )
    )
    return [{"uid": str(uid), "name": names[uid], "sha256": claim} for uid, claim in uids if uid in names]


def erase_fields(reason: str, confirmed: Sequence[str], refusal: Refusal) -> list[dict[str, Any]]:
    """What is asked before an item is erased."""
    reasons = [(code, words(said), "") for code, said in REASONS.items()]
    sure = _("我已核对：应当删除，且删除后不能恢复。")
    return [
        asked("reason", _("删除理由"), reason, refusal, kind="choice", options=reasons),
        confirmation(sure, confirmed, refusal),
    ]


def open_field(item: Item, closed: Sequence[str], refusal: Refusal) -> dict[str, Any]:
    """Everything that the item's package discloses, to tick what is left out."""
    package = package_of(item)
    disclosed = open_fields(package) if package is not None else ()
    ordered = sorted(disclosed, key=lambda one: _place(one.name))
    options = [(one.name, named_field(one.name, item.kind), _shown(one, item.kind)) for one in ordered]
    field = asked("closed", _("不公开的内容"), "", refusal, kind="organisations", required=False, options=options)
    return {**field, "value": list(closed)}


def named_field(name: str, kind: str) -> str:
    """A disclosed field of a package in words, with its number where there are several."""
    if name.startswith("record_"):
        known = {field.id: words(field) for field in FIELDS.get(kind, ())}
        return known.get(name.removeprefix("record_"), name)
    said = {
        "title": _("名称"),
        "case_ref": _("所属案件"),
        "location": _("地点"),
        "operator": _("采集人员 %(n)s"),
        "card": _("采集人员 %(n)s 的执法证号"),
        "file_name": _("文件 %(n)s 的名称"),
        "file_location": _("文件 %(n)s 的原始存储位置"),
        "lot": _("批次 %(n)s"),
    }
    parts = name.split("_")
    counted = [int(part) for part in parts if part.isdecimal()]
    # Lots bear their own numbers, everything else is counted from 0.
    number = counted[0] + (parts[0] != "lot") if counted else 0
    plain = "_".join(part for part in parts if not part.isdecimal())
    return said[plain] % {"n": number} if plain in said else name


def _place(name: str) -> tuple[int, int, str]:
    """Where a disclosed field stands: the item, who collected it with their cards, files and lots, the record."""
    groups = (("title",), ("location", "case"), ("operator", "card"), ("file", "lot"))
    group = next((n for n, names in enumerate(groups) if name.startswith(names)), len(groups))
    counted = next((int(part) for part in name.split("_") if part.isdecimal()), 0)
    return group, counted, "" if name.startswith("operator") else name


def _shown(one: Disclosed, kind: str) -> str:
    """The beginning of what a field discloses, codes of the record in words."""
    known = {f"record_{field.id}": field for field in FIELDS.get(kind, ())}
    field, text = known.get(one.name), one.value
    match field.type if field is not None else "":
        case "boolean":
            text = _("是") if text == "true" else _("否")
        case "choice" if field is not None:
            text = next((words(option) for option in field.options if option.id == text), text)
        case "items":
            text = _("；").join(json.loads(text))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
