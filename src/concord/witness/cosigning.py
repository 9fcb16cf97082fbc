"""The witness at work: it checks what is brought, remembers it, and only then signs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from concord.proofs import checkpoints, notes
from concord.proofs.checkpoints import Checkpoint
from concord.rules.errors import InvalidInput, Said
from concord.witness import comparison, protocol
from concord.witness.keys import WitnessKeys
from concord.witness.mirror import Folder
from concord.witness.protocol import Answer, Standing, Submission
from concord.witness.settings import LogSettings, WitnessSettings
from concord.witness.state import AlarmKind, Latest, Outcome, Sighting, State

SUBMITTED = "submitted"
"""The source under which a checkpoint is kept that was brought to us and could not be cosigned."""

Tell = Callable[[str, Mapping[str, str | int]], None]
"""Takes what happened, and its circumstances, for the record of the process."""


def origin_hash(origin: str) -> str:
    """The part of an address that names a log (C2SP tlog-witness)."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Witness:
    """One city's witness: its settings, keys, state and mirror, and the time told from outside.

    It signs nothing until ``ready`` is set: first the others are asked what it signed before (see ``watching``).
    """

    def __init__(
        self, settings: WitnessSettings, keys: WitnessKeys, state: State, *, now: Callable[[], datetime], tell: Tell
    ) -> None:
        self.settings = settings
        self.keys = keys
        self.state = state
        self.now = now
        self.tell = tell
        self.ready = threading.Event()
        self.grown = threading.Event()
        self.logs = {log.origin: log for log in settings.logs}
        self.by_hash = {origin_hash(origin): origin for origin in self.logs}

    def folder(self, origin: str) -> Folder:
        """Where the mirror of a log lies."""
        return Folder(self.settings.mirror / origin_hash(origin))

    def standing(self, origin: str) -> Standing:
        """The tree cosigned last; the empty one at first."""
        latest = self.state.latest(origin)
        return latest.standing if latest else Standing()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer one request: the cosignature lines, or why there are none. Raises Unavailable ``witness.state``."""
        if not self.ready.is_set():
            return protocol.told(
                503,
                Said(
                    "见证方刚启动，正在向其他见证方核对，请稍后再试。",
                    "The witness is asking the others first; try again.",
                ),
            )
        try:
            submission = protocol.parse(body)
            text = protocol.text_of(submission.note)
            origin = checkpoints.parse(text).origin
        except InvalidInput as error:
            return protocol.told(400, error.said)
        log = self.logs.get(origin)
        if log is None:
            return protocol.told(404, Said("不见证这本账。", "This is an unknown log here."))
        try:
            checkpoint = checkpoints.open_checkpoint(submission.note, log=log.key, witnesses=()).checkpoint
        except InvalidInput:
            return protocol.told(
                403, Said("没有这本账的有效签名。", "No signature, or an invalid signature, of the log.")
            )
        return self._decided(submission, log, checkpoint, text)

    def _decided(self, submission: Submission, log: LogSettings, checkpoint: Checkpoint, text: str) -> Answer:
        standing = self.standing(log.origin)
        refused = protocol.refusal(submission, checkpoint, standing)
        if refused is None:
            at = self.now()
            lines = self.keys.cosign(text, int(at.timestamp()))
            note = checkpoints.with_signatures(own_part(submission.note, log), lines)
            after = Latest(checkpoint.size, checkpoint.root, note, at)
            if self.state.advance(log.origin, standing, after):
                self.tell("cosigned", {"origin": log.origin, "size": checkpoint.size, "before": standing.size})
                self.grown.set()
                return Answer(200, "".join(line.line() for line in lines))
            refused = protocol.conflict(self.standing(log.origin))
        self.tell("refused", {"origin": log.origin, "size": checkpoint.size, "status": refused.status})
        self.see(log.origin, [SUBMITTED], checkpoint, own_part(submission.note, log))
        return refused

    def see(
        self, origin: str, sources: Sequence[str], checkpoint: Checkpoint, note: bytes, *, proven: bool = False
    ) -> Outcome:
        """Compare a checkpoint that the log signed with our own tree, and keep it; a fork raises the alarm.

        ``sources`` are those who showed or signed it; ``proven`` says that the log has shown it to grow from our tree.
        """
        outcome = comparison.weighed(
            checkpoint, self.standing(origin), self.state.mirrored(origin), self.folder(origin)
        )
        if outcome is Outcome.UNPROVEN and proven:
            outcome = Outcome.AGREES
        known, at = self.state.sightings(origin), self.now()
        seen = [Sighting(source, checkpoint.size, checkpoint.root, note, at, outcome) for source in sources]
        self.state.keep_sightings(origin, [one for one in seen if _is_worth_more(one, known.get(one.source))])
        if outcome is Outcome.FORK:
            for source in sources:
                self.alarm(AlarmKind.FORK, origin, source, checkpoint, note)
        return outcome

    def alarm(self, kind: AlarmKind, origin: str, source: str, checkpoint: Checkpoint, theirs: bytes) -> None:
        """Keep two statements that do not go together: what we cosigned last, and ``theirs``."""
        latest = self.state.latest(origin)
        tree = Standing(checkpoint.size, checkpoint.root)
        ours = latest.note if latest else b""
        if self.state.raise_alarm(
            kind, origin=origin, source=source, tree=tree, at=self.now(), ours=ours, theirs=theirs
        ):
            self.tell("alarm", {"kind": kind, "origin": origin, "source": source, "size": checkpoint.size})


def own_part(note: bytes, log: LogSettings) -> bytes:
    """The note with the lines of the log alone."""
    parsed = notes.parse(note, limit=notes.LARGEST_CHECKPOINT)
    return notes.format(
        parsed.text, [line for line in parsed.lines if (line.name, line.id) == (log.key.name, log.key.id)]
    )


def _is_worth_more(seen: Sighting, before: Sighting | None) -> bool:
    """Whether to keep ``seen`` instead; of the submitted, what is unproven stays until it is decided."""
    if before is not None and (seen.size, seen.root) == (before.size, before.root):
        return seen.outcome is not before.outcome
    if seen.source == SUBMITTED:
        is_open = before is not None and before.outcome is Outcome.UNPROVEN
        return seen.outcome is not Outcome.AGREES and not is_open
    return before is None or seen.size > before.size
