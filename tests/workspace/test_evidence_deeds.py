"""What is done with an item on pages: lots, what is made from it, partial packages, erasing, the leader's override."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import quote

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from concord.capabilities.evidence.models import Item
from concord.foundation.journal.models import Entry, Read
from concord.foundation.organisations.models import Organisation
from tests.support.collecting import SECRET, Collecting
from tests.support.evidence_items import handed_over, sealed_item, stored
from tests.support.sealing import home_of
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, form_of, missing, text_of

pytestmark = pytest.mark.django_db
OFFICER, LEADER, STRANGER, CLERK = "asking.case_officer", "asking.leader", "third.case_officer", "asking.clerk"
NOW = time("2026-02-06T09:30")
DEEDS = ("lots/", "lots/move/", "derive/", "without/", "erase/", "unstamped/")
Made: TypeAlias = Callable[[], Item]


@pytest.fixture
def collecting(world: World, tmp_path: Path) -> Iterator[Collecting]:
    """The members have keys and a ledger, and it is the morning of the pages."""
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=NOW).in_use() as home:
        yield Collecting(world, home)


def page_of(item: Item, deed: str = "") -> str:
    return f"/evidence/{quote(item.number)}/{deed}"


def events(item: Item) -> list[str]:
    return list(Entry.objects.filter(subject=item.number).values_list("event", flat=True))


def with_lot(world: World) -> Item:
    """A sealed item with one lot of twelve things."""
    item = sealed_item(world, kind="sample")
    stored(item, world.person(OFFICER), quantity=12, at=NOW)
    return item


def rows(*given: tuple[str, str, str, str]) -> dict[str, list[str]]:
    names = ("name", "unit", "quantity", "seal")
    return {f"lot.{name}": [row[place] for row in given] for place, name in enumerate(names)}


@pytest.mark.parametrize("deed", DEEDS)
def test_hidden_from_strangers_and_closed_to_clerks(world: World, sit: Sit, deed: str) -> None:
    item = with_lot(world)
    assert sit("third.leader").get(page_of(item, deed)).status_code == 404
    assert Read.objects.filter(what="item", refused=True, subject=item.number).count() == 1
    assert sit(CLERK).get(page_of(item, deed)).status_code == 403


@pytest.mark.parametrize(("who", "deed"), [(OFFICER, "erase/"), (OFFICER, "unstamped/")])
def test_what_only_a_leader_does(world: World, sit: Sit, who: str, deed: str) -> None:
    assert sit(who).get(page_of(sealed_item(world), deed)).status_code == 403


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        (OFFICER, {"lots/move/", "derive/", "without/"}),
        (LEADER, {"lots/move/", "derive/", "without/", "erase/"}),
    ],
)
def test_the_items_page_offers_what_may_be_done(world: World, sit: Sit, who: str, offered: set[str]) -> None:
    item = with_lot(world)
    page = text_of(sit(who).get(page_of(item)))
    assert {deed for deed in DEEDS if f'href="{page_of(item, deed)}"' in page} == offered


def test_what_the_state_does_not_allow_leads_back(world: World, sit: Sit) -> None:
    item = sealed_item(world)
    desk = sit(LEADER)
    for deed in ("lots/", "lots/move/", "unstamped/"):
        assert desk.get(page_of(item, deed)).status_code == 302


class TestLots:
    def begun(self, desk: Desk) -> Item:
        desk.fill("/evidence/new/", kind="sample", title="运动鞋样品", handling="case_only", cause="")
        return Item.objects.latest("id")

    def test_entered_while_collecting(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = self.begun(desk)
        told = rows(("运动鞋", "双", "12", "封001"), ("", "", "", ""), ("鞋盒", "个", "3", ""))
        assert desk.fill(page_of(item, "lots/"), place="证据室", **told).status_code == 302
        assert list(item.lots.values_list("number", "name", "seal")) == [(1, "运动鞋", "封001"), (2, "鞋盒", "")]
        assert missing(desk.get(page_of(item)), ["12 双", "3 个"]) == []

    def test_a_wrong_row_is_marked_and_kept(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = self.begun(desk)
        page = desk.fill(page_of(item, "lots/"), place="", **rows(("运动鞋", "双", "很多", "")))
        assert page.status_code == 422
        assert missing(page, ['value="很多"', 'aria-invalid="true"', "数量应为正整数", 'href="#f-place"']) == []
        assert not item.lots.exists()

    def test_nothing_entered(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = self.begun(desk)
        assert desk.fill(page_of(item, "lots/"), place="证据室").status_code == 422

    def test_a_stale_page_enters_nothing_twice(self, sit: Sit) -> None:
        desk = sit(OFFICER)
        item = self.begun(desk)
        sent = {**form_of(desk.get(page_of(item, "lots/"))), "place": "证据室", **rows(("鞋", "双", "1", ""))}
        assert desk.post(page_of(item, "lots/"), sent).status_code == 302
        page = desk.post(page_of(item, "lots/"), sent)
        assert (page.status_code, item.lots.count()) == (422, 1)
        assert missing(page, ["已被修改", 'value="鞋"']) == []


class TestMoves:
    TOLD = {"kind": "test", "lot": "1", "quantity": "5", "place": "鉴定机构", "reason": "送检"}  # noqa: RUF012  read only

    def test_things_leave_a_lot(self, world: World, sit: Sit) -> None:
        item = with_lot(world)
        desk = sit(OFFICER)
        assert desk.fill(page_of(item, "lots/move/"), **self.TOLD).status_code == 302
        assert missing(desk.get(page_of(item)), ["7 双", "检测耗用", "送检", "入库"]) == []

    def test_a_part_becomes_a_lot_of_its_own(self, world: World, sit: Sit) -> None:
        item = with_lot(world)
        told = {**self.TOLD, "kind": "split", "name": "副样", "seal": "封009"}
        assert sit(OFFICER).fill(page_of(item, "lots/move/"), **told).status_code == 302
        assert item.lots.get(number=2).name == "副样"

    def test_more_than_there_is(self, world: World, sit: Sit) -> None:
        item = with_lot(world)
        page = sit(OFFICER).fill(page_of(item, "lots/move/"), **{**self.TOLD, "quantity": "13"})
        assert page.status_code == 422
        assert missing(page, ['href="#f-quantity"', 'value="13"', "送检"]) == []
        assert item.moves.count() == 1

    def test_the_same_form_twice_moves_once(self, world: World, sit: Sit) -> None:
        item = with_lot(world)
        desk = sit(OFFICER)
        sent = {**form_of(desk.get(page_of(item, "lots/move/"))), **self.TOLD}
        assert desk.post(page_of(item, "lots/move/"), sent).status_code == 302
        assert desk.post(page_of(item, "lots/move/"), sent).status_code == 422
        assert item.moves.count() == 2

    def test_only_a_leader_destroys_and_the_last_things_end_the_chain(self, world: World, sit: Sit) -> None:
        item = with_lot(world)
        told = {**self.TOLD, "kind": "destroy", "quantity": "12"}
        officer = sit(OFFICER)
        assert 'value="destroy"' not in text_of(officer.get(page_of(item, "lots/move/")))
        assert officer.fill(page_of(item, "lots/move/"), **told).status_code == 403
        assert sit(LEADER).fill(page_of(item, "lots/move/"), **told).status_code == 302
        item.refresh_from_db()
        assert item.state == Item.State.DISPOSED
        page = sit(LEADER).post(page_of(item, "lots/move/"), told)
        assert page.status_code == 409


class TestDerive:
    TOLD = {"title": "给协作机关的遮盖件", "card": "浙0101"}  # noqa: RUF012  read only

    def test_a_copy(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        made = sit(OFFICER).fill(page_of(original, "derive/"), **self.TOLD)
        item = Item.objects.get(derived_from=original)
        assert made.headers["Location"] == page_of(item, "edit/")
        assert (item.derivation, item.files.count(), item.record) == ("copy", 1, original.record)

    def test_a_redaction_with_its_file_in_place_of_the_original(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        source = original.files.get()
        told = {"removed": [*original.record], "redacts": str(source.pk), **self.TOLD}
        file = SimpleUploadedFile("遮盖后.txt", b"nobody is named")
        sent = sit(OFFICER).fill(page_of(original, "derive/?kind=redaction"), **told, file=file)
        assert sent.status_code == 302
        item = Item.objects.get(derived_from=original)
        assert [(one.file.name, one.redaction_of) for one in item.files.all()] == [("遮盖后.txt", source)]
        assert SECRET not in str(item.record)

    def test_a_refused_form_keeps_its_file(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        desk = sit(OFFICER)
        here = page_of(original, "derive/?kind=translation")
        file = SimpleUploadedFile("译文.txt", b"translated")
        page = desk.fill(here, title="英译本", card="", file=file)
        assert page.status_code == 422
        assert missing(page, ["译文.txt", 'value="英译本"', 'href="#f-card"']) == []
        assert desk.post(here, {**form_of(page), "card": "浙0101"}).status_code == 302
        assert Item.objects.get(derived_from=original).files.get().file.name == "译文.txt"

    def test_a_redaction_takes_something_away(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        page = sit(OFFICER).fill(page_of(original, "derive/?kind=redaction"), **self.TOLD)
        assert page.status_code == 422
        assert 'href="#f-removed"' in text_of(page)
        told = {"redacts": str(original.files.get().pk), **self.TOLD}
        page = sit(OFFICER).fill(page_of(original, "derive/?kind=redaction"), **told)
        assert (page.status_code, 'href="#f-redacts"' in text_of(page)) == (422, True)
        assert not Item.objects.filter(derived_from=original).exists()

    def test_the_same_form_twice_makes_one(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        desk = sit(OFFICER)
        sent = {**form_of(desk.get(page_of(original, "derive/"))), **self.TOLD}
        first, second = (desk.post(page_of(original, "derive/"), sent) for _ in range(2))
        assert first.headers["Location"] == second.headers["Location"]
        assert Item.objects.filter(derived_from=original).count() == 1


class TestWithout:
    def test_what_is_ticked_is_not_in_the_package(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        desk = sit(OFFICER)
        page = desk.get(page_of(original, "without/"))
        assert missing(page, ["采集人员 1", "采集人员 2 的执法证号", "文件 1 的名称", "张三仓库照片"]) == []
        closed = ["title", "file_0_name", *(f"record_{name}" for name in original.record)]
        response = desk.post(page_of(original, "without/"), {"closed": closed})
        content = b"".join(cast("Iterable[bytes]", response))
        assert content.startswith(b"PK")
        assert (original.title.encode() in content, original.place.encode() in content) == (False, True)
        assert "evidence.close_fields" in events(original)

    def test_a_field_that_it_does_not_have(self, collecting: Collecting, sit: Sit) -> None:
        original = collecting.sealed()
        page = sit(OFFICER).post(page_of(original, "without/"), {"closed": ["nonsense"]})
        assert (page.status_code, 'href="#f-closed"' in text_of(page)) == (422, True)


class TestErase:
    def test_erased_after_a_reason_and_a_tick(self, collecting: Collecting, sit: Sit) -> None:
        item = collecting.sealed()
        desk = sit(LEADER)
        here = page_of(item, "erase/")
        assert missing(desk.get(here), ["删除后不能恢复", "仍然保留", "保存期限届满"]) == []
        assert desk.fill(here, reason="retention_over", confirm="yes").status_code == 302
        item.refresh_from_db()
        assert (item.state, item.record) == (Item.State.ERASED, {})
        assert SECRET not in text_of(desk.get(page_of(item)))
        assert desk.post(here, {"reason": "order", "confirm": "yes"}).status_code == 409
        assert desk.get(here).status_code == 302

    @pytest.mark.parametrize(
        ("sent", "field"), [({"reason": "order"}, "confirm"), ({"reason": "boredom", "confirm": "yes"}, "reason")]
    )
    def test_not_without_either(self, world: World, sit: Sit, sent: dict[str, Any], field: str) -> None:
        item = sealed_item(world)
        page = sit(LEADER).post(page_of(item, "erase/"), sent)
        assert (page.status_code, f'href="#f-{field}"' in text_of(page)) == (422, True)
        item.refresh_from_db()
        assert item.state == Item.State.SEALED

    def test_not_while_it_is_on_its_way(self, world: World, sit: Sit) -> None:
        item = sealed_item(world)
        handed_over(world, [item])
        desk = sit(LEADER)
        assert desk.get(page_of(item, "erase/")).status_code == 302
        assert desk.post(page_of(item, "erase/"), {"reason": "order", "confirm": "yes"}).status_code == 409


class TestUnstamped:
    @pytest.fixture
    def ready(self, collecting: Collecting, morning: time_machine.Traveller) -> Item:
        """No time-stamper has answered for five hours; an item is ready to be sealed."""
        collecting.home.silent_stampers = True
        collecting.sealed()
        collecting.home.later(hours=5)
        morning.move_to(collecting.home.at)
        return collecting.filled(collecting.described(collecting.registered()))

    @pytest.mark.parametrize(("who", "offered"), [(OFFICER, False), (LEADER, True)])
    def test_offered_to_a_leader_once_sealing_was_refused(self, ready: Item, sit: Sit, who: str, offered: bool) -> None:  # noqa: FBT001  a column of the table
        desk = sit(who)
        edit = page_of(ready, "edit/")
        assert page_of(ready, "unstamped/") not in text_of(desk.get(edit))
        page = desk.fill(edit, do="seal")
        assert page.status_code == 422
        assert (page_of(ready, "unstamped/") in text_of(page)) == offered

    def test_a_leader_decides(self, ready: Item, sit: Sit) -> None:
        desk = sit(LEADER)
        here = page_of(ready, "unstamped/")
        page = desk.fill(here)
        assert (page.status_code, 'href="#f-confirm"' in text_of(page)) == (422, True)
        assert desk.fill(here, confirm="yes").status_code == 302
        ready.refresh_from_db()
        assert ready.state == Item.State.SEALING
        assert "evidence.sealed_without_stamp" in events(ready)

    def test_a_stale_page_seals_nothing(self, ready: Item, sit: Sit) -> None:
        page = sit(LEADER).post(page_of(ready, "unstamped/"), {"confirm": "yes", "version": "0"})
        assert (page.status_code, "已被修改" in text_of(page)) == (422, True)
        ready.refresh_from_db()
        assert ready.state == Item.State.COLLECTING

    def test_not_while_stampers_answer(self, collecting: Collecting, sit: Sit) -> None:
        item = collecting.registered()
        assert sit(LEADER).get(page_of(item, "unstamped/")).headers["Location"] == page_of(item, "edit/")
