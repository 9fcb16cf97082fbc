"""An alliance as it is before anybody touches it: nine witnesses at work, stories told, a package sealed."""

from __future__ import annotations

import http.client
import io
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.management import call_command

from concord.casework.definitions import adopt
from concord.charters import folder
from concord.entrypoints.beside import Beside
from concord.entrypoints.demo.seeding import seed
from concord.entrypoints.operating import IN_FORCE_SINCE, LAW
from concord.foundation.database.clock import now
from concord.foundation.database.scope import writing
from concord.foundation.files.commands import store_made
from concord.foundation.journal.models import Entry
from concord.foundation.keys.installation import Installation, WitnessAddress
from concord.foundation.keys.setting_up import Member, Place, set_up
from concord.foundation.keys.time_stamper import TimeStamper, authorities
from concord.foundation.ledger import queries, sealing
from concord.foundation.ledger.equipment import equipment_here, stamping_of, trust_of
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.queries import Proof
from concord.foundation.ledger.sequencing import sequence
from concord.foundation.ledger.witnesses import HttpWitnesses
from concord.foundation.organisations.models import Kind, Organisation
from concord.proofs.package import Parts, write_package
from concord.proofs.report import Report
from concord.proofs.verifying import verify
from concord.rules.identifiers import uuid7
from concord.witness import fleet

ACT = "assistance.answer"
PATIENCE = 60.0
PAUSE = 0.1
CONTENT = "网页存证：某店铺商品页，2026 年。\nA shop's page, as it was captured.\n".encode()


@dataclass(frozen=True, slots=True)
class Scene:
    """The installation, one act of its journal with its proof, and one sealed package, all of it published."""

    installation: Installation
    database: Path
    entry: Entry
    proof: Proof
    sealed: Sealed
    published: bytes
    names: dict[str, str]

    def checked(self, parts: Parts) -> Report:
        """What the verifier says of the package made of ``parts``."""
        packed = io.BytesIO()
        write_package(packed, parts)
        return verify(packed, trust=trust_of(self.installation), at=now())


@contextmanager
def alliance(home: Path) -> Iterator[Scene]:
    """The scene in ``home``; the witnesses and the time-stamper end with it. RuntimeError when they do not sign."""
    call_command("migrate", verbosity=0)
    adopt(
        texts=folder.read(folder.shipped(), LAW, settings.ENVIRONMENT.charter),
        charter_id=settings.ENVIRONMENT.charter,
        resolution="",
        effective_from=IN_FORCE_SINCE,
        at=now(),
    )
    seed(now=now(), matters=0)
    place = Place.of(home)
    members = list(Organisation.objects.filter(kind=Kind.MEMBER))
    installation = set_up(
        place,
        members=[Member(one.code, one.zh, one.en) for one in members],
        origin="ledger.tamper.example/1",
        random_bytes=secrets.token_bytes,
        at=now(),
        loopback_port=settings.ENVIRONMENT.bind_port,
    )
    with Beside() as others, _stamping(place, settings.ENVIRONMENT.bind_port + 100):
        others.add(fleet.start(place.witnesses))
        yield _published(installation, members)


@contextmanager
def _stamping(place: Place, port: int) -> Iterator[None]:
    with TimeStamper(port, authorities(place.keys), now=now, random_bytes=secrets.token_bytes) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield
        finally:
            server.shutdown()


def _published(installation: Installation, members: list[Organisation]) -> Scene:
    page = sealed(members[0], "tamper")
    _all_ready(installation, time.monotonic() + PATIENCE)
    _published_by(installation, time.monotonic() + PATIENCE)
    sealing.complete(at=now(), stamping=stamping_of(installation, secrets.token_bytes))
    entry = Entry.objects.select_related("organisation").filter(event=ACT).order_by("id").first()
    checkpoint = queries.latest_checkpoint()
    proof = queries.proof_of_entry(entry.pk) if entry is not None else None
    if entry is None or checkpoint is None or proof is None:
        raise RuntimeError("the story begins with a published act")
    return Scene(
        installation=installation,
        database=Path(str(settings.DATABASES["default"]["NAME"])),
        entry=entry,
        proof=proof,
        sealed=Sealed.objects.get(pk=page.pk),
        published=checkpoint.note.encode(),
        names={
            witness.name: f"{one.zh} {one.en}" for witness, one in zip(installation.witnesses, members, strict=True)
        },
    )


def _all_ready(installation: Installation, end: float) -> None:
    """Wait until all nine sign, not only a quorum: at the start they ask one another what they signed before."""
    for witness in installation.witnesses:
        while not _is_ready(witness):
            if time.monotonic() > end:
                raise RuntimeError(f"{witness.name} is not ready in time")
            time.sleep(PAUSE)


def _is_ready(witness: WitnessAddress) -> bool:
    place = urlsplit(witness.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/status")
        with connection.getresponse() as answer:
            return bool(json.loads(answer.read())["ready"])
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _published_by(installation: Installation, end: float) -> None:
    """Rounds of the ledger until all is published."""
    while True:
        done = sequence(installation, now=now, random_bytes=secrets.token_bytes, witnesses=HttpWitnesses())
        if done is not None and done.published and not done.more:
            return
        if time.monotonic() > end:
            raise RuntimeError("the witnesses did not sign in time")
        time.sleep(PAUSE)


def sealed(organisation: Organisation, subject: str) -> Sealed:
    """A package of one file that the organisation seals now, handed to the ledger."""
    at = now()
    file = store_made(
        content=CONTENT, name="page.txt", media_type="text/plain", organisation=organisation, at=at, uid=_uid(at)
    )
    prepared = sealing.prepare(
        kind="evidence",
        organisation=organisation,
        files={"payload/page.txt": file},
        collection=sealing.collected_now(at),
        equipment=equipment_here(secrets.token_bytes),
        at=now(),
    )
    with writing():
        return sealing.keep(prepared, subject=subject, at=now(), uid=_uid(at))


def _uid(at: datetime) -> UUID:
    return uuid7(at, secrets.token_bytes(10))
