"""What all operations share: their documented answers, pages and cursors, versions and keys, reads on record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils.http import parse_etags
from pydantic import BaseModel, Field

from concord.casework import queries
from concord.casework.desk import receipts
from concord.casework.models import Matter
from concord.casework.queries import Seen
from concord.entrypoints.rest.presenting import Glass
from concord.entrypoints.rest.problems import ProblemBody, RequestRefused
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.queries import calendar_on, charter_on
from concord.rules.errors import NotFound

T = TypeVar("T")
ALWAYS = (400, 401, 403, 422, 500)
TAKING = (413, 415)
KEY = re.compile(r"[\x21-\x7e]{1,80}")
VERSION_TAG = re.compile(r'"([0-9]{1,9})"')
NO_VERSION = -1
KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]{1,80}$"},
    "description": "Made by the caller for this one act; the same key again returns what it has done.",
}
VERSION_HEADER: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "maxLength": 200},
    "description": 'The ETag of the matter as it was read, such as "7".',
}
KNOWN_HEADER: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The ETag of the matter as it was read; 304 when nothing was done since.",
}


class Slice(BaseModel):
    """Which page of a list that is kept in the order of its numbers."""

    after: str | None = Field(default=None, pattern=r"^[0-9]{1,18}$", description="From the next link of a page.")
    limit: int = Field(default=25, ge=1, le=100)

    @property
    def before(self) -> int | None:
        """The number of the last thing on the page before."""
        return int(self.after) if self.after is not None else None


def answers(status: int, shape: object, *refusals: int) -> dict[int, Any]:
    """The documented answers of an operation: what it gives, and a problem for each status it may refuse with."""
    return {status: shape, **dict.fromkeys(sorted({*ALWAYS, *refusals}), ProblemBody)}


def page_of(
    request: HttpRequest, rows: Sequence[T], *, limit: int, mark: Callable[[T], object]
) -> tuple[Sequence[T], str | None]:
    """The rows of a page out of one more than fit, and the address of the next; ``mark`` makes the cursor of a row."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], next_address(request, str(mark(rows[limit - 1])))


def next_address(request: HttpRequest, cursor: str) -> str:
    """The same request from ``cursor`` on."""
    kept = [(name, text) for name, values in request.GET.lists() if name != "after" for text in values]
    return f"{request.path}?{urlencode([*kept, ('after', cursor)])}"


def glass_of(by: Actor) -> Glass:
    """What the actor's things are looked at through, now."""
    today = legal_date(now())
    return Glass(by=by, today=today, charter=charter_on(today), calendar=calendar_on(today))


def key_of(request: HttpRequest) -> str:
    """The key of an act. Raises RequestRefused ``request.no_key``."""
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise RequestRefused("request.no_key")
    return key


def version_named(request: HttpRequest, *, present: int) -> int:
    """The version that ``If-Match`` names: the ``present`` one if it is among several, ``NO_VERSION`` if none is.

    Raises RequestRefused ``request.no_version`` when the header is missing, names anything (``*``) or has no tag.
    """
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags or "*" in tags:
        raise RequestRefused("request.no_version")
    named = {int(found[1]) for tag in tags if (found := VERSION_TAG.fullmatch(tag))}
    return present if present in named else NO_VERSION


def already_known(request: HttpRequest, etag: str) -> bool:
    """Whether ``If-None-Match`` says that the caller has what ``etag`` names."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in tags or etag in {tag.removeprefix("W/") for tag in tags}


def etag_of(known: Seen) -> str:
    """The strong validator of a matter as a side knows it."""
    return f'"{known.version}"'


def matter_shown(number: str, by: Actor) -> Seen:
    """The matter with this number. Raises NotFound ``casework.no_matter``; a hidden one leaves a record of that."""
    try:
        return queries.matter_for(number=number, by=by, on=legal_date(now()))
    except NotFound:
        uid = _uid_of(number)
        if uid is not None:
            receipts.note_refusal(uid=uid, by=by, at=now())
        raise


def _uid_of(number: str) -> UUID | None:
    with writing():
        return Matter.objects.filter(number=number).values_list("uid", flat=True).first()


@contextmanager
def reading(known: Seen, by: Actor) -> Iterator[None]:
    """Read a matter: its messages count as read before, the reading stands on record after."""
    receipts.acknowledge(matter=known.matter, by=by, at=now())
    yield
    journal.record_read(what="matter", subject=known.matter.number, by=by, at=now())
