"""``concord charter check DIR``: whether a charter folder is sound, and every fault with file, line and rule."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from concord.charters.folder import read_charter
from concord.entrypoints.cli.language import preferred_language
from concord.rules.charter import Charter, check, load
from concord.rules.errors import DefinitionError, Fault, InvalidInput, Problem, Said
from concord.rules.procedure import PROPOSED, Procedure, SourceLabel

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

FAULTY = 1


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord charter check``."""
    parser = subparsers.add_parser("charter", allow_abbrev=False, help="章程是否正确 whether a charter is sound")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    checking = commands.add_parser(
        "check",
        allow_abbrev=False,
        help="检查章程目录 check a charter folder",
        description="检查章程目录，指明每处错误的位置。Checks a charter folder and says where each fault is.",
    )
    checking.add_argument("folder", metavar="DIR", type=Path, help="章程目录，如 charters/g60 the charter's folder")
    checking.add_argument("--json", action="store_true", help="输出 JSON as JSON")
    checking.add_argument("--lang", choices=["zh", "en"], default=preferred_language(), help="小结的语言 summary in")
    checking.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check and print; 0 when sound, 1 when not. Raises InvalidInput ``cli.no_such_folder``."""
    if not arguments.folder.is_dir():
        said = Said(f"没有目录 {arguments.folder}", f"there is no folder {arguments.folder}")
        raise InvalidInput("cli.no_such_folder", said, problems=(Problem("folder", "cli.no_such_folder", said),))
    charter: Charter | None = None
    try:
        charter_id, files = read_charter(arguments.folder)
        faults = check(files, charter_id)
        charter = None if faults else load(files, charter_id)
    except DefinitionError as error:
        faults = error.faults
    if arguments.json:
        print(json.dumps(_as_json(charter, faults), ensure_ascii=False, indent=2))
    elif charter:
        print(_summary(charter, arguments.lang))
    else:
        print(_listed(faults))
    return 0 if charter else FAULTY


def _listed(faults: tuple[Fault, ...]) -> str:
    lines: list[str] = []
    for fault in faults:
        lines.append(f"{fault.file}:{fault.line}: [{fault.rule}] {fault.said.zh} / {fault.said.en}")
        if fault.advice.zh:
            lines.append(f"    → {fault.advice.zh} / {fault.advice.en}")
    return "\n".join([*lines, "", f"{len(faults)} 处错误 / {len(faults)} fault(s)"])


def _as_json(charter: Charter | None, faults: tuple[Fault, ...]) -> dict[str, object]:
    answer: dict[str, object] = {
        "sound": charter is not None,
        "faults": [
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
        ],
    }
    if charter:
        answer |= {
            "id": charter.id,
            "version": charter.version.isoformat(),
            "digest": charter.digest,
            "members": [member.code for member in charter.members],
            "in_force": {name: version.isoformat() for name, version in charter.in_force.items()},
            "clocks": dict(_clocks_by_label(charter)),
        }
    return answer


def _versions(charter: Charter) -> list[Procedure]:
    return [version for versions in charter.procedures.values() for version in versions]


def _clocks_by_label(charter: Charter) -> Counter[str]:
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


def _summary(charter: Charter, language: str) -> str:
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
    counted = _clocks_by_label(charter)
    shares = [f"{label.said.in_language(language)} {counted[label]}" for label in SourceLabel if counted[label]]
    if shares:
        proposed = f"{PROPOSED.in_language(language)} {_proposed_clocks(charter)}"
        bracketed = f" ({proposed})" if language == "en" else f"（{proposed}）"
        lines.append(f"{say('clocks')} {counted.total()}{gap}{comma.join(shares)}{bracketed}")
    lines.append(f"{say('digest')}{gap}{charter.digest}")
    return "\n".join(lines)
