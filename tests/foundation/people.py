"""Organisations and the people in them, made directly: the foundation is tested below any charter."""

from __future__ import annotations

from datetime import UTC, date, datetime

from concord.foundation.access.actor import Actor
from concord.foundation.access.models import Scope
from concord.foundation.organisations.models import Kind, Organisation, Person, Post

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def organisation(code: str) -> Organisation:
    """A member of the alliance with its scope; the same one when asked again."""
    made, new = Organisation.objects.get_or_create(
        code=code,
        defaults={"kind": Kind.MEMBER, "zh": code, "en": code, "mark": code, "position": Organisation.objects.count()},
    )
    if new:
        Scope.objects.get_or_create(organisation=made)
    return made


def officer(code: str, *permissions: str, kind: str = "case_officer", name: str = "") -> Actor:
    """Somebody who speaks for that organisation with these permissions."""
    home = organisation(code)
    person, _ = Person.objects.get_or_create(
        username=name or f"{code}-{kind}", defaults={"zh": "张三", "en": "Zhang San"}
    )
    post = Post.objects.create(person=person, organisation=home, kind=kind, held_from=date(2025, 1, 1))
    return Actor(
        person=person, post=post, organisation=home, scope_id=home.scope.id, permissions=frozenset(permissions)
    )
