"""An item of evidence from its registration to its sealed package."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from concord.capabilities.evidence import items, packing, queries, tasks
from concord.capabilities.evidence.models import Custody, Item, ItemAudience, ItemFile
from concord.foundation.database.scope import writing
from concord.foundation.files.storage import path_of
from concord.foundation.journal.models import Entry
from concord.foundation.ledger.models import Sealed
from concord.proofs.statements import read_manifest
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale, Unavailable
from tests.support.collecting import CARDS, PLACE, SECRET, Collecting, full_record
from tests.support.sealing import written
from tests.support.two_verifiers import entries_of, failing
from tests.support.worlds import speaking_as, time


def events(item: Item) -> list[str]:
    with writing():
        return list(Entry.objects.filter(subject=item.number).order_by("id").values_list("event", flat=True))


class TestRegistering:
    def test_an_item_has_a_number_of_its_city_and_is_seen_by_that_city_alone(self, desk: Collecting) -> None:
        item = desk.registered()
        mark = desk.place("asking").mark
        assert (item.number, item.state, item.holder) == (f"{mark}证〔2026〕1号", "collecting", desk.place("asking"))
        assert desk.registered().number == f"{mark}证〔2026〕2号"
        with writing():
            [row] = ItemAudience.objects.filter(item=item)
        assert (row.scope.organisation, row.granted_by, row.state) == (desk.place("asking"), None, "collecting")
        assert events(item) == ["evidence.register"]
        with pytest.raises(NotFound) as hidden, speaking_as(desk.actor("asked.case_officer")):
            queries.item_for(uid=item.uid, by=desk.actor("asked.case_officer"))
        assert hidden.value.code == "evidence.no_item"

    def test_each_city_counts_for_itself(self, desk: Collecting) -> None:
        desk.registered()
        mark = desk.place("asked").mark
        assert desk.registered(by="asked.case_officer").number == f"{mark}证〔2026〕1号"

    def test_the_same_key_is_the_same_item_within_one_city(self, desk: Collecting) -> None:
        first = desk.registered(key="raid-7/1")
        assert desk.registered(key="raid-7/1", title="另一个名称").uid == first.uid
        assert desk.registered(key="raid-7/1", by="asked.case_officer").uid != first.uid
        assert events(first) == ["evidence.register"]

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"kind": "smell"}, "kind"),
            ({"handling": "as_you_like"}, "handling"),
            ({"cause": "no_such_cause"}, "cause"),
            ({"title": "  "}, "title"),
            ({"title": "长" * 161}, "title"),
            ({"title": "两\n行"}, "title"),
            ({"key": ""}, "key"),
        ],
    )
    def test_what_is_wrong_is_named_by_its_field(self, desk: Collecting, changed: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            desk.registered(**changed)
        assert (refused.value.code, [one.field for one in refused.value.problems]) == ("evidence.bad_item", [field])
        with writing():
            assert not Item.objects.exists()

    def test_who_holds_no_powers_collects_nothing(self, desk: Collecting) -> None:
        with pytest.raises(NotAllowed) as refused:
            desk.registered(by="asking.auditor")
        assert refused.value.code == "evidence.may_not"

    def test_a_case_of_another_city_is_not_found(self, desk: Collecting) -> None:
        theirs = desk.world.open_case(by="asked.case_officer")
        with pytest.raises(NotFound) as refused:
            desk.registered(case=theirs.uid)
        assert refused.value.code == "casework.no_case"
        ours = desk.world.open_case(by="asking.case_officer", number="案字〔2026〕2号")
        assert desk.registered(case=ours.uid).case == ours


class TestDescribing:
    def test_the_record_and_its_officers_are_kept(self, desk: Collecting) -> None:
        item = desk.described(desk.registered())
        kept = desk.fresh(item)
        with writing():
            assert [(one.person.username, one.card_number) for one in kept.officers.all()] == [
                ("asking.case_officer", CARDS[0]),
                ("asking.leader", CARDS[1]),
            ]
        assert (kept.place, kept.version, set(kept.record)) == (PLACE, 1, set(full_record("photo")))
        assert events(item) == ["evidence.register", "evidence.describe"]

    def test_a_stale_page_changes_nothing(self, desk: Collecting) -> None:
        item = desk.described(desk.registered())
        with pytest.raises(Stale) as refused:
            desk.described(item, version=0)
        assert refused.value.code == "evidence.stale"

    @pytest.mark.parametrize("second", ["asked.leader", "asking.auditor", "stranger"])
    def test_only_officers_of_the_city_with_powers_collect(self, desk: Collecting, second: str) -> None:
        officers = [*desk.officers()[:1], (desk.world.person(second).uid, "苏0001")]
        with pytest.raises(InvalidInput) as refused:
            desk.described(desk.registered(), officers=officers)
        assert [one.field for one in refused.value.problems] == ["officers.1"]

    def test_two_officers_do_not_share_a_card_nor_one_officer_two(self, desk: Collecting) -> None:
        (first, _card), (second, _other) = desk.officers()
        for pair in ([(first, "一"), (second, "一")], [(first, "一"), (first, "二")], [(first, "一"), (second, " ")]):
            with pytest.raises(InvalidInput) as refused:
                desk.described(desk.registered(), officers=pair)
            assert [one.field for one in refused.value.problems] == ["officers.1"]

    def test_it_cannot_end_before_it_began(self, desk: Collecting) -> None:
        with pytest.raises(InvalidInput) as refused:
            desk.described(desk.registered(), ended_at=desk.home.at - timedelta(hours=2))
        assert [one.field for one in refused.value.problems] == ["ended_at"]

    def test_another_city_neither_sees_nor_changes_it(self, desk: Collecting) -> None:
        item = desk.registered()
        with pytest.raises(NotFound):
            desk.described(item, by="asked.case_officer")
        assert desk.fresh(item).version == 0


class TestFiles:
    def test_a_file_stands_under_a_path_that_says_nothing(self, desk: Collecting) -> None:
        item = desk.filled(desk.filled(desk.registered()), name="张三账册.TXT")
        with writing():
            paths = [one.path for one in item.files.all()]
        assert paths == ["payload/0001.txt", "payload/0002.txt"]

    def test_a_digest_that_differs_from_the_device_s_is_refused(self, desk: Collecting) -> None:
        item, file = desk.registered(), desk.world.upload("照片.txt", by="asking.case_officer")
        actor = desk.actor()
        for claimed, code in (("0" * 64, "evidence.claim_differs"), ("xyz", "evidence.bad_item")):
            with pytest.raises(InvalidInput) as refused, speaking_as(actor):
                items.add_file(
                    item=item.uid, file=file.uid, claimed=claimed, original_location="", by=actor, at=desk.home.at
                )
            assert refused.value.code == code

    def test_the_same_content_stands_once(self, desk: Collecting) -> None:
        item, file = desk.registered(), desk.world.upload("照片.txt", by="asking.case_officer")
        actor = desk.actor()
        with speaking_as(actor):
            items.add_file(item=item.uid, file=file.uid, claimed="", original_location="", by=actor, at=desk.home.at)
            with pytest.raises(Conflict) as refused:
                items.add_file(
                    item=item.uid, file=file.uid, claimed="", original_location="", by=actor, at=desk.home.at
                )
        assert refused.value.code == "evidence.file_taken"

    def test_a_file_of_another_city_is_not_found(self, desk: Collecting) -> None:
        item, file = desk.registered(), desk.world.upload("照片.txt", by="asked.case_officer")
        actor = desk.actor()
        with pytest.raises(NotFound) as refused, speaking_as(actor):
            items.add_file(item=item.uid, file=file.uid, claimed="", original_location="", by=actor, at=desk.home.at)
        assert refused.value.code == "evidence.no_file"

    def test_a_file_is_taken_off_and_its_path_not_given_again(self, desk: Collecting) -> None:
        item = desk.filled(desk.filled(desk.registered()))
        actor = desk.actor()
        with speaking_as(actor):
            items.drop_file(item=item.uid, path="payload/0001.txt", by=actor, at=desk.home.at)
            with pytest.raises(NotFound) as refused:
                items.drop_file(item=item.uid, path="payload/0001.txt", by=actor, at=desk.home.at)
        assert refused.value.code == "evidence.no_file"
        item = desk.filled(item)
        with writing():
            assert [one.path for one in item.files.all()] == ["payload/0002.txt", "payload/0003.txt"]


class TestSealing:
    def test_a_sealed_item_passes_both_verifiers(self, desk: Collecting) -> None:
        item = desk.sealed()
        report = desk.said(item)
        assert (item.state, report.verdict, report.level, failing(report)) == ("sealed", "pass", "L2T", [])
        assert report.statuses["C16"] == "pass"
        assert events(item)[-2:] == ["evidence.seal", "evidence.sealed"]

    def test_digests_of_its_files_are_those_of_the_manifest(self, desk: Collecting) -> None:
        item = desk.sealed()
        listed = {one.path: one.pair for one in read_manifest(desk.package(item).manifest.encode()).files}
        with writing():
            rows = {
                one.path: (one.file.digest, one.sm3)
                for one in ItemFile.objects.filter(item=item).select_related("file")
            }
        assert set(listed) - set(rows) == {packing.RECORD}
        assert rows == {path: (listed[path].sha256, listed[path].sm3) for path in rows}

    def test_what_people_typed_stands_only_where_it_can_be_taken_away(self, desk: Collecting) -> None:
        item = desk.sealed()
        package = desk.package(item)
        assert SECRET in package.disclosure
        for name, content in entries_of(written(package).getvalue()):
            if name != b"disclosure.json" and not name.startswith(b"payload/0"):
                assert SECRET.encode() not in content, name
                assert PLACE.encode() not in content, name

    def test_the_chain_of_custody_begins_with_collecting_and_sealing(self, desk: Collecting) -> None:
        item = desk.closed()
        with writing():
            rows = list(Custody.objects.filter(item=item).values_list("seq", "act", "at"))
        assert rows == [(1, "collect", item.ended_at), (2, "seal", desk.home.at)]

    def test_nothing_changes_once_it_is_closed(self, desk: Collecting) -> None:
        item = desk.closed()
        for act in (desk.described, desk.filled, desk.close):
            with pytest.raises(Conflict) as refused:
                act(item)
            assert refused.value.code == "evidence.state"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"officers": []}, "officers"),
            ({"place": ""}, "place"),
            ({"started_at": None, "ended_at": None}, "started_at"),
            ({"ended_at": time("2026-03-06T09:00")}, "ended_at"),
        ],
    )
    def test_what_is_missing_is_named(self, desk: Collecting, changed: dict[str, Any], field: str) -> None:
        item = desk.filled(desk.described(desk.registered(), **changed))
        with pytest.raises(InvalidInput) as refused:
            desk.close(item)
        assert (refused.value.code, [one.field for one in refused.value.problems]) == ("evidence.incomplete", [field])
        assert desk.fresh(item).state == "collecting"

    def test_one_officer_is_not_enough(self, desk: Collecting) -> None:
        item = desk.filled(desk.described(desk.registered(), officers=desk.officers()[:1]))
        with pytest.raises(InvalidInput) as refused:
            desk.close(item)
        assert "第四十二条" in refused.value.problems[0].said.zh

    def test_an_item_without_file_or_lot_is_not_sealed(self, desk: Collecting) -> None:
        item = desk.described(desk.registered())
        with pytest.raises(InvalidInput) as refused:
            desk.close(item)
        assert [one.field for one in refused.value.problems] == ["files"]

    def test_an_incomplete_record_is_refused_by_field(self, desk: Collecting) -> None:
        item = desk.filled(desk.described(desk.registered(kind="e_data"), record={}))
        with pytest.raises(InvalidInput) as refused:
            desk.close(item)
        assert refused.value.code == "evidence.record"
        assert refused.value.problems

    def test_the_job_may_be_run_again_at_any_moment(self, desk: Collecting) -> None:
        item = desk.closed()
        desk.sign()
        assert not packing.finish_sealing(item.uid, equipment=desk.home.equipment(), at=desk.home.at)
        with writing():
            assert Sealed.objects.filter(subject=str(item.uid)).count() == 1

    def test_one_that_cannot_be_signed_keeps_no_other_from_its_turn(self, desk: Collecting) -> None:
        broken, sound = desk.closed(), desk.closed()
        with writing():
            [file] = [one.file for one in broken.files.select_related("file")]
        path_of(Path(settings.FILES_ROOT), file.digest).unlink()
        with pytest.raises(Unavailable) as refused:
            tasks.seal_waiting(payload={}, at=desk.home.at)
        assert refused.value.code == "files.missing"
        assert (desk.fresh(broken).state, desk.fresh(sound).state) == ("sealing", "sealed")

    def test_the_job_waits_for_a_ledger_that_can_seal(self, desk: Collecting) -> None:
        item = desk.closed()
        desk.home.installation.trust.unlink()
        tasks.seal_waiting(payload={}, at=desk.home.at)
        assert desk.fresh(item).state == "sealing"


class TestSilentStampers:
    def hushed(self, desk: Collecting, hours: int) -> Item:
        """Nobody stamped the item sealed so many hours ago; another one is ready to be closed."""
        desk.home.silent_stampers = True
        desk.sealed()
        desk.home.later(hours=hours)
        return desk.filled(desk.described(desk.registered()))

    def test_sealing_goes_on_for_some_hours(self, desk: Collecting) -> None:
        assert desk.close(self.hushed(desk, 3)).state == "sealing"

    def test_afterwards_nothing_new_is_sealed(self, desk: Collecting) -> None:
        item = self.hushed(desk, 5)
        with pytest.raises(Conflict) as refused:
            desk.close(item)
        assert (refused.value.code, refused.value.details["hours"]) == ("evidence.unstamped", 5)
        with pytest.raises(Conflict):
            desk.close(item, without_stamp=True)  # a case officer cannot override
        assert desk.fresh(item).state == "collecting"

    def test_a_leader_overrides_and_that_is_on_record(self, desk: Collecting) -> None:
        item = self.hushed(desk, 5)
        assert desk.close(item, by="asking.leader", without_stamp=True).state == "sealing"
        assert "evidence.sealed_without_stamp" in events(item)

    def test_an_override_that_was_not_needed_is_none(self, desk: Collecting) -> None:
        item = desk.filled(desk.described(desk.registered()))
        desk.close(item, by="asking.leader", without_stamp=True)
        assert "evidence.sealed_without_stamp" not in events(item)

    def test_once_a_stamper_answers_sealing_goes_on(self, desk: Collecting) -> None:
        item = self.hushed(desk, 5)
        desk.home.silent_stampers = False
        desk.publish()
        assert desk.close(item).state == "sealing"


class TestAbandoning:
    def abandon(self, desk: Collecting, item: Item) -> None:
        actor = desk.actor()
        with speaking_as(actor):
            items.abandon(item=item.uid, version=desk.fresh(item).version, by=actor, at=desk.home.at)

    def test_an_item_that_was_never_sealed_is_given_up_and_its_number_used_up(self, desk: Collecting) -> None:
        item = desk.filled(desk.described(desk.registered()))
        self.abandon(desk, item)
        with writing():
            assert not Item.objects.exists()
        assert events(item)[-1] == "evidence.abandon"
        assert desk.registered().number.endswith("2号")

    def test_a_closed_item_cannot_be_given_up(self, desk: Collecting) -> None:
        item = desk.closed()
        with pytest.raises(Conflict) as refused:
            self.abandon(desk, item)
        assert refused.value.code == "evidence.state"
