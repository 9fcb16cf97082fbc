"""SM2 by the libcrypto of Python, beside another implementation."""

from __future__ import annotations

import _hashlib
import ctypes
import ctypes.util
import gc
import os
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import sm2
from concord.rules.errors import InvalidInput, Unavailable

N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
PRIVATE = bytes(31) + b"\x05"
PUBLIC = sm2.public_of(PRIVATE)
MESSAGE = "协作中心".encode()
SIGNATURE = sm2.sign(PRIVATE, MESSAGE)
SCALARS = st.integers(1, N - 2).map(lambda scalar: scalar.to_bytes(32))


class TestSigning:
    @settings(deadline=None)
    @given(SCALARS, st.binary(max_size=300), st.binary(max_size=40))
    def test_what_is_signed_verifies_and_nothing_else(self, private: bytes, message: bytes, identifier: bytes) -> None:
        public = sm2.public_of(private)
        signature = sm2.sign(private, message, identifier=identifier)
        assert len(signature) == 64
        assert sm2.verify(public, message, signature, identifier=identifier)
        assert not sm2.verify(public, message + b"\0", signature, identifier=identifier)
        assert not sm2.verify(public, message, signature, identifier=identifier + b"\0")
        assert not sm2.verify(sm2.public_of(bytes(31) + b"\x07"), message, signature, identifier=identifier)

    def test_each_signature_has_a_nonce_of_its_own(self) -> None:
        assert len({sm2.sign(PRIVATE, MESSAGE)[:32] for _ in range(20)}) == 20

    def test_the_longest_identifier(self) -> None:
        longest = b"i" * sm2.LONGEST_IDENTIFIER
        assert sm2.verify(PUBLIC, MESSAGE, sm2.sign(PRIVATE, MESSAGE, identifier=longest), identifier=longest)
        with pytest.raises(InvalidInput, match="at most 8190 bytes"):
            sm2.sign(PRIVATE, MESSAGE, identifier=longest + b"i")
        with pytest.raises(InvalidInput, match="at most 8190 bytes"):
            sm2.verify(PUBLIC, MESSAGE, SIGNATURE, identifier=longest + b"i")

    def test_threads_share_a_key(self) -> None:
        def round_trip(number: int) -> bool:
            message = number.to_bytes(4)
            signature = sm2.sign(PRIVATE, message)
            return sm2.verify(PUBLIC, message, signature) and not sm2.verify(PUBLIC, MESSAGE, signature)

        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(round_trip, range(200)))


class TestStrictness:
    @pytest.mark.parametrize("bit", range(0, 512, 13))
    def test_a_flipped_bit_of_the_signature(self, bit: int) -> None:
        changed = bytearray(SIGNATURE)
        changed[bit // 8] ^= 1 << bit % 8
        assert not sm2.verify(PUBLIC, MESSAGE, bytes(changed))

    @pytest.mark.parametrize(
        "signature",
        [
            b"",
            SIGNATURE[:-1],
            SIGNATURE + b"\0",
            bytes(32) + SIGNATURE[32:],
            SIGNATURE[:32] + bytes(32),
            N.to_bytes(32) + SIGNATURE[32:],
            SIGNATURE[:32] + N.to_bytes(32),
            b"\xff" * 64,
            encode_dss_signature(int.from_bytes(SIGNATURE[:32]), int.from_bytes(SIGNATURE[32:])),
        ],
        # Each process signs anew, and the names of tests must agree.
        ids=["empty", "short", "long", "r=0", "s=0", "r=n", "s=n", "too large", "DER"],
    )
    def test_what_is_not_two_numbers_in_range(self, signature: bytes) -> None:
        assert sm2.verify(PUBLIC, MESSAGE, SIGNATURE)
        assert not sm2.verify(PUBLIC, MESSAGE, signature)

    @pytest.mark.parametrize(
        "public",
        [
            b"",
            PUBLIC[1:],
            PUBLIC + b"\0",
            b"\x02" + PUBLIC[1:33],
            b"\x06" + PUBLIC[1:],
            b"\0",
            PUBLIC[:-1] + bytes([PUBLIC[-1] ^ 1]),
            b"\x04" + bytes(64),
            b"\x04" + P.to_bytes(32) + PUBLIC[33:],
            PUBLIC[:33] + ((1 << 256) - 1).to_bytes(32),
        ],
    )
    def test_a_public_key_off_the_curve(self, public: bytes) -> None:
        assert sm2.on_curve(PUBLIC)
        assert not sm2.on_curve(public)
        assert not sm2.verify(public, MESSAGE, SIGNATURE)

    def test_a_coordinate_beyond_the_field_is_not_taken_for_the_one_it_equals(self) -> None:
        # The curve has a point with x below 2^256 - p, so that x + p still fits in 32 bytes.
        x, y = next(_points())
        assert sm2.on_curve(b"\x04" + x.to_bytes(32) + y.to_bytes(32))
        assert not sm2.on_curve(b"\x04" + (x + P).to_bytes(32) + y.to_bytes(32))

    @pytest.mark.parametrize("scalar", [0, N - 1, N, 2**256 - 1])
    def test_a_private_key_out_of_range(self, scalar: int) -> None:
        private = scalar.to_bytes(32)
        assert not sm2.is_private(private)
        with pytest.raises(InvalidInput, match="between 1 and n-2"):
            sm2.public_of(private)
        with pytest.raises(InvalidInput, match="between 1 and n-2"):
            sm2.sign(private, MESSAGE)

    @pytest.mark.parametrize("private", [b"", PRIVATE[1:], b"\0" + PRIVATE])
    def test_a_private_key_of_another_length(self, private: bytes) -> None:
        with pytest.raises(InvalidInput):
            sm2.public_of(private)

    @pytest.mark.parametrize("scalar", [1, N - 2])
    def test_the_ends_of_the_range(self, scalar: int) -> None:
        private = scalar.to_bytes(32)
        assert sm2.verify(sm2.public_of(private), MESSAGE, sm2.sign(private, MESSAGE))


def _points() -> Iterator[tuple[int, int]]:
    b = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
    for x in range(1, 100):
        square = (x**3 - 3 * x + b) % P
        y = pow(square, (P + 1) // 4, P)
        if y * y % P == square:
            yield x, y


class TestGenerate:
    def test_what_is_out_of_range_is_drawn_again(self) -> None:
        drawn = iter([bytes(32), b"\xff" * 32, (N - 1).to_bytes(32), PRIVATE])
        asked: list[int] = []

        def random_bytes(count: int) -> bytes:
            asked.append(count)
            return next(drawn)

        assert sm2.generate(random_bytes) == PRIVATE
        assert asked == [32] * 4

    def test_nothing_is_added_to_what_was_drawn(self) -> None:
        assert sm2.generate(lambda count: bytes(range(1, 1 + count))) == bytes(range(1, 33))


class TestLibrary:
    def test_the_self_test_passes(self) -> None:
        sm2.self_test.__wrapped__()  # afresh, not from what was remembered
        assert sm2.available()

    @pytest.mark.skipif(
        not Path(getattr(_hashlib, "__file__", "built-in")).exists(), reason="this Python has its OpenSSL built in"
    )
    def test_it_is_the_library_of_python(self) -> None:
        loaded = sm2._libcrypto()
        assert loaded.OpenSSL_version_num() == ssl.OPENSSL_VERSION_NUMBER

    def test_failures_leave_no_error_behind_for_others(self) -> None:
        crypto = sm2._libcrypto()
        crypto.ERR_peek_error.restype = ctypes.c_ulong
        assert not sm2.verify(PUBLIC, MESSAGE + b".", SIGNATURE)
        assert crypto.ERR_peek_error() == 0

    def test_a_library_without_the_curve_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sm2, "_NID_SM2", 1)
        with pytest.raises(Unavailable) as caught:
            sm2.public_of.__wrapped__(PRIVATE)
        assert caught.value.code == "proofs.sm2_unavailable"

    def test_a_library_that_is_too_old_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sm2, "_OLDEST", 0xFFFFFFFF)
        with pytest.raises(Unavailable) as caught:
            sm2._libcrypto.__wrapped__()
        assert caught.value.code == "proofs.sm2_unavailable"

    def test_what_is_no_libcrypto_is_passed_over(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        usable = list(sm2._candidates())
        broken = tmp_path / "libcrypto.so"
        broken.write_bytes(b"not a library")
        candidates = [str(broken), str(tmp_path / "absent.so"), ctypes.util.find_library("c"), *usable]
        monkeypatch.setattr(sm2, "_candidates", lambda: iter(candidates))
        assert sm2._libcrypto.__wrapped__().OpenSSL_version_num() >= 0x30000000
        candidates[3:] = []
        with pytest.raises(Unavailable):
            sm2._libcrypto.__wrapped__()

    def test_one_that_gets_the_example_wrong_is_not_available(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sm2, "self_test", sm2.self_test.__wrapped__)
        monkeypatch.setattr(sm2, "public_of", lambda private: PUBLIC if private else b"")
        assert not sm2.available()

    def test_a_library_that_makes_no_key_says_so(self) -> None:
        with pytest.raises(Unavailable):
            sm2._Key(b"\x04" + bytes(64))

    @pytest.mark.slow
    @pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux how much memory is held")
    def test_nothing_is_left_behind(self) -> None:
        def rounds(count: int) -> None:
            for number in range(1, count + 1):
                private = (number << 64).to_bytes(32)
                signature = sm2.sign(private, MESSAGE)
                assert sm2.verify(sm2.public_of(private), MESSAGE, signature)
                assert not sm2.verify(PUBLIC, MESSAGE, signature)

        def held() -> int:
            gc.collect()
            return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")

        rounds(600)
        before = held()
        rounds(3000)
        assert held() - before < 1_000_000


class TestSecondOpinion:
    @settings(deadline=None, max_examples=30)
    @given(SCALARS, st.binary(min_size=1, max_size=200), st.binary(min_size=1, max_size=30))
    def test_both_accept_what_the_other_signs(self, private: bytes, message: bytes, identifier: bytes) -> None:
        other = pytest.importorskip("gmssl_pyx", reason="is published for x86-64 alone")
        public = sm2.public_of(private)
        r, s = decode_dss_signature(other.sm2_sign(private, public[1:], message, identifier))
        assert sm2.verify(public, message, r.to_bytes(32) + s.to_bytes(32), identifier=identifier)
        ours = sm2.sign(private, message, identifier=identifier)
        written = encode_dss_signature(int.from_bytes(ours[:32]), int.from_bytes(ours[32:]))
        assert other.sm2_verify(public[1:], message, written, identifier)
