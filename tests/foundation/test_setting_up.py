"""Setting up keys, policy, trust file and witnesses: whole, sound, and never over a key that is there."""

import json
import secrets
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from concord.config import env
from concord.foundation.keys import installation, signers
from concord.foundation.keys.setting_up import Member, Place, quorum_of, set_up
from concord.foundation.keys.time_stamper import authorities
from concord.proofs.signing import signed_bytes, verifies
from concord.proofs.trust import read_trust

AT = datetime(2026, 3, 2, 9, 30, 15, 250_000, tzinfo=UTC)
ORIGIN = "ledger.g60.example/2026"
CODES = ("310117", "330400", "330100", "330700", "320500", "330500", "341800", "340200", "340100")
MEMBERS = [Member(code, "松江", "Songjiang") for code in CODES]


def made(home: Path, *, port: int = 8000, at: datetime = AT, origin: str = ORIGIN) -> installation.Installation:
    return set_up(home, members=MEMBERS, origin=origin, random_bytes=secrets.token_bytes, at=at, loopback_port=port)


@pytest.fixture
def whole(tmp_path: Path) -> installation.Installation:
    return made(tmp_path)


class TestWhatIsMade:
    def test_the_ledger(self, tmp_path: Path, whole: installation.Installation) -> None:
        assert whole == installation.read(tmp_path / "ledger")
        assert whole.origin == ORIGIN
        assert whole.policy.quorum_size() == 6
        assert [witness.org for witness in whole.witnesses] == list(CODES)
        assert [witness.url for witness in whole.witnesses] == [f"http://127.0.0.1:{8101 + n}" for n in range(9)]
        assert [(one.name, one.url, one.algorithm) for one in whole.stampers] == [
            ("local", "http://127.0.0.1:8100/", "sha256"),
            ("local-gm", "http://127.0.0.1:8100/gm", "sm3"),
        ]
        assert signers.log_signer(whole.log_key).key == whole.policy.logs[ORIGIN]

    def test_the_trust_file(self, tmp_path: Path, whole: installation.Installation) -> None:
        trust = read_trust(whole.trust.read_bytes())
        assert trust.endorsement.organisations == set(CODES)
        assert not trust.endorsement.wrong
        assert (trust.threshold, trust.version) == (6, 1)
        assert trust.issued_at == AT.replace(microsecond=0)
        assert trust.expires_at - trust.issued_at == timedelta(days=730)
        assert trust.policy == whole.policy
        assert [key.vkey_text() for key in trust.sm2_witnesses] == [one.sm2_vkey for one in whole.witnesses]
        assert set(trust.authorities) == {one.pinned() for one in authorities(tmp_path / "keys").values()}
        for entry, code in zip(trust.directory, CODES, strict=True):
            officer = signers.officer(tmp_path / "keys", code)
            assert (entry.key, entry.public) == (f"{code}/officer/2026#1", officer.public)
            root = trust.root_keys[f"{code}/root/2026#1"]
            signatures = entry.stated.signatures()
            assert signatures is not None
            assert all(verifies(root.public, signed_bytes("key", entry.stated.body), one) for one in signatures)

    def test_a_witness(self, tmp_path: Path, whole: installation.Installation) -> None:
        folder = tmp_path / "witnesses" / "330400"
        settings = tomllib.loads((folder / "witness.toml").read_text())
        assert settings["listen"] == "127.0.0.1:8102"
        assert settings["log"] == [
            {
                "origin": ORIGIN,
                "vkey": whole.policy.logs[ORIGIN].vkey_text(),
                "tiles": "http://127.0.0.1:8000/ledger/",
                "token_file": "token",
            }
        ]
        assert [peer["name"] for peer in settings["peer"]] == [
            one.name for one in whole.witnesses if one.org != "330400"
        ]
        token = (folder / "token").read_text().strip()
        assert len(token) >= 43
        assert set(json.loads((folder / "key.json").read_text())) == {"name", "ed25519", "sm2"}

    @pytest.mark.usefixtures("whole")
    def test_secrets_are_their_owners(self, tmp_path: Path) -> None:
        secret = [*(tmp_path / "keys").rglob("*.json"), *(tmp_path / "witnesses").rglob("key.json")]
        secret += (tmp_path / "witnesses").rglob("token")
        assert len(secret) == 9 * 2 + 1 + 2 + 9 + 9
        assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}

    def test_quorum(self) -> None:
        assert [quorum_of(count) for count in (1, 2, 3, 4, 6, 9)] == [1, 2, 2, 3, 4, 6]


class TestSettings:
    def test_where_keys_and_ledger_lie(self, tmp_path: Path) -> None:
        base = {"CONCORD_HOME": str(tmp_path), "CONCORD_SECRET_KEY": "k" * 50}
        usual = env.read(base)
        assert (usual.keys, usual.ledger, usual.witnesses) == (tmp_path / "keys", tmp_path / "ledger", True)
        other = {"CONCORD_KEYS": "/mnt/keys", "CONCORD_LEDGER": "/mnt/ledger", "CONCORD_WITNESSES": "0"}
        said = env.read(base | other)
        assert (said.keys, said.ledger, said.witnesses) == (Path("/mnt/keys"), Path("/mnt/ledger"), False)

    def test_witnesses_are_on_or_off(self, tmp_path: Path) -> None:
        with pytest.raises(env.BadEnvironment, match="CONCORD_WITNESSES"):
            env.read({"CONCORD_HOME": str(tmp_path), "CONCORD_SECRET_KEY": "k", "CONCORD_WITNESSES": "9"})


class TestAgain:
    def test_nothing_changes(self, tmp_path: Path, whole: installation.Installation) -> None:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        again = made(tmp_path, at=AT + timedelta(days=400), origin="ledger.g60.example/2027")
        assert again == whole
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before

    def test_what_is_missing_is_made(self, tmp_path: Path, whole: installation.Installation) -> None:
        for path in (whole.trust, whole.folder / "ledger.toml", tmp_path / "witnesses" / "340100" / "witness.toml"):
            path.unlink()
        again = made(tmp_path)
        assert again.witnesses == whole.witnesses
        assert read_trust(again.trust.read_bytes()).endorsement.organisations == set(CODES)

    @pytest.mark.usefixtures("whole")
    def test_another_port(self, tmp_path: Path) -> None:
        again = made(tmp_path, port=9000)
        assert again.witnesses[8].url == "http://127.0.0.1:9109"
        settings = tomllib.loads((tmp_path / "witnesses" / "340100" / "witness.toml").read_text())
        assert (settings["listen"], settings["log"][0]["tiles"]) == ("127.0.0.1:9109", "http://127.0.0.1:9000/ledger/")

    def test_other_folders(self, tmp_path: Path) -> None:
        place = Place(tmp_path / "secret", tmp_path / "log", tmp_path / "cities")
        made_there = set_up(
            place, members=MEMBERS[:3], origin=ORIGIN, random_bytes=secrets.token_bytes, at=AT, loopback_port=8000
        )
        assert made_there.log_key == tmp_path / "secret" / "log.json"
        assert made_there.policy.quorum_size() == 2
