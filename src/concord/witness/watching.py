"""What a witness does of itself: mirror what it cosigned, look at what others saw, recall what it signed before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import quote

from concord.proofs import checkpoints, merkle, notes
from concord.proofs.checkpoints import Checkpoint
from concord.proofs.notes import VerifierKey
from concord.rules.errors import ConcordError, InvalidInput, Unavailable
from concord.witness import comparison, mirror
from concord.witness.cosigning import Witness, origin_hash
from concord.witness.settings import LogSettings, Peer
from concord.witness.sites import Site
from concord.witness.state import AlarmKind, Latest, Outcome

ASK_AGAIN = 0.3
"""Seconds between two rounds of asking the others at the start."""
IDLE = 1.0
"""Seconds after which a watch that waits for something to do looks whether it is to end."""
RETRY_COMPARE = 60
"""Seconds after which who was away, or had nothing to show yet, is compared with again."""
PUBLISHED = "published"
"""The source of the checkpoint that the log itself shows to everybody."""
Given = TypeVar("Given")
UNVERIFIED, UNREACHABLE, NOTHING = "unverified", "unreachable", "nothing"


@dataclass(frozen=True, slots=True)
class Compared:
    """How a peer's checkpoint of a log compared, or why it could not be."""

    origin: str
    peer: str
    size: int
    outcome: str


class Watch:
    """The rounds of one witness; one thread runs them."""

    def __init__(self, witness: Witness, *, timeout: float = 10.0) -> None:
        self.witness = witness
        self.behind: dict[str, str] = {}
        """Why the mirror of a log does not reach what was cosigned, by origin; empty of those that do."""
        self.compared: dict[tuple[str, str], Compared] = {}
        self._unpublished: set[str] = set()
        self._peers = [(peer, Site(peer.url, timeout=timeout)) for peer in witness.settings.peers]
        self._hosts = {
            log.origin: Site(log.tiles, token=log.token, timeout=timeout) for log in witness.settings.logs if log.tiles
        }

    def run(self, stop: threading.Event) -> None:
        """Recall what was signed, then mirror and compare until told to stop."""
        if not self.recover(stop):
            return
        compare_at = time.monotonic()
        self._safely(self.check_mirrors)
        while not stop.is_set():
            self.witness.grown.clear()
            self._safely(self.mirror)
            if time.monotonic() >= compare_at:
                self._safely(self.compare)
                compare_at = time.monotonic() + self._until_next_comparison()
            stop.wait(self.witness.settings.mirror_every)
            while not (self.witness.grown.wait(IDLE) or stop.is_set() or self.behind or self._unpublished):
                if time.monotonic() >= compare_at:
                    break

    def _until_next_comparison(self) -> int:
        every = self.witness.settings.compare_every
        missing = any(one.outcome in {UNREACHABLE, NOTHING} for one in self.compared.values())
        return min(every, RETRY_COMPARE) if missing else every

    def _safely(self, act: Callable[[], object]) -> None:
        """What fails here must not keep the witness from signing; it is told, and done again in the next round."""
        try:
            act()
        except (ConcordError, OSError) as error:
            self.witness.tell("failed", {"why": str(error)})

    def recover(self, stop: threading.Event) -> bool:
        """Ask until enough peers have answered what this witness signed before; only then it is ready.

        A witness restored from an old copy takes up the largest checkpoint that bears its own signature.
        """
        answered: set[str] = set()
        while not stop.is_set():
            try:
                for log in self.witness.settings.logs:
                    self._take_up(log, self._published(log) if log.tiles else None)
                answered |= self._recall([(peer, site) for peer, site in self._peers if peer.name not in answered])
            except ConcordError as error:
                # What could not be taken up must be, before anything is signed.
                self.witness.tell("failed", {"why": str(error)})
            else:
                if len(answered) >= self.witness.settings.needed_peers:
                    self.witness.ready.set()
                    self.witness.tell("ready", {"answered": len(answered)})
                    return True
            stop.wait(ASK_AGAIN)
        return False

    def check_mirrors(self) -> None:
        """Begin a mirror anew whose files do not fit what was remembered of them, as after a loss of power."""
        for origin in self._hosts:
            if not mirror.is_whole(self.witness.folder(origin), self.witness.state.mirrored(origin)):
                self._begin_anew(origin)

    def mirror(self) -> None:
        """Fetch what was cosigned and not yet mirrored; then look at what is published, and at what was unproven."""
        for log in self.witness.settings.logs:
            if log.tiles:
                self._mirror(log)
                self._look_at_published(log)
            self._weigh_again(log)

    def compare(self) -> tuple[Compared, ...]:
        """Fetch every peer's latest checkpoint of every log, check its signatures, and compare it with our tree."""
        found: list[Compared] = []
        for log in self.witness.settings.logs:
            answers = _at_once(partial(_fetched, log), [site for _, site in self._peers])
            found += [self._compared(log, peer, note) for (peer, _), note in zip(self._peers, answers, strict=True)]
        self.compared = {(one.origin, one.peer): one for one in found}
        self._recall(self._peers)
        return tuple(found)

    def _mirror(self, log: LogSettings) -> None:
        witness = self.witness
        latest, held = witness.state.latest(log.origin), witness.state.mirrored(log.origin)
        if latest is None or latest.size <= held.size:
            self.behind.pop(log.origin, None)
            return
        try:
            reached = mirror.grow(witness.folder(log.origin), held, latest.standing, self._hosts[log.origin].get)
        except (Unavailable, OSError) as error:
            self.behind[log.origin] = error.code if isinstance(error, Unavailable) else type(error).__name__
            witness.tell("mirror_behind", {"origin": log.origin, "size": held.size, "why": self.behind[log.origin]})
        except InvalidInput as error:
            self.behind[log.origin] = error.code
            if error.code == "witness.mirror_differs":
                verified = Checkpoint(log.origin, held.size, held.root())
                witness.alarm(AlarmKind.MIRROR, log.origin, log.tiles, verified, str(error).encode())
            else:
                self._begin_anew(log.origin)
        else:
            witness.state.keep_mirrored(log.origin, reached, witness.now())
            witness.folder(log.origin).write("checkpoint", latest.note)
            self.behind.pop(log.origin, None)
            witness.tell("mirrored", {"origin": log.origin, "size": reached.size})

    def _begin_anew(self, origin: str) -> None:
        self.witness.tell("mirror_lost", {"origin": origin})
        self.witness.state.keep_mirrored(origin, merkle.Range(0, ()), self.witness.now())

    def _look_at_published(self, log: LogSettings) -> None:
        """The published checkpoint shows what the log tells everybody, and what the others signed last."""
        note = self._published(log)
        checkpoint = _signed(note, log, []) if note is not None else None
        if note is not None and checkpoint is not None:
            signers = [peer.name for peer, _ in self._peers if _signed(note, log, [peer.key])]
            proven = self._shown(log, checkpoint)
            self.witness.see(log.origin, [PUBLISHED, *signers], checkpoint, note, proven=proven)
        seen = self.witness.state.sightings(log.origin).get(PUBLISHED)
        if self.witness.standing(log.origin).size > (seen.size if seen else 0):
            self._unpublished.add(log.origin)
        else:
            self._unpublished.discard(log.origin)

    def _published(self, log: LogSettings) -> bytes | None:
        """What the log shows to everybody, or nothing where it cannot be had."""
        try:
            return self._hosts[log.origin].get("checkpoint", notes.LARGEST_CHECKPOINT)
        except Unavailable:
            return None

    def _weigh_again(self, log: LogSettings) -> None:
        """What was ahead of us when it was seen may be decided now that we have grown."""
        for seen in self.witness.state.sightings(log.origin).values():
            if seen.outcome is Outcome.UNPROVEN:
                tree = Checkpoint(log.origin, seen.size, seen.root)
                self.witness.see(log.origin, [seen.source], tree, seen.note, proven=self._shown(log, tree))

    def _compared(self, log: LogSettings, peer: Peer, note: bytes | str) -> Compared:
        if isinstance(note, str):
            return Compared(log.origin, peer.name, 0, note)
        checkpoint = _signed(note, log, [peer.key])
        if checkpoint is None:
            self.witness.tell("peer_unverified", {"origin": log.origin, "peer": peer.name})
            return Compared(log.origin, peer.name, 0, UNVERIFIED)
        shown = self._shown(log, checkpoint)
        outcome = self.witness.see(log.origin, [peer.name], checkpoint, note, proven=shown)
        return Compared(log.origin, peer.name, checkpoint.size, outcome)

    def _shown(self, log: LogSettings, theirs: Checkpoint) -> bool:
        """Whether the log proves that a larger tree grew from ours."""
        ours, host = self.witness.standing(log.origin), self._hosts.get(log.origin)
        return theirs.size > ours.size and host is not None and comparison.proven_by_log(theirs, ours, host.get)

    def _recall(self, peers: Sequence[tuple[Peer, Site]]) -> set[str]:
        """Ask peers what they saw of us, of every log, and take it up; the names of those that answered."""
        answers = _at_once(self._seen_of_us, [site for _, site in peers])
        for seen in answers:
            if seen is not None:
                for log, note in zip(self.witness.settings.logs, seen, strict=True):
                    self._take_up(log, note)
        return {peer.name for (peer, _), seen in zip(peers, answers, strict=True) if seen is not None}

    def _seen_of_us(self, site: Site) -> list[bytes | None] | None:
        name = quote(self.witness.keys.name, safe="")
        paths = [f"{origin_hash(log.origin)}/seen/{name}" for log in self.witness.settings.logs]
        try:
            return [site.get(path, notes.LARGEST_CHECKPOINT) for path in paths]
        except Unavailable:
            return None

    def _take_up(self, log: LogSettings, note: bytes | None) -> None:
        """Never sign less than what already bears our signature: our state may be an old copy."""
        witness = self.witness
        keys = witness.keys
        theirs = _signed(note, log, [keys.verifier]) if note is not None else None
        if note is None or theirs is None:
            return
        before = witness.standing(log.origin)
        if theirs.size == before.size and theirs.root != before.root:
            witness.alarm(AlarmKind.OWN_KEY, log.origin, keys.name, theirs, note)
        if theirs.size <= before.size:
            return
        witness.alarm(AlarmKind.RESTORED, log.origin, keys.name, theirs, note)
        taken = Latest(theirs.size, theirs.root, note, witness.now())
        if witness.state.advance(log.origin, before, taken):
            witness.tell("taken_up", {"origin": log.origin, "size": theirs.size, "before": before.size})


def _signed(note: bytes, log: LogSettings, keys: Sequence[VerifierKey]) -> Checkpoint | None:
    """The checkpoint in a note that its log and all of these witnesses have signed; None when they have not."""
    try:
        opened = checkpoints.open_checkpoint(note, log=log.key, witnesses=keys)
    except InvalidInput:
        return None
    return opened.checkpoint if len(opened.cosigners) == len(keys) else None


def _fetched(log: LogSettings, site: Site) -> bytes | str:
    """What a peer shows as its latest checkpoint of a log, or why there is none."""
    try:
        note = site.get(f"{origin_hash(log.origin)}/checkpoint", notes.LARGEST_CHECKPOINT)
    except Unavailable:
        return UNREACHABLE
    return NOTHING if note is None else note


def _at_once(ask: Callable[[Site], Given], sites: Sequence[Site]) -> list[Given]:
    """What ``ask`` gives for each, asked at the same time: one that is slow holds up no other."""
    given: dict[int, Given] = {}

    def run(at: int, site: Site) -> None:
        given[at] = ask(site)

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(sites)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [given[at] for at in range(len(sites))]
