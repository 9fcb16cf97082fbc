"""Records, requirements, handling codes, legal positions: what is taken, what is missing, what is never allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.charters import folder
from concord.rules.charter import Charter, check, load
from concord.rules.charter.difference import difference
from concord.rules.errors import InvalidInput
from concord.rules.evidence.handling import ALLOWED, Use, allowed
from concord.rules.evidence.records import FIELDS, RecordField, take_record
from concord.rules.evidence.requirements import (
    ADVISED,
    ASKS,
    REQUIRED,
    Traits,
    legal_position,
    missing,
    presumed,
    wanted,
)

FILE = "g60/evidence/requirements.toml"
SUZHOU, JINHUA, SONGJIANG = "320500", "330700", "310117"
DAY = date(2026, 3, 5)
VIDEO = 'asks = "continuous_video", level ='
WHOLE = Traits(
    "onsite_record",
    officers=2,
    cards=2,
    party_signed=True,
    continuous_video=True,
    hashed_at_capture=True,
    sealed_in_package=True,
    logged=True,
)


@cache
def texts() -> Mapping[str, str]:
    """The shipped files."""
    return folder.read(folder.shipped(), "cn", "g60")


@cache
def charter() -> Charter:
    """The shipped charter."""
    return load(dict(texts()), "g60")


def changed(old: str, new: str) -> dict[str, str]:
    """The shipped files with one text of the requirements exchanged."""
    assert old in texts()[FILE]
    return {**texts(), FILE: texts()[FILE].replace(old, new, 1)}


def filled(kind: str) -> dict[str, object]:
    """Something in every field."""
    return {field.id: _value(field) for field in FIELDS[kind]}


def _value(field: RecordField) -> object:
    values = {"boolean": True, "items": ["打火机 20 箱"], "datetime": "2026-03-05T09:30:00+08:00"}
    return field.options[0].id if field.options else values.get(field.type, "如实记录")


class TestRequirements:
    def test_before_a_raid_jinhua_learns_what_suzhou_will_additionally_want(self) -> None:
        rules = charter().evidence.requirements
        of_all = wanted(rules, member="*", cause="trademark_infringement", kind="onsite_record")
        of_suzhou = wanted(rules, member=SUZHOU, cause="trademark_infringement", kind="onsite_record")
        assert [one.id for one in of_suzhou if one not in of_all] == ["suzhou_video", "suzhou_hash"]

    def test_nothing_is_missing_of_what_is_whole(self) -> None:
        assert missing(charter().evidence.requirements, WHOLE, member=SUZHOU) == ()
        assert presumed(charter().evidence.requirements, WHOLE, member=SUZHOU)

    def test_what_one_city_misses_another_takes(self) -> None:
        without = dataclasses.replace(WHOLE, continuous_video=False)
        rules = charter().evidence.requirements
        assert [one.id for one in missing(rules, without, member=SUZHOU)] == ["suzhou_video"]
        assert not presumed(rules, without, member=SUZHOU)
        assert presumed(rules, without, member=JINHUA)

    def test_what_is_only_advised_keeps_no_presumption_from_arising(self) -> None:
        lacking = dataclasses.replace(WHOLE, kind="video", method_told=True, stamped=False)
        found = missing(charter().evidence.requirements, lacking, member=SONGJIANG)
        assert [(one.id, one.level) for one in found] == [("time_stamp", ADVISED)]
        assert presumed(charter().evidence.requirements, lacking, member=SONGJIANG)

    def test_a_cause_left_blank_makes_no_item_easier_to_presume(self) -> None:
        rules = charter().evidence.requirements
        blank = wanted(rules, member=JINHUA, cause="", kind="sample")
        assert set(blank) >= set(wanted(rules, member=JINHUA, cause="trademark_infringement", kind="sample"))

    def test_where_nothing_is_asked_for_nothing_is_presumed(self) -> None:
        assert not presumed((), WHOLE, member=SUZHOU)

    def test_digests_that_differ_let_nothing_be_presumed(self) -> None:
        differing = dataclasses.replace(WHOLE, digests_agree=False)
        assert not any(
            presumed(charter().evidence.requirements, differing, member=one.code) for one in charter().members
        )

    @given(st.sampled_from(sorted(ASKS)), st.sampled_from([field.name for field in dataclasses.fields(Traits)[4:]]))
    def test_no_trait_more_makes_an_item_worse(self, asked: str, trait: str) -> None:
        least = Traits("e_data", officers=2, cards=2)
        more = dataclasses.replace(least, **{trait: True})  # type: ignore[arg-type]  # every one of these is a boolean
        assert ASKS[asked](more) or not ASKS[asked](least)

    def test_all_that_no_law_says_is_proposed(self) -> None:
        for rule in charter().evidence.requirements:
            source = charter().source(rule.source)
            assert source.proposed or source.label == "statutory"
        assert {charter().source(one.source).law_row for one in charter().evidence.requirements} >= {
            "P49",
            "X02",
            "G11",
        }

    def test_a_line_changed_changes_what_is_missing(self) -> None:
        """The charter of a day decides, and each version is in force from its own day."""
        lenient = load(changed(f'{VIDEO} "required"', f'{VIDEO} "advised"'), "g60")
        without = dataclasses.replace(WHOLE, continuous_video=False)
        assert presumed(lenient.evidence.requirements, without, member=SUZHOU)
        assert lenient.digest != charter().digest

    def test_a_line_changed_is_told_in_words(self) -> None:
        [file] = difference(texts(), changed(f'{VIDEO} "required"', f'{VIDEO} "advised"'))
        [rule] = file.rules
        assert rule.name.zh == "互认要求“现场检查全程不间断录音录像”"
        assert [said.en for said in rule.said] == ["level: required → advised"]

    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            ('asks = "two_officers"', 'asks = "three_officers"', "charter.unknown_ask"),
            ('member = "320500"', 'member = "320100"', "charter.unknown_member"),
            ('kinds = ["sample"]', 'kinds = ["samples"]', "charter.unknown_kind"),
            ('causes = ["trade_secret"]', 'causes = ["trade_secrets"]', "charter.unknown_cause"),
            ('source = "apl42"', 'source = "apl43"', "charter.unknown_source"),
            ('level = "required"', 'level = "wished"', "definition.unknown_choice"),
            ("stamp_hours = 4 ", "stamp_hours = 49 ", "charter.bad_hours"),
            ('id = "method"', 'id = "package"', "definition.duplicate"),
        ],
    )
    def test_a_wrong_line_is_named_with_its_file_and_line(self, old: str, new: str, code: str) -> None:
        found = [fault for fault in check(changed(old, new), "g60") if fault.file == FILE]
        assert code in {fault.code for fault in found}
        assert all(fault.line > 1 for fault in found)


class TestLegalPosition:
    def test_it_is_statutory_in_the_demonstration_zone_alone(self) -> None:
        zone = legal_position("320509", "310118", "agreement", at=DAY, charter=charter())
        assert (zone.statutory, zone.law_row, zone.confidence) == (True, "G20", "V")
        before = legal_position("320509", "310118", "agreement", at=date(2024, 4, 30), charter=charter())
        assert not before.statutory
        for giver in charter().members:
            for receiver in charter().members:
                for basis in ("transferred_case", "assistance", "agreement"):
                    assert not legal_position(giver.code, receiver.code, basis, at=DAY, charter=charter()).statutory

    @pytest.mark.parametrize(
        ("basis", "row"), [("transferred_case", "P16"), ("assistance", "P15"), ("agreement", "G11")]
    )
    def test_otherwise_it_is_the_rules_or_the_agreement(self, basis: str, row: str) -> None:
        assert legal_position(JINHUA, SUZHOU, basis, at=DAY, charter=charter()).law_row == row


class TestHandling:
    @given(st.sampled_from([*ALLOWED, "unheard_of"]), st.sampled_from(list(Use)), st.sets(st.sampled_from(list(Use))))
    def test_more_consent_never_allows_less(self, code: str, use: Use, consents: set[Use]) -> None:
        fewer = allowed(code, use, consents=())
        assert fewer is not None or allowed(code, use, consents=consents) is None

    @given(st.sampled_from([*ALLOWED, "unheard_of"]), st.sampled_from(list(Use)), st.sets(st.sampled_from(list(Use))))
    def test_consent_to_another_use_allows_nothing(self, code: str, use: Use, consents: set[Use]) -> None:
        without = allowed(code, use, consents=consents - {use})
        assert (without is None) == (allowed(code, use, consents=()) is None)

    def test_every_code_of_the_charter_has_its_meaning_here(self) -> None:
        assert set(ALLOWED) == set(charter().code_lists["handling_codes"])

    @pytest.mark.parametrize(
        ("code", "use"),
        [
            ("case_only", Use.OTHER_CASE),
            ("case_only", Use.ONWARD),
            ("no_onward", Use.ONWARD),
            ("lead_only", Use.AS_EVIDENCE),
            ("mediation_only", Use.CASE),
        ],
    )
    def test_what_a_code_rules_out_is_refused(self, code: str, use: Use) -> None:
        refusal = allowed(code, use, consents=())
        assert refusal is not None
        assert (refusal.code, refusal.use) == (code, use)

    def test_no_consent_brings_mediation_into_a_case(self) -> None:
        assert allowed("mediation_only", Use.AS_EVIDENCE, consents=list(Use)) is not None


class TestRecords:
    @pytest.mark.parametrize("kind", FIELDS)
    def test_every_kind_is_taken_whole(self, kind: str) -> None:
        record = take_record(kind, filled(kind), complete=True)
        assert set(record) == {field.id for field in FIELDS[kind]}
        assert take_record(kind, record, complete=True) == record

    @pytest.mark.parametrize("kind", FIELDS)
    def test_what_is_missing_is_told_all_at_once(self, kind: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            take_record(kind, {}, complete=True)
        assert {one.field for one in refused.value.problems} == {one.id for one in FIELDS[kind] if not one.optional}
        assert take_record(kind, {}, complete=False) == {}

    def test_the_kinds_are_those_of_the_charter(self) -> None:
        assert set(FIELDS) == set(charter().code_lists["evidence_kinds"])

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("content", 7, "not_a_text"),
            ("content", "a\x00b", "not_a_text"),
            ("content", "长" * 4001, "too_long"),
            ("party", "长" * 201, "too_long"),
            ("party_signed", "perhaps", "not_yes_or_no"),
            ("colour", "red", "unknown"),
        ],
    )
    def test_a_wrong_value_is_named(self, field: str, value: object, code: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            take_record("e_data", {field: value}, complete=False)
        assert [(one.field, one.code) for one in refused.value.problems] == [(field, code)]

    @pytest.mark.parametrize(
        ("kind", "field", "value", "code"),
        [
            ("appraisal", "opinion_kind", "guess", "not_an_option"),
            ("onsite_record", "things_found", "一件", "not_a_list"),
            ("onsite_record", "things_found", ["件"] * 201, "too_many"),
        ],
    )
    def test_choices_and_lists_are_checked(self, kind: str, field: str, value: object, code: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            take_record(kind, {field: value}, complete=False)
        assert [(one.field, one.code) for one in refused.value.problems] == [(field, code)]

    def test_levels_are_two(self) -> None:
        assert {one.level for one in charter().evidence.requirements} == {REQUIRED, ADVISED}
