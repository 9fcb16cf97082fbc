"""What is taken as a file: how large, under which name, of which kinds, told by the bytes and not by the name alone."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, NoReturn

from concord.rules.errors import InvalidInput, Problem, Said

MAX_SIZE = 50 * 1024 * 1024
NAME_LENGTH = 200
HEAD = 4096
CHUNK = 1024 * 1024
# A file may bring this many bytes of archive directory: tens of thousands of names.
MAX_DIRECTORY = 4 * 1024 * 1024
# The record that ends an archive: 22 bytes and a comment of at most 65,535.
ARCHIVE_END = b"PK\x05\x06"
ARCHIVE_END_SIZE = 22
ARCHIVE_TAIL = ARCHIVE_END_SIZE + 0xFFFF

EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
TEXT_ENCODINGS = ("utf-8", "gb18030")
PROGRAMS = (
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"#!",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken: its media type, and whether bytes are of that kind."""

    media_type: str
    fits: Callable[[IO[bytes]], bool]


def clean_name(name: str) -> str:
    """The last part of ``name`` without unseen characters, in NFC, at most 200 characters, its extension kept.

    Raises InvalidInput ``files.name_missing`` when nothing is left before the extension.
    """
    seen = "".join(" " if char.isspace() else char for char in name if char.isspace() or not _unseen(char))
    last = unicodedata.normalize("NFC", seen).replace("\\", "/").rpartition("/")[2]
    last = " ".join(last.split()).rstrip(". ")
    extension = extension_of(last)
    stem = last.removesuffix(extension)[: NAME_LENGTH - len(extension)].rstrip(". ")
    if not stem:
        _refuse(
            "files.name_missing",
            "文件没有名称，请命名后重新上传。",
            "The file has no name; give it one and upload it again.",
        )
    return stem + extension


def extension_of(name: str) -> str:
    """The extension with its dot, as written; empty when there is none."""
    found = EXTENSION.search(name)
    return found.group() if found else ""


def check_size(size: int, *, most: int = MAX_SIZE) -> None:
    """Raise InvalidInput ``files.empty`` or ``files.too_large``; sizes are in bytes."""
    if size == 0:
        _refuse("files.empty", "文件是空的，请检查后重新上传。", "The file is empty; check it and upload it again.")
    if size > most:
        limit = most // (1024 * 1024)
        _refuse(
            "files.too_large",
            f"文件超过 {limit} MB，请压缩或拆分后重新上传。",
            f"The file is larger than {limit} MB; compress or split it and upload it again.",
        )


def kind_of(name: str, content: IO[bytes]) -> Kind:
    """The kind that the name's extension promises and the bytes keep.

    Raises InvalidInput ``files.executable``, ``files.kind_not_taken`` or ``files.kind_mismatch``.
    """
    head = _head(content)
    if head.startswith(PROGRAMS) or (head.startswith(b"MZ") and b"\0" in head):
        _refuse(
            "files.executable",
            "这是可执行程序，不能上传。需要作为证据提交的，请先打包为 ZIP。",
            "This is a program and cannot be uploaded. If it is evidence, put it into a ZIP archive first.",
        )
    kind = promised_kind(name)
    if not kind.fits(content):
        extension = extension_of(name).lower()
        _refuse(
            "files.kind_mismatch",
            f"文件内容与扩展名“{extension}”不符，或者文件已损坏，请检查后重新上传。",
            f"The content is not what the extension {extension!r} says, or is damaged; check it and upload it again.",
        )
    return kind


def promised_kind(name: str) -> Kind:
    """The kind that the name's extension promises. Raises InvalidInput ``files.kind_not_taken``."""
    extension = extension_of(name).lower()
    kind = KINDS.get(extension)
    if kind is None:
        taken = "、".join(found.removeprefix(".") for found in KINDS)
        _refuse(
            "files.kind_not_taken",
            f"不接收“{extension or name}”类型的文件。可上传：{taken}。",
            f"Files of the kind {extension or name!r} are not taken. These are: {taken.replace('、', ', ')}.",
        )
    return kind


def check_claim(claimed: str | None, kind: Kind) -> None:
    """Raise InvalidInput ``files.kind_mismatch`` when the caller was sure of another media type."""
    if claimed is not None and claimed != kind.media_type:
        _refuse(
            "files.kind_mismatch",
            f"文件声明的类型是 {claimed}，实际是 {kind.media_type}，请更正后重新提交。",
            f"The file is said to be {claimed} but is {kind.media_type}; correct the type and send it again.",
        )


def _unseen(char: str) -> bool:
    return unicodedata.category(char) in UNSEEN


def _refuse(code: str, zh: str, en: str) -> NoReturn:
    said = Said(zh, en)
    raise InvalidInput(code, said, problems=(Problem("file", code.partition(".")[2], said),))


def _head(content: IO[bytes]) -> bytes:
    content.seek(0)
    return content.read(HEAD)


def _starts(*beginnings: bytes) -> Callable[[IO[bytes]], bool]:
    return lambda content: _head(content).startswith(beginnings)


def _is_riff(form: bytes) -> Callable[[IO[bytes]], bool]:
    def fits(content: IO[bytes]) -> bool:
        head = _head(content)
        return head.startswith(b"RIFF") and head[8:12] == form

    return fits


def _is_mp4(content: IO[bytes]) -> bool:
    return _head(content)[4:8] == b"ftyp"


def _is_text(content: IO[bytes]) -> bool:
    """UTF-8 or GB 18030 throughout, without control characters; read in pieces."""
    return any(_decodes(content, encoding) for encoding in TEXT_ENCODINGS)


def _decodes(content: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    content.seek(0)
    try:
        while chunk := content.read(CHUNK):
            if CONTROLS.search(chunk):
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_archive(*names: bytes) -> Callable[[IO[bytes]], bool]:
    """Whether it is a ZIP archive whose directory, read up to a bound, lists every one of ``names``."""

    def fits(content: IO[bytes]) -> bool:
        directory = _archive_directory(content)
        if directory is None or not all(name in directory for name in names):
            return False
        return not names or b"vbaProject.bin" not in directory  # no macros under a name that promises none

    return fits


def _archive_directory(content: IO[bytes]) -> bytes | None:
    """The central directory of a ZIP archive, its bytes unread; None when there is none within the bound."""
    if not _head(content).startswith((b"PK\x03\x04", ARCHIVE_END)):
        return None
    size = content.seek(0, 2)
    content.seek(max(0, size - ARCHIVE_TAIL))
    tail = content.read(ARCHIVE_TAIL)
    end = tail[tail.rfind(ARCHIVE_END) :]
    if not end.startswith(ARCHIVE_END) or len(end) < ARCHIVE_END_SIZE:
        return None
    length, offset = int.from_bytes(end[12:16], "little"), int.from_bytes(end[16:20], "little")
    if length > MAX_DIRECTORY or offset + length > size:
        return None
    content.seek(offset)
    directory = content.read(length)
    return directory if length == 0 or directory.startswith(b"PK\x01\x02") else None


KINDS = {
    ".pdf": Kind("application/pdf", _starts(b"%PDF-")),
    ".ofd": Kind("application/ofd", _is_archive(b"OFD.xml")),
    ".docx": Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _is_archive(b"[Content_Types].xml", b"word/document"),
    ),
    ".xlsx": Kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _is_archive(b"[Content_Types].xml", b"xl/workbook"),
    ),
    ".zip": Kind("application/zip", _is_archive()),
    ".png": Kind("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    ".jpg": Kind("image/jpeg", _starts(b"\xff\xd8\xff")),
    ".jpeg": Kind("image/jpeg", _starts(b"\xff\xd8\xff")),
    ".webp": Kind("image/webp", _is_riff(b"WEBP")),
    ".mp4": Kind("video/mp4", _is_mp4),
    ".mp3": Kind("audio/mpeg", _starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    ".wav": Kind("audio/wav", _is_riff(b"WAVE")),
    ".txt": Kind("text/plain", _is_text),
    ".csv": Kind("text/csv", _is_text),
}
