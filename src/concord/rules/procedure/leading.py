"""Which of the possible acts brings a matter on, and which end or refuse things: read off the order of the states."""

from __future__ import annotations

from collections.abc import Sequence

from concord.rules.procedure.model import Act, Procedure

# Files list the states of the usual way one after another and bad ends last: whoever skips more leaves that way.
LONGEST_STEP = 2
SIGN, WORK = "sign", "work"
# The acts of a permission's name that decide in the organisation's name.
DECIDING = frozenset({"sign", "conclude", "decide", "preside", "vote"})


def main_act(acts: Sequence[Act], procedure: Procedure) -> Act | None:
    """The act that brings a matter on: one that leads forward and issues a paper, else one that leads forward.

    What ends the matter comes after whatever goes on with it, be it by a step back: then the act that belongs to the
    fewest states. Where nothing moves it, the first with a paper or the first at all.
    """
    forward = [act for act in acts if _step(act, procedure) > 0 and not is_grave(act, procedure)]
    going_on = [act for act in forward if act.to and not procedure.state(act.to).final]
    moving = [act for act in acts if act.to and not procedure.state(act.to).final and not is_grave(act, procedure)]
    ways = (
        [act for act in going_on if act.paper],
        going_on,
        sorted(moving, key=lambda act: len(act.from_states)),
        [act for act in forward if act.paper],
        forward,
        [act for act in acts if act.paper],
        acts,
    )
    return next((way[0] for way in ways if way), None)


def is_grave(act: Act, procedure: Procedure) -> bool:
    """Whether an act ends or refuses things: signed, known to all, without a paper, and off the usual way."""
    if act.to is None or act.internal or act.paper or not act.permission.endswith(":sign"):
        return False
    return procedure.state(act.to).final or _step(act, procedure) > LONGEST_STEP


def _step(act: Act, procedure: Procedure) -> int:
    """How many states an act leads forward; 0 where the state stays, negative where it leads back."""
    if act.to is None or not act.from_states:
        return 0
    places = {state.id: place for place, state in enumerate(procedure.states)}
    return places[act.to] - max(places[one] for one in act.from_states)


def duty_of(acts: Sequence[Act], procedure: Procedure) -> str:
    """What kind of work comes next: ``sign`` what a leader signs or decides, ``work`` anything else, empty for none."""
    following = main_act(acts, procedure)
    if following is None:
        return ""
    return SIGN if decides(following) else WORK


def decides(act: Act) -> bool:
    """Whether an act decides in the organisation's name, so that whoever does it does not thereby handle the matter."""
    return act.permission.partition(":")[2] in DECIDING


def drafting_acts(procedure: Procedure, signing: Act) -> list[str]:
    """The acts of the signing role that prepare what ``signing`` signs."""
    return [act.id for act in procedure.acts if act.role == signing.role and act.permission != signing.permission]
