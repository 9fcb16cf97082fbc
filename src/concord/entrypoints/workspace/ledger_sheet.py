"""What pages and programs show of the ledger: who co-signed what, packages as files, reports on packages."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponseBase
from django.urls import reverse

from concord.casework.desk.proofs import Mark
from concord.foundation.keys.installation import Installation
from concord.foundation.ledger import queries, sealing
from concord.foundation.ledger.log import cosigned, installation_here
from concord.foundation.ledger.models import Checkpoint, Incident, Sealed
from concord.foundation.ledger.queries import Waiting
from concord.proofs import notes
from concord.proofs.container import MEDIA_TYPE

if TYPE_CHECKING:  # the verifier's libraries are loaded when somebody verifies
    from concord.proofs.report import Report

PACKAGE_TYPE = MEDIA_TYPE.decode()
SPOOLED = 8 << 20


@dataclass(frozen=True, slots=True)
class WitnessShown:
    """A witness: whose it is, when it signed the checkpoint shown, and its last signature of all."""

    name: str
    organisation: str
    signed_at: datetime | None
    last_at: datetime | None
    refusal: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the ledger stands."""

    installation: Installation
    checkpoint: Checkpoint | None
    witnesses: tuple[WitnessShown, ...]
    waiting: Waiting
    incidents: tuple[Incident, ...]


def standing() -> Standing:
    """How the ledger of this installation stands. Raises NotFound ``keys.no_ledger`` without one."""
    installation = installation_here()
    checkpoint = queries.latest_checkpoint()
    known = {one.name: one for one in queries.cosigners()}
    signed = cosigned(installation, checkpoint.note.encode()) if checkpoint is not None else {}
    witnesses = []
    for address in installation.witnesses:
        row = known.get(address.name)
        witnesses.append(
            WitnessShown(
                name=address.name,
                organisation=address.org,
                signed_at=signed.get(address.name),
                last_at=row.cosigned_at if row else None,
                refusal=row.refusal if row else "",
            )
        )
    return Standing(installation, checkpoint, tuple(witnesses), queries.waiting(), tuple(queries.open_incidents()))


def signers_of(installation: Installation, checkpoint: Checkpoint) -> int:
    """How many witnesses signed a checkpoint that was published, by the names of its lines."""
    lines = {line.name for line in notes.parse(checkpoint.note.encode()).lines}
    return len(lines & installation.policy.witnesses.keys())


def fingerprint_of_roots(installation: Installation) -> str:
    """The fingerprint of the members' root keys; empty before there is a trust file."""
    from concord.foundation.ledger.equipment import trust_of  # noqa: PLC0415  pages load the proofs' libraries late

    return trust_of(installation).fingerprint if installation.trust.is_file() else ""


def mark_of(mark: Mark | None) -> dict[str, Any] | None:
    """How an act or entry stands in the ledger, as a link beside it."""
    if mark is None:
        return None
    return {"url": reverse("workspace:ledger_entry", args=[mark.entry]), "logged": mark.logged}


def attached(sealed: Sealed) -> HttpResponseBase:
    """A sealed package as a file to be kept. Raises Unavailable ``files.missing``."""
    out = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115  the response closes it
    sealing.write(sealed, cast("BinaryIO", out))
    out.seek(0)
    response = FileResponse(out, content_type=PACKAGE_TYPE)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(sealing.file_name(sealed))}"
    return response


def verified(file: UploadedFile[bytes], *, at: datetime) -> Report:
    """The report on an uploaded package, by this installation's trust file.

    Raises NotFound ``keys.no_ledger`` without a ledger, InvalidInput for a trust file that cannot be read.
    """
    from concord.foundation.ledger.equipment import trust_of  # noqa: PLC0415  loaded when somebody verifies
    from concord.proofs.verifying import verify  # noqa: PLC0415  as above

    return verify(cast("BinaryIO", file), trust=trust_of(installation_here()), at=at)
