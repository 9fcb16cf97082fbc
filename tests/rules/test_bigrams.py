"""Any part of a text is found, nothing else is, and the place of the answer is told."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.bigrams import BREAK, Phrase, excerpt, phrases, spans, tokens

MANY = 10_000
LETTER = "松江红豆案贴标Gg6０1ａz〔号-，. 　㎡ﬁ"  # noqa: RUF001  letters of both widths
texts = st.text(alphabet=LETTER, max_size=24)
parts = st.tuples(texts, st.integers(0, 23), st.integers(1, 24)).map(lambda of: (of[0], of[0][of[1] : of[1] + of[2]]))


def folded(text: str) -> str:
    """The letters and digits of a text, as they are compared; everything between them is one blank."""
    written = "".join(unicodedata.normalize("NFKC", one).casefold() for one in text)
    return " ".join("".join(one if one.isalnum() else " " for one in written).split())


def holds(text: str, phrase: Phrase) -> bool:
    """Whether the tokens of a text hold a phrase: what an index of tokens is asked."""
    kept = tokens([text], most=MANY)
    long = len(phrase.tokens)
    for at in range(len(kept) - long + 1):
        *firm, last = kept[at : at + long]
        *wanted, end = phrase.tokens
        if firm == wanted and (last.startswith(end) if phrase.open else last == end):
            return True
    return False


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("松市监协查〔2026〕12号", "松市监协查〔2026〕12号"),
        ("松市监协查〔2026〕12号", "协查〔2026〕12"),
        ("松市监协查〔2026〕12号", "协查2026"),
        ("松市监协查〔2026〕12号", "查〔2026〕"),
        ("松市监协查〔2026〕12号", "12号"),
        ("91310117MA1J2X3Y4Z", "91310117"),
        ("91310117MA1J2X3Y4Z", "ma1j2"),
        ("91310117MA1J2X3Y4Z", "3Y4Z"),
        ("91310117MA1J2X3Y4Z", "4z"),
        ("第１２３４５６７８号注册商标", "345678"),
        ("G60-2026-00012", "g60-2026"),
        ("G60-2026-00012", "2026-00012"),
        ("关于“红豆”衬衫的协查请求", "红豆"),
        ("关于“红豆”衬衫的协查请求", "衬衫 红豆"),
        ("Songjiang", "SONG"),
    ],
)
def test_a_part_is_found(text: str, question: str) -> None:
    asked = phrases(question)
    assert asked
    assert all(holds(text, phrase) for phrase in asked)
    assert spans(text, question)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("红色的豆子", "红豆"),
        ("松市监协查〔2026〕12号", "协查〔2025〕"),
        ("松市监协查〔2026〕12号", "协〔2026〕"),
        ("G60-2026-00012", "60-202600"),
        ("100", "1 0000"),
    ],
)
def test_what_does_not_stand_there_is_not_found(text: str, question: str) -> None:
    assert not all(holds(text, phrase) for phrase in phrases(question))


@pytest.mark.parametrize("question", ["", " ", "红", "1", "〔〕", "— ，", "a。"])
def test_one_character_asks_nothing(question: str) -> None:
    assert phrases(question) == ()
    assert spans("红1a", question) == ()
    assert excerpt("红1a", question, width=10) == ()


@pytest.mark.parametrize("question", ["红豆", "12", "a1", "红 豆", "g6"])
def test_two_characters_ask(question: str) -> None:
    assert phrases(question)


@given(parts)
def test_every_part_of_a_text_is_found_in_it(of: tuple[str, str]) -> None:
    text, question = of
    asked = phrases(question)
    assert all(holds(text, phrase) for phrase in asked)
    assert bool(spans(text, question)) == bool(asked)


@given(texts, texts.filter(lambda text: len(text.split()) == 1))
def test_a_phrase_is_found_where_the_folded_text_holds_it_and_nowhere_else(text: str, question: str) -> None:
    for phrase in phrases(question):
        wanted, kept = folded(question), folded(text)
        # A run may be cut by the question's own beginning and end, never inside.
        found = any(bare(wanted) == bare(part) and same_runs(wanted, part) for part in parts_of(kept))
        assert holds(text, phrase) == found
        assert bool(spans(text, question)) == found


def bare(text: str) -> str:
    return text.replace(" ", "")


def parts_of(text: str) -> list[str]:
    return [text[a:b].strip() for a in range(len(text)) for b in range(a + 1, len(text) + 1)]


def same_runs(first: str, second: str) -> bool:
    return runs(first) == runs(second)


def runs(text: str) -> list[str]:
    """Chinese characters and others stand apart, with or without a blank between them."""
    kinds = "".join(f" {one} " if one != " " and ord(one) > 0x2FFF else one for one in text)
    return [run for run in joined(kinds).split("|") if run]


def joined(text: str) -> str:
    """Neighbouring single Chinese characters made one run again, runs parted by a bar."""
    words = text.split(" ")
    made = "|"
    blanks = 0
    for word in words:
        if not word:
            blanks += 1
            continue
        han = ord(word[0]) > 0x2FFF
        last_han = made[-1] != "|" and ord(made[-1]) > 0x2FFF
        made += word if han and last_han and blanks == 1 else f"|{word}"
        blanks = 0
    return made


@given(texts, texts)
def test_spans_lie_in_order_inside_the_text_and_the_pieces_are_the_text(text: str, question: str) -> None:
    found = spans(text, question)
    assert list(found) == sorted(found)
    assert all(0 <= a < b <= len(text) for a, b in found)
    assert all(first[1] < second[0] for first, second in pairwise(found))
    pieces = excerpt(text, question, width=len(text) + 1)
    if found:
        assert "".join(piece for piece, _ in pieces) == text
        assert [piece for piece, hit in pieces if hit] == [text[a:b] for a, b in found]


def test_an_excerpt_of_a_long_text_is_about_its_answer() -> None:
    text = "甲" * 500 + "红豆" + "乙" * 500
    pieces = excerpt(text, "红豆", width=40)
    assert pieces[0] == ("…", False)
    assert pieces[-1] == ("…", False)
    assert ("红豆", True) in pieces
    assert sum(len(piece) for piece, _ in pieces) == 42


def test_nothing_is_found_across_two_texts_and_no_more_is_kept_than_asked() -> None:
    assert tokens(["红", "豆"], most=9) == ["红", BREAK, "豆"]
    assert tokens(["红豆", "衬衫"], most=9) == ["红豆", "豆", BREAK, "衬衫", "衫"]
    assert tokens(["红豆衬衫"], most=2) == ["红豆", "豆衬"]
    assert phrases("查〔2026〕12") == (Phrase(("查", "2026", "026", "26", "6", "12"), open=True),)
    assert phrases("协查〔2026") == (Phrase(("协查", "查", "2026"), open=True),)
    assert phrases("查〔202601") == (Phrase(("查", "20260", "02601"), open=False),)


@given(st.text(max_size=40), st.text(max_size=20))
def test_any_text_is_taken(text: str, question: str) -> None:
    assert all(token.isalnum() for token in tokens([text], most=MANY))
    assert all(0 <= a < b <= len(text) for a, b in spans(text, question))
