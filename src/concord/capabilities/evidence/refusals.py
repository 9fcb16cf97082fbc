"""Why something cannot be done with an item: the errors that several commands raise, each worded once."""

from __future__ import annotations

from concord.capabilities.evidence.models import Item
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, Problem, Said, Stale


def bad_item(*problems: Problem) -> InvalidInput:
    """The error ``evidence.bad_item``: fields of the item itself are wrong."""
    said = Said("证据项没有登记，请更正标出的项目。", "The item was not recorded; mend the marked fields.")
    return InvalidInput("evidence.bad_item", said, problems=problems)


def not_ours() -> NotAllowed:
    """The error ``evidence.not_ours``: only the organisation that collected the item does this."""
    return NotAllowed(
        "evidence.not_ours",
        Said(
            "该证据项由其他机关采集，只有采集机关可以这样办理。需要时，请通过事项向该机关提出。",
            "Another organisation collected this item, and only that one may do this; ask it in a matter.",
        ),
    )


def not_holder() -> NotAllowed:
    """The error ``evidence.not_holder``: only the organisation in whose custody the item is does this."""
    return NotAllowed(
        "evidence.not_holder",
        Said(
            "该证据项不在本机关保管，只有保管机关可以登记保管情况。",
            "The item is not in your organisation's custody; only its holder writes into the chain of custody.",
        ),
    )


def other_state(item: Item) -> Conflict:
    """The error ``evidence.state``: the item is not in a state in which this can be done."""
    return Conflict(
        "evidence.state",
        Said(
            f"证据项“{item.number}”现为“{item.get_state_display()}”，不能这样办理。",
            f"The item {item.number} is {item.state}, and this cannot be done with it.",
        ),
        details={"state": item.state},
    )


def stale() -> Stale:
    """The error ``evidence.stale``: somebody changed the item meanwhile."""
    return Stale(
        "evidence.stale",
        Said(
            "在您打开页面之后，该证据项已被修改。请先查看，再决定是否提交；您填写的内容已经保留。",
            "The item was changed since you opened the page. Look at it first; what you typed is kept.",
        ),
    )
