"""Charter folders on disk: where the shipped ones lie and how their texts are read, bounded and without surprises."""

from __future__ import annotations

import os
from pathlib import Path

from concord.rules.errors import Fault, Said
from concord.rules.procedure.reading import wrong_definition
from concord.rules.rows import IDENTIFIER
from concord.rules.toml_lines import read_toml

# What a charter says stands in these; anything else in the folder (such as Word templates) is not part of its text.
TEXT_SUFFIXES = frozenset({".toml", ".typ"})
LARGEST_FILE = 512 * 1024
MOST_FILES = 2000
LARGEST_FOLDER = 16 * 1024 * 1024


def shipped() -> Path:
    """The folder of the charters that come with Concord."""
    return Path(__file__).parent


def read(root: Path, *ids: str) -> dict[str, str]:
    """The texts of the charters ``ids`` below ``root``, by POSIX path relative to ``root``, in the order of the paths.

    Raises DefinitionError ``charter.unreadable`` with every file that leads out of its folder, is too large or is not
    UTF-8, and when a folder is missing or holds too much.
    """
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    total = 0
    for charter in ids:
        folder = root / charter
        if not folder.is_dir() or folder.resolve().parent != root.resolve():
            said = Said(f"没有章程目录“{charter}”", f"there is no charter folder “{charter}”")
            advice = Said("请核对目录名", "check the folder's name")
            fault = Fault(charter, 1, "folder", "charter.not_found", said, advice)
            raise wrong_definition("charter.unreadable", [fault])
        for file in _files(folder):
            name = file.relative_to(root).as_posix()
            text = _text(file, folder, name)
            if isinstance(text, Fault):
                faults.append(text)
                continue
            texts[name] = text
            total += len(text)
            if total > LARGEST_FOLDER or len(texts) > MOST_FILES:
                said = Said("章程文件过多或过大", "the charter has too many files, or too large ones")
                advice = Said("只保留章程的文件", "keep the charter's files alone")
                fault = Fault(charter, 1, "folder", "charter.too_large", said, advice)
                raise wrong_definition("charter.unreadable", [fault])
    if faults:
        raise wrong_definition("charter.unreadable", faults)
    return texts


def read_charter(folder: Path) -> tuple[str, dict[str, str]]:
    """The id of the charter in ``folder`` and the texts of it and of all it extends.

    What it extends is looked up beside it, else among the shipped charters; ``rules.charter.check`` names what is
    found in neither. Raises DefinitionError as ``read`` does.
    """
    folder = folder.resolve()
    texts = read(folder.parent, folder.name)
    seen = {folder.name}
    wanted = _extended(texts.get(f"{folder.name}/charter.toml", ""))
    while wanted and wanted not in seen:
        seen.add(wanted)
        root = next((root for root in (folder.parent, shipped()) if (root / wanted / "charter.toml").is_file()), None)
        if root is None:
            break
        texts |= read(root, wanted)
        wanted = _extended(texts[f"{wanted}/charter.toml"])
    return folder.name, texts


def _extended(text: str) -> str:
    """What a charter.toml says it extends, as a plain folder name; ``""`` if nothing usable."""
    document = read_toml(text, file="charter.toml")
    name = "" if isinstance(document, Fault) else document.values.get("extends")
    return name if isinstance(name, str) and IDENTIFIER.fullmatch(name) else ""


def _files(folder: Path) -> list[Path]:
    """Every text file below ``folder``; links to folders are not followed."""
    found = [
        Path(where, name)
        for where, _, names in os.walk(folder, followlinks=False)
        for name in names
        if Path(name).suffix in TEXT_SUFFIXES
    ]
    return sorted(found, key=lambda file: file.as_posix())


def _text(file: Path, folder: Path, name: str) -> str | Fault:
    if not file.resolve().is_relative_to(folder.resolve()) or not file.is_file():
        said = Said("文件不在章程目录内", "the file does not lie in the charter's folder")
        return _fault(
            name, "charter.leads_out", said, Said("放入文件本身，不用链接", "put the file itself there, no link")
        )
    with file.open("rb") as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        said = Said(f"文件超过 {LARGEST_FILE} 字节", f"more than {LARGEST_FILE} bytes")
        return _fault(name, "charter.too_large", said, Said("拆成几个文件", "split it into several files"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = Said("不是 UTF-8 文本", "not UTF-8 text")
        return _fault(name, "charter.not_utf8", said, Said("另存为 UTF-8", "save it as UTF-8"), line)


def _fault(name: str, code: str, said: Said, advice: Said, line: int = 1) -> Fault:
    return Fault(name, line, "file", code, said, advice)
