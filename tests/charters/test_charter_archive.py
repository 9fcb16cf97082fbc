"""Charters go out as ZIP files and come back; hostile ones are refused with a reason."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.charters import archive
from concord.charters.archive import packed, unpacked
from concord.charters.folder import LARGEST_FILE, LARGEST_FOLDER, MOST_FILES
from concord.rules.errors import DefinitionError
from tests.support.toy_charter import toy_files


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return stream.getvalue()


def codes_of(content: bytes) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        unpacked(content)
    assert refused.value.code == "charter.unreadable"
    assert all(fault.advice.zh and fault.advice.en for fault in refused.value.faults)
    return [fault.code for fault in refused.value.faults]


def test_what_goes_out_comes_back() -> None:
    assert unpacked(packed(toy_files())) == toy_files()


def test_the_same_texts_make_the_same_bytes() -> None:
    backwards = dict(reversed(toy_files().items()))
    assert packed(backwards) == packed(toy_files())


def test_folders_of_the_archive_are_no_files() -> None:
    assert unpacked(zipped(("toy/", b""), ("toy/charter.toml", b"x = 1\n"))) == {"toy/charter.toml": "x = 1\n"}


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd.toml",
        "../charter.toml",
        "toy/../../charter.toml",
        "toy/./charter.toml",
        "toy//charter.toml",
        "charter.toml",
        "toy\\charter.toml:x.toml",
        "C:/toy/charter.toml",
        "Toy Box/charter.toml",
        "toy/\x1b[31m.toml",
        "toy/" + "a" * 300 + ".toml",
    ],
)
def test_paths_stay_inside(name: str) -> None:
    assert codes_of(zipped((name, b"x = 1\n"))) == ["charter.leads_out"]


def test_links_are_refused() -> None:
    link = zipfile.ZipInfo("toy/link.toml")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert codes_of(zipped((link, b"/etc/passwd"))) == ["charter.leads_out"]


@pytest.mark.parametrize("name", ["toy/logo.png", "toy/run.exe", "toy/.DS_Store", "toy/notes"])
def test_only_texts_of_a_charter_are_taken(name: str) -> None:
    assert codes_of(zipped((name, b"x"))) == ["charter.no_text"]


def test_every_entry_that_is_wrong_is_named() -> None:
    content = zipped(("toy/a.png", b""), ("../b.toml", b""), ("toy/c.toml", b"\xff"), ("toy/d.toml", b"x = 1\n"))
    with pytest.raises(DefinitionError) as refused:
        unpacked(content)
    assert {(fault.file, fault.code) for fault in refused.value.faults} == {
        ("toy/a.png", "charter.no_text"),
        ("../b.toml", "charter.leads_out"),
        ("toy/c.toml", "charter.not_utf8"),
    }


def test_a_text_that_is_not_utf8_is_named_with_its_line() -> None:
    with pytest.raises(DefinitionError) as refused:
        unpacked(zipped(("toy/charter.toml", b"x = 1\ny = '\xd6\xd0'\n")))
    assert [(fault.line, fault.code) for fault in refused.value.faults] == [(2, "charter.not_utf8")]


def test_null_characters_are_no_text() -> None:
    assert codes_of(zipped(("toy/charter.toml", b"a\0b"))) == ["charter.no_text"]


def test_a_bomb_is_not_unpacked() -> None:
    content = zipped(("toy/bomb.toml", b"#" * (64 * 1024 * 1024)))
    assert len(content) < 100_000
    assert codes_of(content) == ["charter.too_large"]


def test_many_large_files_are_too_much_together() -> None:
    count = LARGEST_FOLDER // LARGEST_FILE + 2
    content = zipped(*((f"toy/{n}.toml", b"#" * LARGEST_FILE) for n in range(count)))
    assert codes_of(content) == ["charter.too_large"]


def test_a_header_that_lies_about_the_size_changes_nothing() -> None:
    content = bytearray(zipped(("toy/bomb.toml", b"#" * (2 * LARGEST_FILE))))
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(DefinitionError):
        unpacked(bytes(content))


def test_too_many_files() -> None:
    assert codes_of(zipped(*((f"toy/{n}.toml", b"") for n in range(MOST_FILES + 1)))) == ["charter.too_large"]


def test_a_large_archive_is_not_even_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_ARCHIVE", 100)
    assert codes_of(packed(toy_files())) == ["charter.too_large"]


def test_encrypted_entries_are_refused() -> None:
    content = bytearray(zipped(("toy/charter.toml", b"x = 1\n")))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert codes_of(bytes(content)) == ["charter.encrypted"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_stands_in_it_once() -> None:
    assert codes_of(zipped(("toy/a.toml", b""), ("toy/a.toml", b"x"))) == ["charter.twice"]


@given(st.binary(max_size=400))
def test_anything_else_is_no_archive(content: bytes) -> None:
    assert codes_of(content) == ["charter.bad_archive"]


@given(at=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
def test_a_damaged_archive_is_refused_or_read_as_text(at: int, byte: int) -> None:
    content = bytearray(packed({"toy/charter.toml": "x = 1\n" * 50, "toy/papers/a.typ": "文"}))
    content[at % len(content)] = byte
    try:
        texts = unpacked(bytes(content))
    except DefinitionError:
        return
    assert all(isinstance(text, str) for text in texts.values())
