"""What lists of matters give beside the matters: who handles each, and where it answers what was searched for."""

from __future__ import annotations

from pydantic import BaseModel, Field

from concord.casework.desk.search import Hit
from concord.entrypoints.rest.shapes import MatterRow, Words
from concord.foundation.organisations.models import Post


class HandlerName(Words):
    """Who handles a matter in the token's organisation, by the post."""

    id: int


class Piece(BaseModel):
    """A piece of a text; ``hit`` where it is what was searched for."""

    text: str
    hit: bool


class HitShape(BaseModel):
    """Where a matter answers a search: what the text is, and the text around the answer."""

    where: Words
    pieces: list[Piece]


class ListedMatter(MatterRow):
    """A matter in a list, as the token's side knows it."""

    handler: HandlerName | None
    hit: HitShape | None = Field(description="Only with q.")


def listed(row: MatterRow, handler: Post | None, hit: Hit | None) -> ListedMatter:
    """The row of a list with what stands beside it."""
    return ListedMatter(
        **dict(row),
        handler=HandlerName(id=handler.id, zh=handler.person.zh, en=handler.person.en) if handler else None,
        hit=_hit(hit) if hit else None,
    )


def _hit(hit: Hit) -> HitShape:
    return HitShape(
        where=Words(zh=hit.said.zh, en=hit.said.en), pieces=[Piece(text=text, hit=found) for text, found in hit.pieces]
    )
