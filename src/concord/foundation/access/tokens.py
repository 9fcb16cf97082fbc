"""API tokens: made of 32 random bytes, kept as a digest, shown once."""

from __future__ import annotations

import base64
import hashlib

PREFIX = "concord_"


def secret_from(random_bytes: bytes) -> str:
    """The text of a token made from 32 random bytes."""
    return PREFIX + base64.urlsafe_b64encode(random_bytes).decode().rstrip("=")


def digest_of(secret: str) -> str:
    """What the database keeps of a token; the secret has 256 bits, so one SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
