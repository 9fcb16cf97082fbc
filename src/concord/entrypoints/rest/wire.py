"""JSON as it is read and written: strict and bounded inwards, RFC 3339 with Z outwards."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any, NoReturn
from uuid import UUID

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.renderers import BaseRenderer

from concord.entrypoints.rest.problems import RequestRefused

JSON_TYPE = "application/json"
DEEPEST = 20


class StrictParser(Parser):
    """Reads UTF-8 JSON without repeated keys, NaN, NUL, lone surrogates or more than twenty levels."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body's value. Raises RequestRefused ``request.wrong_media_type`` or ``request.malformed``."""
        if request.content_type != JSON_TYPE:
            raise RequestRefused("request.wrong_media_type")
        try:
            value = json.loads(request.body.decode(), object_pairs_hook=_table, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise RequestRefused("request.malformed") from None
        check_value(value)
        return value  # type: ignore[no-any-return]  # what it must be, the operation's schema says


def check_value(value: object) -> None:
    """Raise RequestRefused ``request.malformed`` for texts that no database keeps and for too deep a nesting."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        here, depth = waiting.pop()
        if depth > DEEPEST:
            raise RequestRefused("request.malformed")
        match here:
            case str():
                check_text(here)
            case dict():
                waiting += [(key, depth) for key in here]
                waiting += [(inner, depth + 1) for inner in here.values()]
            case list():
                waiting += [(inner, depth + 1) for inner in here]


def check_text(text: str) -> None:
    """Raise RequestRefused ``request.malformed`` for NUL and for halves of characters."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise RequestRefused("request.malformed")


class Renderer(BaseRenderer):
    """Writes UTF-8 JSON; instants in UTC with Z."""

    media_type = JSON_TYPE

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:  # noqa: ARG002  ninja's signature
        """``data`` as JSON text."""
        return json.dumps(data, ensure_ascii=False, default=_written)


def _written(value: object) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form here")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice")
    return table


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
