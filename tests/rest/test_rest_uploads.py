"""Uploads in pieces through the API: sent, gone on with, completed, refused, hidden from strangers."""

from __future__ import annotations

import base64
import dataclasses
import hashlib

import pytest
from pytest_django import Settings

from concord.foundation.files.models import File, Upload
from concord.foundation.files.uploads import CHUNK_SIZE
from tests.rest.callers import V1, Caller, Response, caller, refused
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
FILM = b"\0\0\0\x18ftypmp42" + bytes(CHUNK_SIZE)
PIECES = [FILM[:CHUNK_SIZE], FILM[CHUNK_SIZE:]]


def put(
    program: Caller, address: str, index: int, content: bytes | None = None, digest: bytes | None = None
) -> Response:
    piece = PIECES[index] if content is None else content
    named = base64.b64encode(hashlib.sha256(piece).digest() if digest is None else digest).decode()
    return program._told(
        program.client.put(
            f"{address}/chunks/{index}",
            piece,
            content_type="application/octet-stream",
            headers={**program.headers, "Content-Digest": f"sha-256=:{named}:"},
        )
    )


@pytest.fixture
def program(world: World) -> Caller:
    return caller(world, "asked.case_officer")


def begun(program: Caller) -> str:
    made = program.post("/uploads", {"name": "现场.mp4", "size": len(FILM), "sha256": hashlib.sha256(FILM).hexdigest()})
    assert made.status_code == 201, made.content
    address: str = made.headers["Location"]
    assert address == f"{V1}/uploads/{made.json()['uid']}"
    return address


def test_a_file_in_pieces(program: Caller) -> None:
    address = begun(program)
    assert put(program, address, 1).json() == {"received": 1, "chunks": 2}
    assert program.get(address).json()["missing"] == [0]
    refused(program.post(f"{address.removeprefix(V1)}/complete"), 409, "files.chunks_missing")
    assert put(program, address, 0).status_code == 200
    done = program.post(f"{address.removeprefix(V1)}/complete").json()
    assert (done["state"], done["missing"]) == ("complete", [])
    assert done["file"]["digest"] == hashlib.sha256(FILM).hexdigest()
    assert File.objects.get().size == len(FILM)
    assert program.post(f"{address.removeprefix(V1)}/complete").json() == done
    refused(put(program, address, 0), 409, "files.upload_over")


def test_pieces_that_are_not_taken(program: Caller) -> None:
    address = begun(program)
    refused(put(program, address, 2, b"more"), 422, "files.no_such_chunk")
    refused(put(program, address, 0, b"short"), 422, "files.chunk_size")
    refused(put(program, address, 1, FILM[:CHUNK_SIZE]), 422, "files.chunk_size")
    refused(put(program, address, 0, digest=bytes(32)), 422, "files.chunk_damaged")
    refused(put(program, address, 0, digest=b"short"), 422, "files.bad_digest")
    refused(put(program, address, 0, FILM), 413, "request.too_large")
    assert Upload.objects.get().received == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "a.svg", "size": 1}, "files.kind_not_taken"),
        ({"name": "a.mp4", "size": 0}, "files.empty"),
        ({"name": "a.mp4", "size": 2**40}, "files.too_large"),
        ({"name": "a.mp4", "size": 1, "sha256": "xyz"}, "files.bad_digest"),
        ({"name": "a.mp4", "size": -1}, "request.invalid"),
        ({"name": "a.mp4"}, "request.invalid"),
    ],
)
def test_what_is_not_begun(program: Caller, body: dict[str, object], code: str) -> None:
    refused(program.post("/uploads", body), 422, code)
    assert not Upload.objects.exists()


def test_the_quota_and_the_disk(program: Caller, settings: Settings) -> None:
    body = {"name": "a.mp4", "size": 100}
    usual = settings.ENVIRONMENT
    settings.ENVIRONMENT = dataclasses.replace(usual, upload_quota=99)
    refused(program.post("/uploads", body), 409, "files.quota")
    settings.ENVIRONMENT = dataclasses.replace(usual, disk_reserve=2**60)
    refused(program.post("/uploads", body), 503, "files.no_space")


def test_uploads_of_others_are_none(program: Caller, world: World) -> None:
    address = begun(program)
    stranger = caller(world, "third.case_officer")
    refused(stranger.get(address), 404, "files.no_upload")
    refused(put(stranger, address, 0), 404, "files.no_upload")
    refused(stranger.post(f"{address.removeprefix(V1)}/complete"), 404, "files.no_upload")
