"""The key file of a witness: made once, read by its owner alone, never shown."""

import json
import secrets
from pathlib import Path

import pytest

from concord.proofs import notes
from concord.rules.errors import Conflict, InvalidInput
from concord.witness import keys
from tests.support.witnessing import ToyLog, opened_with

NAME = "witness.a.example"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "key.json"
    keys.make(made, name=NAME, random_bytes=secrets.token_bytes)
    return made


def test_what_was_made_is_read_again(file: Path) -> None:
    read = keys.read(file, name=NAME)
    assert read.name == NAME
    assert (read.verifier.kind, read.sm2_verifier.kind) == (notes.COSIGNATURE, notes.OWN)
    assert set(json.loads(file.read_text(encoding="utf-8"))) == {"name", "ed25519", "sm2"}


def test_only_the_owner_may_read_it(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    with pytest.raises(InvalidInput, match="others may read it"):
        keys.read(file, name=NAME)


def test_a_key_is_never_overwritten(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(Conflict, match=r"witness\.key_exists"):
        keys.make(file, name=NAME, random_bytes=secrets.token_bytes)
    assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        keys.make(tmp_path / "none" / "key.json", name=NAME, random_bytes=secrets.token_bytes)


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_name_that_cannot_stand_on_a_line_makes_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        keys.make(tmp_path / "key.json", name=name, random_bytes=secrets.token_bytes)
    assert list(tmp_path.iterdir()) == []


def test_secrets_do_not_show(file: Path) -> None:
    table = json.loads(file.read_text(encoding="utf-8"))
    shown = repr(keys.read(file, name=NAME))
    assert table["ed25519"] not in shown
    assert table["sm2"] not in shown


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 5000,
        "[]",
        '{"name": "witness.b.example", "ed25519": "", "sm2": ""}',
        '{"name": "witness.a.example", "ed25519": "AA==", "sm2": "AA=="}',
        '{"name": "witness.a.example", "ed25519": 3, "sm2": 4}',
        '{"name": "witness.a.example", "ed25519": "AA==", "sm2": "AA==", "key": "x"}',
    ],
)
def test_a_spoilt_file_is_refused_and_its_content_not_repeated(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        keys.read(file, name=NAME)
    assert caught.value.code == "witness.key"
    assert "AA==" not in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        keys.read(tmp_path / "key.json", name=NAME)


def test_both_of_its_lines_are_good_signatures_with_their_time(file: Path) -> None:
    own = keys.read(file, name=NAME)
    note = ToyLog().grow(3).note()
    text = notes.parse(note).text
    found = opened_with(note + "".join(line.line() for line in own.cosign(text, 1_700_000_000)).encode(), own)
    assert found.cosigners == found.sm2 == {NAME: 1_700_000_000}
