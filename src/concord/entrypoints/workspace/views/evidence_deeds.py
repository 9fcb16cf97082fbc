"""What is done with an item besides its record: lots, what is made from it, partial packages, erasing, overriding."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence import derivatives, erasing, items, lots, stamping
from concord.capabilities.evidence.derivatives import KINDS, MadeFile
from concord.capabilities.evidence.lots import NewLot
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.policy import COLLECT, DISPOSE, HANDLE, READ, SIGN
from concord.capabilities.evidence.queries import item_for
from concord.entrypoints.workspace import evidence_deeds as forms
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import NOTHING_WRONG, Refusal, asked, refusal_of
from concord.entrypoints.workspace.bringing import brought
from concord.entrypoints.workspace.ledger_sheet import PACKAGE_TYPE, SPOOLED
from concord.entrypoints.workspace.presenting import glass_of, words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.entrypoints.workspace.submissions import key_of, whole_number
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import sealing
from concord.rules.errors import ConcordError, Conflict, InvalidInput, Problem, Said

MOVE = ("kind", "lot", "quantity", "name", "seal", "place", "reason")
DERIVED = ("title", "card", "redacts")
COPY = "copy"


@page(COLLECT)
def evidence_lots(request: Handled, number: str) -> HttpResponse:
    """Enter the lots of a sample while it is being collected."""
    by = request.actor
    item = _shown(number, by)
    rows, place, refusal = forms.lot_rows(request), request.POST.get("place", "").strip(), NOTHING_WRONG
    if request.method == "POST":
        try:
            new = [
                NewLot(name=row["name"], unit=row["unit"], seal=row["seal"], quantity=whole_number(row["quantity"]))
                for row in rows
            ]
            version = whole_number(request.POST.get("version"))
            lots.add_lots(item=item.uid, lots=new, place=place, by=by, at=now(), version=version)
        except ConcordError as error:
            refusal, item = _refused(error, forms.LOTS, item, by)
        else:
            messages.success(request, _("批次已登记。"))
            return redirect("workspace:evidence_item", number=number)
    if not forms.may(forms.LOTS, item, by):
        return redirect("workspace:evidence_item", number=number)
    place = place or item.place
    field = asked("place", _("存放地点"), place, refusal)
    shown = {"lot_rows": forms.lots_shown(rows, refusal), "hidden": {"version": item.version}}
    return _form(request, item, _("登记批次"), _("登记"), refusal, fields=[field], **shown)


@page(HANDLE)
def evidence_lot_move(request: Handled, number: str) -> HttpResponse:
    """Part things from a lot, or let them leave it."""
    by = request.actor
    item = _shown(number, by)
    typed = {name: request.POST.get(name, "").strip() for name in MOVE}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        told = {name: typed[name] for name in ("kind", "name", "seal", "place", "reason")}
        try:
            lots.move_lot(
                **told,
                item=item.uid,
                lot=whole_number(typed["lot"]),
                quantity=whole_number(typed["quantity"]),
                by=by,
                at=now(),
                seen=whole_number(request.POST.get("seen")),
            )
        except ConcordError as error:
            refusal, item = _refused(error, forms.MOVE, item, by)
        else:
            messages.success(request, _("批次变动已登记。"))
            return redirect("workspace:evidence_item", number=number)
    if not forms.may(forms.MOVE, item, by):
        return redirect("workspace:evidence_item", number=number)
    fields = forms.move_fields(item, typed, refusal, by)
    note = _("销毁须由负责人办理。") if not by.may(DISPOSE) else ""
    hidden = {"seen": item.moves.count()}
    help_text = [text for text in (_("登记后不能改动；数量始终与入库相符。"), note) if text]
    return _form(
        request, item, _("登记批次变动"), _("登记"), refusal, fields=fields, hidden=hidden, explained=help_text
    )


@page(COLLECT)
def evidence_derive(request: Handled, number: str) -> HttpResponse:
    """Make a copy, redaction, translation or extract: an item of its own that names this one."""
    by = request.actor
    item = _shown(number, by)
    kind = request.POST.get("kind") or request.GET.get("kind") or COPY
    kind = kind if kind in KINDS else COPY
    typed = {name: request.POST.get(name, "").strip() for name in DERIVED}
    removed, found, refusal, key = request.POST.getlist("removed"), [], NOTHING_WRONG, key_of(request)
    if request.method == "POST":
        try:
            found = brought(request)
            made = derivatives.derive(
                item=item.uid,
                kind=kind,
                title=typed["title"],
                card=typed["card"],
                by=by,
                at=now(),
                entropy=secrets.token_bytes(32),
                removed=removed if kind == forms.REDACTION else (),
                files=_made(item, kind, typed["redacts"], found),
                key=key,
            )
        except ConcordError as error:
            refusal, item = _refused(error, forms.DERIVE, item, by)
        else:
            messages.success(request, _("已登记，编号 %(number)s。") % {"number": made.number})
            return redirect("workspace:evidence_edit", number=made.number)
    if not forms.may(forms.DERIVE, item, by):
        return redirect("workspace:evidence_item", number=number)
    journal.record_read(what="item", subject=number, by=by, at=now())
    shown = {
        "fields": forms.derive_fields(item, kind, typed, removed, refusal),
        "kinds": forms.kinds_shown(item, kind),
        "upload": {"label": _("制作的文件"), "kept": forms.kept_files(found, by)},
        "hidden": {"kind": kind, "key": key},
        "explained": [_derived_help(kind), _("原件保持封存时的原样，派生件在封存后注明由哪个原件派生。")],
    }
    return _form(request, item, words(KINDS[kind]), _("登记"), refusal, **shown)


def _derived_help(kind: str) -> str:
    if kind == forms.REDACTION:
        return _("遮盖件包含原件的采集记录和文件，去掉的内容不留任何痕迹。")
    if kind == COPY:
        return _("复制件包含原件的采集记录和文件。")
    return _("从空白开始，只包含您添加的文件。")


def _made(item: Item, kind: str, redacts: str, found: list[Any]) -> list[MadeFile]:
    """The files as the command takes them; one that redacts another says which."""
    original = item.files.filter(pk=whole_number(redacts)).first() if kind == forms.REDACTION and redacts else None
    if original is not None and len(found) != 1:
        said = Said("请上传由该原件遮盖而成的一个文件。", "Upload the one file that was made from this one.")
        raise InvalidInput("evidence.bad_item", said, problems=(Problem("redacts", "one", said),))
    return [
        MadeFile(file=file, claimed=claimed, redaction_of=original.pk if original else None) for file, claimed in found
    ]


@page(READ)
def evidence_without(request: Handled, number: str) -> HttpResponseBase:
    """Write the package out with some of its disclosed fields left closed."""
    by = request.actor
    item = _shown(number, by)
    closed, refusal = request.POST.getlist("closed"), NOTHING_WRONG
    if request.method == "POST":
        try:
            return _package_without(item, closed, by)
        except ConcordError as error:
            refusal, item = _refused(error, forms.WITHOUT, item, by)
    if not forms.may(forms.WITHOUT, item, by):
        return redirect("workspace:evidence_item", number=number)
    journal.record_read(what="item", subject=number, by=by, at=now())
    explained = [
        _("勾选的内容不写入导出的证据包；签名、摘要和账本证明不变，仍可验证。"),
        _("文件内容本身不受影响；需要遮盖文件的，请制作遮盖件。"),
    ]
    fields = [forms.open_field(item, closed, refusal)]
    return _form(
        request, item, _("遮盖部分内容后导出证据包"), _("下载证据包"), refusal, fields=fields, explained=explained
    )


def _package_without(item: Item, closed: list[str], by: Actor) -> HttpResponseBase:
    out = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115  the response closes it
    try:
        derivatives.write_without(item=item.uid, closed=closed, out=cast("BinaryIO", out), by=by, at=now())
    except BaseException:
        out.close()
        raise
    out.seek(0)
    response = FileResponse(out, content_type=PACKAGE_TYPE)
    package = package_of(item)
    assert package is not None  # noqa: S101  it was just written
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(sealing.file_name(package))}"
    journal.record_read(what="item", subject=item.number, by=by, at=now())
    return response


@page(DISPOSE)
def evidence_erase(request: Handled, number: str) -> HttpResponse:
    """Erase an item by duty: a reason, what goes and what stays, and a tick."""
    by = request.actor
    item = _shown(number, by)
    reason, confirmed = request.POST.get("reason", ""), request.POST.getlist("confirm")
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            _require_confirmed(confirmed)
            erasing.erase(item=item.uid, reason=reason, by=by, at=now())
        except ConcordError as error:
            refusal, item = _refused(error, forms.ERASE, item, by)
        else:
            messages.success(request, _("已依法删除，摘要和账本证明仍可核对。"))
            return redirect("workspace:evidence_item", number=number)
    if not forms.may(forms.ERASE, item, by):
        return redirect("workspace:evidence_item", number=number)
    goes = [
        _("文件内容和名称"),
        _("名称、地点和采集记录"),
        _("采集人员和执法证号"),
        _("批次名称和封条编号"),
        _("证据包中可以公开的内容"),
    ]
    stays = [
        _("编号、种类、机关和时间"),
        _("文件摘要、签名和账本证明"),
        _("保管链、移交和互认意见"),
        _("本次删除的记录及其理由"),
    ]
    fields = forms.erase_fields(reason, confirmed, refusal)
    return _form(
        request, item, _("依法删除"), _("删除，不可恢复"), refusal, fields=fields, final=True, goes=goes, stays=stays
    )


@page(SIGN)
def evidence_seal_unstamped(request: Handled, number: str) -> HttpResponse:
    """A leader's decision to seal though no time-stamper has answered for longer than agreed."""
    by = request.actor
    item = _shown(number, by)
    confirmed, refusal = request.POST.getlist("confirm"), NOTHING_WRONG
    if request.method == "POST":
        try:
            _require_confirmed(confirmed)
            version = whole_number(request.POST.get("version"))
            items.seal(item=item.uid, version=version, by=by, at=now(), without_stamp=True)
        except ConcordError as error:
            refusal, item = _refused(error, forms.LOTS, item, by)
            refusal = _without_fields(refusal)
        else:
            messages.success(request, _("已封存，正在签名。"))
            return redirect("workspace:evidence_item", number=number)
    silent = _silence(by)
    if not forms.may(forms.LOTS, item, by) or silent is None:
        return redirect("workspace:evidence_edit", number=number)
    sure = _("我决定在没有时间戳的情况下封存，该决定记录在案。")
    fields = [forms.confirmation(sure, confirmed, refusal)]
    explained = [words(silent.said), _("时间戳服务恢复后，系统会自动补加时间戳，并注明晚于封存。")]
    return _form(
        request,
        item,
        _("在没有时间戳的情况下封存"),
        _("封存"),
        refusal,
        fields=fields,
        hidden={"version": item.version},
        explained=explained,
        back=reverse("workspace:evidence_edit", args=[number]),
    )


def _silence(by: Actor) -> Conflict | None:
    """Why nothing can be sealed with a time-stamp now; None when it can."""
    try:
        stamping.require_stamps(by=by, at=now(), without_stamp=False)
    except Conflict as error:
        return error
    return None


def _without_fields(refusal: Refusal) -> Refusal:
    """What concerns the item's own form is told in the summary alone."""
    summary = tuple((field if field == "confirm" else "", text) for field, text in refusal.summary)
    return Refusal(refusal.problems, summary)


def _require_confirmed(confirmed: list[str]) -> None:
    if forms.YES not in confirmed:
        said = Said("请勾选确认。", "Tick the box to confirm.")
        raise InvalidInput("evidence.not_confirmed", said, problems=(Problem("confirm", "missing", said),))


def _shown(number: str, by: Actor) -> Item:
    with refusals_noted(by, what="item", number=number):
        return item_for(number=number, by=by)


def _refused(error: ConcordError, deed: str, item: Item, by: Actor) -> tuple[Refusal, Item]:
    """What was wrong, and the item as it is by now; the error goes on when there is nothing left to fill in."""
    if error.status not in {409, 413, 415, 422}:
        raise error
    fresh = item_for(number=item.number, by=by)
    if not forms.may(deed, fresh, by):
        raise error
    return refusal_of(error), fresh


def _form(request: Handled, item: Item, heading: str, button: str, refusal: Refusal, **shown: Any) -> HttpResponse:
    """The page of a deed; ``shown`` is what its form has of its own."""
    here = reverse("workspace:evidence_item", args=[item.number])
    nothing: Mapping[str, Any] = {
        **dict.fromkeys(("fields", "kinds", "explained", "goes", "stays", "lot_rows"), ()),
        "hidden": {},
        "upload": None,
        "final": False,
        "back": here,
    }
    context = {
        **nothing,
        **shown,
        "item": sheet.row(item, glass_of(request.actor)),
        "heading": heading,
        "button": button,
        "problems": refusal.summary,
    }
    return render(request, "workspace/evidence/deed.html", context, status=refusal.status)
