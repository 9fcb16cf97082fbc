"""Files looked at in the page: a closed list of kinds, behind a sandbox, without decoding a picture."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from django.http import HttpResponseBase
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from concord.entrypoints.workspace.previewing import preview_of
from concord.foundation.files import previews
from concord.foundation.files.commands import store
from concord.foundation.files.models import File
from concord.rules.errors import InvalidInput
from tests.foundation.people import officer

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Settings) -> None:
    settings.FILES_ROOT = tmp_path / "files"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + bytes(20)


def jpeg(width: int, height: int) -> bytes:
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"note"
    return b"\xff\xd8" + comment + b"\xff\xc0" + struct.pack(">HBHH", 17, 8, height, width) + bytes(10)


def webp(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + bytes(4) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + sides


def kept(name: str, content: bytes) -> File:
    return store(content=content, name=name, by=officer("alpha"), at=AT, uid=UUID(int=1))


def shown(name: str, content: bytes, **headers: str) -> HttpResponseBase:
    return preview_of(kept(name, content), RequestFactory(headers=headers).get("/"))


def body(response: HttpResponseBase) -> bytes:
    streamed: bytes = response.getvalue()
    response.close()
    return streamed


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", png(1000, 1000), "image/png"),
        ("a.jpg", jpeg(1000, 1000), "image/jpeg"),
        ("a.webp", webp(1000, 1000), "image/webp"),
        ("a.mp4", b"\0\0\0\x18ftypmp42", "video/mp4"),
        ("a.pdf", b"%PDF-1.7\n/OpenAction << /S /JavaScript /JS (app.alert(1)) >>", "application/pdf"),
        ("a.txt", "<script>alert(1)</script>正文".encode("gb18030"), "text/plain; charset=utf-8"),
    ],
)
def test_what_is_shown_is_shown_in_a_sandbox(name: str, content: bytes, media_type: str) -> None:
    response = shown(name, content)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == media_type
    assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'; ")
    assert "allow-" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"] == "inline"
    wanted = content.decode("gb18030").encode() if name == "a.txt" else content
    assert body(response) == wanted


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as writing:
        writing.writestr("a.html", "<script>alert(1)</script>")
    return made.getvalue()


def test_a_picture_that_is_an_archive_too_is_a_picture_and_nothing_else() -> None:
    response = shown("a.png", png(10, 10) + archive())
    assert (response.headers["Content-Type"], response.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    body(response)


@pytest.mark.parametrize(("name", "content"), [("a.zip", archive()), ("a.csv", b"a,b\n")])
def test_other_kinds_are_only_downloaded(name: str, content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^files\.not_shown:"):
        shown(name, content)


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.gif"])
def test_kinds_that_can_hold_scripts_do_not_come_in(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"^files\.kind_not_taken:"):
        kept(name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")


def test_a_gif_with_an_archive_behind_it_is_no_picture() -> None:
    with pytest.raises(InvalidInput, match=r"^files\.kind_mismatch:"):
        kept("a.png", b"GIF89a" + archive())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png(10_001, 10_000)),
        ("a.png", png(2**31, 2**31)),
        ("a.jpg", jpeg(65_535, 65_535)),
        ("a.webp", webp(2**24, 2**24)),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x00"),
        ("a.jpg", b"\xff\xd8" + b"\xff\xfe\x00\x02" * 2000),
        ("a.webp", b"RIFF\0\0\0\0WEBPJUNK" + bytes(40)),
    ],
)
def test_picture_bombs_are_told_by_their_header(name: str, content: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^files\.picture_too_large:"):
        shown(name, content)


@pytest.mark.parametrize(
    ("asked", "status", "wanted", "told"),
    [
        ("bytes=0-3", 206, b"\0\0\0\x18", "bytes 0-3/20"),
        ("bytes=16-", 206, b"0123", "bytes 16-19/20"),
        ("bytes=-2", 206, b"23", "bytes 18-19/20"),
        ("bytes=16-99", 206, b"0123", "bytes 16-19/20"),
        ("bytes=-99", 206, b"\0\0\0\x18ftypmp42wxyz0123", "bytes 0-19/20"),
        ("bytes=20-", 416, b"", "bytes */20"),
        ("bytes=5-4", 416, b"", "bytes */20"),
        ("bytes=-", 200, b"\0\0\0\x18ftypmp42wxyz0123", None),
        ("bytes=0-1,3-4", 200, b"\0\0\0\x18ftypmp42wxyz0123", None),
        ("lines=1-2", 200, b"\0\0\0\x18ftypmp42wxyz0123", None),
    ],
)
def test_a_film_is_asked_for_in_ranges(asked: str, status: int, wanted: bytes, told: str | None) -> None:
    response = shown("a.mp4", b"\0\0\0\x18ftypmp42wxyz0123", Range=asked)
    assert (response.status_code, response.headers.get("Content-Range")) == (status, told)
    assert response.headers["Content-Security-Policy"].startswith("sandbox;")
    assert body(response) == wanted


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_a_long_text_is_cut_between_characters(encoding: str, before: int) -> None:
    text = "a" * before + "案" * previews.TEXT_SHOWN
    read = body(shown("a.txt", text.encode(encoding))).decode()
    assert text.startswith(read)
    assert len(read.encode(encoding)) > previews.TEXT_SHOWN - 4
