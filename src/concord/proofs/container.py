"""The container of a package: a ZIP of stored entries that can be written in one way only.

Nothing is compressed, dated or commented, so a container is fully given by the names and bytes of its entries: it is
compared byte for byte with what would be written anew, and nothing can hide in it. Reading holds the list of entries
in memory and never unpacks. Source: APPNOTE 6.3 and docs/reference/evidence-format.md §1.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import BinaryIO
from unicodedata import is_normalized, normalize

from concord.rules.errors import InvalidInput, Said

MEDIA_TYPE = b"application/vnd.concord.evidence+zip"
BLOCK = 1 << 20

LARGEST_CONTAINER = 64 << 30
MOST_ENTRIES = 100_000
LONGEST_NAME = 240
LARGEST_SMALL = 1 << 20
LARGEST_SMALL_TOGETHER = 64 << 20
LARGEST_CHUNK_LIST = 64 << 20

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE = 0x04034B50, 0x02014B50
_END_SIGNATURE, _END64_SIGNATURE, _LOCATOR_SIGNATURE = 0x06054B50, 0x06064B50, 0x07064B50
_MADE_BY = 0x0314
_PLAIN, _ZIP64 = 20, 45
_UTF8 = 0x0800
_DATE = 0x0021  # 1980-01-01
_MODE = 0o100644 << 16
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_EXTRA = 0x0001

# The entries outside payload/, in the order in which they stand; a number counts up from the one given.
_ORDER = (
    re.compile(r"mimetype()"),
    re.compile(r"manifest\.json()"),
    re.compile(r"disclosure\.json()"),
    re.compile(r"events/([0-9]{6})\.json"),
    re.compile(r"proofs/seal\.leaf\.json()"),
    re.compile(r"proofs/seal\.tlog-proof()"),
    re.compile(r"proofs/head\.leaf\.json()"),
    re.compile(r"proofs/head\.tlog-proof()"),
    re.compile(r"proofs/tsa-(0|[1-9][0-9]*)(?:\.gm)?\.tsr"),
    re.compile(r"proofs/renewal-(0|[1-9][0-9]*)\.json"),
    re.compile(r"proofs/anchor-(0|[1-9][0-9]*)\.json"),
    re.compile(r"trust/directory\.json()"),
    re.compile(r"chunks/(0|[1-9][0-9]*)\.json"),
)
_PAYLOAD = "payload/"
_CONTROL_OR_HALF = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""The characters of the categories Cc and Cs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry to be written: its name, its size in bytes, and how to open its bytes (as often as asked).

    ``crc32`` spares a pass over the bytes where it is known.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]
    crc32: int | None = None

    @classmethod
    def of(cls, name: str, data: bytes) -> Entry:
        """An entry that is in memory."""
        return cls(name, len(data), lambda: io.BytesIO(data), zlib.crc32(data))


@dataclass(frozen=True, slots=True)
class Placed:
    """One entry of a container that is being read: where its bytes lie and the check sums that its headers state."""

    name: str
    size: int
    at: int
    stated: frozenset[int]


@dataclass(slots=True)
class Container:
    """A container whose every byte is as it would be written anew, but for the entries' own bytes and check sums.

    Those are compared while the entries are read: ``unsound`` names the entries read so far whose bytes differ from
    the check sums stated for them.
    """

    file: BinaryIO
    entries: Mapping[str, Placed]
    unsound: set[str] = field(default_factory=set)

    def parts(self, name: str) -> Iterator[bytes]:
        """The bytes of the entry in blocks of 1 MiB at most; once they have all been taken, ``unsound`` is right."""
        entry = self.entries[name]
        crc = 0
        for block in _blocks(self.file, entry.at, entry.size):
            crc = zlib.crc32(block, crc)
            yield block
        if entry.stated != {crc}:
            self.unsound.add(name)

    def bytes(self, name: str, limit: int = LARGEST_SMALL) -> bytes:
        """The whole entry. Raises InvalidInput ``proofs.container`` when it is larger than ``limit``."""
        entry = self.entries[name]
        if entry.size > limit:
            raise _refused("一个条目过大", "an entry is too large")
        data = _exactly(self.file, entry.at, entry.size)
        if entry.stated != {zlib.crc32(data)}:
            self.unsound.add(name)
        return data

    def open(self, name: str) -> BinaryIO:
        """The entry as a file of its own."""
        return io.BufferedReader(_Window(self.file, self.entries[name]), BLOCK)


def write(out: BinaryIO, entries: Iterable[Entry]) -> None:
    """Write the container of ``entries``, in the order given, to ``out`` from where it stands; memory stays flat.

    Raises InvalidInput ``proofs.container`` for names, order or sizes that the format does not allow, and when the
    bytes of an entry are not what was stated for it.
    """
    listed = tuple(entries)
    _check_names([entry.name for entry in listed])
    _check_sizes([(entry.name, entry.size) for entry in listed])
    directory, at = [], 0
    for entry in listed:
        crc = _crc_of(entry) if entry.crc32 is None else entry.crc32
        header = _local_header(entry.name, entry.size, crc)
        out.write(header)
        _copy(entry, crc, out)
        directory.append(_central_header(entry.name, entry.size, crc, at))
        at += len(header) + entry.size
    out.writelines(directory)
    out.write(_ending(len(directory), sum(map(len, directory)), at))


def read(file: BinaryIO) -> Container:
    """Read the list of entries; ``file`` must be seekable. Raises InvalidInput ``proofs.container``.

    Everything but the entries' bytes and their check sums is compared with what ``write`` would have written.
    """
    length = file.seek(0, io.SEEK_END)
    if not _END.size <= length <= LARGEST_CONTAINER:
        raise _refused("长度不在允许的范围内", "its length is out of bounds")
    count, size, start, ending = _read_ending(file, length)
    if start + size + ending != length or count > MOST_ENTRIES or size > count * _largest_central():
        raise _refused("目录与文件长度不符", "its directory does not fit its length")
    directory = _exactly(file, start, size)
    if _ending(count, size, start) != _exactly(file, start + size, ending):
        raise _refused("结尾记录不是规定的写法", "its end record is not written as it must be")
    found = _read_directory(directory, count)
    _check_names([name for name, _, _ in found])
    _check_sizes([(name, entry_size) for name, entry_size, _ in found])
    return Container(file, _place(file, found, directory, start))


def rebuilt_equal(file: BinaryIO, container: Container) -> bool:
    """Whether writing the container anew from its entries gives exactly the bytes of ``file``; memory stays flat."""
    file.seek(0)
    position, directory, at = 0, [], 0
    for entry in container.entries.values():
        crc = 0
        for block in _blocks(file, entry.at, entry.size):
            crc = zlib.crc32(block, crc)
        header = _local_header(entry.name, entry.size, crc)
        if at + len(header) != entry.at or _exactly(file, at, len(header)) != header:
            return False
        directory.append(_central_header(entry.name, entry.size, crc, at))
        at = position = entry.at + entry.size
    ending = b"".join(directory) + _ending(len(directory), sum(map(len, directory)), at)
    file.seek(position)
    return file.read(len(ending) + 1) == ending


def is_payload(name: str) -> bool:
    """Whether the entry is one of the package's files."""
    return name.startswith(_PAYLOAD)


def check_payload_name(name: str) -> None:
    """Refuse a name that a file of a package cannot have: InvalidInput ``proofs.container``."""
    if (
        not name.startswith(_PAYLOAD)
        or len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME
        or "\\" in name
        or any(segment in {"", ".", ".."} for segment in name.split("/"))
        or _CONTROL_OR_HALF.search(name)
        or not is_normalized("NFC", name)
    ):
        raise _refused("有一个文件名不允许", "a name of a file is not allowed")


def _check_names(names: list[str]) -> None:
    """The names of the table, in its order, numbered without a gap; then the files, sorted, none like another."""
    if len(names) > MOST_ENTRIES:
        raise _refused("条目过多", "it has too many entries")
    own = [name for name in names if not is_payload(name)]
    files = names[len(own) :]
    if not all(map(is_payload, files)):
        raise _refused("条目次序不对", "its entries are not in order")
    counts = _counted(own)
    for file in files:
        check_payload_name(file)
    if any(one.encode() >= other.encode() for one, other in pairwise(files)):
        raise _refused("文件次序不对或者重名", "its files are not in order, or a name stands twice")
    if len({normalize("NFC", name.casefold()) for name in files}) != len(files):
        raise _refused("有两个文件名仅大小写不同", "two names of files differ by case alone")
    mimetype, manifest, _, events, leaf, proof, head, head_proof, *_ = counts
    if not (mimetype and manifest and events >= 2 and leaf == proof and head == head_proof <= leaf):  # noqa: PLR2004 - collected and sealed
        raise _refused("缺少必要的条目", "an entry that must be there is missing")


def _counted(names: list[str]) -> list[int]:
    """How many entries of each kind there are, once their order and numbers are right."""
    counts = [0] * len(_ORDER)
    kind = 0
    for name in names:
        matched = _ORDER[kind].fullmatch(name)
        while matched is None:
            kind += 1
            if kind == len(_ORDER):
                raise _refused("有不认识的条目或者次序不对", "an entry is unknown or out of order")
            matched = _ORDER[kind].fullmatch(name)
        if int(matched[1] or "0") != counts[kind] or (counts[kind] and not matched[1]):
            raise _refused("条目编号不连续或者重名", "its entries are not numbered one by one, or one stands twice")
        counts[kind] += 1
    return counts


def _check_sizes(sizes: Iterable[tuple[str, int]]) -> None:
    together = total = 0
    for name, size in sizes:
        total += size
        if is_payload(name):
            continue
        if size > (LARGEST_CHUNK_LIST if name.startswith("chunks/") else LARGEST_SMALL):
            raise _refused("一个条目过大", "an entry is too large")
        together += 0 if name.startswith("chunks/") else size
    if together > LARGEST_SMALL_TOGETHER or total > LARGEST_CONTAINER:
        raise _refused("条目合计过大", "its entries together are too large")


def _local_header(name: str, size: int, crc: int) -> bytes:
    written, flags = _name_and_flags(name)
    large = size >= _FULL32
    extra = struct.pack("<HHQQ", _EXTRA, 16, size, size) if large else b""
    stated = _FULL32 if large else size
    return (
        _LOCAL.pack(
            _LOCAL_SIGNATURE,
            _ZIP64 if large else _PLAIN,
            flags,
            0,
            0,
            _DATE,
            crc,
            stated,
            stated,
            len(written),
            len(extra),
        )
        + written
        + extra
    )


def _central_header(name: str, size: int, crc: int, at: int) -> bytes:
    written, flags = _name_and_flags(name)
    large, far = size >= _FULL32, at >= _FULL32
    fields = ([size, size] if large else []) + ([at] if far else [])
    extra = struct.pack(f"<HH{len(fields)}Q", _EXTRA, 8 * len(fields), *fields) if fields else b""
    stated = _FULL32 if large else size
    return (
        _CENTRAL.pack(
            _CENTRAL_SIGNATURE,
            _MADE_BY,
            _ZIP64 if fields else _PLAIN,
            flags,
            0,
            0,
            _DATE,
            crc,
            stated,
            stated,
            len(written),
            len(extra),
            0,
            0,
            0,
            _MODE,
            _FULL32 if far else at,
        )
        + written
        + extra
    )


def _ending(count: int, size: int, start: int) -> bytes:
    """What stands after the directory of ``count`` entries and ``size`` bytes that begins at ``start``."""
    records = b""
    if count >= _FULL16 or size >= _FULL32 or start >= _FULL32:
        records = _END64.pack(_END64_SIGNATURE, 44, _MADE_BY, _ZIP64, 0, 0, count, count, size, start)
        records += _LOCATOR.pack(_LOCATOR_SIGNATURE, 0, start + size, 1)
    count, size, start = min(count, _FULL16), min(size, _FULL32), min(start, _FULL32)
    return records + _END.pack(_END_SIGNATURE, 0, 0, count, count, size, start, 0)


def _name_and_flags(name: str) -> tuple[bytes, int]:
    return name.encode(), 0 if name.isascii() else _UTF8


def _largest_central() -> int:
    return _CENTRAL.size + LONGEST_NAME + 4 + 3 * 8


def _read_ending(file: BinaryIO, length: int) -> tuple[int, int, int, int]:
    """Number of entries, size and start of the directory, and how many bytes stand after it."""
    signature, _, _, _, count, size, start, _ = _END.unpack(_exactly(file, length - _END.size, _END.size))
    if signature != _END_SIGNATURE:
        raise _refused("不是本格式的容器", "it is no container of this format")
    ending = _END.size
    if count == _FULL16 or _FULL32 in {size, start}:
        ending += _END64.size + _LOCATOR.size
        if length < ending:
            raise _refused("不是本格式的容器", "it is no container of this format")
        *_, count, size, start = _END64.unpack(_exactly(file, length - ending, _END64.size))
    return count, size, start, ending


def _read_directory(directory: bytes, count: int) -> list[tuple[str, int, int]]:
    """Name, size and stated check sum of each entry; whether the rest is right is seen by writing it anew."""
    found, at = [], 0
    for _ in range(count):
        if at + _CENTRAL.size > len(directory):
            raise _refused("目录不完整", "its directory is cut short")
        fields = _CENTRAL.unpack_from(directory, at)
        crc, size, name_length, extra_length = fields[7], fields[9], fields[10], fields[11]
        at += _CENTRAL.size
        name, extra = directory[at : at + name_length], directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length
        if size == _FULL32:
            if len(extra) < 20:  # noqa: PLR2004 - header of the field and both sizes
                raise _refused("目录不完整", "its directory is cut short")
            size = struct.unpack_from("<Q", extra, 4)[0]
        try:
            found.append((name.decode(), size, crc))
        except UnicodeDecodeError:
            raise _refused("条目名不是 UTF-8", "a name is not UTF-8") from None
    return found


def _place(file: BinaryIO, found: list[tuple[str, int, int]], directory: bytes, start: int) -> dict[str, Placed]:
    """Where each entry lies, once both of its headers are as they would be written."""
    placed, at, written = {}, 0, []
    for name, size, crc in found:
        written.append(_central_header(name, size, crc, at))
        header = _local_header(name, size, crc)
        length = len(header)
        if at + length + size > start:
            raise _refused("条目超出目录", "its entries reach into its directory")
        found_header, stated = _exactly(file, at, length), crc
        if found_header != header:
            stated = _LOCAL.unpack_from(found_header)[6]
            if _local_header(name, size, stated) != found_header:
                raise _refused("条目头不是规定的写法", "the header of an entry is not written as it must be")
        placed[name] = Placed(name, size, at + length, frozenset((crc, stated)))
        at += length + size
    if at != start or b"".join(written) != directory:
        raise _refused("目录不是规定的写法", "its directory is not written as it must be")
    return placed


def _exactly(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    data = file.read(length)
    if len(data) != length:
        raise _refused("文件不完整", "it is cut short")
    return data


def _blocks(file: BinaryIO, at: int, size: int) -> Iterator[bytes]:
    """The ``size`` bytes from ``at``, whatever else is read from the file in between."""
    end = at + size
    while at < end:
        block = _exactly(file, at, min(BLOCK, end - at))
        at += len(block)
        yield block


def _crc_of(entry: Entry) -> int:
    crc = 0
    with entry.open() as stream:
        while block := stream.read(BLOCK):
            crc = zlib.crc32(block, crc)
    return crc


def _copy(entry: Entry, crc: int, out: BinaryIO) -> None:
    size = found = 0
    with entry.open() as stream:
        while block := stream.read(BLOCK):
            size += len(block)
            found = zlib.crc32(block, found)
            out.write(block)
    if (size, found) != (entry.size, crc):
        raise _refused("条目的内容在写入时有变", "the bytes of an entry changed while it was written")


class _Window(io.RawIOBase):
    """One entry, read from the container's file."""

    def __init__(self, file: BinaryIO, entry: Placed) -> None:
        super().__init__()
        self._file = file
        self._at, self._end = entry.at, entry.at + entry.size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io.BufferedReader gives
        """Fill ``buffer`` as far as the entry reaches."""
        block = _exactly(self._file, self._at, min(len(buffer), self._end - self._at))
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)


def _refused(zh: str, en: str) -> InvalidInput:
    return InvalidInput("proofs.container", Said(f"容器不符合格式：{zh}。", f"This is not a container: {en}."))
