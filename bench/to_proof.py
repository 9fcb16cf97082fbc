"""How long it takes from sealing to a package a court can check: cosigned by a quorum, with its time-stamp."""

from __future__ import annotations

import dataclasses
import secrets
import statistics
import time
from pathlib import Path

from django.conf import settings

from bench.measuring import Table
from concord.entrypoints.beside import Beside
from concord.entrypoints.tampering.__main__ import free_port
from concord.entrypoints.tampering.scene import Scene, alliance, sealed
from concord.foundation.database import scope
from concord.foundation.database.clock import now
from concord.foundation.ledger import sealing
from concord.foundation.ledger.equipment import stamping_of
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.models import Kind, Organisation

SEALS = 12
AT_MOST = 5.0
PAUSE = 0.05
PATIENCE = 60.0


def run(home: Path) -> list[Table]:
    """Seal one after another while ledger, time-stamper and nine witnesses run as processes of this machine."""
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, bind_port=free_port())
    with scope.speaking_for(scope.SYSTEM), alliance(home) as scene, Beside() as others:
        others.manage("ledger")
        members = list(Organisation.objects.filter(kind=Kind.MEMBER))
        seconds = [_seconds(scene, members[number % len(members)], f"seal {number}") for number in range(SEALS + 1)]
    counted = sorted(seconds[1:])  # the first waits for the ledger's process to start
    row = [
        str(SEALS),
        f"{statistics.median(counted):.2f} s",
        f"{counted[-1]:.2f} s",
        "met" if counted[-1] <= AT_MOST else "missed",
    ]
    note = (
        "From the first signature to a package that verifies as L2T, on SQLite: files signed, two time-stampers asked "
        "over HTTP, leaf committed, taken in by the ledger's process (which looks every second), cosigned by nine "
        "witness processes over HTTP, published, the package written and verified."
    )
    return [Table("Seal to L2T", ["seals", "median", "slowest", "at most 5 s"], [row], [note])]


def _seconds(scene: Scene, organisation: Organisation, subject: str) -> float:
    begun = time.perf_counter()
    row = sealed(organisation, subject)
    while time.perf_counter() - begun < PATIENCE:
        sealing.complete(at=now(), stamping=stamping_of(scene.installation, secrets.token_bytes))
        row = Sealed.objects.get(pk=row.pk)
        if row.state == Sealed.State.PROVEN:
            report = scene.checked(sealing.parts_of(row))
            if (report.verdict, report.level) != ("pass", "L2T"):
                raise AssertionError(report.as_json().decode())
            return time.perf_counter() - begun
        time.sleep(PAUSE)
    raise AssertionError("no proof within a minute")
