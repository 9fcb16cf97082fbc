"""Reads: the charter in force, organisations, who holds which post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from django.db.models import Q, QuerySet

from concord.foundation.database.memory import remembered
from concord.foundation.organisations.models import CharterVersion, HolidayText, Kind, Organisation, Post
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


def held_on(day: date) -> Q:
    """The posts whose term covers ``day``: rights begin and end with it."""
    return Q(held_from__lte=day) & (Q(held_until__isnull=True) | Q(held_until__gt=day))


def posts_with(organisation_ids: Iterable[int], permission: str, *, on: date) -> QuerySet[Post]:
    """The posts held on ``on`` in these organisations whose kind has ``permission``."""
    kinds = {kind for rule in charter_on(on).permissions if rule.id == permission for kind in rule.posts}
    return Post.objects.filter(
        held_on(on), organisation_id__in=list(organisation_ids), kind__in=kinds, person__is_active=True
    ).select_related("person", "organisation")


def posts_on(day: date) -> QuerySet[Post]:
    """Every post held on ``day`` by an active person, with the person."""
    return Post.objects.filter(held_on(day), person__is_active=True).select_related("person")


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
