"""What the API gives of the directory: departments and people of a day."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from concord.entrypoints.rest.shapes import OrganisationName, Words


class DepartmentShape(BaseModel):
    """A department with the areas it was competent for on the day."""

    id: int
    organisation: OrganisationName
    name: Words
    desk: bool = Field(description="Whether it is the liaison desk, which takes what nobody else has.")
    areas: list[str] = Field(description="Areas of permissions, such as assistance.")


class StandingInShape(BaseModel):
    """Who acts in the post meanwhile, and until when."""

    person: Words
    last: date = Field(description="The last day on which they do.")


class HolderShape(BaseModel):
    """Somebody in post on the day."""

    organisation: OrganisationName
    department: int | None = Field(description="The number of the department.")
    person: Words
    telephone: str
    post: str = Field(description="The kind of post, by the charter.")
    stands_in: StandingInShape | None


class DirectoryShape(BaseModel):
    """Who was competent for what, who held which post and who stood in for whom on a day."""

    day: date
    departments: list[DepartmentShape]
    people: list[HolderShape]
