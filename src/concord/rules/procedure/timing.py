"""Whether the clocks of a procedure are made well, and whether its acts start, stop and move them soundly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from concord.rules.errors import InvalidInput, Said
from concord.rules.limits import Limit, Unit, parse_limit
from concord.rules.procedure import flow
from concord.rules.procedure.faults import Add, Faults
from concord.rules.procedure.model import Act, ClockRule, Field, FieldType, Procedure
from concord.rules.procedure.surroundings import Surroundings

# An extension of as many of a unit as an integer field grants: ``granted_months:M``.
GRANTED = re.compile(r"([a-z][a-z0-9_]*):(WD|CD|M|h)")
DAYS = (FieldType.DATE, FieldType.DATETIME)


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


def check_clock(procedure: Procedure, clock: ClockRule, around: Surroundings, faults: Faults) -> None:
    """One clock by itself: whose, how long, from when, on whose word."""
    add = faults.at(clock.line, f"clocks.{clock.id}")
    faults.known(add, [clock.owner], procedure.roles, "procedure.unknown_role", Said("角色", "role"))
    starts = sum(one is not None for one in (clock.from_instant, clock.before))
    if (clock.limit is None) == (clock.until is None) or starts != (clock.limit is not None):
        add(
            "procedure.limit_or_until",
            Said(
                "期限须写 limit 和 from（或 before），或只写 until",
                "a clock has limit and from (or before), or until alone",
            ),
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
    _check_instants(procedure, clock, around, faults, add)
    _check_lengths(procedure, clock, faults, add)


def _check_instants(procedure: Procedure, clock: ClockRule, around: Surroundings, faults: Faults, add: Add) -> None:
    fields = {field.id: field for field in procedure.fields}
    if clock.from_instant and clock.from_instant not in around.registered_instants:
        known = [*around.registered_instants, *(field.id for field in fields.values() if field.type in DAYS)]
        faults.known(add, [clock.from_instant], known, "procedure.unknown_instant", Said("起算时点", "instant"))
        if clock.limit and clock.limit.endswith(Unit.HOURS) and _type(fields, clock.from_instant) is FieldType.DATE:
            add(
                "procedure.hours_from_a_date",
                Said("以小时计的期限须从时刻起算", "hours are counted from a time of day"),
                Said('from 须指向 type = "datetime" 的字段', 'from names a field of type = "datetime"'),
            )
    for key, name in (("until", clock.until), ("before", clock.before)):
        if name is None:
            continue
        known_field = faults.known(add, [name], fields, "procedure.unknown_field", Said("字段", "field"))
        if known_field and fields[name].type is not FieldType.DATE:
            add(
                "procedure.until_is_no_date",
                Said(f"“{name}”不是日期字段", f"“{name}” is no date field"),
                Said(f'{key} 须指向 type = "date" 的字段', f'{key} names a field of type = "date"'),
            )


def _type(fields: dict[str, Field], name: str) -> FieldType | None:
    return fields[name].type if name in fields else None


def _check_lengths(procedure: Procedure, clock: ClockRule, faults: Faults, add: Add) -> None:
    whole = check_limit(clock.limit, add) if clock.limit else None
    for written in clock.warn:
        warning = check_limit(written, add)
        if warning and whole and warning.unit == whole.unit and warning.n >= whole.n:
            add(
                "procedure.warning_before_start",
                Said(f"提醒 {written} 不短于期限 {clock.limit}", f"the warning {written} is as long as {clock.limit}"),
                Said("提醒应短于期限", "a warning is shorter than its limit"),
            )
    if whole and whole.unit is Unit.HOURS and clock.before:
        add(
            "procedure.hours_from_a_date",
            Said("倒数的期限不能以小时计", "a limit that counts back is not in hours"),
            Said("写成工作日或者自然日", "write it in days"),
        )
    if clock.extensions and (clock.limit is None or clock.before):
        add(
            "procedure.extension_of_no_limit",
            Said("只有向后计算的期限才能延长", "only a limit that counts forward can be extended"),
            Said("删去 extensions", "remove extensions"),
        )
    granting = {field.id: field for field in procedure.fields if field.type is FieldType.INTEGER}
    for written in clock.extensions:
        granted = GRANTED.fullmatch(written)
        if granted is None:
            check_limit(written, add)
        elif faults.known(add, [granted[1]], granting, "procedure.unknown_field", Said("整数字段", "integer field")):
            field = granting[granted[1]]
            if field.min is None or field.min < 1 or field.max is None:
                add(
                    "procedure.unbounded_extension",
                    Said(f"“{field.id}”没有写明至少 1、至多几何", f"“{field.id}” has no bounds from 1 up"),
                    Said("为该字段写 min 和 max", "give the field min and max"),
                )


def granted_field(extension: str) -> str | None:
    """The integer field that says how long an extension is, or None for a fixed one."""
    found = GRANTED.fullmatch(extension)
    return found[1] if found else None


def needed_by_clocks(procedure: Procedure, act: Act) -> Iterator[str]:
    """The fields that must be answered whenever ``act`` is done, because clocks it touches are counted from them."""
    fields = {field.id for field in procedure.fields}
    for name in act.starts:
        clock = procedure.clock(name)
        yield from (
            field for field in (clock.until, clock.before, clock.from_instant) if field is not None and field in fields
        )
    for name in act.extends:
        yield from (field for one in procedure.clock(name).extensions if (field := granted_field(one)))
    for span in act.excludes:
        yield from (span.first, span.last)


def check_running(procedure: Procedure, faults: Faults) -> None:
    """Every clock is started and stopped, what is suspended is resumed, what can be extended is."""

    def by(key: str) -> set[str]:
        return {name for act in procedure.acts for name in getattr(act, key)}

    moved = by("suspends") | {span.clock for act in procedure.acts for span in act.excludes}
    for clock in procedure.clocks:
        add = faults.at(clock.line, f"clocks.{clock.id}")
        if clock.id not in by("starts"):
            add(
                "procedure.never_started",
                Said("没有行为启动此期限", "no act starts this clock"),
                Said("在某个行为写 starts，或删去此期限", "start it in some act, or remove it"),
            )
        elif clock.id not in by("stops"):
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
        if (clock.id in by("suspends")) != (clock.id in by("resumes")):
            add(
                "procedure.suspended_for_ever",
                Said("有中止而无恢复，或有恢复而无中止", "it is suspended and never resumed, or the reverse"),
                Said("中止和恢复须各有行为", "some act suspends it and some act resumes it"),
            )
        if clock.before and clock.id in moved:
            add(
                "procedure.moves_backward_clock",
                Said("倒数的期限不能中止或扣除", "a limit that counts back is neither suspended nor shortened"),
                Said("从 suspends、excludes 中删去它", "take it out of suspends and excludes"),
            )
        if (clock.id in by("extends")) != bool(clock.extensions):
            add(
                "procedure.extension_unmatched",
                Said("extensions 与 extends 不对应", "extensions and the acts that extend do not match"),
                Said("期限写 extensions，行为写 extends", "the clock has extensions, an act extends it"),
            )
    _check_excluded(procedure, faults)


def _check_excluded(procedure: Procedure, faults: Faults) -> None:
    for act in procedure.acts:
        add = faults.at(act.line, f"acts.{act.id}")
        for span in act.excludes:
            for name in (span.first, span.last):
                if procedure.field(name).type is not FieldType.DATE:
                    add(
                        "procedure.until_is_no_date",
                        Said(f"“{name}”不是日期字段", f"“{name}” is no date field"),
                        Said('扣除时间的首尾须是 type = "date" 的字段', "excluded time is told by two date fields"),
                    )
