"""The charter in force, its adopted versions, and how two of them differ."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import Field

from concord.capabilities.governance import queries
from concord.entrypoints.rest import charter_shapes as shapes
from concord.entrypoints.rest.answering import answers, glass_of
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import procedure_name, words
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.models import CharterVersion
from concord.foundation.organisations.queries import texts_of
from concord.rules.charter.difference import FileDifference, NumberedLine, difference

router = Router(tags=["charter"])


@router.get("/charter", auth=Token("charter:read"), response=answers(200, shapes.CharterShape))
def get_charter(request: ApiRequest) -> shapes.CharterShape:
    """The charter in force: by which resolution, from when, with which procedures; and every adopted version."""
    glass = glass_of(request.auth)
    charter = glass.charter
    present = queries.version_with(charter.digest)
    return shapes.CharterShape(
        id=charter.id,
        zh=charter.zh,
        en=charter.en,
        version=charter.version,
        digest=present.digest,
        effective_from=present.effective_from,
        resolution=present.resolution,
        adopted_at=present.adopted_at,
        procedures=[procedure_name(charter.procedure(name, on=glass.today)) for name in charter.in_force],
        versions=[_version(row, present) for row in queries.versions()],
    )


@router.get(
    "/charter/versions/{digest}/difference",
    auth=Token("charter:read"),
    response=answers(200, shapes.CharterDifferenceShape, 404),
)
def get_charter_difference(
    request: ApiRequest,  # noqa: ARG001  Ninja passes it
    digest: str,
    against: Annotated[
        str | None,
        Field(description="The digest of another version; left out: the one before. Eight characters are enough."),
    ] = None,
) -> shapes.CharterDifferenceShape:
    """What a version of the charter changes, line by line, under the rule each line belongs to, and in words."""
    after = queries.version_with(digest)
    before = queries.version_with(against) if against is not None else queries.version_before(after)
    present = queries.version_on(legal_date(now()))
    return shapes.CharterDifferenceShape(
        before=_version(before, present),
        after=_version(after, present),
        files=[_file(one) for one in difference(texts_of(before.digest), texts_of(after.digest))],
    )


def _version(row: CharterVersion, present: CharterVersion | None) -> shapes.CharterVersionShape:
    return shapes.CharterVersionShape(
        digest=row.digest,
        effective_from=row.effective_from,
        resolution=row.resolution,
        adopted_at=row.adopted_at,
        in_force=row == present,
    )


def _file(one: FileDifference) -> shapes.FileDifferenceShape:
    return shapes.FileDifferenceShape(
        file=one.file,
        kind=one.kind.value,
        compared_with=one.compared_with,
        rules=[
            shapes.RuleDifferenceShape(
                rule=rule.rule,
                name=words(rule.name),
                kind=rule.kind.value,
                said=[words(said) for said in rule.said],
                removed=_lines(rule.removed),
                added=_lines(rule.added),
            )
            for rule in one.rules
        ],
    )


def _lines(lines: tuple[NumberedLine, ...]) -> list[shapes.LineShape]:
    return [shapes.LineShape(line=one.number, text=one.text) for one in lines]
