"""The operator's commands for the ledger: checking it, opening a new one, and what they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from concord.entrypoints import manage
from concord.foundation.database import scope
from tests.support.ledgers import Ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The ledger of this installation, with three leaves."""
    made = Ledger(tmp_path)
    made.write(2)
    made.submit("ev1-a")
    made.round()
    made.write_settings()
    scope.enter(scope.NOBODY)
    with override_settings(LEDGER_ROOT=tmp_path):
        yield made


@pytest.mark.usefixtures("ledger")
def test_a_sound_ledger_is_said_to_be_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert manage.main(["fsck"]) == 0
    assert capsys.readouterr().out == "3 leaves, 2 entries, 1 submissions, 0 erased, 0 files; 0 wrong\n"


def test_what_is_wrong_is_named(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    (ledger.folder / "tiles/tile/0/000.p/3").unlink()
    assert manage.main(["fsck", "--without-content"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "tile: tile/0/000.p/3",
        "3 leaves, 2 entries, 1 submissions, 0 erased, 0 files; 1 wrong",
    ]


def test_without_a_ledger_it_is_said_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with override_settings(LEDGER_ROOT=tmp_path):
        assert manage.main(["fsck"]) == manage.REFUSED
    assert "keys.no_ledger" in capsys.readouterr().err


@pytest.mark.usefixtures("ledger")
def test_the_same_ledger_is_not_opened_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert manage.main(["new-ledger", "310117"]) == manage.REFUSED
    assert "ledger.not_new" in capsys.readouterr().err


def test_a_new_ledger_is_opened(ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    new = Ledger(folder, at=ledger.at, origin="ledger.toy.example/2027")
    new.write_settings()
    with override_settings(LEDGER_ROOT=folder):
        assert manage.main(["new-ledger", "310117"]) == 0
        assert capsys.readouterr().out == "ledger.toy.example/2026: 0 to 3; ledger.toy.example/2027: from 3\n"
        assert new.round().published
        scope.enter(scope.NOBODY)
        assert manage.main(["fsck"]) == 0
