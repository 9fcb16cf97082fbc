"""Who may draft a change of the charter, who may put one into force, and who sees a draft."""

from __future__ import annotations

from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import Kind
from concord.rules.errors import NotAllowed, Said

READ, DRAFT, ADOPT = "charter:read", "charter:draft", "charter:adopt"


def may_adopt(by: Actor) -> bool:
    """Whether the actor may put a version into force: ``charter:adopt``, held at the centre."""
    return by.may(ADOPT) and by.organisation.kind == Kind.CENTRE


def sees_every_draft(by: Actor) -> bool:
    """Whether the actor's organisation, the centre, is shown the drafts of all."""
    return by.organisation.kind == Kind.CENTRE


def require_reader(by: Actor) -> None:
    """Refuse who may neither draft nor adopt: NotAllowed ``charter.may_not_draft``."""
    if not by.may(DRAFT) and not by.may(ADOPT):
        raise _may_not_draft()


def require_drafter(by: Actor) -> None:
    """Refuse who may not draft: NotAllowed ``charter.may_not_draft``."""
    if not by.may(DRAFT):
        raise _may_not_draft()


def require_hand(by: Actor, organisation_id: int) -> None:
    """Refuse who may not change a draft of that organisation, as only its drafters may: ``charter.not_yours``."""
    require_drafter(by)
    if by.organisation.id != organisation_id:
        raise NotAllowed(
            "charter.not_yours",
            Said(
                "草案由起草机关修改；中心可以查看，依决议使其生效。",
                "A draft is changed by the organisation that began it; the centre reads it and puts it into force.",
            ),
        )


def require_adopter(by: Actor) -> None:
    """Refuse who may not adopt: NotAllowed ``charter.may_not_adopt``."""
    if not may_adopt(by):
        raise NotAllowed(
            "charter.may_not_adopt",
            Said(
                f"使章程版本生效由协作中心持有“{ADOPT}”权限的人员办理。请把草案交给中心。",
                f"The charter is put into force at the centre, by a holder of {ADOPT}. Hand the draft over.",
            ),
        )


def _may_not_draft() -> NotAllowed:
    return NotAllowed(
        "charter.may_not_draft",
        Said(
            f"您的岗位不能起草章程修改。需要修改时，请联系本机关持有“{DRAFT}”权限的法制人员。",
            f"Your post may not draft changes of the charter. Ask a legal officer who holds {DRAFT}.",
        ),
    )
