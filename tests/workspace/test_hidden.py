"""What is not shown: matters of others, drafts and unreleased files of the other side; refusals leave a record."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.http import HttpResponse

from concord.casework.models import Matter, Paper
from concord.foundation.journal.models import Read
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

UNKNOWN = UUID(int=7)
FORGED = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def refusals() -> list[tuple[str, str, str]]:
    rows = Read.objects.filter(refused=True).select_related("person").order_by("id")
    return [(row.what, row.subject, row.person.username) for row in rows]


def read(response: HttpResponse) -> bytes:
    """The bytes of a file that is sent in pieces."""
    try:
        return b"".join(response)
    finally:
        for close in response._resource_closers:  # type: ignore[attr-defined]  # closing it all would close the database
            close()


def paper_of(matter: Matter) -> Paper:
    return Paper.objects.filter(matter=matter).latest("id")


def addresses(matter: Matter) -> dict[str, tuple[str, str]]:
    """Every address below a matter, with what a refusal is recorded as: kind, address → subject."""
    paper = paper_of(matter)
    uid = str(paper.uid)
    return {
        f"/matters/{matter.number}/": ("matter", matter.number),
        f"/matters/{matter.number}/acts/withdraw/": ("matter", matter.number),
        f"/m/{matter.uid}/": ("matter", matter.number),
        f"/papers/{paper.uid}.pdf": ("paper", uid),
        f"/papers/{paper.uid}.docx": ("paper", uid),
        f"/files/{paper.file.uid}": ("file", str(paper.file.uid)),
    }


def test_a_third_city_gets_not_found_and_each_refusal_is_recorded(world: World, sit: Sit) -> None:
    matter = world.matter_in("accepted")
    known = addresses(matter)
    desk = sit("third.leader")
    for path in known:
        response = desk.get(path)
        assert response.status_code == 404, path
        assert matter.number not in text_of(response).replace(path, "")
        assert matter.title not in text_of(response)
    assert refusals() == [(what, subject, "third.leader") for what, subject in known.values()]


@pytest.mark.parametrize(
    "path",
    ["/matters/G60-2026-09999/", f"/m/{UNKNOWN}/", f"/papers/{UNKNOWN}.pdf", f"/files/{UNKNOWN}", f"/cases/{UNKNOWN}/"],
)
def test_what_does_not_exist_looks_the_same_and_records_nothing(path: str, sit: Sit) -> None:
    assert sit("asking.leader").get(path).status_code == 404
    assert refusals() == []


def test_the_same_words_for_what_is_hidden_and_what_does_not_exist(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit("third.leader")
    hidden, absent = (
        FORGED.sub("", text_of(desk.get(f"/matters/{number}/"))).replace(number, "N")
        for number in (matter.number, "G60-2026-09999")
    )
    assert hidden == absent


def test_a_third_city_finds_nothing_in_lists_and_searches(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit("third.leader")
    for path in ("/", "/matters/", f"/matters/?q={matter.number}", "/cases/", "/notices/"):
        page = text_of(desk.get(path))
        assert matter.title not in page
        assert f"/matters/{matter.number}/" not in page
    assert "共 0 件" in text_of(desk.get("/matters/"))


def test_a_draft_is_not_known_to_the_side_it_will_ask(world: World, sit: Sit) -> None:
    matter = world.matter_in("submitted")
    desk = sit("asked.leader")
    assert desk.get(f"/matters/{matter.number}/").status_code == 404
    assert matter.number not in text_of(desk.get("/matters/"))
    assert refusals() == [("matter", matter.number, "asked.leader")]


def test_a_case_belongs_to_its_own_side(world: World, sit: Sit) -> None:
    case = world.open_case(by="asking.case_officer", name="某某水泵案")
    matter = world.begin(case=case)
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T11:00")
    world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")
    assert "某某水泵案" in text_of(sit("asking.leader").get(f"/matters/{matter.number}/"))
    asked = sit("asked.leader")
    assert "某某水泵案" not in text_of(asked.get(f"/matters/{matter.number}/"))
    assert asked.get(f"/cases/{case.uid}/").status_code == 404
    assert refusals() == [("case", str(case.uid), "asked.leader")]


def test_evidence_of_an_internal_answer_opens_to_the_other_side_only_when_signed(world: World, sit: Sit) -> None:
    matter = world.matter_in("accepted")
    file = world.upload("库存清单 “甲”.csv", by="asked.case_officer")
    answers: dict[str, Any] = {"answers": ["属实", "三十件"], "results": [str(file.uid)]}
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-02-10T09:00", **answers)
    asking, asked = sit("asking.case_officer"), sit("asked.leader")
    page = f"/matters/{matter.number}/"

    assert missing(asked.get(page), ["库存清单", "三十件", "复函待签发"]) == []
    before = text_of(asking.get(page))
    assert "库存清单" not in before
    assert "三十件" not in before
    assert "复函待签发" not in before
    assert asking.get(f"/files/{file.uid}").status_code == 404
    assert read(asked.get(f"/files/{file.uid}")).startswith("库存清单".encode())

    world.do(matter, "answer", by="asked.leader", at="2026-02-11T09:00")
    assert missing(asking.get(page), ["库存清单", "三十件", "已答复"]) == []
    response = asking.get(f"/files/{file.uid}")
    assert response.status_code == 200
    assert read(response).startswith("库存清单".encode())
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Length"] == str(file.size)
    disposition = response.headers["Content-Disposition"]
    assert disposition == f"attachment; filename*=UTF-8''{quote(file.name)}"
    assert disposition.isascii()


def test_papers_come_as_original_and_as_word_copy_under_their_number(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    paper = paper_of(matter)
    desk = sit("asked.case_officer")
    pdf, docx = desk.get(f"/papers/{paper.uid}.pdf"), desk.get(f"/papers/{paper.uid}.docx")
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert docx.content.startswith(b"PK\x03\x04")
    name = quote(paper.number)
    assert pdf.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{name}.pdf"
    assert docx.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}.docx"
    assert desk.get(f"/papers/{paper.uid}.html").status_code == 404
    read = Read.objects.filter(refused=False, person__username="asked.case_officer")
    assert list(read.values_list("what", "subject")) == [("paper", paper.number)] * 2


def test_looking_at_a_matter_is_recorded_and_is_the_receipt(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    asking = sit("asking.case_officer")
    page = f"/matters/{matter.number}/"
    assert "尚未查阅" in text_of(asking.get(page))
    sit("asked.case_officer").get(page)
    after = text_of(asking.get(page))
    assert "尚未查阅" not in after
    assert "2026年2月6日 09:30 · 嘉兴case_officer" in after
    rows = Read.objects.filter(what="matter", subject=matter.number, refused=False).order_by("id")
    readers = ["asking.case_officer", "asked.case_officer", "asking.case_officer"]
    assert [row.person.username for row in rows] == readers
    assert {row.at for row in rows} == {time("2026-02-06T09:30")}
