"""The codes that an authenticator app would show: RFC 6238 with SHA-1, six digits, thirty seconds."""

from __future__ import annotations

import base64
import hmac
import struct
from datetime import datetime


def code_at(secret: str, at: datetime) -> str:
    """The code of ``secret`` (base32, blanks allowed) at that instant."""
    key = base64.b32decode(secret.replace(" ", ""))
    digest = hmac.digest(key, struct.pack(">Q", int(at.timestamp()) // 30), "sha1")
    at_byte = digest[-1] & 15
    return f"{(int.from_bytes(digest[at_byte : at_byte + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"
