"""Files: whole or not at all, once under their digest, of a kind that their bytes keep."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from concord.foundation.access.actor import Actor
from concord.foundation.database import scope
from concord.foundation.files import storage
from concord.foundation.files.commands import store, store_made
from concord.foundation.files.models import File
from concord.foundation.files.policy import MAX_SIZE, NAME_LENGTH, clean_name, extension_of
from concord.foundation.files.queries import open_bytes, read_verified
from concord.rules.errors import InvalidInput, Unavailable
from tests.foundation.people import AT, officer

PDF = b"%PDF-1.7\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
UID = UUID(int=1)


@pytest.fixture
def root(tmp_path: Path, settings: Settings) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def by(db: None) -> Actor:  # noqa: ARG001  the fixture opens the database
    actor = officer("alpha")
    scope.enter(str(actor.scope_id))
    return actor


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as writing:
        for name in names:
            writing.writestr(zipfile.ZipInfo(name), "content")
    return made.getvalue()


def lying_in(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_file_lies_under_its_digest_with_who_brought_it(root: Path, by: Actor) -> None:
    file = store(content=PDF, name="调查 报告.PDF", by=by, at=AT, uid=UID)
    digest = hashlib.sha256(PDF).hexdigest()
    assert lying_in(root) == [f"{digest[:2]}/{digest[2:4]}/{digest}"]
    kept = File.objects.get(uid=UID)
    assert kept == file
    assert (kept.digest, kept.size, kept.media_type, kept.name) == (
        digest,
        len(PDF),
        "application/pdf",
        "调查 报告.PDF",
    )
    assert (kept.organisation, kept.person, kept.stored_at) == (by.organisation, by.person, AT)
    assert read_verified(kept) == PDF
    with open_bytes(kept) as stream:
        assert stream.read(5) == b"%PDF-"


def test_the_same_bytes_are_two_files_but_lie_once(root: Path, by: Actor) -> None:
    first = store(content=PDF, name="a.pdf", by=by, at=AT, uid=UID)
    second = store(content=io.BytesIO(PDF), name="b.pdf", by=by, at=AT, uid=UUID(int=2))
    assert first.digest == second.digest
    assert len(lying_in(root)) == 1


def test_a_damaged_copy_is_healed_when_the_bytes_come_again(root: Path, by: Actor) -> None:
    file = store(content=PDF, name="a.pdf", by=by, at=AT, uid=UID)
    storage.path_of(root, file.digest).write_bytes(b"rubbish")
    store(content=PDF, name="b.pdf", by=by, at=AT, uid=UUID(int=2))
    assert read_verified(file) == PDF


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.JPG", b"\xff\xd8\xff\xe0" + bytes(9), "image/jpeg"),
        ("a.webp", b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        ("a.mp4", b"\0\0\0\x18ftypmp42", "video/mp4"),
        ("a.mp3", b"ID3\x04" + bytes(9), "audio/mpeg"),
        ("a.wav", b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
        ("a.txt", "第一行\r\n第二行\n".encode(), "text/plain"),
        ("a.csv", "名称,数量\n酒,3\n".encode("gb18030"), "text/csv"),
        ("a.zip", archive("x.exe"), "application/zip"),
        ("a.zip", archive(), "application/zip"),
        ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        (
            "a.docx",
            archive("_rels/.rels", "word/document.xml", "[Content_Types].xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "a.xlsx",
            archive("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_kinds_that_are_taken(root: Path, by: Actor, name: str, content: bytes, media_type: str) -> None:
    file = store(content=content, name=name, by=by, at=AT, uid=UID, media_type=media_type)
    assert file.media_type == media_type
    assert lying_in(root)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "files.empty"),
        ("a.pdf", PNG, "files.kind_mismatch"),
        ("a.png", PDF, "files.kind_mismatch"),
        ("a.txt", b"text\0with nul", "files.kind_mismatch"),
        ("a.txt", b"\xff\xff\xff", "files.kind_mismatch"),
        ("a.csv", b"cut \xe4", "files.kind_mismatch"),
        ("a.docx", archive("x.txt"), "files.kind_mismatch"),
        ("a.xlsx", archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "files.kind_mismatch"),
        ("a.zip", archive("x")[:-8], "files.kind_mismatch"),
        ("a.zip", b"PK\x03\x04" + bytes(40), "files.kind_mismatch"),
        ("a.zip", b"PK\x03\x04PK\x05\x06" + bytes(8) + b"\xff\xff\xff\x7f" + bytes(6), "files.kind_mismatch"),
        ("a.exe", b"text", "files.kind_not_taken"),
        ("a", PDF, "files.kind_not_taken"),
        ("a.pdf", b"MZ\x90\0\x03\0", "files.executable"),
        ("a.txt", b"\x7fELF\x02\x01", "files.executable"),
        ("a.txt", b"#!/bin/sh\n", "files.executable"),
        ("", PDF, "files.name_missing"),
        ("/some/where/", PDF, "files.name_missing"),
        (".pdf", PDF, "files.name_missing"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(root: Path, by: Actor, name: str, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        store(content=content, name=name, by=by, at=AT, uid=UID)
    assert refused.value.code == code
    assert [problem.field for problem in refused.value.problems] == ["file"]
    assert not root.exists() or lying_in(root) == []
    assert not File.objects.exists()


def test_a_kind_that_the_caller_was_wrong_about_is_refused(root: Path, by: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        store(content=PDF, name="a.pdf", by=by, at=AT, uid=UID, media_type="image/png")
    assert refused.value.code == "files.kind_mismatch"
    assert lying_in(root) == []


class Endless(io.RawIOBase):
    """A file without end that counts what is read of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"%PDF-".ljust(size, b"x")


def test_a_file_too_large_is_refused_after_one_byte_too_many(root: Path, by: Actor) -> None:
    endless = Endless()
    with pytest.raises(InvalidInput) as refused:
        store(content=endless, name="a.pdf", by=by, at=AT, uid=UID)  # type: ignore[arg-type]  # read() is all it needs
    assert refused.value.code == "files.too_large"
    assert endless.given == MAX_SIZE + 1
    assert lying_in(root) == []


def test_the_largest_file_is_taken(root: Path, by: Actor) -> None:
    assert store(content=PDF.ljust(MAX_SIZE, b" "), name="a.pdf", by=by, at=AT, uid=UID).size == MAX_SIZE
    assert len(lying_in(root)) == 1


def test_what_the_system_made_has_no_person(root: Path, by: Actor) -> None:
    file = store_made(
        content=b"{}", name="facts.json", media_type="application/json", organisation=by.organisation, at=AT, uid=UID
    )
    file.refresh_from_db()
    assert (file.person, file.media_type, read_verified(file)) == (None, "application/json", b"{}")
    assert len(lying_in(root)) == 1


@pytest.mark.parametrize(("content", "code"), [(b"", "files.empty"), (bytes(MAX_SIZE + 1), "files.too_large")])
def test_what_the_system_made_is_bounded_too(root: Path, by: Actor, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        store_made(
            content=content, name="a.pdf", media_type="application/pdf", organisation=by.organisation, at=AT, uid=UID
        )
    assert refused.value.code == code
    assert lying_in(root) == []


def test_lost_and_damaged_bytes_are_never_handed_out(root: Path, by: Actor) -> None:
    file = store(content=PDF, name="a.pdf", by=by, at=AT, uid=UID)
    path = storage.path_of(root, file.digest)
    for damaged in (b"%PDF-1.6\n1 0 obj\n", PDF + b"x", PDF[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(Unavailable) as refused:
            read_verified(file)
        assert refused.value.code == "files.damaged"
    path.unlink()
    with pytest.raises(Unavailable) as refused:
        open_bytes(file)
    assert refused.value.code == "files.missing"


@given(st.text(max_size=300))
def test_a_cleaned_name_is_one_visible_part_and_stays_as_it_is(name: str) -> None:
    try:
        cleaned = clean_name(name)
    except InvalidInput as refused:
        assert refused.code == "files.name_missing"  # noqa: PT017  most names are taken, some must be refused
        return
    assert 0 < len(cleaned) <= NAME_LENGTH
    assert not set(cleaned) & set("/\\\0\r\n\t\u202e")
    assert cleaned.isprintable() or not cleaned.isascii()
    assert clean_name(cleaned) == cleaned


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("C:\\Users\\me\\报告.pdf", "报告.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("a\r\nb  c.pdf. ", "a b c.pdf"),
        ("cafe\u0301.pdf", "caf\u00e9.pdf"),
        ("名" * 300 + ".docx", "名" * 195 + ".docx"),
        ("\U00020bb7野家.png", "\U00020bb7野家.png"),
    ],
)
def test_names_as_they_come(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned
    assert extension_of(cleaned) == extension_of(cleaned.lower())


@settings(max_examples=40, deadline=None)
@given(content=st.binary(min_size=1, max_size=5000), piece=st.integers(1, 700))
def test_bytes_come_back_however_they_arrive(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, piece: int
) -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(piece, size or 0))

    root = tmp_path_factory.mktemp("drip")
    kept = storage.put(root, Dripping(content), check=lambda _arrived: None)
    assert (kept.digest, kept.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert storage.path_of(root, kept.digest).read_bytes() == content
    assert len(lying_in(root)) == 1


def test_many_threads_bring_the_same_bytes_at_once(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    start = threading.Barrier(8)
    digests: list[str] = []

    def bring() -> None:
        start.wait()
        digests.append(storage.put(tmp_path, io.BytesIO(content), check=lambda _arrived: None).digest)

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(digests) == {hashlib.sha256(content).hexdigest()}
    assert len(digests) == 8
    [kept] = lying_in(tmp_path)
    assert (tmp_path / kept).read_bytes() == content


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A folder in which a process was killed while bytes were still coming in."""
    program = (
        "import sys, pathlib\n"
        "from concord.foundation.files import storage\n"
        "storage.put(pathlib.Path(sys.argv[1]), sys.stdin.buffer, check=lambda arrived: None)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE) as process:  # noqa: S603  our own program
        assert process.stdin is not None
        process.stdin.write(bytes(3_000_000))
        process.stdin.flush()
        process.kill()
        process.wait()
    return tmp_path


def test_a_process_killed_half_way_leaves_nothing_under_a_digest(killed: Path) -> None:
    [left] = lying_in(killed)
    assert left.startswith("incoming/")


def test_what_a_killed_process_left_is_swept_a_day_later(killed: Path) -> None:
    [left] = (killed / "incoming").iterdir()
    fresh = killed / "incoming" / "fresh"
    fresh.write_bytes(b"still coming")
    os.utime(left, (0, 0))
    storage.put(killed, io.BytesIO(PDF), check=lambda _arrived: None)
    assert not left.exists()
    assert fresh.exists()
