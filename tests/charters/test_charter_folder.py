"""Charter folders are read as bounded UTF-8 text, and nothing outside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from concord.charters import folder
from concord.charters.folder import read, read_charter, shipped
from concord.rules.errors import DefinitionError


def alliance(root: Path, name: str = "mine", text: str = 'extends = "cn"\n') -> Path:
    (root / name / "papers").mkdir(parents=True)
    (root / name / "charter.toml").write_text(text, encoding="utf-8")
    (root / name / "papers" / "letter.typ").write_text("文", encoding="utf-8")
    (root / name / "papers" / "letter.docx").write_bytes(b"\xff\xfe")
    return root / name


def codes_of(error: DefinitionError) -> dict[str, str]:
    return {fault.file: fault.code for fault in error.faults}


def test_texts_are_read_by_path_and_other_files_are_left_alone(tmp_path: Path) -> None:
    alliance(tmp_path)
    assert read(tmp_path, "mine") == {"mine/charter.toml": 'extends = "cn"\n', "mine/papers/letter.typ": "文"}


def test_the_shipped_charters_are_there() -> None:
    files = read(shipped(), "cn", "g60")
    assert {"cn/charter.toml", "g60/charter.toml", "cn/calendar/2026.toml"} <= files.keys()


@pytest.mark.parametrize("name", ["other", "..", "mine/papers", "../mine"])
def test_only_a_folder_directly_below_is_a_charter(tmp_path: Path, name: str) -> None:
    alliance(tmp_path)
    with pytest.raises(DefinitionError, match="no charter folder"):
        read(tmp_path, name)


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text("x = 1")
    mine = alliance(tmp_path / "root")
    (mine / "link.toml").symlink_to(tmp_path / "secret.toml")
    (mine / "lost.toml").symlink_to(mine / "nowhere.toml")
    (mine / "inside.toml").symlink_to(mine / "charter.toml")
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path / "root", "mine")
    assert codes_of(caught.value) == {"mine/link.toml": "charter.leads_out", "mine/lost.toml": "charter.leads_out"}


def test_linked_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.toml").write_text("x = 1")
    mine = alliance(tmp_path / "root")
    (mine / "linked").symlink_to(tmp_path / "elsewhere")
    assert set(read(tmp_path / "root", "mine")) == {"mine/charter.toml", "mine/papers/letter.typ"}
    (tmp_path / "root" / "other").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DefinitionError, match="no charter folder"):
        read(tmp_path / "root", "other")


def test_what_is_not_utf8_or_too_large_is_named(tmp_path: Path) -> None:
    mine = alliance(tmp_path)
    (mine / "gbk.toml").write_bytes(b"a = 1\nzh = '" + "松江".encode("gbk") + b"'\n")
    (mine / "large.toml").write_bytes(b"#" * (folder.LARGEST_FILE + 1))
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path, "mine")
    assert codes_of(caught.value) == {"mine/gbk.toml": "charter.not_utf8", "mine/large.toml": "charter.too_large"}
    assert [fault.line for fault in caught.value.faults] == [2, 1]


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alliance(tmp_path)
    monkeypatch.setattr(folder, "MOST_FILES", 1)
    with pytest.raises(DefinitionError, match="too many files"):
        read(tmp_path, "mine")


def test_what_is_extended_is_found_beside_it_before_the_shipped_one(tmp_path: Path) -> None:
    mine = alliance(tmp_path)
    name, files = read_charter(mine)
    assert name == "mine"
    assert files["cn/charter.toml"] == read(shipped(), "cn")["cn/charter.toml"]
    alliance(tmp_path, "cn", "# own\n")
    assert read_charter(mine)[1]["cn/charter.toml"] == "# own\n"


@pytest.mark.parametrize(
    "text", ["", "not toml", 'extends = "nobody"', 'extends = "../x"', "extends = 3", 'extends = "mine"']
)
def test_nothing_usable_to_extend_reads_the_charter_alone(tmp_path: Path, text: str) -> None:
    mine = alliance(tmp_path, text=text)
    assert set(read_charter(mine)[1]) == {"mine/charter.toml", "mine/papers/letter.typ"}
