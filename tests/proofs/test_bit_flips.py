"""One bit changed anywhere in a package: neither verifier accepts it, and both say the same of every check."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from functools import cache

import pytest

from tests.support.package_cases.registry import handed_over
from tests.support.packages import MEMBERS, Alliance, opened_fields, packed
from tests.support.two_verifiers import both_say, container_of, entries_of, failing, flipped

BATCHES = 10
# 500 in each round of the slow tests; `make prove` runs ten rounds.
FLIPS = 50


@cache
def packages() -> tuple[tuple[bytes, ...], bytes]:
    """Packages that pass, one of each sort, and their trust file."""
    alliance = Alliance(seed=11)
    trust = alliance.trust()
    long = alliance.sealed(acts=handed_over(), sm2_cosigners=MEMBERS[:2], chunked=True)
    text = (long.seal[1] if long.seal else b"").partition(b"\n\n")[2].partition(b"\n\n")[0] + b"\n"
    long = replace(long, tokens=[*long.tokens, (alliance.stamp(text, gm=True), True)])
    long = replace(long, disclosure=opened_fields(long.manifest))
    plain, thin, silence = alliance.sealed(gm=True), alliance.sealed(chunked=True), alliance.sealed(kind="silence")
    return tuple(map(packed, (long, plain, replace(thin, files=None), silence))), trust


def test_what_is_flipped_is_sound() -> None:
    found, trust = packages()
    assert [both_say(one, trust).verdict for one in found] == ["pass"] * len(found)


def somewhere(package: bytes, chance: random.Random) -> tuple[str, bytes]:
    """A bit of the file."""
    bit = chance.randrange(len(package) * 8)
    return f"bit {bit} of the file", flipped(package, bit)


def inside(package: bytes, chance: random.Random) -> tuple[str, bytes]:
    """A bit of an entry's content, the container put right again as an attacker would."""
    entries = entries_of(package)
    bit = chance.randrange(8 * sum(len(content) for _name, content in entries))
    for number, (name, content) in enumerate(entries):
        if bit < 8 * len(content):
            entries[number] = (name, flipped(content, bit))
            return f"bit {bit} of {name.decode()}", container_of(entries)
        bit -= 8 * len(content)
    raise AssertionError("there is no such bit")


def flip(how: str, count: int, batch: int = 0) -> None:
    """Flip bits of random packages and have both verifiers look."""
    seed = BATCHES * secrets.randbits(32) + batch
    chance = random.Random(seed)  # noqa: S311 - repeated by the seed that a failure tells
    found, trust = packages()
    for _ in range(count):
        number = chance.randrange(len(found))
        place, package = (somewhere if how == "anywhere" else inside)(found[number], chance)
        report = both_say(package, trust)
        assert report.verdict != "pass", (seed, number, place)
        assert report.statuses["C01"] == ("fail" if how == "anywhere" else report.statuses["C01"])
        assert failing(report), (seed, number, place)


@pytest.mark.parametrize("how", ["anywhere", "inside"])
def test_a_few_flipped_bits(how: str) -> None:
    flip(how, 12)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("how", ["anywhere", "inside"])
def test_no_flipped_bit_is_accepted(how: str, batch: int) -> None:
    flip(how, FLIPS, batch)


@pytest.mark.slow
def test_every_bit_of_the_headers_of_a_container() -> None:
    found, trust = packages()
    package = found[1]
    contents = [content for _name, content in entries_of(package)]
    spans = [range(package.index(one), package.index(one) + len(one)) for one in contents]
    headers = [place for place in range(len(package)) if not any(place in span for span in spans)]
    for place in headers:
        report = both_say(flipped(package, 8 * place + place % 8), trust)
        assert report.statuses["C01"] == "fail", place
