"""Drafts of the charter: who may write them, who sees them, what they take, and how one comes into force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection

from concord.capabilities.governance import drafting, queries
from concord.capabilities.governance.models import CharterDraft
from concord.charters.archive import packed
from concord.charters.folder import LARGEST_FILE
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry, Read
from concord.foundation.organisations.models import CharterVersion, Person, Post
from concord.foundation.organisations.queries import charter_on, texts_of
from concord.rules.errors import ConcordError, Conflict, DefinitionError, InvalidInput, NotAllowed, NotFound, Stale
from tests.capabilities.charter_texts import ASSISTANCE, CHARTER, edited, renamed
from tests.support.worlds import BEGINNING, World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
NOW = "2026-02-06T09:00"
WRITER, ADOPTER = "asking.legal_officer", "centre.leader"
DAY = date(2026, 3, 1)
NEXT = ASSISTANCE.replace("2026-01-01", "2026-03-01")
NUMBER = "东泽协调决〔2026〕1号"


def begun(world: World, *, by: str = WRITER, title: str = "缩短签收期限") -> CharterDraft:
    actor = world.actor(by, at=NOW)
    with speaking_as(actor):
        return drafting.begin(title=title, by=actor, at=time(NOW), entropy=world.random_bytes()[:10])


def do(world: World, deed: Callable[..., Any], draft: CharterDraft, *, by: str = WRITER, **given: Any) -> Any:
    """One deed on the draft as it stands now, where no version is said."""
    actor = world.actor(by, at=NOW)
    version = given.pop("version", CharterDraft.objects.get(pk=draft.pk).version)
    extra = {} if deed is drafting.discard else {"version": version}
    with speaking_as(actor):
        return deed(draft=draft.uid, by=actor, at=time(NOW), **extra, **given)


def kept(draft: CharterDraft) -> CharterDraft:
    return CharterDraft.objects.get(pk=draft.pk)


def text_of(draft: CharterDraft, path: str) -> str:
    text: str = kept(draft).texts[path]
    return text


def refused(code: str, deed: Callable[[], object], kind: type[ConcordError] = ConcordError) -> None:
    """The deed is refused with this code and leaves nothing behind."""
    before = everything()
    with pytest.raises(kind) as error:
        deed()
    assert error.value.code == code
    enter(SYSTEM)
    assert everything() == before


def test_a_draft_is_a_copy_of_the_newest_version(toys: World) -> None:
    draft = begun(toys)
    newest = queries.versions()[0]
    assert (draft.charter, draft.base, draft.texts) == ("toy", newest.digest, texts_of(newest.digest))
    assert (draft.organisation, draft.author) == (toys.places["asking"], toys.person(WRITER))
    (entry,) = Entry.objects.filter(event="charter.draft")
    assert (entry.subject, entry.internal, entry.details) == (str(draft.uid), True, {"base": newest.digest})


@pytest.mark.parametrize("title", ["", "  ", "x" * 121, "一\n二"])
def test_a_draft_needs_a_name(toys: World, title: str) -> None:
    toys.actor(WRITER)
    refused("charter.bad_title", lambda: begun(toys, title=title), InvalidInput)


@pytest.mark.parametrize("post", ["case_officer", "leader", "clerk", "auditor", "administrator"])
def test_only_legal_officers_draft(toys: World, post: str) -> None:
    refused("charter.may_not_draft", lambda: begun(toys, by=f"asking.{post}"), NotAllowed)


def test_a_file_is_written_anew(toys: World) -> None:
    draft = begun(toys)
    text = draft.texts[CHARTER].replace("three lakes", "four lakes")
    do(toys, drafting.revise, draft, path=CHARTER, text=text.replace("\n", "\r\n"))
    assert text_of(draft, CHARTER) == text
    assert (kept(draft).version, kept(draft).changed_by) == (1, toys.person(WRITER))
    (entry,) = Entry.objects.filter(event="charter.revise")
    assert (entry.internal, entry.details["files"], entry.details["version"]) == (True, [CHARTER], 1)


def test_writing_the_same_changes_nothing(toys: World) -> None:
    draft = begun(toys)
    before = everything()
    do(toys, drafting.revise, draft, path=CHARTER, text=draft.texts[CHARTER])
    assert everything() == before


def test_whoever_writes_on_an_old_page_is_told(toys: World) -> None:
    draft = begun(toys)
    do(toys, drafting.revise, draft, path=CHARTER, text="x = 1\n")
    refused(
        "charter.draft_stale",
        lambda: do(toys, drafting.revise, draft, path=CHARTER, text="x = 2\n", version=0),
        Stale,
    )


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("toy/nothing.toml", "x", "charter.no_such_file"),
        ("../secret.toml", "x", "charter.no_such_file"),
        ("cn/charter.toml", "x", "charter.file_closed"),
        (ASSISTANCE, "x", "charter.file_closed"),
        (CHARTER, "#" * (LARGEST_FILE + 1), "charter.bad_text"),
        (CHARTER, "a\0b", "charter.bad_text"),
    ],
)
def test_texts_that_are_not_taken(toys: World, path: str, text: str, code: str) -> None:
    draft = begun(toys)
    refused(code, lambda: do(toys, drafting.revise, draft, path=path, text=text))


def test_a_new_version_of_a_procedure_is_open(toys: World) -> None:
    draft = begun(toys)
    do(toys, drafting.begin_version, draft, procedure="assistance", day=DAY)
    assert "in_force_from = 2026-03-01" in text_of(draft, NEXT)
    assert "version = 2026-02-06" in text_of(draft, CHARTER)
    do(toys, drafting.revise, draft, path=NEXT, text=text_of(draft, NEXT).replace('limit = "2WD"', 'limit = "1WD"'))
    assert queries.faults_of_draft(kept(draft)) == ()
    refused(
        "charter.version_not_after",
        lambda: do(toys, drafting.begin_version, draft, procedure="assistance", day=DAY),
        InvalidInput,
    )


def test_a_file_goes_back_to_what_it_was(toys: World) -> None:
    draft = begun(toys)
    do(toys, drafting.begin_version, draft, procedure="assistance", day=DAY)
    do(toys, drafting.restore, draft, path=NEXT)
    assert NEXT not in kept(draft).texts
    do(toys, drafting.restore, draft, path=CHARTER)
    assert kept(draft).texts == draft.texts
    refused("charter.no_such_file", lambda: do(toys, drafting.restore, draft, path=NEXT), NotFound)


def test_a_limit_is_changed_in_a_version_of_its_own(toys: World) -> None:
    draft = begun(toys)
    refused(
        "charter.no_day",
        lambda: do(toys, drafting.set_limits, draft, procedure="assistance", limits={"receipt": "1WD"}, day=None),
        InvalidInput,
    )
    do(toys, drafting.set_limits, draft, procedure="assistance", limits={"receipt": "1WD"}, day=DAY)
    assert 'id = "receipt", limit = "1WD"' in text_of(draft, NEXT)
    assert kept(draft).texts[ASSISTANCE] == draft.texts[ASSISTANCE]
    do(toys, drafting.set_limits, draft, procedure="assistance", limits={"receipt": "3WD"}, day=None)
    assert 'id = "receipt", limit = "3WD"' in text_of(draft, NEXT)
    assert queries.faults_of_draft(kept(draft)) == ()


@pytest.mark.parametrize(("clock", "limit"), [("reply", "20WD"), ("receipt", "soon"), ("nothing", "2WD")])
def test_limits_of_the_law_stay(toys: World, clock: str, limit: str) -> None:
    draft = begun(toys)
    refused(
        "charter.bad_limits",
        lambda: do(toys, drafting.set_limits, draft, procedure="assistance", limits={clock: limit}, day=DAY),
        InvalidInput,
    )


def test_a_folder_comes_in_whole(toys: World) -> None:
    draft = begun(toys)
    texts = {path: text for path, text in renamed(draft.texts).items() if path.startswith("toy/")}
    do(toys, drafting.take_archive, draft, content=packed(texts))
    assert kept(draft).texts == renamed(draft.texts)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"lakes/charter.toml": "x"}, "charter.other_folders"),
        ({CHARTER: "x = 1", "lakes/charter.toml": "x"}, "charter.other_folders"),
        ({"cn/charter.toml": "x = 1"}, "charter.other_folders"),
        ({"../toy/charter.toml": "x"}, "charter.unreadable"),
        ({"/toy/charter.toml": "x"}, "charter.unreadable"),
        ({CHARTER: "#" * (LARGEST_FILE + 1)}, "charter.unreadable"),
    ],
)
def test_archives_that_are_not_taken(toys: World, texts: dict[str, str], code: str) -> None:
    draft = begun(toys)
    refused(code, lambda: do(toys, drafting.take_archive, draft, content=packed(texts)))


def test_an_archive_that_is_none(toys: World) -> None:
    draft = begun(toys)
    refused(
        "charter.unreadable",
        lambda: do(toys, drafting.take_archive, draft, content=b"%PDF-1.7"),
        DefinitionError,
    )


def test_what_an_archive_changes_of_published_versions_is_found_by_the_check(toys: World) -> None:
    draft = begun(toys)
    texts = edited(draft.texts, ASSISTANCE, ('id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"'))
    do(toys, drafting.take_archive, draft, content=packed(texts))
    assert [fault.code for fault in queries.faults_of_draft(kept(draft))] == ["charter.version_changed"]


@pytest.mark.parametrize("who", ["asking.legal_officer", "asking.leader", "centre.leader", "centre.legal_officer"])
def test_a_draft_is_shown_to_its_organisation_and_the_centre(toys: World, who: str) -> None:
    draft = begun(toys)
    actor = toys.actor(who, at=NOW)
    with speaking_as(actor):
        assert queries.draft_for(uid=draft.uid, by=actor) == draft
        assert list(queries.drafts_shown_to(actor)) == [draft]


def test_a_draft_is_hidden_from_everybody_else(toys: World) -> None:
    draft = begun(toys)
    actor = toys.actor("asked.legal_officer", at=NOW)
    with speaking_as(actor):
        assert list(queries.drafts_shown_to(actor)) == []
        with pytest.raises(NotFound, match=r"charter\.no_such_draft"):
            queries.draft_for(uid=draft.uid, by=actor)
    refused(
        "charter.no_such_draft",
        lambda: do(toys, drafting.revise, draft, by="asked.legal_officer", path=CHARTER, text="x"),
        NotFound,
    )


@pytest.mark.django_db(transaction=True)
def test_asking_for_a_hidden_draft_stays_on_record(transactional_db: None) -> None:  # noqa: ARG001  committed
    from tests.support.worlds import toy_world  # noqa: PLC0415  a world that is committed

    world = toy_world()
    draft = begun(world)
    stranger = world.actor("asked.legal_officer", at=NOW)
    drafting.note_refusal(draft=draft.uid, by=stranger, at=time(NOW))
    enter(SYSTEM)
    (read,) = Read.objects.filter(what="charter_draft")
    assert (read.refused, read.person, read.subject) == (True, stranger.person, str(draft.uid))


@pytest.mark.postgres
def test_the_database_hides_it_too(toys: World) -> None:
    begun(toys)
    counts = {}
    for who in ("asking.case_officer", "asked.leader", "centre.clerk"):
        with speaking_as(toys.actor(who, at=NOW)), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM governance_charterdraft")
            counts[who] = cursor.fetchone()[0]
    assert counts == {"asking.case_officer": 1, "asked.leader": 0, "centre.clerk": 1}


def test_the_centre_reads_and_does_not_write(toys: World) -> None:
    draft = begun(toys)
    for deed, given in ((drafting.revise, {"path": CHARTER, "text": "x"}), (drafting.discard, {})):
        refused(
            "charter.not_yours",
            lambda deed=deed, given=given: do(toys, deed, draft, by="centre.legal_officer", **given),  # type: ignore[misc]  # bound now
            NotAllowed,
        )


def test_a_draft_is_thrown_away(toys: World) -> None:
    draft = begun(toys)
    do(toys, drafting.discard, draft)
    assert not CharterDraft.objects.exists()
    assert Entry.objects.get(event="charter.discard").subject == str(draft.uid)


def changed(world: World) -> CharterDraft:
    draft = begun(world)
    do(world, drafting.set_limits, draft, procedure="assistance", limits={"receipt": "1WD"}, day=DAY)
    return kept(draft)


def adopt(world: World, draft: CharterDraft, **given: Any) -> CharterVersion:
    wanted = {"by": ADOPTER, "resolution": NUMBER, "effective_from": DAY, **given}
    made: CharterVersion = do(world, drafting.adopt, draft, **wanted)
    return made


def test_a_draft_comes_into_force_by_resolution(toys: World) -> None:
    draft = changed(toys)
    version = adopt(toys, draft)
    assert kept(draft).adopted == version
    assert charter_on(DAY).digest == version.digest
    entry = Entry.objects.get(event="charter.adopt")
    assert (entry.person, entry.details["draft"]) == (toys.person(ADOPTER), str(draft.uid))
    assert entry.details["procedures"] == ["assistance@2026-03-01"]
    running = toys.begin(at="2026-03-02T10:00")
    assert str(running.procedure_version) == "assistance@2026-03-01"


def test_an_adopted_draft_is_closed(toys: World) -> None:
    draft = changed(toys)
    adopt(toys, draft)
    for deed, given in (
        (drafting.revise, {"path": CHARTER, "text": "x"}),
        (drafting.discard, {}),
        (drafting.restore, {"path": CHARTER}),
    ):
        refused("charter.draft_closed", lambda deed=deed, given=given: do(toys, deed, draft, **given), Conflict)  # type: ignore[misc]  # bound now
    refused("charter.draft_closed", lambda: adopt(toys, draft), Conflict)


def test_whoever_had_a_hand_in_it_does_not_adopt_it(toys: World) -> None:
    person = Person.objects.create(username="both", zh="身兼两职", en="Both")
    for kind in ("legal_officer", "leader"):
        Post.objects.create(person=person, organisation=toys.places["centre"], kind=kind, held_from=BEGINNING)
    draft = begun(toys, by="centre.legal_officer")
    writer, leader = (
        next(post for post in person.posts.all() if post.kind == kind) for kind in ("legal_officer", "leader")
    )
    from concord.foundation.access.queries import actor_for  # noqa: PLC0415  the post is chosen here

    as_writer, as_leader = (actor_for(person, post_id=post.pk, at=time(NOW)) for post in (writer, leader))
    assert as_writer is not None
    assert as_leader is not None
    with speaking_as(as_writer):
        drafting.begin_version(draft=draft.uid, procedure="assistance", day=DAY, by=as_writer, at=time(NOW), version=0)
    do(toys, drafting.revise, draft, by="centre.legal_officer", path=CHARTER, text=kept(draft).texts[CHARTER] + "\n")

    def adopting() -> None:
        with speaking_as(as_leader):
            drafting.adopt(
                draft=draft.uid, resolution=NUMBER, effective_from=DAY, by=as_leader, at=time(NOW), version=2
            )

    refused("charter.adopter_drafted", adopting, Conflict)
    adopt(toys, draft)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"by": "asking.leader"}, "charter.may_not_adopt"),
        ({"by": "centre.legal_officer"}, "charter.may_not_adopt"),
        ({"resolution": " "}, "charter.no_resolution"),
        ({"effective_from": date(2026, 2, 1)}, "charter.date_past"),
        ({"version": 0}, "charter.draft_stale"),
    ],
)
def test_adoptions_that_are_refused(toys: World, given: dict[str, Any], code: str) -> None:
    draft = changed(toys)
    toys.actor(ADOPTER, at=NOW)
    refused(code, lambda: adopt(toys, draft, **given))


def test_a_faulty_draft_is_not_adopted(toys: World) -> None:
    draft = changed(toys)
    do(toys, drafting.revise, draft, path=CHARTER, text="= broken")
    refused("charter.faulty", lambda: adopt(toys, draft), DefinitionError)


def test_a_draft_follows_the_newest_version(toys: World) -> None:
    first, second = changed(toys), begun(toys, title="改名")
    text = kept(second).texts[CHARTER].replace("three lakes", "four lakes")
    do(toys, drafting.revise, second, path=CHARTER, text=text)
    adopt(toys, second, effective_from=date(2026, 2, 10))
    refused("charter.draft_outdated", lambda: adopt(toys, first), Conflict)
    do(toys, drafting.take_newest_as_base, first)
    assert Entry.objects.filter(event="charter.revise").order_by("id").last() is not None
    adopt(toys, first)
    assert charter_on(DAY).en == "Alliance of the three lakes"
