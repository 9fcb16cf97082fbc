"""What a letter says, and the digest that holds it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from concord.casework.papers import Contact, Letter, canonical, digest, urn
from concord.casework.papers.letter import context, spoken, texts
from concord.rules.errors import InvalidInput
from tests.support.letters import REPLY, REQUEST, with_facts

CHANGES: Mapping[str, Any] = {
    "form": "协助调查函",
    "kind": "reply_letter",
    "number": "西岭市监协查〔2026〕13号",
    "sender": "西岭市知识产权局",
    "addressee": "东湾市知识产权局",
    "issued_date": date(2026, 2, 7),
    "title": "函",
    "facts": {**REQUEST.facts, "wanted_date": "2026-02-28"},
    "labels": {},
    "limit_days": 14,
    "due_date": None,
    "contact": Contact("王晓明", "021-55500000", "西岭市荣乐路2号"),
    "signed_by": None,
    "copies": (),
    "attachments": (),
    "reference": "西岭市监协查〔2026〕1号",
    "parties": {"requester": "西岭市市场监督管理局"},
    "law": ("《商标法》（2019年修正）第五十七条",),
}


def test_changes_cover_every_part_of_a_letter() -> None:
    assert set(CHANGES) == set(Letter.__dataclass_fields__)


@pytest.mark.parametrize("part", CHANGES)
def test_every_part_of_a_letter_counts_in_its_digest(part: str) -> None:
    assert digest(replace(REQUEST, **{part: CHANGES[part]})) != digest(REQUEST)


def test_the_order_of_facts_does_not_change_the_digest() -> None:
    turned = replace(REQUEST, facts=dict(reversed(list(REQUEST.facts.items()))))
    assert canonical(turned) == canonical(REQUEST)
    assert digest(turned) == digest(REQUEST)


@pytest.mark.parametrize("letter", [REQUEST, REPLY], ids=["request", "reply"])
def test_a_stored_letter_comes_back_as_it_was(letter: Letter) -> None:
    stored = json.loads(json.dumps(spoken(letter)))
    back = Letter.from_spoken(stored)
    assert back == letter
    assert digest(back) == digest(letter)


def test_a_stored_letter_with_a_part_missing_is_not_taken() -> None:
    stored = spoken(REQUEST)
    del stored["number"]
    with pytest.raises(KeyError, match="number"):
        Letter.from_spoken(stored)


def test_the_qr_text_carries_number_and_digest() -> None:
    assert urn(REQUEST) == f"concord:paper:1:{REQUEST.number}:sha256:{digest(REQUEST)}"
    given = json.loads(context(REQUEST))
    assert given["urn"] == urn(REQUEST)
    assert given["qr"].startswith("<svg")


def test_texts_name_facts_by_their_field_and_the_rest_by_their_part() -> None:
    named = dict(texts(REQUEST))
    assert named["questions.1"].startswith("调取该公司")
    assert named["contact.address"] == "西岭市荣乐路1号"
    assert named["copies.0"] == "西岭市人民政府办公室"
    assert "limit_days" not in named


def test_half_a_surrogate_pair_has_no_digest() -> None:
    with pytest.raises(InvalidInput) as refused:
        digest(with_facts(REQUEST, reason="半个\ud842"))
    assert refused.value.code == "canonical.not_json"
    assert refused.value.problems[0].field == "facts.reason"
