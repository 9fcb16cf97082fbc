"""The two keys of a witness, Ed25519 and SM2, in a file that only its owner may read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from concord.proofs import notes
from concord.proofs.notes import NoteSignature, VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.rules.errors import Conflict, InvalidInput, Said

PRIVATE_MODE = 0o600
MOST_BYTES = 4096
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class WitnessKeys:
    """A witness's name and private keys, and what its lines are checked with: the C2SP key and the SM2 one."""

    private: PrivateKeys
    verifier: VerifierKey
    sm2_verifier: VerifierKey

    @classmethod
    def of(cls, private: PrivateKeys) -> WitnessKeys:
        """The keys under their own name. Raises InvalidInput ``proofs.verifier_key`` for an unfit name."""
        public = private.public
        return cls(
            private,
            VerifierKey.of(private.key, notes.COSIGNATURE, public.ed25519),
            VerifierKey.of(private.key, notes.OWN, public.sm2),
        )

    @property
    def name(self) -> str:
        """The name that stands on its lines."""
        return self.private.key

    def cosign(self, text: str, at: int) -> tuple[NoteSignature, ...]:
        """Both lines over a checkpoint's text, at ``at`` seconds since 1970: cosignature/v1, then SM2."""
        made = self.private.sign(notes.cosigned_message(text, at))
        return tuple(
            NoteSignature(key.name, key.id, notes.timed(at, signature.sig))
            for key, signature in zip((self.verifier, self.sm2_verifier), made, strict=True)
        )


def make(file: Path, *, name: str, random_bytes: Callable[[int], bytes]) -> WitnessKeys:
    """New keys for ``name``, written to ``file``, which must not exist.

    Raises Conflict ``witness.key_exists``, InvalidInput ``proofs.verifier_key``.
    """
    keys = WitnessKeys.of(PrivateKeys.generate(name, random_bytes))
    kept = keys.private.as_json()
    written = {"name": kept["key"], "ed25519": kept["ed25519"], "sm2": kept["sm2"]}
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    except FileExistsError:
        raise Conflict(
            "witness.key_exists",
            Said(f"文件 {file} 已经存在，密钥不会被覆盖。", f"The file {file} exists; a key is never overwritten."),
        ) from None
    except OSError as error:
        raise _unfit(file, f"不能写入（{error.strerror}）", f"it cannot be written ({error.strerror})") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(written, indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return keys


def read(file: Path, *, name: str) -> WitnessKeys:
    """The keys in ``file``, which are those of ``name``. Raises InvalidInput ``witness.key``."""
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(MOST_BYTES)
    except OSError as error:
        raise _unfit(file, f"读不到（{error.strerror}）", f"it cannot be read ({error.strerror})") from None
    if mode & _OTHERS:
        raise _unfit(file, "他人可读，请先 chmod 600", "others may read it; chmod 600 first")
    try:
        table = json.loads(content)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict) or set(table) != {"name", "ed25519", "sm2"} or table["name"] != name:
        raise _unfit(file, f"不是 {name} 的密钥", f"it is not the key of {name}")
    try:
        return WitnessKeys.of(PrivateKeys.from_json({"key": table.pop("name"), **table}))
    except InvalidInput as error:
        raise _unfit(file, error.said.zh.rstrip("。"), error.said.en.rstrip(".")) from None


def _unfit(file: Path, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "witness.key", Said(f"密钥文件 {file} 不能使用：{zh}。", f"The key file {file} cannot be used: {en}.")
    )
