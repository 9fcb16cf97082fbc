"""What the rules of a procedure say, in words: how long and from when, who is told, on which condition.

Pages, the handbook and the reference all take their words from here, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from concord.rules.errors import Said
from concord.rules.guards import GUARDS
from concord.rules.limits import Unit, parse_limit
from concord.rules.procedure.model import Act, ClockRule, Field, FieldType, PaperRule, Procedure
from concord.rules.procedure.timing import GRANTED

COMMON_SUPERIOR: Final = Said("共同的上一级机关", "the common superior authority")
OTHER_SIDE: Final = Said("对方机关", "the other authority")

INSTANTS: Final = {
    "acted_at": Said("该行为作出之日", "the day of the act"),
    "delivered_at": Said("文书送达之日", "the day of delivery"),
}
FIELD_TYPES: Final = {
    FieldType.TEXT: Said("单行文字", "one line of text"),
    FieldType.LONGTEXT: Said("文字", "text"),
    FieldType.CHOICE: Said("单项选择", "choice"),
    FieldType.CODE: Said("代码", "code"),
    FieldType.DATE: Said("日期", "date"),
    FieldType.DATETIME: Said("日期和时刻", "date and time"),
    FieldType.INTEGER: Said("整数", "whole number"),
    FieldType.MONEY: Said("金额", "sum of money"),
    FieldType.ITEMS: Said("分项列举", "list of items"),
    FieldType.ANSWERS: Said("逐项答复", "an answer to each item"),
    FieldType.FILES: Said("文件", "files"),
    FieldType.ORGANISATION: Said("机关", "authority"),
    FieldType.PERSON: Said("人员", "person"),
    FieldType.MATTER: Said("事项", "matter"),
    FieldType.EVIDENCE: Said("证据项", "evidence items"),
}
# What an act does with clocks: the key of the rule, and the verb.
CLOCK_EFFECTS: Final = (
    ("starts", Said("起算", "starts")),
    ("stops", Said("停止", "stops")),
    ("suspends", Said("中止", "suspends")),
    ("resumes", Said("恢复", "resumes")),
    ("extends", Said("延长", "extends")),
)


def joined(parts: Sequence[Said]) -> Said:
    """The parts in one line: 甲、乙, or A, B."""
    return Said("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def length(procedure: Procedure, clock: ClockRule) -> Said:
    """How long a clock runs: 15个工作日, or until the day that a field names."""
    if clock.until:
        field = procedure.field(clock.until)
        return Said(f"至“{field.zh}”当日", f"until “{field.en}”")
    limit = parse_limit(clock.limit or "").said
    return Said(f"不少于{limit.zh}", f"at least {limit.en}") if clock.before else limit


def beginning(procedure: Procedure, clock: ClockRule) -> Said:
    """From when a clock is counted, or back from which day."""
    if clock.before:
        field = procedure.field(clock.before)
        return Said(f"“{field.zh}”之前", f"before “{field.en}”")
    if clock.from_instant in INSTANTS:
        instant = INSTANTS[clock.from_instant]
        hours = (clock.limit or "").endswith(Unit.HOURS)
        zh = instant.zh.replace("之日", "时") if hours else instant.zh
        return Said(f"自{zh}起", f"from {instant.en.replace('the day', 'the time') if hours else instant.en}")
    if clock.from_instant:
        field = procedure.field(clock.from_instant)
        return Said(f"自“{field.zh}”起", f"from “{field.en}”")
    return Said("自启动该期限的行为起", "from the act that starts it")


def extensions(procedure: Procedure, clock: ClockRule) -> tuple[Said, ...]:
    """What each extension adds, one after another."""
    return tuple(_extension(procedure, written) for written in clock.extensions)


def _extension(procedure: Procedure, written: str) -> Said:
    granted = GRANTED.fullmatch(written)
    if granted is None:
        return parse_limit(written).said
    field = procedure.field(granted[1])
    least, most = (parse_limit(f"{bound}{granted[2]}").said for bound in (field.min or 1, field.max or 1))
    return Said(f"按“{field.zh}”，{least.zh}以上{most.zh}以下", f"as “{field.en}” says, from {least.en} to {most.en}")


def warnings(clock: ClockRule) -> Said:
    """How long before its end a clock warns; nothing where it does not."""
    return joined([parse_limit(written).said for written in clock.warn])


def started_by(procedure: Procedure, clock: ClockRule) -> tuple[Act, ...]:
    """The acts that start a clock."""
    return tuple(act for act in procedure.acts if clock.id in act.starts)


def clock_effects(procedure: Procedure, act: Act) -> tuple[Said, ...]:
    """What an act does with clocks: 起算“协查完成期限”."""
    told: list[Said] = []
    for key, verb in CLOCK_EFFECTS:
        for name in getattr(act, key):
            clock = procedure.clock(name)
            told.append(Said(f"{verb.zh}“{clock.zh}”", f"{verb.en} “{clock.en}”"))
    for span in act.excludes:
        clock, first, last = procedure.clock(span.clock), procedure.field(span.first), procedure.field(span.last)
        told.append(
            Said(
                f"“{clock.zh}”扣除“{first.zh}”至“{last.zh}”",
                f"leaves “{first.en}” to “{last.en}” out of “{clock.en}”",
            )
        )
    return tuple(told)


def conditions(procedure: Procedure, act: Act) -> tuple[Said, ...]:
    """What must hold before an act can be done."""
    words = {guard.name: guard.said for guard in GUARDS}
    told = [words.get(name, Said(name, name)) for name in act.guards]
    for name in act.while_running:
        clock = procedure.clock(name)
        told.append(Said(f"“{clock.zh}”尚未届满", f"“{clock.en}” has not run out"))
    return tuple(told)


def states_before(procedure: Procedure, act: Act) -> tuple[Said, ...]:
    """The states from which an act is possible; nothing for the act that begins a matter."""
    return tuple(Said(state.zh, state.en) for state in map(procedure.state, act.from_states))


def state_after(procedure: Procedure, act: Act) -> Said | None:
    """The state an act leads to; None where the state stays."""
    if act.to is None:
        return None
    state = procedure.state(act.to)
    return Said(state.zh, state.en)


def step(procedure: Procedure, act: Act, roles: Mapping[str, Said]) -> Said:
    """An act as one line: 从 已送达：签收办理 → 办理中（协助机关）."""
    role = roles.get(act.role, Said(act.role, act.role))
    before, after = joined(states_before(procedure, act)), state_after(procedure, act)
    start = Said(f"从 {before.zh}：", f"from {before.en}: ") if act.from_states else Said("开始：", "beginning: ")
    end = Said(f"→ {after.zh}", f"→ {after.en}") if after else Said("（状态不变）", "(the state stays)")
    return Said(f"{start.zh}{act.zh} {end.zh}（{role.zh}）", f"{start.en}{act.en} {end.en} ({role.en})")


def field_rules(field: Field) -> tuple[Said, ...]:
    """The type of a field and what binds its answer."""
    told = [FIELD_TYPES[field.type]]
    if field.type in {FieldType.TEXT, FieldType.LONGTEXT} and field.max:
        told.append(Said(f"不超过{field.max}字", f"at most {field.max} characters"))
    elif field.type is FieldType.ITEMS and (field.min or field.max):
        told.append(_between(field, Said("项", "items")))
    elif field.min is not None or field.max is not None:
        told.append(_between(field, Said("", "")))
    told += [Said("选填", "optional")] if field.optional else []
    told += [Said("可能含个人信息", "may hold personal data")] if field.personal else []
    told += [Said("随该行为保存，不作为事项内容", "stays with the act")] if field.act_only else []
    return tuple(told)


def _between(field: Field, noun: Said) -> Said:
    least, most = field.min, field.max
    if least is None:
        zh, en = f"不超过{most}", f"at most {most}"
    elif most is None:
        zh, en = f"不少于{least}", f"at least {least}"
    else:
        zh, en = f"{least}至{most}", f"{least} to {most}"
    return Said(f"{zh}{noun.zh}", f"{en} {noun.en}".strip())


def addressee(procedure: Procedure, paper: PaperRule, roles: Mapping[str, Said]) -> Said:
    """Whom a paper is addressed to."""
    return OTHER_SIDE if paper.to is None else _reached(procedure, paper.to, roles)


def copies(procedure: Procedure, paper: PaperRule, roles: Mapping[str, Said]) -> tuple[Said, ...]:
    """Whom a paper is sent to for information."""
    return tuple(_reached(procedure, name, roles) for name in paper.copies)


def _reached(procedure: Procedure, name: str, roles: Mapping[str, Said]) -> Said:
    if name in procedure.roles:
        return roles.get(name, Said(name, name))
    field = next((one for one in procedure.fields if one.id == name), None)
    return Said(f"“{field.zh}”所填", f"as “{field.en}” says") if field else COMMON_SUPERIOR
