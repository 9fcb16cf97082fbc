"""What a witness does of itself, round by round, with its peers and the host of the log on loopback."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from concord.proofs import checkpoints
from concord.witness.cosigning import origin_hash
from concord.witness.state import Outcome
from tests.support.witnessing import BEGAN, ORIGIN, City, Host, ToyLog, cities, hosted, opened


@pytest.fixture
def log() -> ToyLog:
    return ToyLog().grow(5)


@pytest.fixture
def host(log: ToyLog) -> Iterator[Host]:
    with hosted(log) as server:
        yield server


@pytest.fixture
def three(tmp_path: Path, host: Host) -> Iterator[Sequence[City]]:
    made = cities(tmp_path, 3, tiles=host.url)
    yield [city.start() for city in made]
    for city in made:
        city.stop()


def note_by(log: ToyLog, *signers: City) -> bytes:
    text = opened(log.note()).checkpoint.text()
    return checkpoints.with_signatures(
        log.note(), [line for city in signers for line in city.keys.cosign(text, int(BEGAN.timestamp()))]
    )


class TestMirror:
    def test_it_follows_what_was_cosigned_and_no_further(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.watch.mirror()
        assert city.state.mirrored(ORIGIN).size == 0
        city.submit(log.request())
        log.grow(3)
        del log.files["tile/entries/000.p/8"]
        city.watch.mirror()
        assert city.state.mirrored(ORIGIN).size == 5
        assert city.watch.behind == {}

    def test_a_host_that_is_away_is_no_alarm_and_is_asked_again(
        self, log: ToyLog, host: Host, three: Sequence[City]
    ) -> None:
        city = three[0]
        city.submit(log.request())
        host.show(ToyLog())
        city.watch.mirror()
        assert city.watch.behind == {ORIGIN: "witness.not_served"}
        assert city.alarms() == []
        host.show(log)
        city.watch.mirror()
        assert city.watch.behind == {}

    def test_a_wrong_token_is_told(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.submit(log.request())
        city.watch._hosts[ORIGIN]._token = "another-token-altogether"
        city.watch.mirror()
        assert city.watch.behind == {ORIGIN: "witness.unreachable"}

    def test_lost_files_are_fetched_again(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.submit(log.request())
        city.watch.mirror()
        (city.witness.settings.mirror / origin_hash(ORIGIN) / "tile/0/000.p/5").unlink()
        city.watch.check_mirrors()
        assert city.state.mirrored(ORIGIN).size == 0
        city.watch.mirror()
        assert city.state.mirrored(ORIGIN).root() == log.root()

    def test_a_lost_bundle_is_found_out_when_it_is_needed(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.submit(log.request())
        city.watch.mirror()
        (city.witness.settings.mirror / origin_hash(ORIGIN) / "tile/entries/000.p/5").unlink()
        log.grow(1)
        city.submit(log.request(5))
        city.watch.mirror()
        assert city.watch.behind == {ORIGIN: "witness.mirror_lost"}
        city.watch.mirror()
        assert city.state.mirrored(ORIGIN).size == 6
        assert city.alarms() == []


class TestCompare:
    def test_peers_that_signed_the_same_agree(self, log: ToyLog, three: Sequence[City]) -> None:
        for city in three:
            city.submit(log.request())
        assert {(one.peer, one.size, one.outcome) for one in three[0].watch.compare()} == {
            (three[1].name, 5, "agrees"),
            (three[2].name, 5, "agrees"),
        }

    def test_one_that_is_behind_agrees_through_the_mirror(self, log: ToyLog, three: Sequence[City]) -> None:
        three[1].submit(log.request())
        log.grow(400)
        three[0].submit(log.request())
        assert three[0].watch.compare()[0].outcome == "unproven"
        three[0].watch.mirror()
        assert three[0].watch.compare()[0].outcome == "agrees"

    def test_with_files_of_the_mirror_gone_nothing_is_claimed(self, log: ToyLog, three: Sequence[City]) -> None:
        three[1].submit(log.request())
        log.grow(400)
        three[0].submit(log.request())
        three[0].watch.mirror()
        folder = three[0].witness.settings.mirror / origin_hash(ORIGIN)
        (folder / "tile" / "0" / "000").unlink()
        assert three[0].watch.compare()[0].outcome == "unproven"
        assert three[0].alarms() == []

    def test_one_that_is_ahead_agrees_when_the_log_proves_it(self, log: ToyLog, three: Sequence[City]) -> None:
        three[0].submit(log.request())
        log.grow(400)
        three[1].submit(log.request())
        assert three[0].watch.compare()[0].outcome == "agrees"

    def test_before_anything_was_signed_nothing_is_claimed(self, log: ToyLog, three: Sequence[City]) -> None:
        assert {one.outcome for one in three[0].watch.compare()} == {"nothing"}
        three[1].submit(log.request())
        assert three[0].watch.compare()[0].outcome == "unproven"

    def test_who_is_away_or_signs_wrongly_is_told_and_accused_of_nothing(
        self, log: ToyLog, three: Sequence[City]
    ) -> None:
        three[2].submit(log.request())
        three[1].stop()
        three[1].keys, kept = three[2].keys, three[1].keys
        three[1].start()
        three[1].submit(log.request())  # its lines are those of another key
        three[2].stop()
        assert [one.outcome for one in three[0].watch.compare()] == ["unverified", "unreachable"]
        assert three[0].alarms() == []
        three[1].keys = kept
        three[2].start()


class TestPublished:
    def test_it_shows_what_the_others_signed(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.submit(log.request())
        log.publish(note_by(log, three[1]))
        city.watch.mirror()
        seen = city.state.sightings(ORIGIN)
        assert set(seen) == {"published", three[1].name}
        assert all(one.outcome is Outcome.AGREES for one in seen.values())

    def test_others_can_ask_what_was_seen_of_them(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.submit(log.request())
        log.publish(note_by(log, three[1]))
        city.watch.mirror()
        path = f"/{origin_hash(ORIGIN)}/seen/"
        assert opened(city.get(path + three[1].name).body, three[1]).cosigners.keys() == {three[1].name}
        assert city.get(path + three[2].name).status == 404
        assert city.get(path + "published").status == 404

    def test_a_smaller_one_shown_later_does_not_take_its_place(
        self, log: ToyLog, host: Host, three: Sequence[City]
    ) -> None:
        city = three[0]
        small = log.twin()
        small.publish(note_by(log, three[1]))
        log.grow(4)
        city.submit(log.request())
        log.publish(note_by(log, three[1]))
        city.watch.mirror()
        host.show(small)
        city.watch.mirror()
        assert city.state.sightings(ORIGIN)[three[1].name].size == 9

    @pytest.mark.parametrize("shown", [b"", b"nonsense\n\nmore"])
    def test_nonsense_is_passed_over(self, log: ToyLog, three: Sequence[City], shown: bytes) -> None:
        three[0].submit(log.request())
        log.publish(shown)
        three[0].watch.mirror()
        assert three[0].state.sightings(ORIGIN) == {}
        assert three[0].state.mirrored(ORIGIN).size == 5


class TestRecover:
    def test_a_new_witness_is_ready_once_enough_answered(self, three: Sequence[City]) -> None:
        city = three[0]
        city.stop()
        city.needed_peers = 2
        city.start(ready=False)
        assert city.watch.recover(threading.Event())
        assert city.witness.ready.is_set()

    def test_it_waits_for_as_many_as_are_needed(self, log: ToyLog, three: Sequence[City]) -> None:
        city = three[0]
        city.stop()
        three[1].stop()
        city.needed_peers = 2
        city.start(ready=False)
        stop = threading.Event()
        recovering = threading.Thread(target=city.watch.recover, args=(stop,))
        recovering.start()
        recovering.join(0.5)
        assert recovering.is_alive()
        assert city.submit(log.request()).status == 503
        three[1].start()
        recovering.join(10)
        assert not recovering.is_alive()
        assert city.submit(log.request()).status == 200

    def test_it_ends_when_told_to(self, three: Sequence[City]) -> None:
        city = three[0]
        city.stop()
        three[1].stop()
        city.needed_peers = 2
        city.start(ready=False)
        stop = threading.Event()
        stop.set()
        assert not city.watch.recover(stop)
        assert not city.witness.ready.is_set()
        three[1].start()

    def test_nothing_is_signed_while_what_was_signed_cannot_be_written(
        self, log: ToyLog, three: Sequence[City]
    ) -> None:
        city, stop = three[0], threading.Event()
        log.publish(note_by(log, city))
        city.stop()
        city.start(ready=False)
        city.state._database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON latest BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
        recovering = threading.Thread(target=city.watch.recover, args=(stop,))
        recovering.start()
        recovering.join(0.5)
        assert not city.witness.ready.is_set()
        assert ("failed", True) in {(event, "disk full" in str(told)) for event, told in city.told}
        city.state._database.execute("DROP TRIGGER full")
        recovering.join(10)
        assert city.witness.ready.is_set()
        assert city.size() == 5


class TestRounds:
    def test_the_thread_mirrors_compares_and_ends(self, log: ToyLog, three: Sequence[City]) -> None:
        city, stop = three[0], threading.Event()
        three[1].submit(log.request())
        watch = threading.Thread(target=city.watch.run, args=(stop,))
        watch.start()
        city.submit(log.request())
        for _ in range(200):
            if city.state.mirrored(ORIGIN).size == 5 and city.watch.compared:
                break
            stop.wait(0.05)
        assert city.state.mirrored(ORIGIN).size == 5
        assert set(city.watch.compared) == {(ORIGIN, three[1].name), (ORIGIN, three[2].name)}
        stop.set()
        city.witness.grown.set()
        watch.join(5)
        assert not watch.is_alive()

    def test_a_failing_disk_does_not_end_the_signing(self, log: ToyLog, three: Sequence[City], tmp_path: Path) -> None:
        city, stop = three[0], threading.Event()
        (tmp_path / city.name / "mirror").write_text("in the way of the folder", encoding="utf-8")
        watch = threading.Thread(target=city.watch.run, args=(stop,))
        watch.start()
        assert city.submit(log.request()).status == 200
        for _ in range(200):
            if city.watch.behind:
                break
            stop.wait(0.05)
        assert city.watch.behind == {ORIGIN: "NotADirectoryError"}
        log.grow(2)
        assert city.submit(log.request(5)).status == 200
        stop.set()
        city.witness.grown.set()
        watch.join(5)
        assert not watch.is_alive()
