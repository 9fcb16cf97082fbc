"""The second verifier's own floors against published vectors; what does not apply to it says why."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from tests.support.second_verifier import second

VECTORS = Path(__file__).parent
verifier = second()


def read_json(path: str) -> Any:
    return json.loads((VECTORS / path).read_text(encoding="utf-8"))


# Primitives


def ed25519_cases() -> list[Any]:
    return [
        pytest.param(group["publicKey"]["pk"], test, id=f"tc{test['tcId']}")
        for group in read_json("wycheproof/ed25519_test.json")["testGroups"]
        for test in group["tests"]
    ]


@pytest.mark.parametrize(("public", "test"), ed25519_cases())
def test_ed25519_as_wycheproof_says(public: str, test: dict[str, str]) -> None:
    right = verifier.ed25519(bytes.fromhex(public), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))
    assert right == (test["result"] == "valid")


def test_wycheproof_is_whole() -> None:
    assert len(ed25519_cases()) == 151


def sm3_messages() -> list[tuple[bytes, str]]:
    text = (VECTORS / "botan/sm3.vec").read_text(encoding="utf-8")
    found = re.findall(r"^In = ?(\w*)\nOut = (\w+)$", text, re.MULTILINE)
    return [(bytes.fromhex(message), digest.lower()) for message, digest in found]


def test_sm3_in_python_alone_and_by_openssl() -> None:
    messages = sm3_messages()
    assert len(messages) == 139
    for message, digest in messages:
        assert verifier.Sm3(message).hexdigest() == digest
        assert verifier.sm3(message).hexdigest() == digest


def test_sm2_of_the_standard() -> None:
    example = read_json("extracted/sm2_gbt32918_5.json")
    public = bytes.fromhex("04" + example["x"] + example["y"])
    message, signature = example["message"].encode(), bytes.fromhex(example["r"] + example["s"])
    assert verifier.sm2(public, message, signature)
    assert not verifier.sm2(public, message + b"!", signature)
    assert not verifier.sm2(public, message, signature, b"another")
    assert not verifier.sm2(public, message, signature + b"\0")
    assert not verifier.sm2(public[:-1] + b"\0", message, signature)
    zero, order = bytes(32), verifier.SM2.n.to_bytes(32, "big")
    for r, s in ((zero, signature[32:]), (signature[:32], zero), (order, signature[32:]), (signature[:32], order)):
        assert not verifier.sm2(public, message, r + s)


@pytest.mark.parametrize(("name", "right"), [("SigGen", True), ("SigFail", False)])
def test_sm2_of_tongsuo(name: str, right: bool) -> None:  # noqa: FBT001 - a parameter of the test
    text = (VECTORS / f"tongsuo-sm2/SM2/GB_32918.5-2017/{name}.txt").read_text(encoding="utf-8")
    found = dict(re.findall(r"^(\w+) = (\w+)", text, re.MULTILINE))
    public, signature = bytes.fromhex("04" + found["Qx"] + found["Qy"]), bytes.fromhex(found["R"] + found["S"])
    assert verifier.sm2(public, bytes.fromhex(found["Msg"]), signature) == right


# The log


def merkle_cases() -> list[Any]:
    folder = VECTORS / "merkle" / "inclusion"
    return [pytest.param(path, id=str(path.relative_to(folder))) for path in sorted(folder.rglob("*.json"))]


@pytest.mark.parametrize("path", merkle_cases())
def test_inclusion_as_published(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    hashes = [b64decode(one) for one in case["proof"] or []]
    root, leaf = b64decode(case["root"] or ""), b64decode(case["leafHash"] or "")
    assert verifier.included(case["leafIdx"], case["treeSize"], leaf, hashes, root) != case["wantErr"]


def test_inclusion_is_whole() -> None:
    assert len(merkle_cases()) == 98


def test_rfc6962_reference() -> None:
    reference = read_json("extracted/rfc6962_reference.json")
    leaves = [verifier.leaf_hash(bytes.fromhex(leaf)) for leaf in reference["leaves_hex"]]
    node = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    roots = [bytes.fromhex(root) for root in reference["roots_hex_by_size"]]
    assert verifier.included(0, 1, leaves[0], [], roots[1])
    assert verifier.included(1, 2, leaves[1], [leaves[0]], roots[2])
    assert verifier.included(2, 3, leaves[2], [node], roots[3])
    assert not verifier.included(2, 3, leaves[1], [node], roots[3])


def test_note_of_the_specification() -> None:
    example = read_json("extracted/c2sp_examples.json")["signed_note"]
    key, (text, lines) = verifier.verifier_of(example["vkey"]), verifier.note_of(example["note"].encode())
    assert [(line.name, line.key) for line in lines] == [(key.name, key.key)]
    assert verifier.ed25519(key.public, text.encode(), lines[0].signature)


MALFORMED_NOTES = (
    "101 signatures",
    "text only",
    "no signature block",
    "missing final newline",
    "control character",
    "space in key name",
    "unexpected line",
)


@pytest.mark.parametrize("case", read_json("extracted/sumdb_note.json")["cases"], ids=lambda case: str(case["name"]))
def test_notes_as_published(case: dict[str, Any]) -> None:
    if case["name"] in MALFORMED_NOTES:
        with pytest.raises(verifier.Refused):
            verifier.note_of(case["note"].encode())
        return
    text, lines = verifier.note_of(case["note"].encode())
    keys = {(key.name, key.key): key for key in map(verifier.verifier_of, case["vkeys"])}
    known = [line for line in lines if (line.name, line.key) in keys]
    right = [verifier.ed25519(keys[line.name, line.key].public, text.encode(), line.signature) for line in known]
    if "verified" in case:
        assert right == [True] * case["verified"]
    elif case["name"] != "ambiguous key list":  # which is a fault of the list of keys, and policies refuse it
        assert not all(right) or not right


@pytest.mark.parametrize("text", read_json("extracted/formats_vkeys.json")["good"])
def test_good_keys(text: str) -> None:
    assert text.startswith(verifier.verifier_of(text).name)


@pytest.mark.parametrize(
    "text",
    [
        *read_json("extracted/formats_vkeys.json")["bad"],
        *(one["vkey"] for one in read_json("extracted/formats_vkeys.json")["key_id_does_not_match_key"]),
        *read_json("extracted/sumdb_note.json")["bad_vkeys"],
    ],
)
def test_bad_keys(text: str) -> None:
    with pytest.raises(verifier.Refused):
        verifier.verifier_of(text)


def test_each_byte_of_a_key_counts() -> None:
    text = read_json("extracted/sumdb_note.json")["mutate_every_byte_must_fail"]
    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(verifier.Refused):
            verifier.verifier_of(changed)


def test_policies_as_published() -> None:
    published = read_json("extracted/tlog_policy.json")
    for text in published["bad"]:
        with pytest.raises(verifier.Refused):
            verifier.log_policy_of(text)
    # The good one lists witnesses under keys that sign notes (type 1), which tlog-cosignature does not know.
    with pytest.raises(verifier.Refused):
        verifier.log_policy_of(published["good"][0]["policy"])


def test_proofs_as_published() -> None:
    published = read_json("extracted/tlog_proof.json")
    note = (VECTORS / "tessera-log" / "checkpoint").read_text(encoding="utf-8")
    for case in published["good"]:
        text = case["text"].removesuffix(case["checkpoint"]) + note
        if case["extra"] is not None:  # good elsewhere; in a package `extra` is refused
            with pytest.raises(verifier.Refused):
                verifier.proof_of(text.encode())
            continue
        proof = verifier.proof_of(text.encode())
        assert (proof.index, proof.hashes) == (case["index"], [b64decode(one) for one in case["hashes"]])
    for text in published["bad"]:
        with pytest.raises(verifier.Refused):
            verifier.proof_of(text.replace("checkpoint\n", note).encode())


def test_checkpoints_of_a_live_log() -> None:
    key = verifier.verifier_of("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
    policy = verifier.LogPolicy(logs={key.name: key}, quorum="none")
    sizes = set()
    for path in sorted((VECTORS / "tessera-log").glob("checkpoint*")):
        checkpoint = verifier.checkpoint_of(path.read_bytes())
        assert verifier.opened(checkpoint, policy, []).log
        sizes.add(checkpoint.size)
    assert len(sizes) > 10


# Time-stamps

# File, what it covers, verdict, reason.
RESPONSES = (
    ("sigstage/response-sha256.tsr", b"hello", "pass", "ok"),
    ("sigstage/response-sha384.tsr", b"hello", "pass", "ok"),
    ("sigstage/response-sha512.tsr", b"hello", "pass", "ok"),
    ("sigstage/response-no-embedded-cert.tsr", b"hello", "pass", "ok"),
    ("sigstage/response-invalid-signature.tsr", b"hello", "fail", "signature"),
    ("test_tsa/response.tsr", b"hello", "pass", "ok"),
    ("test_tsa/other_response.tsr", b"hello", "indeterminate", "unpinned"),  # brings another certificate
    # Strangers lie beside the certificate that signed; they prove nothing and are not looked at.
    ("test_tsa/response-injected-certs.tsr", b"hello", "pass", "ok"),
    ("sigstore.mock/response-expired.tsr", None, "pass", "ok"),  # expired since, not when it stamped
    ("identrust/issue-104.tsr", b"hello", "pass", "ok"),  # binds its certificate as RFC 2634 did
)


@pytest.mark.parametrize(("name", "covered", "status", "reason"), RESPONSES, ids=[row[0] for row in RESPONSES])
def test_tokens_as_published(name: str, covered: bytes | None, status: str, reason: str) -> None:
    path = VECTORS / "rfc3161-client" / name
    chain = (path.parent / "ts_chain.pem").read_bytes()
    found = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END", chain, re.DOTALL)
    certificates = [verifier.certificate_of(b64decode(b"".join(one.split()))) for one in found]
    certificates += [verifier.certificate_of(one) for one in verifier.token_of(path.read_bytes()).certificates]
    leaf = next(one for one in certificates if one.only_stamps)
    pinned = verifier.Authority("them", leaf, 0, 1 << 40, None)
    data = (path.parent / "payload").read_bytes() if covered is None else covered
    assert verifier.check_token(path.read_bytes(), [data], [pinned])[:2] == (status, reason)
    assert verifier.check_token(path.read_bytes(), [b"other"], [pinned])[:2] == ("fail", "imprint")


def test_published_tokens_are_whole() -> None:
    folder = VECTORS / "rfc3161-client"
    assert {row[0] for row in RESPONSES} == {path.relative_to(folder).as_posix() for path in folder.rglob("*.tsr")}
