"""Statements are signed with both algorithms over the same bytes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.proofs import sm2
from concord.proofs.signing import (
    ALGORITHMS,
    PrivateKeys,
    PublicKeys,
    Signature,
    Signer,
    base64_strict,
    signed_bytes,
    verifies,
)
from concord.rules.errors import InvalidInput


def drawn(*parts: bytes) -> Callable[[int], bytes]:
    """A source of random bytes that gives these parts, one after the other."""
    waiting = iter(parts)

    def random_bytes(count: int) -> bytes:
        part = next(waiting)
        assert len(part) == count
        return part

    return random_bytes


KEY = "310117/officer/2026#1"
KEYS = PrivateKeys.generate(KEY, drawn(b"\x07" * 32, b"\x08" * 32))
OTHER = PrivateKeys.generate("330100/officer/2026#1", drawn(b"\x17" * 32, b"\x18" * 32))
MESSAGE = signed_bytes("event", b'{"seq":0}')


def changed(table: dict[str, str], **changes: object) -> dict[str, Any]:
    """The table with these entries set, or dropped when None."""
    return {key: value for key, value in {**table, **changes}.items() if value is not None}


class TestSigning:
    @settings(deadline=None)
    @given(st.binary())
    def test_one_signature_of_each_algorithm_in_order(self, message: bytes) -> None:
        signer: Signer = KEYS
        signatures = signer.sign(message)
        assert tuple(signature.alg for signature in signatures) == ALGORITHMS
        assert {signature.key for signature in signatures} == {signer.key} == {KEY}
        for signature in signatures:
            assert verifies(signer.public, message, signature)
            assert not verifies(signer.public, message + b"\0", signature)
            assert not verifies(OTHER.public, message, signature)

    def test_a_signature_of_one_algorithm_is_none_of_the_other(self) -> None:
        one, other = KEYS.sign(MESSAGE)
        assert not verifies(KEYS.public, MESSAGE, Signature(other.alg, KEY, one.sig))
        assert not verifies(KEYS.public, MESSAGE, Signature(one.alg, KEY, other.sig))
        assert not verifies(KEYS.public, MESSAGE, Signature("rsa", KEY, one.sig))

    @pytest.mark.parametrize("length", [0, 63, 65])
    @pytest.mark.parametrize("alg", ALGORITHMS)
    def test_a_signature_of_another_length(self, alg: str, length: int) -> None:
        assert not verifies(KEYS.public, MESSAGE, Signature(alg, KEY, bytes(length)))

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_a_public_key_of_another_length(self, length: int) -> None:
        for signature in KEYS.sign(MESSAGE):
            assert not verifies(PublicKeys(bytes(length), bytes(length)), MESSAGE, signature)

    def test_sm2_names_its_holder_by_the_default_identifier(self) -> None:
        signature = KEYS.sign(MESSAGE)[1]
        assert sm2.verify(KEYS.public.sm2, MESSAGE, signature.sig, identifier=b"1234567812345678")

    def test_what_is_signed_says_format_kind_and_length(self) -> None:
        assert signed_bytes("event", "事".encode()) == b"concord-evidence/v1\nevent\n3\n" + "事".encode()
        assert signed_bytes("trust", b"") == b"concord-evidence/v1\ntrust\n0\n"


class TestPrivateKeys:
    def test_are_made_of_what_was_drawn(self) -> None:
        out_of_range = b"\xff" * 32
        keys = PrivateKeys.generate(KEY, drawn(b"\x07" * 32, out_of_range, b"\x08" * 32))
        assert keys == KEYS == PrivateKeys(KEY, b"\x07" * 32, b"\x08" * 32)

    def test_read_back(self) -> None:
        assert PrivateKeys.from_json(KEYS.as_json()) == KEYS

    def test_do_not_show(self) -> None:
        for shown in (repr(KEYS), str(KEYS), f"{KEYS}"):
            assert shown == f"PrivateKeys(key={KEY!r})"

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            changed(KEYS.as_json(), key=None),
            changed(KEYS.as_json(), key=""),
            changed(KEYS.as_json(), key="a b"),
            changed(KEYS.as_json(), key="k" * 201),
            changed(KEYS.as_json(), ed25519=None),
            changed(KEYS.as_json(), ed25519="AAAA"),
            changed(KEYS.as_json(), sm2=base64.b64encode(bytes(32)).decode()),
            changed(KEYS.as_json(), sm2=KEYS.as_json()["sm2"].rstrip("=")),
            changed(KEYS.as_json(), sm2=5),
            changed(KEYS.as_json(), more="x"),
        ],
    )
    def test_what_is_none_is_refused_without_repeating_it(self, value: object) -> None:
        with pytest.raises(InvalidInput) as caught:
            PrivateKeys.from_json(value)
        assert caught.value.code == "proofs.private_keys"
        assert KEYS.as_json()["ed25519"] not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


class TestPublicKeys:
    def test_read_back(self) -> None:
        assert PublicKeys.from_json(KEYS.public.as_json()) == KEYS.public

    def test_have_a_fingerprint(self) -> None:
        public = KEYS.public
        assert public.fingerprint() == hashlib.sha256(public.ed25519 + public.sm2).hexdigest()
        assert public.fingerprint() != OTHER.public.fingerprint()

    @pytest.mark.parametrize(
        "value",
        [
            None,
            {},
            changed(KEYS.public.as_json(), sm2=None),
            changed(KEYS.public.as_json(), more="x"),
            changed(KEYS.public.as_json(), ed25519=3),
            changed(KEYS.public.as_json(), ed25519=base64.b64encode(bytes(31)).decode()),
            changed(KEYS.public.as_json(), sm2=base64.b64encode(KEYS.public.sm2[1:]).decode()),
            changed(KEYS.public.as_json(), sm2=base64.b64encode(b"\x04" + bytes(64)).decode()),
            changed(KEYS.public.as_json(), sm2=KEYS.public.as_json()["sm2"] + "\n"),
        ],
    )
    def test_what_is_none_is_refused(self, value: object) -> None:
        with pytest.raises(InvalidInput) as caught:
            PublicKeys.from_json(value)
        assert caught.value.code == "proofs.public_keys"


class TestSignature:
    def test_reads_back(self) -> None:
        for signature in KEYS.sign(MESSAGE):
            assert Signature.from_json(signature.as_json()) == signature

    @pytest.mark.parametrize(
        "value",
        [
            None,
            "sig",
            changed(KEYS.sign(MESSAGE)[0].as_json(), alg="rsa"),
            changed(KEYS.sign(MESSAGE)[0].as_json(), alg=None),
            changed(KEYS.sign(MESSAGE)[0].as_json(), key="a\n"),
            changed(KEYS.sign(MESSAGE)[0].as_json(), key="甲"),
            changed(KEYS.sign(MESSAGE)[0].as_json(), sig=base64.b64encode(bytes(63)).decode()),
            changed(KEYS.sign(MESSAGE)[0].as_json(), sig="!" * 88),
            changed(KEYS.sign(MESSAGE)[0].as_json(), sig=7),
            changed(KEYS.sign(MESSAGE)[0].as_json(), more="x"),
        ],
    )
    def test_what_is_none_is_refused(self, value: object) -> None:
        with pytest.raises(InvalidInput) as caught:
            Signature.from_json(value)
        assert caught.value.code == "proofs.signature"


class TestBase64:
    @given(st.binary())
    def test_reads_back(self, data: bytes) -> None:
        assert base64_strict(base64.b64encode(data).decode()) == data

    @pytest.mark.parametrize(
        "text", ["A", "AA", "AAA", "AB==", "AAB=", "AA=A", "AA==\n", " AAAA", "-_8=", "=", "AAAA=", "甲AAA"]
    )
    def test_any_other_way_to_write_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            base64_strict(text)
        assert caught.value.code == "proofs.encoding"
