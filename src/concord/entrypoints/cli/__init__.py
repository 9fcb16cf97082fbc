"""The ``concord`` command: one module per subcommand, none of them needs Django.

Each module offers ``add_parser(subparsers)`` and sets ``run``, a function from the parsed arguments to an exit code.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from concord.entrypoints.cli import charter, clock, jurisdiction, trust, verify, witness
from concord.entrypoints.cli.charter_text import faults_as_data
from concord.rules.errors import ConcordError, DefinitionError, InvalidInput, Said

BAD_INPUT = 2
READER_GONE = 141  # what a shell reports of a command ended by SIGPIPE


class Parser(argparse.ArgumentParser):
    """An argument parser whose usage errors are ``InvalidInput`` (``cli.usage``) like any other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing and leaving."""
        usage = " ".join(self.format_usage().removeprefix("usage:").split())
        said = Said(
            f"命令写法有误：{message}。用法：{usage}", f"The command is not written right: {message}. Usage: {usage}"
        )
        raise InvalidInput("cli.usage", said)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (the process's own when None) and return the exit code.

    2 is bad input; to ``verify`` it is 3.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parser().parse_args(words)
        code: int = arguments.run(arguments)
    except ConcordError as error:
        if "--json" in words:
            print(json.dumps({"error": described(error)}, ensure_ascii=False, indent=2))
        else:
            print(_readable(error), file=sys.stderr)
        # To verify, 2 says that a package is neither good nor bad.
        return verify.USAGE if words[:1] == ["verify"] else BAD_INPUT
    except BrokenPipeError:
        # Whoever read the output (``head``) has seen enough; nothing is left to flush into.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    return code


def described(error: ConcordError) -> dict[str, object]:
    """An error as JSON: code, both sentences, its problems or faults."""
    found: dict[str, object] = {"code": error.code, "zh": error.said.zh, "en": error.said.en}
    found["problems"] = [
        {"field": problem.field, "code": problem.code, "zh": problem.said.zh, "en": problem.said.en}
        for problem in error.problems
    ]
    if isinstance(error, DefinitionError):
        found["faults"] = faults_as_data(error.faults)
    return found


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = Parser(prog="concord", description="协保 Concord", allow_abbrev=False)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for subcommand in (clock, jurisdiction, charter, verify, trust, witness):
        subcommand.add_parser(subparsers)
    return parser


def _readable(error: ConcordError) -> str:
    lines = [f"{error.said.zh} / {error.said.en}"]
    if isinstance(error, DefinitionError):
        lines += [
            f"  {fault.file}:{fault.line}: [{fault.rule}] {fault.said.zh} / {fault.said.en}" for fault in error.faults
        ]
    return "\n".join(lines)
