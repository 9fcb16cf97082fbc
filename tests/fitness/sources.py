"""What the fitness tests read: the modules of the house as trees, and the texts of the repository."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path from the project's root, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        """Every call in the file."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def texts(self) -> Iterator[ast.Constant]:
        """Every literal text that is not a docstring."""
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield node


@cache
def modules(folder: str = "src") -> tuple[Module, ...]:
    """Read every Python file below `folder`; migrations are left out, Django writes them."""
    found = []
    for path in sorted((PROJECT / folder).rglob("*.py")):
        if "migrations" not in path.parts:
            text = path.read_text(encoding="utf-8")
            found.append(Module(path.relative_to(PROJECT).as_posix(), text, ast.parse(text)))
    return tuple(found)


@cache
def repository_texts() -> tuple[tuple[str, str], ...]:
    """Path and text of every file of the repository, committed or about to be, that is text."""
    # The checkout may belong to another account than the one that tests it; listing its files does no harm.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the git on PATH
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    found = []
    for name in sorted(filter(None, listed.stdout.decode().split("\0"))):
        path = PROJECT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                found.append((name, content.decode("utf-8", errors="replace")))
    return tuple(found)


def dotted(node: ast.AST) -> str:
    """Write a name or attribute the way it stands in the source, or nothing for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""
