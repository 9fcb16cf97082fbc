"""Both verifiers on one package: they must say the same of every check."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from concord.proofs.report import Report
from concord.proofs.trust import Asked, Trust, read_policy, read_trust
from concord.proofs.verifying import verify
from tests.support.packages import LOOKED_AT
from tests.support.second_verifier import second_report

Entries = list[tuple[bytes, bytes]]


@cache
def _trust_of(trust: bytes) -> Trust:
    return read_trust(trust)


def both_say(package: bytes, trust: bytes, *, policy: bytes | None = None, at: datetime = LOOKED_AT) -> Report:
    """The report of the first verifier, once the second has said the same."""
    asked = Asked() if policy is None else read_policy(policy)
    first = verify(io.BytesIO(package), trust=_trust_of(trust), asked=asked, at=at)
    other = second_report(package, trust, at, policy)
    assert {one["id"]: one["status"] for one in other["checks"]} == first.statuses, (_reasons(first), other)
    assert (other["verdict"], other["level"], other["package"]) == (first.verdict, first.level, first.package)
    assert other["asked"] == first.asked.as_json()
    assert other["trust"] == {"version": first.trust_version, "fingerprint": first.trust_fingerprint}
    return first


def _reasons(report: Report) -> dict[str, tuple[str, str]]:
    return {one.id: (one.status, one.reason) for one in report.checks}


def failing(report: Report) -> list[str]:
    """The checks that neither passed nor did not apply."""
    return [name for name, status in report.statuses.items() if status in {"fail", "indeterminate"}]


def flipped(data: bytes, bit: int) -> bytes:
    """The data with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def entries_of(package: bytes) -> Entries:
    """Names and contents of the entries, in order."""
    found, place = [], 0
    while package[place : place + 4] == b"PK\x03\x04":
        size, _same, name_length = struct.unpack("<IIH", package[place + 18 : place + 28])
        start = place + 30 + name_length
        found.append((package[place + 30 : start], package[start : start + size]))
        place = start + size
    return found


def container_of(entries: Iterable[tuple[bytes, bytes]], **changes: Any) -> bytes:
    """A container of these entries as the format lays them out, but for ``changes`` of header fields.

    A change is named ``local_<field>`` or ``central_<field>`` and holds for every entry; ``comment`` and ``extra`` are
    bytes.
    """
    out, directory, count = bytearray(), bytearray(), 0
    for name, content in entries:
        plain = {
            "needed": 20,
            "flags": 0x0800 if not name.isascii() else 0,
            "method": 0,
            "time": 0,
            "date": 0x0021,
            "crc": zlib.crc32(content),
            "packed": len(content),
            "size": len(content),
        }
        local = plain | {key[6:]: value for key, value in changes.items() if key.startswith("local_")}
        central = plain | {key[8:]: value for key, value in changes.items() if key.startswith("central_")}
        extra: bytes = changes.get("extra", b"")
        note: bytes = changes.get("entry_comment", b"")
        fields = struct.pack("<HHHHHIII", *(local[key] for key in plain))
        header = b"PK\x03\x04" + fields + struct.pack("<HH", len(name), len(extra)) + name + extra
        fields = struct.pack("<HHHHHHIII", central.get("made_by", 0x0314), *(central[key] for key in plain))
        tail = (len(name), len(extra), len(note), 0, 0, central.get("attributes", 0o100644 << 16), len(out))
        directory += b"PK\x01\x02" + fields + struct.pack("<HHHHHII", *tail) + name + extra + note
        out += header + content
        count += 1
    comment: bytes = changes.get("comment", b"")
    large = b""
    if count >= 0xFFFF:
        fields = struct.pack("<QHHIIQQQQ", 44, 0x0314, 45, 0, 0, count, count, len(directory), len(out))
        large = b"PK\x06\x06" + fields + b"PK\x06\x07" + struct.pack("<IQI", 0, len(out) + len(directory), 1)
        count = 0xFFFF
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(out), len(comment))
    return bytes(out + directory) + large + b"PK\x05\x06" + end + comment
