"""Tokens and bundles that others publish as right and wrong are told apart here as their makers tell them.

The bundles of sigstore are judged whole: time-stamp, log entry and signature of the artifact, each with the parts that
a package stands on. None is left out.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from concord.proofs import checkpoints, der, merkle, notes
from concord.proofs import timestamp_tokens as tokens
from concord.proofs.certificates import ECDSA_WITH_SHA256, read_certificate
from concord.proofs.time_authority import LocalAuthority
from concord.proofs.timestamps import Authority, check_token
from concord.rules.errors import InvalidInput
from tests.support.second_verifier import second

HERE = Path(__file__).resolve().parent
CLIENT = HERE / "rfc3161-client"
BUNDLES = HERE / "sigstore-conformance" / "bundle-verify"
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
HELLO = b"hello"

# File, what it covers, verdict, reason.
RESPONSES = [
    ("sigstage/response-sha256.tsr", HELLO, "pass", ""),
    ("sigstage/response-sha384.tsr", HELLO, "pass", ""),
    ("sigstage/response-sha512.tsr", HELLO, "pass", ""),
    ("sigstage/response-no-embedded-cert.tsr", HELLO, "pass", ""),
    ("sigstage/response-invalid-signature.tsr", HELLO, "fail", "signature"),
    ("test_tsa/response.tsr", HELLO, "pass", ""),
    # The certificate it brings is not the one in its makers' file.
    ("test_tsa/other_response.tsr", HELLO, "indeterminate", "unpinned"),
    # Two strangers lie beside the certificate that signed; they prove nothing and harm nothing where one is pinned.
    ("test_tsa/response-injected-certs.tsr", HELLO, "pass", ""),
    # The certificate has expired since; it had not when it stamped, which is what counts.
    ("sigstore.mock/response-expired.tsr", (CLIENT / "sigstore.mock" / "payload").read_bytes(), "pass", ""),
    # It binds its certificate as RFC 2634 did, and brings the one above.
    ("identrust/issue-104.tsr", HELLO, "pass", ""),
]


def leaf_of(folder: str) -> bytes:
    """The certificate that stamps: the first of the chain, or that one of the token's which may."""
    if folder == "identrust":
        brought = tokens.read_signed_token((CLIENT / folder / "issue-104.tsr").read_bytes()).certificates
        return next(one for one in brought if read_certificate(one).stamps_only)
    chain = x509.load_pem_x509_certificates((CLIENT / folder / "ts_chain.pem").read_bytes())
    return chain[0].public_bytes(Encoding.DER)


def second_status(response: bytes, covered: bytes, *pinned: Authority) -> str:
    """What the second verifier says."""
    other = second()
    authorities = [
        other.Authority(
            one.name,
            other.certificate_of(one.certificate),
            other.seconds_of(f"{one.trusted_from:%Y-%m-%dT%H:%M:%SZ}"),
            other.seconds_of(f"{one.trusted_until:%Y-%m-%dT%H:%M:%SZ}"),
            None,
        )
        for one in pinned
    ]
    status: str = other.check_token(response, [covered], authorities)[0]
    return status


class TestTokens:
    @pytest.mark.parametrize(("name", "covered", "status", "reason"), RESPONSES, ids=[row[0] for row in RESPONSES])
    def test_each_is_judged_as_named(self, name: str, covered: bytes, status: str, reason: str) -> None:
        pinned = Authority("them", leaf_of(name.split("/", maxsplit=1)[0]), *ALWAYS)
        response = (CLIENT / name).read_bytes()
        check = check_token(response, covered=[covered], authorities=[pinned])
        assert (check.status, check.reason) == (status, reason)
        assert second_status(response, covered, pinned) == status
        assert check_token(response, covered=[b"other"], authorities=[pinned]).reason == "imprint"
        assert check_token(response, covered=[covered], authorities=[]).status == "indeterminate"

    def test_an_injected_certificate_is_not_believed_when_pinned(self) -> None:
        response = (CLIENT / "test_tsa" / "response-injected-certs.tsr").read_bytes()
        for one in tokens.read_signed_token(response).certificates:
            check = check_token(response, covered=[HELLO], authorities=[Authority("them", one, *ALWAYS)])
            assert (check.status == "pass") is (one == leaf_of("test_tsa"))

    def test_no_file_is_left_out(self) -> None:
        assert {row[0] for row in RESPONSES} == {path.relative_to(CLIENT).as_posix() for path in CLIENT.rglob("*.tsr")}

    @pytest.mark.parametrize("name", [row[0] for row in RESPONSES if row[2] == "pass"])
    def test_no_flipped_bit_of_what_is_signed_passes(self, name: str) -> None:
        pinned = Authority("them", leaf_of(name.split("/", maxsplit=1)[0]), *ALWAYS)
        covered = {row[0]: row[1] for row in RESPONSES}[name]
        response = (CLIENT / name).read_bytes()
        # What a token brings along beside the pinned certificate is for others, and bound where the token is kept.
        strangers = [one for one in tokens.read_signed_token(response).certificates if one != pinned.certificate]
        spans = [range(response.index(one), response.index(one) + len(one)) for one in strangers]
        passed = [
            at
            for at in range(len(response))
            if not any(at in span for span in spans)
            and check_token(_flipped(response, at), covered=[covered], authorities=[pinned]).status == "pass"
        ]
        assert passed == []

    @pytest.mark.parametrize("name", ["test_tsa/request.der", "test_tsa/other_request.der", "sigstage/request.der"])
    def test_published_requests_are_answered(self, name: str) -> None:
        authority = LocalAuthority.generate(
            "ours", algorithm="p256", random_bytes=secrets.token_bytes, valid_from=ALWAYS[0], valid_until=ALWAYS[1]
        )
        wanted = (CLIENT / name).read_bytes()
        response = authority.respond(wanted, at=datetime(2026, 11, 23, tzinfo=UTC), serial=1)
        check = check_token(response, covered=[HELLO], authorities=[authority.pinned()])
        assert check.status == "pass"
        nonce = rfc3161_client.decode_timestamp_response(response).tst_info.nonce
        assert nonce.to_bytes(8) in wanted

    def test_a_published_answer_bears_the_nonce_of_its_request(self) -> None:
        pinned = Authority("them", leaf_of("test_tsa"), *ALWAYS)
        response = (CLIENT / "test_tsa" / "response.tsr").read_bytes()
        for question, status in (("request", "pass"), ("other_request", "fail")):
            wanted = der.Fields(der.read((CLIENT / "test_tsa" / f"{question}.der").read_bytes()))
            wanted.take(der.INTEGER)
            wanted.take(der.SEQUENCE)
            nonce = der.integer_of(wanted.take(der.INTEGER))
            assert check_token(response, covered=[HELLO], authorities=[pinned], nonce=nonce).status == status


def _flipped(response: bytes, at: int) -> bytes:
    """The response with one bit of one byte changed, another bit for each byte."""
    changed = bytearray(response)
    changed[at] ^= 1 << at % 8
    return bytes(changed)


class TestOwn:
    """What nobody else publishes: SM2 tokens, good and bad, beside those of other keys; for other verifiers to try."""

    WRITTEN: Any = json.loads((HERE / "time-stamps" / "cases.json").read_text(encoding="utf-8"))
    CASES: Sequence[dict[str, Any]] = WRITTEN["cases"]

    @pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
    def test_both_verifiers_judge_each_as_written(self, case: dict[str, Any]) -> None:
        response = (HERE / "time-stamps" / case["file"]).read_bytes()
        covered = bytes.fromhex(self.WRITTEN["covered"])
        pinned = [one for one in self.WRITTEN["authorities"] if one["name"] in case["authorities"]]
        check = check_token(response, covered=[covered], authorities=[Authority.from_json(one) for one in pinned])
        assert (check.status, check.reason) == (case["status"], case["reason"])
        assert case["file"].endswith("_fail.tsr") is (case["status"] == "fail")
        assert second_status(response, covered, *map(Authority.from_json, pinned)) == case["status"]

    def test_no_file_is_left_out(self) -> None:
        files = {path.name for path in (HERE / "time-stamps").glob("*.tsr")}
        assert files == {case["file"] for case in self.CASES}


class Bundle:
    """A bundle of sigstore with the trust it comes with."""

    def __init__(self, folder: Path) -> None:
        self.written: Any = json.loads((folder / "bundle.sigstore.json").read_text(encoding="utf-8"))
        self.trust: Any = json.loads((folder / "trusted_root.json").read_text(encoding="utf-8"))
        self.material: Any = self.written["verificationMaterial"]
        self.certificate = read_certificate(_raw(self.material["certificate"]["rawBytes"]))
        if "dsseEnvelope" in self.written:
            envelope = self.written["dsseEnvelope"]
            kind, payload = envelope["payloadType"], _raw(envelope["payload"])
            self.message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
            self.signature = _raw(envelope["signatures"][0]["sig"])
        else:
            self.message = (BUNDLES / "a.txt").read_bytes()
            self.signature = _raw(self.written["messageSignature"]["signature"])

    def passes(self) -> bool:
        """Whether everything that these bundles prove is proven."""
        return self.is_signed() and self.is_stamped() and self.is_logged()

    def is_signed(self) -> bool:
        """The certificate's key made the signature."""
        return self.certificate.verifies(self.message, self.signature, algorithm=ECDSA_WITH_SHA256, digest="sha256")

    def is_stamped(self) -> bool:
        """A pinned authority saw the signature while the certificate of the signer was valid."""
        checks = [
            check_token(_raw(one["signedTimestamp"]), covered=[self.signature], authorities=self.authorities())
            for one in self.material.get("timestampVerificationData", {}).get("rfc3161Timestamps", [])
        ]
        times = [check.token.generated_at for check in checks if check.status == "pass" and check.token]
        return bool(times) and all(self.certificate.not_before <= at <= self.certificate.not_after for at in times)

    def authorities(self) -> Sequence[Authority]:
        """Those that the trust pins, for as long as it trusts them."""
        return [
            Authority(
                one["uri"],
                _raw(one["certChain"]["certificates"][0]["rawBytes"]),
                datetime.fromisoformat(one["validFor"]["start"]),
                datetime.fromisoformat(one["validFor"].get("end", "2100-01-01T00:00:00Z")),
            )
            for one in self.trust["timestampAuthorities"]
        ]

    def is_logged(self) -> bool:
        """The entry speaks of this signature and lies in the tree of a checkpoint that the log signed."""
        (entry,) = self.material["tlogEntries"]
        proof = entry.get("inclusionProof")
        body = _raw(entry["canonicalizedBody"])
        told = json.loads(body)["spec"]["hashedRekordV002"]
        bound = (_raw(told["data"]["digest"]), _raw(told["signature"]["content"]))
        if proof is None or bound != (hashlib.sha256(self.message).digest(), self.signature):
            return False
        try:
            note = proof["checkpoint"]["envelope"].encode()
            tree = checkpoints.open_checkpoint(note, log=self.log(entry), witnesses=()).checkpoint
        except InvalidInput:
            return False
        hashes = [_raw(one) for one in proof["hashes"]]
        return (tree.size, tree.root) == (int(proof["treeSize"]), _raw(proof["rootHash"])) and merkle.verify_inclusion(
            int(proof["logIndex"]), tree.size, merkle.leaf_hash(body), hashes, tree.root
        )

    def log(self, entry: Any) -> notes.VerifierKey:
        """The key of the log that the entry names."""
        (log,) = (one for one in self.trust["tlogs"] if one["logId"] == entry["logId"])
        key = _raw(log["publicKey"]["rawBytes"])[-32:]
        return notes.VerifierKey.of(urlsplit(log["baseUrl"]).hostname or "", notes.ED25519, key)


def _raw(text: str) -> bytes:
    # One of them is wrapped in lines.
    return base64.b64decode(text.replace("\n", ""), validate=True)


FOLDERS = sorted(BUNDLES.glob("rekor2-*"))


class TestBundles:
    def test_all_are_here(self) -> None:
        assert len(FOLDERS) == 26

    @pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
    def test_each_is_judged_as_named(self, folder: Path) -> None:
        assert Bundle(folder).passes() is not folder.name.endswith("_fail")

    @pytest.mark.parametrize(
        ("name", "broken"),
        [
            ("checkpoint-missing-log-signature", "is_logged"),
            ("checkpoint-missing-origin", "is_logged"),
            ("checkpoint-missing-root-hash", "is_logged"),
            ("checkpoint-missing-size", "is_logged"),
            ("checkpoint-no-matching-signature", "is_logged"),
            ("no-inclusion-proof", "is_logged"),
            ("dsse-mismatch-envelope", "is_logged"),
            ("dsse-mismatch-sig", "is_logged"),
            ("no-timestamp", "is_stamped"),
            ("timestamp-outside-trust-root-tsa-validity", "is_stamped"),
            ("timestamp-outside-tsa-cert-validity", "is_stamped"),
            ("timestamp-payload-mismatch", "is_stamped"),
            ("timestamp-untrusted-tsa-with-embedded-cert", "is_stamped"),
            ("timestamp-untrusted-tsa-without-embedded-cert", "is_stamped"),
            ("timestamp-with-incorrect-time", "is_stamped"),
        ],
    )
    def test_the_part_that_is_named_is_the_part_that_fails(self, name: str, broken: str) -> None:
        bundle = Bundle(BUNDLES / f"rekor2-{name}_fail")
        parts = {part: getattr(bundle, part)() for part in ("is_signed", "is_stamped", "is_logged")}
        assert [part for part, holds in parts.items() if not holds] == [broken]

    def test_a_widely_used_authority_passes_once_it_is_pinned(self) -> None:
        # It writes its own certificate before the one above it, which is not the order of DER.
        bundle = Bundle(BUNDLES / "rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail")
        (stamp,) = bundle.material["timestampVerificationData"]["rfc3161Timestamps"]
        response = _raw(stamp["signedTimestamp"])
        brought = tokens.read_signed_token(response).certificates
        authorities = [Authority("FreeTSA", one, *ALWAYS) for one in brought]
        check = check_token(response, covered=[bundle.signature], authorities=authorities)
        assert (check.status, check.authority) == ("pass", "FreeTSA")
