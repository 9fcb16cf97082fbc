"""``concord charter``: whether a charter folder is sound, every fault with file, line and rule; its versions."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from concord.charters.folder import read_charter
from concord.entrypoints.cli import charter_documents, charter_versions
from concord.entrypoints.cli.charter_text import clocks_by_label, faults_as_data, listed, summary
from concord.entrypoints.cli.folders import existing
from concord.entrypoints.cli.language import preferred_language
from concord.rules.charter import Charter, check, load
from concord.rules.errors import DefinitionError, Fault

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

FAULTY = 1


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord charter`` with all below it."""
    parser = subparsers.add_parser("charter", allow_abbrev=False, help="章程的检查和版本 check a charter, its versions")
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
    charter_versions.add_parsers(commands)
    charter_documents.add_parsers(commands)


def run(arguments: argparse.Namespace) -> int:
    """Check and print; 0 when sound, 1 when not. Raises InvalidInput ``cli.no_such_folder``."""
    folder = existing(arguments.folder)
    charter: Charter | None = None
    try:
        charter_id, files = read_charter(folder)
        faults = check(files, charter_id)
        charter = None if faults else load(files, charter_id)
    except DefinitionError as error:
        faults = error.faults
    if arguments.json:
        print(json.dumps(_as_json(charter, faults), ensure_ascii=False, indent=2))
    elif charter:
        print(summary(charter, arguments.lang))
    else:
        print(listed(faults))
    return 0 if charter else FAULTY


def _as_json(charter: Charter | None, faults: tuple[Fault, ...]) -> dict[str, object]:
    answer: dict[str, object] = {
        "sound": charter is not None,
        "faults": faults_as_data(faults),
    }
    if charter:
        answer |= {
            "id": charter.id,
            "version": charter.version.isoformat(),
            "digest": charter.digest,
            "members": [member.code for member in charter.members],
            "in_force": {name: version.isoformat() for name, version in charter.in_force.items()},
            "clocks": dict(clocks_by_label(charter)),
        }
    return answer
