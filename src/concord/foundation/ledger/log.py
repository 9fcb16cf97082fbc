"""An installation's log with everything at hand that a round of sequencing needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from concord.foundation.keys.installation import FILE, Installation, exists, read
from concord.foundation.keys.signers import LogSigner, log_signer
from concord.foundation.ledger.lock import CheckpointLock, Signed, lock_at
from concord.foundation.ledger.policy import frozen
from concord.foundation.ledger.store import Store, opened
from concord.foundation.ledger.witnesses import WitnessPort
from concord.proofs import checkpoints, notes
from concord.proofs.checkpoints import Checkpoint, Cosigned
from concord.proofs.notes import VerifierKey
from concord.rules.errors import NotFound, Said


@dataclass(frozen=True, slots=True)
class Log:
    """The log of ``installation`` for one round: its signer, its files, its lock and the way to its witnesses."""

    installation: Installation
    signer: LogSigner
    store: Store
    lock: CheckpointLock
    witnesses: WitnessPort
    now: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]
    _seen: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    """The files read and written in this round."""

    @property
    def key(self) -> VerifierKey:
        """The key that the policy knows the log by."""
        return self.installation.policy.logs[self.installation.origin]

    def signed(self) -> Signed | None:
        """The state signed last, None without a lock. Raises Unavailable ``ledger.frozen``."""
        try:
            return self.lock.read()
        except (sqlite3.DatabaseError, ValueError) as error:
            raise frozen("lock_unreadable") from error

    def sign(self, size: int, root: bytes) -> Signed:
        """The signed state of a tree. The caller has made sure that it goes on from what was signed before."""
        checkpoint = Checkpoint(self.installation.origin, size, root)
        return Signed(size, root, checkpoints.sign_checkpoint(checkpoint, self.signer.sign, self.signer.key))

    def check_own(self, note: bytes) -> None:
        """Refuse a note that the log itself did not sign. Raises InvalidInput as ``open_checkpoint``."""
        checkpoints.open_checkpoint(note, log=self.key, witnesses=())

    def read(self, path: str) -> bytes | None:
        """The log's file at ``path``, None when there is none; from the store at most once a round."""
        content = self._seen.get(path)
        if content is None:
            content = self.store.get(path)
            if content is not None:
                self._seen[path] = content
        return content

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put files into the store. Raises as it does."""
        for path, content in files.items():
            self.store.put(path, content)
            self._seen[path] = content


def installation_here() -> Installation:
    """The ledger of this installation. Raises as ``installation.read``: NotFound ``keys.no_ledger`` without one."""
    folder = Path(settings.LEDGER_ROOT)
    file = folder / FILE
    return _read(folder, file.stat().st_mtime_ns if file.is_file() else 0)


@lru_cache(maxsize=4)
def _read(folder: Path, _changed_at: int) -> Installation:
    """The settings, read once for as long as their file stays the same."""
    return read(folder)


def is_ready() -> bool:
    """Whether this installation has a ledger whose trust file the members have signed: then it can seal."""
    folder = Path(settings.LEDGER_ROOT)
    return exists(folder) and installation_here().trust.is_file()


def trust_bytes(installation: Installation) -> bytes:
    """The trust file. Raises NotFound ``ledger.no_trust`` while there is none."""
    try:
        return installation.trust.read_bytes()
    except OSError:
        said = Said(
            "还没有信任文件。请由各成员机关签署（sign-trust）后放入账本文件夹。",
            "There is no trust file yet; the members sign one (sign-trust), and it goes into the ledger's folder.",
        )
        raise NotFound("ledger.no_trust", said) from None


def open_note(installation: Installation, note: bytes) -> Cosigned:
    """A checkpoint of the installation's log with its signatures checked. Raises InvalidInput ``proofs.…``."""
    policy = installation.policy
    sm2 = [notes.parse_vkey(witness.sm2_vkey) for witness in installation.witnesses if witness.sm2_vkey is not None]
    return checkpoints.open_checkpoint(
        note, log=policy.logs[installation.origin], witnesses=list(policy.witnesses.values()), sm2=sm2
    )


def cosigned(installation: Installation, note: bytes) -> Mapping[str, datetime]:
    """When each witness signed the checkpoint in ``note``, every signature checked.

    Of a log that the policy no longer knows, what stands in the lines of witnesses that it does know.
    """
    opened = notes.parse(note)
    policy = installation.policy
    log = policy.logs.get(checkpoints.parse(opened.text).origin)
    if log is not None:
        witnesses = list(policy.witnesses.values())
        signed: Mapping[str, int] = checkpoints.open_checkpoint(note, log=log, witnesses=witnesses).cosigners
    else:
        known = {key.id for key in policy.witnesses.values()}
        signed = {line.name: notes.time_of(line.signature) for line in opened.lines if line.id in known}
    return {name: datetime.fromtimestamp(at, tz=UTC) for name, at in signed.items()}


def open_log(
    installation: Installation,
    *,
    now: Callable[[], datetime],
    random_bytes: Callable[[int], bytes],
    witnesses: WitnessPort,
    store: Store | None = None,
) -> Log:
    """The log of an installation. Raises as ``log_signer``, and Unavailable ``ledger.frozen`` for another's key."""
    signer = log_signer(installation.log_key)
    if signer.key != installation.policy.logs[installation.origin]:
        raise frozen("key")
    return Log(
        installation,
        signer,
        store or opened(installation.tiles),
        lock_at(installation.lock),
        witnesses,
        now,
        random_bytes,
    )
