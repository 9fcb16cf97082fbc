"""Two-sided rating (互评): after the end each side says how it found the others' work, and sees theirs for its own.

Scores run from 1 to 5; 1 and 2 are *negative*, as IMI counts them. Nobody changes a rating, the owner of the tables
included: the database lets it be opened, once, and nothing else. Nobody but its giver sees it before the other side has
rated too: not on a page, in a notice, in the journal or through the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from concord.casework.desk.sides import (
    SPEAK,
    other_sides,
    refuse_wrong,
    spoken_in,
    tell,
    text_within,
)
from concord.casework.desk.versions import procedures_kept
from concord.casework.models import Audience, Matter, Participant, Rating
from concord.casework.queries import Seen, ShownMatter, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import Conflict, Problem, Said

SCORES: Final = range(1, 6)
NEGATIVE: Final = range(1, 3)
# Among so many of the matters that ended last a rating is looked for; older ones can be rated on their own page.
LOOKED_THROUGH: Final = 200


@dataclass(frozen=True, slots=True)
class RatingsShown:
    """The ratings of a matter as one side sees them: whom it has still to rate, what it gave, what it got."""

    owed: Sequence[Organisation]
    given: Sequence[Rating]
    received: Sequence[Rating]


def rate(
    *,
    matter: UUID,
    rated: str,
    timeliness: int,
    effort: int,
    comment: str = "",
    by: Actor,
    at: datetime,
) -> Rating:
    """Rate another side (its code) of an ended matter, once; both sides' ratings open with the second of them.

    Raises NotFound ``casework.no_matter``, NotAllowed ``casework.may_not_speak``, Conflict ``casework.not_ended``,
    ``casework.no_side`` and ``casework.rated_already``, InvalidInput ``casework.bad_rating``.
    """
    with writing():
        known = spoken_in(matter, by=by, at=at)
        if not known.matter.final:
            raise _not_ended()
        other = next((one for one in other_sides(known, by.organisation) if one.code == rated), None)
        if other is None:
            raise _no_side()
        if Rating.objects.filter(matter=known.matter, organisation=by.organisation, rated=other).exists():
            raise _already()
        comment, problems = text_within(comment, field="comment")
        refuse_wrong("casework.bad_rating", [*_faults(timeliness, effort), *problems])
        made = Rating.objects.create(
            matter=known.matter,
            organisation=by.organisation,
            rated=other,
            person=by.person,
            timeliness=timeliness,
            effort=effort,
            comment=comment,
            at=at,
        )
        journal.record(
            event="matter.rate",
            at=at,
            by=by,
            subject=known.matter.number,
            matter_uid=known.matter.uid,
            details={"rated": other.code},
        )
        made.opened = _open(known.matter, by.organisation, other)
        said = _told(by.organisation, opened=made.opened)
        tell(known, [other], kind="matter.rate", said=said, at=at)
    return made


def _open(matter: Matter, one: Organisation, other: Organisation) -> bool:
    """Open both ratings when both are there; returns whether they are."""
    pair = Rating.objects.filter(Q(organisation=one, rated=other) | Q(organisation=other, rated=one), matter=matter)
    return pair.count() > 1 and bool(pair.update(opened=True))


def _told(organisation: Organisation, *, opened: bool) -> Said:
    if opened:
        return Said(
            f"{organisation.zh}已评价，双方的评价现在可以查看",
            f"{organisation.en} has rated too; both ratings can be read now",
        )
    return Said(
        f"{organisation.zh}已评价，本机关评价后双方同时可见",
        f"{organisation.en} has rated; both ratings open once you have rated",
    )


def ratings_of(known: Seen, by: Actor) -> RatingsShown:
    """The ratings of an ended matter that the actor's side gave, got to see, or still owes; nothing before the end."""
    if not known.matter.final:
        return RatingsShown((), (), ())
    own = by.organisation.id
    seen = Q(organisation=own) | Q(rated=own, opened=True)
    rows = list(Rating.objects.filter(seen, matter=known.matter).select_related("organisation", "rated").order_by("id"))
    given = [row for row in rows if row.organisation_id == own]
    done = {row.rated_id for row in given}
    owed = [one for one in other_sides(known, by.organisation) if one.id not in done] if by.may(SPEAK) else []
    return RatingsShown(owed, given, [row for row in rows if row.rated_id == own])


def is_negative(score: int) -> bool:
    """Whether a score counts as negative."""
    return score in NEGATIVE


def ratings_waiting(by: Actor, *, limit: int) -> list[ShownMatter]:
    """The matters ended last in which the actor's side has still to rate another, at most ``limit``."""
    if not by.may(SPEAK):
        return []
    ended = Audience.objects.filter(scope_id=by.scope_id, open=False).order_by("-sort_key", "-matter_id")
    looked = list(ended.values_list("matter_id", flat=True)[:LOOKED_THROUGH])
    acting = {version: {act.role for act in procedure.acts} for version, procedure in procedures_kept().items()}
    joined = Participant.objects.filter(matter__in=looked, joined_at__isnull=False)
    sides: dict[int, set[tuple[str, int]]] = {}
    # Bare rows: as objects they would cost more than the rest of the page.
    for matter, role, organisation, version in joined.values_list(
        "matter_id", "role", "organisation_id", "matter__procedure_version_id"
    ):
        if role in acting[version]:
            sides.setdefault(matter, set()).add((role, organisation))
    done: dict[int, set[int]] = {}
    given = Rating.objects.filter(matter__in=looked, organisation=by.organisation)
    for matter, rated in given.values_list("matter_id", "rated_id"):
        done.setdefault(matter, set()).add(rated)
    owing = [one for one in looked if _owed(sides.get(one, set()), by.organisation.id, done.get(one, set()))]
    rows: Mapping[int, ShownMatter] = {row.pk: row for row in visible_to(by).filter(id__in=owing[:limit])}
    return [rows[one] for one in owing[:limit] if one in rows]


def _owed(sides: set[tuple[str, int]], own: int, done: set[int]) -> bool:
    """Whether there is another side that the organisation has not rated; as ``other_sides`` finds them."""
    roles = {role for role, organisation in sides if organisation == own}
    others = {organisation for role, organisation in sides if role not in roles}
    return bool(roles) and not others <= done


def _faults(timeliness: int, effort: int) -> list[Problem]:
    said = Said("请选 1 至 5 分。", "Choose from 1 to 5.")
    given = {"timeliness": timeliness, "effort": effort}
    return [Problem(field, "not_a_score", said) for field, score in given.items() if score not in SCORES]


def _not_ended() -> Conflict:
    return Conflict(
        "casework.not_ended",
        Said("事项结束后才能互评。", "The sides rate one another once the matter has ended."),
    )


def _no_side() -> Conflict:
    return Conflict(
        "casework.no_side",
        Said(
            "只能评价本事项中与本机关往来的另一方。",
            "Only another side that took part in the matter with your own can be rated.",
        ),
    )


def _already() -> Conflict:
    return Conflict(
        "casework.rated_already",
        Said(
            "本机关已经评价过对方，评价不能更改。",
            "Your authority has rated this side already; a rating is not changed.",
        ),
    )
