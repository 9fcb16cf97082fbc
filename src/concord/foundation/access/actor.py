"""Who acts: a person in one post, with what that post may do today."""

from __future__ import annotations

from dataclasses import dataclass

from concord.foundation.organisations.models import Organisation, Person, Post


@dataclass(frozen=True, slots=True)
class Actor:
    """A person speaking for one organisation through one post; ``permissions`` come from the charter in force."""

    person: Person
    post: Post
    organisation: Organisation
    scope_id: int
    permissions: frozenset[str]

    def may(self, permission: str) -> bool:
        """Whether the post holds ``permission`` (``scope:act``)."""
        return permission in self.permissions
