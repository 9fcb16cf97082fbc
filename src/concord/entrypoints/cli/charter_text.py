"""A charter and its faults as the ``concord charter`` commands print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from concord.rules.charter import Charter
from concord.rules.errors import Fault, Said
from concord.rules.procedure import PROPOSED, Procedure, SourceLabel


def listed(faults: Sequence[Fault]) -> str:
    """Every fault in both languages, with place, rule and advice, and how many there are."""
    lines: list[str] = []
    for fault in faults:
        lines.append(f"{fault.file}:{fault.line}: [{fault.rule}] {fault.said.zh} / {fault.said.en}")
        lines.append(f"    → {fault.advice.zh} / {fault.advice.en}")
    return "\n".join([*lines, "", f"{len(faults)} 处错误 / {len(faults)} fault(s)"])


def faults_as_data(faults: Sequence[Fault]) -> list[dict[str, object]]:
    """Every fault as data."""
    return [
        {
            "file": fault.file,
            "line": fault.line,
            "rule": fault.rule,
            "code": fault.code,
            "zh": fault.said.zh,
            "en": fault.said.en,
            "advice_zh": fault.advice.zh,
            "advice_en": fault.advice.en,
        }
        for fault in faults
    ]


def _versions(charter: Charter) -> list[Procedure]:
    return [version for versions in charter.procedures.values() for version in versions]


def clocks_by_label(charter: Charter) -> Counter[str]:
    """How many clocks of all versions bear each label."""
    return Counter(
        procedure.label_of(clock.source).value
        for procedure in _versions(charter)
        for clock in procedure.clocks
        if clock.source
    )


def _proposed_clocks(charter: Charter) -> int:
    return sum(
        procedure.source(clock.source).proposed
        for procedure in _versions(charter)
        for clock in procedure.clocks
        if clock.source
    )


def summary(charter: Charter, language: str) -> str:
    """What the charter holds, calmly, a line each."""
    words: Mapping[str, Said] = {
        "sound": Said("章程正确。", "The charter is sound."),
        "members": Said("成员", "members"),
        "procedures": Said("程序", "procedures"),
        "clocks": Said("期限", "clocks"),
        "digest": Said("摘要", "digest"),
        "adopted": Said("已列入施行", "listed in force"),
        "shipped": Said("未列入施行", "not in force"),
    }

    def say(word: str) -> str:
        return words[word].in_language(language)

    gap, comma = (": ", ", ") if language == "en" else ("：", "、")
    lines = [f"{charter.said.in_language(language)}  {charter.id}@{charter.version}", say("sound"), ""]
    if charter.members:
        names = comma.join(Said(member.zh, member.en).in_language(language) for member in charter.members)
        lines.append(f"{say('members')} {len(charter.members)}{gap}{names}")
    for procedure in _versions(charter):
        adopted = charter.in_force.get(procedure.id)
        status = say("adopted" if adopted and procedure.in_force_from <= adopted else "shipped")
        name = procedure.said.in_language(language)
        lines.append(f"{say('procedures')}{gap}{name} {procedure.id}@{procedure.in_force_from}{comma}{status}")
    counted = clocks_by_label(charter)
    shares = [f"{label.said.in_language(language)} {counted[label]}" for label in SourceLabel if counted[label]]
    if shares:
        proposed = f"{PROPOSED.in_language(language)} {_proposed_clocks(charter)}"
        bracketed = f" ({proposed})" if language == "en" else f"（{proposed}）"
        lines.append(f"{say('clocks')} {counted.total()}{gap}{comma.join(shares)}{bracketed}")
    lines.append(f"{say('digest')}{gap}{charter.digest}")
    return "\n".join(lines)
