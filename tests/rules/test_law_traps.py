"""What changed of late in the law, and the day from which it counts: the traps that old literature sets."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from concord.charters.folder import read, shipped
from concord.rules.charter import Charter, load
from concord.rules.errors import NotFound
from concord.rules.law import Applicable, Laws, applicable, applicable_to
from concord.rules.procedure import SourceLabel

MARK = "trademark_infringement"


@cache
def charter() -> Charter:
    return load(read(shipped(), "cn", "g60"), "g60")


def laws() -> Laws:
    return charter().laws


def applied(
    cause: str = MARK,
    *,
    ended: date | None,
    measured: date = date(2027, 2, 3),
    begun: date = date(2027, 2, 1),
) -> Applicable:
    return applicable(laws(), cause, act_ended=ended, measured_on=measured, begun_on=begun)


def articles(found: Applicable) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.article for one in found.substantive],
        [one.article for one in found.powers],
        [one.article for one in found.procedure if one.article],
    )


@pytest.mark.parametrize(
    ("row", "day", "limits"),
    [
        ("P35", date(2022, 10, 31), ("60CD",)),
        ("P35", date(2022, 11, 1), ("30CD",)),
        ("P25", date(2021, 7, 14), ("3WD",)),
        ("P25", date(2021, 7, 15), ("5WD",)),
        ("T13", date(2026, 4, 14), ("5WD",)),
        ("T13", date(2026, 4, 15), ()),
    ],
)
def test_a_limit_is_that_of_its_day(row: str, day: date, limits: tuple[str, ...]) -> None:
    assert laws().row(row, on=day).limits == limits


def test_the_form_of_public_notice_says_what_its_print_has_wrong() -> None:
    (form,) = (form for form in laws().forms if form.zh == "行政处罚文书送达公告")
    assert (form.number, form.law_row) == (51, "0.2")
    assert form.note is not None
    assert "三十日" in form.note.zh


def test_four_forms_went_with_order_121_and_ten_are_valid() -> None:
    day = date(2026, 4, 15)
    deleted = {form.zh for form in laws().forms if form.span.ends == day}
    assert deleted == {"举报立案告知书", "举报不予立案告知书", "投诉/举报分送情况告知书", "投诉/举报处理结果报告书"}
    assert len([form for form in laws().forms if form.collection == "complaints" and form.span.holds(day)]) == 10
    for name in deleted:
        assert laws().deleted_form(name, on=day) is not None
        assert laws().deleted_form(name, on=date(2026, 4, 14)) is None
    assert laws().deleted_form("协助调查函", on=day) is None
    assert laws().deleted_form("行动方案", on=day) is None


def test_no_shipped_paper_uses_a_deleted_form() -> None:
    deleted = {form.zh for form in laws().forms if form.span.ends}
    used = {
        paper.form.partition("（")[0]
        for versions in charter().procedures.values()
        for procedure in versions
        for paper in procedure.papers
    }
    assert used
    assert not used & deleted


def test_the_set_of_2021_has_fifty_six_forms() -> None:
    numbers = [form.number for form in laws().forms if form.collection == "penalty"]
    assert numbers == list(range(1, 57))


def test_patent_disputes_follow_order_81_from_february_2025() -> None:
    def rule(begun: date) -> list[str]:
        found = applied("patent_infringement", ended=date(2024, 12, 1), measured=begun, begun=begun)
        return [one.citation for one in found.procedure]

    assert rule(date(2025, 1, 31)) == ["《专利行政执法办法》第二十一条"]
    assert rule(date(2025, 2, 1)) == ["《专利纠纷行政裁决和调解办法》第三十七条"]
    assert laws().row("Z31", on=date(2025, 2, 1)).limits == ("3M", "1M", "2M")
    with pytest.raises(NotFound, match=r"law\.no_such_row"):
        laws().row("Z31", on=date(2025, 1, 31))


@pytest.mark.parametrize(
    ("row", "before", "after"),
    [("B01", "五十七", "七十二"), ("B02", "六十", "七十四"), ("B05", "六十一", "七十五"), ("B06", "六十二", "七十六")],
)
def test_the_trademark_law_is_renumbered_from_2027(row: str, before: str, after: str) -> None:
    assert f"第{before}条" in laws().row(row, on=date(2026, 12, 31)).basis
    assert f"第{after}条" in laws().row(row, on=date(2027, 1, 1)).basis


def test_rules_on_requests_to_platforms_are_shown_as_unverified() -> None:
    row = laws().row("0.10", on=date(2025, 1, 20))
    assert row.label is SourceLabel.STATUTORY_UNVERIFIED
    assert laws().row("E15", on=date(2026, 6, 1)).label is None


def test_logs_are_kept_under_article_23_from_2026() -> None:
    assert "第二十一条" in laws().row("N22", on=date(2025, 12, 31)).basis
    assert "第二十三条" in laws().row("N22", on=date(2026, 1, 1)).basis
    assert "第二十三条" in laws().row("0.14", on=date(2026, 1, 1)).basis
    assert {laws().row("N22", on=day).limits for day in (date(2025, 12, 31), date(2026, 1, 1))} == {("6M",)}


def test_hc57_an_act_that_ended_in_2026_is_judged_by_the_law_of_2019() -> None:
    found = applied(ended=date(2026, 12, 20), measured=date(2026, 12, 22), begun=date(2026, 12, 22))
    assert articles(found) == (["第五十七条", "第六十条第二款"], ["第六十二条"], ["第六十一条"])
    (note,) = found.notes
    assert (note.code, [one.article for one in note.other]) == (
        "law.newer_may_be_milder",
        ["第七十二条", "第七十四条第二款"],
    )
    assert note.provision is not None
    assert note.provision.citation == "《行政处罚法》（2021年修订）第三十七条"
    assert "2027年1月1日" in note.said.zh


def test_hc58_a_continuing_act_is_judged_by_the_law_of_its_end() -> None:
    found = applied(ended=date(2027, 1, 10), measured=date(2027, 1, 12), begun=date(2027, 1, 11))
    assert articles(found) == (["第七十二条", "第七十四条第二款"], ["第七十六条"], ["第七十五条"])
    assert found.notes == ()


def test_a_matter_of_2027_on_an_act_of_2026_has_old_substance_and_new_powers() -> None:
    found = applied(ended=date(2026, 12, 20))
    assert articles(found) == (["第五十七条", "第六十条第二款"], ["第七十六条"], ["第七十五条"])
    assert [note.code for note in found.notes] == ["law.newer_may_be_milder"]
    assert found.substantive[0].citation == "《商标法》（2019年修正）第五十七条"
    assert {one.label for one in found.substantive} == {SourceLabel.STATUTORY}


@pytest.mark.parametrize(
    ("measured", "article"), [(date(2026, 12, 31), "第六十二条"), (date(2027, 1, 1), "第七十六条")]
)
def test_powers_are_those_of_the_day_of_the_measure(measured: date, article: str) -> None:
    assert articles(applied(ended=date(2026, 12, 20), measured=measured))[1] == [article]


def test_an_act_without_an_end_counts_as_continuing_and_says_so() -> None:
    found = applied(ended=None)
    assert articles(found)[0] == ["第七十二条", "第七十四条第二款"]
    assert [note.code for note in found.notes] == ["law.act_not_ended"]


def test_law_that_is_not_in_the_catalogue_is_not_guessed() -> None:
    found = applied("unfair_competition", ended=date(2025, 10, 14))
    assert found.substantive == ()
    assert [note.code for note in found.notes] == ["law.none_in_force"]
    assert articles(applied("unfair_competition", ended=date(2025, 10, 15)))[0] == ["第七条", "第二十三条"]


@pytest.mark.parametrize("cause", sorted(charter().code_lists["causes"]))
def test_every_cause_has_substantive_law_and_a_procedure_today(cause: str) -> None:
    found = applied(cause, ended=date(2026, 11, 1), measured=date(2026, 11, 20), begun=date(2026, 11, 20))
    assert found.substantive
    assert found.procedure
    assert all(one.citation.startswith("《") and one.said.zh and one.said.en for one in found.substantive)


def test_an_unknown_cause_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(NotFound, match=r"law\.no_such_cause") as caught:
        applied("trademark_infringment", ended=None)
    assert "trademark_infringement" in caught.value.said.en


def test_the_facts_of_a_matter_name_cause_and_end() -> None:
    days = {"measured_on": date(2027, 2, 3), "begun_on": date(2027, 2, 1)}
    told = applicable_to(laws(), {"cause": MARK, "act_ended_date": "2026-12-20"}, **days)
    assert told == applied(ended=date(2026, 12, 20))
    assert applicable_to(laws(), {"cause": MARK, "act_ended_date": None}, **days) == applied(ended=None)


@pytest.mark.parametrize("facts", [{}, {"cause": None}, {"cause": "own_code"}, {"act_ended_date": "2026-12-20"}])
def test_facts_without_a_known_cause_have_no_law(facts: dict[str, str | None]) -> None:
    assert applicable_to(laws(), facts, measured_on=date(2027, 2, 3), begun_on=date(2027, 2, 1)) is None
