"""JSON Schemas of the two file formats, made from the model: editors complete and check charter and procedure files.

A schema sees one file alone. Whether its rules fit together, and fit the charter, is the business of the charter check.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeAlias

from concord.rules import limits, rows
from concord.rules.charter import reading as charter_reading
from concord.rules.charter.model import Authority, Escalation, Member, Permission
from concord.rules.procedure import reading
from concord.rules.procedure.model import Act, ClockRule, Field, Procedure, Source, SourceLabel
from concord.rules.procedure.timing import GRANTED

Schema: TypeAlias = dict[str, Any]
Kind: TypeAlias = type[Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
LIMIT: Final = limits.WRITTEN.pattern
NAME: Final = rows.IDENTIFIER.pattern


def _text(pattern: str | None = None) -> Schema:
    if pattern is None:
        return {"type": "string", "minLength": 1, "maxLength": rows.LONGEST_TEXT}
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _texts(pattern: str | None = None) -> Schema:
    return {"type": "array", "items": _text(pattern), "uniqueItems": True}


# What the file calls otherwise than the model, or writes in a form of its own. None: the file does not have it.
WRITTEN: Final[Mapping[Kind, Mapping[str, tuple[str, Schema] | None]]] = {
    Procedure: {
        "based_on": ("based_on", _text(reading.BASED_ON.pattern)),
        "digest": None,
        "file": None,
        "text": None,
        "roles": ("roles", {**_texts(NAME), "minItems": 1}),
    },
    Source: {
        "label": ("kind", {"enum": [label.value for label in SourceLabel]}),
        "confidence": ("confidence", {"enum": list(reading.CONFIDENCES)}),
        "proposed": ("status", {"enum": ["proposed", "adopted"]}),
    },
    Field: {"options": ("options", _texts(rf"\s*{NAME}\s*:[^:]*[^:\s][^:]*:[^:]*[^:\s][^:]*"))},
    ClockRule: {
        "from_instant": ("from", _text(NAME)),
        "limit": ("limit", _text(LIMIT)),
        "extensions": ("extensions", _texts(f"{LIMIT}|{GRANTED.pattern}")),
        "warn": ("warn", _texts(LIMIT)),
    },
    Act: {
        "role": ("by", _text(f"{NAME}:{charter_reading.PERMISSION.pattern}")),
        "permission": None,
        "from_states": ("from", _texts(NAME)),
        "excludes": ("excludes", _texts(":".join([NAME] * 3))),
    },
    charter_reading.Part: {
        "file": None,
        "lines": None,
        "escalation": None,
        "codes_in_force": None,
    },
    Authority: {"code": ("code", _text(r"[0-9]{6}")), "up": ("up", _text(r"[0-9]{6}"))},
    Member: {
        "code": ("code", _text(r"[0-9]{6}")),
        "up": ("up", _text(r"[0-9]{6}")),
        "level": ("level", {"enum": list(charter_reading.LEVELS)}),
        "mark": ("mark", _text(r"[^{}]+")),
        "designates_only": None,
        "source": None,
    },
    Permission: {"id": ("id", _text(charter_reading.PERMISSION.pattern))},
    Escalation: {
        "procedure": None,
        "clock": ("clock", _text(rf"{NAME}\.{NAME}")),
        "after": ("after", _text("(?:0|[1-9][0-9]{0,3})WD")),
    },
}
# What the reader fills in when the file does not say, and what it demands though the model could do without.
OPTIONAL: Final[Mapping[Kind, frozenset[str]]] = {Procedure: frozenset({"line", "running_matters"})}
REQUIRED: Final[Mapping[Kind, frozenset[str]]] = {
    Procedure: frozenset({"roles", "states", "acts"}),
    ClockRule: frozenset({"source"}),
    Member: frozenset({"up", "level", "mark"}),
}


def procedure_schema() -> Schema:
    """The schema of ``procedures/<id>/<date>.toml``."""
    return _document(_row(Procedure), "Procedure", "One version of one procedure: one file, one rule a line.")


def charter_schema() -> Schema:
    """The schema of ``charter.toml``."""
    top = _row(charter_reading.Part)
    top["properties"]["in_force"] = {
        "type": "object",
        "properties": {
            "procedures": {"type": "object", "additionalProperties": _day()},
            "escalation": {"type": "array", "items": _row(Escalation)},
        },
        # Any other key names a code list and the codes of it that are in force.
        "additionalProperties": _texts(NAME),
    }
    return _document(top, "Charter", "One alliance: what it says itself, besides the charter it extends.")


def _document(top: Schema, title: str, description: str) -> Schema:
    return {
        "$schema": DIALECT,
        "title": title,
        **top,
        "description": description,
        "properties": {"format": {"const": reading.FORMAT}, **top["properties"]},
        "required": ["format", *top["required"]],
    }


def _row(kind: Kind) -> Schema:
    """The schema of one row: what the model holds, as the file writes it."""
    hints = typing.get_type_hints(kind)
    written = WRITTEN.get(kind, {})
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for field in dataclasses.fields(kind):
        if field.name == "line" and hints[field.name] is int:  # where it stands, not what it says
            continue
        form = written.get(field.name, (field.name, _value(hints[field.name], field.name)))
        if form is None:
            continue
        key, schema = form
        properties[key] = schema
        if _is_required(kind, field, hints[field.name]):
            required.append(key)
    described = (kind.__doc__ or "").partition("\n")[0].replace("``", "")
    return {
        "type": "object",
        "description": described,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _is_required(kind: Kind, field: dataclasses.Field[Any], hint: object) -> bool:
    if field.name in OPTIONAL.get(kind, ()):
        return False
    if field.name in REQUIRED.get(kind, ()):
        return True
    has_default = field.default is not dataclasses.MISSING
    return not has_default and isinstance(hint, type) and hint not in {bool, int}


def _value(hint: Any, name: str) -> Schema:
    """The schema of one value by its type in the model."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return _value(next(one for one in arguments if one is not types.NoneType), name)
    if origin in {tuple, frozenset}:
        return _listed(arguments[0])
    if origin is not None:  # a mapping, written by hand above
        return {"type": "object"}
    if dataclasses.is_dataclass(hint):
        return _row(typing.cast("Kind", hint))
    if issubclass(hint, StrEnum):
        return {"enum": _values(hint)}
    simple: Mapping[Kind, Schema] = {
        bool: {"type": "boolean"},
        int: {"type": "integer", "minimum": 0},
        date: _day(),
        str: _text(NAME if name == "id" else None),
    }
    return simple[hint]


def _listed(entry: Any) -> Schema:
    if entry is str:
        return _texts()
    if isinstance(entry, type) and issubclass(entry, StrEnum):
        return {"type": "array", "items": {"enum": _values(entry)}, "uniqueItems": True}
    return {"type": "array", "items": _row(entry)}


def _values(kind: Iterable[StrEnum]) -> list[str]:
    return [one.value for one in kind]


def _day() -> Schema:
    return {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
