"""What a letter says, as plain facts, and the digest by which its text can be checked later."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import segno

from concord.rules.canonical import JSON, canonical_json

# One of the eight patterns that the standard allows; to weigh all eight for each paper takes longer than drawing it.
QR_MASK = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom the addressee may call: person, telephone, postal address."""

    person: str
    telephone: str
    address: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything one paper says; two equal letters give the same digest and, with one template, the same bytes.

    ``facts`` are the folded facts of the matter in canonical values; ``labels`` gives the Chinese word to print for
    each field of type choice or code; ``limit_days`` counts working days; ``attachments`` are file names with their
    short digest; ``reference`` is, for a reply, the number of the letter it answers; ``parties`` gives the official
    names of each role's organisations, joined by 、; ``law`` are the substantive articles to be cited.
    """

    form: str
    kind: str
    number: str
    sender: str
    addressee: str
    issued_date: date
    title: str
    facts: Mapping[str, JSON]
    labels: Mapping[str, str]
    limit_days: int | None
    due_date: date | None
    contact: Contact
    signed_by: str | None
    copies: tuple[str, ...]
    attachments: tuple[str, ...]
    reference: str | None
    parties: Mapping[str, str] = field(default_factory=dict)
    law: tuple[str, ...] = ()

    @classmethod
    def from_spoken(cls, said: Mapping[str, Any]) -> Self:
        """The letter back from what ``spoken`` gave; KeyError when a part of it is missing."""
        return cls(
            form=said["form"],
            kind=said["kind"],
            number=said["number"],
            sender=said["sender"],
            addressee=said["addressee"],
            issued_date=date.fromisoformat(said["issued_date"]),
            title=said["title"],
            facts=said["facts"],
            labels=said["labels"],
            limit_days=said["limit_days"],
            due_date=date.fromisoformat(said["due_date"]) if said["due_date"] else None,
            contact=Contact(**said["contact"]),
            signed_by=said["signed_by"],
            copies=tuple(said["copies"]),
            attachments=tuple(said["attachments"]),
            reference=said["reference"],
            parties=said.get("parties", {}),
            law=tuple(said.get("law", ())),
        )


def spoken(letter: Letter) -> dict[str, JSON]:
    """The letter as JSON-ready values: days in ISO form, tuples as lists.

    A letter without ``parties`` or ``law`` is said as before it could have any: its digest stays what it was.
    """
    return {
        "form": letter.form,
        "kind": letter.kind,
        "number": letter.number,
        "sender": letter.sender,
        "addressee": letter.addressee,
        "issued_date": letter.issued_date.isoformat(),
        "title": letter.title,
        "facts": dict(letter.facts),
        "labels": dict(letter.labels),
        "limit_days": letter.limit_days,
        "due_date": letter.due_date.isoformat() if letter.due_date else None,
        "contact": {
            "person": letter.contact.person,
            "telephone": letter.contact.telephone,
            "address": letter.contact.address,
        },
        "signed_by": letter.signed_by,
        "copies": list(letter.copies),
        "attachments": list(letter.attachments),
        "reference": letter.reference,
        **({"parties": dict(letter.parties)} if letter.parties else {}),
        **({"law": list(letter.law)} if letter.law else {}),
    }


def canonical(letter: Letter) -> bytes:
    """The canonical JSON of the letter; InvalidInput ``canonical.not_json`` for what has no place in one."""
    return canonical_json(spoken(letter))


def digest(letter: Letter) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(letter)).hexdigest()


def urn(letter: Letter) -> str:
    """The text of the QR code: ``concord:paper:1:<number>:sha256:<digest>``."""
    return f"concord:paper:1:{letter.number}:sha256:{digest(letter)}"


def code_of(text: str) -> str:
    """The QR code of a text, as SVG."""
    drawn = io.BytesIO()
    code = segno.make_qr(text, error="m", encoding="utf-8", mask=QR_MASK)
    code.save(drawn, kind="svg", border=1, xmldecl=False)
    return drawn.getvalue().decode()


def context(letter: Letter) -> str:
    """What a template reads: the letter with its digest, its URN and the QR code as SVG, in one JSON text."""
    return json.dumps(
        {**spoken(letter), "digest": digest(letter), "urn": urn(letter), "qr": code_of(urn(letter))},
        ensure_ascii=False,
        allow_nan=False,
    )


def texts(letter: Letter) -> Iterator[tuple[str, str]]:
    """Every text of the letter with the dotted path of its field; facts go by their field's own name."""
    said = spoken(letter)
    facts = said.pop("facts")
    yield from _texts("", facts)
    yield from _texts("", said)


def _texts(path: str, value: JSON) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(f"{path}.{key}" if path else key, inner)
    elif isinstance(value, Sequence):
        for at, inner in enumerate(value):
            yield from _texts(f"{path}.{at}", inner)
