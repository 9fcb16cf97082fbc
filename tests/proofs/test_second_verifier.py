"""The second verifier: its floors, and the file as a clerk meets it."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import subprocess
import sys
import unicodedata
from base64 import b64encode
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import notes
from concord.proofs.shapes import KeyName
from concord.rules.errors import InvalidInput
from tests.support import stamping
from tests.support.packages import COLLECTED, CONTENT, LOOKED_AT, STAMPED, Alliance, packed
from tests.support.second_verifier import FILE, second, second_report

verifier = second()


@cache
def sound() -> tuple[bytes, bytes]:
    """A package that passes, and its trust file."""
    alliance = Alliance()
    return packed(alliance.sealed()), alliance.trust()


# Digests, curves, policies


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_sm3_in_pieces(pieces: list[bytes]) -> None:
    hashed = verifier.Sm3()
    for piece in pieces:
        hashed.update(piece)
    assert hashed.digest() == hashlib.new("sm3", b"".join(pieces)).digest()


def test_sm3_without_openssl(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str, data: bytes = b"") -> object:
        raise ValueError(f"unsupported hash type {name} for {len(data)} bytes")

    monkeypatch.setattr(verifier.hashlib, "new", unknown)
    assert isinstance(verifier.sm3(b"abc"), verifier.Sm3)
    assert verifier.sm3(b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=lambda curve: str(curve.name))
def test_ecdsa_on_both_curves(curve: ec.EllipticCurve) -> None:
    mine = {256: verifier.P256, 384: verifier.P384}[curve.key_size]
    private = ec.generate_private_key(curve)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    for algorithm in (hashes.SHA256(), hashes.SHA384(), hashes.SHA512()):
        r, s = utils.decode_dss_signature(private.sign(b"message", ec.ECDSA(algorithm)))
        hashed = verifier.digest(algorithm.name, b"message")
        assert verifier.ecdsa(mine, public, hashed, r, s)
        assert verifier.ecdsa(mine, public, hashed, r, mine.n - s)
        for wrong in ((r, s + 1), (r + 1, s), (0, s), (r, 0), (mine.n, s), (r + mine.n, s)):
            assert not verifier.ecdsa(mine, public, hashed, *wrong)


def test_policy_of_nested_groups() -> None:
    alliance = Alliance()
    names = [f"w{org}" for org in alliance.witnesses]
    lines = [f"witness w{org} {one.key.vkey_text()}" for org, one in alliance.witnesses.items()]
    lines += [f"group one any {names[0]} {names[1]}", f"group two 2 {' '.join(names[2:5])}", "group both all one two"]
    policy = verifier.log_policy_of("\n".join([*lines, "quorum both", ""]))
    assert policy.satisfied({names[1], names[2], names[4]})
    assert not policy.satisfied({names[0], names[1], names[2]})
    assert not policy.satisfied({names[2], names[3], names[4]})
    for wrong in ("group one any w1", f"group x 3 {names[5]} {names[6]}", f"group x any {names[0]}", "quorum one"):
        with pytest.raises(verifier.Refused):
            verifier.log_policy_of("\n".join([*lines, wrong, "quorum both", ""]))


# Canonical JSON

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z0-9_]+", fullmatch=True), inner),
    max_leaves=10,
)


@given(PLAIN)
def test_canonical_as_rfc8785(value: Any) -> None:
    try:
        written = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        return
    if unicodedata.is_normalized("NFC", written.decode()):
        assert verifier.canonical(written) == value
    else:
        with pytest.raises(verifier.Refused, match="not_nfc"):
            verifier.canonical(written)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        '{"a":1,"a":1}',
        '{"b":1,"a":1}',
        '{"a":1.0}',
        '{"a":NaN}',
        '{"A":1}',
        '{"":1}',
        '{"a":9007199254740992}',
        '{"a":"e\u0301"}',
        '{"a":"\\u00e9"}',
        '{"a":"\\ud800"}',
        '{"a":-0}',
        '{"a":1}\n',
        "\ufeff{}",
        "[" * 17 + "]" * 17,
        "[" * 100_000,
        "9" * 5000,
    ],
)
def test_what_is_not_canonical(text: str) -> None:
    with pytest.raises(verifier.Refused):
        verifier.canonical(text.encode())


# Time-stamps


def judged(response: bytes, recipe: stamping.Recipe, *covered: bytes, **changes: Any) -> tuple[str, str]:
    """Status and reason for a response whose authority is pinned."""
    authority = verifier.Authority(
        "authority",
        verifier.certificate_of(recipe.certificate),
        *(verifier.seconds_of(f"{at:%Y-%m-%dT%H:%M:%SZ}") for at in (stamping.VALID_FROM, stamping.VALID_UNTIL)),
        None,
    )
    status, reason, _token = verifier.check_token(response, covered, [replace(authority, **changes)])
    return status, reason


@pytest.mark.parametrize("kind", stamping.KINDS)
def test_tokens_of_every_kind(kind: stamping.Kind) -> None:
    recipe = stamping.recipe(kind)
    assert judged(recipe(), recipe, b"other", stamping.COVERED) == ("pass", "ok")
    assert judged(recipe(certificates=()), recipe, stamping.COVERED) == ("pass", "ok")
    assert judged(recipe(), recipe, b"other") == ("fail", "imprint")
    assert judged(recipe(signature=b"0" * 64), recipe, stamping.COVERED) == ("fail", "signature")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": b"\x30\x03\x02\x01\x01"}, "status"),
        ({"kind": "1.2.840.113549.1.7.1"}, "malformed"),
        ({"content_kind": "1.2.840.113549.1.7.1"}, "malformed"),
        ({"signers": 2}, "malformed"),
        ({"trailing": b"\x05\x00"}, "der"),
        ({"unsigned": b"\xa1\x00"}, "malformed"),
        ({"revocations": b"\xa1\x00"}, "malformed"),
        ({"attributes": ()}, "malformed"),
        ({"signer_digest": b"\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a"}, "algorithm"),
    ],
)
def test_tokens_that_are_refused(changes: dict[str, Any], reason: str) -> None:
    recipe = stamping.recipe("p256")
    status, found = judged(recipe(**changes), recipe, stamping.COVERED)
    assert (status, found) == ("fail", found)
    assert found in {reason, "malformed", "der"}


def test_tokens_at_the_wrong_time() -> None:
    recipe = stamping.recipe("p256")
    at = verifier.token_of(recipe()).at
    assert judged(recipe(), recipe, stamping.COVERED, since=at) == ("pass", "ok")
    assert judged(recipe(), recipe, stamping.COVERED, since=at + 1) == ("fail", "expired")
    assert judged(recipe(), recipe, stamping.COVERED, until=at) == ("fail", "expired")
    assert judged(recipe(), recipe, stamping.COVERED, compromised_since=at) == ("fail", "compromised")
    assert judged(recipe(), recipe, stamping.COVERED, compromised_since=at + 1) == ("pass", "ok")
    assert verifier.check_token(recipe(), [stamping.COVERED], [])[:2] == ("indeterminate", "unpinned")


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        (stamping.purposes("1.3.6.1.5.5.7.3.8", critical=False),),
        (stamping.purposes("1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.1"),),
        (stamping.STAMPING, stamping.CA),
    ],
)
def test_certificates_for_more_than_time_stamping(extensions: tuple[bytes, ...]) -> None:
    key = stamping.new_key("p256")
    recipe = stamping.Recipe(key, stamping.certificate(key, extensions=extensions))
    assert judged(recipe(), recipe, stamping.COVERED) == ("fail", "purpose")


def test_no_flipped_bit_of_a_token_passes() -> None:
    recipe = stamping.recipe("p256")
    response = recipe()
    for place in range(0, len(response) * 8, 5):
        changed = bytearray(response)
        changed[place // 8] ^= 1 << place % 8
        assert judged(bytes(changed), recipe, stamping.COVERED)[0] != "pass", place


# The file and its command


def test_it_stands_on_python_alone() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 8))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names - {"__future__"} <= sys.stdlib_module_names
    assert not names & {"socket", "urllib", "urllib.request", "http", "http.client", "ssl", "subprocess", "random"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(FILE), *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)  # noqa: S603 - our own file


@cache
def files(folder: Path) -> tuple[str, str, str]:
    package, trust = sound()
    (folder / "sound.evp").write_bytes(package)
    (folder / "altered.evp").write_bytes(package[:-100] + bytes([package[-100] ^ 1]) + package[-99:])
    (folder / "trust.json").write_bytes(trust)
    return str(folder / "sound.evp"), str(folder / "altered.evp"), str(folder / "trust.json")


@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    package, altered, trust = files(tmp_path)
    asked = tmp_path / "policy.json"
    at = f"--at={LOOKED_AT:%Y-%m-%dT%H:%M:%SZ}"
    passed = run(package, "--trust", trust, at, "--json")
    assert (passed.returncode, passed.stderr) == (0, "")
    report = verifier.canonical(passed.stdout.rstrip("\n").encode())
    assert (report["verdict"], report["level"]) == ("pass", "L2T")
    assert [check["id"] for check in report["checks"]] == [f"C{number:02}" for number in range(1, 18)]
    assert run(altered, "--trust", trust, at).returncode == 1
    asked.write_text('{"schema": "policy/1", "level": "L3", "timestamp": true}', encoding="utf-8")
    more = run(package, "--trust", trust, at, "--policy", str(asked), "--lang", "en")
    assert more.returncode == 2
    assert "INDETERMINATE" in more.stdout
    assert "Never proven: who pressed the button" in more.stdout
    chinese = run(package, "--trust", trust, at)
    assert "本结果不证明" in chinese.stdout


@pytest.mark.slow
def test_wrong_usage(tmp_path: Path) -> None:
    package, _altered, trust = files(tmp_path)
    broken = tmp_path / "broken.json"
    broken.write_text("{}", encoding="utf-8")
    for words in (
        (),
        (package,),
        (package, "--trust", str(broken)),
        (package, "--trust", trust, "--policy", str(broken)),
        (package, "--trust", trust, "--at", "yesterday"),
        (package, "--trust", str(tmp_path / "none.json")),
        (str(tmp_path / "none.evp"), "--trust", trust),
    ):
        ended = run(*words)
        assert (ended.returncode, ended.stdout) == (3, "")
        assert ended.stderr


def test_every_reason_is_told_in_both_languages() -> None:
    reasons = set(re.findall(r'(?:Finding\([A-Z]+|not_run\(|return|Refused\(),? ?"([a-z_0-9]+)"', FILE.read_text()))
    told = set(verifier.REASONS)
    internal = {"sha1", "sha256", "double_key", "fraction", "not_json", "surrogate", "too_deep", "key", "not_nfc"}
    internal |= {"integer", "not_canonical", "base64", "files", "times", "chunks", "actor", "vkey", "policy"}
    internal |= {"note", "checkpoint", "number", "certificate", "roots", "threshold", "L0"}
    assert reasons - told <= internal
    assert all(zh and en for name, (zh, en) in verifier.REASONS.items() if name != "ok")
    package, trust = sound()
    report = second_report(package, trust, LOOKED_AT)
    for language, words in ((0, "通过"), (1, "pass")):
        assert verifier.text_of(report, language).count(words) >= 14


def test_facts_cannot_mislead_a_terminal() -> None:
    assert verifier.shown("a\u202eb\x1b[31m") == "a\\u202eb\\x1b[31m"


def test_facts_are_canonical() -> None:
    facts = verifier.plain({"names": ["e\u0301"], "index": 2**62, "size": 3})
    assert facts == {"names": ["\u00e9"], "index": str(2**62), "size": 3}
    assert verifier.canonical(verifier.dumps(facts)) == facts


def test_numbers_that_take_long_to_read_are_not_read() -> None:
    with pytest.raises(verifier.Refused, match="integer"):
        verifier.loads(b"9" * 18)


def test_a_large_file_takes_little_memory() -> None:
    alliance = Alliance()
    data = packed(alliance.sealed({**CONTENT, "payload/video.bin": bytes(3 << 20)}, chunked=True))
    container = verifier.Container(io.BytesIO(data))
    assert max(map(len, container.parts("payload/video.bin"))) <= 1 << 20


def test_times_are_exact() -> None:
    assert verifier.time_text(verifier.seconds_of("2026-11-20T08:10:00Z")) == f"{COLLECTED:%Y-%m-%dT%H:%M:%SZ}"
    assert verifier.seconds_of(f"{STAMPED:%Y-%m-%dT%H:%M:%SZ}") - verifier.seconds_of("2026-11-20T08:10:00Z") == 120
    for wrong in ("2026-02-29T00:00:00Z", "2026-11-20T08:10:60Z", "2026-11-20 08:10:00Z", "\uff12026-11-20T08:10:00Z"):
        with pytest.raises(verifier.Refused):
            verifier.seconds_of(wrong)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_page_beside_it_states_its_digests(page: str) -> None:
    text, program = (FILE.parent / page).read_text(encoding="utf-8"), FILE.read_bytes()
    assert re.findall(r"^ +SHA-256 (\S+)$", text, re.MULTILINE) == [hashlib.sha256(program).hexdigest()]
    assert re.findall(r"^ +SM3 +(\S+)$", text, re.MULTILINE) == [hashlib.new("sm3", program).hexdigest()]


@pytest.mark.parametrize(("number", "taken"), [("1", True), ("999999999", True), ("1000000000", False), ("0", False)])
def test_both_take_the_same_numbers_of_keys(number: str, taken: bool) -> None:  # noqa: FBT001 - a parameter of the test
    name = f"310117/officer/2026#{number}"
    assert verifier.is_officer_key(name) == taken
    if taken:
        assert KeyName.parse(name).number == int(number)
    else:
        with pytest.raises(InvalidInput):
            KeyName.parse(name)


@pytest.mark.parametrize("name", ["a\x01b", "a\x1fb", "a b", "a\u3000b", "a+b", "", "a" * 4096])
def test_neither_takes_such_a_name_of_a_verifier_key(name: str) -> None:
    public = Alliance(seed=2).log_key.public
    material, kind = b64encode(bytes([notes.ED25519]) + public).decode(), notes.ED25519
    text = f"{name}+{notes.key_id(name, kind, public).hex()}+{material}"
    with pytest.raises(InvalidInput):
        notes.parse_vkey(text)
    with pytest.raises(verifier.Refused):
        verifier.verifier_of(text)
