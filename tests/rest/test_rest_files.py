"""Files and papers through the API: brought, fetched, hidden from strangers."""

from __future__ import annotations

import pytest

from concord.casework.models import Paper
from concord.foundation.files.models import File
from concord.foundation.files.policy import MAX_SIZE
from concord.foundation.journal.models import Read
from tests.rest.callers import V1, caller, refused
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
NOBODYS = "018f0000-0000-7000-8000-000000000000"


def test_a_file_comes_back_as_it_was_brought(world: World) -> None:
    program = caller(world, "asked.case_officer")
    made = program.upload("记录.txt", "正文".encode())
    assert made.status_code == 201, made.content
    kept = made.json()
    assert made.headers["Location"] == f"{V1}/files/{kept['uid']}"
    assert (kept["name"], kept["size"], kept["media_type"]) == ("记录.txt", 6, "text/plain")
    back = program.get(made.headers["Location"])
    assert b"".join(back) == "正文".encode()
    assert back.headers["Content-Disposition"].startswith("attachment;")
    assert back.headers["Content-Length"] == "6"
    assert [(read.what, read.subject, read.refused) for read in Read.objects.all()] == [("file", kept["uid"], False)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"", "files.empty"),
        ("a.exe", b"MZ\0", "files.executable"),
        ("a.xyz", b"text", "files.kind_not_taken"),
        ("a.pdf", b"no pdf", "files.kind_mismatch"),
        (".txt", b"text", "files.name_missing"),
    ],
)
def test_a_file_that_cannot_be_taken(world: World, name: str, content: bytes, code: str) -> None:
    body = refused(caller(world, "asked.case_officer").upload(name, content), 422, code)
    assert [one["field"] for one in body["errors"]] == ["file"]
    assert not File.objects.exists()


def test_bodies_that_hold_no_file(world: World) -> None:
    program = caller(world, "asked.case_officer")
    path = f"{V1}/files"
    empty = program.client.post(path, {"other": "x"}, headers=program.headers)
    assert [one["field"] for one in refused(empty, 422, "request.invalid")["errors"]] == ["file"]
    text = program.client.post(path, {"file": "x"}, headers=program.headers)
    refused(text, 422, "request.invalid")
    plain = program.client.post(path, b"{}", content_type="application/json", headers=program.headers)
    refused(plain, 422, "request.invalid")
    for kind in ("multipart/form-data", "multipart/form-data; boundary=" + "x" * 300):
        broken = program.client.post(path, b"--x\r\n", content_type=kind, headers=program.headers)
        refused(broken, 400, "request.malformed")


def test_a_file_too_large_is_refused_unread(world: World) -> None:
    program = caller(world, "asked.case_officer")
    response = program.client.post(
        f"{V1}/files", {"file": b"x"}, headers=program.headers, CONTENT_LENGTH=str(MAX_SIZE + 100_000)
    )
    refused(response, 413, "request.too_large")


def test_a_file_is_hidden_until_it_is_told_to_one(world: World) -> None:
    file = world.upload("证据.txt", by="asked.case_officer")
    stranger = caller(world, "asking.leader")
    hidden = refused(stranger.get(f"/files/{file.uid}"), 404, "casework.no_file")
    assert [(read.subject, read.refused) for read in Read.objects.all()] == [(str(file.uid), True)]
    absent = refused(stranger.get(f"/files/{NOBODYS}"), 404, "casework.no_file")
    assert {**hidden, "instance": ""} == {**absent, "instance": ""}
    assert Read.objects.count() == 1


def test_a_paper_is_shown_to_its_sides_only(world: World) -> None:
    world.matter_in("delivered")
    paper = Paper.objects.get()
    assert caller(world, "asked.clerk").get(f"/papers/{paper.uid}.pdf").content.startswith(b"%PDF-")
    stranger = caller(world, "third.leader")
    for kind in ("pdf", "docx"):
        refused(stranger.get(f"/papers/{paper.uid}.{kind}"), 404, "casework.no_paper")
        refused(stranger.get(f"/papers/{NOBODYS}.{kind}"), 404, "casework.no_paper")
    refused(stranger.get(f"/files/{paper.file.uid}"), 404, "casework.no_file")
    recorded = [(read.what, read.subject, read.refused) for read in Read.objects.order_by("id")]
    shown, *hidden = [("paper", paper.number, False), *[("paper", paper.number, True)] * 2]
    assert recorded == [shown, *hidden, ("file", str(paper.file.uid), True)]


def test_a_paper_in_another_form_is_no_address(world: World) -> None:
    refused(caller(world, "asked.clerk").get(f"/papers/{NOBODYS}.odt"), 404, "request.no_such_address")
    refused(caller(world, "asked.clerk").get("/papers/1.pdf"), 404, "request.no_such_address")


def test_a_paper_says_its_digests(world: World) -> None:
    matter = world.matter_in("delivered")
    paper = Paper.objects.get()
    (told,) = caller(world, "asked.clerk").get(f"/matters/{matter.number}/papers").json()["items"]
    assert (told["uid"], told["number"], told["digest"]) == (str(paper.uid), paper.number, paper.file.digest)
    assert told["letter_digest"] == paper.letter_digest
