"""The typed fields of procedures as form fields: what is shown, what was typed, what is handed on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from concord.casework.queries import Seen
from concord.entrypoints.workspace.evidence_sheet import choices
from concord.entrypoints.workspace.jinja import SHANGHAI, named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.access.actor import Actor
from concord.foundation.files.models import File
from concord.foundation.organisations.queries import members, posts_on
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Field, FieldType, Procedure

MANY = {FieldType.ITEMS, FieldType.ANSWERS, FieldType.FILES, FieldType.EVIDENCE}
# What a browser's field for date and time gives: the time on the wall, which here is Shanghai's.
WALL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")
MOST_OFFERED = 30
Options = Sequence[tuple[str, str, str]]


def blank(name: str, label: str) -> dict[str, Any]:
    """A required text field without a value, as the form macro wants it."""
    return {
        "id": name,
        "kind": "text",
        "label": label,
        "value": "",
        "options": [],
        "required": True,
        "max": None,
        "min": None,
        "problems": [],
        "help": "",
        "items": [],
        "kept": [],
    }


def form_field(
    procedure: Procedure,
    name: str,
    typed: Mapping[str, Any],
    problems: Mapping[str, list[str]],
    glass: Glass,
    *,
    known: Seen | None = None,
) -> dict[str, Any]:
    """One typed field as the form macro wants it."""
    field = procedure.field(name)
    value = typed.get(name, [] if field.type in MANY else "")
    questions = known.facts.get(field.of or "", []) if known else []
    return {
        **blank(name, words(field)),
        "kind": "text" if field.type is FieldType.MATTER else field.type.value,
        "value": _wall_time(value) if field.type is FieldType.DATETIME else value,
        "options": choices(glass, known, value, limit=MOST_OFFERED)
        if field.type is FieldType.EVIDENCE
        else _options(field, glass),
        "required": not field.optional,
        "max": field.max,
        "min": field.min,
        "problems": problems.get(name, []),
        "help": _help(field),
        "items": questions,
        "kept": _kept(value, glass.by) if field.type is FieldType.FILES else [],
    }


def _help(field: Field) -> str:
    match field.type:
        case FieldType.MATTER:
            return _("填写事项编号，如 G60-2026-00012。")
        case FieldType.EVIDENCE:
            return _("从已封存的证据项中选择；没有列出的，在下面填写编号，多项用空格分开。")
        case _:
            return ""


def _options(field: Field, glass: Glass) -> Options:
    match field.type:
        case FieldType.CHOICE:
            return [(option.id, words(option), "") for option in field.options]
        case FieldType.CODE:
            codes = glass.charter.code_lists.get(field.list or "", {})
            return [(code.id, words(code.said), words(code.meaning)) for code in codes.values()]
        case FieldType.ORGANISATION:
            return [(organisation.code, named(organisation), "") for organisation in members()]
        case FieldType.PERSON:
            return _colleagues(glass)
        case _:
            return []


def _colleagues(glass: Glass) -> Options:
    """The people of the actor's organisation, once each, with the posts they hold."""
    labels = {post.id: words(post) for post in glass.charter.posts}
    held: dict[str, tuple[str, list[str]]] = {}
    for post in posts_on(glass.today).filter(organisation=glass.by.organisation):
        held.setdefault(str(post.person.uid), (named(post.person), []))[1].append(labels.get(post.kind, post.kind))
    return [(uid, name, " · ".join(posts)) for uid, (name, posts) in held.items()]


def _wall_time(value: Any) -> Any:
    """An instant as the browser's field shows it; whatever was typed instead stays as it is."""
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return f"{instant.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if instant.tzinfo else value


def _kept(uids: Any, by: Actor) -> list[tuple[str, str]]:
    found = File.objects.filter(uid__in=uuids(uids), organisation=by.organisation)
    return [(str(file.uid), file.name) for file in found]


def uuids(texts: Any) -> list[UUID]:
    """Those of ``texts`` that are UUIDs."""
    made = []
    for text in texts or ():
        try:
            made.append(UUID(str(text)))
        except ValueError:
            continue
    return made


def typed_in(request: HttpRequest, procedure: Procedure, rule: ActRule) -> dict[str, Any]:
    """What the form says, before its uploads are taken."""
    return {name: _typed(request, procedure.field(name)) for name in rule.asks}


def _typed(request: HttpRequest, field: Field) -> Any:
    if field.type is FieldType.EVIDENCE:
        chosen = [*request.POST.getlist(field.id), *request.POST.get(f"{field.id}.more", "").split()]
        return list(dict.fromkeys(chosen))
    if field.type in MANY:
        return request.POST.getlist(field.id)
    text = request.POST.get(field.id, "")
    return f"{text}+08:00" if field.type is FieldType.DATETIME and WALL_TIME.fullmatch(text) else text


def given(typed: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed without what was left blank."""
    return {name: value for name, value in typed.items() if value not in ("", [])}


def known_values(known: Seen, rule: ActRule) -> dict[str, Any]:
    """What is already known and asked again, such as a draft that was sent back; money as it is typed, in yuan."""
    return {
        name: _as_typed(known.procedure.field(name), known.facts[name]) for name in rule.asks if name in known.facts
    }


def _as_typed(field: Field, value: Any) -> Any:
    return f"{value // 100}.{value % 100:02d}" if field.type is FieldType.MONEY and isinstance(value, int) else value
