"""Whether the rules of a procedure fit together and fit what surrounds them; every fault at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from concord.rules.errors import Fault, Said
from concord.rules.procedure import flow
from concord.rules.procedure.faults import Faults
from concord.rules.procedure.fields import check_fields
from concord.rules.procedure.lineage import check_lineage, check_place
from concord.rules.procedure.model import Act, Procedure, Source, SourceLabel
from concord.rules.procedure.surroundings import REGISTERED_ADDRESSEES, REGISTERED_INSTANTS, Surroundings
from concord.rules.procedure.timing import check_clock, check_running, needed_by_clocks
from concord.rules.rows import advise

MOST_GUARDS = 3
CENTRE_ROLE = "centre"

CONFIDENCE_OF = {
    SourceLabel.STATUTORY: ("V",),
    SourceLabel.STATUTORY_UNVERIFIED: ("S", "M"),
    SourceLabel.OUR_READING: ("I",),
}


def check(
    procedure: Procedure,
    *,
    guards: Collection[str],
    handlers: Collection[str],
    permissions: Collection[str],
    code_lists: Collection[str],
    registered_instants: Collection[str] = REGISTERED_INSTANTS,
    addressees: Collection[str] = REGISTERED_ADDRESSEES,
    bases: Mapping[str, Procedure] | None = None,
) -> tuple[Fault, ...]:
    """All faults of ``procedure``, by place; none means it can run.

    ``bases`` maps file paths to the procedures it may be based on; None leaves its lineage alone.
    """
    around = Surroundings(guards, handlers, permissions, code_lists, registered_instants, addressees)
    faults = Faults(procedure.file, procedure.text)
    check_place(procedure, faults)
    for source in procedure.sources:
        check_source(source, faults)
    _check_many(procedure, faults)
    check_fields(procedure, around, faults)
    for clock in procedure.clocks:
        check_clock(procedure, clock, around, faults)
    for act in procedure.acts:
        _check_names(procedure, act, around, faults)
        _check_act(procedure, act, faults)
    _check_beginning(procedure, faults)
    # The graph is walked only when every name in it is known.
    if not faults.found:
        _check_states(procedure, faults)
        _check_knowledge(procedure, faults)
        check_running(procedure, faults)
    if bases is not None:
        check_lineage(procedure, bases, faults)
    return faults.sorted()


def check_source(source: Source, faults: Faults) -> None:
    """A source that claims law must say how sure we are and where the law sheet says so."""
    add = faults.at(source.line, f"sources.{source.id}")
    confidences = CONFIDENCE_OF.get(source.label)
    if confidences is None:
        return
    if source.confidence not in confidences:
        given = source.confidence or "—"
        kind = next((label for label, fitting in CONFIDENCE_OF.items() if source.confidence in fitting), None)
        add(
            "procedure.confidence",
            Said(
                f"“{source.label}”的可信度不能是 {given}",
                f"the confidence of “{source.label}” cannot be {given}",
            ),
            Said(
                f'写 kind = "{kind}"' if kind else f'写 confidence = "{confidences[0]}"',
                f'write kind = "{kind}"' if kind else f'write confidence = "{confidences[0]}"',
            ),
        )
    if not source.law_row:
        add(
            "procedure.no_law_row",
            Said("引用法律却没有 law_row", "law is cited without its law_row"),
            Said('写明法律依据表的行号，如 law_row = "P15"', 'name the row of the law sheet, as law_row = "P15"'),
        )
    if source.proposed:
        add(
            "procedure.proposed_law",
            Said("法律规定不能标为拟议", "law cannot be “proposed”"),
            Said('删去 status，或改用 kind = "agreed"', 'remove status, or write kind = "agreed"'),
        )


def _check_names(procedure: Procedure, act: Act, around: Surroundings, faults: Faults) -> None:
    """Every name an act uses is defined somewhere."""
    add = faults.at(act.line, f"acts.{act.id}")
    states = [state.id for state in procedure.states]
    clocks = [clock.id for clock in procedure.clocks]
    for given, known, code, what in (
        ([act.role, *act.notifies], procedure.roles, "procedure.unknown_role", Said("角色", "role")),
        ([act.permission], around.permissions, "procedure.unknown_permission", Said("权限", "permission")),
        ([*act.from_states, *_one(act.to)], states, "procedure.unknown_state", Said("状态", "state")),
        (act.asks, [field.id for field in procedure.fields], "procedure.unknown_field", Said("字段", "field")),
        (_clocks_named(act), clocks, "procedure.unknown_clock", Said("期限", "clock")),
        (
            [name for span in act.excludes for name in (span.first, span.last)],
            [field.id for field in procedure.fields],
            "procedure.unknown_field",
            Said("字段", "field"),
        ),
        (_one(act.paper), [paper.id for paper in procedure.papers], "procedure.unknown_paper", Said("文书", "paper")),
        (
            _one(act.source),
            [source.id for source in procedure.sources],
            "procedure.unknown_source",
            Said("来源", "source"),
        ),
        (act.guards, around.guards, "procedure.unknown_guard", Said("守卫条件", "guard")),
        (_one(act.handled_by), around.handlers, "procedure.unknown_handler", Said("处理命令", "handler")),
    ):
        faults.known(add, given, known, code, what)


def _clocks_named(act: Act) -> list[str]:
    own = (act.starts, act.stops, act.suspends, act.resumes, act.extends, act.while_running)
    return [*(name for names in own for name in names), *(span.clock for span in act.excludes)]


def _one(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


def _check_act(procedure: Procedure, act: Act, faults: Faults) -> None:
    add = faults.at(act.line, f"acts.{act.id}")
    if act.initial and act.to is None:
        add(
            "procedure.begins_nowhere",
            Said("没有 from 的行为须有 to", "an act without “from” needs “to”"),
            Said('写明 to = "…" 或 from = [ … ]', 'write to = "…" or from = [ … ]'),
        )
    if len(act.guards) > MOST_GUARDS:
        add(
            "procedure.too_many_guards",
            Said(f"守卫条件超过 {MOST_GUARDS} 个", f"more than {MOST_GUARDS} guards"),
            Said("合并为一个登记的函数", "join them in one registered function"),
        )
    _check_each(procedure, act, faults)
    if act.internal and (act.paper or act.notifies or set(_clocks_named(act)) - set(act.while_running)):
        add(
            "procedure.internal_act_speaks",
            Said(
                "内部行为不能发文书、通知他方，也不能改变各方可见的期限",
                "an internal act issues no paper, notifies nobody, and changes no clock that the others see",
            ),
            Said("删去 internal，或删去 paper、notifies 和期限", "remove internal, or what the others would see"),
        )
    for clock in set(act.starts) & set(act.stops):
        add(
            "procedure.starts_and_stops",
            Said(f"同一行为既启动又停止“{clock}”", f"one act starts and stops “{clock}”"),
            Said("只留其一", "keep one of the two"),
        )
    final = {state.id for state in procedure.states if state.final}
    for state in act.from_states:
        if state in final:
            add(
                "procedure.act_after_end",
                Said(f"“{state}”是终局状态，不能再有行为", f"“{state}” is final, nothing can follow it"),
                Said("从 from 中删去它，或去掉 final", "take it out of from, or remove final"),
            )


def _check_each(procedure: Procedure, act: Act, faults: Faults) -> None:
    """What several organisations do one by one, each for itself."""
    add = faults.at(act.line, f"acts.{act.id}")
    if act.each and act.role not in procedure.many:
        add(
            "procedure.each_of_one",
            Said(f"角色“{act.role}”只有一个机关，不能逐个办理", f"“{act.role}” is one organisation, not many"),
            Said(f"删去 each，或在 many 中加入“{act.role}”", f"remove each, or name “{act.role}” in many"),
        )
    if act.internal and act.role in procedure.many:
        add(
            "procedure.internal_of_many",
            Said("多个机关共同的角色不能有内部行为", "a role of several organisations has no inside"),
            Said("删去 internal", "remove internal"),
        )


def _check_many(procedure: Procedure, faults: Faults) -> None:
    if not procedure.many:
        return
    add = faults.at_key("many")
    faults.known(add, procedure.many, procedure.roles, "procedure.unknown_role", Said("角色", "role"))
    for role in sorted({procedure.initiating_role, CENTRE_ROLE} & set(procedure.many)):
        add(
            "procedure.many_of_one",
            Said(f"“{role}”只能由一个机关担任", f"“{role}” is always one organisation"),
            Said(f"从 many 中删去“{role}”", f"take “{role}” out of many"),
        )


def _check_beginning(procedure: Procedure, faults: Faults) -> None:
    initial = procedure.initial_acts()
    if not initial:
        faults.at_key("acts")(
            "procedure.no_beginning",
            Said("没有开始事项的行为", "no act begins a matter"),
            Said("须有一个没有 from 的行为", "one act has no “from”"),
        )
    for act in initial:
        if act.role != procedure.initiating_role:
            faults.at(act.line, f"acts.{act.id}")(
                "procedure.two_initiators",
                Said("开始事项的行为属于不同角色", "matters are begun by different roles"),
                Said(
                    f"应为“{procedure.initiating_role}”（第一个行为的角色）", f"should be “{procedure.initiating_role}”"
                ),
            )
    if procedure.title and not any(field.id == procedure.title for field in procedure.fields):
        faults.at_key("title")(
            "procedure.unknown_field",
            Said(f"没有字段“{procedure.title}”", f"there is no field “{procedure.title}”"),
            advise(procedure.title, [field.id for field in procedure.fields]),
        )


def _check_states(procedure: Procedure, faults: Faults) -> None:
    reached, good = flow.reachable(procedure), flow.ending(procedure)
    for state in procedure.states:
        add = faults.at(state.line, f"states.{state.id}")
        if state.id not in reached:
            add(
                "procedure.unreachable",
                Said(f"“{state.zh}”无法到达", f"nothing leads to “{state.en}”"),
                Said("为某个行为写 to，或删去此状态", "give some act this “to”, or remove the state"),
            )
        elif state.id not in good:
            add(
                "procedure.dead_end",
                Said(f"从“{state.zh}”走不到终局", f"no way leads from “{state.en}” to an end"),
                Said("补一个行为，或写 final = true", "add an act, or write final = true"),
            )


def _check_knowledge(procedure: Procedure, faults: Faults) -> None:
    """Whatever an act relies on has been answered by then, on every way."""
    fields = {field.id: field for field in procedure.fields}
    for act in procedure.acts:
        needed: set[str] = set()
        if act.paper:
            paper = procedure.paper(act.paper)
            needed.update(paper.needs)
            needed.update(name for name in (paper.to or "", *paper.copies) if name in fields)
        needed.update(needed_by_clocks(procedure, act))
        needed.update(of for name in act.asks if (of := fields[name].of))
        if act.initial and procedure.title:
            needed.add(procedure.title)
        for name in sorted(needed):
            if not flow.knows(procedure, act, name):
                faults.at(act.line, f"acts.{act.id}")(
                    "procedure.not_asked_before",
                    Said(f"此时“{name}”可能尚未填写", f"“{name}” may not be answered by then"),
                    Said(
                        f"在此行为或之前每条路径的 asks 中加入“{name}”，且不能是 optional",
                        f"ask “{name}” here or on every way before, and not as optional",
                    ),
                )
