"""What the pages of charter drafts show: differences in words and lines, files and whether they are open, faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.governance import policy
from concord.capabilities.governance.models import CharterDraft
from concord.capabilities.governance.queries import published_paths
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import words
from concord.foundation.access.actor import Actor
from concord.foundation.organisations.queries import texts_of
from concord.rules.charter.difference import (
    VERSION_FILE,
    FileDifference,
    Kind,
    NumberedLine,
    RuleDifference,
    Segment,
    difference,
    marked,
)
from concord.rules.errors import DefinitionError, Fault
from concord.rules.procedure import parse

ORDER = ("", "procedures", "papers", "codes", "calendar", "laws")
TONES = {Kind.ADDED: "good", Kind.REMOVED: "bad", Kind.CHANGED: "active", Kind.MOVED: "neutral"}


def summary_of(draft: CharterDraft, by: Actor) -> dict[str, Any]:
    """The head of a draft: its name, who wrote it, whether it may be changed by the actor."""
    open_ = draft.adopted_id is None
    return {
        "uid": draft.uid,
        "title": draft.title,
        "organisation": named(draft.organisation),
        "author": named(draft.author),
        "begun_at": draft.begun_at,
        "changed_by": named(draft.changed_by),
        "changed_at": draft.changed_at,
        "version": draft.version,
        "open": open_,
        "adopted": draft.adopted,
        "writable": open_ and by.may(policy.DRAFT) and draft.organisation_id == by.organisation.id,
        "adoptable": open_ and policy.may_adopt(by),
        "by_own_hand": by.person.pk in draft.hands,
        "url": reverse("workspace:charter_draft", args=[draft.uid]),
    }


def files_of(draft: CharterDraft) -> list[dict[str, Any]]:
    """The files of the draft by charter and kind, the alliance's own first, each with its standing."""
    base = texts_of(draft.base)
    closed = published_paths(draft.texts, draft.charter)
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(draft.texts, key=lambda path: (not path.startswith(f"{draft.charter}/"), *_kind(path), path)):
        groups.setdefault((path.partition("/")[0], _kind(path)[1]), []).append(
            {
                "path": path,
                "name": path.partition("/")[2],
                "label": _label(path, draft.texts[path]),
                "url": file_url(draft, path),
                "published": path in closed,
                "added": path not in base,
                "changed": path in base and base[path] != draft.texts[path],
            }
        )
    return [
        {
            "id": "/".join(part for part in (folder, kind) if part),
            "label": _kind_words(kind),
            "own": folder == draft.charter,
            "open": folder == draft.charter and kind == "",
            "files": files,
        }
        for (folder, kind), files in groups.items()
    ]


def file_url(draft: CharterDraft, path: str, line: int | None = None) -> str:
    """The address of a file of the draft, at a line."""
    address = reverse("workspace:charter_draft_file", args=[draft.uid, path])
    return f"{address}#L{line}" if line else address


def _label(path: str, text: str) -> str:
    """The name of a procedure; other files are known by theirs."""
    if not VERSION_FILE.fullmatch(path):
        return ""
    try:
        return words(parse(text, file=path))
    except DefinitionError:
        return ""


def _kind(path: str) -> tuple[int, str]:
    """The folder of a file below its charter's, with its place in the list."""
    parts = path.split("/")
    kind = parts[1] if len(parts) > len(("charter", "file")) else ""
    return (ORDER.index(kind) if kind in ORDER else len(ORDER), kind)


def _kind_words(kind: str) -> str:
    """What the files of a folder hold."""
    known = {
        "": _("章程正文"),
        "procedures": _("程序"),
        "papers": _("文书版式"),
        "calendar": _("放假安排"),
        "codes": _("代码表"),
        "laws": _("法律目录"),
    }
    return known.get(kind, kind)


def told_faults(faults: Iterable[Fault], draft: CharterDraft | None = None) -> list[dict[str, Any]]:
    """Faults in the reader's language; each leads to its line where the draft has the file."""
    return [
        {
            "file": fault.file,
            "line": fault.line,
            "rule": fault.rule,
            "said": words(fault.said),
            "advice": words(fault.advice),
            "url": file_url(draft, fault.file, fault.line) if draft is not None and fault.file in draft.texts else "",
        }
        for fault in faults
    ]


def told_differences(
    before: Mapping[str, str], after: Mapping[str, str], *, draft: CharterDraft | None = None
) -> list[dict[str, Any]]:
    """Every file that differs, with its rules in words and its lines; it leads to its place in ``draft``."""
    return [_told_file(one, draft) for one in difference(before, after)]


def _told_file(one: FileDifference, draft: CharterDraft | None) -> dict[str, Any]:
    return {
        "file": one.file,
        "url": file_url(draft, one.file) if draft is not None and one.file in draft.texts else "",
        "kind": words(one.kind.said),
        "tone": TONES[one.kind],
        "compared_with": one.compared_with if one.kind is Kind.ADDED else "",
        "rules": told_rules(one.rules),
        "whole": one.kind is Kind.REMOVED or (one.kind is Kind.ADDED and not one.compared_with),
        "lines": sum(len(rule.added) + len(rule.removed) for rule in one.rules),
    }


def told_rules(rules: Sequence[RuleDifference]) -> list[dict[str, Any]]:
    """Rules that differ: what is new in words, then the lines, with what changed inside a line marked."""
    return [
        {
            "rule": rule.rule,
            "name": words(rule.name),
            "named": not any(words(rule.name) in words(said) for said in rule.said),
            "kind": words(rule.kind.said),
            "tone": TONES[rule.kind],
            "said": [words(said) for said in rule.said],
            "lines": _lines(rule),
        }
        for rule in rules
    ]


def _lines(rule: RuleDifference) -> list[dict[str, Any]]:
    """Removed lines, then added ones; a line that stands for another is marked against it."""
    if rule.kind is Kind.MOVED:
        return []
    if len(rule.removed) != len(rule.added):
        return [*(_line("-", one, None) for one in rule.removed), *(_line("+", one, None) for one in rule.added)]
    shown: list[dict[str, Any]] = []
    for gone, come in zip_longest(rule.removed, rule.added):
        old, new = marked(gone.text, come.text)
        shown += [_line("-", gone, old), _line("+", come, new)]
    return shown


def _line(sign: str, line: NumberedLine, parts: list[Segment] | None) -> dict[str, Any]:
    return {"sign": sign, "number": line.number, "parts": parts if parts is not None else [(line.text, False)]}
