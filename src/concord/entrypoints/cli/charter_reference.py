"""The reference page of a charter's words: every term of its procedures with its identifier, and their events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from concord.rules.charter import Charter, load
from concord.rules.procedure import Procedure

HEAD = """\
# Procedures: terms and events 程序用语和事件

For engineers, integrators and those who write charters. Generated from the files of the charter by
`concord charter reference {folder}`; change the files, not this page. What a term means is told in the
[glossary](glossary.md) where it needs telling.

由章程文件生成，请修改章程文件，不要修改本页。
"""
KINDS = (
    ("role", "Roles 角色"),
    ("state", "States 状态"),
    ("act", "Acts 行为"),
    ("field", "Fields 栏目"),
    ("clock", "Clocks 期限"),
    ("paper", "Papers 文书"),
    ("code", "Codes 代码"),
)
NOWHERE = "—"
BAR = "&#124;"


@dataclass
class Term:
    """One identifier of one kind: its words, the procedures that use it, where it comes from."""

    kind: str
    id: str
    zh: list[str] = field(default_factory=list)
    en: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def meets(self, zh: str, en: str, used: str, source: str) -> None:
        """Note one use of the term."""
        for kept, given in ((self.zh, zh), (self.en, en), (self.used, used), (self.sources, source)):
            if given and given not in kept:
                kept.append(given)


def page(texts: Mapping[str, str], folder: str) -> str:
    """The page (Markdown) of every charter in ``texts``; ``folder`` is what the command that makes it was given.

    Raises DefinitionError ``charter.faulty`` as ``load`` does.
    """
    charters = charters_in(texts)
    versions = versions_of(charters)
    terms = terms_of(charters)
    parts = [HEAD.format(folder=folder)]
    for kind, title in KINDS:
        rows = [term for term in terms if term.kind == kind]
        if rows:
            parts.append(_table(title, rows))
    parts.append(_events(versions))
    return "\n".join(parts)


def charters_in(texts: Mapping[str, str]) -> list[Charter]:
    """Every charter whose files are given, each with what it extends."""
    ids = sorted(path.partition("/")[0] for path in texts if path.partition("/")[2] == "charter.toml")
    return [load(texts, one) for one in ids]


def versions_of(charters: Iterable[Charter]) -> list[Procedure]:
    """Every version of every procedure once, by id and day."""
    found = {one.file: one for charter in charters for listed in charter.procedures.values() for one in listed}
    return sorted(found.values(), key=lambda one: (one.id, one.in_force_from, one.file))


def terms_of(charters: Sequence[Charter]) -> list[Term]:
    """Every term of the charters, kind by kind, by identifier."""
    found: dict[tuple[str, str], Term] = {}
    for kind, name, zh, en, used, source in _uses(charters):
        found.setdefault((kind, name), Term(kind, name)).meets(zh, en, used, source)
    order = [kind for kind, _title in KINDS]
    return sorted(found.values(), key=lambda term: (order.index(term.kind), term.id))


def _uses(charters: Sequence[Charter]) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Kind, identifier, Chinese, English, procedure and source of every use of a term."""
    versions = versions_of(charters)
    for one in versions:
        texts = {source.id: source.text for source in one.sources}
        yield from (("state", rule.id, rule.zh, rule.en, one.id, "") for rule in one.states)
        yield from (("field", rule.id, rule.zh, rule.en, one.id, "") for rule in one.fields)
        yield from (("act", rule.id, rule.zh, rule.en, one.id, texts.get(rule.source or "", "")) for rule in one.acts)
        yield from (
            ("clock", rule.id, rule.zh, rule.en, one.id, texts.get(rule.source or "", "")) for rule in one.clocks
        )
        for paper in one.papers:
            form, _bracket, origin = paper.form.partition("（")
            yield "paper", paper.id, form, "", one.id, origin.removesuffix("）")
    for charter in charters:
        for name, codes in charter.code_lists.items():
            for code in codes.values():
                if name == "roles":
                    for one in versions:
                        if code.id in one.roles:
                            yield "role", code.id, code.zh, code.en, one.id, ""
                    yield "role", code.id, code.zh, code.en, "", ""
                else:
                    yield "code", code.id, code.zh, code.en, "", name


def _table(title: str, terms: Iterable[Term]) -> str:
    head = ["| 中文 | identifier | kind | English | procedures | source |", "|---|---|---|---|---|---|"]
    rows = [
        _row(
            [
                " / ".join(term.zh),
                f"`{term.id}`",
                term.kind,
                " / ".join(term.en) or NOWHERE,
                ", ".join(term.used) or NOWHERE,
                "；".join(term.sources) or NOWHERE,
            ]
        )
        for term in terms
    ]
    return "\n".join([f"## {title}", "", *head, *rows, ""])


def _events(versions: Sequence[Procedure]) -> str:
    """What acts leave in the journal; both marks stand where versions differ on what is internal."""
    found: dict[str, tuple[str, list[str]]] = {}
    for one in versions:
        for act in one.acts:
            _words, marks = found.setdefault(f"{one.id}.{act.id}", (f"{one.zh} · {act.zh}", []))
            mark = "yes" if act.internal else "no"
            if mark not in marks:
                marks.append(mark)
    rows = [_row([f"`{event}`", zh, " / ".join(marks)]) for event, (zh, marks) in sorted(found.items())]
    head = ["| event | 事件 | internal 仅本机关 |", "|---|---|---|"]
    return "\n".join(["## Events of the journal 流水事件", "", *head, *rows, ""])


def _row(cells: Sequence[str]) -> str:
    """A row of a table; a bar in a cell would end it, so it is written as a reference to the character."""
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"
