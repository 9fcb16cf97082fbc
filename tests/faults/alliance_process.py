"""Cities seal while the ledger and the witnesses are killed: ``python -m tests.faults.alliance_process HOME SEALS``.

Everything runs as in the demonstration, each part a process of its own. Prints as JSON what became of the packages.
"""

from __future__ import annotations

import io
import json
import random
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django

PATIENCE = 60.0
LEDGER = [sys.executable, "-m", "concord.entrypoints.manage", "ledger"]


class Killed:
    """Processes that are killed and started again, so that there always is one of each."""

    def __init__(self, witnesses: Path) -> None:
        from concord.witness import fleet  # noqa: PLC0415  as all of Concord here, once Django is set up

        self._start: list[Any] = [lambda: subprocess.Popen(LEDGER)]  # noqa: S603  our own program
        self._start += [lambda file=file: fleet.start_one(file) for file in sorted(witnesses.glob("*/witness.toml"))]
        self._running = [start() for start in self._start]
        self.kills = 0

    def kill(self, which: int) -> None:
        """Kill one without a word, and start it anew."""
        self._running[which].kill()
        self._running[which].wait()
        self._running[which] = self._start[which]()
        self.kills += 1

    def end(self) -> None:
        """End all of them."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait()


def main(home: Path, seals: int) -> None:
    """Found the alliance, seal, kill, and tell."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  models load only once Django is set up

    from concord.casework.definitions import adopt  # noqa: PLC0415  as above
    from concord.charters import folder  # noqa: PLC0415  as above
    from concord.entrypoints.operating import IN_FORCE_SINCE, LAW  # noqa: PLC0415  as above
    from concord.foundation.database import scope  # noqa: PLC0415  as above
    from concord.foundation.database.clock import now  # noqa: PLC0415  as above
    from concord.foundation.keys.setting_up import STAMPER_PORT, Member, set_up  # noqa: PLC0415  as above
    from concord.foundation.keys.time_stamper import TimeStamper, authorities  # noqa: PLC0415  as above
    from concord.foundation.organisations.models import Kind, Organisation  # noqa: PLC0415  as above
    from tests.support.alliance_ledger import free_base  # noqa: PLC0415  as above

    call_command("migrate", verbosity=0)
    scope.enter(scope.SYSTEM)
    texts = folder.read(folder.shipped(), LAW, "g60")
    adopt(texts=texts, charter_id="g60", resolution="", effective_from=IN_FORCE_SINCE, at=now())
    members = list(Organisation.objects.filter(kind=Kind.MEMBER))
    port = free_base()
    set_up(
        home,
        members=[Member(one.code, one.zh, one.en) for one in members],
        origin="ledger.killed.example/1",
        random_bytes=secrets.token_bytes,
        at=now(),
        loopback_port=port,
    )
    stamping = authorities(home / "keys")
    stamper = TimeStamper(port + STAMPER_PORT, stamping, now=now, random_bytes=secrets.token_bytes)
    with ExitStack() as ending:
        ending.callback(stamper.server_close)
        ending.callback(stamper.shutdown)
        threading.Thread(target=stamper.serve_forever).start()
        killed = Killed(home / "witnesses")
        ending.callback(killed.end)
        chance = random.Random(seals)  # noqa: S311  which is killed when
        for n in range(seals):
            _seal(members[n % len(members)], f"seal {n}")
            if chance.random() < 0.5:
                killed.kill(0)
            if chance.random() < 0.5:
                killed.kill(chance.randint(1, len(members)))
            time.sleep(chance.random())
        found = _outcome()
    sys.stdout.write(json.dumps(found | {"kills": killed.kills}) + "\n")


def _seal(organisation: Any, subject: str) -> None:
    from concord.entrypoints.tampering.scene import sealed  # noqa: PLC0415  as above

    sealed(organisation, subject)


def _outcome() -> dict[str, Any]:
    """How far each package came, once all are proven or patience is over; and what the check of everything finds."""
    from concord.foundation.database.clock import now  # noqa: PLC0415  as above
    from concord.foundation.journal.models import Entry  # noqa: PLC0415  as above
    from concord.foundation.ledger import fsck, queries, sealing  # noqa: PLC0415  as above
    from concord.foundation.ledger.equipment import trust_of  # noqa: PLC0415  as above
    from concord.foundation.ledger.log import installation_here  # noqa: PLC0415  as above
    from concord.foundation.ledger.models import Sealed, Submission  # noqa: PLC0415  as above
    from concord.proofs.verifying import verify  # noqa: PLC0415  as above

    end = time.monotonic() + PATIENCE
    while Sealed.objects.filter(state=Sealed.State.QUEUED).exists() and time.monotonic() < end:
        time.sleep(0.2)
    installation = installation_here()
    levels: Counter[str] = Counter()
    for row in Sealed.objects.select_related("submission"):
        out = io.BytesIO()
        sealing.write(row, out)
        report = verify(out, trust=trust_of(installation), at=now())
        levels[f"{report.verdict} {report.level}"] += 1
    rows = Entry.objects.count() + Submission.objects.count()
    wrong = [str(one) for one in fsck.check(installation).findings]
    return {"levels": dict(levels), "wrong": wrong, "lost": rows - queries.size()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
