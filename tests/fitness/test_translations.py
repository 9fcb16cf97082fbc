"""Every text people read exists in both languages, the catalogue holds nothing else."""

import re
from functools import cache

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.fitness.sources import PROJECT

SOURCES = PROJECT / "src" / "concord"
CATALOGUE = SOURCES / "locale" / "en" / "LC_MESSAGES" / "django.po"
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}, "**.txt": {"trimmed": "true"}}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")
Key = tuple[str | None, str]


@cache
def spoken() -> dict[Key, str]:
    """The texts of code and templates, each with the first place that says it."""
    found: dict[Key, str] = {}
    extracted = extract_from_dir(str(SOURCES), METHODS, OPTIONS, keywords=KEYWORDS, strip_comment_tags=True)
    for file, line, message, _comments, context in extracted:
        singular = message if isinstance(message, str) else message[0]
        if singular:
            found.setdefault((context, singular), f"{file}:{line}")
    return found


@cache
def catalogue() -> Catalog:
    """The English catalogue; empty where there is none."""
    if not CATALOGUE.exists():
        return Catalog(locale="en")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def translated() -> dict[Key, tuple[str, ...]]:
    """Every Chinese text of the catalogue with its English forms."""
    return {(message.context, _singular(message)): _forms(message) for message in catalogue() if message.id}


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> tuple[str, ...]:
    """The forms as written; a doubtful translation counts as none."""
    if message.fuzzy or not message.string:
        return ()
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_every_text_is_in_the_english_catalogue() -> None:
    known = translated()
    missing = [f"{place} {text}" for (context, text), place in spoken().items() if (context, text) not in known]
    assert not missing, "\n".join(missing)


def test_every_translation_is_written() -> None:
    empty = [text for (_context, text), forms in translated().items() if not forms or not all(forms)]
    assert not empty, "\n".join(empty)


def test_translations_are_english() -> None:
    chinese = [
        f"{text} → {form}" for (_, text), forms in translated().items() for form in forms if CHINESE.search(form)
    ]
    assert chinese == []


def test_translations_keep_the_placeholders() -> None:
    lost = [
        f"{text} → {form}"
        for (_context, text), forms in translated().items()
        for form in forms
        if set(PLACEHOLDER.findall(form)) - set(PLACEHOLDER.findall(text))
        or (len(forms) == 1 and set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(form)))
    ]
    assert lost == []


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    said = spoken()
    assert [text for (context, text) in translated() if (context, text) not in said] == []
