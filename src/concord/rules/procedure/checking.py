"""Whether the rules of a procedure fit together and fit what surrounds them; every fault at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from concord.rules.errors import Fault, InvalidInput, Said
from concord.rules.limits import Limit, parse_limit
from concord.rules.procedure import flow
from concord.rules.procedure.faults import Add, Faults
from concord.rules.procedure.fields import check_fields
from concord.rules.procedure.lineage import check_lineage, check_place
from concord.rules.procedure.model import Act, ClockRule, Procedure, Source, SourceLabel
from concord.rules.rows import advise

REGISTERED_INSTANTS = ("delivered_at", "acted_at")
MOST_GUARDS = 3

CONFIDENCE_OF = {
    SourceLabel.STATUTORY: ("V",),
    SourceLabel.STATUTORY_UNVERIFIED: ("S", "M"),
    SourceLabel.OUR_READING: ("I",),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The names a procedure may use that it does not define itself."""

    guards: Collection[str]
    handlers: Collection[str]
    permissions: Collection[str]
    code_lists: Collection[str]
    registered_instants: Collection[str]


def check(
    procedure: Procedure,
    *,
    guards: Collection[str],
    handlers: Collection[str],
    permissions: Collection[str],
    code_lists: Collection[str],
    registered_instants: Collection[str] = REGISTERED_INSTANTS,
    bases: Mapping[str, Procedure] | None = None,
) -> tuple[Fault, ...]:
    """All faults of ``procedure``, by place; none means it can run.

    ``bases`` maps file paths to the procedures it may be based on; None leaves its lineage alone.
    """
    around = Surroundings(guards, handlers, permissions, code_lists, registered_instants)
    faults = Faults(procedure.file, procedure.text)
    check_place(procedure, faults)
    for source in procedure.sources:
        check_source(source, faults)
    check_fields(procedure, around.code_lists, faults)
    for clock in procedure.clocks:
        _check_clock(procedure, clock, around, faults)
    for act in procedure.acts:
        _check_names(procedure, act, around, faults)
        _check_act(procedure, act, faults)
    _check_beginning(procedure, faults)
    # The graph is walked only when every name in it is known.
    if not faults.found:
        _check_states(procedure, faults)
        _check_knowledge(procedure, faults)
        _check_running(procedure, faults)
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


def check_limit(written: str, add: Add) -> Limit | None:
    """The limit, or None after a fault."""
    try:
        return parse_limit(written)
    except InvalidInput:
        add(
            "procedure.bad_limit",
            Said(f"“{written}”不是期限", f"“{written}” is no limit"),
            Said("写成 15WD、30CD、3M 或 24h", "write 15WD, 30CD, 3M or 24h"),
        )
        return None


def _check_clock(procedure: Procedure, clock: ClockRule, around: Surroundings, faults: Faults) -> None:
    add = faults.at(clock.line, f"clocks.{clock.id}")
    faults.known(add, [clock.owner], procedure.roles, "procedure.unknown_role", Said("角色", "role"))
    if (clock.limit is None) == (clock.until is None) or (clock.limit is None) != (clock.from_instant is None):
        add(
            "procedure.limit_or_until",
            Said("期限须写 limit 和 from，或只写 until", "a clock has limit and from, or until alone"),
            Said('如 limit = "15WD", from = "delivered_at"', 'as limit = "15WD", from = "delivered_at"'),
        )
    if clock.source is None:
        add(
            "procedure.no_source",
            Said("期限没有来源", "the clock cites no source"),
            Said("写 source = …；中心自定的期限用内部来源", "write source = …; a house rule has an internal one"),
        )
    else:
        sources = [source.id for source in procedure.sources]
        faults.known(add, [clock.source], sources, "procedure.unknown_source", Said("来源", "source"))
    if clock.from_instant:
        code = "procedure.unknown_instant"
        faults.known(add, [clock.from_instant], around.registered_instants, code, Said("起算时点", "instant"))
    if clock.until:
        fields = {field.id: field for field in procedure.fields}
        if faults.known(add, [clock.until], fields, "procedure.unknown_field", Said("字段", "field")) and (
            fields[clock.until].type != "date"
        ):
            add(
                "procedure.until_is_no_date",
                Said(f"“{clock.until}”不是日期字段", f"“{clock.until}” is no date field"),
                Said('until 须指向 type = "date" 的字段', 'until names a field of type = "date"'),
            )
    whole = check_limit(clock.limit, add) if clock.limit else None
    for written in clock.warn:
        warning = check_limit(written, add)
        if warning and whole and warning.unit == whole.unit and warning.n >= whole.n:
            add(
                "procedure.warning_before_start",
                Said(f"提醒 {written} 不短于期限 {clock.limit}", f"the warning {written} is as long as {clock.limit}"),
                Said("提醒应短于期限", "a warning is shorter than its limit"),
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
        ([*act.starts, *act.stops, *act.while_running], clocks, "procedure.unknown_clock", Said("期限", "clock")),
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
    if act.internal and (act.paper or act.notifies or act.starts or act.stops):
        add(
            "procedure.internal_act_speaks",
            Said(
                "内部行为不能发文书、通知他方，也不能启动或停止各方可见的期限",
                "an internal act issues no paper, notifies nobody, and starts or stops no clock that the others see",
            ),
            Said(
                "删去 internal，或删去 paper、notifies、starts、stops", "remove internal, or what the others would see"
            ),
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
            needed.update(procedure.paper(act.paper).needs)
        needed.update(until for clock in act.starts if (until := procedure.clock(clock).until))
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


def _check_running(procedure: Procedure, faults: Faults) -> None:
    started = {clock for act in procedure.acts for clock in act.starts}
    stopped = {clock for act in procedure.acts for clock in act.stops}
    for clock in procedure.clocks:
        add = faults.at(clock.line, f"clocks.{clock.id}")
        if clock.id not in started:
            add(
                "procedure.never_started",
                Said("没有行为启动此期限", "no act starts this clock"),
                Said("在某个行为写 starts，或删去此期限", "start it in some act, or remove it"),
            )
        elif clock.id not in stopped:
            add(
                "procedure.never_stopped",
                Said("没有行为停止此期限", "no act stops this clock"),
                Said("在完成它的行为写 stops", "stop it in the act that fulfils it"),
            )
        else:
            for state in sorted(flow.ends_running(procedure, clock.id)):
                add(
                    "procedure.runs_on",
                    Said(
                        f"到终局“{state}”时此期限可能仍在计算", f"it may still be running in the final state “{state}”"
                    ),
                    Said("在通往该状态的行为写 stops", "stop it in the acts that lead there"),
                )
