"""Large files in pieces: any order, again after a cut, never more than was said, gone when nobody goes on."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import threading
import tracemalloc
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from concord.foundation.access.actor import Actor
from concord.foundation.database import scope
from concord.foundation.files import pieces, storage, uploads
from concord.foundation.files.models import File, Upload, UploadChunk
from concord.foundation.files.queries import read_verified
from concord.foundation.files.sweeping import discard, left_behind
from concord.rules.errors import ConcordError, Conflict, InvalidInput, NotFound, Unavailable
from tests.foundation.people import AT, officer

UID, FILE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
SIZE = uploads.CHUNK_SIZE
GIB = 1024**3
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * (2 * SIZE // 256) + b"end"
PIECES = [VIDEO[n : n + SIZE] for n in range(0, len(VIDEO), SIZE)]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, settings: Settings) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def by(db: None) -> Actor:  # noqa: ARG001  the fixture opens the database
    actor = officer("alpha")
    scope.enter(str(actor.scope_id))
    return actor


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def begun(by: Actor, *, name: str = "现场.mp4", size: int = len(VIDEO), sha256: str = "", uid: UUID = UID) -> Upload:
    return uploads.begin(name=name, size=size, sha256=sha256, by=by, at=AT, uid=uid)


def put(by: Actor, index: int, content: bytes | None = None, *, sha256: str | None = None) -> Upload:
    piece = PIECES[index] if content is None else content
    claimed = sha(piece) if sha256 is None else sha256
    return uploads.put_chunk(upload=UID, index=index, content=io.BytesIO(piece), sha256=claimed, by=by, at=AT)


def completed(by: Actor, uid: UUID = FILE) -> File:
    return uploads.complete(upload=UID, by=by, at=AT, uid=uid)


def refusal(code: str, kind: type[ConcordError] = InvalidInput) -> pytest.RaisesExc[ConcordError]:
    return pytest.RaisesExc(kind, match=f"^{code}:")


@pytest.fixture
def whole(by: Actor) -> Actor:
    """Somebody who has sent every piece of the video, the last first."""
    begun(by, sha256=sha(VIDEO))
    for index in reversed(range(len(PIECES))):
        put(by, index)
    return by


def test_pieces_in_any_order_make_the_file(whole: Actor, root: Path) -> None:
    upload = uploads.upload_for(UID, whole)
    assert (upload.received, upload.chunks, uploads.missing(upload)) == (3, 3, [])
    file = completed(whole)
    assert (file.uid, file.name, file.size, file.digest) == (FILE, "现场.mp4", len(VIDEO), sha(VIDEO))
    assert (file.media_type, file.organisation, file.person) == ("video/mp4", whole.organisation, whole.person)
    assert read_verified(file) == VIDEO
    upload = uploads.upload_for(UID, whole)
    assert (upload.state, upload.file, uploads.missing(upload)) == ("complete", file, [])
    assert not UploadChunk.objects.exists()
    assert [path.name for path in root.rglob("*") if path.is_file()] == [file.digest]


def test_completing_again_gives_the_same_file(whole: Actor) -> None:
    file = completed(whole)
    assert completed(whole, OTHER) == file
    assert File.objects.count() == 1
    with refusal("files.upload_over", Conflict):
        put(whole, 0)


def test_what_is_missing_is_told(by: Actor) -> None:
    begun(by)
    put(by, 1)
    assert uploads.missing(uploads.upload_for(UID, by)) == [0, 2]
    with refusal("files.chunks_missing", Conflict) as refused:
        completed(by)
    assert refused.value.details == {"missing": 2}
    assert not File.objects.exists()


def test_a_piece_again_changes_nothing(by: Actor) -> None:
    begun(by)
    for _ in range(2):
        assert put(by, 0).received == 1
    other = bytes(SIZE)
    with refusal("files.chunk_differs", Conflict):
        put(by, 0, other)


@pytest.mark.parametrize(
    ("index", "content", "sha256", "code"),
    [
        (3, b"end", None, "files.no_such_chunk"),
        (-1, b"end", None, "files.no_such_chunk"),
        (0, PIECES[0] + b"!", None, "files.chunk_size"),
        (0, b"", None, "files.chunk_size"),
        (2, PIECES[0], None, "files.chunk_size"),
        (2, PIECES[2], "", "files.bad_digest"),
        (2, PIECES[2], sha(PIECES[2]).upper(), "files.bad_digest"),
        (2, PIECES[2], sha(b"END"), "files.chunk_damaged"),
    ],
)
def test_pieces_that_are_not_taken(by: Actor, index: int, content: bytes, sha256: str | None, code: str) -> None:
    begun(by)
    with refusal(code):
        put(by, index, content, sha256=sha256)
    assert uploads.missing(uploads.upload_for(UID, by)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "size", "sha256", "code"),
    [
        ("a.svg", 1, "", "files.kind_not_taken"),
        ("a.html", 1, "", "files.kind_not_taken"),
        (".mp4", 1, "", "files.name_missing"),
        ("a.mp4", 0, "", "files.empty"),
        ("a.mp4", 10 * GIB + 1, "", "files.too_large"),
        ("a.mp4", 1, "g" * 64, "files.bad_digest"),
    ],
)
def test_uploads_that_are_not_begun(by: Actor, name: str, size: int, sha256: str, code: str) -> None:
    with refusal(code):
        begun(by, name=name, size=size, sha256=sha256)
    assert not Upload.objects.exists()


def test_a_name_of_three_hundred_characters_is_cut(by: Actor) -> None:
    upload = begun(by, name="证" * 300 + ".mp4")
    assert upload.name == "证" * 196 + ".mp4"


def test_the_quota_counts_what_is_under_way_in_ones_own_organisation(by: Actor, settings: Settings) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, upload_quota=100)
    begun(by, size=60)
    with refusal("files.quota", Conflict):
        begun(by, size=41, uid=OTHER)
    begun(by, size=40, uid=OTHER)
    begun(officer("beta"), size=100, uid=FILE)


def test_the_disk_keeps_its_reserve(by: Actor, root: Path, settings: Settings) -> None:
    begun(by)
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, disk_reserve=pieces.free(root) + GIB)
    with refusal("files.no_space", Unavailable):
        begun(by, uid=OTHER)
    with refusal("files.no_space", Unavailable):
        put(by, 0)
    assert uploads.missing(uploads.upload_for(UID, by)) == [0, 1, 2]


def test_what_is_announced_is_room_taken(by: Actor, root: Path, settings: Settings) -> None:
    room = pieces.free(root) - 2 * GIB
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, disk_reserve=room)
    begun(by, size=GIB)
    with refusal("files.no_space", Unavailable):
        begun(by, size=GIB + GIB // 2, uid=OTHER)


def test_another_organisations_upload_is_none(whole: Actor) -> None:
    stranger = officer("beta")
    with scope.speaking_for(str(stranger.scope_id)):
        for attempt in (
            lambda: uploads.upload_for(UID, stranger),
            lambda: put(stranger, 0),
            lambda: completed(stranger),
        ):
            with refusal("files.no_upload", NotFound):
                attempt()
    scope.enter(str(whole.scope_id))
    assert uploads.upload_for(UID, whole).state == "open"


@pytest.mark.postgres
def test_the_database_hides_uploads_of_others(whole: Actor) -> None:
    stranger = officer("beta")
    for actor, seen in ((whole, (1, 3)), (stranger, (0, 0))):
        scope.enter(str(actor.scope_id))
        with connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM files_upload), (SELECT count(*) FROM files_uploadchunk)")
            assert cursor.fetchone() == seen


def test_a_whole_with_another_digest_is_refused_for_good(by: Actor, root: Path) -> None:
    begun(by, sha256=sha(b"another"))
    for index in range(3):
        put(by, index)
    with refusal("files.digest_differs"):
        completed(by)
    assert uploads.upload_for(UID, by).state == "refused"
    assert list(pieces.lying(root)) == []
    with refusal("files.upload_over", Conflict):
        completed(by)
    assert not File.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.mp4", b"\x7fELF" + bytes(40), "files.executable"),
        ("a.jpg", b"GIF89a" + bytes(40), "files.kind_mismatch"),
        ("a.png", b"<svg onload='alert(1)'/>", "files.kind_mismatch"),
        ("a.txt", b"\x00\x01\x02", "files.kind_mismatch"),
    ],
)
def test_a_whole_of_another_kind_is_refused_for_good(by: Actor, name: str, content: bytes, code: str) -> None:
    begun(by, name=name, size=len(content))
    put(by, 0, content)
    with refusal(code):
        completed(by)
    assert uploads.upload_for(UID, by).state == "refused"
    assert not File.objects.exists()


def test_pieces_damaged_on_disk_are_asked_for_again(whole: Actor, root: Path) -> None:
    with (root / pieces.FOLDER / str(UID)).open("r+b") as lying:
        lying.seek(SIZE)
        lying.write(b"rot")
    with refusal("files.chunks_damaged", Conflict) as refused:
        completed(whole)
    assert refused.value.details == {"missing": 1}
    upload = uploads.upload_for(UID, whole)
    assert (upload.received, uploads.missing(upload)) == (2, [1])
    put(whole, 1)
    assert read_verified(completed(whole)) == VIDEO


def test_a_lost_file_is_asked_for_again(whole: Actor, root: Path) -> None:
    pieces.drop(root, UID)
    with refusal("files.chunks_damaged", Conflict):
        completed(whole)
    assert uploads.missing(uploads.upload_for(UID, whole)) == [0, 1, 2]


def test_a_process_killed_between_the_bytes_and_the_row_does_no_harm(whole: Actor, root: Path) -> None:
    for _ in range(2):
        with pieces.held(root, UID) as file:
            pieces.adopt(root, UID, file, sha(VIDEO))
    assert storage.path_of(root, sha(VIDEO)).read_bytes() == VIDEO
    assert read_verified(completed(whole)) == VIDEO
    assert [path.name for path in root.rglob("*") if path.is_file()] == [sha(VIDEO)]


def test_what_nobody_goes_on_with_is_swept(whole: Actor, root: Path) -> None:
    uploads.sweep(before=AT)
    assert uploads.upload_for(UID, whole).received == 3
    uploads.sweep(before=AT + timedelta(seconds=1))
    with refusal("files.no_upload", NotFound):
        uploads.upload_for(UID, whole)
    assert list(pieces.lying(root)) == []
    assert not UploadChunk.objects.exists()


def test_sweeping_takes_the_bytes_of_uploads_that_are_over(whole: Actor, root: Path) -> None:
    file = completed(whole)
    (root / pieces.FOLDER / str(UID)).write_bytes(b"left by a killed process")
    uploads.sweep(before=AT)
    assert list(pieces.lying(root)) == []
    assert read_verified(file) == VIDEO


def test_an_upload_keeps_no_file_alive(whole: Actor) -> None:
    file = completed(whole)
    late = AT + timedelta(days=8)
    assert list(left_behind(before=late)) == [file]
    assert discard([file.pk], before=late) == [file]
    assert not Upload.objects.exists()


def test_ten_gibibytes_need_the_memory_of_a_piece(by: Actor, root: Path) -> None:
    upload = begun(by, size=10 * GIB)
    index = upload.chunks - 1
    tail = bytes(10 * GIB - index * SIZE)
    tracemalloc.start()
    try:
        put(by, index, tail)
        lying = root / pieces.FOLDER / str(UID)
        assert lying.stat().st_size == 10 * GIB
        assert lying.stat().st_blocks * 512 < 10 * SIZE
        with pytest.raises(Conflict):
            completed(by)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * SIZE


def test_looking_at_a_whole_needs_the_memory_of_a_piece(root: Path) -> None:
    chunks = dict.fromkeys(range(64), sha(bytes(SIZE)))
    with pieces.held(root, UID) as file:
        os.truncate(file.fileno(), 64 * SIZE)
        tracemalloc.start()
        try:
            digest, broken = pieces.digest_of(file, size=64 * SIZE, chunk_size=SIZE, chunks=chunks)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert broken == []
    assert len(digest) == 64
    assert peak < 4 * SIZE


@pytest.mark.django_db(transaction=True)
def test_two_that_complete_at_once_make_one_file() -> None:
    actor = officer("alpha")
    scope.enter(str(actor.scope_id))
    begun(actor)
    for index in range(3):
        put(actor, index)
    made: list[File] = []

    def finish(uid: UUID) -> None:
        try:
            with scope.speaking_for(str(actor.scope_id)):
                made.append(completed(actor, uid))
        finally:
            connection.close()

    threads = [threading.Thread(target=finish, args=(uid,)) for uid in (FILE, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert made[0] == made[1]
    scope.enter(scope.SYSTEM)
    assert File.objects.count() == 1


@bounded(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_with_repeats_makes_the_same_file(by: Actor, data: st.DataObject) -> None:
    order = data.draw(st.lists(st.integers(0, 2), max_size=6)) + data.draw(st.permutations(range(3)))
    uid = UUID(int=100 + Upload.objects.count())
    upload = begun(by, uid=uid)
    for index in order:
        piece = PIECES[index]
        uploads.put_chunk(upload=upload.uid, index=index, content=piece, sha256=sha(piece), by=by, at=AT)
    file = uploads.complete(upload=uid, by=by, at=AT, uid=UUID(int=uid.int * 1000))
    assert file.digest == sha(VIDEO)
    assert uploads.upload_for(uid, by).received == 3
