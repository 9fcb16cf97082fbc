"""What a witness remembers survives it, and never goes back."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from concord.proofs import merkle
from concord.rules.errors import Unavailable
from concord.witness.protocol import Standing
from concord.witness.state import MOST_ALARMS, AlarmKind, Latest, Outcome, Sighting, State
from tests.support.witnessing import ORIGIN

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def tree(size: int) -> Standing:
    return Standing(size, size.to_bytes(32))


def latest(size: int) -> Latest:
    return Latest(size, tree(size).root, b"note %d" % size, AT)


def seen(source: str, size: int) -> Sighting:
    return Sighting(source, size, bytes(32), b"note", AT, Outcome.AGREES)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite3"


@pytest.fixture
def state(file: Path) -> Iterator[State]:
    opened = State(file)
    yield opened
    opened.close()


class TestLatest:
    def test_at_first_there_is_none(self, state: State) -> None:
        assert state.latest(ORIGIN) is None

    def test_it_is_there_after_a_restart(self, state: State, file: Path) -> None:
        assert state.advance(ORIGIN, Standing(), latest(5))
        state.close()
        again = State(file)
        assert again.latest(ORIGIN) == latest(5)
        again.close()

    def test_it_moves_only_from_what_it_is(self, state: State) -> None:
        assert state.advance(ORIGIN, Standing(), latest(5))
        assert not state.advance(ORIGIN, Standing(), latest(7))
        assert not state.advance(ORIGIN, Standing(5, bytes(32)), latest(7))
        assert state.latest(ORIGIN) == latest(5)
        assert state.advance(ORIGIN, tree(5), latest(7))

    def test_logs_do_not_mix(self, state: State) -> None:
        state.advance(ORIGIN, Standing(), latest(5))
        assert state.latest("another.example") is None

    def test_every_write_is_synced(self, state: State) -> None:
        assert state._database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert state._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_of_many_at_once_from_two_processes_one_wins_each_step(self, state: State, file: Path) -> None:
        other = State(file)
        wins: list[int] = []
        begin = threading.Barrier(8)

        def race(mine: State, number: int) -> None:
            begin.wait()
            for step in range(20):
                if mine.advance(ORIGIN, tree(step) if step else Standing(), latest(step + 1)):
                    wins.append(step)
                    assert mine.latest(ORIGIN) is not None, number

        threads = [threading.Thread(target=race, args=((state, other)[n % 2], n)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(wins) == len(set(wins))  # no step was taken twice
        held = state.latest(ORIGIN)
        assert held is not None
        assert held.size == len(wins) == max(wins) + 1
        other.close()


class TestSightings:
    def test_the_last_one_of_each_source_is_kept(self, state: State) -> None:
        state.keep_sightings(ORIGIN, [seen("b", 3), seen("a", 3)])
        state.keep_sightings(ORIGIN, [seen("b", 4)])
        assert state.sightings(ORIGIN) == {"a": seen("a", 3), "b": seen("b", 4)}
        assert list(state.sightings(ORIGIN)) == ["a", "b"]
        assert state.sightings("another.example") == {}


class TestMirrored:
    def test_the_range_comes_back(self, state: State) -> None:
        assert state.mirrored(ORIGIN) == merkle.Range(0, ())
        held = merkle.Range(0, ()).append(merkle.leaf_hash(b"%d" % at) for at in range(11))
        state.keep_mirrored(ORIGIN, held, AT)
        assert state.mirrored(ORIGIN) == held


class TestAlarms:
    def raised(self, state: State, size: int, kind: AlarmKind = AlarmKind.FORK) -> bool:
        return state.raise_alarm(
            kind, origin=ORIGIN, source="b", tree=tree(size), at=AT, ours=b"ours", theirs=b"theirs"
        )

    def test_both_statements_are_kept_and_nothing_twice(self, state: State) -> None:
        assert self.raised(state, 1)
        assert not self.raised(state, 1)
        assert self.raised(state, 2)
        first, second = state.alarms()
        assert (first.size, first.ours, first.theirs, first.source, first.at) == (1, b"ours", b"theirs", "b", AT)
        assert second.number > first.number

    def test_a_flood_of_one_kind_leaves_room_for_another(self, state: State) -> None:
        raised = sum(self.raised(state, size) for size in range(MOST_ALARMS + 5))
        assert raised == MOST_ALARMS
        assert self.raised(state, 1, AlarmKind.MIRROR)


class TestDatabase:
    def test_one_of_a_later_version_is_not_touched(self, state: State, file: Path) -> None:
        state._database.execute("PRAGMA user_version = 9")
        with pytest.raises(Unavailable, match="version 9"):
            State(file)

    def test_a_file_that_is_none_is_said(self, tmp_path: Path) -> None:
        file = tmp_path / "text"
        file.write_text("not a database, though it is long enough to be taken for one" * 20, encoding="utf-8")
        with pytest.raises(Unavailable) as caught:
            State(file)
        assert caught.value.code == "witness.state"

    def test_a_write_that_fails_leaves_what_was_and_the_next_one_works(self, state: State) -> None:
        state.advance(ORIGIN, Standing(), latest(5))
        state._database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON latest WHEN NEW.size = 7 BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        with pytest.raises(Unavailable, match="disk full"):
            state.advance(ORIGIN, tree(5), latest(7))
        assert state.latest(ORIGIN) == latest(5)
        assert state.advance(ORIGIN, tree(5), latest(8))

    def test_a_writer_that_breaks_off_leaves_nothing_half_written(self, state: State) -> None:
        def break_off() -> None:
            with state._writing() as database:
                database.execute("INSERT INTO mirror VALUES ('x', 1, x'', '')")
                raise KeyError

        with pytest.raises(KeyError):
            break_off()
        assert state.mirrored("x").size == 0

    def test_after_its_end_it_says_so(self, file: Path) -> None:
        state = State(file)
        state.close()
        with pytest.raises(Unavailable):
            state.latest(ORIGIN)
        with pytest.raises(Unavailable):
            state.advance(ORIGIN, Standing(), latest(1))

    def test_the_tables_refuse_values_of_another_type(self, state: State) -> None:
        with pytest.raises(sqlite3.IntegrityError):
            state._database.execute("INSERT INTO mirror VALUES ('x', 'much', x'', '')")
