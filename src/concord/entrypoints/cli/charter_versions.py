"""``concord charter adopt | diff | list | show``: versions of the charter, in force by resolution."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concord.charters.folder import read_charter
from concord.entrypoints.cli.charter_text import faults_as_data, listed, summary
from concord.entrypoints.cli.folders import existing
from concord.entrypoints.cli.installation import installation
from concord.entrypoints.cli.language import preferred_language
from concord.rules.charter import load
from concord.rules.charter.difference import FileDifference, Kind, difference
from concord.rules.errors import DefinitionError, InvalidInput, Problem, Said

if TYPE_CHECKING:
    from concord.foundation.organisations.models import CharterVersion

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

SHOWN_OF_DIGEST = 12
FAULTY = 1


def add_parsers(commands: Subparsers) -> None:
    """Offer ``adopt``, ``diff``, ``list`` and ``show`` below ``concord charter``."""
    adopting = _command(
        commands,
        "adopt",
        help="依决议使章程版本生效 put a version into force by resolution",
        description="检查章程目录，依决议自某日起施行。Checks a charter folder and puts it into force from a day on.",
    )
    adopting.add_argument("folder", metavar="DIR", type=Path, help="章程目录 the charter's folder")
    adopting.add_argument("--resolution", metavar="N", required=True, help="决议编号 the number of the resolution")
    adopting.add_argument("--from", dest="start", metavar="DATE", required=True, help="施行日期 in force from")
    adopting.set_defaults(run=adopt)
    differing = _command(
        commands,
        "diff",
        help="比较两版章程 compare two versions",
        description="逐行比较两版章程。Compares two versions line by line.",
    )
    differing.add_argument("folders", metavar="DIR", type=Path, nargs="+", help="两个目录 before and after")
    differing.add_argument("--from-force", action="store_true", help="与现行版本比较 compare with the one in force")
    differing.set_defaults(run=diff)
    listing = _command(
        commands,
        "list",
        help="已通过的版本 the adopted versions",
        description="列出已通过的章程版本。Lists the adopted versions of the charter.",
    )
    listing.set_defaults(run=list_versions)
    showing = _command(
        commands,
        "show",
        help="查看或取出一版章程 one adopted version",
        description="查看一版章程，或者取出其文件。Shows an adopted version, or writes its files to a folder.",
    )
    showing.add_argument(
        "digest", metavar="DIGEST", nargs="?", default="", help="摘要开头，省略为现行版本 how its digest begins"
    )
    showing.add_argument("--out", metavar="DIR", type=Path, help="把文件写入空目录 write the files to an empty folder")
    showing.set_defaults(run=show)


def _command(commands: Subparsers, name: str, *, help: str, description: str) -> argparse.ArgumentParser:  # noqa: A002  argparse's own word
    parser = commands.add_parser(name, allow_abbrev=False, help=help, description=description)
    parser.add_argument("--json", action="store_true", help="输出 JSON as JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=preferred_language(), help="语言 language")
    return parser


def adopt(arguments: argparse.Namespace) -> int:
    """Adopt and print the version; 1 with every fault when the folder has any. Raises the command's other refusals."""
    try:
        row = _adopted(arguments)
    except DefinitionError as error:
        print(_json({"faults": faults_as_data(error.faults)}) if arguments.json else listed(error.faults))
        return FAULTY
    said = Said(
        f"章程 {row['charter']} 已通过：{row['resolution']}，自 {row['effective_from']} 起施行，摘要 {row['digest']}",
        f"The charter {row['charter']} is adopted: {row['resolution']}, in force from {row['effective_from']}, "
        f"digest {row['digest']}",
    )
    print(_json(row) if arguments.json else said.in_language(arguments.lang))
    return 0


def _adopted(arguments: argparse.Namespace) -> dict[str, Any]:
    start = _day(arguments.start)
    charter_id, texts = read_charter(existing(arguments.folder))
    with installation():
        from concord.capabilities.governance import commands, queries  # noqa: PLC0415  only with an installation
        from concord.foundation.database.clock import legal_date, now  # noqa: PLC0415  as above

        version = commands.adopt(
            texts=texts,
            charter_id=charter_id,
            resolution=arguments.resolution,
            effective_from=start,
            by=None,
            at=now(),
        )
        return _row(version, in_force=version == queries.version_on(legal_date(now())))


def diff(arguments: argparse.Namespace) -> int:
    """Print what differs, by file and rule."""
    if len(arguments.folders) != (1 if arguments.from_force else 2):
        said = Said(
            "请给出两个章程目录，或者一个目录加 --from-force。",
            "Give two charter folders, or one with --from-force.",
        )
        raise InvalidInput("cli.usage", said)
    folders = [read_charter(existing(folder))[1] for folder in arguments.folders]
    found = difference(_in_force() if arguments.from_force else folders[0], folders[-1])
    if arguments.json:
        print(_json([described(one) for one in found]))
    else:
        print(_differences(found, arguments.lang))
    return 0


def list_versions(arguments: argparse.Namespace) -> int:
    """Print the adopted versions, the newest first."""
    with installation():
        from concord.capabilities.governance import queries  # noqa: PLC0415  only with an installation
        from concord.foundation.database.clock import legal_date, now  # noqa: PLC0415  as above

        present = queries.version_on(legal_date(now()))
        rows = [_row(version, in_force=version == present) for version in queries.versions()]
    if arguments.json:
        print(_json(rows))
    else:
        print("\n".join(_line(row, arguments.lang) for row in rows))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print one version, or write its files; raises NotFound ``charter.no_such_version``."""
    with installation():
        from concord.capabilities.governance import queries  # noqa: PLC0415  only with an installation
        from concord.foundation.database.clock import legal_date, now  # noqa: PLC0415  as above
        from concord.foundation.organisations.queries import texts_of  # noqa: PLC0415  as above

        present = queries.version_on(legal_date(now()))
        version = queries.version_with(arguments.digest or (present.digest if present else ""))
        texts = texts_of(version.digest)
        row = _row(version, in_force=version == present)
    if arguments.out:
        _write(texts, arguments.out)
        row["written_to"] = str(arguments.out)
    if arguments.json:
        print(_json(row))
    else:
        print(f"{_line(row, arguments.lang)}\n\n{summary(load(texts, version.charter), arguments.lang)}")
    return 0


def described(found: FileDifference) -> dict[str, object]:
    """A difference as data, as the command and the API give it."""
    return {
        "file": found.file,
        "kind": found.kind.value,
        "compared_with": found.compared_with,
        "rules": [
            {
                "rule": rule.rule,
                "name": {"zh": rule.name.zh, "en": rule.name.en},
                "kind": rule.kind.value,
                "said": [{"zh": said.zh, "en": said.en} for said in rule.said],
                "removed": [{"line": line.number, "text": line.text} for line in rule.removed],
                "added": [{"line": line.number, "text": line.text} for line in rule.added],
            }
            for rule in found.rules
        ],
    }


def _differences(found: Sequence[FileDifference], language: str) -> str:
    lines: list[str] = []
    for one in found:
        base = f"  ← {one.compared_with}" if one.kind is Kind.ADDED and one.compared_with else ""
        lines.append(f"{one.file}  {one.kind.said.in_language(language)}{base}")
        for rule in one.rules:
            comma = "; " if language == "en" else "；"
            words = comma.join(said.in_language(language) for said in rule.said)
            head = " ".join(part for part in (f"[{rule.rule}]" if rule.rule else "", words) if part)
            lines += [f"  {head}"] if head else []
            lines += [f"    -{line.number:<4} {line.text}" for line in rule.removed]
            lines += [f"    +{line.number:<4} {line.text}" for line in rule.added]
        lines.append("")
    count = sum(len(one.rules) for one in found)
    said = Said(
        f"{len(found)} 个文件、{count} 处有变化" if found else "没有变化",
        f"{len(found)} file(s), {count} change(s)" if found else "no change",
    )
    return "\n".join([*lines, said.in_language(language)])


def _row(version: CharterVersion, *, in_force: bool) -> dict[str, Any]:
    return {
        "charter": version.charter,
        "digest": version.digest,
        "effective_from": version.effective_from.isoformat(),
        "resolution": version.resolution,
        "adopted_at": version.adopted_at.isoformat(),
        "in_force": in_force,
    }


def _line(row: Mapping[str, Any], language: str) -> str:
    present = Said("  ← 现行", "  ← in force").in_language(language) if row["in_force"] else ""
    resolution = row["resolution"] or Said("首次导入", "first import").in_language(language)
    said = Said(
        f"自 {row['effective_from']} 起施行  {resolution}  {row['digest'][:SHOWN_OF_DIGEST]}",
        f"in force from {row['effective_from']}  {resolution}  {row['digest'][:SHOWN_OF_DIGEST]}",
    )
    return said.in_language(language) + present


def _in_force() -> dict[str, str]:
    """The texts in force today. Raises NotFound ``charter.none_in_force``."""
    with installation():
        from concord.foundation.database.clock import legal_date, now  # noqa: PLC0415  only with an installation
        from concord.foundation.organisations.queries import charter_on, texts_of  # noqa: PLC0415  as above

        return texts_of(charter_on(legal_date(now())).digest)


def _write(texts: Mapping[str, str], root: Path) -> None:
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        said = Said(f"{root} 不是空目录，没有写入。", f"{root} is no empty folder; nothing was written.")
        raise InvalidInput("cli.folder_not_empty", said, problems=(Problem("out", "cli.folder_not_empty", said),))
    for path, text in texts.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = Said(f"日期“{text}”应写成 2026-03-01。", f"The day “{text}” must be written 2026-03-01.")
        raise InvalidInput("cli.bad_day", said, problems=(Problem("from", "cli.bad_day", said),)) from None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
