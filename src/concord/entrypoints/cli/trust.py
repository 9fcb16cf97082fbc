"""``concord trust``: whether a new trust file may take the place of an old one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from concord.entrypoints.cli.language import preferred_language
from concord.rules.errors import Said

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord trust update``."""
    parser = subparsers.add_parser("trust", allow_abbrev=False, help="信任文件 trust files")
    below = parser.add_subparsers(metavar="COMMAND", required=True)
    update = below.add_parser(
        "update",
        allow_abbrev=False,
        help="新信任文件能否替换旧的 may NEW replace OLD",
        description="新的信任文件能否替换旧的。Whether a new trust file may replace an old one.",
    )
    update.add_argument("old", metavar="OLD", help="现有信任文件 the one in use")
    update.add_argument("new", metavar="NEW", help="新信任文件 the one to replace it")
    update.add_argument("--lang", choices=["zh", "en"], default=preferred_language())
    update.set_defaults(run=run_update)


def run_update(arguments: argparse.Namespace) -> int:
    """Print the answer and why; 0 when it may, 1 when it may not. Raises InvalidInput for a broken file."""
    from concord.proofs.files import trust_at  # noqa: PLC0415 - cryptography takes a moment to load
    from concord.proofs.trust import objections  # noqa: PLC0415 - as above

    old, new = trust_at(Path(arguments.old)), trust_at(Path(arguments.new))
    found = objections(old, new)
    answer = (
        Said("不能替换：", "It may not replace the old one:")
        if found
        else Said(
            f"可以替换：第 {old.version} 版换为第 {new.version} 版。根密钥指纹 {new.fingerprint}",
            f"It may replace the old one: version {old.version} by {new.version}. Root keys {new.fingerprint}",
        )
    )
    print(answer.in_language(arguments.lang))
    for reason in found:
        print(f"  · {reason.in_language(arguments.lang)}")
    return 1 if found else 0
