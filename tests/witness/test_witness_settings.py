"""witness.toml is read strictly: whatever is wrong is named, in both languages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concord.proofs import notes
from concord.proofs.notes import VerifierKey
from concord.rules.errors import InvalidInput
from concord.witness import settings
from tests.support.witnessing import LOG_KEY, ORIGIN

PEERS = [
    VerifierKey.of(
        f"witness.{name}.example",
        notes.COSIGNATURE,
        Ed25519PrivateKey.from_private_bytes(name.encode() * 32).public_key().public_bytes_raw(),
    )
    for name in ("b", "c")
]
WHOLE = f"""
name = "witness.a.example"
key = "key.json"
state = "state.sqlite3"
mirror = "mirror"
listen = "127.0.0.1:8101"
[[log]]
origin = "{ORIGIN}"
vkey = "{LOG_KEY.vkey_text()}"
tiles = "https://centre.example/ledger"
token = "a-token-of-some-length"
[[peer]]
name = "{PEERS[0].name}"
url = "https://b.example/witness/"
vkey = "{PEERS[0].vkey_text()}"
[[peer]]
name = "{PEERS[1].name}"
url = "http://127.0.0.1:8103"
vkey = "{PEERS[1].vkey_text()}"
"""
Read = Callable[[str], settings.WitnessSettings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def written(text: str) -> settings.WitnessSettings:
        file = tmp_path / "witness.toml"
        file.write_text(text, encoding="utf-8")
        return settings.read(file)

    return written


def test_everything_that_is_written_is_there(read: Read, tmp_path: Path) -> None:
    found = read(WHOLE)
    assert (found.name, found.host, found.port) == ("witness.a.example", "127.0.0.1", 8101)
    assert (found.key, found.state, found.mirror) == tuple(
        tmp_path / name for name in ("key.json", "state.sqlite3", "mirror")
    )
    (log,) = found.logs
    assert (log.origin, log.key, log.tiles) == (ORIGIN, LOG_KEY, "https://centre.example/ledger/")
    assert log.token == "a-token-of-some-length"
    assert [(peer.name, peer.url, peer.key) for peer in found.peers] == [
        (PEERS[0].name, "https://b.example/witness/", PEERS[0]),
        (PEERS[1].name, "http://127.0.0.1:8103/", PEERS[1]),
    ]


def test_what_is_left_out_has_its_usual_value(read: Read) -> None:
    found = read(WHOLE)
    assert (found.mirror_every, found.compare_every, found.needed_peers) == (5, 3600, 2)


def test_intervals_can_be_set(read: Read) -> None:
    found = read("mirror_every = 0\ncompare_every = 60\nneeded_peers = 1\n" + WHOLE)
    assert (found.mirror_every, found.compare_every, found.needed_peers) == (0, 60, 1)


def test_a_token_may_lie_in_a_file(read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("another-token-of-some-length\n", encoding="utf-8")
    found = read(WHOLE.replace('token = "a-token-of-some-length"', 'token_file = "token"'))
    assert found.logs[0].token == "another-token-of-some-length"


def test_a_log_without_tiles_is_witnessed_and_not_mirrored(read: Read) -> None:
    text = "\n".join(line for line in WHOLE.splitlines() if not line.startswith(("tiles", "token")))
    assert read(text).logs[0].tiles == ""


def test_the_token_does_not_show(read: Read) -> None:
    assert "a-token" not in repr(read(WHOLE))


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("witness.toml", 'name = "witness.a.example"', "name = "),
        ("witness.toml", "[[log]]", "colour = 3\n[[log]]"),
        ("name", 'name = "witness.a.example"', ""),
        ("name", 'name = "witness.a.example"', "name = 3"),
        ("listen", "127.0.0.1:8101", "8101"),
        ("listen", "127.0.0.1:8101", "127.0.0.1:70000"),
        ("log", WHOLE[WHOLE.index("[[log]]") : WHOLE.index("[[peer]]")], ""),
        ("log", "[[log]]", "[log]"),
        ("log.1", "tiles =", "colour = 3\ntiles ="),
        ("log.1.origin", f'origin = "{ORIGIN}"', ""),
        ("log.1.vkey", LOG_KEY.vkey_text(), "nonsense"),
        ("log.1.vkey", LOG_KEY.vkey_text(), PEERS[0].vkey_text()),
        ("log.1.vkey", f'origin = "{ORIGIN}"', 'origin = "another.example"'),
        ("log.1.tiles", "https://centre.example/ledger", "ftp://centre.example/"),
        ("log.1.tiles", "https://centre.example/ledger", "https://centre.example:no/"),
        ("log.1.tiles", "https://centre.example/ledger", "http://centre.example/ledger"),
        ("log.1.token", "a-token-of-some-length", "short"),
        ("log.1.token", 'token = "a-token', 'token_file = "x"\ntoken = "a-token'),
        ("peer.2.url", "http://127.0.0.1:8103", "http://user@127.0.0.1:8103"),
        ("peer.1.vkey", PEERS[0].vkey_text(), PEERS[1].vkey_text()),
        ("peer.1.vkey", PEERS[0].vkey_text(), LOG_KEY.vkey_text()),
        ("peer", f'"{PEERS[0].name}"', '"witness.a.example"'),
        ("needed_peers", 'name = "witness.a', 'needed_peers = 3\nname = "witness.a'),
        ("mirror_every", 'name = "witness.a', 'mirror_every = -1\nname = "witness.a'),
        ("compare_every", 'name = "witness.a', 'compare_every = 0\nname = "witness.a'),
        ("compare_every", 'name = "witness.a', 'compare_every = true\nname = "witness.a'),
    ],
)
def test_what_is_wrong_is_named(read: Read, place: str, old: str, new: str) -> None:
    assert old in WHOLE
    text = WHOLE.replace(old, new, 1)
    if place == "peer":
        own = VerifierKey.of("witness.a.example", notes.COSIGNATURE, PEERS[0].public)
        text = text.replace(PEERS[0].vkey_text(), own.vkey_text())
    with pytest.raises(InvalidInput) as caught:
        read(text)
    assert caught.value.code == "witness.settings"
    assert [problem.field for problem in caught.value.problems] == [place]


def test_the_same_log_twice_is_refused(read: Read) -> None:
    log = WHOLE[WHOLE.index("[[log]]") : WHOLE.index("[[peer]]")]
    with pytest.raises(InvalidInput, match="given twice"):
        read(WHOLE + log)


@pytest.mark.parametrize("content", [b"\xff", b"#" * (1 << 20) + b"\n"])
def test_what_is_no_text_or_too_long_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "witness.toml"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match="cannot be read"):
        settings.read(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        settings.read(tmp_path / "nowhere.toml")


def test_an_empty_token_file_is_refused(read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    with pytest.raises(InvalidInput, match="the file is empty"):
        read(WHOLE.replace('token = "a-token-of-some-length"', 'token_file = "token"'))


def test_the_example_that_is_handed_out_can_be_read(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "deploy" / "witness" / "witness.toml"
    file = tmp_path / "witness.toml"
    file.write_bytes(example.read_bytes())
    (tmp_path / "token").write_text("a-token-of-some-length", encoding="utf-8")
    found = settings.read(file)
    assert found.logs[0].token
    assert (len(found.peers), found.needed_peers) == (3, 3)
