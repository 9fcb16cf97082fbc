"""The sides of a matter that speak with one another around it, outside of its procedure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from concord.casework.models import Matter
from concord.casework.queries import Seen, at_work, no_matter, seen, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.notices import commands as notices
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import InvalidInput, NotAllowed, Problem, Said

SPEAK = "matter:speak"
LONGEST = 500


def spoken_in(uid: UUID, *, by: Actor, at: datetime) -> Seen:
    """The matter in which the actor speaks, locked until the transaction ends.

    Raises NotFound ``casework.no_matter``, NotAllowed ``casework.may_not_speak``.
    """
    rows = visible_to(by).select_related("procedure_version", "origin", "target")
    row = locked(rows).filter(uid=uid).first()
    if row is None:
        raise no_matter()
    require_speaker(by)
    return seen(row, role=row.role, by=by, on=legal_date(at))


def require_speaker(by: Actor) -> None:
    """Raises NotAllowed ``casework.may_not_speak`` for a post without ``matter:speak``."""
    if not by.may(SPEAK):
        raise NotAllowed(
            "casework.may_not_speak",
            Said(
                "您的岗位不能催办、商请、互评和关联事项。请联系有权限的同事。",
                "Your post cannot remind, agree on dates, rate or link matters. Ask a colleague whose post may.",
            ),
        )


def other_sides(known: Seen, organisation: Organisation) -> list[Organisation]:
    """The organisations of the other roles that see the matter; who has nothing to do in it is no side."""
    acting = {act.role for act in known.procedure.acts}
    joined = [one for one in known.joined if one.role in acting]
    own = {one.role for one in joined if one.organisation_id == organisation.id}
    if not own:
        return []
    return [one.organisation for one in joined if one.role not in own]


def tell(known: Seen, organisations: Iterable[Organisation], *, kind: str, said: Said, at: datetime) -> None:
    """Tell those who are at work on the matter in each organisation; the title is put after ``said``."""
    matter = known.matter
    notices.tell(
        posts=[post for one in organisations for post in at_work(matter, one, on=legal_date(at))],
        kind=kind,
        said=with_title(said, matter),
        matter_uid=matter.uid,
        at=at,
        subject=matter.number,
    )


def with_title(said: Said, matter: Matter) -> Said:
    """A sentence with the matter it speaks of."""
    title = matter.title or matter.number
    return Said(f"{said.zh} — {title}", f"{said.en} — {title}")


def text_within(text: str, *, field: str, required: bool = False) -> tuple[str, list[Problem]]:
    """What somebody wrote, without blanks around it, and what is wrong with it: ``missing`` or ``too_long``."""
    text = text.strip()
    if required and not text:
        return text, [Problem(field, "missing", Said("请填写。", "Please fill in."))]
    if len(text) > LONGEST:
        said = Said(f"最多 {LONGEST} 字，现有 {len(text)} 字。", f"At most {LONGEST} characters; this has {len(text)}.")
        return text, [Problem(field, "too_long", said)]
    return text, []


def refuse_wrong(code: str, problems: list[Problem]) -> None:
    """Raises InvalidInput with all ``problems`` where there are any."""
    if problems:
        said = Said("没有办理：请更正标出的项目。", "Nothing was done: mend the marked fields.")
        raise InvalidInput(code, said, problems=tuple(problems))
