"""Where a procedure stands and what it descends from: the law in its base must be in it, word for word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from concord.rules.errors import Said
from concord.rules.procedure.faults import Faults
from concord.rules.procedure.model import Act, ClockRule, Procedure, Source, SourceLabel
from concord.rules.toml_lines import sound_toml


def check_place(procedure: Procedure, faults: Faults) -> None:
    """The file stands as ``procedures/<id>/<in_force_from>.toml``."""
    path = PurePosixPath(procedure.file)
    expected = f"{procedure.id}/{procedure.in_force_from.isoformat()}.toml"
    if f"{path.parent.name}/{path.name}" != expected:
        faults.at_key("in_force_from")(
            "procedure.wrong_place",
            Said("文件名或目录与标识、施行日期不一致", "the file's name does not fit its id and date"),
            Said(f"应放在 procedures/{expected}", f"should stand at procedures/{expected}"),
        )


def check_lineage(procedure: Procedure, bases: Mapping[str, Procedure], faults: Faults) -> None:
    """Every statutory line of the base stands in ``procedure`` unchanged."""
    if procedure.based_on is None:
        return
    base = bases.get(procedure.based_on.path)
    if base is None:
        faults.at_key("based_on")(
            "procedure.unknown_base",
            Said(f"没有文件 {procedure.based_on.path}", f"there is no file {procedure.based_on.path}"),
            Said("写明已有的国家版本", "name a version that exists"),
        )
        return
    here = _lines(procedure)
    for table, name in _statutory(base):
        written = _lines(base)[table, name][1]
        line, own = here.get((table, name), (0, ""))
        if own != written:
            add = faults.at(line, f"{table}.{name}") if own else faults.at_key(table)
            was = Said(
                f"本文件：{own}" if own else "本文件没有此行", f"here: {own}" if own else "the line is missing here"
            )
            add(
                "procedure.statutory_line_changed",
                Said(
                    f"法定规则与 {base.file} 不一致。{was.zh}",
                    f"a statutory line differs from {base.file}; {was.en}",
                ),
                Said(f"应为：{written}", f"should be: {written}"),
            )


def _statutory(procedure: Procedure) -> Iterator[tuple[str, str]]:
    """Table and id of every line that carries law."""
    law = {source.id for source in procedure.sources if source.label is SourceLabel.STATUTORY}
    yield from (("sources", source.id) for source in procedure.sources if source.id in law)
    yield from (("clocks", clock.id) for clock in procedure.clocks if clock.source in law)
    yield from (("acts", act.id) for act in procedure.acts if act.source in law)


def _lines(procedure: Procedure) -> dict[tuple[str, str], tuple[int, str]]:
    """Line and wording of every source, clock and act of the file, by table and id."""
    document = sound_toml(procedure.text, file=procedure.file)
    tables: dict[str, tuple[Source | ClockRule | Act, ...]] = {
        "sources": procedure.sources,
        "clocks": procedure.clocks,
        "acts": procedure.acts,
    }
    return {
        (table, rule.id): (rule.line, document.written(table, index))
        for table, rules in tables.items()
        for index, rule in enumerate(rules)
    }
