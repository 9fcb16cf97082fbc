"""The scripted talk with another witness, litewitness, step by step with ours.

The script is older than tlog-witness v1.0.0: for a log that it does not know it expects 403, the specification says
404 since. Ours answers 404; the ledger, which asks witnesses, takes either for a refusal.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from concord.proofs import checkpoints, notes
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.witness.cosigning import Witness
from concord.witness.keys import WitnessKeys
from concord.witness.settings import LogSettings, WitnessSettings
from concord.witness.state import State

TRANSCRIPT = json.loads(
    (Path(__file__).resolve().parent / "extracted" / "witness_transcript.json").read_text(encoding="utf-8")
)
STEPS: list[dict[str, Any]] = TRANSCRIPT["steps"]
LOG = VerifierKey.of(TRANSCRIPT["log_origin"], notes.ED25519, bytes.fromhex(TRANSCRIPT["log_ed25519_public_key_hex"]))
KEYS = WitnessKeys.of(PrivateKeys("example.com/witness", b"\x01" * 32, b"\x02" * 32))


@pytest.fixture
def witness(tmp_path: Path) -> Any:
    settings = WitnessSettings(
        name=KEYS.name,
        key=tmp_path / "key.json",
        state=tmp_path / "state.sqlite3",
        mirror=tmp_path / "mirror",
        host="127.0.0.1",
        port=0,
        logs=(LogSettings(LOG.name, LOG),),
    )
    state = State(settings.state)
    made = Witness(settings, KEYS, state, now=lambda: datetime(2026, 3, 2, tzinfo=UTC), tell=lambda *_: None)
    made.ready.set()
    yield made
    state.close()


def test_every_step_is_answered_as_in_the_script(witness: Witness) -> None:
    statuses = []
    for step in STEPS:
        answer = witness.add_checkpoint(step["body"].encode())
        statuses.append(answer.status)
        expected = step["assert"]
        if expected.startswith("body == "):
            assert answer.body == json.loads(expected.removeprefix("body == "))
            assert answer.kind == "text/x.tlog.size"
        else:
            assert json.loads(expected.removeprefix("body contains ")) in answer.body
    assert statuses == [step.get("status_v1", step["status"]) for step in STEPS]
    assert len(statuses) == 9


def test_the_only_difference_to_the_script_is_the_unknown_log() -> None:
    differing = [(step["status"], step["status_v1"]) for step in STEPS if "status_v1" in step]
    assert differing == [(403, 404)]


def test_what_was_answered_is_a_good_cosignature(witness: Witness) -> None:
    for step in STEPS:
        answer = witness.add_checkpoint(step["body"].encode())
        if answer.status == 200:
            note = step["body"].encode().partition(b"\n\n")[2]
            opened = checkpoints.open_checkpoint(
                note + answer.body.encode(), log=LOG, witnesses=[KEYS.verifier], sm2=[KEYS.sm2_verifier]
            )
            assert opened.cosigners.keys() == opened.sm2.keys() == {KEYS.name}
