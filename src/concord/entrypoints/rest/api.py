"""The API, put together: its operations, how it reads and writes, how it fails, how it describes itself."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from concord.entrypoints.rest import problems
from concord.entrypoints.rest.door import NO_POST, Token
from concord.entrypoints.rest.operations import (
    acts,
    around,
    assigning,
    bulk,
    cases,
    charter,
    charter_versions,
    competence,
    evidence,
    evidence_deeds,
    evidence_review,
    exports,
    files,
    journal,
    ledger,
    own,
    people,
    sheets,
    uploads,
)
from concord.entrypoints.rest.wire import JSON_TYPE, Renderer, StrictParser

VERSION = "1.0.0"
FIRST_REFUSAL = 400
DESCRIPTION = """\
Everything the workspace does, for programs. Send a token of your organisation as `Authorization: Bearer …`.
Failures are problems (RFC 9457) whose `code` is stable. Acts carry an `Idempotency-Key` and, in `If-Match`, the version
of the matter they rest on. Words for people come in Chinese and English; instants are UTC, days are Shanghai's."""


class ConcordAPI(NinjaAPI):
    """Ninja's API with operation ids that are plain names and with refusals documented as problems."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the operation's function."""
        return operation.view_func.__name__

    def set_default_exception_handlers(self) -> None:
        """One handler for everything, in place of Ninja's own."""
        self.add_exception_handler(Exception, problems.problem_response)

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The OpenAPI 3.1 description of all operations."""
        described = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for methods in described["paths"].values():
            for operation in methods.values():
                _describe(operation)
        return described


def _describe(operation: dict[str, Any]) -> None:
    """Say in one line what the operation does; give its refusals the media type they come in."""
    operation["summary"], _, more = operation.pop("description").partition("\n\n")
    if more:
        operation["description"] = more
    for status, response in operation["responses"].items():
        if status >= FIRST_REFUSAL:
            response["content"] = {problems.MEDIA_TYPE: response["content"].pop(JSON_TYPE)}


api = ConcordAPI(
    title="Concord 协保",
    version=VERSION,
    description=DESCRIPTION,
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="rest",
    servers=[{"url": "/"}],
    auth=Token(NO_POST),
    renderer=Renderer(),
    parser=StrictParser(),
)
# exports stands first, evidence_review before evidence: else their addresses would be taken for numbers of things.
for kind in (
    exports,
    charter,
    charter_versions,
    competence,
    cases,
    acts,
    around,
    assigning,
    bulk,
    evidence_review,
    evidence,
    evidence_deeds,
    files,
    journal,
    ledger,
    own,
    people,
    sheets,
    uploads,
):
    api.add_router("", kind.router)
