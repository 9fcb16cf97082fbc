"""Asking a time-stamping authority for a token, over HTTP as RFC 3161 section 3.4 has it."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from concord.foundation.keys.installation import StamperAddress
from concord.proofs import timestamps
from concord.proofs.digests import pair_of
from concord.proofs.timestamps import Authority
from concord.rules.errors import Said, Unavailable

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"
SECONDS = 5.0
MOST_BYTES = 64 << 10
NONCE_BITS = 63


@dataclass(frozen=True, slots=True)
class Stamp:
    """A TimeStampResp as it came, and whether it is one of GM/T 0033 (SM2)."""

    response: bytes
    gm: bool


class Stamper(Protocol):
    """Whoever gives a token of the present time over some bytes."""

    @property
    def name(self) -> str:
        """What it is called in ``ledger.toml``."""

    def stamp(self, content: bytes, *, nonce: int) -> Stamp:
        """A token over ``content``. Raises Unavailable; then the caller goes on without and asks again later."""


@dataclass(frozen=True, slots=True)
class HttpStamper:
    """An authority that is asked over HTTP; with ``authorities`` pinned, only their tokens are taken."""

    address: StamperAddress
    authorities: Sequence[Authority] = ()
    seconds: float = SECONDS

    @property
    def name(self) -> str:
        """What it is called in ``ledger.toml``."""
        return self.address.name

    def stamp(self, content: bytes, *, nonce: int) -> Stamp:
        """A token over ``content`` that bears ``nonce`` (a random number of at most 63 bits).

        Raises Unavailable ``keys.stamper_down`` when no answer comes, ``keys.stamp_unfit`` when the answer is no good
        token over these bytes.
        """
        pair = pair_of(content)
        imprint = pair.sha256 if self.address.algorithm == "sha256" else pair.sm3
        answer = self._ask(timestamps.request(bytes.fromhex(imprint), algorithm=self.address.algorithm, nonce=nonce))
        check = timestamps.check_token(answer, covered=(content,), authorities=self.authorities, nonce=nonce)
        unasked = check.reason == "unpinned" and not self.authorities
        if check.token is None or not (check.status == "pass" or unasked):
            raise Unavailable(
                "keys.stamp_unfit",
                Said(
                    f"时间戳服务“{self.name}”的答复不能采用（{check.reason}）。封存不受影响，稍后再取。",
                    f"The answer of the time-stamper “{self.name}” is of no use ({check.reason}). Sealing goes on; the "
                    "token is asked for again later.",
                ),
            )
        return Stamp(answer, check.token.gm)

    def _ask(self, query: bytes) -> bytes:
        parts = urlsplit(self.address.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self.seconds)
        try:
            connection.request("POST", parts.path or "/", query, {"Content-Type": QUERY, "Accept": REPLY})
            with connection.getresponse() as answer:
                content = answer.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise self._down(type(error).__name__) from None
        finally:
            connection.close()
        if answer.status != http.client.OK or answer.headers.get_content_type() != REPLY or len(content) > MOST_BYTES:
            raise self._down(f"HTTP {answer.status}")
        return content

    def _down(self, why: str) -> Unavailable:
        return Unavailable(
            "keys.stamper_down",
            Said(
                f"时间戳服务“{self.name}”没有答复（{why}）。封存不受影响，稍后再取。",
                f"The time-stamper “{self.name}” does not answer ({why}). Sealing goes on; the token is asked for "
                "again later.",
            ),
        )
