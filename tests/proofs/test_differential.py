"""Two verifiers written apart say the same, whatever is done to a package, a trust file, a policy or a time-stamp."""

from __future__ import annotations

import io
import json
import random
import secrets
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from concord.proofs.report import Report
from concord.proofs.timestamps import Authority, check_token
from concord.proofs.trust import Asked, Trust, read_policy, read_trust
from concord.proofs.verifying import verify
from concord.rules.errors import InvalidInput
from tests.support import stamping
from tests.support.package_cases.registry import handed_over
from tests.support.package_mutations import (
    dumped,
    mutated,
    random_history,
    signed_again,
    truncated,
    with_entries_changed,
    with_field_changed,
    with_lines_changed,
    with_text_changed,
)
from tests.support.packages import HANGZHOU, JIAXING, LOOKED_AT, MEMBERS, Alliance, opened_fields, packed
from tests.support.second_verifier import second
from tests.support.two_verifiers import both_say, entries_of, flipped

other = second()
BATCHES = range(5)
SIGNED = (b"manifest.json", b"events/", b"payload/")


@cache
def alliance() -> Alliance:
    return Alliance(seed=7)


@cache
def sound() -> tuple[bytes, bytes, bytes]:
    """A long package, a short one, and their trust file."""
    long = alliance().sealed(acts=handed_over(), sm2_cosigners=MEMBERS[:2], chunked=True)
    long = replace(long, disclosure=opened_fields(long.manifest))
    return packed(long), packed(alliance().sealed(gm=True)), alliance().trust()


def chance_of(batch: int = 0) -> tuple[int, random.Random]:
    """A source of chance, another for each batch, and the seed that a failure tells."""
    seed = len(BATCHES) * secrets.randbits(32) + batch
    return seed, random.Random(seed)  # noqa: S311 - repeated by its seed


def signed_part(package: bytes) -> list[tuple[bytes, bytes]]:
    """What the signatures stand for."""
    return [entry for entry in entries_of(package) if entry[0].startswith(SIGNED)]


CHANGES: dict[str, Callable[[bytes, random.Random, bytes], bytes]] = {
    "a field": lambda package, chance, _donor: with_field_changed(package, chance),
    "bytes": lambda package, chance, _donor: with_text_changed(package, chance),
    "lines of a proof": lambda package, chance, _donor: with_lines_changed(package, chance),
    "entries": with_entries_changed,
    "cut": lambda package, chance, _donor: truncated(package, chance),
}


def change(what: str, count: int, batch: int = 0) -> None:
    """Change packages at random; what still passes holds what it held, and nothing less than it must."""
    seed, chance = chance_of(batch)
    long, short, trust = sound()
    for number in range(count):
        package, donor = (long, short) if chance.random() < 0.6 else (short, long)
        changed = CHANGES[what](package, chance, donor)
        report = both_say(changed, trust)
        if report.verdict == "pass":
            kept = [entry for entry in signed_part(changed) if not entry[0].startswith(b"payload/")]
            assert kept in [
                [entry for entry in signed_part(one) if not entry[0].startswith(b"payload/")] for one in (long, short)
            ], (seed, number)
            there = set(signed_part(changed)) - set(kept)
            assert there in [set(), set(signed_part(package)) - set(kept)], (seed, number)


@pytest.mark.parametrize("what", CHANGES)
def test_a_few_changes(what: str) -> None:
    change(what, 10)


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("what", CHANGES)
def test_changes(what: str, batch: int) -> None:
    change(what, 60, batch)


def history(count: int, batch: int = 0) -> None:
    """Look at random histories."""
    for _ in range(count):
        seed, _chance = chance_of(batch)
        case = random_history(seed)
        try:
            both_say(case.package, case.trust, policy=case.policy, at=case.at)
        except AssertionError as disagreement:
            raise AssertionError(f"history {seed}") from disagreement


def test_a_few_histories() -> None:
    history(3)


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
def test_histories(batch: int) -> None:
    history(16, batch)


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
def test_changes_that_are_signed_again(batch: int) -> None:
    seed, chance = chance_of(batch)
    own = copy(alliance())
    for number in range(12):
        own.leaves = list(alliance().leaves)
        package = signed_again(own, chance)
        try:
            both_say(package, sound()[2])
        except AssertionError as disagreement:
            raise AssertionError(f"change {number} of {seed}") from disagreement


def test_a_disagreement_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    long, _short, trust = sound()
    monkeypatch.setattr(
        other,
        "CHECKS",
        [
            ("C17", lambda _package: other.not_run("none")) if name == "C17" else (name, check)
            for name, check in other.CHECKS
        ],
    )
    with pytest.raises(AssertionError):
        both_say(long, trust)


# Trust files and policies


@cache
def trust_table() -> Any:
    return json.loads(
        alliance().trust(
            directory=[
                alliance().entry(),
                alliance().logged(alliance().entry(JIAXING)),
                alliance().revoked(HANGZHOU),
            ]
        )
    )


LINES = (
    "",
    "# comment",
    "  # comment",
    "quorum none",
    "quorum cities",
    "group x any w310117",
    "group x 0 w310117",
    "group x 2 w310117 w310117",
    "group x 1 cities",
    "group none any w310117",
    "witness none x",
    "log",
)


def with_policy_changed(text: str, chance: random.Random) -> str:
    """A policy text with one line dropped, doubled, moved, put in or mistyped."""
    lines = text.split("\n")[:-1]
    at, kind = chance.randrange(len(lines)), chance.randrange(6)
    line = lines[at]
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(chance.randrange(len(lines)), line)
    elif kind == 2:
        lines[at] = line.replace(" ", chance.choice(("\t", "  ", "", "\r", "\u00a0", "\u3000")), 1)
    elif kind == 3:
        lines[at] = line + chance.choice((" # x", " https://x/", " x y", "\t", " "))
    elif kind == 4:
        lines.insert(at, chance.choice(LINES))
    else:
        place = chance.randrange(len(line))
        lines[at] = line[:place] + chance.choice("0169aA+ =#-\té") + line[place + 1 :]
    return "\n".join(lines) + chance.choice(("\n", "\n", "\n", "", "\n\n"))


def trusts(written: bytes) -> None:
    """Both take the trust file and see the same in it, or neither takes it."""
    package = sound()[1]
    try:
        first: Trust | None = read_trust(written)
    except InvalidInput:
        first = None
    if first is None:
        with pytest.raises(other.Broken):
            other.trust_of(written)
        return
    report: Report = verify(io.BytesIO(package), trust=first, at=LOOKED_AT)
    at = Fraction(int(LOOKED_AT.timestamp()))
    theirs = other.verify(io.BytesIO(package), other.trust_of(written), other.Asked(), at)
    assert {one["id"]: one["status"] for one in theirs["checks"]} == report.statuses


@pytest.mark.slow
@pytest.mark.parametrize("batch", BATCHES)
def test_trust_files(batch: int) -> None:
    seed, chance = chance_of(batch)
    for number in range(60):
        table = trust_table()
        if number % 3:
            table = mutated(table, chance)
        else:
            text = with_policy_changed(table["body"]["policy"], chance)
            table = {**table, "body": {**table["body"], "policy": text}}
        try:
            trusts(dumped(table))
        except (AssertionError, pytest.fail.Exception) as disagreement:
            raise AssertionError(f"trust file {number} of {seed}") from disagreement


@pytest.mark.parametrize("quorum", [{}, {"quorum": 7}])
def test_policies(quorum: dict[str, int]) -> None:
    seed, chance = chance_of()
    policy = {"schema": "policy/1", "level": "L2", "timestamp": True, **quorum}
    for _ in range(300):
        written = json.dumps(mutated(policy, chance)).encode()
        try:
            asked: Asked | None = read_policy(written)
        except InvalidInput:
            asked = None
        if asked is None:
            with pytest.raises(other.Broken):
                other.asked_of(written)
        else:
            assert other.asked_of(written).table() == asked.as_json(), (seed, written)


# Time-stamps


def judged_alike(response: bytes, certificate: bytes) -> str:
    """What both say of a response whose authority is pinned."""
    since, until = stamping.VALID_FROM, stamping.VALID_UNTIL
    first = check_token(
        response, covered=[stamping.COVERED], authorities=[Authority("authority", certificate, since, until, None)]
    )
    spans = [Fraction(int(moment.timestamp())) for moment in (since, until)]
    pinned = other.Authority("authority", other.certificate_of(certificate), *spans, None)
    status, reason, token = other.check_token(response, [stamping.COVERED], [pinned])
    assert status == first.status, (first.reason, reason)
    if first.token is not None and token is not None:
        moment = datetime.fromtimestamp(int(token.at), UTC)
        assert moment == first.token.generated_at.replace(microsecond=0)
    return first.status


@pytest.mark.slow
@pytest.mark.parametrize("kind", stamping.KINDS)
def test_tokens_with_a_flipped_bit(kind: stamping.Kind) -> None:
    recipe = stamping.recipe(kind)
    response = recipe()
    assert judged_alike(response, recipe.certificate) == "pass"
    for place in range(len(response)):
        assert judged_alike(flipped(response, 8 * place + place % 8), recipe.certificate) != "pass", place


@pytest.mark.slow
@pytest.mark.parametrize("kind", stamping.KINDS)
def test_tokens_with_bytes_dropped_or_doubled(kind: stamping.Kind) -> None:
    recipe = stamping.recipe(kind)
    response = recipe()
    seed, chance = chance_of()
    for _ in range(150):
        at, length = chance.randrange(len(response)), chance.choice((1, 2, 8, 32))
        piece = response[at : at + length]
        for changed in (response[:at] + response[at + length :], response[:at] + piece + response[at:]):
            assert judged_alike(changed, recipe.certificate) != "pass", (seed, at, length)
