"""The forms of evidence: the record of an item as fields, and what was typed into them as the commands take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from concord.capabilities.evidence.models import Item, Officer
from concord.capabilities.evidence.policy import COLLECT
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import Refusal, asked, refusal_of
from concord.entrypoints.workspace.fields import WALL_TIME, blank, uuids
from concord.entrypoints.workspace.jinja import SHANGHAI, named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.organisations.queries import posts_with
from concord.rules.errors import ConcordError
from concord.rules.evidence.records import FIELDS, RecordField

# Two officers are the least; a raid may have more.
OFFICERS_SHOWN = 3
MARK = "record-"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed of an item: its own columns, its record, and the officers with their cards."""

    title: str
    handling: str
    cause: str
    place: str
    started_at: str
    ended_at: str
    record: Mapping[str, object]
    officers: Sequence[tuple[str, str]]


def typed_of(item: Item, officers: Iterable[Officer]) -> Typed:
    """What an item says so far."""
    return Typed(
        title=item.title,
        handling=item.handling,
        cause=item.cause,
        place=item.place,
        started_at=wall(item.started_at),
        ended_at=wall(item.ended_at),
        record=item.record,
        officers=[(str(one.person.uid), one.card_number) for one in officers],
    )


def typed_in(request: HttpRequest, kind: str) -> Typed:
    """What the form says."""
    sent = request.POST
    return Typed(
        **{name: sent.get(name, "").strip() for name in ("title", "handling", "cause", "place")},
        started_at=sent.get("started_at", ""),
        ended_at=sent.get("ended_at", ""),
        record={field.id: value for field in FIELDS[kind] if (value := _sent(request, field)) not in ("", [], None)},
        officers=[pair for pair in zip(sent.getlist("officer"), sent.getlist("card"), strict=False) if any(pair)],
    )


def _sent(request: HttpRequest, field: RecordField) -> object:
    name = f"{MARK}{field.id}"
    if field.type == "items":
        return [text for text in request.POST.getlist(name) if text.strip()]
    text = request.POST.get(name, "").strip()
    if field.type == "boolean":
        return {"yes": True, "no": False}.get(text)
    return instant_text(text) if field.type == "datetime" else text


def instant_text(text: str) -> str:
    """The time on the wall as an instant of Shanghai; whatever else was typed stays as it is."""
    return f"{text}+08:00" if WALL_TIME.fullmatch(text) else text


def instant_of(text: str) -> datetime | None:
    """The instant that a field for date and time holds; none when it is blank or nonsense."""
    try:
        found = datetime.fromisoformat(instant_text(text)) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def wall(value: datetime | None) -> str:
    """An instant as a browser's field for date and time shows it."""
    return f"{value.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if value is not None else ""


def people_of(typed: Typed) -> list[tuple[UUID, str]]:
    """The officers whom the form names, as the command takes them."""
    return [(found[0], card) for person, card in typed.officers if (found := uuids([person]))]


def own_fields(typed: Mapping[str, str], refusal: Refusal, glass: Glass, *, kind: bool) -> list[dict[str, Any]]:
    """The columns of an item that is registered, or renamed while it is being collected."""
    kinds = [
        asked("kind", _("证据种类"), typed["kind"], refusal, kind="choice", options=sheet.options(glass, sheet.KINDS))
    ]
    return [
        *(kinds if kind else []),
        asked("title", _("名称"), typed["title"], refusal, help_text=_("例如：某某仓库现场检查笔录及录像")),
        asked(
            "cause",
            _("案由"),
            typed["cause"],
            refusal,
            kind="code",
            required=False,
            options=sheet.options(glass, sheet.CAUSES),
        ),
        asked(
            "handling",
            _("使用限制"),
            typed["handling"],
            refusal,
            kind="code",
            options=sheet.options(glass, sheet.HANDLING),
        ),
    ]


def groups(item: Item, typed: Typed, refusal: Refusal, glass: Glass) -> list[dict[str, Any]]:
    """The form of a record: what the item is, where and when it was collected, and the record of its kind."""
    own = {"kind": item.kind, "title": typed.title, "cause": typed.cause, "handling": typed.handling}
    return [
        {"label": "", "fields": own_fields(own, refusal, glass, kind=False)},
        {
            "label": _("时间和地点"),
            "fields": [
                asked("started_at", _("开始时间"), typed.started_at, refusal, kind="datetime"),
                asked("ended_at", _("结束时间"), typed.ended_at, refusal, kind="datetime"),
                asked("place", _("地点"), typed.place, refusal),
            ],
        },
        {
            "label": _("%(kind)s的采集记录") % {"kind": sheet.coded(glass, sheet.KINDS, item.kind)},
            "fields": [_record_field(field, typed.record.get(field.id), refusal) for field in FIELDS[item.kind]],
        },
    ]


def _record_field(field: RecordField, value: object, refusal: Refusal) -> dict[str, Any]:
    shown, kind, options = value, str(field.type), []
    match field.type:
        case "boolean":
            kind, options = "choice", [("yes", _("是"), ""), ("no", _("否"), "")]
            shown = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else ""
        case "choice":
            options = [(option.id, words(option), "") for option in field.options]
        case "datetime":
            shown = wall(instant_of(str(value))) if value else ""
    if shown is None:
        shown = [] if field.type == "items" else ""
    return {
        **blank(f"{MARK}{field.id}", words(field)),
        "kind": kind,
        "value": shown,
        "options": options,
        "required": not field.optional,
        "problems": refusal.problems.get(field.id, []) + refusal.problems.get(f"record.{field.id}", []),
    }


def refusal_at(error: ConcordError, kind: str) -> Refusal:
    """An error with each problem led to where its field stands in the form."""
    refusal = refusal_of(error)
    places = {field.id: f"{MARK}{field.id}" for field in FIELDS[kind]} | {"officers": "officer-1", "files": "file"}
    summary = tuple((places.get(name.partition(".")[0], name), text) for name, text in refusal.summary)
    return Refusal(refusal.problems, summary)


def officers_shown(typed: Typed) -> list[dict[str, str]]:
    """The rows of the officers: those given, and room for more."""
    given = [{"person": person, "card": card} for person, card in typed.officers]
    return given + [{"person": "", "card": ""}] * max(OFFICERS_SHOWN - len(given), 1)


def collectors(glass: Glass) -> list[tuple[str, str, str]]:
    """Who may collect for the actor's organisation today."""
    posts = posts_with([glass.by.organisation.id], COLLECT, on=glass.today)
    return list({post.person_id: (str(post.person.uid), named(post.person), "") for post in posts}.values())


def record_facts(item: Item, officers: Sequence[Officer]) -> list[dict[str, Any]]:
    """The record of an item as label and value; nothing that was left blank."""
    told: list[dict[str, Any]] = []
    if item.started_at is not None and item.ended_at is not None:
        told.append({"label": _("开始时间"), "kind": "datetime", "value": item.started_at})
        told.append({"label": _("结束时间"), "kind": "datetime", "value": item.ended_at})
    if item.place:
        told.append({"label": _("地点"), "kind": "text", "value": item.place})
    if officers:
        cards = [f"{named(one.person)}（{one.card_number}）" for one in officers]
        told.append({"label": _("采集人员（执法证号）"), "kind": "items", "value": cards})
    for field in FIELDS.get(item.kind, ()):
        value = item.record.get(field.id)
        if value not in (None, "", []):
            told.append({"label": words(field), **_told(field, value)})
    return told


def _told(field: RecordField, value: object) -> dict[str, Any]:
    match field.type:
        case "boolean":
            return {"kind": "text", "value": _("是") if value else _("否")}
        case "choice":
            return {"kind": "text", "value": next((words(one) for one in field.options if one.id == value), value)}
        case "datetime":
            return {"kind": "datetime", "value": instant_of(str(value)) or value}
        case _:
            return {"kind": str(field.type), "value": value}
