"""Letters as PDF/A-2b by typst: no system fonts, no clock, no markup from people, the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import typst

from concord.casework.papers.letter import QR_MASK, Letter, context, texts
from concord.rules.errors import DefinitionError, Fault, InvalidInput, Problem, Said, Unavailable

ENGINE = f"typst {version('typst')}, QR {QR_MASK}"

SHORT_DIGEST = 12

_FAMILY = "Noto Serif SC"
_FONT_FILES = {".ttf", ".otf"}
_IMPORT = re.compile(r'\b(?:import|include)\s+"([^"]+)"')
_UNSHOWN = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
# Private-use characters: each font draws its own sign for them, so what is printed would not be what was meant.
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_AT = re.compile(r"┌─ (\S+?):(\d+):")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Template:
    """One paper's template: its path in the charter's files, its source, and every part it imports (path → source)."""

    path: str
    source: str
    parts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the template and its parts, paths and texts, each with its length before it."""
        running = hashlib.sha256()
        for path, source in [(self.path, self.source), *sorted(self.parts.items())]:
            for text in (path.encode(), source.encode()):
                running.update(len(text).to_bytes(8, "big") + text)
        return running.hexdigest()


@dataclass(frozen=True, slots=True)
class Typeset:
    """A finished paper: the PDF's bytes, its templates, what set it (typesetter, QR, fonts), and its pages' number."""

    pdf: bytes
    template_digest: str
    engine: str
    pages: int


def template_in(files: Mapping[str, str], path: str) -> Template:
    """The template at ``path`` among a charter's files, with the parts it imports (rooted paths, ``/cn/papers/…``).

    Raises DefinitionError (``paper.no_template``) when the template or a part is missing.
    """
    parts: dict[str, str] = {}
    waiting = [path]
    while waiting:
        name = waiting.pop()
        if name in parts:
            continue
        if name not in files:
            raise DefinitionError(
                "paper.no_template",
                Said(
                    f"章程中没有文书模板 {name}；请补上该文件，或改正引用它的模板 {path}。",
                    f"The charter has no template {name}; add the file, or mend {path}, which asks for it.",
                ),
            )
        parts[name] = files[name]
        waiting += [posixpath.normpath(part).lstrip("/") for part in _IMPORT.findall(files[name])]
    source = parts.pop(path)
    return Template(path=path, source=source, parts=parts)


def typeset(
    letter: Letter,
    *,
    template: Template,
    fonts: Path,
    beside: Mapping[str, str] = MappingProxyType({}),
    standard: Literal["a-2b", "a-3b"] = "a-2b",
) -> Typeset:
    """The paper as tagged PDF/A-2b; ``fonts`` is a folder with Noto Serif SC, in regular and bold, and rarer fonts.

    ``beside`` is what the template reads from ``sys.inputs`` besides the letter; PDF/A-3b may hold files of any kind.
    The same letter, template and engine (``engine_with``) give the same bytes, in any process and on any day.

    Raises InvalidInput (``paper.missing_glyph``) with one problem per field for a character the fonts cannot draw,
    DefinitionError (``paper.template_failed``) when the template itself is wrong or asks for a fact that is not there,
    and Unavailable (``paper.no_fonts``) when the folder lacks the fonts.
    """
    refused = refusal(letter, {found for _, text in texts(letter) for found in _PRIVATE.findall(text)})
    if refused:
        raise refused
    inputs = {**beside, "letter": context(letter)}
    try:
        pdf = compiled(template, inputs, on=letter.issued_date, fonts=fonts, standard=standard)
    except typst.TypstError as failure:
        raise _translated(failure, letter, template) from failure
    pages = _metadata(letter, inputs, template=template, fonts=fonts)["pages"]
    return Typeset(pdf=pdf, template_digest=template.digest, engine=engine_with(fonts), pages=pages)


def compiled(
    template: Template,
    inputs: Mapping[str, str],
    *,
    on: date,
    fonts: Path,
    standard: Literal["a-2b", "a-3b"] = "a-2b",
) -> bytes:
    """The PDF/A (2b unless said) of ``template``, dated ``on``, with ``inputs`` as it reads them from ``sys.inputs``.

    The same arguments give the same bytes. Raises ``typst.TypstError``, and Unavailable (``paper.no_fonts``).
    """
    pdf: bytes = typst.compile(
        _sources(template),
        format="pdf",
        root=fonts,  # a template can read nothing but the fonts
        font_paths=_loaded(fonts),
        ignore_system_fonts=True,
        sys_inputs=dict(inputs),
        pdf_standards=[standard],
        timestamp=datetime.combine(on, time(), UTC),
    )
    return pdf


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paper in reading order: its kind (``heading``, ``item`` …), a label before it, and its text.

    A line that stands in columns holds ``cells``, rows of texts; ``widths`` are the columns' shares of a table.
    """

    kind: str
    label: str
    text: str
    cells: tuple[tuple[str, ...], ...] = ()
    widths: tuple[float, ...] = ()

    @classmethod
    def from_metadata(cls, found: Mapping[str, Any]) -> Self:
        """The line as a template handed it out."""
        cells = tuple(tuple(row) for row in found.get("cells", ()))
        return cls(found["kind"], found["label"], found["text"], cells, tuple(found.get("widths", ())))

    def words(self) -> tuple[str, ...]:
        """Every text of the line, in reading order."""
        return (self.label + self.text, *(text for row in self.cells for text in row))


def lines(letter: Letter, *, template: Template, fonts: Path) -> tuple[Line, ...]:
    """What the paper says, line by line, as the template worded it; raises as ``typeset`` does, glyphs apart."""
    found = _metadata(letter, {"letter": context(letter)}, template=template, fonts=fonts)
    return tuple(Line.from_metadata(line) for line in found["lines"])


def refusal(letter: Letter, unshown: Iterable[str]) -> InvalidInput | None:
    """The error that names each character or cluster that cannot be shown, and its field; None when no field has it.

    Its details hold the ``clusters``, one to a line.
    """
    found = [(field, cluster) for field, text in texts(letter) for cluster in sorted(set(unshown)) if cluster in text]
    problems = tuple(Problem(field, "paper.missing_glyph", _cannot_show(cluster)) for field, cluster in found)
    if not problems:
        return None
    said = Said(
        f"文书中有字体无法显示的字符，共{len(problems)}处，未签发；请按各栏提示修改后再试。",
        f"The paper holds characters that cannot be shown, in {len(problems)} places, and was not issued; mend the "
        "fields named, then try again.",
    )
    clusters = "\n".join(sorted({cluster for _, cluster in found}))
    return InvalidInput("paper.missing_glyph", said, problems=problems, details={"clusters": clusters})


def _cannot_show(cluster: str) -> Said:
    shown = cluster if cluster.isprintable() else "□"
    points = " ".join(f"U+{ord(character):04X}" for character in cluster)
    return Said(
        f"文书字体没有“{shown}”（{points}）这个字，无法印入 PDF/A 原件；请改用通用规范汉字，或以文字说明该字。",
        f"The fonts of the papers have no “{shown}” ({points}), so it cannot stand in the PDF/A original; use a "
        "standard character instead, or describe it in words.",
    )


@lru_cache(maxsize=4)
def engine_with(fonts: Path) -> str:
    """What sets the papers: the typesetter with its version, the QR code's mask, the short digest of the fonts."""
    running = hashlib.sha256()
    for file in sorted(path for path in fonts.rglob("*") if path.suffix in _FONT_FILES):
        running.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return f"{ENGINE}, fonts {running.hexdigest()[:SHORT_DIGEST]}"


@lru_cache(maxsize=4)
def _loaded(fonts: Path) -> typst.Fonts:
    loaded = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[fonts])
    # Without its family typst leaves Chinese out of a paper and says nothing.
    if not {400, 700} <= {font.weight for font in loaded.fonts() if font.family == _FAMILY}:
        raise Unavailable(
            "paper.no_fonts",
            Said(
                f"没有找到文书字体 {_FAMILY}（常规、粗体），文书无法生成；请安装字体后重试。",
                f"The font of the papers, {_FAMILY} in regular and bold, was not found, so no paper can be made; "
                "install it, then try again.",
            ),
        )
    return loaded


def _sources(template: Template) -> Any:  # typst takes a table of files; its published types know a single one only
    return {"main.typ": template.source.encode(), **{path: text.encode() for path, text in template.parts.items()}}


def _metadata(letter: Letter, inputs: dict[str, str], *, template: Template, fonts: Path) -> Any:
    """What the template hands out under ``<paper>``; right after ``typeset`` of the letter it costs next to nothing."""
    try:
        found = typst.query(
            _sources(template),
            "<paper>",
            field="value",
            one=True,
            root=fonts,
            font_paths=_loaded(fonts),
            ignore_system_fonts=True,
            sys_inputs=inputs,
        )
    except RuntimeError as failure:
        raise _translated(failure, letter, template) from failure
    return json.loads(found)


def _translated(failure: RuntimeError, letter: Letter, template: Template) -> InvalidInput | DefinitionError:
    diagnostic = getattr(failure, "diagnostic", str(failure))
    refused = refusal(letter, _unshown(diagnostic, letter, template))
    if refused:
        return refused
    place = _AT.search(diagnostic)
    file = next((path for path in template.parts if place and place[1].endswith(path)), template.path)
    said = Said(
        f"文书模板 {template.path} 无法排版：{getattr(failure, 'message', diagnostic)}",
        f"The template {template.path} cannot be typeset: {getattr(failure, 'message', diagnostic)}",
    )
    advice = Said("改正模板的这一行", "mend this line of the template")
    fault = Fault(file, int(place[2]) if place else 0, letter.kind, "paper.template_failed", said, advice)
    return DefinitionError("paper.template_failed", said, faults=(fault,))


def _unshown(diagnostic: str, letter: Letter, template: Template) -> set[str]:
    """The clusters typst could not draw, without the ordinary characters that a rare neighbour drew in with it."""
    own = "".join([template.source, *template.parts.values()])
    rare = {cluster for cluster in map(_plain, _UNSHOWN.findall(diagnostic)) if not set(cluster) <= set(own)}
    typed = {cluster for cluster in rare if any(cluster in text for _, text in texts(letter))}
    return typed | {character for cluster in rare - typed for character in cluster if character not in own}


def _plain(quoted: str) -> str:
    """The characters of a text that typst quoted with escapes."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else _SHORT.get(found[2], found[2]), quoted)
