"""Tables as files, for programs that hand them on."""

from __future__ import annotations

from itertools import islice
from typing import Literal

from django.http import HttpResponse
from django.utils import translation
from ninja import Query, Router
from pydantic import Field

from concord.casework.desk.exports import AT_ONCE, note_export
from concord.casework.queries import READ
from concord.entrypoints.rest import shapes
from concord.entrypoints.rest.answering import answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.operations.matters import MatterFilter
from concord.entrypoints.rest.problems import language_of
from concord.entrypoints.workspace.presenting import Glass
from concord.entrypoints.workspace.views import tables
from concord.entrypoints.workspace.views.exports import attached
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.queries import calendar_on, charter_on
from concord.foundation.sheets.workbook import MEDIA_TYPES, write_table
from concord.rules.errors import InvalidInput, Said

router = Router(tags=["exports"])
GIVES = {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}}


class ExportFilter(MatterFilter):
    """Which matters go out, and as what."""

    form: Literal["xlsx", "csv"] = "xlsx"
    begun_from: shapes.Day | None = Field(default=None, description="The day the matter was begun.")
    begun_until: shapes.Day | None = None


@router.get(
    "/matters/export",
    auth=Token(READ),
    response=answers(200, None, 404),
    openapi_extra={"responses": {200: GIVES}},
)
def export_matters(request: ApiRequest, asked: Query[ExportFilter]) -> HttpResponse:
    """The matters of a list as a file, up to 2,000; limit and after count nothing here."""
    by, at = request.auth, now()
    today = legal_date(at)
    table = tables.find("matters")
    with translation.override(language_of(request)):
        glass = Glass(by=by, today=today, charter=charter_on(today), calendar=calendar_on(today))
        wanted = asked.wanted(by, today=today)
        rows = list(
            islice(
                tables.matter_rows(glass, wanted, begun_from=asked.begun_from, begun_until=asked.begun_until),
                AT_ONCE + 1,
            )
        )
        if len(rows) > AT_ONCE:
            raise _too_many()
        content = write_table(table.title(), table.headings(today), rows, form=asked.form)
        name = tables.file_name(table, at, asked.form)
    note_export(kind="matters", count=len(rows), by=by, at=at)
    return attached(content, name, asked.form)


def _too_many() -> InvalidInput:
    return InvalidInput(
        "sheets.too_many_at_once",
        Said(
            f"超过 {AT_ONCE:,} 行。请缩小范围，或逐页读取列表。",
            f"There are more than {AT_ONCE:,} rows; narrow the list, or read it page by page.",
        ),
    )
