"""A proof of logging taken apart: the path, the note, and the checkpoint in it."""

from __future__ import annotations

from dataclasses import dataclass

from concord.proofs import checkpoints, notes, tlog_proof
from concord.proofs.checkpoints import Checkpoint
from concord.proofs.merkle import leaf_hash, verify_inclusion
from concord.proofs.notes import Note, VerifierKey
from concord.proofs.tlog_proof import TlogProof
from concord.rules.errors import InvalidInput, Said


@dataclass(frozen=True, slots=True)
class Logging:
    """A proof of logging, its note and checkpoint taken apart; nothing of it is believed yet."""

    proof: TlogProof
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def read(cls, data: bytes) -> Logging:
        """Read a tlog-proof without extra bytes whose checkpoint names no key twice. Raises InvalidInput."""
        proof = tlog_proof.parse(data)
        note = notes.parse(proof.checkpoint, limit=notes.LARGEST_CHECKPOINT)
        if proof.extra is not None or len({(line.name, line.id) for line in note.lines}) != len(note.lines):
            raise InvalidInput(
                "proofs.tlog_proof",
                Said(
                    "存证证明带有附加内容，或者同一密钥签名两次。",
                    "The proof of logging carries something else, or a key has signed twice.",
                ),
            )
        return cls(proof, note, checkpoints.parse(note.text))

    @property
    def origin(self) -> str:
        """The log that the checkpoint is of."""
        return self.checkpoint.origin

    def proves(self, leaf: bytes) -> bool:
        """Whether ``leaf`` lies at the proof's index in the tree of the checkpoint."""
        tree = self.checkpoint
        return verify_inclusion(self.proof.index, tree.size, leaf_hash(leaf), self.proof.hashes, tree.root)

    def signed_by(self, log: VerifierKey | None) -> bool:
        """Whether the log signed, and every line said to be its own is good."""
        if log is None:
            return False
        lines = [line for line in self.note.lines if (line.name, line.id) == (log.name, log.id)]
        return bool(lines) and all(notes.verifies(log, self.note.text, line.signature) for line in lines)
