"""Saved views: kept with their filters, offered as tabs, shared or one's own, deleted; faults say what to do."""

from __future__ import annotations

import pytest

from concord.casework.desk import views
from concord.casework.desk.views import LONGEST_NAME, LONGEST_QUERY, MOST_OF_ONE, discard_view, save_view, views_of
from concord.casework.models import SavedView
from concord.rules.errors import ConcordError, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import World, speaking_as, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

AT = time("2026-02-05T09:00")
LIST = "/matters/"


def save(
    world: World,
    who: str = "asking.case_officer",
    *,
    name: str = "苏州来件",
    query: str = "direction=in",
    shared: bool = False,
) -> SavedView:
    actor = world.actor(who)
    with speaking_as(actor):
        return save_view(page="matters", name=name, query=query, shared=shared, by=actor, at=AT)


def offered(world: World, who: str) -> list[str]:
    actor = world.actor(who)
    with speaking_as(actor):
        return [view.name for view in views_of(actor, "matters")]


def discard(world: World, who: str, pk: int) -> None:
    actor = world.actor(who)
    with speaking_as(actor):
        discard_view(pk=pk, by=actor)


def test_a_view_is_ones_own_until_it_is_shared_and_never_leaves_the_organisation(world: World) -> None:
    save(world)
    assert offered(world, "asking.case_officer") == ["苏州来件"]
    assert offered(world, "asking.leader") == []
    save(world, shared=True)
    assert SavedView.objects.count() == 1
    assert offered(world, "asking.leader") == ["苏州来件"]
    assert offered(world, "asked.leader") == []
    assert offered(world, "asking.administrator") == []


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("  ", "open=1", "missing"),
        ("长" * (LONGEST_NAME + 1), "open=1", "too_long"),
        ("空", "", "missing"),
        ("多", "q=" + "a" * LONGEST_QUERY, "too_long"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_field(name: str, query: str, code: str, world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(world, name=name, query=query)
    assert refused.value.code == "casework.bad_view"
    assert [problem.code for problem in refused.value.problems] == [code]
    assert not SavedView.objects.exists()


def test_a_person_keeps_so_many_views_of_a_list_and_may_still_change_them(world: World) -> None:
    for n in range(MOST_OF_ONE):
        save(world, name=f"视图{n}")
    with pytest.raises(InvalidInput) as refused:
        save(world, name="再一个")
    assert [problem.code for problem in refused.value.problems] == ["too_many"]
    assert save(world, name="视图0", query="open=1").query == "open=1"


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("asking.case_officer", None),
        ("asking.liaison", None),
        ("asking.clerk", NotAllowed),
        ("asked.leader", NotFound),
    ],
)
def test_a_shared_view_is_deleted_by_its_owner_and_who_assigns_work(
    who: str, error: type[ConcordError] | None, world: World
) -> None:
    view = save(world, shared=True)
    if error is None:
        discard(world, who, view.pk)
    else:
        with pytest.raises(error):
            discard(world, who, view.pk)
    assert SavedView.objects.exists() is (error is not None)


def test_what_a_colleague_keeps_alone_cannot_be_deleted(world: World) -> None:
    view = save(world)
    with pytest.raises(NotFound):
        discard(world, "asking.leader", view.pk)


def test_who_reads_no_matters_keeps_no_views(world: World) -> None:
    with pytest.raises(NotAllowed):
        save(world, "asking.administrator")
    assert views.TIDY == "matter:assign"


def test_the_page_saves_the_filters_shows_them_as_a_tab_and_deletes_them(world: World, sit: Sit) -> None:
    world.begin()
    desk = sit("asking.case_officer")
    filtered = desk.get(LIST, {"state": "drafted", "open": "1"})
    assert missing(filtered, ['name="query" value="open=1&amp;state=drafted"', "保存视图"]) == []
    form = {"page": "matters", "query": "state=drafted&open=1", "name": "草稿", "shared": "1", "next": f"{LIST}?open=1"}
    response = desk.post("/views/save/", form)
    assert (response.status_code, response.headers["Location"]) == (302, f"{LIST}?open=1")
    assert "视图“草稿”已保存。" in text_of(desk.get(LIST))
    page = text_of(sit("asking.leader").get(LIST, {"open": "1", "state": "drafted"}))
    tab = page.partition('href="/matters/?open=1&amp;state=drafted"')[2].partition("</a>")[0]
    assert 'aria-current="page"' in tab
    assert "草稿" in tab
    view = SavedView.objects.get()
    gone = desk.post(f"/views/{view.pk}/discard/", {"next": f"{LIST}?open=1&state=drafted"})
    assert gone.headers["Location"] == LIST
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_told_and_nothing_kept(world: World, sit: Sit) -> None:
    assert world.places
    desk = sit("asking.case_officer")
    desk.post("/views/save/", {"page": "matters", "query": "open=1", "name": " ", "next": LIST})
    assert "请填写视图名称" in text_of(desk.get(LIST))
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_nobody_is_led_elsewhere(elsewhere: str, sit: Sit) -> None:
    response = sit("asking.case_officer").post("/views/save/", {"name": "x", "query": "open=1", "next": elsewhere})
    assert response.headers["Location"] == LIST


def test_looking_at_the_addresses_changes_nothing(world: World, sit: Sit) -> None:
    view = save(world)
    desk = sit("asking.case_officer")
    assert desk.get("/views/save/").status_code == 302
    assert desk.get(f"/views/{view.pk}/discard/").status_code == 302
    assert SavedView.objects.count() == 1
    assert desk.post("/views/999/discard/").status_code == 404
