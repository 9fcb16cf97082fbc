"""What an operator runs: bring an installation up, serve it, work its jobs, load a holiday notice."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import django

from concord.entrypoints import beside, founding
from concord.rules.errors import ConcordError

WRONG = 1
REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one operator command; returns the exit code."""
    asked = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.config.settings")
    try:
        if _run_without_django(asked):
            return 0
        django.setup()
        from concord.entrypoints import operating  # noqa: PLC0415  models load only once Django is set up

        if asked.command == "fsck":
            return 0 if operating.check_ledger(content=not asked.without_content, say=_say) else WRONG
        _run(asked, operating)
    except ConcordError as error:
        sys.stderr.write(f"{error.code}\n{error.said.zh}\n{error.said.en}\n")
        return REFUSED
    return 0


def _run_without_django(asked: argparse.Namespace) -> bool:
    """The commands of a time-stamper and of a city's machine; whether it was one of them."""
    match asked.command:
        case "time-stamper":
            beside.stamp_time(asked.keys, asked.port)
        case "make-city-keys":
            founding.make_city(asked, _say)
        case "sign-trust":
            founding.sign_trust(asked, _say)
        case _:
            return False
    return True


def _run(asked: argparse.Namespace, operating: ModuleType) -> None:
    match asked.command:
        case "prepare":
            operating.prepare(say=_say)
        case "up":
            operating.prepare(say=_say)
            operating.up(say=_say)
        case "serve":
            operating.serve()
        case "work":
            told = _told_to_stop()
            operating.work(stop=told.is_set, pause=told.wait)
        case "ledger":
            told = _told_to_stop()
            operating.keep_ledger(stop=told.is_set, pause=told.wait)
        case _:
            _run_once(asked, operating)


def _told_to_stop() -> threading.Event:
    """Set once the process is asked to end."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told


def _run_once(asked: argparse.Namespace, operating: ModuleType) -> None:
    """The commands that do one thing and end."""
    match asked.command:
        case "notice":
            _say(operating.load_notice(asked.file))
        case "words":
            _say(operating.words())
        case "new-ledger":
            _say(operating.new_ledger(asked.organisation))
        case "people":
            for line in operating.first_people(asked.organisation, asked.administrator, asked.security_officer):
                _say(line)
        case "reset-factor":
            operating.reset_factor(asked.username)
        case "grant":
            operating.grant(asked.role)
        case "set-up-ledger":
            for line in operating.set_up_ledger(asked):
                _say(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m concord.entrypoints.manage", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="tables, static files, the charter of a new installation, the demo")
    commands.add_parser("up", help="prepare, then serve with a job worker beside the web processes")
    commands.add_parser("serve", help="only the web processes")
    commands.add_parser("work", help="only a job worker")
    commands.add_parser("ledger", help="only the sequencer of the evidence ledger")
    new = commands.add_parser("new-ledger", help="close the ledger's log and begin the one that ledger.toml names now")
    new.add_argument("organisation", help="code of the member that runs the host and vouches for it")
    fsck = commands.add_parser(
        "fsck", help="derive the whole evidence ledger anew and compare; 1 when something is wrong"
    )
    fsck.add_argument("--without-content", action="store_true", help="leave stored files out")
    stamper = commands.add_parser("time-stamper", help="the demonstration's time-stamper, on loopback")
    stamper.add_argument("--keys", type=Path, required=True, help="the folder of keys")
    stamper.add_argument("--port", type=int, required=True)
    notice = commands.add_parser("notice", help="load a State Council holiday notice for a year")
    notice.add_argument("file", type=Path)
    commands.add_parser("words", help="write the words by which matters are found anew, after an upgrade")
    people = commands.add_parser("people", help="make the first administrator and security officer of an organisation")
    people.add_argument("organisation", help="its code in the charter; centre for the centre")
    people.add_argument("--administrator", required=True, metavar="USERNAME")
    people.add_argument("--security-officer", required=True, metavar="USERNAME")
    reset = commands.add_parser("reset-factor", help="take the second factor of a security officer away who lost it")
    reset.add_argument("username")
    grant = commands.add_parser("grant", help="give the application's database role its rights on the tables")
    grant.add_argument("role")
    founding.add_parsers(commands)
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
