"""What an installation's ledger is, and who signs: read strictly, refused clearly, tried on a real token."""

import json
import secrets
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from concord.foundation.keys import installation, signers
from concord.proofs import notes
from concord.proofs.notes import COSIGNATURE, ED25519, OWN, VerifierKey
from concord.proofs.signing import PrivateKeys, verifies
from concord.rules.errors import ConcordError, InvalidInput, NotFound, Unavailable

SOFTHSM = next(
    (path for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so")) if path.exists()),
    None,
)
SOFTHSM_UTIL = shutil.which("softhsm2-util") or "softhsm2-util"
ORIGIN = "ledger.example/2026"


def drawn(count: int) -> bytes:
    return secrets.token_bytes(count)


def vkeys(name: str) -> tuple[str, str]:
    keys = PrivateKeys.generate(name, drawn).public
    return (
        VerifierKey.of(name, COSIGNATURE, keys.ed25519).vkey_text(),
        VerifierKey.of(name, OWN, keys.sm2).vkey_text(),
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A folder with the settings of a log and two witnesses."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    first, second = vkeys("one.example"), vkeys("two.example")
    log = VerifierKey.of(ORIGIN, ED25519, PrivateKeys.generate("log", drawn).public.ed25519)
    (folder / "policy.txt").write_text(
        f"log {log.vkey_text()}\nwitness a {first[0]}\nwitness b {second[0]}\ngroup all 2 a b\nquorum all\n"
    )
    (folder / "ledger.toml").write_text(
        f"""origin = "{ORIGIN}"
tiles = "tiles"
lock = "lock.sqlite3"
[[witness]]
org = "310117"
name = "one.example"
url = "http://127.0.0.1:8101"
vkey = "{first[0]}"
sm2_vkey = "{first[1]}"
[[witness]]
org = "330400"
name = "two.example"
url = "https://two.example/witness"
vkey = "{second[0]}"
[[stamper]]
name = "local"
url = "http://127.0.0.1:8100/"
[readers]
"one.example" = "{"ab" * 32}"
"""
    )
    return folder


class TestInstallation:
    def test_read(self, ledger: Path) -> None:
        read = installation.read(ledger)
        assert read.origin == ORIGIN
        assert read.policy.quorum_size() == 2
        assert [(one.org, one.url) for one in read.witnesses] == [
            ("310117", "http://127.0.0.1:8101"),
            ("330400", "https://two.example/witness"),
        ]
        assert read.witnesses[0].sm2_vkey is not None
        assert read.witnesses[1].sm2_vkey is None
        assert read.stampers == (installation.StamperAddress("local", "http://127.0.0.1:8100/"),)
        assert read.readers == {"one.example": "ab" * 32}
        assert read.tiles == f"file:{ledger / 'tiles'}"
        assert read.lock == ledger / "lock.sqlite3"
        assert read.trust == ledger / "trust.json"
        assert read.log_key == ledger.parent / "keys" / "log.json"

    def test_a_bucket(self, ledger: Path) -> None:
        self._write(ledger, 'tiles = "tiles"', 'tiles = "s3://proofs/ledger/"')
        assert installation.read(ledger).tiles == "s3://proofs/ledger"

    def test_is_it_there(self, ledger: Path) -> None:
        assert installation.exists(ledger)
        assert not installation.exists(ledger.parent)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound) as refused:
            installation.read(tmp_path)
        assert refused.value.code == "keys.no_ledger"
        assert "set-up-ledger" in refused.value.said.en

    @pytest.mark.parametrize(
        ("old", "new", "place"),
        [
            ('origin = "', 'origin = ["', "TOML"),
            ('origin = "ledger', 'origin = "another', "origin"),
            ('lock = "lock.sqlite3"', "", "lock"),
            ('lock = "lock.sqlite3"', "lock = 3", "lock"),
            ('lock = "lock.sqlite3"', 'lock = "lock.sqlite3"\nsize = 3', "size"),
            ('tiles = "tiles"', 'tiles = "ftp://tiles"', "tiles"),
            ('url = "http://127.0.0.1:8101"', 'url = "127.0.0.1:8101"', "witness.0.url"),
            ('url = "http://127.0.0.1:8100/"', 'url = "http://a:b@127.0.0.1:8100/"', "stamper.0.url"),
            ('org = "310117"', 'org = "Songjiang"', "witness.0.org"),
            ('name = "one.example"', 'name = "two.example"', "witness.0.vkey"),
            ('sm2_vkey = "one', 'vkey2 = "one', "vkey2"),
            ("[[stamper]]", "[stamper]", "stamper"),
            ('name = "local"', 'name = "local"\nalgorithm = "md5"', "stamper.0.algorithm"),
            ("[readers]", "[[readers]]", "readers"),
            ("abab", "ABAB", "readers"),
        ],
    )
    def test_wrong(self, ledger: Path, old: str, new: str, place: str) -> None:
        self._write(ledger, old, new)
        with pytest.raises(InvalidInput) as refused:
            installation.read(ledger)
        assert refused.value.code == "keys.ledger_settings"
        assert place in refused.value.said.en
        assert place in refused.value.said.zh

    def test_a_witness_of_another_key_than_the_policy_says(self, ledger: Path) -> None:
        settings = (ledger / "ledger.toml").read_text()
        vkey = next(line for line in settings.splitlines() if line.startswith('vkey = "two'))
        self._write(ledger, vkey, f'vkey = "{vkeys("two.example")[0]}"')
        with pytest.raises(InvalidInput, match=r"two\.example") as refused:
            installation.read(ledger)
        assert refused.value.code == "keys.ledger_settings"

    def test_one_key_for_the_other(self, ledger: Path) -> None:
        settings = (ledger / "ledger.toml").read_text()
        sm2 = next(line for line in settings.splitlines() if line.startswith("sm2_vkey"))
        first = next(line for line in settings.splitlines() if line.startswith("vkey"))
        self._write(ledger, sm2, f"sm2_{first}")
        with pytest.raises(InvalidInput, match="sm2_vkey"):
            installation.read(ledger)

    def test_not_text(self, ledger: Path) -> None:
        (ledger / "ledger.toml").write_bytes(b"origin = '\xff'")
        with pytest.raises(InvalidInput, match="UTF-8"):
            installation.read(ledger)
        (ledger / "ledger.toml").write_bytes(b"#" * (installation.MOST_BYTES + 1))
        with pytest.raises(InvalidInput, match="too large"):
            installation.read(ledger)

    @staticmethod
    def _write(ledger: Path, old: str, new: str) -> None:
        settings = (ledger / "ledger.toml").read_text()
        assert old in settings
        (ledger / "ledger.toml").write_text(settings.replace(old, new, 1))


def kept(path: Path, value: object, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    path.chmod(mode)
    return path


class TestFiles:
    def test_an_officer(self, tmp_path: Path) -> None:
        keys = PrivateKeys.generate("310117/officer/2026#1", drawn)
        kept(tmp_path / "310117" / "officer.json", keys.as_json())
        signer = signers.officer(tmp_path, "310117")
        assert signer.key == "310117/officer/2026#1"
        assert all(verifies(signer.public, b"said", signature) for signature in signer.sign(b"said"))

    def test_the_log(self, tmp_path: Path) -> None:
        path = kept(tmp_path / "log.json", {"name": ORIGIN, "private": "AQEB" * 10 + "AQE="})
        signer = signers.log_signer(path)
        assert (signer.key.name, signer.key.kind) == (ORIGIN, ED25519)
        assert notes.verifies(signer.key, "text\n", signer.sign(b"text\n"))
        assert "AQEB" not in repr(signer)
        assert "private" not in repr(signer)

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
    def test_open_to_others(self, tmp_path: Path, mode: int) -> None:
        kept(tmp_path / "310117" / "officer.json", PrivateKeys.generate("a", drawn).as_json(), mode)
        with pytest.raises(InvalidInput, match="chmod 600") as refused:
            signers.officer(tmp_path, "310117")
        assert refused.value.code == "keys.open_to_others"

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound) as refused:
            signers.officer(tmp_path, "310117")
        assert refused.value.code == "keys.no_key"

    @pytest.mark.parametrize(
        "value",
        [
            [],
            {"name": ORIGIN},
            {"name": ORIGIN, "private": "AQE="},
            {"name": ORIGIN, "private": "not base64"},
            {"name": ORIGIN, "private": "AQEB" * 10 + "AQE=", "public": ""},
            {"name": ORIGIN, "public": "AQEB" * 10 + "AQE=", "token": {"module": "m", "label": "l", "key": "k"}},
        ],
    )
    def test_not_a_log_key(self, tmp_path: Path, value: object) -> None:
        with pytest.raises(InvalidInput) as refused:
            signers.log_signer(kept(tmp_path / "log.json", value))
        assert refused.value.code == "keys.key_file"

    def test_not_json(self, tmp_path: Path) -> None:
        path = kept(tmp_path / "log.json", {})
        path.write_text("{")
        with pytest.raises(InvalidInput) as refused:
            signers.log_signer(path)
        assert refused.value.code == "keys.key_file"

    def test_sm2_in_a_token_is_said_to_be_unsupported(self, tmp_path: Path) -> None:
        kept(tmp_path / "310117" / "officer.json", {"key": "310117/officer/2026#1", "token": {}})
        with pytest.raises(InvalidInput, match="SM2") as refused:
            signers.officer(tmp_path, "310117")
        assert refused.value.code == "keys.sm2_in_token"


def in_token(folder: Path, module: Path, key: str, label: str = "concord") -> signers.Token:
    pin = folder / "pin"
    pin.write_text("1234\n")
    pin.chmod(0o600)
    return signers.Token(module, label, key, pin)


class TestTokenThatIsNotThere:
    def test_library(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable) as refused:
            signers.Pkcs11Signer(in_token(tmp_path, tmp_path / "none.so", "log")).sign_ed25519(b"")
        assert refused.value.code == "keys.token"

    def test_binding(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pkcs11", None)
        with pytest.raises(Unavailable, match="extra hsm"):
            signers.Pkcs11Signer(in_token(tmp_path, tmp_path / "none.so", "log")).sign_ed25519(b"")


@pytest.mark.skipif(SOFTHSM is None, reason="SoftHSM (libsofthsm2.so) is not installed: keys in a token are not tried")
class TestToken:
    points: ClassVar[dict[str, bytes]] = {}

    @pytest.fixture
    def token(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], signers.Token]:
        """A fresh token with an Ed25519 key “log” and a P-256 key “stamps”; gives the place of a key."""
        (tmp_path / "tokens").mkdir()
        (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
        assert SOFTHSM is not None
        subprocess.run(  # noqa: S603  fixed words
            [SOFTHSM_UTIL, "--init-token", "--free", "--label", "concord", "--pin", "1234", "--so-pin", "5678"],
            check=True,
            capture_output=True,
        )
        import pkcs11  # noqa: PLC0415  the binding finds the token's folder when it loads the library

        pkcs11.unload(str(SOFTHSM))
        session = pkcs11.lib(str(SOFTHSM)).get_token(token_label="concord").open(user_pin="1234", rw=True)
        for kind, oid, label, mechanism in (
            (pkcs11.KeyType.EC_EDWARDS, b"\x13\x0cedwards25519", "log", pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN),
            (pkcs11.KeyType.EC, bytes.fromhex("06082a8648ce3d030107"), "stamps", pkcs11.Mechanism.EC_KEY_PAIR_GEN),
        ):
            parameters = session.create_domain_parameters(kind, {pkcs11.Attribute.EC_PARAMS: oid}, local=True)
            public, _ = parameters.generate_keypair(mechanism=mechanism, store=True, label=label)
            self.points[label] = bytes(public[pkcs11.Attribute.EC_POINT])[2:]
        session.close()
        module = SOFTHSM
        return lambda key: in_token(tmp_path, module, key)

    def test_ed25519(self, token: Callable[[str], signers.Token]) -> None:
        signer = signers.Pkcs11Signer(token("log"))
        for message in (b"", b"text", b"x" * 5000):
            Ed25519PublicKey.from_public_bytes(self.points["log"]).verify(signer.sign_ed25519(message), message)

    def test_p256(self, token: Callable[[str], signers.Token]) -> None:
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.points["stamps"])
        signature = signers.Pkcs11Signer(token("stamps")).sign_p256(b"text")
        public.verify(signature, b"text", ec.ECDSA(hashes.SHA256()))

    def test_the_log(self, tmp_path: Path, token: Callable[[str], signers.Token]) -> None:
        signer = signers.log_signer(self._log_key(tmp_path, token("log"), self.points["log"]))
        assert notes.verifies(signer.key, "checkpoint\n", signer.sign(b"checkpoint\n"))

    def test_a_public_key_that_is_not_the_tokens(self, tmp_path: Path, token: Callable[[str], signers.Token]) -> None:
        other = PrivateKeys.generate("other", drawn).public.ed25519
        with pytest.raises(InvalidInput) as refused:
            signers.log_signer(self._log_key(tmp_path, token("log"), other)).sign(b"checkpoint\n")
        assert refused.value.code == "keys.token_key"

    def test_a_key_of_another_kind(self, token: Callable[[str], signers.Token]) -> None:
        with pytest.raises(InvalidInput) as refused:
            signers.Pkcs11Signer(token("stamps")).sign_ed25519(b"")
        assert refused.value.code == "keys.token_key"

    @pytest.mark.parametrize("what", ["key", "label", "pin"])
    def test_not_to_be_opened(self, token: Callable[[str], signers.Token], what: str) -> None:
        place = token("none" if what == "key" else "log")
        if what == "label":
            place = signers.Token(place.module, "another", place.key, place.pin_file)
        if what == "pin":
            place.pin_file.write_text("4321")
        with pytest.raises(Unavailable) as refused:
            signers.Pkcs11Signer(place).sign_ed25519(b"")
        assert refused.value.code == "keys.token"

    def test_a_pin_open_to_others(self, token: Callable[[str], signers.Token]) -> None:
        place = token("log")
        place.pin_file.chmod(0o644)
        with pytest.raises(ConcordError) as refused:
            signers.Pkcs11Signer(place).sign_ed25519(b"")
        assert refused.value.code == "keys.open_to_others"

    @staticmethod
    def _log_key(folder: Path, token: signers.Token, public: bytes) -> Path:
        place: dict[str, Any] = {"module": str(token.module), "label": token.label, "key": token.key, "pin_file": "pin"}
        return kept(folder / "log.json", {"name": ORIGIN, "public": b64encode(public).decode(), "token": place})
