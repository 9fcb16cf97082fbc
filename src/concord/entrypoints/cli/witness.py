"""``concord witness``: co-sign the ledger for one city, mirror it, and compare with the other witnesses."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from concord.foundation.database.clock import now
from concord.rules.errors import InvalidInput, Said

if TYPE_CHECKING:
    from concord.witness.settings import WitnessSettings

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

FORK = 1


def add_parser(subparsers: Subparsers) -> None:
    """Offer ``concord witness``."""
    parser = subparsers.add_parser(
        "witness",
        allow_abbrev=False,
        help="本市的账本见证方 one city's witness of the ledger",
        description="为一个城市见证账本：共同签名、保存副本、与其他见证方比对。"
        "Co-sign, mirror and compare the ledger for a city.",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="witness.toml")
    parser.add_argument("--compare-now", action="store_true", help="立即比对一次后结束 compare once and end")
    parser.add_argument(
        "--make-key", metavar="FILE", type=Path, help="生成密钥文件并显示公钥 make a key, print its public part"
    )
    parser.add_argument("--name", metavar="NAME", help="密钥名称 the name of the key to make")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make a key, compare once, or serve until told to stop; 1 when a comparison found a fork.

    Raises InvalidInput ``cli.bad_witness`` for words that do not go together, and what ``running`` raises.
    """
    asked = (arguments.config is not None, arguments.make_key is not None)
    if asked == (False, True) and arguments.name and not arguments.compare_now:
        return _make_key(arguments.make_key, arguments.name)
    if asked != (True, False) or arguments.name:
        raise InvalidInput(
            "cli.bad_witness",
            Said(
                "请写 --config FILE（可加 --compare-now），或者 --make-key FILE --name NAME。",
                "Give --config FILE, with --compare-now or without, or --make-key FILE --name NAME.",
            ),
        )
    from concord.witness import settings  # noqa: PLC0415  the other commands do without the witness

    found = settings.read(arguments.config)
    return _compare(found) if arguments.compare_now else _serve(found)


def _make_key(file: Path, name: str) -> int:
    import secrets  # noqa: PLC0415  only here

    from concord.witness import keys  # noqa: PLC0415  as above

    made = keys.make(file, name=name, random_bytes=secrets.token_bytes)
    print(made.verifier.vkey_text())
    print(made.sm2_verifier.vkey_text())
    return 0


def _compare(found: WitnessSettings) -> int:
    from concord.witness import running  # noqa: PLC0415  as above

    compared = running.compare(found, now=now, tell=_tell)
    for one in compared:
        print(f"{one.origin}  {one.peer}  {one.size}  {one.outcome}")
    return FORK if any(one.outcome == "fork" for one in compared) else 0


def _serve(found: WitnessSettings) -> int:
    from concord.witness import running  # noqa: PLC0415  as above

    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    running.serve(found, now=now, tell=_tell, stop=told)
    return 0


def _tell(event: str, circumstances: Mapping[str, str | int]) -> None:
    """One line of JSON on the error channel; bodies and keys never reach it."""
    line = {"at": now().isoformat(timespec="milliseconds"), "event": event, **circumstances}
    sys.stderr.write(f"{json.dumps(line, ensure_ascii=False)}\n")
    sys.stderr.flush()
