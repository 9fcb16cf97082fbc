"""``python -m tests.support.ed25519_edges`` writes tests/conformance/ed25519: keys and signatures at the rule's edge.

Made with plain affine arithmetic of its own, which is slow and has nothing in common with either verifier.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from hashlib import sha512
from itertools import count
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "ed25519"
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SIGN = 1 << 255
Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def x_of(y: int) -> int | None:
    """The even x of the point with this y; None where there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * pow(2, (P - 1) // 4, P) % P
    if root * root % P != square:
        return None
    return root if root % 2 == 0 else P - root


def plus(one: Point, two: Point) -> Point:
    """The sum (RFC 8032 §5.1.4, affine)."""
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def times(number: int, point: Point) -> Point:
    """The point added to itself so many times."""
    found = NEUTRAL
    for bit in f"{number:b}":
        found = plus(found, found)
        if bit == "1":
            found = plus(found, point)
    return found


def encoded(point: Point) -> bytes:
    """The one encoding of a point."""
    return (point[1] | point[0] % 2 << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, -1, P) % P
BASE: Point = (x_of(_BASE_Y) or 0, _BASE_Y)


def small_points() -> list[Point]:
    """The eight points whose order divides 8: any point times the group's order, and its multiples."""
    for y in count(2):
        x = x_of(y)
        eighth = NEUTRAL if x is None else times(L, (x, y))
        if times(4, eighth) != NEUTRAL:
            return [times(number, eighth) for number in range(8)]
    raise AssertionError


def challenge(r: bytes, public: bytes, message: bytes) -> int:
    """SHA-512 of R, key and message, not reduced."""
    return int.from_bytes(sha512(r + public + message).digest(), "little")


def keys() -> Iterator[dict[str, object]]:
    """Encodings of keys, whether they are taken, and why not."""
    small = small_points()
    for number, point in enumerate(small):
        order = next(order for order in (1, 2, 4, 8) if times(order, point) == NEUTRAL)
        yield {
            "key": encoded(point).hex(),
            "taken": False,
            "why": f"{number} times the point of order 8: order {order}",
        }
    for y in range(P, SIGN):
        for sign in (0, SIGN):
            why = "no point" if x_of(y - P) is None else "of small order" if y - P in {0, 1} else "a point"
            yield {"key": (y | sign).to_bytes(32, "little").hex(), "taken": False, "why": f"y not below p; {why}"}
    for y, why in ((1, "order 1"), (P - 1, "order 2")):
        yield {"key": (y | SIGN).to_bytes(32, "little").hex(), "taken": False, "why": f"x is 0 and its sign 1; {why}"}
    assert x_of(2) is None
    yield {"key": (2).to_bytes(32, "little").hex(), "taken": False, "why": "no point of the curve has this y"}
    yield {"key": encoded(BASE).hex(), "taken": True, "why": "the base point"}
    yield {"key": encoded(plus(BASE, small[1])).hex(), "taken": True, "why": "of mixed order"}
    for y in (3, P - 3):
        assert x_of(y) is not None
        yield {"key": y.to_bytes(32, "little").hex(), "taken": True, "why": "y near the end of its range"}


def case(public: bytes, r: bytes, s: int, message: bytes, why: str, *, valid: bool) -> dict[str, object]:
    """One signature as it is written."""
    signature = (r + s.to_bytes(32, "little")).hex()
    return {"key": public.hex(), "message": message.hex(), "signature": signature, "valid": valid, "why": why}


def signatures() -> Iterator[dict[str, object]]:
    """Signatures at the edge of the rule, and whether they are good."""
    secret, nonce = 5**100 % L, 7**90 % L
    plain, message, r = encoded(times(secret, BASE)), b"plain", encoded(times(nonce, BASE))
    s = (nonce + challenge(r, plain, message) * secret) % L
    yield case(plain, r, s, message, "an ordinary one", valid=True)
    for more in range(1, 1 + ((1 << 256) - 1 - s) // L):
        yield case(plain, r, s + more * L, message, f"S is {more} times the order too large", valid=False)
    yield case(plain, r, L, message, "S is the order", valid=False)
    yield from _small_r(plain, secret)
    yield from _mixed_keys(secret, nonce)
    yield from _small_keys(nonce)


def _small_r(plain: bytes, secret: int) -> Iterator[dict[str, object]]:
    message = b"small R"
    for number, point in enumerate(small_points()):
        r = encoded(point)
        s = challenge(r, plain, message) * secret % L
        why = "R is the neutral point" if number == 0 else "R is of small order: good only times the cofactor"
        yield case(plain, r, s, message, why, valid=number == 0)
    for y in (1 | SIGN, P + 1, P + 1 | SIGN):
        r = y.to_bytes(32, "little")
        s = challenge(r, plain, message) * secret % L
        yield case(plain, r, s, message, "R is the neutral point in another encoding", valid=False)


def _mixed_keys(secret: int, nonce: int) -> Iterator[dict[str, object]]:
    """Keys with a part of small order, which k counts for, reduced or not."""
    eighth = small_points()[1]
    public = encoded(plus(times(secret, BASE), eighth))
    r = encoded(times(nonce, BASE))
    wanted = {(True, True), (True, False), (False, True), (False, False)}
    for number in count():
        message = b"mixed %d" % number
        whole = challenge(r, public, message)
        kind = (whole % L % 8 == 0, whole % 8 == 0)
        if kind in wanted:
            wanted.remove(kind)
            why = f"key of mixed order, k divides by 8 reduced: {kind[0]}, not reduced: {kind[1]}"
            yield case(public, r, (nonce + whole * secret) % L, message, why, valid=kind[0])
        if not wanted:
            break
    for number in count():
        message = b"mixed R %d" % number
        r = encoded(plus(times(nonce, BASE), eighth))
        whole = challenge(r, public, message)
        if whole % L % 8 == 7:  # R holds the part of order 8 once, and k times it takes away one
            yield case(public, r, (nonce + whole * secret) % L, message, "key and R of mixed order", valid=True)
            return


def _small_keys(nonce: int) -> Iterator[dict[str, object]]:
    """Signatures that anybody can make: right by the equation, by keys that are not taken."""
    seen = set()
    for one in keys():
        public, why = bytes.fromhex(str(one["key"])), str(one["why"])
        if one["taken"] or "order" not in why:
            continue
        point = decoded(public)
        for number in count():
            message = b"anything %d" % number
            r = encoded(times(nonce, BASE))
            if times(challenge(r, public, message) % L % 8, point) == NEUTRAL and (public, message) not in seen:
                seen.add((public, message))
                yield case(public, r, nonce, message, f"right by the equation; key: {why}", valid=False)
                break


def decoded(public: bytes) -> Point:
    """The point of an encoding, however it is written."""
    y = (int.from_bytes(public, "little") & (SIGN - 1)) % P
    x = x_of(y) or 0
    return (P - x) % P if public[31] >> 7 else x, y


def write(folder: Path = FOLDER) -> None:
    """Write keys.json and signatures.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, cases in (("keys", keys()), ("signatures", signatures())):
        (folder / f"{name}.json").write_text(json.dumps(list(cases), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
    sys.stdout.write("written\n")
