"""SM2 signatures with SM3 (GB/T 32918.2-2016, curve of GB/T 32918.5-2017) by the libcrypto that Python itself uses.

No kept Python library signs SM2, and Python already stands on an OpenSSL that does; this module calls it directly.
A public key is ``04‖x‖y`` (65 bytes), a private key the scalar (32 bytes, big-endian), a signature ``r‖s`` (64 bytes).
Signing is as exact and as guarded against timing as the OpenSSL beneath: on ARM64 keep signing keys in a token.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from concord.rules.errors import InvalidInput, Said, Unavailable

IDENTIFIER = b"1234567812345678"
LONGEST_IDENTIFIER = 8190  # its length in bits is written in two bytes; libcrypto takes no longer one

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

_PUBLIC_LENGTH = 65
_UNCOMPRESSED = 0x04
_LONGEST_DER = 72
_SCALAR_LENGTH = 32
_OLDEST = 0x30000000  # OpenSSL 3.0
_NID_SM2 = 1172
_EVP_PKEY_PUBLIC_KEY, _EVP_PKEY_KEYPAIR = 0x86, 0x87
_UNSIGNED_INTEGER, _UTF8_STRING, _OCTET_STRING = 2, 4, 5
_SM3 = b"SM3"

# What each function takes and gives: p pointer, s bytes, n length, i int.
_FUNCTIONS = {
    "BN_CTX_free": "p:",
    "BN_CTX_new": ":p",
    "BN_bin2bn": "sip:p",
    "BN_clear_free": "p:",
    "EC_GROUP_free": "p:",
    "EC_GROUP_new_by_curve_name": "i:p",
    "EC_POINT_free": "p:",
    "EC_POINT_mul": "pppppp:i",
    "EC_POINT_new": "p:p",
    "EC_POINT_point2oct": "ppipnp:n",
    "ERR_clear_error": ":",
    "EVP_DigestSign": "pppsn:i",
    "EVP_DigestSignInit_ex": "ppssspp:i",
    "EVP_DigestVerify": "psnsn:i",
    "EVP_DigestVerifyInit_ex": "ppssspp:i",
    "EVP_MD_CTX_free": "p:",
    "EVP_MD_CTX_new": ":p",
    "EVP_PKEY_CTX_free": "p:",
    "EVP_PKEY_CTX_new_from_name": "psp:p",
    "EVP_PKEY_CTX_set1_id": "psi:i",
    "EVP_PKEY_free": "p:",
    "EVP_PKEY_fromdata": "ppip:i",
    "EVP_PKEY_fromdata_init": "p:i",
}
_KINDS = {"p": ctypes.c_void_p, "s": ctypes.c_char_p, "n": ctypes.c_size_t, "i": ctypes.c_int, "": None}


class _Parameter(ctypes.Structure):
    """OSSL_PARAM."""

    _fields_ = (
        ("key", ctypes.c_char_p),
        ("kind", ctypes.c_uint),
        ("content", ctypes.c_char_p),
        ("length", ctypes.c_size_t),
        ("returned", ctypes.c_size_t),
    )


class _Key:
    """An EVP_PKEY, given back when nobody needs it any more."""

    def __init__(self, public: bytes, private: bytes = b"") -> None:
        crypto = _libcrypto()
        parameters = [
            _Parameter(b"group", _UTF8_STRING, b"SM2", 3, 0),
            _Parameter(b"pub", _OCTET_STRING, public, len(public), 0),
        ]
        if private:
            native = private if sys.byteorder == "big" else private[::-1]
            parameters.append(_Parameter(b"priv", _UNSIGNED_INTEGER, native, len(native), 0))
        listed = (_Parameter * (len(parameters) + 1))(*parameters)
        kind = _EVP_PKEY_KEYPAIR if private else _EVP_PKEY_PUBLIC_KEY
        self.pointer = ctypes.c_void_p()
        making = crypto.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
        made = crypto.EVP_PKEY_fromdata_init(making) == 1 and (
            crypto.EVP_PKEY_fromdata(making, ctypes.byref(self.pointer), kind, listed) == 1
        )
        crypto.EVP_PKEY_CTX_free(making)
        if not made:
            raise _failed()
        # Not at the end of the program: a thread may still be signing.
        weakref.finalize(self, crypto.EVP_PKEY_free, self.pointer).atexit = False


def available() -> bool:
    """Whether the libcrypto of this Python is OpenSSL 3.0 or newer and knows the curve."""
    try:
        self_test()
    except Unavailable:
        return False
    return True


@cache
def self_test() -> None:
    """Try the signature of the standard's own example and one of our own making, once in the life of a program.

    Raises Unavailable ``proofs.sm2_unavailable``. Source: GB/T 32918.5-2017 annex A.
    """
    private = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
    public = bytes.fromhex(
        "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    )
    signature = bytes.fromhex(
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    )
    message = b"message digest"
    if not (
        public_of(private) == public
        and verify(public, message, signature)
        and verify(public, message, sign(private, message))
        and not verify(public, message + b".", signature)
    ):
        raise _failed()


def on_curve(public: bytes) -> bool:
    """Whether ``public`` is ``04‖x‖y`` and names a point of the curve."""
    if len(public) != _PUBLIC_LENGTH or public[0] != _UNCOMPRESSED:
        return False
    x, y = int.from_bytes(public[1:33]), int.from_bytes(public[33:])
    return x < _P and y < _P and (y * y - (x * x + _A) * x - _B) % _P == 0


def generate(random_bytes: Callable[[int], bytes]) -> bytes:
    """A private key from ``random_bytes``, which must be fit for keys: an even choice among 1 … n - 2."""
    while True:
        private = random_bytes(_SCALAR_LENGTH)
        if is_private(private):
            return private


@lru_cache(maxsize=256)
def public_of(private: bytes) -> bytes:
    """The public key of ``private``, which is remembered with it for the life of the program.

    Raises InvalidInput ``proofs.private_key``, Unavailable ``proofs.sm2_unavailable``.
    """
    if not is_private(private):
        raise InvalidInput(
            "proofs.private_key",
            Said(
                "SM2 私钥须为 32 字节，且在 1 至 n-2 之间。",
                "An SM2 private key is 32 bytes and lies between 1 and n-2.",
            ),
        )
    crypto = _libcrypto()
    group = crypto.EC_GROUP_new_by_curve_name(_NID_SM2)
    if not group:
        raise _failed()
    point, context = crypto.EC_POINT_new(group), crypto.BN_CTX_new()
    scalar = crypto.BN_bin2bn(private, len(private), None)
    public = ctypes.create_string_buffer(_PUBLIC_LENGTH)
    multiplied = crypto.EC_POINT_mul(group, point, scalar, None, None, context) == 1 and (
        crypto.EC_POINT_point2oct(group, point, _UNCOMPRESSED, public, _PUBLIC_LENGTH, context) == _PUBLIC_LENGTH
    )
    crypto.BN_clear_free(scalar)
    crypto.BN_CTX_free(context)
    crypto.EC_POINT_free(point)
    crypto.EC_GROUP_free(group)
    if not multiplied:
        raise _failed()
    return public.raw


def sign(private: bytes, message: bytes, *, identifier: bytes = IDENTIFIER) -> bytes:
    """``r‖s`` over ``message`` by the holder named ``identifier``; the nonce is libcrypto's own.

    Raises InvalidInput ``proofs.private_key`` or ``proofs.identifier``, Unavailable ``proofs.sm2_unavailable``.
    """
    crypto = _libcrypto()
    key = _key_pair(private)
    written = ctypes.create_string_buffer(_LONGEST_DER)
    length = ctypes.c_size_t(_LONGEST_DER)
    context = crypto.EVP_MD_CTX_new()
    try:
        _begin(crypto.EVP_DigestSignInit_ex, context, key, identifier)
        if crypto.EVP_DigestSign(context, written, ctypes.byref(length), message, len(message)) != 1:
            raise _failed()
    finally:
        crypto.EVP_MD_CTX_free(context)
    r, s = decode_dss_signature(written.raw[: length.value])
    return r.to_bytes(_SCALAR_LENGTH) + s.to_bytes(_SCALAR_LENGTH)


def verify(public: bytes, message: bytes, signature: bytes, *, identifier: bytes = IDENTIFIER) -> bool:
    """Whether ``signature`` is ``r‖s``, both in 1 … n - 1, over ``message`` by ``public``.

    Raises InvalidInput ``proofs.identifier``, Unavailable ``proofs.sm2_unavailable``.
    """
    crypto = _libcrypto()
    r, s = int.from_bytes(signature[:_SCALAR_LENGTH]), int.from_bytes(signature[_SCALAR_LENGTH:])
    if len(signature) != 2 * _SCALAR_LENGTH or not (0 < r < _N and 0 < s < _N) or not on_curve(public):
        return False
    written = encode_dss_signature(r, s)
    key = _public_key(public)
    context = crypto.EVP_MD_CTX_new()
    try:
        _begin(crypto.EVP_DigestVerifyInit_ex, context, key, identifier)
        accepted: int = crypto.EVP_DigestVerify(context, written, len(written), message, len(message))
    finally:
        crypto.EVP_MD_CTX_free(context)
    if accepted != 1:
        crypto.ERR_clear_error()
    return accepted == 1


def _begin(begin: Callable[..., int], context: int | None, key: _Key, identifier: bytes) -> None:
    """Set up a signature or its check with SM3, the key and the name of its holder."""
    if len(identifier) > LONGEST_IDENTIFIER:
        raise InvalidInput(
            "proofs.identifier",
            Said(
                f"SM2 用户标识不得超过 {LONGEST_IDENTIFIER} 字节。",
                f"The identifier of an SM2 key is at most {LONGEST_IDENTIFIER} bytes.",
            ),
        )
    inner = ctypes.c_void_p()
    begun = context is not None and begin(context, ctypes.byref(inner), _SM3, None, None, key.pointer, None) == 1
    if not begun or _libcrypto().EVP_PKEY_CTX_set1_id(inner, identifier, len(identifier)) != 1:
        raise _failed()


@lru_cache(maxsize=64)
def _key_pair(private: bytes) -> _Key:
    return _Key(public_of(private), private)


@lru_cache(maxsize=256)
def _public_key(public: bytes) -> _Key:
    return _Key(public)


def is_private(private: bytes) -> bool:
    """Whether ``private`` is 32 bytes and in 1 … n - 2."""
    return len(private) == _SCALAR_LENGTH and 0 < int.from_bytes(private) < _N - 1


@cache
def _libcrypto() -> ctypes.CDLL:
    """The first candidate that is new enough. Raises Unavailable when none is."""
    for name in _candidates():
        try:
            crypto = ctypes.CDLL(name)
            crypto.OpenSSL_version_num.restype = ctypes.c_ulong
            if crypto.OpenSSL_version_num() >= _OLDEST:
                return _declared(crypto)
        except (OSError, AttributeError):
            continue
    raise _unavailable()


def _candidates() -> Iterator[str]:
    """What Python's own digests are linked with, found through their module; then the system's libcrypto."""
    digests = importlib.util.find_spec("_hashlib")
    if digests is not None and digests.origin is not None:
        yield digests.origin
    system = ctypes.util.find_library("crypto")
    if system is not None:
        yield system


def _declared(crypto: ctypes.CDLL) -> ctypes.CDLL:
    for name, kinds in _FUNCTIONS.items():
        taken, given = kinds.split(":")
        function = getattr(crypto, name)
        function.argtypes = tuple(_KINDS[kind] for kind in taken)
        function.restype = _KINDS[given]
    return crypto


def _failed() -> Unavailable:
    _libcrypto().ERR_clear_error()
    return _unavailable()


def _unavailable() -> Unavailable:
    return Unavailable(
        "proofs.sm2_unavailable",
        Said(
            "本机的 OpenSSL 不支持 SM2（须为 3.0 以上且未裁剪），请安装后重试。",
            "The OpenSSL of this machine cannot do SM2 (3.0 or newer, complete, is needed); install one and try again.",
        ),
    )
