"""``concord verify FILE --trust FILE``: whether an evidence package holds, without a network and without Django."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from concord.entrypoints.cli.language import preferred_language
from concord.foundation.database.clock import now
from concord.rules.errors import InvalidInput, Problem, Said

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

USAGE: Final = 3
TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord verify``."""
    parser = subparsers.add_parser(
        "verify",
        allow_abbrev=False,
        help="核验证据包 verify an evidence package",
        description="核验证据包，不联网。Verify an evidence package, without a network.",
    )
    parser.add_argument("file", metavar="FILE", help="证据包 the package (.evp)")
    parser.add_argument("--trust", metavar="FILE", required=True, help="信任文件 the trust file (trust.json)")
    parser.add_argument("--policy", metavar="FILE", help="核验要求 what is asked for; without it L2")
    parser.add_argument(
        "--at", metavar="TIME", help="以此时刻判断信任文件是否过期 2026-11-23T12:00+08:00 (default: now)"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON as JSON")
    parser.add_argument("--lang", choices=["zh", "en"], default=preferred_language())
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify and print; 0 pass, 1 fail, 2 indeterminate. Raises InvalidInput for what cannot be asked."""
    # Cryptography takes a moment to load, which other commands need not wait for.
    from concord.proofs import files  # noqa: PLC0415 - see above
    from concord.proofs.trust import Asked  # noqa: PLC0415 - see above
    from concord.proofs.verifying import verify  # noqa: PLC0415 - see above

    trust = files.trust_at(Path(arguments.trust))
    asked = Asked() if arguments.policy is None else files.policy_at(Path(arguments.policy))
    at = now() if arguments.at is None else _moment(arguments.at)
    with files.opened(Path(arguments.file)) as package:
        report = verify(package, trust=trust, asked=asked, at=at)
    if arguments.json:
        sys.stdout.write(report.as_json().decode() + "\n")
    else:
        sys.stdout.write(report.text(arguments.lang))
    return report.exit_code


def _moment(text: str) -> datetime:
    try:
        if TIME.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # no such day or hour: refused below like anything else
    said = Said(f"时刻“{text}”应如 2026-11-23T12:00+08:00。", f"--at “{text}” must look like 2026-11-23T12:00+08:00.")
    raise InvalidInput("cli.bad_at", said, problems=(Problem("at", "cli.bad_at", said),))
