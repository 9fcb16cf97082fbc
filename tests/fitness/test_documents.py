"""The documents say what the house is: every name, setting, permission, command and event, and every link holds."""

import argparse
import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from concord.charters import folder
from concord.config import env
from concord.entrypoints import cli, manage
from concord.entrypoints.cli import charter_reference
from concord.rules.charter import Charter, load
from concord.rules.procedure import Procedure
from tests.fitness.sources import PROJECT, dotted, modules

DOCS = PROJECT / "docs"
REFERENCE = DOCS / "reference"
READMES = (PROJECT / "README.md", PROJECT / "README.zh-CN.md")
TUTORIALS = (DOCS / "tutorial" / "an-officers-first-hour.md", DOCS / "tutorial" / "an-officers-first-hour.zh-CN.md")
PAGES = (*READMES, PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md")))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
MAKE = re.compile(r"(?:`|\$ )make ([a-z]+)")
MATTER_OF_DECISION = ("Context", "Options and their costs", "Decision", "Consequences")


def text_of(path: Path) -> str:
    """The page, its fences included."""
    return path.read_text(encoding="utf-8")


def rows_of(path: Path) -> list[list[str]]:
    """The cells of every row of every table of the page, without headers and rules; backticks stay."""
    lines = [line.strip() for line in text_of(path).splitlines()]
    tables = [
        line
        for at, line in enumerate(lines)
        if line.startswith("|") and not line.startswith("|---") and lines[min(at + 1, len(lines) - 1)][:4] != "|---"
    ]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in tables]


def named(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def charters() -> tuple[Charter, ...]:
    """The shipped charters."""
    texts = folder.read(folder.shipped(), "cn", "g60")
    law = {path: text for path, text in texts.items() if path.startswith("cn/")}
    return load(law, "cn"), load(texts, "g60")


@cache
def procedures() -> tuple[Procedure, ...]:
    """Every version of every shipped procedure."""
    found = [one for charter in charters() for versions in charter.procedures.values() for one in versions]
    return tuple({procedure.digest: procedure for procedure in found}.values())


@cache
def law() -> dict[str, Any]:
    """The national charter as written."""
    return tomllib.loads((folder.shipped() / "cn" / "charter.toml").read_text(encoding="utf-8"))


def terms_in_use() -> Iterator[tuple[str, str, str]]:
    """Kind, identifier and Chinese of everything that charters name and the screen shows."""
    for procedure in procedures():
        for kind, rules in (
            ("state", procedure.states),
            ("act", procedure.acts),
            ("field", procedure.fields),
            ("clock", procedure.clocks),
        ):
            yield from ((kind, rule.id, rule.zh) for rule in rules)
        yield from (("paper", paper.id, paper.form.split("（")[0]) for paper in procedure.papers)
    for charter in charters():
        for name, codes in charter.code_lists.items():
            kind = "role" if name == "roles" else "code"
            yield from ((kind, code.id, code.zh) for code in codes.values())


def glossary() -> list[list[str]]:
    """The rows of the glossary: 中文, identifier, kind, meaning, source."""
    return [[row[0], "".join(named(row[1])), *row[2:]] for row in rows_of(REFERENCE / "glossary.md")]


def generated_terms() -> list[list[str]]:
    """The rows of the page made from the files: 中文, identifier, kind, English, procedures, source."""
    rows = [row for row in rows_of(REFERENCE / "procedures.md") if len(row) == 6]
    return [[row[0].replace(charter_reference.BAR, "|"), "".join(named(row[1])), *row[2:]] for row in rows]


def generated_events() -> dict[str, str]:
    """The events on that page, each with whether it stays inside."""
    rows = [row for row in rows_of(REFERENCE / "procedures.md") if len(row) == 3]
    return {named(row[0])[0]: row[2] for row in rows}


class TestGlossary:
    def test_every_term_of_the_charters_has_its_row(self) -> None:
        rows = {(kind, name, zh) for zh, name, kind, *_ in [*glossary(), *generated_terms()]}
        assert sorted(set(terms_in_use()) - rows) == []

    def test_every_table_has_its_row(self) -> None:
        tables = {model.__name__ for model in apps.get_models() if model.__module__.startswith("concord.")}
        assert {name for _, name, kind, *_ in glossary() if kind == "table"} == tables

    def test_no_row_is_left_of_what_is_gone(self) -> None:
        in_use = {(kind, name) for kind, name, _ in terms_in_use()}
        kinds = {kind for kind, _ in in_use}
        listed = {(kind, name) for _, name, kind, *_ in [*glossary(), *generated_terms()] if kind in kinds}
        assert listed == in_use

    def test_no_identifier_means_two_things(self) -> None:
        for page in (glossary(), generated_terms()):
            names = [(kind, name) for _, name, kind, *_ in page]
            assert sorted(names) == sorted(set(names))

    def test_one_identifier_of_a_kind_has_one_chinese_word(self) -> None:
        words: dict[tuple[str, str], set[str]] = {}
        for kind, name, zh in [*terms_in_use(), *((row[2], row[1], row[0]) for row in glossary())]:
            words.setdefault((kind, name), set()).add(zh)
        assert {term: found for term, found in words.items() if len(found) > 1} == {}

    def test_every_row_is_complete(self) -> None:
        assert [row for row in glossary() if len(row) != 5 or not all(row)] == []
        assert [row for row in generated_terms() if not all(row)] == []

    def test_the_page_of_procedures_is_current(self) -> None:
        made = charter_reference.page(folder.read(folder.shipped(), "cn", "g60"), "src/concord/charters/g60")
        assert text_of(REFERENCE / "procedures.md") == made, "run `concord charter reference` and keep what it prints"


class TestReference:
    def test_settings(self) -> None:
        assert [named(row[0])[0] for row in rows_of(REFERENCE / "settings.md")] == sorted(env.KNOWN)

    def test_permissions(self) -> None:
        listed = {
            named(row[0])[0]: (row[1], row[2], row[3] == "yes", named(row[4]))
            for row in rows_of(REFERENCE / "permissions.md")
            if ":" in row[0]
        }
        assert listed == {one["id"]: (one["zh"], one["en"], one["power"], one["posts"]) for one in law()["permissions"]}

    def test_posts(self) -> None:
        listed = {
            named(row[0])[0]: (row[1], row[2], row[3] == "yes")
            for row in rows_of(REFERENCE / "permissions.md")
            if ":" not in row[0]
        }
        assert listed == {one["id"]: (one["zh"], one["en"], one["powers"]) for one in law()["posts"]}

    def test_journal_events(self) -> None:
        acts = {f"{procedure.id}.{act.id}" for procedure in procedures() for act in procedure.acts}
        assert set(self._events()) | set(generated_events()) == acts | _recorded("record", "event")
        assert set(generated_events()) == acts

    def test_journal_marks_what_stays_inside(self) -> None:
        for procedure in procedures():
            for act in procedure.acts:
                event, mark = f"{procedure.id}.{act.id}", "yes" if act.internal else "no"
                assert generated_events()[event] == mark, event
                assert self._events().get(event, mark) == mark, event

    @staticmethod
    def _events() -> dict[str, str]:
        rows = [row for row in rows_of(REFERENCE / "journal-events.md") if "." in row[0] and len(row) == 4]
        return {named(row[0])[0]: row[3] for row in rows}

    def test_journal_reads(self) -> None:
        reads = {named(row[0])[0] for row in rows_of(REFERENCE / "journal-events.md") if len(row) == 3}
        assert reads == _recorded("record_read", "what")


def _recorded(function: str, keyword: str) -> set[str]:
    """The literal names given to a writing function of the journal."""
    return {
        str(given.value.value)
        for module in modules()
        for call in module.calls()
        if dotted(call.func).split(".")[-1] == function
        for given in call.keywords
        if given.arg == keyword and isinstance(given.value, ast.Constant)
    }


def commands_of(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that does something, with its parser."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield before.strip(), parser
    for action in below:
        for name, child in action.choices.items():
            yield from commands_of(child, f"{before} {name}")


COMMANDS = dict([*commands_of(cli._parser(), "concord"), *commands_of(manage._parser())])


class TestCommands:
    def test_each_has_its_section_and_no_other(self) -> None:
        assert set(self._sections()) == set(COMMANDS)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_the_section_names_every_option_and_argument(self, name: str) -> None:
        section = self._sections()[name]
        for action in COMMANDS[name]._actions:
            if action.dest != "help":
                said = (
                    action.option_strings[-1] if action.option_strings else str(action.metavar or action.dest).upper()
                )
                assert said in section

    @staticmethod
    def _sections() -> dict[str, str]:
        parts = re.split(r"^#{2,3} ", text_of(REFERENCE / "commands.md"), flags=re.MULTILINE)
        return {named(part.splitlines()[0])[0]: part for part in parts[1:] if part.startswith("`")}


class TestLinks:
    @pytest.mark.parametrize("document", PAGES, ids=lambda path: path.relative_to(PROJECT).as_posix())
    def test_every_relative_link_leads_somewhere(self, document: Path) -> None:
        broken = [link for link in _links(document) if not _leads_somewhere(document, link)]
        assert broken == []

    @pytest.mark.parametrize("document", PAGES, ids=lambda path: path.relative_to(PROJECT).as_posix())
    def test_every_make_target_named_exists(self, document: Path) -> None:
        targets = set(re.findall(r"^([a-z]+):.*##", text_of(PROJECT / "Makefile"), re.MULTILINE))
        assert set(MAKE.findall(text_of(document))) <= targets

    def test_every_page_is_reached_from_the_readme(self) -> None:
        seen: set[Path] = set()
        waiting = list(READMES)
        while waiting:
            page = waiting.pop()
            if page.is_dir():  # the reader is shown what lies in it
                waiting += page.glob("*.md")
            if page in seen or page.suffix != ".md":
                continue
            seen.add(page)
            waiting += [(page.parent / link.partition("#")[0]).resolve() for link in _links(page) if link[0] != "#"]
        assert sorted(set(PAGES) - seen) == []


def _links(page: Path) -> list[str]:
    prose = FENCE.sub("", text_of(page))
    return [link for link in LINK.findall(prose) if "://" not in link and not link.startswith("mailto:")]


def _leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    if not target.exists():
        return False
    return not anchor or anchor in {_slug(title) for _, title in HEADING.findall(FENCE.sub("", text_of(target)))}


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


class TestLanguages:
    @pytest.mark.parametrize("pair", [READMES, TUTORIALS], ids=["readme", "tutorial"])
    def test_both_have_the_same_structure(self, pair: tuple[Path, Path]) -> None:
        one, other = ([len(marks) for marks, _ in HEADING.findall(FENCE.sub("", text_of(page)))] for page in pair)
        assert one == other

    @pytest.mark.parametrize("pair", [READMES, TUTORIALS], ids=["readme", "tutorial"])
    def test_both_lead_to_the_same_places(self, pair: tuple[Path, Path]) -> None:
        # Each language shows the pages in its own words.
        one, other = ({link.replace(".zh-CN", "").replace("/en/", "/") for link in _links(page)} for page in pair)
        assert one - {pair[0].name} == other - {pair[0].name}

    def test_both_give_the_same_commands(self) -> None:
        one, other = (re.sub(r"--lang \w+", "", "\n".join(_asked(page))) for page in READMES)
        assert one == other
        assert one


def _asked(page: Path) -> list[str]:
    """The commands that a page shows, in order."""
    blocks = [body for language, body in FENCE.findall(text_of(page)) if language == "console"]
    return [line.removeprefix("$ ") for body in blocks for line in body.splitlines() if line.startswith("$ ")]


class TestShownOutput:
    @pytest.mark.parametrize("document", READMES, ids=lambda path: path.name)
    def test_commands_print_what_the_readme_shows(
        self, document: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(PROJECT)
        shown = [body for language, body in FENCE.findall(text_of(document)) if language == "console"]
        tried = 0
        for body in shown:
            for block in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, *lines = block.splitlines()
                if command.startswith("concord "):
                    assert cli.main(command.split()[1:]) == (1 if "_fail_" in command else 0)
                    printed = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
                    assert [line for line in lines if line.strip("… ") and " ".join(line.split()) not in printed] == []
                    tried += 1
        assert tried >= 2


class TestDecisions:
    def test_are_numbered_without_a_gap(self) -> None:
        numbers = [int(path.name[:4]) for path in self._pages()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) <= 15

    @pytest.mark.parametrize("part", MATTER_OF_DECISION)
    def test_have_every_part(self, part: str) -> None:
        assert [path.name for path in self._pages() if f"## {part}\n" not in text_of(path)] == []

    def test_say_date_and_status(self) -> None:
        head = re.compile(r"\A# \d{4} .+\n\n\d{4}-\d{2}-\d{2} · (accepted|superseded by \d{4})\n")
        assert [path.name for path in self._pages() if not head.match(text_of(path))] == []

    def test_are_short(self) -> None:
        assert [path.name for path in self._pages() if len(text_of(path).split()) > 420] == []

    @staticmethod
    def _pages() -> list[Path]:
        return sorted((DOCS / "decisions").glob("*.md"))
