"""Papers of evidence and the export of a matter's evidence, as officers fetch them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest
import time_machine
from django.http import FileResponse
from django.http.response import HttpResponseBase

from concord.capabilities.evidence import exporting
from concord.capabilities.evidence.models import Item
from concord.casework.models import Matter
from concord.foundation.database.scope import SYSTEM, enter, writing
from concord.foundation.journal.models import Read
from concord.foundation.organisations.models import Organisation
from concord.foundation.sheets.models import Sheet
from tests.support.collecting import Collecting
from tests.support.evidence_items import received, sealed_item
from tests.support.pdf_text import text_of_pages
from tests.support.sealing import home_of
from tests.support.two_verifiers import both_say, entries_of
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import text_of

pytestmark = pytest.mark.django_db
OFFICER, ASKED, THIRD, READER = "asking.case_officer", "asked.case_officer", "third.case_officer", "asked.legal_officer"


@pytest.fixture
def collecting(world: World, tmp_path: Path) -> Iterator[Collecting]:
    """The members have keys and a ledger, and it is the morning of the pages."""
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=time("2026-02-06T09:30")).in_use() as home:
        yield Collecting(world, home)


def paper_at(item: Item, name: str) -> str:
    return f"/evidence/{quote(item.number)}/papers/{name}.pdf"


def export_of(matter: Matter) -> str:
    return f"/matters/{quote(matter.number)}/evidence/export/"


def content_of(response: HttpResponseBase) -> bytes:
    assert isinstance(response, FileResponse)
    return b"".join(cast("Iterable[bytes]", response))


def reads(item: Item) -> int:
    with writing():
        return Read.objects.filter(what="item", subject=item.number, refused=False).count()


def test_a_paper_is_made_when_it_is_asked_for_and_that_is_on_record(collecting: Collecting, sit: Sit) -> None:
    item = collecting.described(collecting.registered(kind="e_data"))
    response = sit(OFFICER).get(paper_at(item, "e_data_record"))
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    assert quote("电子数据证据提取笔录.pdf") in response.headers["Content-Disposition"]
    assert item.number in "".join(text_of_pages(response.content))
    assert reads(item) == 1


def test_the_item_s_page_names_its_papers(collecting: Collecting, sit: Sit) -> None:
    item = collecting.sealed(kind="onsite_record")
    shown = text_of(sit(OFFICER).get(f"/evidence/{quote(item.number)}/"))
    assert all(paper_at(item, name) in shown for name in ("onsite_record", "cover_sheet"))


@pytest.mark.parametrize("name", ["goods_list", "e_data_record", "no_such_paper"])
def test_a_paper_that_the_item_does_not_have_is_not_found(world: World, sit: Sit, name: str) -> None:
    response = sit(OFFICER).get(paper_at(sealed_item(world), name))
    assert response.status_code == 404
    assert "该证据项没有这种文书" in text_of(response)


def test_a_paper_of_what_is_not_shown_is_not_found_and_the_refusal_is_kept(world: World, sit: Sit) -> None:
    item = sealed_item(world, kind="e_data")
    assert sit(THIRD).get(paper_at(item, "e_data_record")).status_code == 404
    with writing():
        assert Read.objects.filter(what="item", subject=item.number, refused=True).count() == 1


def test_the_catalogue_of_a_matter_lists_its_items(world: World, sit: Sit, morning: time_machine.Traveller) -> None:
    item = sealed_item(world, title="销售台账")
    matter = received(world, [item])
    morning.move_to(time("2026-03-10T09:00"))
    response = sit(READER).get(f"/matters/{quote(matter.number)}/evidence/catalogue.pdf")
    listed = "".join(text_of_pages(response.content))
    assert all(said in listed for said in ("证据目录", "销售台账", item.number))
    assert reads(item) == 1
    assert sit(THIRD).get(f"/matters/{quote(matter.number)}/evidence/catalogue.pdf").status_code == 404


def test_an_export_is_asked_for_written_and_fetched(
    collecting: Collecting, sit: Sit, morning: time_machine.Traveller
) -> None:
    item = collecting.sealed(title="仓库照片")
    matter = received(collecting.world, [item])
    collecting.home.at = time("2026-03-10T09:00")
    morning.move_to(collecting.home.at)
    officer = sit(ASKED)
    assert "仓库照片" in text_of(officer.get(export_of(matter)))
    answer = officer.post(export_of(matter))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/exports/")
    assert "正在后台封存" in text_of(officer.get("/exports/"))
    sheet = Sheet.objects.get(kind="out:evidence")
    address = f"/evidence/exports/{sheet.uid}.evp"
    assert officer.get(address).status_code == 404
    assert exporting.write(sheet.uid, equipment=collecting.home.equipment(), at=collecting.home.at) is not None
    enter(SYSTEM)
    collecting.publish()
    assert address in text_of(officer.get("/exports/"))
    assert "1 项证据" in text_of(officer.get("/exports/"))
    assert address in text_of(officer.get(export_of(matter)))
    fetched = content_of(officer.get(address))
    assert both_say(fetched, collecting.home.installation.trust.read_bytes(), at=collecting.home.at).verdict == "pass"
    assert b"payload/items/0001.evp" in dict(entries_of(fetched))
    assert io.BytesIO(fetched).read(2) == b"PK"
    assert sit(OFFICER).get(address).status_code == 404


def test_what_does_not_go_out_stands_on_the_page_with_its_reason(
    collecting: Collecting, sit: Sit, morning: time_machine.Traveller
) -> None:
    item = collecting.sealed(title="仓库照片", handling="no_onward")
    matter = received(collecting.world, [item])
    morning.move_to(time("2026-03-10T09:00"))
    officer = sit(ASKED)
    assert "不导出，理由如下" not in text_of(officer.get(export_of(matter)))
    assert "不导出，理由如下" in text_of(officer.get(export_of(matter), {"onward": "1"}))
    refused = officer.post(export_of(matter), {"onward": "1"})
    assert refused.status_code == 422
    assert "没有可以导出的证据项" in text_of(refused)
    assert not Sheet.objects.filter(kind="out:evidence").exists()


def test_who_may_not_export_is_told_so_and_who_may_not_know_finds_nothing(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = received(world, [sealed_item(world)])
    morning.move_to(time("2026-03-10T09:00"))
    assert sit(READER).get(export_of(matter)).status_code == 403
    assert sit(THIRD).get(export_of(matter)).status_code == 404
