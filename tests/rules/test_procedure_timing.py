"""Planted faults in what clocks do and in roles held by many: each is named with its line and what would be right."""

from __future__ import annotations

import pytest

from concord.rules.charter import check
from concord.rules.errors import Fault
from tests.support.toy_charter import toy_files

JOINT = "toy/procedures/joint/2026-01-01.toml"
FAULTS = [
    # roles held by many
    ('many = ["partner"]', 'many = ["partners"]', "procedure.unknown_role", "many ="),
    ('many = ["partner"]', 'many = ["host", "partner"]', "procedure.many_of_one", "many ="),
    ('many = ["partner"]', 'many = ["partner", "centre"]', "procedure.many_of_one", "many ="),
    ('many = ["partner"]\n', "", "procedure.each_of_one", 'id = "sign", by'),
    ('each = true, zh = "签署"', 'internal = true, zh = "签署"', "procedure.internal_of_many", 'id = "sign", by'),
    # where a clock starts
    ('from = "opening"', 'from = "opning"', "procedure.unknown_instant", 'id = "whole"'),
    ('from = "opening"', 'from = "months"', "procedure.unknown_instant", 'id = "whole"'),
    ('limit = "2M", from', 'limit = "48h", from', "procedure.hours_from_a_date", 'id = "whole"'),
    (
        'from = "opening", extensions',
        'from = "opening", before = "hearing", extensions',
        "procedure.limit_or_until",
        'id = "whole"',
    ),
    ('limit = "3WD", before = "hearing"', 'before = "hearing"', "procedure.limit_or_until", 'id = "notice"'),
    ('before = "hearing"', 'before = "hearings"', "procedure.unknown_field", 'id = "notice"'),
    ('before = "hearing"', 'before = "aim"', "procedure.until_is_no_date", 'id = "notice"'),
    ('"opening", "hearing", "outsider"]', '"hearing", "outsider"]', "procedure.never_asked", 'id = "opening"'),
    ('limit = "3WD", before', 'limit = "24h", before', "procedure.hours_from_a_date", 'id = "notice"'),
    # how far it is extended
    ('"10WD", "months:M"', '"10WW", "months:M"', "procedure.bad_limit", 'id = "whole"'),
    ('"10WD", "months:M"', '"10WD", "month:M"', "procedure.unknown_field", 'id = "whole"'),
    ('"10WD", "months:M"', '"10WD", "aim:M"', "procedure.unknown_field", 'id = "whole"'),
    (
        'type = "integer", min = 1, max = 2',
        'type = "integer", max = 2',
        "procedure.unbounded_extension",
        'id = "whole"',
    ),
    (
        'type = "integer", min = 1, max = 2',
        'type = "integer", min = 1',
        "procedure.unbounded_extension",
        'id = "whole"',
    ),
    ('extensions = ["10WD", "months:M"], ', "", "procedure.extension_unmatched", 'id = "whole"'),
    ('extends = ["whole"]', 'extends = ["telling"]', "procedure.extension_unmatched", 'id = "telling"'),
    ('extends = ["whole"]', 'extends = ["hole"]', "procedure.unknown_clock", 'id = "lengthen"'),
    (
        'limit = "3WD", before = "hearing"',
        'limit = "3WD", before = "hearing", extensions = ["1WD"]',
        "procedure.extension_of_no_limit",
        'id = "notice"',
    ),
    ('extends = ["whole"], asks = ["months"]', 'extends = ["whole"]', "procedure.never_asked", 'id = "months"'),
    # suspended, resumed, taken out
    ('resumes = ["whole", "telling"]', 'resumes = ["whole"]', "procedure.suspended_for_ever", 'id = "telling"'),
    ('suspends = ["whole", "telling"]', 'suspends = ["telling"]', "procedure.suspended_for_ever", 'id = "whole"'),
    ('suspends = ["whole", "telling"]', 'suspends = ["whole", "teling"]', "procedure.unknown_clock", 'id = "pause"'),
    ("whole:test_from:test_to", "whole:test_from", "procedure.bad_exclusion", 'id = "test", by'),
    ("whole:test_from:test_to", "hole:test_from:test_to", "procedure.unknown_clock", 'id = "test", by'),
    ("whole:test_from:test_to", "whole:test_from:test_too", "procedure.unknown_field", 'id = "test", by'),
    ("whole:test_from:test_to", "whole:test_from:aim", "procedure.until_is_no_date", 'id = "test", by'),
    ('asks = ["test_from", "test_to"]', 'asks = ["test_from"]', "procedure.never_asked", 'id = "test_to"'),
    (
        'notifies = ["centre"]',
        'suspends = ["whole"], internal = true',
        "procedure.internal_act_speaks",
        'id = "consult"',
    ),
    (
        "whole:test_from:test_to",
        "notice:test_from:test_to",
        "procedure.moves_backward_clock",
        'id = "notice"',
    ),
    # whom a paper goes to
    ('to = "partner"', 'to = "partners"', "procedure.unknown_addressee", 'id = "joint_plan"'),
    ('to = "partner"', 'to = "months"', "procedure.unknown_addressee", 'id = "joint_plan"'),
    (
        '"common_superior", "outsider"',
        '"common_superiors", "outsider"',
        "procedure.unknown_addressee",
        'id = "joint_plan"',
    ),
    ('"hearing", "outsider"]', '"hearing"]', "procedure.never_asked", 'id = "outsider"'),
    (
        '{ id = "outsider", type = "text", zh',
        '{ id = "outsider", type = "text", optional = true, zh',
        "procedure.not_asked_before",
        'id = "send_round"',
    ),
]


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


def faults_of(old: str, new: str) -> tuple[str, tuple[Fault, ...]]:
    files = toy_files()
    assert old in files[JOINT]
    files[JOINT] = files[JOINT].replace(old, new, 1)
    return files[JOINT], check(files, "toy")


@pytest.mark.parametrize(("old", "new", "code", "marker"), FAULTS)
def test_a_planted_fault_is_named_with_its_line_and_advice(old: str, new: str, code: str, marker: str) -> None:
    text, faults = faults_of(old, new)
    assert line_of(text, marker) in {fault.line for fault in faults if fault.code == code}
    for fault in faults:
        assert fault.file == JOINT
        assert all((fault.rule, fault.said.zh, fault.said.en, fault.advice.zh, fault.advice.en)), fault


def test_a_paper_of_one_side_alone_needs_an_addressee() -> None:
    files = toy_files()
    path = "toy/procedures/bulletin/2026-01-01.toml"
    assert ', to = "reader" },' in files[path]
    files[path] = files[path].replace(', to = "reader" },', " },")
    assert "procedure.paper_to_nobody" in {fault.code for fault in check(files, "toy")}
