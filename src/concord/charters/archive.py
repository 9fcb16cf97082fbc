"""Charter texts as one ZIP file, and back: what comes from outside is bounded and stays inside its folders."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePosixPath

from concord.charters.folder import LARGEST_FILE, LARGEST_FOLDER, MOST_FILES, TEXT_SUFFIXES
from concord.rules.errors import Fault, Said
from concord.rules.procedure.reading import wrong_definition
from concord.rules.rows import IDENTIFIER

LARGEST_ARCHIVE = 4 * 1024 * 1024
LONGEST_PATH = 200
# ZIP knows no earlier day; the same texts make the same bytes.
DAY = (1980, 1, 1, 0, 0, 0)
ENCRYPTED = 0x1
UNIX = 3
READABLE = 0o100644
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the standard library raises over bytes that are no sound archive.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
)


def packed(texts: Mapping[str, str]) -> bytes:
    """The texts (relative path → text) as a ZIP file; the same texts always make the same bytes."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(texts):
            entry = zipfile.ZipInfo(path, DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            entry.external_attr = READABLE << 16
            archive.writestr(entry, texts[path].encode())
    return stream.getvalue()


def unpacked(content: bytes) -> dict[str, str]:
    """The texts of a ZIP file, relative path → text; nothing is written anywhere.

    Raises DefinitionError ``charter.unreadable`` with every entry that leads out of its folder, is no text of a
    charter, too large, encrypted, doubled or not UTF-8, and when the file is no ZIP or holds too much.
    """
    if len(content) > LARGEST_ARCHIVE:
        raise _whole("charter.too_large", f"压缩包超过 {LARGEST_ARCHIVE} 字节", f"more than {LARGEST_ARCHIVE} bytes")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _texts(archive)
    except BROKEN as error:
        raise _whole("charter.bad_archive", "不是完好的 ZIP 压缩包", "this is no sound ZIP file") from error


def _texts(archive: zipfile.ZipFile) -> dict[str, str]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise _whole("charter.too_large", f"文件超过 {MOST_FILES} 个", f"more than {MOST_FILES} files")
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    left = LARGEST_FOLDER
    for entry in entries:
        fault = _refused(entry, texts)
        if fault is None:
            # Never what the header promises: what really comes out, and one byte more than is taken.
            with archive.open(entry) as stream:
                content = stream.read(min(LARGEST_FILE, left) + 1)
            left -= len(content)
            if left < 0:
                raise _whole(
                    "charter.too_large", f"总共超过 {LARGEST_FOLDER} 字节", f"more than {LARGEST_FOLDER} bytes"
                )
            fault = _too_large(entry.filename, content)
        if fault is None:
            text = _decoded(entry.filename, content)
            if isinstance(text, str):
                texts[entry.filename] = text
                continue
            fault = text
        faults.append(fault)
    if faults:
        raise wrong_definition("charter.unreadable", faults)
    return texts


def _refused(entry: zipfile.ZipInfo, taken: Mapping[str, str]) -> Fault | None:
    """Why an entry is not even opened."""
    name = entry.filename
    parts = PurePosixPath(name).parts
    inside = (
        len(parts) > 1
        and name == "/".join(parts)
        and IDENTIFIER.fullmatch(parts[0]) is not None
        and ".." not in parts
        and not any(character in name for character in '\\:*?"<>|')
        and name.isprintable()
        and len(name) <= LONGEST_PATH
    )
    if not inside or stat.S_ISLNK(entry.external_attr >> 16):
        return _fault(
            name,
            "charter.leads_out",
            Said("路径不在章程目录内", "the path does not lie in a charter's folder"),
            Said("写成 章程标识/… 的相对路径，不用链接", "use relative paths such as g60/charter.toml, and no links"),
        )
    if PurePosixPath(name).suffix not in TEXT_SUFFIXES:
        return _fault(
            name,
            "charter.no_text",
            Said("不是章程的文本文件", "this is no text file of a charter"),
            Said("只打包 .toml 和 .typ 文件", "pack .toml and .typ files only"),
        )
    if entry.flag_bits & ENCRYPTED or entry.compress_type not in METHODS:
        said = Said("文件已加密，或者压缩方法不通用", "the file is encrypted, or packed in an uncommon way")
        advice = Said("用普通 ZIP 打包，不设密码", "make a plain ZIP without a password")
        return _fault(name, "charter.encrypted", said, advice)
    if name in taken:
        said = Said("文件在压缩包中重复", "the file stands twice in the archive")
        return _fault(name, "charter.twice", said, Said("只保留一份", "keep one of them"))
    return None


def _too_large(name: str, content: bytes) -> Fault | None:
    if len(content) <= LARGEST_FILE:
        return None
    said = Said(f"文件超过 {LARGEST_FILE} 字节", f"more than {LARGEST_FILE} bytes")
    return _fault(name, "charter.too_large", said, Said("拆成几个文件", "split it into several files"))


def _decoded(name: str, content: bytes) -> str | Fault:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = Said("不是 UTF-8 文本", "not UTF-8 text")
        return _fault(name, "charter.not_utf8", said, Said("另存为 UTF-8", "save it as UTF-8"), line)
    if "\0" in text:
        said = Said("文本含空字符", "the text holds null characters")
        return _fault(name, "charter.no_text", said, Said("另存为 UTF-8 纯文本", "save it as plain text in UTF-8"))
    return text


def _fault(name: str, code: str, said: Said, advice: Said, line: int = 1) -> Fault:
    shown = name if name.isprintable() and len(name) <= LONGEST_PATH else ascii(name[:LONGEST_PATH])
    return Fault(shown, line, "file", code, said, advice)


def _whole(code: str, zh: str, en: str) -> Exception:
    advice = Said("请从系统下载一份，改好后重新打包", "download one here, change it and pack it again")
    return wrong_definition("charter.unreadable", [_fault("ZIP", code, Said(zh, en), advice)])
