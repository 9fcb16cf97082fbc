"""The words of copied matters, as ``casework.desk.search`` would keep them.

What all copies of an original share is made into words once; number, title, names and papers are a copy's own. On
PostgreSQL the parts are joined in SQL, as vectors; on SQLite here, as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.spreading import FIRST_ID, ROOM, Dialect, fill
from concord.casework.desk import search
from concord.casework.models import Audience, Matter, Paper, Participant
from concord.foundation.database import search as index
from concord.foundation.organisations.models import Organisation
from concord.rules.bigrams import BREAK, FIVE, PAIR, tokens

LONGEST_PREFIX = 150


@dataclass(slots=True)
class Shared:
    """What the copies of one original share; the title stands between ``before`` and ``after``."""

    title: list[str]
    organisations: list[int]
    origin: int
    scopes: list[int]
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    titled: bool = False
    papers: list[tuple[int, str, int, int]] = field(default_factory=list)
    own: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Copy:
    """What of a copy is put into words; ``placed`` says which organisation stands for which."""

    id: int
    original: int
    number: str
    firm: str
    n: int
    in_case: bool


def shared() -> dict[int, Shared]:
    """The words of every original, by its id."""
    matters = list(Matter.objects.filter(id__lt=FIRST_ID).select_related("procedure_version").order_by("id"))
    sides = list(Audience.objects.filter(matter__lt=FIRST_ID).select_related("scope").order_by("id"))
    found = {one.id: Shared(_tokens([one.title[:LONGEST_PREFIX]]), [], one.origin_id, []) for one in matters}
    for part in Participant.objects.filter(matter__lt=FIRST_ID).order_by("id"):
        found[part.matter_id].organisations.append(part.organisation_id)
    for side in sides:
        found[side.matter_id].scopes.append(side.scope_id)
    rank: dict[int, int] = {}
    for paper in Paper.objects.filter(matter__lt=FIRST_ID).select_related("act").order_by("id"):
        rank[paper.matter_id] = rank.get(paper.matter_id, 0) + 1
        if not paper.act.internal:
            told = (paper.organisation_id, paper.number, paper.n, rank[paper.matter_id])
            found[paper.matter_id].papers.append(told)
    for matter, known in search._known(matters, sides, search._taking_part(matters)):  # noqa: SLF001  the words that the desk would keep
        one = found[matter.id]
        texts = [text.text for text in known.told if text.said not in {search.PAPER, search.FILE}]
        one.titled = bool(matter.title) and matter.title in texts
        cut = texts.index(matter.title) if one.titled else len(texts)
        one.before, one.after = _tokens(texts[:cut]), _tokens(texts[cut + 1 :])
        one.own = {scope: _tokens([text.text for text in own]) for scope, own in known.own.items()}
    return found


def _tokens(texts: Iterable[str]) -> list[str]:
    return tokens(texts, most=index.MOST_TOKENS)


def _pieces(text: str, size: int) -> list[str]:
    """The tokens of one run of letters or of Chinese characters."""
    return [text[at : at + size] for at in range(len(text))]


class Wording:
    """Puts copies into words."""

    def __init__(
        self, found: Mapping[int, Shared], placed: Mapping[int, Mapping[int, int]], marks: Mapping[int, str]
    ) -> None:
        self._found, self._placed, self._marks = found, placed, marks
        rows = Organisation.objects.select_related("scope")
        self._names = {one.id: [*_tokens([one.zh]), BREAK, *_tokens([one.en])] for one in rows}
        self._scopes = {one.id: one.scope.id for one in rows}
        self._of_scope = {scope: one for one, scope in self._scopes.items()}

    def rows(self, copy: Copy, variant: int) -> Iterator[tuple[int | None, list[list[str]], bool, list[int]]]:
        """Every row of words of a copy: its scope, its parts, whether what is shared goes between, who may find it."""
        one, placed = self._found[copy.original], self._placed[variant]
        title = [*one.title, *_pieces(copy.firm, PAIR), *_pieces(str(copy.n), FIVE)] if one.title else []
        head = [token for part in copy.number.lower().split("-") for token in _pieces(part, FIVE)]
        head = _joined([head, title, *(self._names[placed.get(at, at)] for at in one.organisations)])
        papers = _joined([_tokens([self._paper(copy, placed, paper)]) for paper in one.papers])
        scopes = [self._scope(scope, placed) for scope in one.scopes]
        yield None, [head, title if one.titled else [], papers], True, scopes
        own = {self._scope(scope, placed): list(words) for scope, words in one.own.items()}
        if copy.in_case:
            scope = self._scopes[placed.get(one.origin, one.origin)]
            case = _tokens([f"案字〔2026〕{copy.id}号", f"{copy.firm}{copy.n}涉嫌侵权案", f"{copy.firm}{copy.n}"])
            own[scope] = _joined([own.get(scope, []), case])
        for scope, words in own.items():
            yield scope, [head, words, []], False, [scope]

    def _scope(self, scope: int, placed: Mapping[int, int]) -> int:
        old = self._of_scope[scope]
        return self._scopes[placed.get(old, old)]

    def _paper(self, copy: Copy, placed: Mapping[int, int], paper: tuple[int, str, int, int]) -> str:
        organisation, number, n, rank = paper
        own, new = self._marks[organisation], self._marks[placed.get(organisation, organisation)]
        return number.replace(own, new).replace(f"〕{n}号", f"〕{copy.id * ROOM + rank}号")


def _joined(parts: Iterable[Sequence[str]]) -> list[str]:
    """Tokens of several texts, parted as the texts are."""
    found: list[str] = []
    for part in parts:
        if part:
            found += [BREAK, *part] if found else part
    return found


def write(connection: Any, dialect: Dialect, wording: Wording, copies: Iterable[tuple[Copy, int]]) -> int:
    """Write the words of all copies; returns how many rows."""
    return (_vectors if dialect.postgres else _texts)(connection, dialect, wording, copies)


def _vectors(connection: Any, dialect: Dialect, wording: Wording, copies: Iterable[tuple[Copy, int]]) -> int:
    connection.execute("CREATE TABLE spread_told (original bigint PRIMARY KEY, before tsvector, after tsvector)")
    told = wording._found.items()  # noqa: SLF001  one module
    rows = ((original, _vector(one.before, 2), _vector(one.after, 2)) for original, one in told)
    fill(connection, dialect, "spread_told", ("original", "before", "after"), rows)
    connection.execute(
        "CREATE TABLE spread_words (id bigint, matter bigint, scope bigint, original bigint, head tsvector, "
        "middle tsvector, tail tsvector)"
    )
    columns = ("id", "matter", "scope", "original", "head", "middle", "tail")
    fill(connection, dialect, "spread_words", columns, _vector_rows(wording, copies))
    written = connection.execute(
        "INSERT INTO casework_words (id, matter_id, scope_id, tokens) SELECT w.id, w.matter, w.scope, "
        "w.head || coalesce(t.before, '') || w.middle || coalesce(t.after, '') || w.tail "
        "FROM spread_words w LEFT JOIN spread_told t ON t.original = w.original"
    )
    for table in ("spread_told", "spread_words"):
        connection.execute(f"DROP TABLE {table}")
    return int(written.rowcount)


def _vector_rows(wording: Wording, copies: Iterable[tuple[Copy, int]]) -> Iterator[tuple[Any, ...]]:
    for copy, variant in copies:
        for rank, (scope, (head, middle, tail), public, scopes) in enumerate(wording.rows(copy, variant)):
            marks = "".join(f" '{index._mark(one)}'" for one in scopes)  # noqa: SLF001  as the desk writes them
            original = copy.original if public else None
            yield (
                copy.id * ROOM + rank,
                copy.id,
                scope,
                original,
                _vector(head, 1),
                _vector(middle, 2),
                _vector(tail, 2) + marks,
            )


def _vector(words: Sequence[str], start: int) -> str:
    """Tokens as PostgreSQL reads them; what is joined to others leaves their border free by starting at 2."""
    return " ".join(f"'{token}':{at}" for at, token in enumerate(words, start) if token != BREAK)


def _texts(connection: Any, _dialect: Dialect, wording: Wording, copies: Iterable[tuple[Copy, int]]) -> int:
    written = 0
    for copy, variant in copies:
        one = wording._found[copy.original]  # noqa: SLF001  one module
        for rank, (scope, (head, middle, tail), public, scopes) in enumerate(wording.rows(copy, variant)):
            parts = [head, one.before, middle, one.after, tail] if public else [head, middle, tail]
            kept = index.Kept(copy.id * ROOM + rank, _joined(parts), scopes)
            connection.execute(
                "INSERT INTO casework_words (id, matter_id, scope_id) VALUES (?, ?, ?)", (kept.row, copy.id, scope)
            )
            text = index._plain(kept)  # noqa: SLF001  as the desk writes it
            connection.execute("INSERT INTO casework_words_index (rowid, tokens) VALUES (?, ?)", (kept.row, text))
            written += 1
    return written
