"""Founding a ledger among cities that keep their own keys: from the first city's file to the ninth signature."""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from concord.entrypoints import founding as commands
from concord.entrypoints import manage
from concord.foundation.keys import founding, installation, setting_up, signers
from concord.foundation.keys.founding import City
from concord.foundation.keys.installation import Installation, StamperAddress, WitnessAddress
from concord.foundation.keys.setting_up import Place
from concord.proofs import notes
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.proofs.time_authority import LocalAuthority
from concord.proofs.trust import read_trust
from concord.rules.errors import Conflict, InvalidInput

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CODES = ("310117", "330400", "330100")
ORIGIN = "ledger.example.cn/2026"


def witness_of(code: str) -> WitnessAddress:
    name = f"witness.{code}.example.cn"
    public = PrivateKeys.generate(name, secrets.token_bytes).public
    vkeys = [
        VerifierKey.of(name, kind, key).vkey_text()
        for kind, key in ((notes.COSIGNATURE, public.ed25519), (notes.OWN, public.sm2))
    ]
    return WitnessAddress(name, f"https://{code}.example.cn/witness", vkeys[0], vkeys[1], code)


def city(folder: Path, code: str) -> City:
    return founding.make_city(folder / code, witness=witness_of(code), random_bytes=secrets.token_bytes, at=AT)


@pytest.fixture
def cities(tmp_path: Path) -> list[City]:
    return [city(tmp_path / "cities", code) for code in CODES]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place.of(tmp_path / "host")


def founded(place: Place, cities: list[City]) -> Installation:
    authority = LocalAuthority.generate(
        "stamps", algorithm="p256", random_bytes=secrets.token_bytes, valid_from=AT, valid_until=AT + timedelta(days=9)
    )
    return founding.found(
        place,
        origin=ORIGIN,
        cities=cities,
        stampers=[StamperAddress("stamps", "https://stamps.example.cn/")],
        authorities=[authority.pinned()],
        random_bytes=secrets.token_bytes,
        at=AT,
    )


class TestCity:
    def test_what_is_sent_can_be_read(self, tmp_path: Path, cities: list[City]) -> None:
        assert [founding.read_city(tmp_path / "cities" / code / founding.CITY) for code in CODES] == cities

    def test_no_private_key_is_sent(self, tmp_path: Path, cities: list[City]) -> None:
        for one in cities:
            folder = tmp_path / "cities" / one.org
            sent = (folder / founding.CITY).read_text()
            for file in (signers.ROOT, signers.OFFICER):
                kept = signers.private_keys(folder / file).as_json()
                assert kept["ed25519"] not in sent
                assert kept["sm2"] not in sent

    def test_again_the_keys_stay(self, tmp_path: Path, cities: list[City]) -> None:
        again = city(tmp_path / "cities", CODES[0])
        assert (again.root, again.officer.public) == (cities[0].root, cities[0].officer.public)

    @pytest.mark.parametrize(
        "change", [("310117", "330100"), ('"url"', '"uri"'), ("{", "["), ("310117/root", "310117/tsa")]
    )
    def test_not_a_citys_file(self, tmp_path: Path, cities: list[City], change: tuple[str, str]) -> None:
        path = tmp_path / "cities" / cities[0].org / founding.CITY
        path.write_text(path.read_text().replace(*change, 1))
        with pytest.raises(InvalidInput) as refused:
            founding.read_city(path)
        assert refused.value.code == "keys.city"

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput) as refused:
            founding.read_city(tmp_path / "none.json")
        assert refused.value.code == "keys.city"


class TestHost:
    def test_founded(self, place: Place, cities: list[City]) -> None:
        made = founded(place, cities)
        assert made == installation.read(place.ledger)
        assert made.witnesses == tuple(one.witness for one in cities)
        assert made.policy.quorum_size() == 2
        assert signers.log_signer(made.log_key).key == made.policy.logs[ORIGIN]
        trust = read_trust(made.trust.read_bytes())
        assert trust.roots == tuple(one.root for one in cities)
        assert trust.directory == tuple(one.officer for one in cities)
        assert not trust.endorsement.organisations
        for name, digest in made.readers.items():
            assert setting_up.digest_of(place.ledger / founding.TOKENS / name) == digest

    def test_not_twice(self, place: Place, cities: list[City]) -> None:
        founded(place, cities)
        with pytest.raises(Conflict) as refused:
            founded(place, cities)
        assert refused.value.code == "keys.founded"

    def test_a_city_twice(self, place: Place, cities: list[City]) -> None:
        with pytest.raises(InvalidInput) as refused:
            founded(place, [*cities, cities[0]])
        assert refused.value.code == "keys.cities"
        assert not installation.exists(place.ledger)

    def test_each_city_signs(self, tmp_path: Path, place: Place, cities: list[City]) -> None:
        made = founded(place, cities)
        signed = [
            founding.sign(made.trust, tmp_path / "cities" / one.org / signers.ROOT).endorsement.organisations
            for one in [*cities, cities[0]]
        ]
        assert [len(organisations) for organisations in signed] == [1, 2, 3, 3]
        assert not read_trust(made.trust.read_bytes()).endorsement.wrong

    def test_whoever_is_no_root_does_not_sign(self, tmp_path: Path, place: Place, cities: list[City]) -> None:
        made = founded(place, cities)
        before = made.trust.read_bytes()
        with pytest.raises(InvalidInput) as refused:
            founding.sign(made.trust, tmp_path / "cities" / cities[0].org / signers.OFFICER)
        assert refused.value.code == "keys.not_a_root"
        assert made.trust.read_bytes() == before


class TestCommands:
    """The same by the operator's commands, as docs/howto/keys-and-tokens.md tells it."""

    def test_the_whole_way(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        host = Place.of(tmp_path / "host")
        assert "+" in self._set_up(host, "--origin", ORIGIN)[0]
        files = []
        for code in CODES:
            witness = witness_of(code)
            folder = str(tmp_path / code)
            asked = ["make-city-keys", folder, "--organisation", code, "--witness", witness.name, "--url", witness.url]
            assert manage.main([*asked, "--vkey", witness.vkey, "--sm2-vkey", str(witness.sm2_vkey)]) == 0
            assert f"{code}/root/" in capsys.readouterr().out
            files += ["--city", f"{folder}/city.json"]
        lines = self._set_up(host, "--origin", ORIGIN, *files, "--stamper", "stamps=https://stamps.example.cn/")
        assert "3 witnesses, quorum 2" in lines[0]
        trust = str(host.ledger / "trust.json")
        for code in CODES:
            assert manage.main(["sign-trust", trust, "--root", str(tmp_path / code / "root.json")]) == 0
        assert capsys.readouterr().out.count("✓") == 1 + 2 + 3

    def test_refused(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        root = tmp_path / "root.json"
        assert manage.main(["sign-trust", str(root), "--root", str(root)]) == manage.REFUSED
        assert "keys.no_key" in capsys.readouterr().err

    def test_a_stamper_without_address(self, tmp_path: Path, cities: list[City]) -> None:
        file = str(tmp_path / "cities" / cities[0].org / founding.CITY)
        with pytest.raises(InvalidInput, match="NAME=VALUE"):
            self._set_up(Place.of(tmp_path / "host"), "--origin", ORIGIN, "--city", file, "--stamper", "stamps")

    @staticmethod
    def _set_up(place: Place, *words: str) -> list[str]:
        asked = manage._parser().parse_args(["set-up-ledger", *words])
        return commands.set_up_ledger(asked, keys=place.keys, ledger=place.ledger, at=AT)
