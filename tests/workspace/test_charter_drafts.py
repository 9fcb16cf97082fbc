"""The pages on which a charter is changed: drafted by one person, put into force by another."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from concord.capabilities.governance.models import CharterDraft
from concord.charters.archive import packed, unpacked
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import CharterVersion
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

pytestmark = pytest.mark.django_db
WRITER, ADOPTER, STRANGER = "asking.legal_officer", "centre.leader", "asked.legal_officer"
CHARTER = "g60/charter.toml"
ASSISTANCE = "g60/procedures/assistance/2026-01-01.toml"
NEXT = "g60/procedures/assistance/2026-04-01.toml"
NUMBER = "协调决〔2026〕3号"


@pytest.fixture
def writer(sit: Sit) -> Desk:
    """The legal officer of the asking bureau."""
    return sit(WRITER)


def begun(desk: Desk, title: str = "缩短签收期限") -> CharterDraft:
    response = desk.post("/charter/drafts/", {"title": title})
    assert response.status_code == 302
    draft = CharterDraft.objects.get(title=title)
    assert response.headers["Location"] == f"/charter/drafts/{draft.uid}/"
    return draft


def of(draft: CharterDraft, *rest: str) -> str:
    return "/".join([f"/charter/drafts/{draft.uid}", *rest]) + ("" if rest and "." in rest[-1] else "/")


def now(draft: CharterDraft) -> CharterDraft:
    return CharterDraft.objects.get(pk=draft.pk)


def send(desk: Desk, draft: CharterDraft, path: str, **form: Any) -> Any:
    return desk.post(path, {"version": now(draft).version, **form})


def shortened(desk: Desk, draft: CharterDraft) -> CharterDraft:
    answer = send(desk, draft, of(draft, "limits", "assistance"), receipt="1WD", close="10WD", day="2026-04-01")
    assert answer.status_code == 302
    return now(draft)


def test_a_draft_is_begun_and_listed(writer: Desk) -> None:
    assert missing(writer.get("/charter/drafts/"), ["还没有草案", "起草修改"]) == []
    draft = begun(writer)
    assert missing(writer.get("/charter/drafts/"), [draft.title, "起草中", of(draft)]) == []
    page = writer.get(of(draft))
    assert missing(page, ["没有错误", "还没有改动", "charter.toml", "已公布", "起草程序的新版本", "整体上传"]) == []


@pytest.mark.parametrize("title", ["", "x" * 121])
def test_a_draft_without_a_name_is_not_begun(writer: Desk, title: str) -> None:
    response = writer.post("/charter/drafts/", {"title": title})
    assert response.status_code == 422
    assert missing(response, ["请写明草案名称"]) == []
    assert not CharterDraft.objects.exists()


def test_a_limit_is_changed_by_a_form(writer: Desk) -> None:
    draft = begun(writer)
    page = writer.get(of(draft, "limits", "assistance"))
    assert (
        missing(page, ["协查完成期限", "法定", "第四十五条", "不能修改", "签收期限", "约定", "拟议", 'name="receipt"'])
        == []
    )
    assert 'name="reply"' not in text_of(page)
    row = shortened(writer, draft)
    assert 'id = "receipt", limit = "1WD"' in row.texts[NEXT]
    assert row.texts[ASSISTANCE] == draft.texts[ASSISTANCE]
    told = writer.get(of(draft))
    assert missing(told, ["期限：2个工作日 → 1个工作日", "施行日期：2026-01-01 → 2026-04-01", "没有错误"]) == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"receipt": "1WD", "day": ""}, "请写明从哪一天起施行"),
        ({"receipt": "soon", "day": "2026-04-01"}, "无法识别"),
        ({"receipt": "1WD", "day": "2025-04-01"}, "新版本必须从更晚的一天开始"),
        ({"receipt": "1WD", "day": "2026-04-01", "version": "7"}, "草案已被修改"),
        ({"receipt": "1WD", "day": "2026-04-01", "version": "x"}, "草案已被修改"),
    ],
)
def test_limits_that_are_refused_keep_what_was_typed(writer: Desk, form: dict[str, str], words: str) -> None:
    draft = begun(writer)
    response = writer.post(of(draft, "limits", "assistance"), {"version": "0", **form})
    assert response.status_code == 422
    assert missing(response, [words, f'value="{form["receipt"]}"']) == []
    assert now(draft).version == 0


def test_a_limit_of_the_law_cannot_be_smuggled_in(writer: Desk) -> None:
    draft = begun(writer)
    answer = send(writer, draft, of(draft, "limits", "assistance"), reply="20WD", day="2026-04-01")
    assert answer.status_code == 302
    assert now(draft).texts == draft.texts


def test_a_file_is_written_in_the_editor(writer: Desk) -> None:
    draft = begun(writer)
    page = writer.get(of(draft, "files", CHARTER))
    assert missing(page, ["data-lines", 'id="L1"', f'id="L{draft.texts[CHARTER].count(chr(10)) + 1}"']) == []
    text = draft.texts[CHARTER].replace("\n", "\r\n").replace("hand_over = ", "hand_over=")
    answer = send(writer, draft, of(draft, "files", CHARTER), text=text)
    assert (answer.status_code, answer.headers["Location"]) == (302, of(draft, "files", CHARTER))
    assert now(draft).texts[CHARTER] == text.replace("\r\n", "\n")
    assert Entry.objects.filter(event="charter.revise").count() == 1


def test_opening_and_saving_a_file_changes_nothing(writer: Desk) -> None:
    draft = begun(writer)
    writer.fill(of(draft, "files", CHARTER))
    assert now(draft).version == 0


def test_faults_name_line_rule_and_advice(writer: Desk) -> None:
    draft = begun(writer)
    text = draft.texts[CHARTER].replace('seat = "310117"', 'seat = "310118"')
    send(writer, draft, of(draft, "files", CHARTER), text=text)
    line = next(n for n, row in enumerate(text.splitlines(), start=1) if "310118" in row)
    for path in (of(draft), of(draft, "files", CHARTER)):
        page = writer.get(path)
        assert (
            missing(page, [f"{CHARTER}:{line}", "没有成员“310118”", "是否想写“310117”？", f"#L{line}", "1 处错误"])
            == []
        )


def test_what_somebody_else_wrote_meanwhile_is_shown(writer: Desk) -> None:
    draft = begun(writer)
    text = draft.texts[CHARTER]
    send(writer, draft, of(draft, "files", CHARTER), text=text + "# 先写的\n")
    response = writer.post(of(draft, "files", CHARTER), {"version": "0", "text": text + "# 后写的\n"})
    assert response.status_code == 409
    assert missing(response, ["没有保存", "草案中现在的内容与您填写的差异", "# 后写的"]) == []
    assert "# 先写的" in now(draft).texts[CHARTER]
    writer.fill(of(draft, "files", CHARTER), text=text + "# 后写的\n")
    assert "# 后写的" in now(draft).texts[CHARTER]


@pytest.mark.parametrize("path", [ASSISTANCE, "cn/charter.toml"])
def test_closed_files_are_read_only(writer: Desk, path: str) -> None:
    draft = begun(writer)
    page = writer.get(of(draft, "files", path))
    assert "<textarea" not in text_of(page)
    assert 'id="L3"' in text_of(page)
    response = send(writer, draft, of(draft, "files", path), text="x = 1")
    assert response.status_code == 409
    assert missing(response, ["charter.file_closed"]) == []
    assert now(draft).texts == draft.texts


@pytest.mark.parametrize("path", ["g60/none.toml", "../../etc/passwd", "g60/%00.toml"])
def test_files_that_the_draft_does_not_have(writer: Desk, path: str) -> None:
    draft = begun(writer)
    assert writer.get(f"{of(draft)}files/{path}").status_code in {400, 404}


def test_a_new_version_and_its_undoing(writer: Desk) -> None:
    draft = begun(writer)
    answer = send(writer, draft, of(draft, "version"), procedure="assistance", day="2026-04-01")
    assert answer.status_code == 302
    assert NEXT in now(draft).texts
    assert missing(writer.get(of(draft, "files", NEXT)), ["<textarea", "撤去此文件"]) == []
    send(writer, draft, of(draft, "restore", NEXT))
    assert NEXT not in now(draft).texts


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"procedure": "assistance", "day": ""}, 422, "请写明从哪一天起施行"),
        ({"procedure": "assistance", "day": "soon"}, 422, "请写明从哪一天起施行"),
        ({"procedure": "assistance", "day": "2026-01-01"}, 422, "新版本必须从更晚的一天开始"),
        ({"procedure": "none", "day": "2026-04-01"}, 404, "没有程序"),
    ],
)
def test_new_versions_that_are_refused(writer: Desk, form: dict[str, str], status: int, words: str) -> None:
    draft = begun(writer)
    response = send(writer, draft, of(draft, "version"), **form)
    assert response.status_code == status
    assert missing(response, [words]) == []
    assert now(draft).texts == draft.texts


def uploaded(content: bytes, name: str = "g60.zip") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/zip")


def test_a_draft_goes_out_as_zip_and_comes_back(writer: Desk) -> None:
    draft = begun(writer)
    response = writer.get(of(draft, "archive.zip"))
    assert response.headers["Content-Disposition"] == 'attachment; filename="g60-0.zip"'
    texts = unpacked(response.content)
    assert texts == draft.texts
    texts[CHARTER] = texts[CHARTER].replace("hand_over = ", "hand_over=")
    answer = send(writer, draft, of(draft, "archive.zip"), archive=uploaded(packed(texts)))
    assert answer.status_code == 302
    assert now(draft).texts == texts


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("g60/bomb.toml", b"#" * (32 * 1024 * 1024))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "不是完好的 ZIP 压缩包"),
        (b"%PDF-1.7", "不是完好的 ZIP 压缩包"),
        (packed({"/etc/passwd.toml": "x"}), "路径不在章程目录内"),
        (packed({"../g60/charter.toml": "x"}), "路径不在章程目录内"),
        (packed({"g60/run.sh": "x"}), "不是章程的文本文件"),
        (packed({"lakes/charter.toml": "x"}), "压缩包中应有 g60/charter.toml"),
        (bomb(), "文件超过"),
        (b"PK" + b"x" * (5 * 1024 * 1024), "压缩包超过"),
    ],
    ids=["empty", "pdf", "absolute", "above", "program", "other", "bomb", "huge"],
)
def test_hostile_archives_are_refused_with_a_reason(writer: Desk, content: bytes, words: str) -> None:
    draft = begun(writer)
    response = send(writer, draft, of(draft, "archive.zip"), archive=uploaded(content))
    assert response.status_code == 422
    assert missing(response, [words]) == []
    assert now(draft).texts == draft.texts


def test_text_that_is_not_utf8_is_named_with_its_line(writer: Desk) -> None:
    draft = begun(writer)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(CHARTER, "x = 1\ny = '中'\n".encode("gb18030"))
    response = send(writer, draft, of(draft, "archive.zip"), archive=uploaded(stream.getvalue()))
    assert missing(response, [f"{CHARTER}:2", "不是 UTF-8 文本", "另存为 UTF-8"]) == []


def test_the_difference_is_shown_line_by_line(writer: Desk) -> None:
    draft = shortened(writer, begun(writer))
    page = writer.get(of(draft, "difference"))
    words = [
        NEXT,
        f"与 {ASSISTANCE} 比较",
        "clocks.receipt",
        "期限：2个工作日 → 1个工作日",
        "<mark>2WD</mark>",
        "<mark>1WD</mark>",
    ]
    assert missing(page, words) == []
    assert "clocks.reply" not in text_of(page)


def test_a_draft_is_discarded(writer: Desk) -> None:
    draft = begun(writer)
    assert writer.get(of(draft, "discard")).status_code == 405
    assert writer.post(of(draft, "discard")).headers["Location"] == "/charter/drafts/"
    assert not CharterDraft.objects.exists()


def test_another_person_adopts_and_what_begins_then_follows(
    writer: Desk, sit: Sit, world: World, morning: time_machine.Traveller
) -> None:
    draft = shortened(writer, begun(writer))
    leader = sit(ADOPTER)
    page = leader.get(of(draft, "adopt"))
    assert missing(page, ["期限：2个工作日 → 1个工作日", "决议编号", "自哪一天起施行"]) == []
    answer = send(leader, draft, of(draft, "adopt"), resolution=NUMBER, **{"from": "2026-04-01"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/charter/")
    version = CharterVersion.objects.get(resolution=NUMBER)
    assert now(draft).adopted == version
    assert Entry.objects.get(event="charter.adopt").person == world.person(ADOPTER)
    overview = leader.get("/charter/")
    assert missing(overview, [NUMBER, "与前一版的差异", "章程草案"]) == []
    (link,) = set(re.findall(r'href="(/charter/difference/[^"]+)"', text_of(overview)))
    assert missing(leader.get(link), ["期限：2个工作日 → 1个工作日", NUMBER]) == []
    between = leader.get("/charter/procedures/assistance/difference/2026-01-01/2026-04-01/")
    assert missing(between, ["clocks.receipt", "期限：2个工作日 → 1个工作日"]) == []
    assert missing(writer.get(of(draft)), ["已通过", NUMBER]) == []
    assert "<textarea" not in text_of(writer.get(of(draft, "files", NEXT)))
    morning.move_to(time("2026-04-01T09:30"))
    assert str(world.begin(at="2026-04-01T10:00").procedure_version) == "assistance@2026-04-01"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"resolution": "", "from": "2026-04-01"}, "请写明协调小组决议的编号"),
        ({"resolution": NUMBER, "from": ""}, "请写明从哪一天起施行"),
        ({"resolution": NUMBER, "from": "2026-02-05"}, "已经过去"),
        ({"resolution": NUMBER, "from": "2026-04-01", "version": "0"}, "草案已被修改"),
    ],
)
def test_adoptions_that_are_refused_keep_what_was_typed(
    writer: Desk, sit: Sit, form: dict[str, str], words: str
) -> None:
    draft = shortened(writer, begun(writer))
    response = sit(ADOPTER).post(of(draft, "adopt"), {"version": str(draft.version), **form})
    assert response.status_code == 422
    assert missing(response, [words, f'value="{form["resolution"]}"']) == []
    assert CharterVersion.objects.count() == 1


def test_a_faulty_draft_offers_no_adoption(writer: Desk, sit: Sit) -> None:
    draft = begun(writer)
    send(writer, draft, of(draft, "files", CHARTER), text="= broken")
    leader = sit(ADOPTER)
    page = leader.get(of(draft, "adopt"))
    assert missing(page, ["不是有效的 TOML"]) == []
    assert "决议编号" not in text_of(page)
    response = send(leader, draft, of(draft, "adopt"), resolution=NUMBER, **{"from": "2026-04-01"})
    assert response.status_code == 422
    assert CharterVersion.objects.count() == 1


@pytest.mark.parametrize("who", [WRITER, "asking.leader"])
def test_only_the_centre_adopts(writer: Desk, sit: Sit, who: str) -> None:
    draft = shortened(writer, begun(writer))
    response = sit(who).post(of(draft, "adopt"), {"version": "1", "resolution": NUMBER, "from": "2026-04-01"})
    assert response.status_code == 403
    assert missing(response, ["charter.may_not_adopt"]) == []


def test_a_draft_that_was_overtaken_says_so(writer: Desk, sit: Sit) -> None:
    first, second = shortened(writer, begun(writer)), begun(writer, "改注释")
    send(writer, second, of(second, "files", CHARTER), text=second.texts[CHARTER] + "# 注\n")
    leader = sit(ADOPTER)
    send(leader, second, of(second, "adopt"), resolution="一号", **{"from": "2026-03-01"})
    assert missing(writer.get(of(first)), ["起草之后，章程又通过了新的版本"]) == []
    assert "决议编号" not in text_of(leader.get(of(first, "adopt")))
    assert send(writer, first, of(first, "base")).status_code == 302
    assert "又通过了新的版本" not in text_of(writer.get(of(first)))
    assert missing(leader.get(of(first, "adopt")), ["决议编号"]) == []


PLACES: list[tuple[str, ...]] = [
    (),
    ("files", CHARTER),
    ("difference",),
    ("archive.zip",),
    ("limits", "assistance"),
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "/".join(place) or "draft")
@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("centre.leader", 200),
        ("centre.legal_officer", 200),
        ("asking.leader", 200),
        ("asked.legal_officer", 404),
        ("asked.leader", 404),
        ("asking.case_officer", 403),
        ("asking.auditor", 403),
    ],
)
def test_who_sees_a_draft(writer: Desk, sit: Sit, place: tuple[str, ...], who: str, status: int) -> None:
    draft = begun(writer)
    assert sit(who).get(of(draft, *place)).status_code == status


def test_the_list_shows_no_draft_of_others(writer: Desk, sit: Sit) -> None:
    draft = begun(writer)
    assert draft.title not in text_of(sit(STRANGER).get("/charter/drafts/"))
    assert draft.title in text_of(sit("centre.legal_officer").get("/charter/drafts/"))


def test_the_centre_reads_without_forms(writer: Desk, sit: Sit) -> None:
    draft = begun(writer)
    page = text_of(sit("centre.legal_officer").get(of(draft)))
    assert "整体上传" not in page
    response = send(sit("centre.legal_officer"), draft, of(draft, "files", CHARTER), text="x")
    assert response.status_code == 403
    assert missing(response, ["charter.not_yours"]) == []


def test_the_pages_speak_english(sit: Sit) -> None:
    desk = sit(WRITER, language="en")
    draft = shortened(desk, begun(desk, "Shorter"))
    leader = sit(ADOPTER, language="en")
    for path in ("/charter/drafts/", of(draft), of(draft, "difference"), of(draft, "limits", "assistance")):
        page = re.sub(
            r"<code>.*?</code>|lang=\"zh-CN\">[^<]*|<span class=\"latin.*?</span>", "", text_of(desk.get(path))
        )
        assert "草案" not in page, path
    assert missing(desk.get(of(draft)), ["limit: 2 working days → 1 working day", "No faults"]) == []
    assert missing(leader.get(of(draft, "adopt")), ["Number of the resolution"]) == []


def test_addresses_that_lead_nowhere(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    for path in (
        "/charter/difference/none/none/",
        "/charter/procedures/assistance/difference/2026-01-01/soon/",
        "/charter/procedures/none/difference/2026-01-01/2026-01-01/",
    ):
        assert desk.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    [
        "/charter/drafts/",
        "/charter/drafts/00000000-0000-0000-0000-000000000007/",
        "/charter/drafts/00000000-0000-0000-0000-000000000007/files/g60/charter.toml",
        "/charter/drafts/00000000-0000-0000-0000-000000000007/archive.zip",
        "/charter/difference/12345678/12345678/",
    ],
)
def test_a_visitor_is_asked_to_sign_in(sit: Sit, path: str) -> None:
    response = sit().get(path)
    assert (response.status_code, response.headers["Location"]) == (302, f"/account/login/?next={path}")


@pytest.mark.parametrize("post", ["case_officer", "auditor", "clerk", "administrator", "service_provider"])
def test_posts_that_neither_draft_nor_adopt_are_told_so(sit: Sit, post: str) -> None:
    response = sit(f"asking.{post}").get("/charter/drafts/")
    assert response.status_code == 403
    assert missing(response, ["charter.may_not_draft"]) == []
    assert "/charter/drafts/" not in text_of(sit(f"asking.{post}").get("/charter/"))
