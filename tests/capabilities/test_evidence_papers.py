"""Prints of evidence say what is on record, mark what is not sealed, and come back byte for byte."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pikepdf
import pytest

from concord.capabilities.evidence.models import Item, Lot, LotMove
from concord.capabilities.evidence.papers import COVER, Printed, again, catalogue, paper, papers_of, printed
from concord.capabilities.evidence.queries import item_for
from concord.foundation.database.scope import writing
from concord.proofs.digests import pair_of
from concord.rules.errors import InvalidInput, NotFound, Said
from concord.rules.evidence.records import FIELDS
from tests.support.collecting import CARDS, PLACE, Collecting, full_record
from tests.support.evidence_items import received
from tests.support.pdf_text import text_of_pages
from tests.support.worlds import speaking_as, time

pytestmark = pytest.mark.django_db
RARE = "𠮷㛃䶮"
# A kind of item, its paper for signature, who signs each page, and what the form must carry.
RECORDS = [
    (
        "e_data",
        "e_data_record",
        ("被检查（提取）人", "见证人", "执法人员"),
        ("提取时间", "提取地点", "原始载体名称", "完整性校验值"),
    ),
    (
        "onsite_record",
        "onsite_record",
        ("当事人", "见证人", "检查人员"),
        ("检查时间", "检查地点", "当事人（被检查人）", "现场情况"),
    ),
    (
        "inquiry_record",
        "inquiry_record",
        ("被询问人", "询问人"),
        ("询问时间", "询问地点", "第几次询问", "询问内容（问与答）"),
    ),
]
UNSEALED = "未封存：证据项尚未封存"


def seen(desk: Collecting, item: Item, *, by: str = "asking.case_officer") -> Item:
    actor = desk.actor(by)
    with speaking_as(actor):
        return item_for(uid=item.uid, by=actor)


def print_of(desk: Collecting, item: Item, name: str, *, by: str = "asking.case_officer") -> Printed:
    actor = desk.actor(by)
    with speaking_as(actor):
        return printed(item_for(uid=item.uid, by=actor), name, by=actor, at=desk.home.at)


def text(made: Printed) -> str:
    return "".join(text_of_pages(made.pdf))


def collected(desk: Collecting, kind: str, **record: Any) -> Item:
    item = desk.registered(kind=kind, title=f"{RARE}仓库", cause="trademark_infringement")
    return desk.filled(desk.described(item, record={**full_record(kind), **record}), name=f"{RARE}照片.txt")


@pytest.mark.parametrize(("kind", "name", "signing", "carried"), RECORDS)
def test_a_record_carries_what_its_form_asks_for(
    desk: Collecting, kind: str, name: str, signing: tuple[str, ...], carried: tuple[str, ...]
) -> None:
    item = collected(desk, kind)
    assert name in dict(papers_of(seen(desk, item)))
    made = print_of(desk, item, name)
    pages = text_of_pages(made.pdf)
    whole = "".join(pages)
    with writing():
        [file] = item.files.select_related("file")
        officers = [one.person.zh for one in item.officers.select_related("person")]
    labels = [field.zh for field in FIELDS[kind]]
    for said in (
        *carried,
        *labels,
        *CARDS,
        *officers,
        PLACE,
        f"{RARE}仓库",
        f"{RARE}照片",
        item.number,
        file.file.digest,
    ):
        assert "".join(said.split()) in whole, said
    for page in pages:
        assert all(f"{who}：" in page for who in signing)
        assert "未封存" in page
    assert UNSEALED in pages[0]
    assert len(pages) == made.pages


@pytest.mark.parametrize(("kind", "name", "signing", "carried"), RECORDS)
def test_a_sealed_record_is_not_marked_and_gives_both_digests(
    desk: Collecting, kind: str, name: str, signing: tuple[str, ...], carried: tuple[str, ...]
) -> None:
    item = collected(desk, kind)
    desk.close(item)
    assert "未封存" in text(print_of(desk, item, name)), "it is closed and not yet signed"
    desk.sign()
    whole = text(print_of(desk, item, name))
    with writing():
        [file] = item.files.select_related("file")
    assert (file.sm3 in whole, file.file.digest in whole, "未封存" in whole) == (True, True, False)
    assert all(said in whole for said in (*signing, *carried))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name, _signing, _carried in RECORDS])
def test_long_texts_run_over_pages_and_nothing_is_lost(desk: Collecting, kind: str, name: str) -> None:
    field = next(field.id for field in FIELDS[kind] if field.type == "longtext")
    rows = [f"第{n}项{RARE}存放于甲区，数量若干。" for n in range(180)]
    made = print_of(desk, collected(desk, kind, **{field: "\n".join(rows)}), name)
    assert made.pages > 3
    whole = text(made)
    assert all(row in whole for row in rows[::30])
    assert sum(f"第{n}项" in whole for n in range(180)) == 180


def test_a_list_of_goods_counts_what_came_and_what_is_left(desk: Collecting) -> None:
    item = collected(desk, "sample")
    assert "goods_list" not in dict(papers_of(seen(desk, item)))
    with writing():
        shoes = Lot.objects.create(item=item, number=1, name=f"{RARE}运动鞋", unit="双", seal="封0001")
        told = {"item": item, "place": PLACE, "reason": "抽样", "at": desk.home.at, "organisation": item.organisation}
        told["person"] = item.person
        LotMove.objects.create(seq=1, kind="take_in", destination=shoes, quantity=120, **told)
        LotMove.objects.create(seq=2, kind="use", source=shoes, quantity=7, **told)
    whole = text(print_of(desk, item, "goods_list"))
    for said in ("物品清单", f"{RARE}运动鞋", "封0001", "120", "113", "双", "当事人：", "见证人：", "未封存"):
        assert said in whole


def test_the_cover_says_who_when_what_is_proven_and_how_to_verify(desk: Collecting) -> None:
    item = collected(desk, "e_data")
    with pytest.raises(NotFound) as refused:
        print_of(desk, item, COVER)
    assert refused.value.code == "evidence.no_paper"
    desk.close(item)
    desk.sign()
    early = text(print_of(desk, item, COVER))
    assert "尚未载入存证账本" in early
    desk.publish()
    package = desk.package(item)
    whole = text(print_of(desk, item, COVER))
    names = [one.zh for one in desk.world.places.values() if one.zh in whole]
    assert len(names) > 2, "cities that have signed are named"
    for said in (
        package.package,
        f"concordverify{package.package}.evp--trusttrust.json",
        "时间戳：",
        "联署（约定至少6个）",
        "尚未移交其他机关",
        "不免除依法查证",
        "仅限本案使用",
        *CARDS,
    ):
        assert said in whole, said


def test_the_cover_tells_a_receiver_on_what_the_item_rests_and_of_nobody_else(desk: Collecting) -> None:
    item = desk.sealed()
    desk.home.at = time("2026-03-09T10:00")
    received(desk.world, [item], basis="agreement")
    here = text(print_of(desk, item, COVER, by="asked.case_officer"))
    assert f"{desk.place('asked').zh}：" in here
    received(desk.world, [item], receiver="third", basis="agreement")
    ours = text(print_of(desk, item, COVER))
    assert all(f"{desk.place(place).zh}：" in ours for place in ("asked", "third"))
    assert f"{desk.place('third').zh}：" not in text(print_of(desk, item, COVER, by="asked.case_officer"))


def test_a_print_comes_back_byte_for_byte_from_what_stands_in_it(desk: Collecting) -> None:
    item = collected(desk, "e_data")
    desk.close(item)
    desk.sign()
    desk.publish()
    for name, _title in papers_of(seen(desk, item)):
        made = print_of(desk, item, name)
        with pikepdf.open(io.BytesIO(made.pdf)) as pdf, pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            kept = pdf.attachments["facts.json"].get_file().read_bytes()
        assert kept == made.kept
        assert again(json.loads(kept)) == made
        assert print_of(desk, item, name) == made
        desk.home.later(days=1)
        assert print_of(desk, item, name).pdf != made.pdf, "it says the day on which it is printed"


@pytest.mark.parametrize(
    "broken", [{}, {"charter": "x"}, {"charter": "x", "letter": []}, {"charter": "x", "letter": {}}]
)
def test_what_is_no_print_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(NotFound) as refused:
        again(broken)
    assert refused.value.code == "evidence.no_paper"


def test_the_catalogue_lists_items_and_names_those_left_out(desk: Collecting) -> None:
    taken, left_out = desk.sealed(title=f"{RARE}账册"), desk.registered(title="未完成的录像")
    by = desk.actor()
    with speaking_as(by):
        made = catalogue(
            [taken, left_out],
            title="某某案",
            by=by,
            at=desk.home.at,
            shows={taken.number: "证明销售数量"},
            refused=[(left_out, Said("使用限制不允许转交", "not to be passed on"))],
        )
    whole = text(made)
    package = desk.package(taken)
    manifest = pair_of(package.manifest.encode())
    for said in (
        f"{RARE}账册",
        taken.number,
        "照片",
        "证明销售数量",
        "1个文件",
        manifest.sha256[:8],
        manifest.sm3[8:16],
        "未列入的证据及理由",
        "使用限制不允许转交",
        "（未封存）",
    ):
        assert said in whole, said


def test_an_erased_item_has_no_papers(desk: Collecting) -> None:
    item = desk.sealed()
    with writing():
        Item.objects.filter(pk=item.pk).update(state=Item.State.ERASED)
    found = seen(desk, item)
    assert papers_of(found) == []
    with pytest.raises(NotFound), speaking_as(desk.actor()):
        paper(found, COVER, by=desk.actor(), at=desk.home.at)


def test_a_character_that_no_font_has_is_named_while_it_can_be_mended(desk: Collecting) -> None:
    item = collected(desk, "e_data", content="见\ue123处")
    with pytest.raises(InvalidInput) as refused:
        print_of(desk, item, "e_data_record")
    assert refused.value.code == "paper.missing_glyph"


def test_a_character_that_no_font_has_stands_as_its_code_once_it_is_sealed(desk: Collecting) -> None:
    item = desk.filled(desk.described(desk.registered(kind="e_data", title="仓库😀")), name="照片😀.txt")
    desk.close(item)
    desk.sign()
    for name, _title in papers_of(seen(desk, item)):
        whole = text(print_of(desk, item, name))
        assert "仓库〔U+1F600〕" in whole
        assert "照片〔U+1F600〕.txt" in whole


def test_another_city_prints_nothing_of_what_it_is_not_shown(desk: Collecting) -> None:
    item = desk.sealed()
    desk.home.later(seconds=timedelta(seconds=1).total_seconds())
    with pytest.raises(NotFound) as hidden:
        print_of(desk, item, COVER, by="third.case_officer")
    assert hidden.value.code == "evidence.no_item"
