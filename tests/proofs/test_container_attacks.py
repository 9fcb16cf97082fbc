"""Attacks on the container: neither verifier accepts one, and both say the same of every check."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pytest

from tests.support.packages import JIAXING, SONGJIANG, Alliance, packed, report_pair
from tests.support.two_verifiers import Entries, both_say, container_of, entries_of, failing

MANIFEST, PAGE, LAST_EVENT = b"manifest.json", b"payload/page.html", b"events/000003.json"
TRANSFER = (
    {"action": "transfer", "counterparty": JIAXING},
    {"action": "receive", "org": JIAXING, "counterparty": SONGJIANG, "report": report_pair()},
)


@cache
def sound() -> tuple[bytes, bytes]:
    """A package with a transfer, and its trust file."""
    alliance = Alliance(seed=5)
    return packed(alliance.sealed(acts=TRANSFER)), alliance.trust()


def entries() -> Entries:
    return entries_of(sound()[0])


def at(name: bytes) -> int:
    """Where an entry stands."""
    return [one for one, _content in entries()].index(name)


def with_entry(name: str | bytes, content: bytes = b"x") -> bytes:
    """The package with one more file at the end."""
    raw = name.encode() if isinstance(name, str) else name
    return container_of([*entries(), (raw, content)])


def renamed(old: bytes, new: bytes) -> bytes:
    return container_of([(new if name == old else name, content) for name, content in entries()])


def without(name: bytes) -> bytes:
    return container_of([entry for entry in entries() if entry[0] != name])


def swapped(one: int, two: int) -> bytes:
    changed = entries()
    changed[one], changed[two] = changed[two], changed[one]
    return container_of(changed)


def shortened(name: bytes, cut: int) -> bytes:
    return container_of([(one, content[:-cut] if one == name else content) for one, content in entries()])


def patched(old: bytes, new: bytes, *, last: bool = False) -> bytes:
    """The package with the first (or last) place of some bytes overwritten."""
    package = sound()[0]
    place = package.rindex(old) if last else package.index(old)
    return package[:place] + new + package[place + len(new) :]


def prepended() -> bytes:
    """A stub before the package, all offsets mended."""
    stub, package = b"#!/bin/sh\necho mine\n", sound()[0]
    place = package.index(b"PK\x01\x02")
    directory, end = bytearray(package[place:-22]), bytearray(package[-22:])
    here = 0
    while here < len(directory):
        name_length = struct.unpack("<H", directory[here + 28 : here + 30])[0]
        old = struct.unpack("<I", directory[here + 42 : here + 46])[0]
        directory[here + 42 : here + 46] = struct.pack("<I", old + len(stub))
        here += 46 + name_length
    end[16:20] = struct.pack("<I", place + len(stub))
    return stub + package[:place] + bytes(directory) + bytes(end)


def zipped(compression: int, more: bytes = b"") -> bytes:
    """The same entries as another packer would write them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in entries():
            archive.writestr(zipfile.ZipInfo(name.decode(), (1980, 1, 1, 0, 0, 0)), content, compression)
        if more:
            archive.writestr("payload/z", more)
    return out.getvalue()


def bomb() -> bytes:
    """200 MiB that are a few hundred kilobytes in the file."""
    return zipped(zipfile.ZIP_DEFLATED, bytes(200 << 20))


def one_byte(*, crc_mended: bool) -> bytes:
    changed = [(name, content[:-1] + b"!" if name == PAGE else content) for name, content in entries()]
    if crc_mended:
        return container_of(changed)
    old = dict(entries())[PAGE]
    return container_of(changed).replace(
        struct.pack("<I", zlib.crc32(old[:-1] + b"!")), struct.pack("<I", zlib.crc32(old))
    )


def overlapping() -> bytes:
    """Two entries of the directory that share one content."""
    package = bytearray(sound()[0])
    place = package.index(b"PK\x01\x02")
    first = 46 + len(b"mimetype")
    package[place + first + 42 : place + first + 46] = struct.pack("<I", 0)
    return bytes(package)


def patched_between() -> bytes:
    """A byte between two entries that the directory passes over."""
    package = sound()[0]
    place = package.index(b"PK\x03\x04", 4)
    return package[:place] + b"\0" + package[place:]


def case_twins() -> bytes:
    changed = [entry for entry in entries() if not entry[0].startswith(b"payload/")]
    return container_of([*changed, (b"payload/A", b""), (b"payload/a", b"")])


# Those of evidence packages that were measured elsewhere first; thirteen of them.
PUBLISHED: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "unlisted extra file": (lambda: with_entry("payload/龙.txt"), ["C03", "C04"]),
    "entries in another order": (lambda: swapped(at(MANIFEST), at(b"events/000000.json")), ["C01"]),
    "symbolic link": (lambda: container_of(entries(), central_attributes=0o120777 << 16), ["C01"]),
    "comment of the archive": (lambda: container_of(entries(), comment=b"seen by the court"), ["C01"]),
    "stub before the package": (prepended, ["C01"]),
    "changed times": (lambda: container_of(entries(), local_time=1, central_time=1), ["C01"]),
    "path out of the folder": (lambda: with_entry("payload/../../etc/passwd"), ["C01"]),
    "absolute name": (lambda: with_entry("/payload/z"), ["C01"]),
    "name twice": (lambda: container_of([*entries(), entries()[at(PAGE)]]), ["C01"]),
    "deflated entries": (lambda: zipped(zipfile.ZIP_DEFLATED), ["C01"]),
    "bomb": (bomb, ["C01"]),
    "dropped event": (lambda: without(b"events/000002.json"), ["C01"]),
    "one byte of a file": (lambda: one_byte(crc_mended=True), ["C03", "C04"]),
}
MORE: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "one byte of a file, check sum left": (lambda: one_byte(crc_mended=False), ["C01", "C03", "C04"]),
    "dropped last event": (lambda: without(LAST_EVENT), ["C09", "C17"]),
    "dropped head proof": (lambda: without(b"proofs/head.tlog-proof"), ["C01"]),
    "dropped seal": (
        lambda: container_of([one for one in entries() if not one[0].startswith(b"proofs/seal")]),
        ["C01"],
    ),
    "dropped manifest": (lambda: without(MANIFEST), ["C01"]),
    "dropped media type": (lambda: without(b"mimetype"), ["C01"]),
    "dropped file": (lambda: without(PAGE), ["C03", "C04"]),
    "other media type": (
        lambda: container_of([(name, b"application/zip" if name == b"mimetype" else one) for name, one in entries()]),
        ["C01"],
    ),
    "files in another order": (lambda: swapped(len(entries()) - 1, len(entries()) - 2), ["C01"]),
    "bytes after the end": (lambda: sound()[0] + b"\0", ["C01"]),
    "bytes before": (lambda: b"\0" + sound()[0], ["C01"]),
    "bytes between": (patched_between, ["C01"]),
    "empty": (lambda: b"", ["C01"]),
    "no entries": (lambda: container_of([]), ["C01"]),
    "half": (lambda: sound()[0][: len(sound()[0]) // 2], ["C01"]),
    "without its last byte": (lambda: sound()[0][:-1], ["C01"]),
    "another package appended": (lambda: sound()[0] * 2, ["C01"]),
    "comment of an entry": (lambda: container_of(entries(), entry_comment=b"x"), ["C01"]),
    "extra field": (lambda: container_of(entries(), extra=b"\xfe\xca\0\0"), ["C01"]),
    "small zip64": (lambda: container_of(entries(), extra=struct.pack("<HHQQ", 1, 16, 1, 1)), ["C01"]),
    "data descriptors": (lambda: container_of(entries(), local_flags=8, central_flags=8), ["C01"]),
    "encrypted": (lambda: container_of(entries(), local_flags=1, central_flags=1), ["C01"]),
    "UTF-8 said of plain names": (lambda: container_of(entries(), local_flags=0x800, central_flags=0x800), ["C01"]),
    "method in one header only": (lambda: container_of(entries(), local_method=8), ["C01"]),
    "made by another system": (lambda: container_of(entries(), central_made_by=20), ["C01"]),
    "newer version needed": (lambda: container_of(entries(), local_needed=45, central_needed=45), ["C01"]),
    "dates": (lambda: container_of(entries(), local_date=0x5C77, central_date=0x5C77), ["C01"]),
    "check sums of nothing": (lambda: container_of(entries(), local_crc=0, central_crc=0), ["C01"]),
    "check sum in one header only": (lambda: container_of(entries(), local_crc=0), ["C01"]),
    "sizes that differ": (lambda: container_of(entries(), central_packed=1), ["C01"]),
    "sizes of nothing": (lambda: container_of(entries(), local_size=0, local_packed=0), ["C01"]),
    "another packer": (lambda: zipped(zipfile.ZIP_STORED), ["C01"]),
    "other name in one header": (lambda: patched(b"\0\0payload/page.html", b"\0\0payload/pagX.html"), ["C01"]),
    "other name in the directory": (lambda: patched(b"payload/page.html", b"payload/pagX.html", last=True), ["C01"]),
    "shared content": (overlapping, ["C01"]),
    "renamed file": (lambda: renamed(PAGE, b"payload/p.html"), ["C03", "C04"]),
    "entry of another kind": (lambda: with_entry("notes.txt"), ["C01"]),
    "folder": (lambda: with_entry("payload/z/", b""), ["C01"]),
    "payload alone": (lambda: with_entry("payload/", b""), ["C01"]),
    "dot segment": (lambda: with_entry("payload/./z"), ["C01"]),
    "empty segment": (lambda: with_entry("payload//z"), ["C01"]),
    "backslash": (lambda: with_entry("payload/a\\b"), ["C01"]),
    "control character": (lambda: with_entry("payload/z\x07"), ["C01"]),
    "end of line": (lambda: with_entry("payload/z\n"), ["C01"]),
    "control character of the second row": (lambda: with_entry("payload/网\u0085"), ["C01"]),
    "name cut by zero": (lambda: with_entry("payload/z\0.html"), ["C01"]),
    "decomposed name": (lambda: with_entry(unicodedata.normalize("NFD", "payload/zé")), ["C01"]),
    "equal but for case": (lambda: renamed(b"events/000003.json", b"events/000003.JSON"), ["C01"]),
    "files equal but for case": (case_twins, ["C01"]),
    "name that is not UTF-8": (lambda: with_entry(b"payload/z\xff"), ["C01"]),
    "name too long": (lambda: with_entry("payload/" + "z" * 233), ["C01"]),
    "event number with seven digits": (lambda: renamed(LAST_EVENT, b"events/0000003.json"), ["C01"]),
    "event number left out": (lambda: renamed(LAST_EVENT, b"events/000004.json"), ["C01"]),
    "token number with a zero": (lambda: renamed(b"proofs/tsa-0.tsr", b"proofs/tsa-00.tsr"), ["C01"]),
    "token number left out": (lambda: renamed(b"proofs/tsa-0.tsr", b"proofs/tsa-1.tsr"), ["C01"]),
    "token of the other kind": (lambda: renamed(b"proofs/tsa-0.tsr", b"proofs/tsa-0.gm.tsr"), ["C08"]),
    "shortened event": (lambda: shortened(b"events/000002.json", 1), ["C05"]),
    "manifest with a line end": (
        lambda: container_of([(name, one + b"\n" if name == MANIFEST else one) for name, one in entries()]),
        ["C02", "C05"],
    ),
}


@pytest.mark.parametrize("name", [*PUBLISHED, *MORE])
def test_no_attack_is_accepted(name: str) -> None:
    attack, checks = (PUBLISHED | MORE)[name]
    report = both_say(attack(), sound()[1])
    assert report.verdict == "fail"
    assert failing(report) == checks


def test_thirteen_are_published() -> None:
    assert len(PUBLISHED) == 13


def test_what_they_attack_is_sound() -> None:
    package, trust = sound()
    report = both_say(package, trust)
    assert (report.verdict, report.level) == ("pass", "L2T")
    assert container_of(entries()) == package


def test_a_bomb_is_refused_before_it_bursts() -> None:
    attack = bomb()
    assert len(attack) < 1 << 20
    assert both_say(attack, sound()[1]).statuses["C02"] == "not_applicable"


def test_a_container_of_too_many_entries() -> None:
    many = [(b"payload/%06d" % number, b"") for number in range(100_001)]
    assert failing(both_say(container_of(many), sound()[1])) == ["C01"]


@pytest.mark.parametrize("name", ["manifest.json", "trust/directory.json", "proofs/tsa-0.tsr"])
def test_a_small_entry_that_is_large(name: str) -> None:
    large = [(one, bytes((1 << 20) + 1) if one == name.encode() else content) for one, content in entries()]
    assert failing(both_say(container_of(large), sound()[1])) == ["C01"]
