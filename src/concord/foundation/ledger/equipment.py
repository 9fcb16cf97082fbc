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
from concord.foundation.ledger.log import installation_here, trust_bytes
from concord.foundation.ledger.sealing import Equipment, Stamping
from concord.proofs import trust
from concord.proofs.statements import Freshness
from concord.proofs.trust import Trust


def equipment_here(random_bytes: Callable[[int], bytes]) -> Equipment:
    """Keys, stampers and directory of this installation.

    Raises NotFound ``keys.no_ledger`` without a ledger, and as ``trust_of``.
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
    """The trust file. Raises as ``trust_bytes``, and InvalidInput as ``read_trust``."""
    return _read(trust_bytes(installation))


@lru_cache(maxsize=4)
def _read(content: bytes) -> Trust:
    """Read once for as long as it stays the same."""
    return trust.read_trust(content)
