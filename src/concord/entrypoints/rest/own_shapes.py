"""What the API takes and gives of what somebody keeps for themselves: saved views, the calendar address."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from concord.entrypoints.rest.shapes import Words

PageName = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^(matters|queue:[a-z_]{1,34})$",
        description="The list: matters, or queue: and the working group.",
    ),
]
ViewName = Annotated[str, Field(max_length=200, description="At most 60 characters once blanks are folded.")]


class SavedViewShape(BaseModel):
    """Filters of a list under a name."""

    id: int
    page: str
    name: str
    query: str = Field(description="The filters as the list's address carries them.")
    shared: bool = Field(description="Offered to the whole organisation.")
    person: Words = Field(description="Who saved it.")
    own: bool


class SavedViewAsked(BaseModel):
    """Filters to be kept under a name."""

    model_config = ConfigDict(extra="forbid")

    page: PageName
    name: ViewName
    query: Annotated[str, Field(max_length=2000, description="Such as direction=in&open=1; at most 500 as kept.")]
    shared: bool = False


class SavedViewRenamed(BaseModel):
    """Another name for a view."""

    model_config = ConfigDict(extra="forbid")

    name: ViewName


class FeedShape(BaseModel):
    """Whether the token's post has a calendar address; the address itself is told only when it is made."""

    made_at: datetime | None


class FeedMade(BaseModel):
    """A calendar address, told only now: whoever has it reads what is due in the post."""

    address: str
    made_at: datetime
