"""Linked matters (关联): which matters belong together; a link shows to whoever may see both, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from concord.casework.desk.sides import refuse_wrong, spoken_in, tell
from concord.casework.models import Audience, Link, Matter
from concord.casework.queries import Seen, ShownMatter, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import Conflict, NotAllowed, NotFound, Problem, Said

KINDS: Final[Mapping[str, Said]] = {
    "related": Said("相关", "Related"),
    "follow_up": Said("后续", "Follow-up"),
    "same_party": Said("同一当事人", "Same party"),
    "duplicate": Said("重复", "Duplicate"),
}
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class LinkShown:
    """A link as seen from one of its matters: the other one, and whether the actor may undo the link."""

    link: Link
    other: ShownMatter
    own: bool


def link(*, matter: UUID, other: str, kind: str, by: Actor, at: datetime) -> Link:
    """Link a matter with another one (its number) that the actor may see too; ``kind`` is a key of ``KINDS``.

    Raises NotFound ``casework.no_matter``, NotAllowed ``casework.may_not_speak``, InvalidInput ``casework.bad_link``,
    Conflict ``casework.linked_already``.
    """
    with writing():
        known = spoken_in(matter, by=by, at=at)
        found = visible_to(by).filter(number=other.strip()).first()
        problems = []
        if found is None:
            said = Said("没有找到这个编号的事项。", "There is no matter of that number to be seen.")
            problems.append(Problem("other", "unknown", said))
        elif found.pk == known.matter.pk:
            problems.append(Problem("other", "same", Said("不能与自身关联。", "A matter is not linked with itself.")))
        if kind not in KINDS:
            problems.append(Problem("kind", "unknown", Said("请选择关联的种类。", "Choose what kind of link it is.")))
        refuse_wrong("casework.bad_link", problems)
        first, second = sorted((known.matter, found or known.matter), key=lambda one: one.pk)
        made, new = Link.objects.get_or_create(
            first=first,
            second=second,
            defaults={"kind": kind, "organisation": by.organisation, "person": by.person, "at": at},
        )
        if not new:
            raise _already()
        for one, with_it in ((first, second), (second, first)):
            # Inside: an entry of one matter that all its sides may read must not tell them of the other.
            journal.record(
                event="matter.link",
                at=at,
                by=by,
                subject=one.number,
                matter_uid=one.uid,
                internal=True,
                details={"with": with_it.number, "kind": kind},
            )
        said = Said(f"{by.organisation.zh}把事项与另一事项关联", f"{by.organisation.en} linked a matter with another")
        tell(known, _others_who_see_both(first, second, by), kind="matter.link", said=said, at=at)
    return made


def unlink(*, matter: UUID, link: int, by: Actor, at: datetime) -> None:
    """Undo a link that the actor's own organisation made; the journal keeps that there was one.

    Raises NotFound ``casework.no_matter`` and ``casework.no_link``, NotAllowed ``casework.may_not_speak`` and
    ``casework.not_your_link``.
    """
    with writing():
        known = spoken_in(matter, by=by, at=at)
        found = next((shown for shown in links_of(known, by) if shown.link.pk == link), None)
        if found is None:
            raise NotFound("casework.no_link", Said("没有这个关联。", "There is no such link."))
        if not found.own:
            raise NotAllowed(
                "casework.not_your_link",
                Said("只有建立关联的机关可以解除。", "Only the authority that made a link undoes it."),
            )
        first, second = found.link.first, found.link.second
        for one, with_it in ((first, second), (second, first)):
            journal.record(
                event="matter.unlink",
                at=at,
                by=by,
                subject=one.number,
                matter_uid=one.uid,
                internal=True,
                details={"with": with_it.number, "kind": found.link.kind},
            )
        found.link.delete()


def links_of(known: Seen, by: Actor) -> list[LinkShown]:
    """The links of a matter whose other end the actor may see too, oldest first, up to 100."""
    here = known.matter.pk
    links = list(
        Link.objects.filter(Q(first=here) | Q(second=here)).select_related("organisation").order_by("id")[:MOST]
    )
    if not links:
        return []
    other_of = {one.pk: one.second_id if one.first_id == here else one.first_id for one in links}
    # By their keys: asked for as a subquery, the planner would look through everything that the side may see.
    rows = visible_to(by).filter(pk__in=set(other_of.values())).select_related("procedure_version")
    others = {row.pk: row for row in rows}
    return [
        LinkShown(link=one, other=others[other_of[one.pk]], own=one.organisation_id == by.organisation.id)
        for one in links
        if other_of[one.pk] in others
    ]


def _others_who_see_both(first: Matter, second: Matter, by: Actor) -> list[Organisation]:
    both = Audience.objects.filter(matter=first, scope__in=Audience.objects.filter(matter=second).values("scope"))
    rows = both.exclude(scope=by.scope_id).select_related("scope__organisation").order_by("id")
    return [row.scope.organisation for row in rows]


def _already() -> Conflict:
    return Conflict(
        "casework.linked_already",
        Said(
            "这两个事项已经关联；需要改变种类的，先解除再关联。",
            "These matters are linked already; to change the kind, undo the link first.",
        ),
    )
