"""The operator's commands behind ``concord.entrypoints.manage``; edges that read the clock and pass it on."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from granian import Granian
from granian.constants import Interfaces

from concord.capabilities.governance import holidays
from concord.casework.definitions import adopt
from concord.casework.desk import rewording
from concord.casework.desk.first_people import NEEDED, make_first_people
from concord.charters import folder
from concord.entrypoints import founding
from concord.entrypoints.beside import Beside
from concord.entrypoints.demo.seeding import seed
from concord.entrypoints.workspace import account_security
from concord.foundation.database import scope
from concord.foundation.database.clock import legal_date, now
from concord.foundation.database.roles import grant_application
from concord.foundation.jobs import worker
from concord.foundation.keys import installation
from concord.foundation.ledger import fsck, opening, sequencing
from concord.foundation.ledger.log import installation_here
from concord.foundation.ledger.witnesses import HttpWitnesses
from concord.foundation.organisations.models import CharterVersion, Kind, Organisation
from concord.foundation.organisations.queries import require_sound

if TYPE_CHECKING:
    from concord.foundation.ledger.sealing import Equipment

LAW = "cn"
IN_FORCE_SINCE = date(2019, 1, 1)
BLOCKING_THREADS = 2
WITNESSES = "witnesses"
DEMO_KEYS_AGE = timedelta(days=90)
Say = Callable[[str], None]


def prepare(*, say: Say) -> None:
    """Bring tables, static files, charter and demo up to date; running it again changes nothing.

    Raises DefinitionError when the adopted charter names what these programs do not know: then nothing is served.
    """
    say("数据库 · database")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    say("静态文件 · static files")
    call_command("collectstatic", verbosity=0, interactive=False)
    with scope.speaking_for(scope.SYSTEM):
        if not CharterVersion.objects.exists():
            charter = settings.ENVIRONMENT.charter
            say(f"章程 · charter {charter}")
            texts = folder.read(folder.shipped(), LAW, charter)
            adopt(texts=texts, charter_id=charter, resolution="", effective_from=IN_FORCE_SINCE, at=now())
        require_sound(on=legal_date(now()))
        if settings.ENVIRONMENT.demo:
            say("演示数据 · demo")
            if settings.ENVIRONMENT.witnesses:
                _set_up_demo_ledger()
            seed(now=now(), equipment=_demo_equipment())


def up(*, say: Say) -> None:
    """Serve, with the worker and, where there is one, the ledger in processes beside the web server.

    The demonstration also runs its time-stamper and its witnesses. All of them end with the server.
    """
    environment = settings.ENVIRONMENT
    with Beside() as others:
        others.manage("work")
        say("后台任务 · worker")
        if installation.exists(environment.ledger):
            others.manage("ledger")
            say("存证账本 · ledger")
        if environment.demo and environment.witnesses:
            _start_demo_ledger(others, say)
        say(f"请打开 · open  http://{environment.bind_host}:{environment.bind_port}/")
        serve()


def _start_demo_ledger(others: Beside, say: Say) -> None:
    from concord.witness import fleet  # noqa: PLC0415  only the demonstration runs witnesses

    environment = settings.ENVIRONMENT
    ledger = installation.read(environment.ledger)
    for port in sorted({urlsplit(stamper.url).port for stamper in ledger.stampers}, key=str):
        others.manage_behind("time-stamper", "--keys", str(environment.keys), "--port", str(port))
        say(f"时间戳 · time-stamper  http://127.0.0.1:{port}/")
    others.add(fleet.start(environment.home / WITNESSES))
    for witness in ledger.witnesses:
        say(f"见证方 · witness  {witness.url}/")


def _set_up_demo_ledger() -> None:
    """Keys, policy, trust file and witnesses for the demonstration's members, where they are missing."""
    # The web processes are made from this one and need none of what makes keys.
    from concord.foundation.keys.setting_up import Member, Place, set_up  # noqa: PLC0415  see above

    environment = settings.ENVIRONMENT
    # The keys are as old as what the stories seal.
    at = now() - DEMO_KEYS_AGE
    set_up(
        Place(environment.keys, environment.ledger, environment.home / WITNESSES),
        members=[Member(one.code, one.zh, one.en) for one in Organisation.objects.filter(kind=Kind.MEMBER)],
        origin=f"ledger.{environment.charter}.example/{legal_date(now()):%Y}",
        random_bytes=secrets.token_bytes,
        at=at,
        loopback_port=environment.bind_port,
    )


def _demo_equipment() -> Equipment | None:
    """What the stories of evidence are sealed with; none where the demonstration has no ledger."""
    if not installation.exists(settings.ENVIRONMENT.ledger):
        return None
    from concord.foundation.ledger.equipment import equipment_here  # noqa: PLC0415  as above

    return equipment_here(secrets.token_bytes)


def serve() -> None:
    """Run the web processes until told to stop; DefinitionError as ``prepare``."""
    with scope.speaking_for(scope.SYSTEM):
        require_sound(on=legal_date(now()))
    Granian(
        "concord.config.wsgi:application",
        address=settings.ENVIRONMENT.bind_host,
        port=settings.ENVIRONMENT.bind_port,
        interface=Interfaces.WSGI,
        workers=settings.ENVIRONMENT.workers,
        blocking_threads=BLOCKING_THREADS,
        log_access=False,
    ).serve()


def work(*, stop: Callable[[], bool], pause: Callable[[float], object]) -> None:
    """Run jobs until told to stop; the job in hand is ended first."""
    worker.run(stop=stop, at_edge=now, pause=pause)


def keep_ledger(*, stop: Callable[[], bool], pause: Callable[[float], object]) -> None:
    """Take rows into the ledger and publish its checkpoints until told to stop; NotFound ``keys.no_ledger``."""
    sequencing.run(
        installation_here(),
        stop=stop,
        pause=pause,
        now=now,
        random_bytes=secrets.token_bytes,
        witnesses=HttpWitnesses(),
    )


def check_ledger(*, content: bool, say: Say) -> bool:
    """Check the whole ledger, with ``content`` stored files too; says what is wrong, and whether nothing is."""
    with scope.speaking_for(scope.SYSTEM):
        found = fsck.check(installation_here(), content=content)
    for one in found.findings:
        say(str(one))
    say(
        f"{found.size} leaves, {found.entries} entries, {found.submissions} submissions, {found.erased} erased, "
        f"{found.files} files; {found.wrong} wrong"
    )
    return found.sound


def new_ledger(organisation: str) -> str:
    """Close the ledger's log and begin the one that the settings name now; says from where on it proves."""
    with scope.speaking_for(scope.SYSTEM):
        closed = opening.open_new(installation_here(), organisation=organisation, at=now())
    return f"{closed.origin}: {closed.first} to {closed.until}; {installation_here().origin}: from {closed.until}"


def load_notice(path: Path) -> str:
    """Load a holiday notice without a release; says how many clocks moved and how many people were told."""
    with scope.speaking_for(scope.SYSTEM):
        notice, moved, told = holidays.load_notice(text=path.read_text(encoding="utf-8"), file=path.name, at=now())
    return f"{notice.number}: {notice.year}; {len(moved)} clocks counted again, {told} people told"


def words() -> str:
    """Write the words by which matters are found anew, after an upgrade that keeps other words; says for how many."""
    with scope.speaking_for(scope.SYSTEM):
        return f"{rewording.refill()} matters"


def first_people(organisation: str, administrator: str, security_officer: str) -> list[str]:
    """Make the first administrator and security officer where they are missing; a line with each one's invitation."""
    usernames = dict(zip(NEEDED, (administrator, security_officer), strict=True))
    with scope.speaking_for(scope.SYSTEM):
        made = make_first_people(
            code=organisation,
            usernames=usernames,
            random_bytes={permission: secrets.token_bytes(32) for permission in NEEDED},
            at=now(),
        )
    return [f"{username}  /invitation/{secret}/" for username, secret in made.items()]


def reset_factor(username: str) -> None:
    """Take somebody's second factor away and end their sessions, where no security officer can; NotFound, Conflict."""
    with scope.speaking_for(scope.SYSTEM):
        account_security.reset_factor_as_operator(username=username, at=now())


def set_up_ledger(asked: argparse.Namespace) -> list[str]:
    """The host's part of a ledger among cities; raises as ``founding.set_up_ledger``."""
    environment = settings.ENVIRONMENT
    return founding.set_up_ledger(asked, keys=environment.keys, ledger=environment.ledger, at=now())


def grant(role: str) -> None:
    """Give the application's role on PostgreSQL its rights; run by the owner of the tables after migrations."""
    with connection.cursor() as cursor:
        grant_application(cursor, role)
