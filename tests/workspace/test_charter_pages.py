"""The pages of the charter: what they say of members, posts and procedures, the diagram, the file, the handbook."""

from __future__ import annotations

import io
import re
from datetime import date
from functools import cache
from urllib.parse import quote

import pikepdf
import pytest

from concord.casework.models import ProcedureVersion
from concord.charters import folder
from concord.foundation.organisations.models import CharterVersion
from concord.rules.charter import Charter, load
from concord.rules.procedure import Procedure
from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

CHARTER, LISTED, HANDBOOK = "/charter/", "/charter/procedures/", "/charter/handbook.pdf"
ASSISTANCE = f"{LISTED}assistance/2026-01-01/"
ANCHOR = re.compile(r'href="#([^"]+)"')


@cache
def nine() -> Charter:
    """The charter that the world runs on."""
    return load(folder.read(folder.shipped(), "cn", "g60"), "g60")


def assistance() -> Procedure:
    return nine().procedures["assistance"][-1]


@pytest.mark.parametrize("path", [CHARTER, LISTED, ASSISTANCE, HANDBOOK])
@pytest.mark.parametrize("post", ["case_officer", "clerk", "service_provider", "auditor", "administrator"])
def test_everybody_with_a_post_may_read_the_charter(path: str, post: str, sit: Sit) -> None:
    assert sit(f"asking.{post}").get(path).status_code == 200


@pytest.mark.parametrize("path", [CHARTER, LISTED, f"{LISTED}assistance/", ASSISTANCE, HANDBOOK])
def test_who_holds_no_post_may_not(path: str, sit: Sit) -> None:
    assert sit("stranger").get(path).status_code == 403
    assert sit().get(path).headers["Location"] == f"/account/login/?next={quote(path)}"


def test_the_menu_leads_to_the_charter(sit: Sit) -> None:
    page = text_of(sit("asking.case_officer").get(LISTED))
    assert '<a class="side-link" href="/charter/" aria-current="page">' in page


def test_the_charter_says_who_belongs_to_it_and_who_is_above(sit: Sit) -> None:
    page = sit("asking.leader").get(CHARTER)
    charter = nine()
    for member in charter.members:
        names = [member.zh, member.mark, member.market, member.patent]
        assert missing(page, [*names, *(superior.market for superior in charter.superiors(member.code))]) == []
    assert missing(page, [group.zh for group in charter.groups] + [seat.zh for seat in charter.seats]) == []


def test_the_charter_says_who_may_do_what(sit: Sit) -> None:
    text = text_of(sit("asking.leader").get(CHARTER))
    rows = text.partition('id="permissions"')[2].partition("</table>")[0].split("<tr>")[2:]
    charter = nine()
    assert len(rows) == len(charter.permissions)
    for permission, row in zip(charter.permissions, rows, strict=True):
        cells = row.split('<td class="tick">')[1:]
        assert permission.id in row
        assert [("ti-check" in cell) for cell in cells] == [post.id in permission.posts for post in charter.posts]


def test_the_charter_lists_its_versions_with_resolution_and_day(sit: Sit) -> None:
    version = CharterVersion.objects.get()
    page = sit("asking.leader").get(CHARTER)
    assert missing(page, [version.digest[:16], "2019年1月1日（周二）", "尚无决议"]) == []
    later = {"charter": "g60", "digest": "f" * 64, "effective_from": date(2027, 1, 1), "texts": {}}
    CharterVersion.objects.create(**later, resolution="协调小组决议〔2026〕1号", adopted_at=version.adopted_at)
    assert missing(sit("asking.leader").get(CHARTER), ["协调小组决议〔2026〕1号", "2027年1月1日（周五）"]) == []


def test_what_is_proposed_is_marked_wherever_it_stands(sit: Sit) -> None:
    proposed = [source for source in nine().sources if source.proposed]
    assert proposed
    for path in (CHARTER, LISTED, ASSISTANCE):
        assert "拟议</span>" in text_of(sit("asking.leader").get(path))
    page = text_of(sit("asking.leader").get(ASSISTANCE))
    for clock in assistance().clocks:
        row = page.partition(f'id="clock-{clock.id}"')[2].partition("</tr>")[0]
        source = assistance().source(clock.source or "")
        assert source.label.said.zh in row
        assert source.text in row
        assert ("拟议" in row) == source.proposed


def test_procedures_are_listed_by_line_with_clocks_and_versions(sit: Sit) -> None:
    page = sit("asking.leader").get(LISTED)
    for name in nine().in_force:
        shown = nine().procedures[name][-1]
        assert missing(page, [shown.zh, f"{len(shown.states)}个状态", f"{LISTED}{name}/{shown.in_force_from}/"]) == []
        assert missing(page, [clock.zh for clock in shown.clocks]) == []


def test_the_address_without_a_day_leads_to_the_version_in_force(sit: Sit) -> None:
    assert sit("asking.leader").get(f"{LISTED}assistance/").headers["Location"] == ASSISTANCE


@pytest.mark.parametrize("path", [f"{LISTED}none/", f"{LISTED}assistance/2020-01-01/", f"{LISTED}assistance/soon/"])
def test_what_is_no_procedure_is_not_found(path: str, sit: Sit) -> None:
    response = sit("asking.leader").get(path)
    assert response.status_code == 404
    assert "charter.no_procedure_in_force" in text_of(response)


def test_a_version_shows_every_rule_with_its_line(sit: Sit) -> None:
    page = text_of(sit("asking.leader").get(ASSISTANCE))
    rules = (assistance().clocks, assistance().acts, assistance().papers, assistance().fields, assistance().sources)
    for rule in (rule for listed in rules for rule in listed):
        assert f'href="#L{rule.line}"' in page, rule.id
    lines = assistance().text.rstrip("\n").split("\n")
    assert [f'id="L{number}"' in page for number in (1, len(lines), len(lines) + 1)] == [True, True, False]


def test_every_link_within_the_page_leads_somewhere(sit: Sit) -> None:
    page = text_of(sit("asking.leader").get(ASSISTANCE))
    assert [anchor for anchor in set(ANCHOR.findall(page)) if f'id="{anchor}"' not in page] == []


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "已送达"), ("en", "Delivered")])
def test_the_diagram_can_be_walked_by_keyboard_and_read_as_text(language: str, said: str, sit: Sit) -> None:
    page = text_of(sit("asking.leader", language=language).get(ASSISTANCE))
    drawn = page.partition('<svg class="flow"')[2].partition("</svg>")[0]
    assert drawn.count('tabindex="0"') == len(assistance().states)
    assert 'href="#from-delivered"' in drawn
    assert said in drawn
    steps = page.partition('id="from-delivered"')[2].partition("</ul>")[0]
    acts = [act for act in assistance().acts if "delivered" in act.from_states]
    assert [act.id for act in acts if f'href="#act-{act.id}"' not in steps] == []


def test_guards_are_told_in_words(sit: Sit) -> None:
    page = text_of(sit("asking.leader").get(ASSISTANCE))
    assert "签发人不是起草人" in page
    assert "casework.signer_is_not_drafter</" not in page


def test_an_older_version_says_that_it_is_not_in_force(sit: Sit) -> None:
    row = ProcedureVersion.objects.get(procedure="assistance")
    older = row.text.replace("in_force_from = 2026-01-01", "in_force_from = 2025-01-01")
    ProcedureVersion.objects.create(procedure="assistance", in_force_from="2025-01-01", text=older, digest="0" * 64)
    desk = sit("asking.leader")
    assert missing(desk.get(f"{LISTED}assistance/2025-01-01/"), ["非现行版本", ASSISTANCE]) == []
    assert missing(desk.get(ASSISTANCE), [f"{LISTED}assistance/2025-01-01/"]) == []
    assert "非现行版本" not in text_of(desk.get(ASSISTANCE))


def test_the_handbook_of_the_charter_in_force_comes_as_pdf_a(sit: Sit) -> None:
    response = sit("asking.clerk").get(HANDBOOK)
    assert response.headers["Content-Type"] == "application/pdf"
    name = quote(f"章程手册-g60-{nine().version}.pdf")
    assert response.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
    with pikepdf.open(io.BytesIO(response.content)) as pdf, pdf.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "2"
    assert sit("asked.clerk").get(HANDBOOK).content == response.content


def test_a_matter_leads_to_the_version_it_runs_on(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    assert missing(sit("asking.leader").get(f"/matters/{matter.number}/"), [f'href="{ASSISTANCE}"']) == []


def test_the_story_of_a_matter_says_where_each_limit_comes_from(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    page = sit("asking.leader").get(f"/matters/{matter.number}/")
    assert missing(page, ["“协查完成期限”（法定）开始计算", "“签收期限”（约定·拟议）开始计算"]) == []
