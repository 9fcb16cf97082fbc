"""Published vectors for digests, signatures and canonical JSON; what does not apply to us says why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from concord.proofs import canonical, sm2
from concord.proofs.digests import Pair, digested, pair_of
from concord.proofs.signing import ED25519, PublicKeys, Signature, verifies
from concord.rules.errors import InvalidInput

HERE = Path(__file__).parent
SM2_CURVE = "1.2.156.10197.1.301"
# Vectors of other curves and digests than ours, by their line "Oid/Hash".
NOT_OURS = {
    "1.3.6.1.4.1.25258.4.5459250/SM3": "the test curve of the draft; the standard has one curve, and it is another",
    "1.3.6.1.4.1.25258.4.5459250/Raw": "the test curve of the draft, and a digest in place of a message",
    "1.3.6.1.4.1.25258.4.5459250/SHA-256": "the test curve of the draft, and SHA-256 in place of SM3",
    "1.2.156.10197.1.301/SHA-256": "SM2 with SHA-256; GB/T 32918 is used with SM3 alone",
    "1.2.840.10045.3.1.7/SM3": "the SM2 scheme on P-256",
    "1.2.840.10045.3.1.7/SHA-256": "the SM2 scheme on P-256 with SHA-256",
}
# Documents that RFC 8785 can write and a proof may not hold.
OUTSIDE_THE_PROFILE = {
    "french": "keys with letters outside a-z",
    "structures": "keys with a line end or capital letters, an empty key, a fraction",
    "unicode": "a key with a space; a text that is not in normal form C",
    "values": "fractions",
    "weird": "keys outside a-z, 0-9 and the underscore",
}


def records(path: str) -> Iterator[dict[str, str]]:
    """The ``name = value`` blocks of a vector file; what stands before the first blank line of a curve goes on."""
    curve: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", (HERE / path).read_text(encoding="utf-8")):
        found = dict(re.findall(r"^(\w+) *= *(.*)$", block, re.MULTILINE))
        if "Oid" in found:
            curve = found
        elif found:
            yield curve | found


SM3_MESSAGES = [
    *((one["In"], one["Out"]) for one in records("botan/sm3.vec")),
    *(
        ("" if one["Len"] == "0" else one["Msg"], one["MD"])
        for name in ("draft-shen-sm2-ecdsa-02", "oscca")
        for one in records(f"tongsuo-sm2/SM3/{name}.txt")
    ),
]


class TestSM3:
    def test_none_is_missing(self) -> None:
        assert len(SM3_MESSAGES) == 139 + 1 + 6

    @pytest.mark.parametrize(("message", "digest"), SM3_MESSAGES)
    def test_message(self, message: str, digest: str) -> None:
        data = bytes.fromhex(message)
        assert pair_of(data).sm3 == digest.lower()
        assert digested([data[:1], data[1:]]).pair == Pair(pair_of(data).sha256, digest.lower())


def _public(record: dict[str, str]) -> bytes:
    return bytes.fromhex("04" + record["Qx"] + record["Qy"])


class TestSM2:
    def test_standard_example(self) -> None:
        one = json.loads((HERE / "extracted/sm2_gbt32918_5.json").read_text(encoding="utf-8"))
        private, message, identifier = bytes.fromhex(one["d"]), one["message"].encode(), one["id"].encode()
        public = sm2.public_of(private)
        assert public.hex().upper() == "04" + one["x"] + one["y"]
        assert sm2.verify(public, message, bytes.fromhex(one["r"] + one["s"]), identifier=identifier)
        assert sm2.verify(public, message, sm2.sign(private, message, identifier=identifier), identifier=identifier)

    @pytest.mark.parametrize(
        "pair", [one for one in records("tongsuo-sm2/SM2/GB_32918.5-2017/KeyPair.rsp") if "d" in one]
    )
    def test_key_pair(self, pair: dict[str, str]) -> None:
        assert sm2.public_of(bytes.fromhex(pair["d"])) == _public(pair)
        assert sm2.on_curve(_public(pair))

    @pytest.mark.parametrize(("file", "valid"), [("SigGen", True), ("SigFail", False)])
    def test_signature(self, file: str, valid: bool) -> None:  # noqa: FBT001 - a column of the table
        (one,) = (one for one in records(f"tongsuo-sm2/SM2/GB_32918.5-2017/{file}.txt") if "R" in one)
        assert sm2.verify(_public(one), bytes.fromhex(one["Msg"]), bytes.fromhex(one["R"] + one["S"])) is valid

    def test_botan(self) -> None:
        tried = []
        for one in records("botan/sm2_sig.vec"):
            if f"{one['Oid']}/{one['Hash']}" in NOT_OURS:
                continue
            private, message = bytes.fromhex(one["x"][2:]), bytes.fromhex(one["Msg"])
            identifier, public = one["Ident"].encode(), sm2.public_of(private)
            assert sm2.verify(public, message, bytes.fromhex(one["Signature"]), identifier=identifier)
            assert not sm2.verify(public, message, bytes.fromhex(one["Signature"]))
            tried.append(f"{one['Oid']}/{one['Hash']}")
        assert tried == [f"{SM2_CURVE}/SM3"]

    def test_every_vector_left_out_has_its_reason(self) -> None:
        kinds = {f"{one['Oid']}/{one['Hash']}" for one in records("botan/sm2_sig.vec")}
        assert kinds - set(NOT_OURS) == {f"{SM2_CURVE}/SM3"}
        assert set(NOT_OURS) <= kinds


def _wycheproof() -> list[tuple[int, str, dict[str, Any]]]:
    groups = json.loads((HERE / "wycheproof/ed25519_test.json").read_text(encoding="utf-8"))["testGroups"]
    return [(one["tcId"], group["publicKey"]["pk"], one) for group in groups for one in group["tests"]]


class TestEd25519:
    def test_none_is_missing(self) -> None:
        assert [number for number, _, _ in _wycheproof()] == list(range(1, 152))

    @pytest.mark.parametrize(("number", "key", "case"), _wycheproof())
    def test_wycheproof(self, number: int, key: str, case: dict[str, Any]) -> None:
        public = PublicKeys(bytes.fromhex(key), b"")
        signature = Signature(ED25519, "a", bytes.fromhex(case["sig"]))
        valid = verifies(public, bytes.fromhex(case["msg"]), signature)
        assert valid is (case["result"] == "valid"), f"{number}: {case['comment']}"


class TestCanonicalJSON:
    @pytest.mark.parametrize("name", sorted(path.stem for path in (HERE / "jcs/input").iterdir()))
    def test_jcs(self, name: str) -> None:
        given = json.loads((HERE / f"jcs/input/{name}.json").read_text(encoding="utf-8"))
        wanted = bytes.fromhex((HERE / f"jcs/outhex/{name}.txt").read_text(encoding="utf-8"))
        assert rfc8785.dumps(given) == wanted
        if name in OUTSIDE_THE_PROFILE:
            with pytest.raises(InvalidInput, match="not canonical JSON"):
                canonical.encode(given)
            with pytest.raises(InvalidInput, match="not canonical JSON"):
                canonical.decode(wanted)
        else:
            assert canonical.encode(given) == wanted
            assert canonical.decode(wanted) == given
