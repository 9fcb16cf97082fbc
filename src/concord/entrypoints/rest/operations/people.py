"""The directory of a day, for programs."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Annotated

from ninja import Router
from pydantic import Field

from concord.entrypoints.rest import people_shapes
from concord.entrypoints.rest.answering import answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import organisation_name, words
from concord.entrypoints.rest.shapes import Day
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.models import Substitution
from concord.foundation.organisations.queries import competences_on, departments_on, posts_on, standing_on

router = Router(tags=["charter"])


@router.get("/directory", auth=Token("directory:read"), response=answers(200, people_shapes.DirectoryShape))
def get_directory(
    request: ApiRequest,  # noqa: ARG001  Ninja passes it
    day: Annotated[Day | None, Field(description="The day asked about; left out: today.")] = None,
) -> people_shapes.DirectoryShape:
    """Who was competent for what on a day, who held which post, and who stood in for whom."""
    on = day or legal_date(now())
    areas: dict[int, list[str]] = defaultdict(list)
    for competence in competences_on(on):
        areas[competence.department_id].append(competence.area)
    standing = {row.post_id: _standing_in(row) for row in standing_on(on)}
    posts = posts_on(on).select_related("person", "organisation").order_by("organisation__position", "id")
    return people_shapes.DirectoryShape(
        day=on,
        departments=[
            people_shapes.DepartmentShape(
                id=row.pk,
                organisation=organisation_name(row.organisation),
                name=words(row),
                desk=row.desk,
                areas=areas[row.pk],
            )
            for row in departments_on(on).select_related("organisation")
        ],
        people=[
            people_shapes.HolderShape(
                organisation=organisation_name(post.organisation),
                department=post.department_id,
                person=words(post.person),
                telephone=post.person.telephone,
                post=post.kind,
                stands_in=standing.get(post.pk),
            )
            for post in posts
        ],
    )


def _standing_in(row: Substitution) -> people_shapes.StandingInShape | None:
    if row.substitute is None:
        return None
    return people_shapes.StandingInShape(person=words(row.substitute.person), last=row.held_until - timedelta(days=1))
