"""What is said when an act is refused: the rules of the procedure, or what others did meanwhile, are against it."""

from __future__ import annotations

from datetime import date

from concord.rules.errors import Conflict, NotAllowed, NotFound, Said, Stale
from concord.rules.procedure.model import Act, ClockRule, Procedure


def no_act(procedure: Procedure, act: str) -> NotFound:
    """The procedure has no act of that id."""
    return NotFound(
        "casework.no_act",
        Said(f"程序“{procedure.zh}”没有行为“{act}”。", f"The procedure “{procedure.en}” has no act {act!r}."),
    )


def may_not(act: Act) -> NotAllowed:
    """The post does not hold the permission, or the act is another side's."""
    return NotAllowed(
        "casework.may_not",
        Said(
            f"您的岗位不能办理“{act.zh}”。请联系有权限的同事。",
            f"Your post may not do “{act.en}”. Ask a colleague whose post may.",
        ),
    )


def not_in_state(act: Act) -> Conflict:
    """The state, as the actor's side knows it, does not offer the act."""
    return Conflict(
        "casework.not_in_state",
        Said(
            f"事项当前的状态不能办理“{act.zh}”。请返回事项查看可以办理的行为。",
            f"“{act.en}” is not possible in the present state. Go back to the matter to see what is.",
        ),
    )


def done_already(act: Act) -> Conflict:
    """The organisation has already done what each does once."""
    return Conflict(
        "casework.done_already",
        Said(
            f"本机关已经办理过“{act.zh}”或者另作答复，不需要再次办理；请等待其他机关。",
            f"Your authority has already done “{act.en}” or answered otherwise; wait for the others.",
        ),
    )


def clock_not_running(act: Act, clock: ClockRule) -> Conflict:
    """The act bears upon a clock that does not run."""
    return Conflict(
        "casework.clock_not_running",
        Said(
            f"“{act.zh}”只能在“{clock.zh}”计算期间进行，该期限没有在计算。",
            f"“{act.en}” is possible only while “{clock.en}” runs; that clock does not run.",
        ),
    )


def clock_suspended(act: Act, clock: ClockRule) -> Conflict:
    """The act bears upon a clock that stands still."""
    return Conflict(
        "casework.clock_suspended",
        Said(
            f"“{clock.zh}”已经中止，恢复计算后才能办理“{act.zh}”。",
            f"“{clock.en}” is suspended; “{act.en}” is possible once it has been resumed.",
        ),
    )


def clock_not_suspended(act: Act, clock: ClockRule) -> Conflict:
    """The act resumes a clock that was not suspended."""
    return Conflict(
        "casework.clock_not_suspended",
        Said(
            f"“{clock.zh}”没有中止，不能办理“{act.zh}”。",
            f"“{clock.en}” is not suspended; “{act.en}” is not possible.",
        ),
    )


def too_late(act: Act, legal_due: date) -> Conflict:
    """The clock that the act bears upon has run out."""
    return Conflict(
        "casework.too_late",
        Said(
            f"“{act.zh}”应当在 {legal_due} 前作出，期限已经届满。",
            f"“{act.en}” was due by {legal_due}; the time is over.",
        ),
        details={"legal_due": legal_due.isoformat()},
    )


def no_extension_left(clock: ClockRule) -> Conflict:
    """The clock has been extended as often as its rule allows."""
    times = len(clock.extensions)
    return Conflict(
        "casework.no_extension_left",
        Said(
            f"“{clock.zh}”可以延长 {times} 次，已经用完，不能再延长。",
            f"“{clock.en}” may be extended {times} time(s), and has been; no extension is left.",
        ),
        details={"extensions": times},
    )


def not_the_initiator(procedure: Procedure, *, at_centre: bool) -> NotAllowed:
    """The procedure is begun at the centre and nowhere else, or by a member and never by the centre."""
    if at_centre:
        said = Said(
            f"“{procedure.zh}”由协作中心发起，请与中心联系。",
            f"“{procedure.en}” is begun by the collaboration centre. Turn to it.",
        )
    else:
        said = Said(
            f"“{procedure.zh}”由成员机关发起，协作中心不能代为发起。",
            f"“{procedure.en}” is begun by a member authority, not by the collaboration centre.",
        )
    return NotAllowed("casework.not_the_initiator", said)


def stale() -> Stale:
    """Somebody acted in the matter since the actor looked at it."""
    return Stale(
        "casework.stale",
        Said(
            "在您打开页面之后，这个事项有了新的进展。请先查看，再决定是否提交；您填写的内容已经保留。",
            "Something happened in this matter since you opened the page. Look at it first; what you typed is kept.",
        ),
    )


def key_reused() -> Conflict:
    """The key of a request has done something else before."""
    return Conflict(
        "casework.key_reused",
        Said(
            "这个提交编号已经用于另一项办理，请重新打开页面再提交。",
            "This submission key was already used for something else; open the form again.",
        ),
    )


def signer_drafted() -> Conflict:
    """Somebody would sign a draft of their own."""
    return Conflict(
        "casework.signer_drafted",
        Said(
            "起草人或者送签人不能签发自己的文书，请由另一位负责人签发。",
            "Whoever drafted or submitted a letter cannot sign it; another leader must.",
        ),
    )
