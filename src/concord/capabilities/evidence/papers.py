"""Prints of evidence: records for signature, lists, the catalogue, the cover sheet of a sealed package.

A print says what the records say when somebody asks for it; it takes no number and is stored nowhere. What it was made
from stands in the PDF itself (``facts.json``), with the digests of the charter and of the templates and the version of
what set it: by these it comes back byte for byte, as letters do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from concord.capabilities.evidence import paper_facts
from concord.capabilities.evidence.models import Item
from concord.casework.papers import Contact, Letter, Template, template_in, typeset
from concord.casework.papers.letter import code_of, spoken
from concord.casework.papers.typeset import engine_with
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on, texts_of
from concord.rules.canonical import JSON, canonical_json
from concord.rules.errors import InvalidInput, NotFound, Said

SCHEMA: Final = "print/1"
FOLDER: Final = "evidence"
LAW: Final = "cn"
CATALOGUE: Final = "catalogue"
COVER: Final = "cover_sheet"
OPEN: Final = (Item.State.COLLECTING,)
MOST_ROUNDS: Final = 4
"""How often what no font draws is looked for again; the typesetter may name it in parts."""
NOBODY: Final = Contact(person="", telephone="", address="")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of print: its form, its title as printed and as a page names it, and which facts it says."""

    id: str
    form: str
    zh: str
    title: Promise
    facts: Callable[[Item, Actor, datetime], Mapping[str, JSON]]
    of: Callable[[Item], bool]


KINDS: Final[Mapping[str, Kind]] = {
    kind.id: kind
    for kind in (
        Kind(
            "e_data_record",
            "电子数据证据提取笔录（2021 范本 12）",
            "电子数据证据提取笔录",
            _("电子数据证据提取笔录"),
            paper_facts.of_record,
            lambda item: item.kind == "e_data",
        ),
        Kind(
            "onsite_record",
            "现场笔录（2021 范本 9）",
            "现场笔录",
            _("现场笔录"),
            paper_facts.of_record,
            lambda item: item.kind == "onsite_record",
        ),
        Kind(
            "inquiry_record",
            "询问笔录（2021 范本 14）",
            "询问笔录",
            _("询问笔录"),
            paper_facts.of_record,
            lambda item: item.kind == "inquiry_record",
        ),
        Kind(
            "goods_list",
            "场所/设施/财物清单（2021 范本 24）",
            "物品清单",
            _("物品清单"),
            paper_facts.of_goods,
            lambda item: item.kind == "sample" and item.lots.exists(),
        ),
        Kind(
            COVER,
            "证据包封面（自拟）",
            "证据包封面",
            _("证据包封面"),
            paper_facts.of_cover,
            lambda item: item.sealed_id is not None,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished print, and what it can be made from again: ``kept`` is the canonical text that stands in it."""

    pdf: bytes
    kept: bytes
    pages: int


def papers_of(item: Item) -> list[tuple[str, str]]:
    """Which prints an item has, by id, each with its title in the reader's language; none once it was erased."""
    if item.state == Item.State.ERASED:
        return []
    return [(kind.id, str(kind.title)) for kind in KINDS.values() if kind.of(item)]


def paper(item: Item, name: str, *, by: Actor, at: datetime) -> bytes:
    """The print ``name`` of an item that ``by`` may see, as PDF/A-3b; an item that is not sealed says so on each page.

    Raises NotFound ``evidence.no_paper`` for what the item does not have; InvalidInput ``paper.missing_glyph`` while
    what no font draws can still be mended, later it stands as its code points.
    """
    return printed(item, name, by=by, at=at).pdf


def printed(item: Item, name: str, *, by: Actor, at: datetime) -> Printed:
    """The same, with what it was made from. Raises as ``paper``."""
    if name not in {known for known, _title in papers_of(item)}:
        raise no_paper()
    kind = KINDS[name]
    letter = replace(
        _blank(kind.form, kind.zh, item.organisation, at),
        kind=kind.id,
        number=item.number,
        facts=kind.facts(item, by, at),
    )
    return _made(letter, at=at) if item.state in OPEN else _made_anyhow(letter, at=at)


def catalogue(
    items: Sequence[Item],
    *,
    title: str,
    by: Actor,
    at: datetime,
    shows: Mapping[str, str] | None = None,
    refused: Collection[tuple[Item, Said]] = (),
) -> Printed:
    """The catalogue (证据目录) of items that ``by`` may see, in their order.

    ``title`` says of what case or matter, ``shows`` by an item's number what it is to show, where its own record does
    not say. ``refused`` are those left out, each with the reason.
    """
    facts = paper_facts.of_catalogue(items, title=title, shows=shows or {}, refused=refused, at=at)
    letter = _blank("证据目录（自拟）", "证据目录", by.organisation, at)
    return _made_anyhow(replace(letter, kind=CATALOGUE, facts=facts), at=at)


def again(kept: Mapping[str, JSON]) -> Printed:
    """A print from what stood in it. Raises NotFound ``evidence.no_paper`` where that cannot be read, as ``typeset``.

    The bytes are those of the first print as long as the engine is the one named in ``kept``.
    """
    try:
        charter, letter = str(kept["charter"]), Letter.from_spoken(kept["letter"])  # type: ignore[arg-type]  # see below
    except (KeyError, TypeError, ValueError) as error:  # what is no table ends here too
        raise no_paper() from error
    return _set(letter, charter)


def no_paper() -> NotFound:
    """The error for a print that an item does not have."""
    return NotFound(
        "evidence.no_paper",
        Said(
            "该证据项没有这种文书。封面须在封存之后打印；内容已依法删除的，不再打印。",
            "The item has no such paper. A cover sheet exists once it is sealed; what was erased is not printed.",
        ),
    )


def _blank(form: str, title: str, sender: Organisation, at: datetime) -> Letter:
    """A letter that says nothing yet and is addressed to nobody."""
    return Letter(
        form=form,
        kind="",
        number="",
        sender=sender.zh,
        addressee="",
        issued_date=legal_date(at),
        title=title,
        facts={},
        labels={},
        limit_days=None,
        due_date=None,
        contact=NOBODY,
        signed_by=None,
        copies=(),
        attachments=(),
        reference=None,
    )


def _made(letter: Letter, *, at: datetime) -> Printed:
    return _set(letter, charter_on(legal_date(at)).digest)


def _made_anyhow(letter: Letter, *, at: datetime) -> Printed:
    """The same of what nobody can mend any more: what no font draws stands as its code points."""
    for _round in range(MOST_ROUNDS):
        try:
            return _made(letter, at=at)
        except InvalidInput as error:
            clusters = str(error.details.get("clusters", ""))
            if not clusters:
                raise
            letter = replace(
                letter, facts={name: _shown(one, clusters.split("\n")) for name, one in letter.facts.items()}
            )
    return _made(letter, at=at)


def _shown(value: JSON, clusters: Sequence[str]) -> JSON:
    """A value with these clusters written as code points, the longest first."""
    if isinstance(value, str):
        for cluster in sorted(clusters, key=len, reverse=True):
            value = value.replace(cluster, f"〔{' '.join(f'U+{ord(one):04X}' for one in cluster)}〕")
        return value
    if isinstance(value, Mapping):
        return {name: _shown(one, clusters) for name, one in value.items()}
    return [_shown(one, clusters) for one in value] if isinstance(value, list | tuple) else value


def _set(letter: Letter, charter: str) -> Printed:
    template = _template(charter, letter.kind)
    kept = canonical_json(
        {
            "schema": SCHEMA,
            "charter": charter,
            "template": template.digest,
            "engine": engine_with(settings.FONTS),
            "letter": spoken(letter),
        }
    )
    urn = letter.facts.get("seal_urn")
    beside = {"kept": kept.decode(), "seal_code": code_of(str(urn)) if urn else ""}
    made = typeset(letter, template=template, fonts=settings.FONTS, beside=beside, standard="a-3b")
    return Printed(made.pdf, kept, made.pages)


@lru_cache(maxsize=64)
def _template(charter: str, name: str) -> Template:
    """The alliance's own template of a print, else the national one."""
    texts = texts_of(charter)
    wanted = f"papers/{FOLDER}/{name}.typ"
    own = (path for path in texts if path.partition("/")[2] == wanted and not path.startswith(f"{LAW}/"))
    return template_in(texts, next(own, f"{LAW}/{wanted}"))
