"""Writes: drafts of the charter, changed by legal officers, put into force by somebody else at the centre."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import PurePosixPath
from uuid import UUID

from concord.capabilities.governance import commands, policy
from concord.capabilities.governance.models import CharterDraft
from concord.capabilities.governance.queries import drafts_shown_to, no_draft, published_paths, versions
from concord.charters.archive import unpacked
from concord.charters.folder import LARGEST_FILE, LARGEST_FOLDER, MOST_FILES
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import CharterVersion
from concord.foundation.organisations.queries import texts_of
from concord.rules.canonical import canonical_json
from concord.rules.charter.difference import difference
from concord.rules.charter.editing import newest, with_limits, with_new_version
from concord.rules.errors import Conflict, InvalidInput, NotFound, Problem, Said, Stale
from concord.rules.identifiers import uuid7

LONGEST_TITLE = 120
NO_DAY = Said("请写明从哪一天起施行。", "Give the day from which it holds.")
Change = Callable[[CharterDraft], Mapping[str, str]]


def begin(*, title: str, by: Actor, at: datetime, entropy: bytes) -> CharterDraft:
    """Begin a draft: a copy of the newest adopted version. ``entropy``: ten random bytes.

    Raises NotAllowed, InvalidInput ``charter.bad_title``, NotFound ``charter.none_in_force``.
    """
    policy.require_drafter(by)
    title = title.strip()
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        said = Said(f"请写明草案名称，最多 {LONGEST_TITLE} 个字。", f"Name it, in {LONGEST_TITLE} characters.")
        raise InvalidInput("charter.bad_title", said, problems=(Problem("title", "missing", said),))
    base = next(iter(versions()), None)
    if base is None:
        raise NotFound(
            "charter.none_in_force",
            Said("还没有通过任何章程，请先导入。", "No charter has been adopted yet; adopt one first."),
        )
    with writing():
        draft = CharterDraft.objects.create(
            uid=uuid7(at, entropy),
            charter=base.charter,
            base=base.digest,
            title=title,
            texts=texts_of(base.digest),
            organisation=by.organisation,
            author=by.person,
            hands=[by.person.pk],
            begun_at=at,
            changed_at=at,
            changed_by=by.person,
        )
        journal.record(
            event="charter.draft",
            at=at,
            by=by,
            subject=str(draft.uid),
            internal=True,
            details={"base": base.digest},
        )
    return draft


def revise(*, draft: UUID, path: str, text: str, by: Actor, at: datetime, version: int) -> CharterDraft:
    """Write one file of the alliance's own folder anew; ``version`` is the draft as the writer saw it.

    Raises NotFound, NotAllowed, Stale ``charter.draft_stale``, Conflict ``charter.draft_closed`` or
    ``charter.file_closed`` (a published version), InvalidInput ``charter.bad_text``.
    """

    def change(row: CharterDraft) -> Mapping[str, str]:
        if path not in row.texts:
            raise no_file(path)
        _require_open_file(row, path)
        return {**row.texts, path: text.replace("\r\n", "\n").replace("\r", "\n")}

    return _change(draft, change, by=by, at=at, version=version)


def restore(*, draft: UUID, path: str, by: Actor, at: datetime, version: int) -> CharterDraft:
    """Put a file back as it stood in the version the draft was copied from; one that is new there goes.

    Raises as ``revise``.
    """

    def change(row: CharterDraft) -> Mapping[str, str]:
        base = texts_of(row.base)
        if path not in row.texts and path not in base:
            raise no_file(path)
        others = {name: text for name, text in row.texts.items() if name != path}
        return {**others, path: base[path]} if path in base else others

    return _change(draft, change, by=by, at=at, version=version)


def begin_version(*, draft: UUID, procedure: str, day: date, by: Actor, at: datetime, version: int) -> CharterDraft:
    """Begin a new version of a procedure from ``day``: a copy of the newest, listed in force.

    Raises as ``revise``, and InvalidInput ``charter.version_not_after``.
    """

    def change(row: CharterDraft) -> Mapping[str, str]:
        return with_new_version(row.texts, row.charter, procedure, day=day, drawn_up=legal_date(at))

    return _change(draft, change, by=by, at=at, version=version)


def set_limits(
    *,
    draft: UUID,
    procedure: str,
    limits: Mapping[str, str],
    day: date | None,
    by: Actor,
    at: datetime,
    version: int,
) -> CharterDraft:
    """Change agreed or internal limits of a procedure; a published version is left alone for a new one from ``day``.

    Raises as ``revise``; InvalidInput ``charter.bad_limits``, or ``charter.no_day`` when a new version lacks its day.
    """

    def change(row: CharterDraft) -> Mapping[str, str]:
        texts = dict(row.texts)
        path = newest(texts, row.charter, procedure)
        if with_limits(texts[path], limits, file=path) == texts[path]:
            return texts
        if path in published_paths(texts, row.charter):
            if day is None:
                raise InvalidInput("charter.no_day", NO_DAY, problems=(Problem("day", "missing", NO_DAY),))
            texts = with_new_version(texts, row.charter, procedure, day=day, drawn_up=legal_date(at))
            path = newest(texts, row.charter, procedure)
        return {**texts, path: with_limits(texts[path], limits, file=path)}

    return _change(draft, change, by=by, at=at, version=version)


def take_archive(*, draft: UUID, content: bytes, by: Actor, at: datetime, version: int) -> CharterDraft:
    """Replace the folders that a ZIP file holds; a folder it does not hold stays as it is.

    Raises as ``revise``; DefinitionError ``charter.unreadable`` as ``charters.archive.unpacked``, InvalidInput
    ``charter.other_folders`` when it brings folders that the draft does not have, or not the alliance's own.
    """
    brought = unpacked(content)

    def change(row: CharterDraft) -> Mapping[str, str]:
        folders = {path.partition("/")[0] for path in brought}
        known = {path.partition("/")[0] for path in row.texts}
        if not folders <= known or f"{row.charter}/charter.toml" not in brought:
            said = Said(
                f"压缩包中应有 {row.charter}/charter.toml，且只能有目录 {'、'.join(sorted(known))}。",
                f"The archive must hold {row.charter}/charter.toml, and no folder but {', '.join(sorted(known))}.",
            )
            raise InvalidInput("charter.other_folders", said, problems=(Problem("archive", "other", said),))
        return {path: text for path, text in row.texts.items() if path.partition("/")[0] not in folders} | brought

    return _change(draft, change, by=by, at=at, version=version)


def take_newest_as_base(*, draft: UUID, by: Actor, at: datetime, version: int) -> CharterDraft:
    """Say that the draft has been compared with the newest adopted version and is meant to follow it."""

    def change(row: CharterDraft) -> Mapping[str, str]:
        row.base = versions()[0].digest
        return dict(row.texts)

    return _change(draft, change, by=by, at=at, version=version)


def discard(*, draft: UUID, by: Actor, at: datetime) -> None:
    """Throw a draft away; the journal keeps that there was one. Raises NotFound, NotAllowed, Conflict."""
    with writing():
        row = _open(draft, by)
        journal.record(event="charter.discard", at=at, by=by, subject=str(row.uid), internal=True)
        row.delete()


def adopt(
    *, draft: UUID, resolution: str, effective_from: date, by: Actor, at: datetime, version: int
) -> CharterVersion:
    """Put a draft into force, as ``commands.adopt``; the draft is closed with it.

    Besides raises NotFound, Stale, and Conflict ``charter.adopter_drafted`` for whoever had a hand in it,
    ``charter.draft_outdated`` when another version was adopted since it was begun.
    """
    policy.require_adopter(by)
    with writing():
        row = locked(drafts_shown_to(by)).filter(uid=draft).first()
        if row is None:
            raise no_draft()
        _require_open(row, version)
        if by.person.pk in row.hands:
            raise Conflict(
                "charter.adopter_drafted",
                Said(
                    "起草、修改过草案的人员不能使其生效。请由中心另一位负责人办理。",
                    "Whoever had a hand in a draft may not put it into force. Let another leader of the centre do it.",
                ),
            )
        if row.base != versions()[0].digest:
            raise Conflict(
                "charter.draft_outdated",
                Said(
                    "草案起草之后，章程又通过了新的版本。请起草人核对与最新版本的差异后，再提交通过。",
                    "Another version was adopted since this was begun. Its authors must compare it with that first.",
                ),
            )
        made = commands.adopt(
            texts=row.texts,
            charter_id=row.charter,
            resolution=resolution,
            effective_from=effective_from,
            by=by,
            at=at,
            draft=row.uid,
        )
        row.adopted = made
        row.save(update_fields=["adopted"])
    return made


def note_refusal(*, draft: UUID, by: Actor, at: datetime) -> None:
    """Record that somebody asked for a draft that exists and is not shown to them."""
    with writing():
        there = CharterDraft.objects.filter(uid=draft).exists()
    if there:
        journal.record_read(what="charter_draft", subject=str(draft), by=by, at=at, refused=True)


def no_file(path: str) -> NotFound:
    """The error for a path that is no file of the draft."""
    return NotFound(
        "charter.no_such_file",
        Said(f"草案中没有文件 {path}。请从文件列表中选择。", f"The draft has no file {path}. Choose one that it has."),
    )


def _change(draft: UUID, change: Change, *, by: Actor, at: datetime, version: int) -> CharterDraft:
    """One change of a draft: locked, bounded, with its entry in the journal; nothing is written when it is refused."""
    with writing():
        row = _open(draft, by, version)
        before, base = row.texts, row.base
        texts = dict(change(row))
        _require_bounded(texts)
        changed = [one.file for one in difference(before, texts)]
        if not changed and row.base == base:
            return row
        row.texts, row.version = texts, row.version + 1
        row.changed_at, row.changed_by = at, by.person
        row.hands = sorted({*row.hands, by.person.pk})
        row.save()
        details: dict[str, str | int | list[str]] = {"version": row.version}
        if row.base != base:
            details["base"] = row.base
        if changed:
            details |= {"files": changed, "texts": hashlib.sha256(canonical_json(texts)).hexdigest()}
        journal.record(event="charter.revise", at=at, by=by, subject=str(row.uid), internal=True, details=details)
    return row


def _open(draft: UUID, by: Actor, version: int | None = None) -> CharterDraft:
    """The locked draft, still open, that the actor may change: one of the own organisation."""
    row = locked(drafts_shown_to(by)).filter(uid=draft).first()
    if row is None:
        raise no_draft()
    policy.require_hand(by, row.organisation_id)
    _require_open(row, version)
    return row


def _require_open(row: CharterDraft, version: int | None) -> None:
    if row.adopted_id is not None:
        raise Conflict(
            "charter.draft_closed",
            Said("草案已经通过，不能再改。请另起草案。", "The draft has been adopted and is closed. Begin another."),
        )
    if version is not None and row.version != version:
        raise Stale(
            "charter.draft_stale",
            Said(
                "在您打开页面之后，草案已被修改。请先查看，再决定是否提交；您填写的内容已经保留。",
                "The draft was changed since you opened the page. Look at it first; what you typed is kept.",
            ),
        )


def _require_open_file(row: CharterDraft, path: str) -> None:
    """A file of the alliance's own folder, and no published version of a procedure."""
    if not path.startswith(f"{row.charter}/"):
        raise Conflict(
            "charter.file_closed",
            Said(
                f"{path} 属于所扩展的章程，不在此处修改；需要更新时，用 ZIP 整体带入。",
                f"{path} belongs to the charter that is extended and is not changed here; bring it in as a ZIP file.",
            ),
        )
    if path in published_paths(row.texts, row.charter):
        raise Conflict(
            "charter.file_closed",
            Said(
                f"{path} 已经公布，不能再改。请从新的施行日期起草一个新版本。",
                f"{path} has been published and stays as it is. Begin a new version from a later day.",
            ),
        )


def _require_bounded(texts: Mapping[str, str]) -> None:
    sizes = {path: len(text.encode()) for path, text in texts.items()}
    large = [path for path, size in sizes.items() if size > LARGEST_FILE]
    if large or sum(sizes.values()) > LARGEST_FOLDER or len(texts) > MOST_FILES:
        names = "、".join(PurePosixPath(path).name for path in large)
        said = Said(
            f"文件过大或过多：{names or '全部文件'}。单个文件最多 {LARGEST_FILE} 字节。",
            f"Too large or too many: {names or 'all files'}. One file holds at most {LARGEST_FILE} bytes.",
        )
        raise InvalidInput("charter.bad_text", said, problems=(Problem("text", "too_large", said),))
    blank = [path for path, text in texts.items() if "\0" in text]
    if blank:
        said = Said(f"{blank[0]} 含空字符，请删去。", f"{blank[0]} holds null characters; remove them.")
        raise InvalidInput("charter.bad_text", said, problems=(Problem("text", "bad_text", said),))
