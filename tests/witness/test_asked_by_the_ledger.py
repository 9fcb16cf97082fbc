"""The ledger's own client asks real witnesses over real sockets: what one says, the other understands."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from concord.foundation.keys.installation import WitnessAddress
from concord.foundation.ledger.witnesses import HttpWitnesses, Question, Told, ask, ask_all
from tests.support.witnessing import City, ToyLog, cities, opened, running

PORT = HttpWitnesses(timeout=5)


@pytest.fixture
def log() -> ToyLog:
    return ToyLog().grow(5)


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Sequence[City]]:
    with running(cities(tmp_path, 4)) as made:
        yield made


def address(city: City) -> WitnessAddress:
    verifier, sm2 = city.keys.verifier.vkey_text(), city.keys.sm2_verifier.vkey_text()
    return WitnessAddress(name=city.name, url=city.url, vkey=verifier, sm2_vkey=sm2, org="000000")


def question(log: ToyLog) -> Question:
    return Question(log.note(), log.size, log.proof)


def asked(city: City, log: ToyLog, old: int = 0) -> Told:
    return ask(PORT, address(city), question(log), old=old)


def test_all_sign_with_both_keys(log: ToyLog, four: Sequence[City]) -> None:
    told = ask_all(
        PORT, [address(city) for city in four], question(log), standing={}, enough=lambda names: len(names) == 4
    )
    lines = "".join(line.line() for one in told for line in one.lines)
    found = opened(log.note() + lines.encode(), *four)
    assert found.cosigners.keys() == found.sm2.keys() == {city.name for city in four}


def test_one_that_was_away_says_where_it_stands_and_is_led_on(log: ToyLog, four: Sequence[City]) -> None:
    four[0].submit(log.request())
    log.grow(700)
    told = asked(four[0], log)
    assert (told.size, told.refusal, len(told.lines)) == (705, "", 2)


def test_a_restored_ledger_learns_that_the_witness_is_ahead(log: ToyLog, four: Sequence[City]) -> None:
    four[0].submit(ToyLog().grow(9).request())
    assert asked(four[0], log) == Told(four[0].name, refusal="ahead", size=9)


def test_a_rewritten_ledger_learns_that_it_forked(log: ToyLog, four: Sequence[City]) -> None:
    four[0].submit(log.request())
    assert asked(four[0], ToyLog([*log.leaves[:4], b"rewritten"]), 5).refusal == "fork"
    assert asked(four[0], ToyLog([b"rewritten", *log.leaves[1:], b"more"]), 5).refusal == "422"


def test_one_that_asks_the_others_first_is_asked_again_later(log: ToyLog, four: Sequence[City]) -> None:
    four[0].witness.ready.clear()
    assert asked(four[0], log).refusal == "503"
    four[0].witness.ready.set()
    assert asked(four[0], log).refusal == ""


def test_one_that_does_not_know_the_log_refuses(log: ToyLog, four: Sequence[City]) -> None:
    four[0].witness.logs.clear()
    assert asked(four[0], log).refusal == "404"


def test_one_that_signs_with_another_key_counts_for_nothing(log: ToyLog, four: Sequence[City]) -> None:
    four[0].witness.keys = four[1].keys
    assert asked(four[0], log).refusal == "signature"
