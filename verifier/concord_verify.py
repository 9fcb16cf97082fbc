#!/usr/bin/env python3
"""Verify a Concord evidence package (.evp) without Concord, without a network and with nothing but Python itself.

验证协保证据包：一个文件，只用 Python 自带的库，不联网。

    python3 concord_verify.py PACKAGE --trust trust.json [--policy policy.json] [--json] [--lang zh|en] [--at TIME]

Exit codes: 0 everything asked for is proven, 1 a check failed, 2 not everything could be proven, 3 wrong usage.

Written from docs/reference/evidence-format.md and the public standards it names, apart from Concord itself, so that
a fault of one verifier is noticed by the other. Python 3.8 or newer.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import time
import unicodedata
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, Iterator, NoReturn, Sequence, Tuple

VERSION = "1"
MEDIA_TYPE = b"application/vnd.concord.evidence+zip"
DOMAIN = b"concord-evidence/v1\n"
SM2_IDENTIFIER = b"1234567812345678"
SM2_NOTE = b"\xffconcord-sm2-cosignature/v1"
OWN_KIND = 0xFF
MIB = 1 << 20
CHUNK = 4 * MIB
LARGEST_CONTAINER = 64 << 30
MOST_ENTRIES = 100_000
LONGEST_NAME = 240
LARGEST_CHUNKS = 64 * MIB
LARGEST_TRUST = 16 * MIB
LARGEST_POLICY = 64 * 1024
MOST_ROOTS = 64
MOST_OF_A_KIND = 64
LARGEST_LEAF = 1024
LARGEST_NOTE = 64 * 1024
LONGEST_VKEY = 4096
MOST_LINES = 64
MOST_HASHES = 63
DEEPEST = 16
LONGEST_INTEGER = 17  # 2⁵³ has sixteen digits; longer ones take long to read
DEEPEST_DER = 32
LARGEST_TOKEN = 64 * 1024
LARGEST_CERTIFICATE = 16 * 1024
TOLERANCE = 300  # seconds a witness's clock may be behind a time-stamper's

PASS, FAIL, INDETERMINATE, NOT_APPLICABLE = "pass", "fail", "indeterminate", "not_applicable"
WORST_FIRST = (FAIL, INDETERMINATE, PASS)
EXITS = {PASS: 0, FAIL: 1, INDETERMINATE: 2}
USAGE = 3
LEVELS = ("L0", "L1", "L2", "L3")


class Refused(Exception):
    """What was read is not what the format says; the text is a stable reason."""


class Broken(Exception):
    """The trust file or the policy file cannot be used: nothing can be said about any package."""


# ---------------------------------------------------------------------------------------------------------------------
# Canonical JSON (section 2)
# ---------------------------------------------------------------------------------------------------------------------

KEY = re.compile(r"[a-z0-9_]+\Z")
Table = Dict[str, Any]


def _pairs(pairs: list[tuple[str, Any]]) -> Table:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("double_key")
    return found


def _no_fractions(_text: str) -> NoReturn:
    raise Refused("fraction")


def _integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise Refused("integer")
    return int(text)


def loads(data: bytes) -> Any:
    """Read JSON without doubled keys and fractions; canonical or not."""
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_int=_integer,
            parse_float=_no_fractions,
            parse_constant=_no_fractions,
        )
    except (ValueError, RecursionError):
        raise Refused("not_json") from None


def dumps(value: Any) -> bytes:
    """Write the canonical form."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("surrogate") from None


def _within_profile(value: Any, depth: int) -> None:
    if isinstance(value, (dict, list)):
        if depth >= DEEPEST:
            raise Refused("too_deep")
        if isinstance(value, dict) and not all(KEY.match(key) for key in value):
            raise Refused("key")
        for part in value.values() if isinstance(value, dict) else value:
            _within_profile(part, depth + 1)
    elif isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value):
            raise Refused("not_nfc")
    elif isinstance(value, int) and abs(value) >= 1 << 53:
        raise Refused("integer")


def canonical(data: bytes) -> Any:
    """Read canonical JSON: whatever is written otherwise is refused."""
    value = loads(data)
    _within_profile(value, 0)
    if dumps(value) != data:
        raise Refused("not_canonical")
    return value


def base64_of(text: str) -> bytes:
    """Read standard padded base64 that is written in the one way it can be."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise Refused("base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Refused("base64")
    return data


TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def seconds_of(text: str) -> Fraction:
    """Turn ``YYYY-MM-DDTHH:MM:SSZ`` into seconds since 1970."""
    if not TIME.match(text):
        raise Refused("time")
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refused("time") from None
    return Fraction((moment - EPOCH) // timedelta(seconds=1))


def time_text(moment: Fraction) -> str:
    """Write seconds since 1970 as a time of the format; whole seconds, rounded down."""
    try:
        return (EPOCH + timedelta(seconds=int(moment))).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except OverflowError:
        return str(int(moment))


# ---------------------------------------------------------------------------------------------------------------------
# Shapes of tables (sections 3 to 7)
# ---------------------------------------------------------------------------------------------------------------------


def fits(value: Any, shape: Any, place: str = "") -> None:
    """Refuse a value that does not have the shape: a table, a list of one shape, a test, or one literal."""
    if isinstance(shape, dict):
        _fits_table(value, shape, place)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise Refused("shape " + place)
        for number, part in enumerate(value):
            fits(part, shape[0], place + "." + str(number))
    elif callable(shape):
        if not shape(value):
            raise Refused("value " + place)
    elif type(value) is not type(shape) or value != shape:
        raise Refused("value " + place)


def _fits_table(value: Any, shape: Table, place: str) -> None:
    if not isinstance(value, dict):
        raise Refused("shape " + place)
    needed = {key for key in shape if not key.endswith("?")}
    if not needed <= set(value) or not set(value) <= {key.rstrip("?") for key in shape}:
        raise Refused("keys " + place)
    for key, part in value.items():
        fits(part, shape[key] if key in shape else shape[key + "?"], place + "." + key)


def is_text(value: Any) -> bool:
    """Any text."""
    return isinstance(value, str)


def is_count(value: Any) -> bool:
    """A whole number from 0."""
    return type(value) is int and value >= 0


def is_number(value: Any) -> bool:
    """A whole number from 1."""
    return type(value) is int and value >= 1


def is_seq(value: Any) -> bool:
    """The number of an event: six digits at most."""
    return type(value) is int and 0 <= value <= 999_999


def is_time(value: Any) -> bool:
    """A time of the format."""
    if not isinstance(value, str):
        return False
    try:
        seconds_of(value)
    except Refused:
        return False
    return True


def matching(pattern: str) -> Callable[[Any], bool]:
    """Texts that match as a whole."""
    compiled = re.compile("(?:" + pattern + r")\Z")
    return lambda value: isinstance(value, str) and compiled.match(value) is not None


def one_of(*words: str) -> Callable[[Any], bool]:
    """One of these words."""
    return lambda value: isinstance(value, str) and value in words


def table_of(name: Callable[[Any], bool], shape: Any) -> Callable[[Any], bool]:
    """A table with free names and values of one shape."""

    def test(value: Any) -> bool:
        if not isinstance(value, dict) or not all(name(key) for key in value):
            return False
        for part in value.values():
            fits(part, shape)
        return True

    return test


def encoded(length: int) -> Callable[[Any], bool]:
    """Base64 of so many bytes; 0: of any bytes at all."""

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            data = base64_of(value)
        except Refused:
            return False
        return len(data) == length if length else bool(data)

    return test


def is_ed25519_key(value: Any) -> bool:
    """Base64 of an Ed25519 key: a point of the curve in its one encoding, not of small order."""
    return encoded(32)(value) and _ed_key(base64_of(value)) is not None


def is_sm2_key(value: Any) -> bool:
    """Base64 of an SM2 key: a point of the curve, not compressed."""
    return encoded(65)(value) and _point(SM2, base64_of(value)) is not None


def payload_name(value: Any) -> bool:
    """The name of a file in a package."""
    if not isinstance(value, str) or not value.startswith("payload/"):
        return False
    try:
        if len(value.encode("utf-8")) > LONGEST_NAME:
            return False
    except UnicodeEncodeError:
        return False
    return (
        unicodedata.is_normalized("NFC", value)
        and "\\" not in value
        and not any(unicodedata.category(sign) == "Cc" for sign in value)
        and not any(part in ("", ".", "..") for part in value.split("/"))
    )


def unlike(names: Sequence[str]) -> bool:
    """Say whether no two of these names are equal after case folding."""
    return len({unicodedata.normalize("NFC", name.casefold()) for name in names}) == len(names)


ORG_PATTERN = "[0-9]{6}"
NAME_PATTERN = "/[a-z0-9-]{1,32}#[1-9][0-9]{0,8}"
is_org = matching(ORG_PATTERN)
is_digest = matching("[0-9a-f]{64}")
is_id = matching("ev1-[a-z2-7]{52}")
is_key = matching(ORG_PATTERN + "/(?:root|officer|log|witness|tsa)" + NAME_PATTERN)
is_officer_key = matching(ORG_PATTERN + "/officer" + NAME_PATTERN)
is_root_key = matching(ORG_PATTERN + "/root" + NAME_PATTERN)
is_commit_name = matching("[a-z0-9_]{1,40}")
PAIR = {"sha256": is_digest, "sm3": is_digest}
COMMITS = table_of(is_commit_name, PAIR)
SIGNATURE = {"alg": is_text, "key": is_text, "sig": is_text}

MANIFEST = {
    "schema": "manifest/1",
    "kind": one_of("evidence", "silence", "snapshot", "run"),
    "blind": is_digest,
    "issuer": {"org": is_org},
    "classification": one_of("case", "public", "restricted"),
    "collection": {
        "method": one_of("web", "purchase", "onsite", "upload", "device", "ledger"),
        "started_at": is_time,
        "ended_at": is_time,
        "tool": {"name": is_text, "version": is_text, "digest?": PAIR},
        "environment?": table_of(is_text, is_text),
    },
    "commits?": COMMITS,
    "freshness?": {"origin": is_text, "size": is_count, "root": is_digest},
    "files": [
        {
            "path": payload_name,
            "size": is_count,
            "media_type": is_text,
            "digest": PAIR,
            "chunks?": {"size": CHUNK, "count": is_count, "digest": PAIR},
            "derived_from?": PAIR,
            "redaction_of?": PAIR,
        }
    ],
    "relations?": [{"type": one_of("derived_from", "duplicate_of", "continues"), "id": is_id}],
}
ACTIONS = (
    "collect seal transfer receive inspect copy redact present recognise challenge revoke dispose".split()  # noqa: SIM905
)
EVENT = {
    "body": {
        "schema": "event/1",
        "seq": is_seq,
        "prev?": PAIR,
        "manifest": PAIR,
        "action": one_of(*ACTIONS),
        "actor": {"org": is_org, "key": is_officer_key},
        "counterparty?": is_org,
        "claimed_at": is_time,
        "commits?": COMMITS,
        "result?": {"report": PAIR},
    },
    "sigs": [SIGNATURE],
}
CHUNK_LIST = {
    "schema": "chunks/1",
    "path": is_text,
    "size": CHUNK,
    "sha256": [is_digest],
    "sm3": [is_digest],
}
SEALS = {"evidence": "seal", "silence": "silence", "snapshot": "snapshot", "run": "run"}
SEAL_LEAF = {
    "t": one_of(*SEALS.values()),
    "v": 1,
    "org": is_org,
    "id": is_id,
    "seq": 1,
    "head": PAIR,
    "tst?": PAIR,
}
HEAD_LEAF = {"t": "event", "v": 1, "org": is_org, "id": is_id, "seq": is_seq, "head": PAIR}
DISCLOSURE = {
    "schema": "disclosure/1",
    "fields": [
        {
            "at": matching(r"manifest\.json|events/[0-9]{6}\.json"),
            "name": is_commit_name,
            "salt": is_digest,
            "value": is_text,
        }
    ],
}
ENTRY = {
    "body": {
        "schema": "key/1",
        "version": 1,
        "key": is_key,
        "ed25519": is_ed25519_key,
        "sm2": is_sm2_key,
        "from": is_time,
        "until": is_time,
        "status": one_of("valid", "revoked"),
        "compromised_since?": is_time,
    },
    "sigs": [SIGNATURE],
    "proof?": is_text,
}
DIRECTORY = {"schema": "directory/1", "entries": [ENTRY]}
TRUST = {
    "body": {
        "schema": "trust/1",
        "version": is_number,
        "issued_at": is_time,
        "expires_at": is_time,
        "threshold": is_number,
        "roots": [{"key": is_root_key, "ed25519": is_ed25519_key, "sm2": is_sm2_key}],
        "policy": is_text,
        "sm2_witnesses?": [is_text],
        "authorities": [
            {
                "name": is_text,
                "certificate": encoded(0),
                "from": is_time,
                "until": is_time,
                "compromised_since?": is_time,
            }
        ],
        "directory": [ENTRY],
    },
    "sigs": [SIGNATURE],
}
POLICY = {
    "schema": "policy/1",
    "level": one_of(*LEVELS),
    "timestamp": lambda value: isinstance(value, bool),
    "quorum?": lambda value: is_number(value) and value <= MOST_ROOTS,
}


# ---------------------------------------------------------------------------------------------------------------------
# Digests: SHA-256 by Python, SM3 (GB/T 32905) by Python where its OpenSSL knows it, else here
# ---------------------------------------------------------------------------------------------------------------------

SM3_START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
WORD = 0xFFFFFFFF


def _turn(word: int, by: int) -> int:
    by %= 32
    return ((word << by) | (word >> (32 - by))) & WORD


def _sm3_block(state: Sequence[int], block: bytes) -> tuple[int, ...]:
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _turn(w[j - 3], 15)
        w.append(x ^ _turn(x, 15) ^ _turn(x, 23) ^ _turn(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = _turn((_turn(a, 12) + e + _turn(constant, j)) & WORD, 7)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ _turn(a, 12)) + (w[j] ^ w[j + 4])) & WORD
        tt2 = (gg + h + ss1 + w[j]) & WORD
        a, b, c, d = tt1, a, _turn(b, 9), c
        e, f, g, h = tt2 ^ _turn(tt2, 9) ^ _turn(tt2, 17), e, _turn(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h)))


class Sm3:
    """SM3 in Python alone: slow (0.1 MB/s), for a Python whose OpenSSL does not know it."""

    def __init__(self, data: bytes = b"") -> None:
        self.state: tuple[int, ...] = SM3_START
        self.rest = b""
        self.length = 0
        self.update(data)

    def update(self, data: bytes) -> None:
        """Take more bytes."""
        self.length += len(data)
        data = self.rest + data
        whole = len(data) - len(data) % 64
        for start in range(0, whole, 64):
            self.state = _sm3_block(self.state, data[start : start + 64])
        self.rest = data[whole:]

    def digest(self) -> bytes:
        """Return the 32 bytes; more can be taken afterwards."""
        padding = b"\x80" + bytes((55 - self.length) % 64) + struct.pack(">Q", self.length * 8)
        tail, state = self.rest + padding, self.state
        for start in range(0, len(tail), 64):
            state = _sm3_block(state, tail[start : start + 64])
        return struct.pack(">8I", *state)

    def hexdigest(self) -> str:
        """Return the digest in hex."""
        return self.digest().hex()


def sm3(data: bytes = b"") -> Any:
    """Begin an SM3 digest."""
    try:
        return hashlib.new("sm3", data)
    except ValueError:
        return Sm3(data)


def pair_of(data: bytes) -> Table:
    """Both digests of some bytes."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "sm3": sm3(data).hexdigest()}


def digest(name: str, data: bytes) -> bytes:
    """Digest by the name used in this file."""
    result: bytes = sm3(data).digest() if name == "sm3" else hashlib.new(name, data).digest()
    return result


# ---------------------------------------------------------------------------------------------------------------------
# Ed25519 (RFC 8032)
# ---------------------------------------------------------------------------------------------------------------------

ED_P = 2**255 - 19
ED_L = 2**252 + 27742317777372353535851937790883648493
ED_D = -121665 * pow(121666, -1, ED_P) % ED_P
ED_ROOT = pow(2, (ED_P - 1) // 4, ED_P)
EdPoint = Tuple[int, int, int, int]


def _ed_add(p: EdPoint, q: EdPoint) -> EdPoint:
    a = (p[1] - p[0]) * (q[1] - q[0]) % ED_P
    b = (p[1] + p[0]) * (q[1] + q[0]) % ED_P
    c = 2 * p[3] * q[3] * ED_D % ED_P
    d = 2 * p[2] * q[2] % ED_P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % ED_P, g * h % ED_P, f * g % ED_P, e * h % ED_P)


def _ed_double(p: EdPoint) -> EdPoint:
    a, b = p[0] * p[0] % ED_P, p[1] * p[1] % ED_P
    h = a + b
    e = h - (p[0] + p[1]) * (p[0] + p[1]) % ED_P
    g = a - b
    f = 2 * p[2] * p[2] % ED_P + g
    return (e * f % ED_P, g * h % ED_P, f * g % ED_P, e * h % ED_P)


def _ed_point(data: bytes) -> EdPoint | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= ED_P:
        return None
    u, v = (y * y - 1) % ED_P, (ED_D * y * y + 1) % ED_P
    x = u * pow(v, 3, ED_P) * pow(u * pow(v, 7, ED_P), (ED_P - 5) // 8, ED_P) % ED_P
    if (v * x * x - u) % ED_P:
        x = x * ED_ROOT % ED_P
        if (v * x * x - u) % ED_P:
            return None
    if not x and sign:
        return None
    if x & 1 != sign:
        x = ED_P - x
    return (x, y, 1, x * y % ED_P)


def _ed_key(data: bytes) -> EdPoint | None:
    """Return the point of a public key; None for what no key may be, such as the eight points of small order."""
    point = _ed_point(data) if len(data) == 32 else None
    if point is None:
        return None
    x, y, z, _t = _ed_double(_ed_double(_ed_double(point)))
    return None if x == 0 and y == z else point


ED_BASE_Y = 4 * pow(5, -1, ED_P) % ED_P
ED_BASE = _ed_point(ED_BASE_Y.to_bytes(32, "little"))


@lru_cache(maxsize=4096)
def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether an Ed25519 signature is right."""
    if len(signature) != 64 or ED_BASE is None:
        return False
    point = _ed_key(public)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= ED_L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ED_L
    x, y, z, t = point
    negative = (ED_P - x, y, z, ED_P - t)
    steps = {1: ED_BASE, 2: negative, 3: _ed_add(ED_BASE, negative)}
    found: EdPoint = (0, 1, 1, 0)
    for bit in range(max(s.bit_length(), h.bit_length()) - 1, -1, -1):
        found = _ed_double(found)
        step = (s >> bit & 1) | (h >> bit & 1) << 1
        if step:
            found = _ed_add(found, steps[step])
    inverse = pow(found[2], -1, ED_P)
    x, y = found[0] * inverse % ED_P, found[1] * inverse % ED_P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# ---------------------------------------------------------------------------------------------------------------------
# Curves y² = x³ - 3x + b: SM2 (GB/T 32918) and ECDSA over P-256 and P-384 (FIPS 186)
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """A curve: its field, its constant, its order, its base point, the bytes of a coordinate."""

    p: int
    b: int
    n: int
    x: int
    y: int
    size: int


SM2 = Curve(
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    32,
)
P256 = Curve(
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    32,
)
P384 = Curve(
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    48,
)
Jacobian = Tuple[int, int, int]


def _double(point: Jacobian, p: int) -> Jacobian:
    x, y, z = point
    if not y or not z:
        return (1, 1, 0)
    yy = y * y % p
    s = 4 * x * yy % p
    zz = z * z % p
    m = 3 * (x - zz) * (x + zz) % p
    x2 = (m * m - 2 * s) % p
    return (x2, (m * (s - x2) - 8 * yy * yy) % p, 2 * y * z % p)


def _add(one: Jacobian, two: Jacobian, p: int) -> Jacobian:
    if not one[2]:
        return two
    if not two[2]:
        return one
    z1, z2 = one[2] * one[2] % p, two[2] * two[2] % p
    u1, u2 = one[0] * z2 % p, two[0] * z1 % p
    s1, s2 = one[1] * z2 * two[2] % p, two[1] * z1 * one[2] % p
    h, r = (u2 - u1) % p, (s2 - s1) % p
    if not h:
        return (1, 1, 0) if r else _double(one, p)
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x = (r * r - hhh - 2 * v) % p
    return (x, (r * (v - x) - s1 * hhh) % p, h * one[2] * two[2] % p)


def _sum_x(curve: Curve, one: int, two: int, point: tuple[int, int]) -> int | None:
    """Return the x of ``one`` times the base point plus ``two`` times the point; None at infinity."""
    base, other = (curve.x, curve.y, 1), (point[0], point[1], 1)
    steps = {1: base, 2: other, 3: _add(base, other, curve.p)}
    found: Jacobian = (1, 1, 0)
    for bit in range(max(one.bit_length(), two.bit_length()) - 1, -1, -1):
        found = _double(found, curve.p)
        step = (one >> bit & 1) | (two >> bit & 1) << 1
        if step:
            found = _add(found, steps[step], curve.p)
    if not found[2]:
        return None
    return found[0] * pow(found[2], -2, curve.p) % curve.p


def _point(curve: Curve, public: bytes) -> tuple[int, int] | None:
    if len(public) != 1 + 2 * curve.size or public[0] != 4:
        return None
    x = int.from_bytes(public[1 : 1 + curve.size], "big")
    y = int.from_bytes(public[1 + curve.size :], "big")
    if x >= curve.p or y >= curve.p or (y * y - x * x * x + 3 * x - curve.b) % curve.p:
        return None
    return x, y


@lru_cache(maxsize=4096)
def sm2(public: bytes, message: bytes, signature: bytes, identifier: bytes = SM2_IDENTIFIER) -> bool:
    """Say whether an SM2 signature with SM3, r and s of 32 bytes each, is right."""
    point = _point(SM2, public)
    if point is None or len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < SM2.n and 0 < s < SM2.n) or not (r + s) % SM2.n:
        return False
    numbers = (SM2.p - 3, SM2.b, SM2.x, SM2.y)
    z = struct.pack(">H", len(identifier) * 8) + identifier
    z += b"".join(number.to_bytes(32, "big") for number in numbers) + public[1:]
    e = int.from_bytes(digest("sm3", digest("sm3", z) + message), "big")
    x = _sum_x(SM2, s, (r + s) % SM2.n, point)
    return x is not None and (e + x) % SM2.n == r


def ecdsa(curve: Curve, public: bytes, hashed: bytes, r: int, s: int) -> bool:
    """Say whether an ECDSA signature over a digest is right."""
    point = _point(curve, public)
    if point is None or not (0 < r < curve.n and 0 < s < curve.n):
        return False
    e = int.from_bytes(hashed, "big") >> max(0, len(hashed) * 8 - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    x = _sum_x(curve, e * inverse % curve.n, r * inverse % curve.n, point)
    return x is not None and x % curve.n == r


RSA_PREFIX = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def rsa(modulus: int, exponent: int, algorithm: str, hashed: bytes, signature: bytes) -> bool:
    """Say whether an RSA signature (PKCS #1 v1.5) over a digest is right."""
    length = (modulus.bit_length() + 7) // 8
    if not 2048 <= modulus.bit_length() <= 8192 or not 3 <= exponent < 1 << 33 or len(signature) != length:
        return False
    number = int.from_bytes(signature, "big")
    if algorithm not in RSA_PREFIX or number >= modulus:
        return False
    tail = RSA_PREFIX[algorithm] + hashed
    wanted = b"\x00\x01" + b"\xff" * (length - len(tail) - 3) + b"\x00" + tail
    return pow(number, exponent, modulus).to_bytes(length, "big") == wanted


# ---------------------------------------------------------------------------------------------------------------------
# DER (X.690) and certificates (RFC 5280), as far as time-stamps need them
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Der:
    """One element: its tag, its content, its bytes as a whole."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> list[Der]:
        """Return the elements inside a constructed one."""
        if not self.tag & 0x20:
            raise Refused("der")
        return ders(self.content)


def tag_taken(tag: int) -> bool:
    """Say whether a tag is of one byte and, where it is universal, of the one form that DER gives it."""
    number, constructed = tag & 0x1F, bool(tag & 0x20)
    return bool(tag) and number != 0x1F and (tag >= 0x40 or constructed == (number in (0x10, 0x11)))


def whole_tree(data: bytes, depth: int = DEEPEST_DER) -> None:
    """Refuse what is not DER anywhere inside."""
    if depth < 0:
        raise Refused("der")
    for element in ders(data):
        if element.tag & 0x20:
            whole_tree(element.content, depth - 1)


def ders(data: bytes) -> list[Der]:
    """Read elements one after the other; short tags, definite and shortest lengths only."""
    found = []
    while data:
        if len(data) < 2 or not tag_taken(data[0]):
            raise Refused("der")
        start, length = 2, data[1]
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or len(data) < 2 + count:
                raise Refused("der")
            start, length = 2 + count, int.from_bytes(data[2 : 2 + count], "big")
            if length < 0x80 or length >> (8 * (count - 1)) == 0:
                raise Refused("der")
        if len(data) < start + length:
            raise Refused("der")
        found.append(Der(data[0], data[start : start + length], data[: start + length]))
        data = data[start + length :]
    return found


def der_one(data: bytes, tag: int) -> Der:
    """Read exactly one element of this tag."""
    found = ders(data)
    if len(found) != 1 or found[0].tag != tag:
        raise Refused("der")
    return found[0]


def want(element: Der, tag: int) -> Der:
    """Refuse an element of another tag."""
    if element.tag != tag:
        raise Refused("der")
    return element


def der_integer(element: Der, longest: int = 64) -> int:
    """Read an integer written in its shortest form."""
    data = want(element, 0x02).content
    if not 1 <= len(data) <= longest or (
        len(data) > 1 and ((data[0] == 0 and data[1] < 0x80) or (data[0] == 0xFF and data[1] >= 0x80))
    ):
        raise Refused("der")
    return int.from_bytes(data, "big", signed=True)


def der_oid(element: Der) -> str:
    """Read an object identifier as dotted decimals."""
    data = want(element, 0x06).content
    if not 1 <= len(data) <= 64 or data[-1] & 0x80:
        raise Refused("der")
    numbers, number, begun = [], 0, False
    for byte in data:
        if not begun and byte == 0x80:
            raise Refused("der")
        number, begun = number << 7 | byte & 0x7F, True
        if not byte & 0x80:
            numbers.append(number)
            number, begun = 0, False
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, [first, numbers[0] - 40 * first, *numbers[1:]]))


def der_time(element: Der) -> Fraction:
    """Read UTCTime or GeneralizedTime as seconds since 1970."""
    try:
        text = element.content.decode("ascii")
    except UnicodeDecodeError:
        raise Refused("der_time") from None
    if element.tag == 0x17 and re.match(r"[0-9]{12}Z\Z", text):
        text = ("20" if text[:2] < "50" else "19") + text
    elif element.tag != 0x18:
        raise Refused("der_time")
    found = re.match(r"([0-9]{14})(?:\.([0-9]{0,5}[1-9]))?Z\Z", text)
    if not found:
        raise Refused("der_time")
    whole, rest = found.groups()
    parts = [whole[:4], whole[4:6], whole[6:8], whole[8:10], whole[10:12], whole[12:]]
    seconds = seconds_of("{}-{}-{}T{}:{}:{}Z".format(*parts))
    return seconds + (Fraction(int(rest), 10 ** len(rest)) if rest else 0)


def bit_string(element: Der) -> bytes:
    """Read a bit string of whole bytes."""
    data = want(element, 0x03).content
    if not data or data[0]:
        raise Refused("der")
    return data[1:]


def algorithm_of(element: Der) -> tuple[str, Der | None]:
    """Read an AlgorithmIdentifier: its name and its parameters, NULL counted as none."""
    parts = want(element, 0x30).parts()
    if not 1 <= len(parts) <= 2:
        raise Refused("der")
    parameters = parts[1] if len(parts) == 2 else None
    if parameters is not None and parameters.whole == b"\x05\x00":
        parameters = None
    return der_oid(parts[0]), parameters


DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.156.10197.1.401": "sm3",
}
RSA_KEY, EC_KEY, ED25519_KEY = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.3.101.112"
SM2_WITH_SM3, SM2_SIGNING = "1.2.156.10197.1.501", "1.2.156.10197.1.301.1"
# Each signature algorithm: the kind of key it needs and the digest it fixes.
SIGNED_WITH = {
    RSA_KEY: ("rsa", ""),
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    ED25519_KEY: ("ed25519", "sha512"),
    SM2_WITH_SM3: ("sm2", "sm3"),
    SM2_SIGNING: ("sm2", "sm3"),
}
CURVES = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384, "1.2.156.10197.1.301": SM2}
EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS = "2.5.29.37", "2.5.29.19"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


@dataclass(frozen=True)
class Certificate:
    """What a certificate says."""

    whole: bytes
    issuer: bytes
    serial: int
    not_before: Fraction
    not_after: Fraction
    key: tuple[Any, ...]
    only_stamps: bool
    is_authority: bool


def _public_key(element: Der) -> tuple[Any, ...]:
    named, bits = want(element, 0x30).parts()
    name, parameters = algorithm_of(named)
    data = bit_string(bits)
    if name == RSA_KEY and parameters is None:
        modulus, exponent = (der_integer(part, 1025) for part in der_one(data, 0x30).parts())
        return ("rsa", modulus, exponent)
    if name == EC_KEY and parameters is not None:
        curve = CURVES.get(der_oid(parameters))
        return ("sm2", data) if curve is SM2 else ("ecdsa", curve, data) if curve else ("unknown",)
    if name == ED25519_KEY and parameters is None:
        return ("ed25519", data)
    return ("unknown",)


def _extensions(element: Der | None) -> dict[str, tuple[bool, bytes]]:
    found: dict[str, tuple[bool, bytes]] = {}
    for extension in element.parts()[0].parts() if element else []:
        parts = want(extension, 0x30).parts()
        name, critical = der_oid(parts[0]), len(parts) == 3
        if len(parts) not in (2, 3) or name in found or (critical and parts[1].whole != b"\x01\x01\xff"):
            raise Refused("certificate")
        found[name] = (critical, want(parts[-1], 0x04).content)
    return found


def _read_certificate(data: bytes) -> Certificate:
    if len(data) > LARGEST_CERTIFICATE:
        raise Refused("certificate")
    whole_tree(data)
    body, named, _signature = der_one(data, 0x30).parts()
    version, *fields = want(body, 0x30).parts()
    if want(version, 0xA0).content != b"\x02\x01\x02":
        raise Refused("certificate")
    serial, algorithm, issuer, validity, _subject, key = fields[:6]
    if algorithm.whole != named.whole:
        raise Refused("certificate")
    begins, ends = want(validity, 0x30).parts()
    extensions = _extensions(next((one for one in fields[6:] if one.tag == 0xA3), None))
    critical, usage = extensions.get(EXTENDED_KEY_USAGE, (False, b""))
    stamps = critical and [der_oid(one) for one in der_one(usage, 0x30).parts()] == [TIME_STAMPING]
    constraints = der_one(extensions[BASIC_CONSTRAINTS][1], 0x30).parts() if BASIC_CONSTRAINTS in extensions else []
    return Certificate(
        whole=data,
        issuer=want(issuer, 0x30).whole,
        serial=der_integer(serial),
        not_before=der_time(begins),
        not_after=der_time(ends),
        key=_public_key(key),
        only_stamps=stamps,
        is_authority=bool(constraints) and constraints[0].tag == 0x01 and constraints[0].content != b"\x00",
    )


def certificate_of(data: bytes) -> Certificate:
    """Read a certificate."""
    try:
        return _read_certificate(data)
    except (ValueError, IndexError):
        raise Refused("certificate") from None


def _two_integers(signature: bytes) -> tuple[int, int]:
    try:
        r, s = (der_integer(part) for part in der_one(signature, 0x30).parts())
    except (Refused, ValueError):
        return 0, 0
    return r, s


def key_signed(key: tuple[Any, ...], name: str, hashed_by: str, message: bytes, signature: bytes) -> bool:
    """Say whether a certificate's key made a signature over a message, by the algorithm of this name."""
    kind, fixed = SIGNED_WITH.get(name, ("", ""))
    if kind != key[0] or (fixed and fixed != hashed_by):
        return False
    if kind == "rsa":
        return rsa(key[1], key[2], hashed_by, digest(hashed_by, message), signature)
    if kind == "ed25519":
        return ed25519(key[1], message, signature)
    r, s = _two_integers(signature)
    if kind == "ecdsa":
        return ecdsa(key[1], key[2], digest(hashed_by, message), r, s)
    if not (0 < r < SM2.n and 0 < s < SM2.n):
        return False
    return sm2(key[1], message, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


# ---------------------------------------------------------------------------------------------------------------------
# Time-stamps (RFC 3161, RFC 5652, RFC 5816; GM/T 0033 for SM2)
# ---------------------------------------------------------------------------------------------------------------------

# GM/T 0010 counts the versions of SignedData from 1, RFC 5652 asks for 3 here.
SIGNED_DATA = {"1.2.840.113549.1.7.2": (3,), "1.2.156.10197.6.1.4.2.2": (1, 3)}
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
MOST_CERTIFICATES = 4


@dataclass(frozen=True)
class Token:
    """A time-stamp as it was read; nothing of it is proven yet."""

    at: Fraction
    imprint: tuple[str, bytes]
    content: bytes
    certificates: list[bytes]
    issuer: bytes
    serial: int
    hashed_by: str
    attributes: bytes
    message_digest: bytes
    certificate_digest: tuple[str, bytes]
    signed_by: str
    signature: bytes


def _digest_name(element: Der) -> str:
    name, parameters = algorithm_of(element)
    if name not in DIGESTS or parameters is not None:
        raise Refused("algorithm")
    return DIGESTS[name]


def _tst_info(data: bytes) -> tuple[tuple[str, bytes], Fraction]:
    parts = der_one(data, 0x30).parts()
    if der_integer(parts[0]) != 1:
        raise Refused("malformed")
    der_oid(parts[1])
    named, imprint = want(parts[2], 0x30).parts()
    algorithm = _digest_name(named)
    if len(want(imprint, 0x04).content) != len(digest(algorithm, b"")):
        raise Refused("malformed")
    der_integer(parts[3])
    at = der_time(want(parts[4], 0x18))
    order = [0x30, 0x01, 0x02, 0xA0, 0xA1]
    tags = [part.tag for part in parts[5:]]
    if tags != sorted(set(tags) & set(order), key=order.index):
        raise Refused("malformed")
    for part in parts[5:]:
        if part.tag == 0x02:
            der_integer(part)
        if part.tag == 0x30:
            _accuracy(part)
        if part.tag == 0x01 and part.content != b"\xff":
            raise Refused("malformed")
        if part.tag == 0xA1 and any(one.tag == 0x01 for extension in part.parts() for one in extension.parts()):
            raise Refused("malformed")
    return (algorithm, imprint.content), at


def _accuracy(element: Der) -> None:
    parts = element.parts()
    order = [0x02, 0x80, 0x81]
    if [part.tag for part in parts] != [tag for tag in order if tag in [part.tag for part in parts]]:
        raise Refused("malformed")
    for part in parts:
        number = der_integer(Der(0x02, part.content, part.whole))
        if number < 0 or (part.tag != 0x02 and not 1 <= number <= 999):
            raise Refused("malformed")


def _attributes(element: Der) -> dict[str, Der]:
    found: dict[str, Der] = {}
    attributes = element.parts()
    if [one.whole for one in attributes] != sorted(one.whole for one in attributes):
        raise Refused("malformed")
    for attribute in attributes:
        named, values = want(attribute, 0x30).parts()
        name, inside = der_oid(named), want(values, 0x31).parts()
        if name in found or len(inside) != 1:
            raise Refused("malformed")
        found[name] = inside[0]
    return found


def _named_certificate(attributes: dict[str, Der], signer: tuple[bytes, int]) -> tuple[str, bytes]:
    """Return digest algorithm and digest of the signer's certificate, of ESSCertIDv2 or else ESSCertID."""
    newer = attributes.get(SIGNING_CERTIFICATE_2)
    chosen = newer or attributes.get(SIGNING_CERTIFICATE)
    if chosen is None:
        raise Refused("malformed")
    parts = want(want(want(chosen, 0x30).parts()[0], 0x30).parts()[0], 0x30).parts()
    algorithm = "sha256" if newer else "sha1"
    if newer and parts[0].tag == 0x30:
        algorithm = _digest_name(parts[0])
        parts = parts[1:]
    if len(parts) > 2:
        raise Refused("malformed")
    if len(parts) == 2:
        names, serial = want(parts[1], 0x30).parts()
        (directory,) = want(names, 0x30).parts()
        (issuer,) = want(directory, 0xA4).parts()
        if (issuer.whole, der_integer(serial)) != signer:
            raise Refused("malformed")
    return algorithm, want(parts[0], 0x04).content


def _read_token(response: bytes) -> Token:
    if len(response) > LARGEST_TOKEN:
        raise Refused("malformed")
    whole_tree(response)
    status, token = der_one(response, 0x30).parts()
    if status.whole != bytes.fromhex("3003020100"):
        raise Refused("status")
    named, inside = want(token, 0x30).parts()
    if der_oid(named) not in SIGNED_DATA:
        raise Refused("malformed")
    (signed,) = want(inside, 0xA0).parts()
    fields = want(signed, 0x30).parts()
    if der_integer(fields[0]) not in SIGNED_DATA[der_oid(named)]:
        raise Refused("malformed")
    listed = [_digest_name(one) for one in want(fields[1], 0x31).parts()]
    kind, content = want(fields[2], 0x30).parts()
    if der_oid(kind) != TST_INFO:
        raise Refused("malformed")
    info = der_one(want(content, 0xA0).content, 0x04).content
    certificates: list[bytes] = []
    if fields[3].tag == 0xA0:
        certificates = [want(one, 0x30).whole for one in fields[3].parts()]
        fields = fields[:3] + fields[4:]
    if len(fields) != 4 or len(certificates) > MOST_CERTIFICATES:
        raise Refused("malformed")
    (signer,) = want(fields[3], 0x31).parts()
    found = _with_signer(signer, info, certificates)
    if found.hashed_by not in listed:
        raise Refused("malformed")
    return found


def _with_signer(signer: Der, info: bytes, certificates: list[bytes]) -> Token:
    parts = want(signer, 0x30).parts()
    if len(parts) != 6 or der_integer(parts[0]) != 1:
        raise Refused("malformed")
    issuer, serial = want(parts[1], 0x30).parts()
    hashed_by = _digest_name(parts[2])
    attributes = _attributes(want(parts[3], 0xA0))
    if CONTENT_TYPE not in attributes or der_oid(attributes[CONTENT_TYPE]) != TST_INFO:
        raise Refused("malformed")
    if MESSAGE_DIGEST not in attributes:
        raise Refused("malformed")
    signed_by, parameters = algorithm_of(parts[4])
    kind, fixed = SIGNED_WITH.get(signed_by, ("", ""))
    if parameters is not None or not kind or fixed not in ("", hashed_by) or (hashed_by == "sm3") != (kind == "sm2"):
        raise Refused("algorithm")
    imprint, at = _tst_info(info)
    return Token(
        at=at,
        imprint=imprint,
        content=info,
        certificates=certificates,
        issuer=issuer.whole,
        serial=der_integer(serial),
        hashed_by=hashed_by,
        attributes=b"\x31" + parts[3].whole[1:],
        message_digest=want(attributes[MESSAGE_DIGEST], 0x04).content,
        certificate_digest=_named_certificate(attributes, (issuer.whole, der_integer(serial))),
        signed_by=signed_by,
        signature=want(parts[5], 0x04).content,
    )


def token_of(response: bytes) -> Token:
    """Read a time-stamp response."""
    try:
        return _read_token(response)
    except (ValueError, IndexError):
        raise Refused("malformed") from None


@dataclass(frozen=True)
class Authority:
    """A time-stamper the trust file pins."""

    name: str
    certificate: Certificate
    since: Fraction
    until: Fraction
    compromised_since: Fraction | None


def check_token(
    response: bytes, covered: Sequence[bytes], authorities: Sequence[Authority], *, gm: bool | None = None
) -> tuple[str, str, Token | None]:
    """Judge a time-stamp: status, reason, and the token where it could be read."""
    try:
        token = token_of(response)
    except Refused as refused:
        return FAIL, str(refused), None
    if gm is not None and gm != (SIGNED_WITH[token.signed_by][0] == "sm2"):
        return FAIL, "algorithm", token
    algorithm, imprint = token.imprint
    if imprint not in [digest(algorithm, data) for data in covered]:
        return FAIL, "imprint", token
    named = (token.issuer, token.serial)
    pinned = [one for one in authorities if (one.certificate.issuer, one.certificate.serial) == named]
    if not pinned:
        return INDETERMINATE, "unpinned", token
    reasons = [_against(token, one) for one in pinned]
    return (PASS, "ok", token) if "ok" in reasons else (FAIL, reasons[0], token)


def _against(token: Token, authority: Authority) -> str:
    certificate = authority.certificate
    algorithm, named = token.certificate_digest
    right = not token.certificates or certificate.whole in token.certificates
    right = right and digest(algorithm, certificate.whole) == named
    right = right and digest(token.hashed_by, token.content) == token.message_digest
    if not right or not key_signed(
        certificate.key, token.signed_by, token.hashed_by, token.attributes, token.signature
    ):
        return "signature"
    if not certificate.only_stamps or certificate.is_authority:
        return "purpose"
    if not certificate.not_before <= token.at <= certificate.not_after:
        return "expired"
    if not authority.since <= token.at < authority.until:
        return "expired"
    if authority.compromised_since is not None and token.at >= authority.compromised_since:
        return "compromised"
    return "ok"


# ---------------------------------------------------------------------------------------------------------------------
# The log: Merkle tree (RFC 6962, 9162), signed notes, checkpoints, cosignatures, policy, proofs (C2SP)
# ---------------------------------------------------------------------------------------------------------------------


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def included(index: int, size: int, hashed: bytes, hashes: Sequence[bytes], root: bytes) -> bool:
    """Say whether hashes lead from a leaf's hash to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(hashed) != 32 or len(root) != 32:
        return False
    fn, sn, found = index, size - 1, hashed
    for one in hashes:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = hashlib.sha256(b"\x01" + one + found).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + one).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def decimal(text: str) -> int:
    """Read a whole number without leading zeros, below 2⁶³."""
    if not re.match(r"(?:0|[1-9][0-9]{0,18})\Z", text) or int(text) >= 1 << 63:
        raise Refused("number")
    return int(text)


@dataclass(frozen=True)
class Line:
    """A signature line of a note."""

    name: str
    key: bytes
    signature: bytes


@dataclass(frozen=True)
class Verifier:
    """A key that signs notes: its name, its four bytes, its kind (1 log, 4 and 255 witnesses), its bytes."""

    name: str
    key: bytes
    kind: int
    public: bytes


def note_name(text: str) -> bool:
    """Say whether a text can be the name of a key."""
    return bool(text) and "+" not in text and not any(sign.isspace() or sign < " " for sign in text)


def verifier_of(text: str) -> Verifier:
    """Read ``name+id+base64`` and compare the id with the key."""
    parts = text.split("+", 2)
    if (
        len(text) > LONGEST_VKEY
        or len(parts) != 3
        or not note_name(parts[0])
        or not re.match(r"[0-9a-f]{8}\Z", parts[1])
    ):
        raise Refused("vkey")
    material = base64_of(parts[2])
    wanted = hashlib.sha256(parts[0].encode("utf-8") + b"\n" + material).digest()[:4]
    if not material or wanted.hex() != parts[1]:
        raise Refused("vkey")
    kind, public = material[0], material[1:]
    if kind == OWN_KIND:
        if not material.startswith(SM2_NOTE):
            raise Refused("vkey")
        public = material[len(SM2_NOTE) :]
    lengths = {1: 32, 4: 32, 6: 1312, OWN_KIND: 65}
    if lengths.get(kind) != len(public) or (kind in (1, 4) and _ed_key(public) is None):
        raise Refused("vkey")
    return Verifier(parts[0], wanted, kind, public)


def note_of(data: bytes) -> tuple[str, list[Line]]:
    """Read a signed note: its text and its lines."""
    if len(data) > LARGEST_NOTE:
        raise Refused("note")
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("note") from None
    text, parted, signatures = note.rpartition("\n\n")
    if not parted or not signatures.endswith("\n") or any(sign < " " and sign != "\n" for sign in note):
        raise Refused("note")
    lines = []
    for line in signatures[:-1].split("\n"):
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\u2014" or not note_name(words[1]):
            raise Refused("note")
        signature = base64_of(words[2])
        if len(signature) < 5:
            raise Refused("note")
        lines.append(Line(words[1], signature[:4], signature[4:]))
    if len(lines) > MOST_LINES or len({(line.name, line.key) for line in lines}) != len(lines):
        raise Refused("note")
    return text + "\n", lines


@dataclass(frozen=True)
class Checkpoint:
    """What a log says about itself, with the lines below it."""

    origin: str
    size: int
    root: bytes
    text: bytes
    lines: list[Line]


def checkpoint_of(data: bytes) -> Checkpoint:
    """Read a signed checkpoint."""
    text, lines = note_of(data)
    parts = text[:-1].split("\n")
    if len(parts) < 3 or not all(parts):
        raise Refused("checkpoint")
    root = base64_of(parts[2])
    if len(root) != 32:
        raise Refused("checkpoint")
    return Checkpoint(parts[0], decimal(parts[1]), root, text.encode("utf-8"), lines)


@dataclass(frozen=True)
class Proof:
    """A tlog-proof."""

    index: int
    hashes: list[bytes]
    checkpoint: Checkpoint

    def proves(self, leaf: bytes) -> bool:
        """Say whether the leaf is in the tree of the checkpoint, at the index."""
        return included(self.index, self.checkpoint.size, leaf_hash(leaf), self.hashes, self.checkpoint.root)


def proof_of(data: bytes) -> Proof:
    """Read a tlog-proof without extra lines."""
    head, parted, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Refused("proof") from None
    if not parted or len(lines) < 2 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise Refused("proof")
    hashes = [base64_of(line) for line in lines[2:]]
    if len(hashes) > MOST_HASHES or any(len(one) != 32 for one in hashes):
        raise Refused("proof")
    return Proof(decimal(lines[1][len("index ") :]), hashes, checkpoint_of(note))


@dataclass
class LogPolicy:
    """A C2SP tlog-policy: logs by origin, witnesses by their name in the policy, groups, the quorum."""

    logs: dict[str, Verifier] = field(default_factory=dict)
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str | None = None

    def satisfied(self, names: set[str], name: str | None = None) -> bool:
        """Say whether these witnesses (names of the policy) are enough."""
        name = self.quorum if name is None else name
        if name is None or name == "none":
            return True
        if name in self.witnesses:
            return name in names
        needed, members = self.groups[name]
        return sum(self.satisfied(names, member) for member in members) >= needed


class PolicyReader:
    """Reads a policy line by line."""

    def __init__(self) -> None:
        self.policy = LogPolicy()
        self.members: set[str] = set()
        self.keys: set[tuple[str, bytes]] = set()
        self.names: set[str] = set()

    def take(self, words: list[str]) -> None:
        """Take the words of a line."""
        kind = words[0]
        if kind == "log" and 2 <= len(words) <= 3:
            key = self.key("log", words[1], (1,))
            self.policy.logs[key.name] = key
        elif kind == "witness" and 3 <= len(words) <= 4:
            self.new(words[1])
            self.policy.witnesses[words[1]] = self.key("witness", words[2], (4, 6))
        elif kind == "group" and len(words) >= 4:
            self.new(words[1])
            self.group(words)
        elif kind == "quorum" and len(words) == 2 and self.policy.quorum is None:
            if words[1] != "none" and not self.known(words[1]):
                raise Refused("policy")
            self.policy.quorum = words[1]
        else:
            raise Refused("policy")

    def known(self, name: str) -> bool:
        """Say whether a witness or group has this name."""
        return name in self.policy.witnesses or name in self.policy.groups

    def new(self, name: str) -> None:
        """Refuse a name that is taken."""
        if name == "none" or self.known(name):
            raise Refused("policy")

    def key(self, role: str, text: str, kinds: tuple[int, ...]) -> Verifier:
        """Read a key that no other line of this role has."""
        key = verifier_of(text)
        taken = key.name in self.names or (role, key.public) in self.keys
        if key.kind not in kinds or taken or sum(one[0] == role for one in self.keys) == MOST_OF_A_KIND:
            raise Refused("policy")
        self.keys.add((role, key.public))
        self.names.add(key.name)
        return key

    def group(self, words: list[str]) -> None:
        """Take a group; a name is a member once, of one group only."""
        members = words[3:]
        if not all(map(self.known, members)) or len(set(members)) != len(members) or self.members & set(members):
            raise Refused("policy")
        needed = {"all": len(members), "any": 1}.get(words[2])
        needed = decimal(words[2]) if needed is None else needed
        if not 1 <= needed <= len(members) or len(self.policy.groups) == MOST_OF_A_KIND:
            raise Refused("policy")
        self.policy.groups[words[1]] = (needed, members)
        self.members.update(members)


def log_policy_of(text: str) -> LogPolicy:
    """Read a policy text."""
    controls = any((sign < " " and sign not in "\t\n") or sign == "\x7f" for sign in text)
    if controls or len(text) > LARGEST_POLICY or not text.endswith("\n"):
        raise Refused("policy")
    reader = PolicyReader()
    for line in text.split("\n"):
        words = re.findall(r"[^ \t]+", line)
        if words and not words[0].startswith("#"):
            reader.take(words)
    if reader.policy.quorum is None:
        raise Refused("policy")
    return reader.policy


@dataclass(frozen=True)
class Opened:
    """A checkpoint whose lines were verified."""

    log: bool
    known_log: bool
    cosigners: dict[str, int]
    sm2: dict[str, int]
    wrong: list[str]
    unknown: list[str]

    def complete_at(self, policy: LogPolicy) -> Fraction | None:
        """Return the time at which the quorum was complete; None without one."""
        if self.wrong:
            return None
        for moment in sorted(self.cosigners.values()):
            if policy.satisfied({name for name, at in self.cosigners.items() if at <= moment}):
                return Fraction(moment)
        return None


def _cosigned(line: Line, key: Verifier, text: bytes) -> int | None:
    """Return the time of a right cosignature."""
    if len(line.signature) != 72:
        return None
    at = int.from_bytes(line.signature[:8], "big")
    message = b"cosignature/v1\ntime " + str(at).encode("ascii") + b"\n" + text
    right = ed25519 if key.kind == 4 else sm2
    return at if at < 1 << 63 and right(key.public, message, line.signature[8:]) else None


def opened(checkpoint: Checkpoint, policy: LogPolicy, sm2_keys: Sequence[Verifier]) -> Opened:
    """Verify each line of a checkpoint by the keys that are known."""
    log = policy.logs.get(checkpoint.origin)
    witnesses = {(key.name, key.key): (name, key) for name, key in policy.witnesses.items() if key.kind == 4}
    witnesses.update({(key.name, key.key): (key.name, key) for key in sm2_keys})
    result = Opened(
        any(
            log is not None
            and (line.name, line.key) == (log.name, log.key)
            and ed25519(log.public, checkpoint.text, line.signature)
            for line in checkpoint.lines
        ),
        log is not None,
        {},
        {},
        [],
        [],
    )
    for line in checkpoint.lines:
        if log is not None and (line.name, line.key) == (log.name, log.key):
            continue
        if (line.name, line.key) not in witnesses:
            result.unknown.append(line.name)
            continue
        name, key = witnesses[line.name, line.key]
        at = _cosigned(line, key, checkpoint.text)
        if at is None:
            result.wrong.append(name)
        else:
            (result.cosigners if key.kind == 4 else result.sm2)[name] = at
    return result


# ---------------------------------------------------------------------------------------------------------------------
# The container (section 1): a stored ZIP that is built anew, byte for byte
# ---------------------------------------------------------------------------------------------------------------------

ONES_16, ONES_32 = 0xFFFF, 0xFFFFFFFF
MADE_BY, OLD, NEW = 0x0314, 20, 45
DAY_1980 = 0x0021
FILE_ATTRIBUTES = 0o100644 << 16


@dataclass(frozen=True)
class Entry:
    """An entry: its name, its size, its CRC-32 as the directory has it, where its header stands."""

    name: bytes
    size: int
    crc: int
    offset: int

    def flags(self) -> int:
        """Tell readers that a name is UTF-8 where it is not plain ASCII."""
        return 0x0800 if any(byte > 0x7F for byte in self.name) else 0

    def local_header(self, crc: int) -> bytes:
        """Return the header before the content."""
        extra = struct.pack("<HHQQ", 1, 16, self.size, self.size) if self.size >= ONES_32 else b""
        size = min(self.size, ONES_32)
        needed = NEW if extra else OLD
        fields = (0x04034B50, needed, self.flags(), 0, 0, DAY_1980, crc, size, size, len(self.name), len(extra))
        return struct.pack("<IHHHHHIIIHH", *fields) + self.name + extra

    def directory_header(self) -> bytes:
        """Return the header in the directory."""
        large = struct.pack("<QQ", self.size, self.size) if self.size >= ONES_32 else b""
        large += struct.pack("<Q", self.offset) if self.offset >= ONES_32 else b""
        extra = struct.pack("<HH", 1, len(large)) + large if large else b""
        size = min(self.size, ONES_32)
        needed = NEW if extra else OLD
        fields = (0x02014B50, MADE_BY, needed, self.flags(), 0, 0, DAY_1980, self.crc, size, size)
        tail = (len(self.name), len(extra), 0, 0, 0, FILE_ATTRIBUTES, min(self.offset, ONES_32))
        return struct.pack("<IHHHHHHIII", *fields) + struct.pack("<HHHHHII", *tail) + self.name + extra

    def begins(self) -> int:
        """Return where the content begins."""
        return self.offset + len(self.local_header(0))


def _end_of(count: int, size: int, offset: int) -> bytes:
    """Return what stands after the directory."""
    large = b""
    if count >= ONES_16 or size >= ONES_32 or offset >= ONES_32:
        fields = (0x06064B50, 44, MADE_BY, NEW, 0, 0, count, count, size, offset)
        large = struct.pack("<IQHHIIQQQQ", *fields) + struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1)
    counted = min(count, ONES_16)
    last = (0x06054B50, 0, 0, counted, counted, min(size, ONES_32), min(offset, ONES_32), 0)
    return large + struct.pack("<IHHHHIIH", *last)


class Container:
    """A package whose structure is right; only contents and CRC-32 fields are still to be compared."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.length = file.seek(0, 2)
        if self.length > LARGEST_CONTAINER:
            raise Refused("too_large")
        self.entries = self._directory()
        names = [entry.name for entry in self.entries]
        _named_rightly(names)
        self.by_name = {entry.name.decode("utf-8"): entry for entry in self.entries}
        small = [entry for name, entry in self.by_name.items() if not name.startswith(("payload/", "chunks/"))]
        if sum(entry.size for entry in small) > LARGEST_CHUNKS:
            raise Refused("too_large")
        for name, entry in self.by_name.items():
            limit = LARGEST_CONTAINER if name.startswith("payload/") else LARGEST_CHUNKS
            if entry.size > (limit if name.startswith(("payload/", "chunks/")) else MIB):
                raise Refused("too_large")
        if self.by_name["mimetype"].size != len(MEDIA_TYPE) or self.small("mimetype") != MEDIA_TYPE:
            raise Refused("media_type")

    def _at(self, offset: int, length: int) -> bytes:
        if offset < 0:
            raise Refused("structure")
        self.file.seek(offset)
        data = self.file.read(length)
        if len(data) != length:
            raise Refused("structure")
        return data

    def _directory(self) -> list[Entry]:
        last = struct.unpack("<IHHHHIIH", self._at(self.length - 22, 22))
        count, size, offset, end = last[4], last[5], last[6], 22
        if count == ONES_16 or ONES_32 in (size, offset):
            large = struct.unpack("<IQHHIIQQQQ", self._at(self.length - 98, 56))
            count, size, offset, end = large[7], large[8], large[9], 98
        if count > MOST_ENTRIES or size > count * (46 + LONGEST_NAME + 28):
            raise Refused("structure")
        if offset + size + end != self.length or self._at(offset + size, end) != _end_of(count, size, offset):
            raise Refused("structure")
        directory = self._at(offset, size)
        entries, place = [], 0
        for name, length, crc in _directory_entries(directory):
            entry = Entry(name, length, crc, place)
            place = entry.begins() + length
            entries.append(entry)
        if len(entries) != count or place != offset:
            raise Refused("structure")
        if b"".join(entry.directory_header() for entry in entries) != directory:
            raise Refused("structure")
        for entry in entries:
            header = self._at(entry.offset, entry.begins() - entry.offset)
            if header != entry.local_header(struct.unpack("<I", header[14:18])[0]):
                raise Refused("structure")
        return entries

    def parts(self, name: str) -> Iterator[bytes]:
        """Yield the content of an entry piece by piece."""
        entry = self.by_name[name]
        left, place = entry.size, entry.begins()
        while left:
            data = self._at(place, min(left, MIB))
            place, left = place + len(data), left - len(data)
            yield data

    def small(self, name: str) -> bytes:
        """Return the content of an entry whose size was bounded."""
        return b"".join(self.parts(name))

    def crc_is(self, name: str, crc: int) -> bool:
        """Compare a content's CRC-32 with both headers."""
        entry = self.by_name[name]
        return entry.crc == crc and self._at(entry.offset + 14, 4) == struct.pack("<I", crc)


def _directory_entries(directory: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size and CRC-32 of each entry of the directory; all else is compared by the caller."""
    place = 0
    while place < len(directory):
        if len(directory) - place < 46:
            raise Refused("structure")
        crc, size = struct.unpack("<I4xI", directory[place + 16 : place + 28])
        name_length, extra_length = struct.unpack("<HH", directory[place + 28 : place + 32])
        name = directory[place + 46 : place + 46 + name_length]
        extra = directory[place + 46 + name_length : place + 46 + name_length + extra_length]
        if name_length > LONGEST_NAME or extra_length > 28:
            raise Refused("structure")
        if size == ONES_32:
            if len(extra) < 12:
                raise Refused("structure")
            size = struct.unpack("<Q", extra[4:12])[0]
        yield name, size, crc
        place += 46 + name_length + extra_length


def _expected(there: set[str]) -> Iterator[str]:
    """Yield the names in the order of the table, as far as they are there."""

    def counted(*patterns: str) -> Iterator[str]:
        for number in range(len(there)):
            names = [pattern.format(number) for pattern in patterns if pattern.format(number) in there]
            if not names:
                return
            yield names[0]

    yield from ("mimetype", "manifest.json")
    yield from (name for name in ("disclosure.json",) if name in there)
    yield from ("events/000000.json", "events/000001.json")
    yield from (name for name in counted("events/{:06d}.json") if name[7:13] > "000001")
    for what in ("seal", "head"):
        pair = ["proofs/" + what + ".leaf.json", "proofs/" + what + ".tlog-proof"]
        if set(pair) <= there and "proofs/seal.leaf.json" in there:
            yield from pair
    yield from counted("proofs/tsa-{}.tsr", "proofs/tsa-{}.gm.tsr")
    yield from counted("proofs/renewal-{}.json")
    yield from counted("proofs/anchor-{}.json")
    yield from (name for name in ("trust/directory.json",) if name in there)
    yield from counted("chunks/{}.json")
    yield from sorted((name for name in there if name.startswith("payload/")), key=lambda name: name.encode("utf-8"))


def _named_rightly(raw: Sequence[bytes]) -> None:
    try:
        names = [name.decode("utf-8") for name in raw]
    except UnicodeDecodeError:
        raise Refused("name") from None
    if len(set(names)) != len(names) or names != list(_expected(set(names))):
        raise Refused("order")
    files = [name for name in names if name.startswith("payload/")]
    if not all(map(payload_name, files)):
        raise Refused("name")
    if not unlike(files):
        raise Refused("name")


# ---------------------------------------------------------------------------------------------------------------------
# Trust file, directory, policy (sections 6 and 11)
# ---------------------------------------------------------------------------------------------------------------------

ALGORITHMS = ("ed25519", "sm2-sm3")
Keys = Tuple[bytes, bytes]


def signed_bytes(kind: str, body: Any) -> bytes:
    """Return the bytes that are signed for a body."""
    data = dumps(body)
    return DOMAIN + kind.encode("ascii") + b"\n" + str(len(data)).encode("ascii") + b"\n" + data


def signature_right(keys: Keys, message: bytes, signature: Table) -> bool:
    """Say whether one signature of a table is right by the keys of its signer."""
    try:
        raw = base64_of(signature["sig"])
    except Refused:
        return False
    if signature["alg"] == ALGORITHMS[0]:
        return ed25519(keys[0], message, raw)
    return signature["alg"] == ALGORITHMS[1] and sm2(keys[1], message, raw)


def both_right(keys: Keys, name: str, message: bytes, signatures: Sequence[Table]) -> bool:
    """Say whether these are exactly the two signatures of one key, in order, and right."""
    return [(one["alg"], one["key"]) for one in signatures] == [(alg, name) for alg in ALGORITHMS] and all(
        signature_right(keys, message, one) for one in signatures
    )


@dataclass(frozen=True)
class KeyEntry:
    """An entry of the directory that is right, and its place in the log."""

    key: str
    keys: Keys
    since: Fraction
    until: Fraction
    revoked: bool
    compromised_since: Fraction | None
    place: int
    origin: str | None


@dataclass
class Trust:
    """The trust file."""

    version: int
    expires_at: Fraction
    fingerprint: str
    roots: dict[str, Keys]
    policy: LogPolicy
    sm2_keys: list[Verifier]
    authorities: list[Authority]
    entries: list[Table]
    signatures: str

    def entry_of(self, entry: Table) -> KeyEntry:
        """Read an entry of a directory; a wrong one is refused."""
        body = entry["body"]
        org = body["key"].split("/")[0]
        roots = {one["key"] for one in entry["sigs"]}
        root = next(iter(roots)) if len(roots) == 1 else ""
        if root not in self.roots or root.split("/")[0] != org:
            raise Refused("entry_root")
        if not both_right(self.roots[root], root, signed_bytes("key", body), entry["sigs"]):
            raise Refused("entry_signature")
        place, origin = 0, None
        if "proof" in entry:
            head = pair_of(dumps({"body": body, "sigs": entry["sigs"]}))
            proof = proof_of(entry["proof"].encode("utf-8"))
            found = opened(proof.checkpoint, self.policy, self.sm2_keys)
            if not proof.proves(dumps({"head": head, "org": org, "t": "directory", "v": 1})):
                raise Refused("entry_proof")
            if not found.log or found.wrong:
                raise Refused("entry_proof")
            place, origin = proof.index, proof.checkpoint.origin
        compromised = body.get("compromised_since")
        return KeyEntry(
            body["key"],
            (base64_of(body["ed25519"]), base64_of(body["sm2"])),
            seconds_of(body["from"]),
            seconds_of(body["until"]),
            body["status"] == "revoked",
            None if compromised is None else seconds_of(compromised),
            place,
            origin,
        )


def _authority(table: Table) -> Authority:
    compromised = table.get("compromised_since")
    return Authority(
        table["name"],
        certificate_of(base64_of(table["certificate"])),
        seconds_of(table["from"]),
        seconds_of(table["until"]),
        None if compromised is None else seconds_of(compromised),
    )


def _root_signatures(trust: Table, roots: dict[str, Keys]) -> str:
    """Return "ok" or why the roots' signatures are not enough."""
    message = signed_bytes("trust", trust["body"])
    seen: set[tuple[str, str]] = set()
    for one in trust["sigs"]:
        marked = (one["alg"], one["key"])
        if marked in seen or one["key"] not in roots or not signature_right(roots[one["key"]], message, one):
            return "trust_signature"
        seen.add(marked)
    orgs = {key.split("/")[0] for key in roots if all((alg, key) in seen for alg in ALGORITHMS)}
    return "ok" if len(orgs) >= trust["body"]["threshold"] else "trust_threshold"


def _read_trust(data: bytes) -> Trust:
    if len(data) > LARGEST_TRUST:
        raise Refused("too_large")
    trust = canonical(data)
    fits(trust, TRUST)
    body = trust["body"]
    roots = {one["key"]: (base64_of(one["ed25519"]), base64_of(one["sm2"])) for one in body["roots"]}
    publics = {key for keys in roots.values() for key in keys}
    if not len(roots) == len(body["roots"]) <= MOST_ROOTS or len(publics) != 2 * len(roots):
        raise Refused("roots")
    if body["threshold"] > len({key.split("/")[0] for key in roots}):
        raise Refused("threshold")
    sm2_keys = [verifier_of(text) for text in body.get("sm2_witnesses", [])]
    if any(key.kind != OWN_KIND or _point(SM2, key.public) is None for key in sm2_keys):
        raise Refused("vkey")
    if any(len({getattr(key, part) for key in sm2_keys}) != len(sm2_keys) for part in ("name", "public")):
        raise Refused("vkey")
    raw = b"".join(part for keys in roots.values() for part in keys)
    return Trust(
        body["version"],
        seconds_of(body["expires_at"]),
        hashlib.sha256(raw).hexdigest(),
        roots,
        log_policy_of(body["policy"]),
        sm2_keys,
        [_authority(one) for one in body["authorities"]],
        body["directory"],
        _root_signatures(trust, roots),
    )


def trust_of(data: bytes) -> Trust:
    """Read the trust file, which is given and never taken from a package."""
    try:
        return _read_trust(data)
    except Refused as refused:
        raise Broken(str(refused)) from None


@dataclass(frozen=True)
class Asked:
    """What the reader asks for."""

    level: str = "L2"
    timestamp: bool = False
    quorum: int | None = None

    def table(self) -> Table:
        """Return it as the report has it."""
        found: Table = {"level": self.level, "timestamp": self.timestamp}
        return found if self.quorum is None else dict(found, quorum=self.quorum)


def asked_of(data: bytes) -> Asked:
    """Read a policy file."""
    try:
        policy = loads(data if len(data) <= LARGEST_POLICY else b"")
        fits(policy, POLICY)
    except Refused as refused:
        raise Broken(str(refused)) from None
    return Asked(policy["level"], policy["timestamp"], policy.get("quorum"))


# ---------------------------------------------------------------------------------------------------------------------
# The checks (C01 to C17)
# ---------------------------------------------------------------------------------------------------------------------


@dataclass
class Finding:
    """What a check found: its status, a stable reason, facts."""

    status: str
    reason: str
    facts: Table = field(default_factory=dict)


NONE = "none"
UNREADABLE = "unreadable"


def not_run(reason: str) -> Finding:
    """Say that a check does not apply or cannot be run."""
    return Finding(NOT_APPLICABLE, reason)


def worst(findings: Sequence[Finding]) -> Finding:
    """Return the worst of some findings, the first of equals."""
    for status in WORST_FIRST:
        for finding in findings:
            if finding.status == status:
                return finding
    return findings[0]


@dataclass
class Logged:
    """A leaf with its proof: the sealing's or the newest event's."""

    leaf: Table | None
    data: bytes
    proof: Proof | None
    opened: Opened | None
    bound: bool = False

    def proven(self) -> bool:
        """Say whether the log it names holds the leaf and the leaf says what it should."""
        return (
            self.bound
            and self.proof is not None
            and self.opened is not None
            and self.opened.log
            and self.proof.proves(self.data)
        )


@dataclass
class Package:
    """Everything of a package that could be read; None where it could not."""

    container: Container
    trust: Trust
    asked: Asked
    at: Fraction
    manifest_bytes: bytes = b""
    manifest: Table | None = None
    event_bytes: list[bytes] = field(default_factory=list)
    events: list[Table] | None = None
    seal: Logged | None = None
    head: Logged | None = None
    tokens: dict[str, bytes] = field(default_factory=dict)
    token_times: list[Fraction] = field(default_factory=list)
    entries: list[KeyEntry] = field(default_factory=list)
    entry_fault: str = ""
    digests: dict[str, Table] = field(default_factory=dict)
    crc_wrong: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Say whether there is such an entry."""
        return name in self.container.by_name

    def identity(self) -> str:
        """Return the package's identity, which is its manifest's."""
        hashed = hashlib.sha256(self.manifest_bytes).digest()
        return "ev1-" + base64.b32encode(hashed).decode("ascii").lower().rstrip("=")

    def logged(self, number: int) -> Logged | None:
        """Return the leaf that places an event in the log."""
        found = self.seal if number < 2 else self.head
        return found if found is not None and found.proven() else None

    def complete_at(self, number: int) -> Fraction | None:
        """Return the time at which the quorum for an event's leaf was complete."""
        found = self.logged(number)
        return found.opened.complete_at(self.trust.policy) if found is not None and found.opened else None


def read_or_none(read: Callable[[], Any]) -> Any:
    """Read something; None when it is refused."""
    try:
        return read()
    except Refused:
        return None


def manifest_of(data: bytes) -> Table:
    """Read a manifest (section 3)."""
    manifest: Table = canonical(data)
    fits(manifest, MANIFEST)
    paths = [one["path"].encode("utf-8") for one in manifest["files"]]
    if not paths or any(one >= two for one, two in zip(paths, paths[1:])):
        raise Refused("files")
    if not unlike([one["path"] for one in manifest["files"]]):
        raise Refused("files")
    if manifest["collection"]["started_at"] > manifest["collection"]["ended_at"]:
        raise Refused("times")
    for one in manifest["files"]:
        if "chunks" in one and one["chunks"]["count"] != -(-one["size"] // CHUNK):
            raise Refused("chunks")
    return manifest


def event_of(data: bytes) -> Table:
    """Read an event (section 4)."""
    event: Table = canonical(data)
    fits(event, EVENT)
    actor = event["body"]["actor"]
    if actor["key"].split("/")[0] != actor["org"]:
        raise Refused("actor")
    return event


def leaf_of(data: bytes, shape: Table) -> Table:
    """Read a leaf (section 5)."""
    if len(data) > LARGEST_LEAF:
        raise Refused("leaf")
    leaf: Table = canonical(data)
    fits(leaf, shape)
    return leaf


def _read_logged(package: Package, what: str, shape: Table) -> Logged | None:
    name = "proofs/" + what
    if not package.has(name + ".leaf.json"):
        return None
    data = package.container.small(name + ".leaf.json")
    proof = read_or_none(lambda: proof_of(package.container.small(name + ".tlog-proof")))
    found = None if proof is None else opened(proof.checkpoint, package.trust.policy, package.trust.sm2_keys)
    return Logged(read_or_none(lambda: leaf_of(data, shape)), data, proof, found)


def read_package(container: Container, trust: Trust, asked: Asked, at: Fraction) -> Package:
    """Read everything but the payload."""
    package = Package(container, trust, asked, at)
    small, names = container.small, [entry.name.decode("utf-8") for entry in container.entries]
    package.manifest_bytes = small("manifest.json")
    package.manifest = read_or_none(lambda: manifest_of(package.manifest_bytes))
    package.event_bytes = [small(name) for name in names if name.startswith("events/")]
    package.events = read_or_none(lambda: [event_of(data) for data in package.event_bytes])
    package.seal = _read_logged(package, "seal", SEAL_LEAF)
    package.head = _read_logged(package, "head", HEAD_LEAF)
    package.tokens = {name: small(name) for name in names if name.startswith("proofs/tsa-")}
    return package


# C01, C03, C04: one pass over every content


def digest_contents(package: Package) -> None:
    """Compare every CRC-32 and take the digests of files and chunk lists, in one pass."""
    chunked = _chunked(package)
    for name in package.container.by_name:
        crc, sha, sm = 0, hashlib.sha256(), sm3()
        chunk: list[Any] = [hashlib.sha256(), sm3(), 0]
        found: Table = {"chunk_sha256": [], "chunk_sm3": []}
        wanted = name.startswith(("payload/", "chunks/"))
        cut = name in chunked
        for data in package.container.parts(name):
            crc = zlib.crc32(data, crc)
            if not wanted:
                continue
            sha.update(data)
            sm.update(data)
            if cut:
                chunk[0].update(data)
                chunk[1].update(data)
                chunk[2] += len(data)
                if chunk[2] == CHUNK:
                    _end_chunk(found, chunk)
        if chunk[2]:
            _end_chunk(found, chunk)
        if not package.container.crc_is(name, crc):
            package.crc_wrong.append(name)
        if wanted:
            package.digests[name] = dict(found, sha256=sha.hexdigest(), sm3=sm.hexdigest())


def _end_chunk(found: Table, chunk: list[Any]) -> None:
    """Note the digests of a chunk that is full; a piece of content never reaches over the end of one."""
    found["chunk_sha256"].append(chunk[0].hexdigest())
    found["chunk_sm3"].append(chunk[1].hexdigest())
    chunk[:] = [hashlib.sha256(), sm3(), 0]


def _chunked(package: Package) -> dict[str, Table]:
    files = package.manifest["files"] if package.manifest else []
    return {one["path"]: one for one in files if "chunks" in one}


def c01(package: Package) -> Finding:
    """Container: structure was right when we come here; contents may still differ from their CRC-32."""
    if package.crc_wrong:
        return Finding(FAIL, "crc", {"entries": package.crc_wrong[:16]})
    facts = {"entries": len(package.container.entries), "bytes": package.container.length}
    return Finding(PASS, "ok", facts)


def c02(package: Package) -> Finding:
    """Manifest."""
    if package.manifest is None:
        return Finding(FAIL, "manifest")
    return Finding(PASS, "ok", {"kind": package.manifest["kind"], "files": len(package.manifest["files"])})


def _chunk_fault(package: Package, number: int, one: Table, algorithm: str, *, thin: bool) -> str:
    name = "chunks/" + str(number) + ".json"
    if package.digests[name][algorithm] != one["chunks"]["digest"][algorithm]:
        return "chunk_list"
    table = read_or_none(lambda: canonical(package.container.small(name)))
    try:
        fits(table, CHUNK_LIST)
    except Refused:
        return "chunk_list"
    if table["path"] != one["path"] or any(len(table[each]) != one["chunks"]["count"] for each in ("sha256", "sm3")):
        return "chunk_list"
    if not thin and package.digests[one["path"]]["chunk_" + algorithm] != table[algorithm]:
        return "chunk"
    return ""


def contents(package: Package, algorithm: str) -> Finding:
    """C03, C04: what the manifest lists is what is there."""
    if package.manifest is None:
        return not_run(UNREADABLE)
    files = {one["path"]: one for one in package.manifest["files"]}
    payload = {name for name in package.digests if name.startswith("payload/")}
    lists = {name for name in package.digests if name.startswith("chunks/")}
    chunked = list(_chunked(package).values())
    thin = not payload
    wanted = {"chunks/" + str(number) + ".json" for number in range(len(chunked))}
    if not thin and payload != set(files):
        return Finding(FAIL, "listed", {"entries": sorted(payload ^ set(files))[:16]})
    if lists != wanted and (lists or not thin):
        return Finding(FAIL, "chunk_list", {"entries": sorted(lists ^ wanted)[:16]})
    for path, one in files.items() if not thin else ():
        if package.container.by_name[path].size != one["size"]:
            return Finding(FAIL, "size", {"entries": [path]})
        if package.digests[path][algorithm] != one["digest"][algorithm]:
            return Finding(FAIL, "digest", {"entries": [path]})
    for number, one in enumerate(chunked if lists else ()):
        fault = _chunk_fault(package, number, one, algorithm, thin=thin)
        if fault:
            return Finding(FAIL, fault, {"entries": [one["path"]]})
    if thin:
        return not_run("thin")
    return Finding(PASS, "ok", {"files": len(files)})


def c05(package: Package) -> Finding:
    """Events: their form and their chain."""
    if package.events is None:
        return Finding(FAIL, "event")
    manifest = pair_of(package.manifest_bytes)
    before: Table | None = None
    for number, event in enumerate(package.events):
        body = event["body"]
        previous = pair_of(package.event_bytes[number - 1]) if number else None
        action = ("collect", "seal")[number] if number < 2 else None
        if body["seq"] != number or body.get("prev") != previous or body["manifest"] != manifest:
            return Finding(FAIL, "chain", {"event": number})
        if (body["action"] if body["action"] in ("collect", "seal") else None) != action:
            return Finding(FAIL, "action", {"event": number})
        if before is not None and body["claimed_at"] < before["claimed_at"]:
            return Finding(FAIL, "claimed_at", {"event": number})
        if action and package.manifest and body["actor"]["org"] != package.manifest["issuer"]["org"]:
            return Finding(FAIL, "issuer", {"event": number})
        before = body
    return Finding(PASS, "ok", {"events": len(package.events)})


def read_directory(package: Package) -> None:
    """Collect the entries of trust file and package that are right; remember whether one was wrong."""
    tables = list(package.trust.entries)
    if package.has("trust/directory.json"):
        try:
            directory = canonical(package.container.small("trust/directory.json"))
            fits(directory, DIRECTORY)
            tables += directory["entries"]
        except Refused:
            package.entry_fault = "directory"
    first: dict[str, Keys] = {}
    for table in tables:
        entry, fault = _entry_or_fault(package.trust, table)
        if entry is not None and first.setdefault(entry.key, entry.keys) != entry.keys:
            entry, fault = None, "entry_keys"
        package.entry_fault = package.entry_fault or fault
        if entry is not None:
            package.entries.append(entry)


def _entry_or_fault(trust: Trust, table: Table) -> tuple[KeyEntry | None, str]:
    try:
        return trust.entry_of(table), ""
    except Refused as refused:
        return None, str(refused)


def c06(package: Package) -> Finding:
    """Signatures of the events."""
    if package.events is None:
        return not_run(UNREADABLE)
    known = {entry.key: entry.keys for entry in package.entries}
    findings = []
    for number, event in enumerate(package.events):
        key, facts = event["body"]["actor"]["key"], {"event": number}
        marks = [(one["alg"], one["key"]) for one in event["sigs"]]
        if marks != [(alg, key) for alg in ALGORITHMS] or not all(encoded(64)(one["sig"]) for one in event["sigs"]):
            findings.append(Finding(FAIL, "signatures", facts))
        elif key not in known:
            findings.append(Finding(INDETERMINATE, "unknown_key", facts))
        elif not both_right(known[key], key, signed_bytes("event", event["body"]), event["sigs"]):
            findings.append(Finding(FAIL, "signature", facts))
        else:
            findings.append(Finding(PASS, "ok", {"events": len(package.events)}))
    return worst(findings)


def proven_time(package: Package, number: int) -> Fraction | None:
    """Return the earliest time at which an event is proven to have been there."""
    times = [package.complete_at(number)] + (list(package.token_times) if number < 2 else [])
    there = [moment for moment in times if moment is not None]
    return min(there) if there else None


def _key_judged(package: Package, number: int, body: Table) -> tuple[str, str]:
    mine = [entry for entry in package.entries if entry.key == body["actor"]["key"]]
    if not mine:
        return FAIL, "unknown_key"
    logged, claimed = package.logged(number), seconds_of(body["claimed_at"])
    place = logged.proof.index if logged is not None and logged.proof is not None else None
    origin = logged.proof.checkpoint.origin if logged is not None and logged.proof is not None else None
    moment = proven_time(package, number)

    def placed(entry: KeyEntry) -> int:
        return entry.place if entry.origin == origin else 0

    def holds(entry: KeyEntry) -> bool:
        if place is None or placed(entry) <= place:
            return True
        return entry.compromised_since is not None and (moment is None or moment >= entry.compromised_since)

    if any(entry.revoked and holds(entry) for entry in mine):
        return FAIL, "revoked"
    there = [
        entry
        for entry in mine
        if not entry.revoked and entry.since <= claimed < entry.until and (place is None or placed(entry) <= place)
    ]
    if not there:
        return FAIL, "not_valid"
    if moment is None:
        return (PASS, "as_claimed") if any(package.at < one.until for one in there) else (INDETERMINATE, "key_ended")
    begun = [entry for entry in there if entry.since <= moment]
    if any(moment < entry.until for entry in begun):
        return PASS, "ok"
    # The leaf of the newest event comes later than the events before it, which the sealing's leaf does not reach.
    between = 2 <= number < len(package.event_bytes) - 1
    return (INDETERMINATE, "key_ended") if begun and between else (FAIL, "not_valid_then")


def c07(package: Package) -> Finding:
    """Keys: each in the directory, valid at its claimed and its proven time and at its place."""
    if package.events is None:
        return not_run(UNREADABLE)
    found: dict[str, list[int]] = {"key_ended": [], "as_claimed": []}
    for number, event in enumerate(package.events):
        status, reason = _key_judged(package, number, event["body"])
        if status == FAIL:
            return Finding(FAIL, reason, {"event": number, "key": event["body"]["actor"]["key"]})
        found.setdefault(reason, []).append(number)
    if found["key_ended"]:
        return Finding(INDETERMINATE, "key_ended", {"events": found["key_ended"][:16]})
    facts = {"keys": sorted({event["body"]["actor"]["key"] for event in package.events})}
    if found["as_claimed"]:
        return Finding(PASS, "as_claimed", dict(facts, events=found["as_claimed"][:16]))
    return Finding(PASS, "ok", facts)


def c08(package: Package) -> Finding:
    """Time-stamps."""
    if not package.tokens:
        return Finding(INDETERMINATE, "no_token") if package.asked.timestamp else not_run(NONE)
    covered = [package.event_bytes[1]]
    if package.seal is not None and package.seal.proof is not None:
        covered.append(package.seal.proof.checkpoint.text)
    findings = []
    for name, data in package.tokens.items():
        status, reason, token = check_token(data, covered, package.trust.authorities, gm=name.endswith(".gm.tsr"))
        facts: Table = {"token": name}
        if token is not None:
            facts["generated_at"] = time_text(token.at)
        if status == PASS and token is not None:
            package.token_times.append(token.at)
        findings.append(Finding(status, reason, facts))
    return worst(findings)


def c09(package: Package) -> Finding:
    """Leaves: they name this package and its events."""
    if package.seal is None:
        return not_run("not_logged")
    if any(one is not None and one.leaf is None for one in (package.seal, package.head)):
        return Finding(FAIL, "leaf")
    if package.manifest is None or package.events is None:
        return not_run(UNREADABLE)
    newest, identity = len(package.events) - 1, package.identity()
    org = package.manifest["issuer"]["org"]
    leaf = dict(package.seal.leaf or {})
    token = leaf.pop("tst", None)
    wanted: Table = {"t": SEALS[package.manifest["kind"]], "v": 1, "org": org, "id": identity, "seq": 1}
    if leaf != dict(wanted, head=pair_of(package.event_bytes[1])):
        return Finding(FAIL, "seal_leaf")
    if token is not None and token not in [pair_of(data) for data in package.tokens.values()]:
        return Finding(FAIL, "seal_token")
    package.seal.bound = True
    if package.head is not None:
        org = package.events[newest]["body"]["actor"]["org"]
        wanted = {"t": "event", "v": 1, "org": org, "id": identity, "seq": newest}
        if newest < 2 or package.head.leaf != dict(wanted, head=pair_of(package.event_bytes[newest])):
            return Finding(FAIL, "head_leaf")
        package.head.bound = True
    return Finding(PASS, "ok", {"id": identity})


def c10(package: Package) -> Finding:
    """Inclusion: the tlog-proofs prove their leaves."""
    if package.seal is None:
        return not_run("not_logged")
    seal, head = package.seal.proof, package.head.proof if package.head else None
    if seal is None or (package.head is not None and head is None):
        return Finding(FAIL, "proof")
    if not seal.proves(package.seal.data) or (package.head and head and not head.proves(package.head.data)):
        return Finding(FAIL, "inclusion")
    facts = {"origin": seal.checkpoint.origin, "index": seal.index, "size": seal.checkpoint.size}
    if head is not None:
        one, two = seal.checkpoint, head.checkpoint
        if head.index <= seal.index or two.size < one.size or two.origin != one.origin:
            return Finding(FAIL, "head_order")
        if two.size == one.size and two.root != one.root:
            return Finding(FAIL, "split_view")
    elif len(package.event_bytes) > 2:
        return Finding(INDETERMINATE, "newer_events", facts)
    return Finding(PASS, "ok", facts)


def _opened(package: Package) -> list[Opened] | None:
    """Return both checkpoints opened; None when there is nothing that could be."""
    there = [one for one in (package.seal, package.head) if one is not None]
    found = [one.opened for one in there if one.opened is not None]
    return found if found and len(found) == len(there) else None


def c11(package: Package) -> Finding:
    """The log's signature."""
    if package.seal is None:
        return not_run("not_logged")
    found = _opened(package)
    if found is None:
        return not_run(UNREADABLE)
    if not all(one.known_log for one in found):
        return Finding(FAIL, "unknown_log")
    return Finding(PASS, "ok") if all(one.log for one in found) else Finding(FAIL, "log_signature")


def c12(package: Package) -> Finding:
    """Cosignatures: the quorum of witnesses."""
    if package.seal is None:
        return not_run("not_logged")
    found = _opened(package)
    if found is None:
        return not_run(UNREADABLE)
    findings = []
    for one in found:
        names = sorted(one.cosigners)
        facts: Table = {"witnesses": names, "unknown": sorted(one.unknown), "wrong": sorted(one.wrong)}
        complete = one.complete_at(package.trust.policy)
        if one.wrong:
            findings.append(Finding(FAIL, "cosignature", facts))
        elif not package.trust.policy.satisfied(set(names)):
            findings.append(Finding(INDETERMINATE, "quorum", facts))
        elif package.asked.quorum is not None and len(names) < package.asked.quorum:
            findings.append(Finding(INDETERMINATE, "asked_quorum", facts))
        elif one.unknown:
            findings.append(Finding(INDETERMINATE, "unknown_witness", facts))
        else:
            if complete is not None:
                facts["complete_at"] = time_text(complete)
            findings.append(Finding(PASS, "ok", facts))
    return worst(findings)


def c13(package: Package) -> Finding:
    """Times: claimed, stamped and witnessed agree."""
    if package.events is None:
        return not_run(UNREADABLE)
    complete = package.complete_at(1)
    if complete is None and not package.token_times:
        return not_run(NONE)
    claimed = seconds_of(package.events[1]["body"]["claimed_at"])
    facts = {"claimed_at": time_text(claimed), "stamped_at": [time_text(one) for one in package.token_times]}
    if complete is not None:
        facts["witnessed_at"] = time_text(complete)
    upper = [complete + TOLERANCE] if complete is not None else []
    rising = all(claimed <= one and all(one <= end for end in upper) for one in package.token_times)
    if not rising or any(claimed > end for end in upper):
        return Finding(INDETERMINATE, "times", facts)
    return Finding(PASS, "ok", facts)


def c14(package: Package) -> Finding:
    """Trust file and directory."""
    trust = package.trust
    facts = {"version": trust.version, "expires_at": time_text(trust.expires_at)}
    fault = trust.signatures if trust.signatures != "ok" else package.entry_fault
    if fault:
        return Finding(FAIL, fault, facts)
    if package.at > trust.expires_at:
        return Finding(INDETERMINATE, "expired", facts)
    return Finding(PASS, "ok", facts)


def c15(package: Package) -> Finding:
    """Anchors and renewals: kept for later."""
    names = [name for name in package.container.by_name if name.startswith(("proofs/anchor-", "proofs/renewal-"))]
    if not names:
        return not_run(NONE)
    for name in names:
        table = read_or_none(lambda name=name: canonical(package.container.small(name)))  # type: ignore[misc]
        if not isinstance(table, dict) or not isinstance(table.get("schema"), str):
            return Finding(FAIL, "anchor", {"entry": name})
    return Finding(INDETERMINATE, "unknown_schema", {"entries": names[:16]})


def c16(package: Package) -> Finding:
    """Disclosures open their commitments."""
    if not package.has("disclosure.json"):
        return not_run(NONE)
    if package.manifest is None or package.events is None:
        return not_run(UNREADABLE)
    try:
        disclosure = canonical(package.container.small("disclosure.json"))
        fits(disclosure, DISCLOSURE)
    except Refused:
        return Finding(FAIL, "disclosure")
    marks = [(one["at"], one["name"]) for one in disclosure["fields"]]
    if any(one >= two for one, two in zip(marks, marks[1:])):
        return Finding(FAIL, "disclosure")
    for one in disclosure["fields"]:
        number = int(one["at"][7:13]) if one["at"] != "manifest.json" else None
        if number is not None and number >= len(package.events):
            return Finding(FAIL, "opening", {"at": one["at"], "name": one["name"]})
        holder = package.manifest if number is None else package.events[number]["body"]
        opening = b"field/1\0" + one["name"].encode("ascii") + b"\0" + bytes.fromhex(one["salt"])
        if holder.get("commits", {}).get(one["name"]) != pair_of(opening + one["value"].encode("utf-8")):
            return Finding(FAIL, "opening", {"at": one["at"], "name": one["name"]})
    return Finding(PASS, "ok", {"fields": len(marks)})


def c17(package: Package) -> Finding:
    """Custody: handing over and taking over."""
    if package.events is None:
        return not_run(UNREADABLE)
    giver: tuple[str, str] | None = None
    seen = 0
    for number, event in enumerate(package.events):
        body = event["body"]
        action, org, other = body["action"], body["actor"]["org"], body.get("counterparty")
        if action in ("receive", "recognise", "challenge") and "result" not in body:
            return Finding(FAIL, "no_result", {"event": number})
        if action == "transfer":
            if giver is not None or other is None:
                return Finding(FAIL, "transfer", {"event": number})
            giver = (org, other)
        elif action == "receive":
            if giver is None or giver != (other, org):
                return Finding(FAIL, "receive", {"event": number})
            giver = None
        seen += action in ("transfer", "receive", "recognise", "challenge")
    if giver is not None:
        return Finding(INDETERMINATE, "under_way", {"from": giver[0], "to": giver[1]})
    return Finding(PASS, "ok", {"events": seen}) if seen else not_run(NONE)


CHECKS: tuple[tuple[str, Callable[[Package], Finding]], ...] = (
    ("C01", c01),
    ("C02", c02),
    ("C03", lambda package: contents(package, "sha256")),
    ("C04", lambda package: contents(package, "sm3")),
    ("C05", c05),
    ("C06", c06),
    ("C07", c07),
    ("C08", c08),
    ("C09", c09),
    ("C10", c10),
    ("C11", c11),
    ("C12", c12),
    ("C13", c13),
    ("C14", c14),
    ("C15", c15),
    ("C16", c16),
    ("C17", c17),
)
# What later checks stand on comes first: tokens give times, leaves give places, both are needed for the keys.
ORDER = ("C01", "C02", "C03", "C04", "C05", "C08", "C09", "C10", "C11", "C12", "C13", "C14", "C15", "C16", "C17")


def level_of(findings: dict[str, Finding]) -> str:
    """Return the level the findings reach; empty when not even L0."""

    def passed(*ids: str) -> bool:
        return all(findings[each].status == PASS for each in ids)

    whole = all(findings[each].status in (PASS, NOT_APPLICABLE) for each in ("C03", "C04"))
    if not whole or not passed("C01", "C02", "C05", "C06", "C07", "C14"):
        return ""
    level = "L0"
    for ids, name in ((("C09", "C10", "C11"), "L1"), (("C12",), "L2"), (("C15",), "L3")):
        if not passed(*ids):
            break
        level = name
    return level + ("T" if passed("C08") else "")


def verdict_of(findings: dict[str, Finding], level: str, asked: Asked) -> str:
    """Return the worst of the findings; what passes but stays below what was asked is indeterminate."""
    found = worst(list(findings.values())).status
    reached = level[:2] >= asked.level and (level.endswith("T") or not asked.timestamp)
    return INDETERMINATE if found == PASS and not reached else found


def plain(value: Any) -> Any:
    """Make a fact canonical: what a hostile package put in may be in no normal form, or a number too large."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return str(value) if abs(value) >= 1 << 53 else value


def verify(file: BinaryIO, trust: Trust, asked: Asked, at: Fraction) -> Table:
    """Verify a package and return the report."""
    findings: dict[str, Finding] = {}
    identity = ""
    try:
        container = Container(file)
    except (Refused, struct.error) as refused:
        reason = str(refused) if isinstance(refused, Refused) else "structure"
        findings = {name: not_run("container") for name, _check in CHECKS}
        findings["C01"] = Finding(FAIL, reason)
    else:
        package = read_package(container, trust, asked, at)
        identity = package.identity()
        digest_contents(package)
        read_directory(package)
        checks = dict(CHECKS)
        for name in (*ORDER, "C06", "C07"):
            findings[name] = checks[name](package)
    level = level_of(findings)
    return {
        "schema": "report/1",
        "package": identity,
        "verdict": verdict_of(findings, level, asked),
        "level": level,
        "asked": asked.table(),
        "checks": [
            {"id": name, "status": one.status, "reason": one.reason, "facts": plain(one.facts)}
            for name, one in ((name, findings[name]) for name, _check in CHECKS)
        ],
        "trust": {"version": trust.version, "fingerprint": trust.fingerprint},
    }


# ---------------------------------------------------------------------------------------------------------------------
# The report for people, and the command
# ---------------------------------------------------------------------------------------------------------------------

TITLES = {
    "C01": ("容器", "container"),
    "C02": ("清单", "manifest"),
    "C03": ("文件的 SHA-256", "SHA-256 of the files"),
    "C04": ("文件的 SM3", "SM3 of the files"),
    "C05": ("保管事件链", "chain of custody events"),
    "C06": ("事件签名", "signatures of the events"),
    "C07": ("签名密钥", "signing keys"),
    "C08": ("时间戳", "time-stamps"),
    "C09": ("账本叶", "leaf of the ledger"),
    "C10": ("入账证明", "proof of inclusion"),
    "C11": ("账本签名", "signature of the ledger"),
    "C12": ("见证", "witnesses"),
    "C13": ("时间一致", "times"),
    "C14": ("信任文件与密钥目录", "trust file and key directory"),
    "C15": ("外部锚定", "outside anchors"),
    "C16": ("披露内容", "disclosed fields"),
    "C17": ("移交与接收", "handing over and taking over"),
}
STATUS_WORDS = {
    PASS: ("通过", "pass"),
    FAIL: ("不通过", "FAIL"),
    INDETERMINATE: ("不能确定", "indeterminate"),
    NOT_APPLICABLE: ("不适用", "not applicable"),
}
VERDICTS = {
    PASS: ("通过：所要求的都已证明。", "PASS: everything asked for is proven."),
    FAIL: (
        "不通过：至少一项检查失败，不能信赖本证据包。",
        "FAIL: at least one check failed; do not rely on this package.",
    ),
    INDETERMINATE: (
        "不能确定：没有发现改动，但所要求的尚未全部证明。",
        "INDETERMINATE: no change was found, but not everything asked for is proven.",
    ),
}
LEVEL_WORDS = {
    "": ("未达到任何等级", "no level reached"),
    "L0": ("L0：签名机关的签名成立", "L0: the organisation's signatures hold"),
    "L1": ("L1：并已入账，有账本签名", "L1: and it is in the ledger, signed by the ledger"),
    "L2": ("L2：并经足数的城市见证", "L2: and enough cities witnessed the ledger"),
    "L3": ("L3：并有外部锚定", "L3: and it is anchored outside"),
}
STAMPED = ("；T：有可信时间戳", "; T: with a trusted time-stamp")
REASONS = {
    "ok": ("", ""),
    NONE: ("包内没有此项", "nothing of the kind in the package"),
    UNREADABLE: ("所依据的内容无法读取", "what it stands on cannot be read"),
    "container": ("容器无法读取，未检查", "not checked: the container cannot be read"),
    "structure": ("容器的结构有改动或文件不完整", "the container was altered or is not complete"),
    "too_large": ("超过允许的大小", "larger than allowed"),
    "order": ("条目缺少、多余或顺序不对", "entries are missing, additional or in another order"),
    "name": ("有不允许的文件名", "a name that is not allowed"),
    "media_type": ("不是协保证据包", "not a Concord package"),
    "crc": ("内容与容器的校验值不符", "contents differ from the container's checksums"),
    "manifest": ("清单不合格式", "the manifest is not as the format says"),
    "listed": ("文件与清单不一致", "files and manifest name different things"),
    "size": ("文件大小与清单不符", "a file has another size than the manifest says"),
    "digest": ("文件内容与清单不符", "a file's content is not what the manifest says"),
    "chunk_list": ("分块摘要表与清单不符", "a list of chunks is not what the manifest says"),
    "chunk": ("分块内容与摘要不符", "a chunk's content is not what its list says"),
    "thin": ("包内不含文件，未比对", "not compared: the package comes without its files"),
    "event": ("有事件不合格式", "an event is not as the format says"),
    "chain": ("事件链断开", "the chain of events is broken"),
    "action": ("事件的行为与位置不符", "an event's action does not belong there"),
    "claimed_at": ("事件时间倒退", "an event claims to be earlier than the one before it"),
    "issuer": ("封存人不属于出具机关", "whoever sealed it is not of the issuing organisation"),
    "signatures": ("签名缺少、多余或顺序不对", "signatures are missing, additional or in another order"),
    "signature": ("签名不成立", "a signature is wrong"),
    "unknown_key": ("密钥不在目录中", "a key is not in the directory"),
    "revoked": ("密钥已被吊销", "a key had been revoked"),
    "not_valid": ("密钥在所称时间无效", "a key was not valid at the claimed time"),
    "not_valid_then": (
        "密钥在所称时间有效，在已证明的时间无效",
        "a key was valid at the claimed time, and not at the proven one",
    ),
    "key_ended": (
        "密钥已过有效期，何时签名没有证明，只有所称时间",
        "a key's validity has ended, and nothing proves that it signed before that",
    ),
    "as_claimed": (
        "何时签名没有证明，只按所称时间判断",
        "nothing proves when these were signed: judged by the claimed time alone",
    ),
    "no_token": ("要求有时间戳而包内没有", "a time-stamp is asked for and there is none"),
    "status": ("时间戳请求未被批准", "the time-stamp was not granted"),
    "malformed": ("时间戳不合格式", "a time-stamp cannot be read"),
    "der": ("时间戳编码不合格式", "a time-stamp is not strict DER"),
    "der_time": ("时间戳中的时间不合格式", "a time in a time-stamp cannot be read"),
    "time": ("时间戳中的时间不合格式", "a time in a time-stamp cannot be read"),
    "algorithm": ("时间戳所用算法不被接受", "a time-stamp uses an algorithm that is not accepted"),
    "imprint": ("时间戳所盖的不是本包内容", "a time-stamp covers something else"),
    "unpinned": ("时间戳机构不在信任文件中", "the time-stamper is not in the trust file"),
    "purpose": ("证书不是专用于时间戳", "the certificate is not for time-stamping alone"),
    "expired": ("超出有效期", "outside its validity"),
    "compromised": ("时间戳密钥当时已失密", "the time-stamper's key was no longer safe"),
    "not_logged": ("尚未入账", "not in the ledger yet"),
    "leaf": ("账本叶不合格式", "a leaf cannot be read"),
    "seal_leaf": ("账本叶所指不是本包", "the leaf names something else than this package"),
    "seal_token": ("账本叶所指的时间戳不在包内", "the leaf names a time-stamp that is not here"),
    "head_leaf": ("最新事件的账本叶不符", "the newest event's leaf names something else"),
    "proof": ("入账证明不合格式", "the proof cannot be read"),
    "inclusion": ("入账证明不成立", "the proof does not lead to the ledger's root"),
    "head_order": ("两次入账的先后不符", "the two proofs do not follow each other"),
    "split_view": ("同一大小的账本出现两个根：账本分叉", "two roots of one size: the ledger was forked"),
    "newer_events": ("最新的事件尚未入账", "the newest events are not in the ledger yet"),
    "unknown_log": ("账本不在信任文件中", "the ledger is not in the trust file"),
    "log_signature": ("账本签名不成立", "the ledger's signature is missing or wrong"),
    "cosignature": ("见证方的签名不成立", "a witness's signature is wrong"),
    "quorum": ("见证方不足", "too few cities witnessed it"),
    "asked_quorum": ("见证方少于所要求的数目", "fewer cities witnessed it than asked for"),
    "unknown_witness": ("有信任文件未列的见证方签名", "a signature by a witness the trust file does not know"),
    "times": ("所称、盖戳、见证的时间不一致", "claimed, stamped and witnessed times do not agree"),
    "trust_signature": ("信任文件的签名不成立", "a signature of the trust file is wrong"),
    "trust_threshold": ("信任文件的根签名不足", "too few roots signed the trust file"),
    "directory": ("密钥目录不合格式", "the key directory cannot be read"),
    "entry_root": (
        "目录条目不是由本机关的根签名",
        "an entry of the directory is not signed by its organisation's root",
    ),
    "entry_signature": ("目录条目的签名不成立", "a signature of an entry of the directory is wrong"),
    "entry_proof": ("目录条目的入账证明不成立", "the proof of an entry of the directory is wrong"),
    "entry_keys": ("同一密钥名对应两把密钥", "one name of a key stands for two keys"),
    "anchor": ("锚定凭据不合格式", "an anchor cannot be read"),
    "unknown_schema": ("锚定凭据的格式未知", "an anchor of a kind this verifier does not know"),
    "disclosure": ("披露表不合格式", "the disclosure cannot be read"),
    "opening": ("披露内容与承诺不符", "a disclosed value is not what was committed to"),
    "no_result": ("行为缺少核验结果", "an act comes without its result"),
    "transfer": ("移交没有对应的接收", "something was handed over that was not taken over"),
    "receive": ("接收没有对应的移交", "something was taken over that was not handed over"),
    "under_way": ("移交在途，尚未接收", "under way: handed over, not taken over yet"),
}
NEVER_PROVEN = (
    "本结果不证明：是谁按下了按钮；所采集的内容是否真实；采集之前是否有遗漏。",
    "Never proven: who pressed the button, whether what was captured was true, whether anything was left out before.",
)


def shown(value: Any) -> str:
    """Write a fact for a terminal, signs that could mislead made visible."""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in str(value))


def text_of(report: Table, language: int) -> str:
    """Write the report in Chinese (0) or English (1)."""
    lines = [VERDICTS[report["verdict"]][language]]
    level = report["level"]
    lines.append(LEVEL_WORDS[level[:2]][language] + (STAMPED[language] if level.endswith("T") else ""))
    lines += [report["package"], ""]
    for check in report["checks"]:
        reason = REASONS.get(check["reason"], (check["reason"], check["reason"]))[language]
        title = TITLES[check["id"]][language]
        lines.append(
            "{}  {}: {}{}".format(check["id"], title, STATUS_WORDS[check["status"]][language], reason and ": " + reason)
        )
        lines += [f"       {name}: {shown(fact)}" for name, fact in check["facts"].items() if fact != []]
    trust = report["trust"]
    words = ("信任文件第 {} 版，根指纹 {}", "trust file version {}, fingerprint of its roots {}")[language]
    return "\n".join([*lines, "", words.format(trust["version"], trust["fingerprint"]), NEVER_PROVEN[language], ""])


class Usage(argparse.ArgumentParser):
    """A parser of arguments that ends with the exit code for usage."""

    def error(self, message: str) -> NoReturn:
        """Say what was wrong and end."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, message + "\n")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Usage(prog="concord_verify.py", description="Verify a Concord evidence package. 验证协保证据包。")
    parser.add_argument("package", metavar="PACKAGE", help="the package (.evp) 证据包")
    parser.add_argument("--trust", required=True, metavar="FILE", help="the trust file 信任文件 (trust.json)")
    parser.add_argument("--policy", metavar="FILE", help="what is asked for 要求；without it: L2")
    parser.add_argument("--json", action="store_true", help="print the machine's report 输出机读报告")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="of the report 报告语言")
    parser.add_argument("--at", metavar="TIME", help="YYYY-MM-DDTHH:MM:SSZ instead of now 以此时间代替当前时间")
    return parser.parse_args(arguments)


def _read(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(LARGEST_TRUST + 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = _arguments(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        trust = trust_of(_read(given.trust))
        asked = asked_of(_read(given.policy)) if given.policy else Asked()
        at = seconds_of(given.at) if given.at else Fraction(int(time.time()))
        with Path(given.package).open("rb") as file:
            report = verify(file, trust, asked, at)
    except (Broken, Refused) as broken:
        sys.stderr.write(
            "信任文件、要求或时间不能使用 the trust file, policy or time cannot be used: " + str(broken) + "\n"
        )
        return USAGE
    except OSError as error:
        sys.stderr.write("文件不能读取 a file cannot be read: " + str(error) + "\n")
        return USAGE
    if given.json:
        sys.stdout.write(dumps(report).decode("utf-8") + "\n")
    else:
        sys.stdout.write(text_of(report, 0 if given.lang == "zh" else 1))
    return EXITS[report["verdict"]]


if __name__ == "__main__":
    sys.exit(main())
