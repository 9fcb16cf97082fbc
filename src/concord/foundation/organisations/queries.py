"""Reads: the charter in force, organisations, who holds which post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from django.db.models import F, Q, QuerySet

from concord.foundation.database.memory import remembered
from concord.foundation.organisations.models import (
    CharterVersion,
    Competence,
    Department,
    HolidayText,
    Kind,
    Organisation,
    Person,
    Post,
    Substitution,
)
from concord.rules.calendar import Calendar, calendar_from, parse_notice
from concord.rules.charter import Charter, load
from concord.rules.errors import NotFound, Said


def charter_on(day: date) -> Charter:
    """The charter in force on ``day``; one small query, the parsed charter is kept by its digest.

    Raises NotFound ``charter.none_in_force`` before any version has been adopted.
    """
    row = _version_on(day)
    return _parsed(row[0], row[1])


def calendar_on(day: date) -> Calendar:
    """The calendar of the charter in force on ``day``, with the holiday notices that an operator has loaded since."""
    loaded = remembered("holidays", lambda: tuple(HolidayText.objects.values_list("digest", flat=True)))
    return _calendar(_version_on(day)[0], loaded)


def texts_of(digest: str) -> dict[str, str]:
    """The texts of one adopted charter version, path → text."""
    return dict(CharterVersion.objects.values_list("texts", flat=True).get(digest=digest))


def centre() -> Organisation:
    """The centre of the alliance."""
    return Organisation.objects.get(kind=Kind.CENTRE)


def members() -> QuerySet[Organisation]:
    """The member authorities in the charter's order, with their hats."""
    return Organisation.objects.filter(kind=Kind.MEMBER).prefetch_related("hats")


def organisations() -> QuerySet[Organisation]:
    """The centre and the members in the charter's order, with their hats."""
    return Organisation.objects.order_by("position").prefetch_related("hats")


def official_name(organisation: Organisation, line: str) -> str:
    """The name under which ``organisation`` writes letters in ``line``."""
    hat = next((hat for hat in organisation.hats.all() if hat.line == line), None)
    return hat.zh if hat else organisation.zh


def held_on(day: date, through: str = "") -> Q:
    """The posts whose term covers ``day``, confirmed where that is needed: rights begin and end with it.

    ``through`` is the way from the rows asked for to the post, such as ``substitute__``.
    """
    begun = Q(**{f"{through}held_from__lte": day, f"{through}effective": True})
    return begun & (Q(**{f"{through}held_until__isnull": True}) | Q(**{f"{through}held_until__gt": day}))


def valid_on(day: date) -> Q:
    """The departments and competences that are valid on ``day``."""
    return Q(valid_from__lte=day) & (Q(valid_until__isnull=True) | Q(valid_until__gt=day))


def standing_on(day: date) -> QuerySet[Substitution]:
    """The substitutions by which somebody acts in the post of another on ``day``, with both posts and persons."""
    return Substitution.objects.filter(
        held_on(day, "post__"),
        held_on(day, "substitute__"),
        effective=True,
        held_from__lte=day,
        held_until__gt=day,
        post__person__is_active=True,
        substitute__person__is_active=True,
    ).select_related("post__person", "post__organisation__scope", "substitute__person")


def stood_in_by(person: Person, *, on: date) -> list[Substitution]:
    """The posts of others in which ``person`` acts on the day, and until when."""
    return remembered(("standing", person.id, on), lambda: list(standing_on(on).filter(substitute__person=person)))


def with_substitutes(posts: Iterable[Post], *, on: date) -> list[Post]:
    """These posts, and those of whoever stands in for their holders on the day: one is told what the other is told."""
    told = list(posts)
    if not told:
        return told
    # Hardly anybody is stood in for; that is asked first, without the many joins of the rows themselves.
    named = Substitution.objects.filter(post__in={post.pk for post in told}, held_from__lte=on, held_until__gt=on)
    ids = list(named.order_by().values_list("id", flat=True))
    rows = standing_on(on).filter(id__in=ids).select_related("substitute__organisation") if ids else ()
    return [*told, *(row.substitute for row in rows if row.substitute is not None)]


def posts_with(organisation_ids: Iterable[int], permission: str, *, on: date) -> QuerySet[Post]:
    """The posts held on ``on`` in these organisations whose kind has ``permission``."""
    kinds = {kind for rule in charter_on(on).permissions if rule.id == permission for kind in rule.posts}
    return Post.objects.filter(
        held_on(on), organisation_id__in=list(organisation_ids), kind__in=kinds, person__is_active=True
    ).select_related("person", "organisation")


def posts_on(day: date) -> QuerySet[Post]:
    """Every post held on ``day`` by an active person, with the person."""
    return Post.objects.filter(held_on(day), person__is_active=True).select_related("person")


def last_place(person: Person, *, on: date) -> Organisation | None:
    """The organisation of the post that ``person`` held last, or holds, on the day; None when none has begun."""
    begun = Post.objects.filter(person=person, effective=True, held_from__lte=on).select_related("organisation")
    last = begun.order_by(F("held_until").desc(nulls_first=True), "-id").first()
    return last.organisation if last else None


def departments_on(day: date) -> QuerySet[Department]:
    """The departments valid on ``day``, the liaison desk of each organisation first."""
    return Department.objects.filter(valid_on(day)).order_by("organisation__position", "-desk", "id")


def competences_on(day: date) -> QuerySet[Competence]:
    """What each department was competent for on ``day``."""
    rows = Competence.objects.filter(valid_on(day), department__valid_from__lte=day)
    return rows.filter(Q(department__valid_until__isnull=True) | Q(department__valid_until__gt=day)).select_related(
        "department"
    )


def desk_of(organisation_id: int, *, on: date) -> Department | None:
    """The liaison desk (联络窗口) of the organisation: it takes what nobody else has; None where there is none."""
    return departments_on(on).filter(organisation=organisation_id, desk=True).first()


def _version_on(day: date) -> tuple[str, str]:
    return remembered(("charter", day), lambda: _adopted_by(day))


def _adopted_by(day: date) -> tuple[str, str]:
    row = (
        CharterVersion.objects.filter(effective_from__lte=day)
        .order_by("-effective_from", "-id")
        .values_list("digest", "charter")
        .first()
    )
    if row is None:
        raise NotFound(
            "charter.none_in_force",
            Said(f"{day} 没有生效的章程，请先导入章程。", f"No charter is in force on {day}; adopt one first."),
        )
    return row


@lru_cache(maxsize=16)
def _parsed(digest: str, charter: str) -> Charter:
    return charter_of(texts_of(digest), charter)


def require_sound(*, on: date) -> None:
    """Read every charter in force on ``on`` or later, as these programs understand it.

    Raises DefinitionError when one names something that the programs know no longer, such as a guard; NotFound
    ``charter.none_in_force``.
    """
    _parsed(*_version_on(on))
    for digest, charter in CharterVersion.objects.filter(effective_from__gt=on).values_list("digest", "charter"):
        _parsed(digest, charter)


def charter_of(texts: Mapping[str, str], charter: str) -> Charter:
    """The charter that ``texts`` make, read and checked once; DefinitionError with every fault."""
    return _read(charter, tuple(sorted(texts.items())))


@lru_cache(maxsize=16)
def _read(charter: str, texts: tuple[tuple[str, str], ...]) -> Charter:
    return load(dict(texts), charter)


@lru_cache(maxsize=16)
def _calendar(charter: str, loaded: tuple[str, ...]) -> Calendar:
    calendar = calendar_from(texts_of(charter))
    for row in HolidayText.objects.filter(digest__in=loaded):
        calendar = calendar.with_notice(parse_notice(row.text, file=f"{row.year}.toml"))
    return calendar
