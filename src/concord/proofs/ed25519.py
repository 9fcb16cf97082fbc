"""Ed25519 (RFC 8032): which public keys may be taken at all, and verification without the cofactor.

``cryptography`` takes any 32 bytes as a key. With one of small order a signature may hold for every message; and a
point written in a second way is a second name of one key. Neither is ever needed, so neither is taken.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LENGTH = 32

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
# y of the points whose order divides 8: of order 1 (1), 2 (-1), 4 (0), and 8, where d·y⁴ + 2y² = 1.
_ORDER_8_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


@lru_cache(maxsize=1024)
def is_public_key(encoded: bytes) -> bool:
    """Whether these are 32 bytes that encode a point of the curve, in the one way, whose order is not 1, 2, 4 or 8."""
    if len(encoded) != LENGTH:
        return False
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    if y >= _P or y in _SMALL_ORDER_Y:
        return False
    # x² = u/v is a square exactly when u·v is one; x is 0 for points of small order alone.
    u, v = y * y - 1, _D * y * y + 1
    return pow(u * v, (_P - 1) // 2, _P) == 1


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is of the key ``public`` over ``message``; never so for what is no key to be taken.

    S must be below the group's order, and the encoding of [S]B - [k]A, k reduced by that order, must be R byte for
    byte: no multiplication by the cofactor.
    """
    try:
        _ready(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=256)
def _ready(public: bytes) -> Ed25519PublicKey:
    """The key made ready, which takes a tenth of the time of a verification. Raises ValueError."""
    if not is_public_key(public):
        raise ValueError
    return Ed25519PublicKey.from_public_bytes(public)
