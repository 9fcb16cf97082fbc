"""The evidence of a matter as one package: both verifiers take it and each package in it; nothing hidden gets in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.capabilities.evidence import exporting, tasks
from concord.capabilities.evidence.exporting import CATALOGUE, CONTENTS
from concord.capabilities.evidence.models import Consent, Item, ItemAudience
from concord.capabilities.evidence.queries import visible_to
from concord.casework.desk import exports
from concord.casework.models import Matter
from concord.foundation.database.scope import SYSTEM, enter, writing
from concord.foundation.files.commands import write_made
from concord.foundation.files.models import File
from concord.foundation.journal.models import Entry, Read
from concord.foundation.ledger.models import Sealed, SealedFile
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Post
from concord.foundation.sheets.models import Sheet
from concord.rules.errors import Conflict, NotAllowed, NotFound, Unavailable
from tests.support.collecting import Collecting
from tests.support.evidence_items import handed_over, received
from tests.support.pdf_text import text_of_pages
from tests.support.sealing import written
from tests.support.two_verifiers import both_say, entries_of, failing
from tests.support.worlds import World, speaking_as, time

pytestmark = pytest.mark.django_db
GIVER, RECEIVER = "asking.case_officer", "asked.case_officer"
RECEIVED = "2026-03-09T10:00"
BOUNDED = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole worlds takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def ask(desk: Collecting, matter: Matter, *, by: str = RECEIVER, onward: bool = False) -> Sheet:
    actor = desk.actor(by)
    with speaking_as(actor):
        return exporting.ask_for(
            matter=matter.uid,
            onward=onward,
            language="zh-hans",
            by=actor,
            at=desk.home.at,
            entropy=desk.world.random_bytes(),
        )


def write(desk: Collecting, sheet: Sheet) -> Sealed | None:
    enter(SYSTEM)
    made = exporting.write(sheet.uid, equipment=desk.home.equipment(), at=desk.home.at)
    enter(SYSTEM)
    return made


def exported(desk: Collecting, matter: Matter, *, by: str = RECEIVER, onward: bool = False) -> dict[str, bytes]:
    """The files of an export that somebody asked for, by their path, once both verifiers have said that it holds."""
    sheet = ask(desk, matter, by=by, onward=onward)
    assert write(desk, sheet) is not None
    desk.publish()
    actor = desk.actor(by)
    with speaking_as(actor):
        sealed = exporting.package_for(uid=sheet.uid, by=actor)
    content = written(sealed).getvalue()
    trust = desk.home.installation.trust.read_bytes()
    report = both_say(content, trust, at=desk.home.at)
    assert (report.verdict, failing(report), report.level) == ("pass", [], "L2T")
    return {name.decode(): held for name, held in entries_of(content)}


def contents(files: dict[str, bytes]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = json.loads(files[CONTENTS])
    return found


def numbers(files: dict[str, bytes], part: str = "items") -> list[str]:
    return [one["number"] for one in contents(files)[part]]


def given_over(desk: Collecting, items: Sequence[Item], **drafting: str) -> Matter:
    """The items received by the other city, and it is the day after."""
    desk.home.at = max(desk.home.at, time(RECEIVED))
    return received(desk.world, items, **drafting)


def test_each_package_stands_whole_inside_and_verifies_by_itself(desk: Collecting) -> None:
    first, second = desk.sealed(title="现场照片"), desk.sealed(title="销售台账", kind="document")
    matter = given_over(desk, [first, second])
    files = exported(desk, matter)
    trust = desk.home.installation.trust.read_bytes()
    for one, item in zip(contents(files)["items"], (first, second), strict=True):
        package = desk.package(item)
        assert (one["number"], one["package"]) == (item.number, package.package)
        inner = files[one["path"]]
        report = both_say(inner, trust, at=desk.home.at)
        assert (report.package, report.verdict) == (package.package, "pass")
        cover = "".join(text_of_pages(files[one["cover"]]))
        assert item.number in cover
        assert package.package in cover
    listed = "".join(text_of_pages(files[CATALOGUE]))
    assert all(said in listed for said in ("证据目录", "现场照片", "销售台账", first.number))
    manifest = json.loads(files["manifest.json"])
    assert manifest["issuer"]["org"] == desk.place("asked").code
    assert [(one["type"], one["id"]) for one in manifest["relations"]] == [
        ("derived_from", desk.package(item).package) for item in (first, second)
    ]


def test_it_is_on_record_what_went_out_and_the_asker_is_told(desk: Collecting) -> None:
    item = desk.sealed()
    matter = given_over(desk, [item])
    exported(desk, matter)
    with writing():
        entry = Entry.objects.get(event="evidence.export")
        read = Read.objects.filter(what="item", subject=item.number).latest("id")
        told = Notice.objects.get(kind="sheet.export")
    assert (entry.subject, entry.internal, entry.organisation) == (matter.number, True, desk.place("asked"))
    assert (entry.details["count"], entry.details["left_out"]) == (1, 0)
    assert (read.person.username, read.organisation) == (RECEIVER, desk.place("asked"))
    assert told.person.username == RECEIVER


def test_what_the_code_forbids_is_named_with_the_reason_and_recorded(desk: Collecting) -> None:
    free = desk.sealed(title="现场照片", handling="case_only")
    bound = desk.sealed(title="线人录音", handling="no_onward")
    matter = given_over(desk, [free, bound])
    inside = exported(desk, matter)
    assert (numbers(inside), numbers(inside, "left_out")) == ([free.number, bound.number], [])
    with pytest.raises(Conflict) as refused:
        ask(desk, matter, onward=True)
    assert (refused.value.code, refused.value.details) == ("evidence.nothing_to_export", {"left_out": 2})
    with writing():
        told = {"organisation": desk.place("asked"), "matter": matter, "use": "onward", "at": desk.home.at}
        Consent.objects.create(item=free, act=matter.acts.latest("id"), **told)
    passed = exported(desk, matter, onward=True)
    assert (numbers(passed), numbers(passed, "left_out")) == ([free.number], [bound.number])
    [named] = contents(passed)["left_out"]
    assert named["code"] == "no_onward"
    listed = "".join(text_of_pages(passed[CATALOGUE]))
    assert all("".join(said.split()) in listed for said in ("未列入的证据及理由", "线人录音", named["zh"]))
    package = desk.package(bound).package
    assert not [one for one in contents(passed)["items"] if one["package"] == package]
    with writing():
        entry = Entry.objects.get(event="evidence.use_refused")
    assert (entry.subject, entry.details) == (bound.number, {"code": "no_onward", "use": "onward"})


def test_the_collector_s_own_items_go_out_whatever_their_code(desk: Collecting) -> None:
    item = desk.sealed(handling="no_onward")
    matter = given_over(desk, [item])
    assert numbers(exported(desk, matter, by=GIVER, onward=True)) == [item.number]


def test_who_does_not_see_the_matter_exports_nothing(desk: Collecting) -> None:
    matter = given_over(desk, [desk.sealed()])
    with pytest.raises(NotFound) as refused:
        ask(desk, matter, by="third.case_officer")
    assert refused.value.code == "casework.no_matter"


def test_who_only_reads_exports_nothing(desk: Collecting) -> None:
    matter = given_over(desk, [desk.sealed()])
    with pytest.raises(NotAllowed) as refused:
        ask(desk, matter, by="asked.legal_officer")
    assert refused.value.code == "evidence.may_not"


def test_without_a_ledger_nothing_is_asked_for(world: World, tmp_path: Path) -> None:
    from tests.support.evidence_items import sealed_item  # noqa: PLC0415  rows without a ledger, here alone

    matter = handed_over(world, [sealed_item(world)])
    by = world.actor(GIVER)
    django_settings.LEDGER_ROOT = tmp_path / "none"
    with pytest.raises(Unavailable) as refused, speaking_as(by):
        exporting.ask_for(
            matter=matter.uid, onward=False, language="en", by=by, at=time(RECEIVED), entropy=world.random_bytes()
        )
    assert refused.value.code == "evidence.cannot_seal"


def test_a_post_that_ended_meanwhile_gets_nothing(desk: Collecting) -> None:
    sheet = ask(desk, given_over(desk, [desk.sealed()]))
    with writing():
        Post.objects.filter(person__username=RECEIVER).update(held_until=desk.home.at.date())
    assert write(desk, sheet) is None
    with writing():
        assert not Sealed.objects.filter(subject=f"export/{sheet.uid}").exists()
    assert exports.waiting_export(sheet.uid) is None


def test_written_twice_it_is_one(desk: Collecting) -> None:
    sheet = ask(desk, given_over(desk, [desk.sealed()]))
    assert write(desk, sheet) is not None
    assert write(desk, sheet) is None
    with writing():
        assert Sealed.objects.filter(subject__startswith="export/").count() == 1


def test_the_job_writes_it_and_the_page_of_exports_tells_how_far_it_is(desk: Collecting) -> None:
    sheet = ask(desk, given_over(desk, [desk.sealed()]))
    by = desk.actor(RECEIVER)
    with speaking_as(by):
        waiting = exports.export_for(uid=sheet.uid, by=by)
        with pytest.raises(NotFound) as early:
            exporting.package_for(uid=sheet.uid, by=by)
    assert (waiting.state, waiting.done, waiting.of, waiting.package) == ("asked", 0, 1, "")
    assert early.value.code == "sheets.no_export"
    enter(SYSTEM)
    desk.home.silent_stampers = True
    tasks.write_export(payload={"uid": str(sheet.uid)}, at=desk.home.at)
    enter(SYSTEM)
    with speaking_as(by):
        ready = exports.export_for(uid=sheet.uid, by=by)
    assert (ready.state, ready.done, UUID(ready.package).version) == ("ready", 1, 7)


def test_somebody_else_does_not_fetch_it(desk: Collecting) -> None:
    sheet = ask(desk, given_over(desk, [desk.sealed()]))
    write(desk, sheet)
    for name in ("asked.leader", GIVER):
        actor = desk.actor(name)
        with pytest.raises(NotFound), speaking_as(actor):
            exporting.package_for(uid=sheet.uid, by=actor)


@pytest.mark.parametrize("what", ["erased", "hidden"])
def test_what_was_erased_or_hidden_since_is_not_fetched_any_more(desk: Collecting, what: str) -> None:
    item = desk.sealed()
    sheet = ask(desk, given_over(desk, [item]))
    write(desk, sheet)
    with writing():
        if what == "erased":
            Item.objects.filter(pk=item.pk).update(state=Item.State.ERASED)
        else:
            ItemAudience.objects.filter(item=item, scope__organisation=desk.place("asked")).delete()
    by = desk.actor(RECEIVER)
    with pytest.raises(Conflict) as refused, speaking_as(by):
        exporting.package_for(uid=sheet.uid, by=by)
    assert refused.value.code == "evidence.export_outdated"


def test_after_a_week_the_content_is_gone_and_the_proof_stays(desk: Collecting) -> None:
    item = desk.sealed()
    sheet = ask(desk, given_over(desk, [item]))
    made = write(desk, sheet)
    assert made is not None
    desk.publish()
    with writing():
        files = list(SealedFile.objects.filter(sealed=made).values_list("file_id", flat=True))
    assert exporting.sweep(at=desk.home.at + exports.KEPT - timedelta(minutes=1)) == 0
    assert exporting.sweep(at=desk.home.at + exports.KEPT + timedelta(minutes=1)) == 1
    assert exporting.sweep(at=desk.home.at + exports.KEPT + timedelta(days=1)) == 0
    with writing():
        assert not SealedFile.objects.filter(sealed=made).exists()
        assert not File.objects.filter(id__in=files).exists()
        row = Sealed.objects.get(pk=made.pk)
    thin = both_say(written(row).getvalue(), desk.home.installation.trust.read_bytes(), at=desk.home.at)
    assert thin.verdict == "pass"
    by = desk.actor(RECEIVER)
    with pytest.raises(NotFound), speaking_as(by):
        exporting.package_for(uid=sheet.uid, by=by)
    assert desk.said(item).verdict == "pass"


@given(
    ways=st.lists(
        st.tuples(st.sampled_from(["case_only", "no_onward", "lead_only"]), st.booleans(), st.booleans()),
        min_size=1,
        max_size=3,
    ),
    onward=st.booleans(),
)
@BOUNDED
@pytest.mark.slow
def test_no_item_outside_the_audience_gets_into_an_export(
    desk: Collecting, ways: list[tuple[str, bool, bool]], *, onward: bool
) -> None:
    """Items in a matter, some of them hidden from the receiver afterwards, and some never told at all."""
    desk.home.at = time("2026-03-05T09:00")
    told = [desk.closed(title=f"第{n}项", handling=code) for n, (code, _hide, _aside) in enumerate(ways)]
    aside = [desk.closed(title="旁件") for _code, _hide, keep in ways if keep]
    desk.sign()
    matter = given_over(desk, told)
    hidden = {item.number for item, (_code, hide, _aside) in zip(told, ways, strict=True) if hide}
    with writing():
        ItemAudience.objects.filter(item__number__in=hidden, scope__organisation=desk.place("asked")).delete()
    by = desk.actor(RECEIVER)
    with speaking_as(by):
        shown = set(visible_to(by).values_list("number", flat=True))
        chosen = exporting.choose(matter=matter.uid, onward=onward, by=by)
    named = {one.number for one in chosen.taken} | {one.item.number for one in chosen.left_out}
    assert named == {item.number for item in told} - hidden
    assert named <= shown
    if chosen.taken:
        made = write(desk, ask(desk, matter, onward=onward))
        assert made is not None
        content = written(made).getvalue()
        for item in (*aside, *(one for one in told if one.number in hidden)):
            assert desk.package(item).package.encode() not in content
            assert item.number.encode() not in content


def test_a_large_package_goes_in_without_being_held_in_memory(
    desk: Collecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concord.foundation.files.policy.MAX_SIZE", 1 << 10)
    monkeypatch.setattr("concord.foundation.files.storage.MAX_SIZE", 1 << 10)
    kept = write_made(
        fill=_many,
        name="一.evp",
        media_type="application/octet-stream",
        organisation=desk.place("asking"),
        at=desk.home.at,
        uid=UUID(int=5),
    )
    assert kept.size == 64 << 10


def _many(out: IO[bytes]) -> None:
    out.writelines(b"x" * 1024 for _ in range(64))
