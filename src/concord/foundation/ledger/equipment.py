"""What this installation seals with. Jobs and commands load it; the web process does not."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from concord.foundation.keys.installation import Installation
from concord.foundation.keys.signers import officer
from concord.foundation.keys.stamping import HttpStamper
from concord.foundation.ledger import queries
from concord.foundation.ledger.log import installation_here
from concord.foundation.ledger.sealing import Equipment, Stamping
from concord.proofs import trust
from concord.proofs.statements import Freshness
from concord.proofs.trust import Trust


def equipment_here(random_bytes: Callable[[int], bytes]) -> Equipment:
    """Keys, stampers and directory of this installation.

    Raises NotFound ``keys.no_ledger`` without a ledger, and InvalidInput as ``read_trust`` for a broken trust file.
    """
    installation = installation_here()
    known = trust_of(installation)
    keys = Path(settings.KEYS_ROOT)

    def directory(key: str) -> bytes:
        return trust.directory([entry for entry in known.directory if entry.key == key])

    def freshness() -> Freshness | None:
        checkpoint = queries.latest_checkpoint()
        if checkpoint is None:
            return None
        return Freshness(installation.origin, checkpoint.size, bytes(checkpoint.root).hex())

    return Equipment(
        signer=lambda organisation: officer(keys, organisation),
        stamping=stamping_of(installation, random_bytes),
        directory=directory,
        freshness=freshness,
        random_bytes=random_bytes,
    )


def stamping_of(installation: Installation, random_bytes: Callable[[int], bytes]) -> Stamping:
    """The stampers of an installation, of whom only tokens by pinned authorities are taken."""
    authorities = trust_of(installation).authorities
    return Stamping([HttpStamper(address, authorities) for address in installation.stampers], random_bytes)


def trust_of(installation: Installation) -> Trust:
    """The trust file, read once for as long as it stays the same. Raises InvalidInput as ``read_trust``."""
    return _read(installation.trust, installation.trust.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, _changed_at: int) -> Trust:
    return trust.read_trust(path.read_bytes())
