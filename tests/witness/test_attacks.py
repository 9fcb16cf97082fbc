"""What the threat model names, tried on loopback against real witnesses: one honest one is enough to catch it."""

import shutil
import threading
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from concord.proofs import checkpoints, log_policy, merkle
from concord.witness.state import Outcome
from tests.support.witnessing import (
    LOG_KEY,
    ORIGIN,
    City,
    Host,
    ToyLog,
    cities,
    hosted,
    opened,
    request,
    running,
)


@pytest.fixture
def log() -> ToyLog:
    return ToyLog().grow(5)


@pytest.fixture
def host(log: ToyLog) -> Iterator[Host]:
    with hosted(log) as server:
        yield server


@pytest.fixture
def two(tmp_path: Path, host: Host) -> Iterator[Sequence[City]]:
    """Two cities that mirror the host's log and compare with each other."""
    with running(cities(tmp_path, 2, tiles=host.url)) as made:
        yield made


@pytest.fixture
def nine(tmp_path: Path) -> Iterator[Sequence[City]]:
    """Nine cities that witness without a mirror."""
    with running(cities(tmp_path, 9)) as made:
        yield made


def forged(log: ToyLog, at: int, leaf: bytes = b"forged") -> ToyLog:
    """The same log but for one entry."""
    return ToyLog([leaf if index == at else one for index, one in enumerate(log.leaves)])


def policy_of(made: Sequence[City]) -> log_policy.LogPolicy:
    lines = [f"log {LOG_KEY.vkey_text()}"]
    lines += [f"witness w{at} {city.keys.verifier.vkey_text()}" for at, city in enumerate(made)]
    lines += ["group nine 6 " + " ".join(f"w{at}" for at in range(len(made))), "quorum nine"]
    return log_policy.parse("\n".join(lines) + "\n")


class TestFork:
    def test_a_tree_of_the_same_size_is_refused_and_kept_as_evidence(self, log: ToyLog, two: Sequence[City]) -> None:
        honest = two[0]
        assert honest.submit(log.request()).status == 200
        reply = honest.submit(request(5, (), forged(log, 4).note()))
        assert (reply.status, reply.body) == (409, b"5\n")
        (alarm,) = honest.state.alarms()
        assert alarm.kind == "fork"
        ours, theirs = (opened(note).checkpoint for note in (alarm.ours, alarm.theirs))
        assert (ours.size, theirs.size) == (5, 5)
        assert ours.root != theirs.root

    def test_a_larger_tree_that_does_not_begin_with_ours_is_refused(self, log: ToyLog, two: Sequence[City]) -> None:
        honest = two[0]
        honest.submit(log.request())
        other = forged(log, 2).grow(4)
        assert honest.submit(request(5, other.proof(5), other.note())).status == 422
        assert honest.size() == 5

    def test_the_forged_larger_tree_is_proven_a_fork_once_ours_has_grown_past_it(
        self, log: ToyLog, host: Host, two: Sequence[City]
    ) -> None:
        honest = two[0]
        honest.submit(log.request())
        other = forged(log, 2).grow(4)
        honest.submit(request(5, other.proof(5), other.note()))
        assert honest.alarms() == []
        assert honest.state.sightings(ORIGIN)["submitted"].outcome is Outcome.UNPROVEN
        host.show(log.grow(10))
        assert honest.submit(log.request(5)).status == 200
        honest.watch.mirror()
        assert honest.alarms() == ["fork"]

    def test_what_is_not_decided_yet_is_not_displaced_by_what_comes_later(
        self, log: ToyLog, two: Sequence[City]
    ) -> None:
        honest = two[0]
        older = log.note()
        honest.submit(log.grow(3).request())
        first, second = forged(log, 2).grow(4), forged(log, 1).grow(5)
        for other in (first, second):
            assert honest.submit(request(8, other.proof(8), other.note())).status == 422
        assert honest.submit(request(0, (), older)).status == 409
        kept = honest.state.sightings(ORIGIN)["submitted"]
        assert (kept.root, kept.outcome) == (first.root(), Outcome.UNPROVEN)


class TestRollback:
    def test_an_older_checkpoint_is_never_signed_again(self, log: ToyLog, two: Sequence[City]) -> None:
        honest = two[0]
        older = log.note()
        log.grow(7)
        assert honest.submit(log.request()).status == 200
        for old in (0, 5):
            reply = honest.submit(request(old, (), older))
            assert (reply.status, reply.body) == (409, b"12\n")
        assert honest.submit(request(12, (), older)).status == 400
        assert honest.checkpoint().checkpoint.size == 12

    def test_a_restored_database_of_the_log_is_refused_when_it_grows_otherwise(
        self, log: ToyLog, two: Sequence[City]
    ) -> None:
        honest = two[0]
        restored = log.twin()
        log.grow(6)
        assert honest.submit(log.request()).status == 200
        restored.append(*(b"written after the restore %d" % at for at in range(9)))
        assert honest.submit(restored.request(5)).status == 409
        assert honest.submit(request(11, restored.proof(11), restored.note())).status == 422
        assert honest.size() == 11


class TestStolenLogKey:
    def test_a_valid_signature_of_the_log_over_another_tree_is_not_enough(
        self, log: ToyLog, nine: Sequence[City]
    ) -> None:
        for city in nine:
            assert city.submit(log.request()).status == 200
        thief = forged(log, 0)
        assert [city.submit(request(5, (), thief.note())).status for city in nine] == [409] * 9
        thief.grow(3)
        replies = [city.submit(request(5, thief.proof(5), thief.note())) for city in nine]
        assert [reply.status for reply in replies] == [422] * 9
        assert not policy_of(nine).satisfied(opened(thief.note(), *nine).cosigners)


class TestSplitView:
    """Each of two cities is shown a tree of its own from the first checkpoint on."""

    def split(self, log: ToyLog, two: Sequence[City]) -> ToyLog:
        other = forged(log, 3)
        assert two[0].submit(log.request()).status == 200
        assert two[1].submit(other.request()).status == 200
        return other

    def test_the_comparison_of_two_honest_cities_catches_it_at_the_same_size(
        self, log: ToyLog, two: Sequence[City]
    ) -> None:
        self.split(log, two)
        for city in two:
            (compared,) = city.watch.compare()
            assert compared.outcome == "fork"
            assert city.alarms() == ["fork"]
        alarm = two[0].state.alarms()[0]
        assert alarm.source == two[1].name
        assert opened(alarm.theirs, two[1]).cosigners.keys() == {two[1].name}

    def test_it_is_caught_at_different_sizes_through_the_mirror(
        self, log: ToyLog, host: Host, two: Sequence[City]
    ) -> None:
        self.split(log, two)
        host.show(log.grow(300))
        two[0].submit(log.request(5))
        two[0].watch.mirror()
        (compared,) = two[0].watch.compare()
        assert (compared.size, compared.outcome) == (5, "fork")

    def test_the_city_with_the_smaller_tree_cannot_be_shown_a_proof_and_says_so(
        self, log: ToyLog, host: Host, two: Sequence[City]
    ) -> None:
        other = self.split(log, two)
        other.grow(20)
        host.show(log)
        two[1].submit(request(5, other.proof(5), other.note()))
        (compared,) = two[0].watch.compare()
        assert (compared.size, compared.outcome) == (25, "unproven")
        host.show(log.grow(40))
        two[0].submit(log.request(5))
        two[0].watch.mirror()
        assert two[0].alarms() == ["fork"]

    def test_a_proof_of_another_tree_of_that_size_is_none(self, log: ToyLog, host: Host, two: Sequence[City]) -> None:
        other = self.split(log, two)
        other.grow(20)
        two[1].submit(request(5, other.proof(5), other.note()))
        host.show(log.grow(20))
        (compared,) = two[0].watch.compare()
        assert (compared.size, compared.outcome) == (25, "unproven")

    def test_no_two_quorums_of_six_can_be_split_by_two_malicious_witnesses(self, nine: Sequence[City]) -> None:
        policy = policy_of(nine)
        names = [city.name for city in nine]
        malicious, honest = set(names[:2]), names[2:]
        # A malicious witness signs both trees, an honest one signs the tree that it was shown first.
        for count in range(len(honest) + 1):
            for first in combinations(honest, count):
                second = set(honest) - set(first)
                assert not (policy.satisfied({*first, *malicious}) and policy.satisfied({*second, *malicious}))
        assert policy.satisfied({*honest[:4], *malicious})

    def test_three_malicious_witnesses_could_split_it(self, nine: Sequence[City]) -> None:
        policy = policy_of(nine)
        names = [city.name for city in nine]
        malicious = set(names[:3])
        assert policy.satisfied({*names[3:6], *malicious})
        assert policy.satisfied({*names[6:], *malicious})

    def test_a_split_among_nine_is_seen_by_an_honest_one_whoever_the_two_malicious_are(
        self, log: ToyLog, nine: Sequence[City]
    ) -> None:
        other = forged(log, 1)
        for city in nine[:6]:
            city.submit(log.request())
        for city in nine[6:]:
            city.submit(other.request())
        assert {one.outcome for one in nine[8].watch.compare()} == {"fork", "agrees"}
        assert nine[8].alarms() == ["fork"] * 6


class TestDroppedEntry:
    def test_leaving_it_out_of_the_tree_breaks_every_later_proof(self, log: ToyLog, two: Sequence[City]) -> None:
        honest = two[0]
        honest.submit(log.request())
        dropped = ToyLog([leaf for at, leaf in enumerate(log.leaves) if at != 2]).grow(3)
        assert honest.submit(request(5, dropped.proof(5), dropped.note())).status == 422

    def test_hiding_it_from_the_mirror_raises_the_alarm(self, log: ToyLog, host: Host, two: Sequence[City]) -> None:
        honest = two[0]
        honest.submit(log.request())
        hiding = log.twin()
        hiding.files = dict(log.files) | {"tile/entries/000.p/5": forged(log, 2).files["tile/entries/000.p/5"]}
        host.show(hiding)
        honest.watch.mirror()
        assert honest.alarms() == ["mirror"]
        assert honest.state.mirrored(ORIGIN).size == 0
        host.show(log)
        honest.watch.mirror()
        assert honest.state.mirrored(ORIGIN).root() == log.root()
        assert honest.alarms() == ["mirror"]  # it happened; it stays on record

    def test_rewriting_an_entry_that_is_mirrored_already_raises_the_alarm(
        self, log: ToyLog, host: Host, two: Sequence[City]
    ) -> None:
        honest = two[0]
        honest.submit(log.request())
        honest.watch.mirror()
        log.grow(2)
        rewriting = forged(log, 1)
        rewriting.publish(log.note())
        host.show(rewriting)
        assert honest.submit(log.request(5)).status == 200
        honest.watch.mirror()
        assert honest.alarms() == ["mirror"]
        assert honest.state.mirrored(ORIGIN).size == 5


class TestPublishedFork:
    def test_showing_the_public_another_tree_than_the_witnesses_raises_the_alarm(
        self, log: ToyLog, host: Host, two: Sequence[City]
    ) -> None:
        honest = two[0]
        honest.submit(log.request())
        shown = log.twin()
        shown.publish(forged(log, 0).note())
        host.show(shown)
        honest.watch.mirror()
        assert honest.alarms() == ["fork"]
        assert honest.state.alarms()[0].source == "published"


class TestRestoredWitness:
    """A city puts back last week's copy of its witness; the log then offers another continuation."""

    def copied(self, city: City) -> Path:
        city.stop()
        copy = city.folder.with_name("copy")
        shutil.copytree(city.folder, copy)
        city.start()
        return copy

    def restored(self, city: City, copy: Path) -> None:
        city.stop()
        shutil.rmtree(city.folder)
        shutil.copytree(copy, city.folder)
        city.needed_peers = 1
        city.start(ready=False)

    def test_it_signs_nothing_below_what_the_others_saw_of_it(self, log: ToyLog, two: Sequence[City]) -> None:
        city, peer = two
        city.submit(log.request())
        copy = self.copied(city)
        branching = log.twin()
        log.grow(4)
        assert city.submit(log.request(5)).status == 200
        peer.submit(log.request())
        peer.watch.compare()

        self.restored(city, copy)
        assert city.size() == 5
        other = branching.grow(2)
        other.append(b"another continuation")
        assert city.submit(other.request(5)).status == 503  # not before the others were asked
        assert city.watch.recover(stop=_never())
        assert city.size() == 9
        assert city.submit(other.request(5)).status == 409
        assert city.submit(request(9, other.proof(5), other.note())).status == 400
        assert city.alarms() == ["restored"]
        log.grow(1)
        assert city.submit(log.request(9)).status == 200

    def test_it_learns_it_from_the_published_checkpoint_too(self, log: ToyLog, two: Sequence[City]) -> None:
        city, peer = two
        city.submit(log.request())
        copy = self.copied(city)
        log.grow(4)
        lines = city.submit(log.request(5)).body
        log.publish(log.note() + lines)
        self.restored(city, copy)
        peer.submit(log.request())
        assert city.watch.recover(stop=_never())
        assert city.size() == 9

    def test_the_peers_learn_it_from_the_published_checkpoint_within_one_round(
        self, log: ToyLog, two: Sequence[City]
    ) -> None:
        city, peer = two
        log.publish(log.note() + city.submit(log.request()).body)
        peer.submit(log.request())
        peer.watch.mirror()
        assert peer.state.sightings(ORIGIN)[city.name].size == 5

    def test_a_note_that_the_others_made_up_is_not_taken_up(self, log: ToyLog, two: Sequence[City]) -> None:
        city, peer = two
        city.submit(log.request())
        ahead = log.twin().grow(50)
        false = opened_note_of(ahead, peer)
        checkpoint = opened(false).checkpoint
        peer.witness.see(ORIGIN, [city.name], checkpoint, false)  # as if a malicious peer said that it is ours
        copy = self.copied(city)
        self.restored(city, copy)
        assert city.watch.recover(stop=_never())
        assert city.size() == 5

    def test_a_second_machine_with_the_same_key_is_found_out(self, log: ToyLog, two: Sequence[City]) -> None:
        city, peer = two
        city.submit(log.request())
        other = forged(log, 1)
        note = checkpoints.with_signatures(other.note(), city.keys.cosign(opened(other.note()).checkpoint.text(), 1))
        peer.submit(other.request())
        peer.witness.see(ORIGIN, [city.name], opened(note).checkpoint, note)
        city.watch.compare()
        assert city.alarms() == ["fork", "own_key"]


class TestWitnessesAway:
    """Up to three witnesses may be down, never four."""

    @pytest.mark.parametrize(("away", "published"), [(0, True), (3, True), (4, False)])
    def test_the_quorum(self, log: ToyLog, nine: Sequence[City], away: int, published: bool) -> None:  # noqa: FBT001 - a table
        signed = [city.submit(log.request()) for city in nine[away:]]
        note = log.note() + b"".join(reply.body for reply in signed)
        assert policy_of(nine).satisfied(opened(note, *nine).cosigners) is published

    def test_who_was_away_catches_up_by_one_proof(self, log: ToyLog, nine: Sequence[City]) -> None:
        late = nine[0]
        late.submit(log.request())
        late.stop()
        log.grow(600)
        late.start()
        assert late.submit(request(0, (), log.note())).body == b"5\n"
        assert late.submit(log.request(5)).status == 200
        assert late.checkpoint().checkpoint.root == merkle.Range(0, ()).append(map(merkle.leaf_hash, log.leaves)).root()


def _never() -> threading.Event:
    return threading.Event()


def opened_note_of(log: ToyLog, city: City) -> bytes:
    """The log's note with a cosignature by another city."""
    return checkpoints.with_signatures(log.note(), city.keys.cosign(opened(log.note()).checkpoint.text(), 1))
