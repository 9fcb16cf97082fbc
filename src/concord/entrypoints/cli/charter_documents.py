"""What is made from a charter's files: ``concord charter handbook``, ``reference`` and ``schema``."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from concord.charters.folder import read_charter
from concord.entrypoints.cli.charter_reference import page
from concord.entrypoints.cli.folders import existing
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.schemas import charter_schema, procedure_schema

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names the type only so

SCHEMAS = {"procedure": procedure_schema, "charter": charter_schema}


def add_parsers(commands: Subparsers) -> None:
    """Offer the three commands."""
    handbook = commands.add_parser(
        "handbook",
        allow_abbrev=False,
        help="由章程文件生成手册 the handbook as PDF/A",
        description="由章程文件生成工作手册（PDF/A，中文）。Makes the handbook of a charter from its files.",
    )
    _add_folder(handbook)
    handbook.add_argument("--out", metavar="FILE", type=Path, required=True, help="写入的文件 the file to write")
    handbook.set_defaults(run=make_handbook)
    reference = commands.add_parser(
        "reference",
        allow_abbrev=False,
        help="程序用语和事件一览 terms and events of the procedures",
        description="列出各程序的全部用语和流水事件。Lists every term and event of the procedures, as Markdown.",
    )
    _add_folder(reference)
    reference.set_defaults(run=print_reference)
    schema = commands.add_parser(
        "schema",
        allow_abbrev=False,
        help="文件格式的 JSON Schema the JSON Schema of a file format",
        description="输出章程文件或者程序文件的 JSON Schema。Prints the JSON Schema of a file format.",
    )
    schema.add_argument("kind", metavar="KIND", choices=list(SCHEMAS), help="procedure | charter")
    schema.set_defaults(run=print_schema)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="DIR", type=Path, help="章程目录，如 charters/g60 the charter's folder")


def make_handbook(arguments: argparse.Namespace) -> int:
    """Write the handbook; raises DefinitionError for a faulty charter, InvalidInput ``cli.cannot_write``."""
    # The typesetter and the settings are loaded by this command alone.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.config.settings")
    from django.conf import settings  # noqa: PLC0415  as said above

    from concord.entrypoints import handbook  # noqa: PLC0415  as said above

    charter_id, texts = read_charter(existing(arguments.folder))
    content = handbook.made_from(texts, charter_id, fonts=settings.FONTS)
    try:
        arguments.out.write_bytes(content)
    except OSError as error:
        said = Said(
            f"无法写入 {arguments.out}：{error.strerror}", f"{arguments.out} cannot be written: {error.strerror}"
        )
        raise InvalidInput("cli.cannot_write", said, problems=(Problem("out", "cli.cannot_write", said),)) from error
    print(f"{arguments.out}  {len(content)} B")
    return 0


def print_reference(arguments: argparse.Namespace) -> int:
    """Print the page; raises DefinitionError for a faulty charter."""
    _charter_id, texts = read_charter(existing(arguments.folder))
    print(page(texts, arguments.folder.as_posix()), end="")
    return 0


def print_schema(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    print(schema_text(arguments.kind), end="")
    return 0


def schema_text(kind: str) -> str:
    """A schema as it stands in its file."""
    return json.dumps(SCHEMAS[kind](), ensure_ascii=False, indent=2) + "\n"
