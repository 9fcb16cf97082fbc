"""Takes the pictures of the READMEs: starts the demo as `make run` does, opens nine pages, in both languages."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from concord.foundation.database.clock import legal_date, now
from tests.support.chromium import launch_arguments
from tests.support.fonts import PROJECT

PICTURES = PROJECT / "docs" / "pictures"
FOLDERS = {"zh-CN": PICTURES, "en-GB": PICTURES / "en"}
WIDTH, HEIGHT = 1366, 768
START_SECONDS = 600
SIGNED_SECONDS = 120
OFFICER, AUDITOR = "shen.yun", "wei.jie"
LARGEST = 250_000
COLOURS = 256


# A sheet as an officer brings it: number, name, stage, days ago, credit code, cause, right, amount, mark.
HEADINGS: Final = (
    "案件（线索）编号", "案件（线索）名称", "办案阶段", "发现日期", "统一社会信用代码",
    "案由", "注册号（专利号）", "涉案金额（元）", "商标（权利）名称",
)  # fmt: skip
LEADS: Final = (
    ("云帆日用品店涉嫌销售侵权水壶", 21, "91350100M000100Y43", "侵犯注册商标专用权", 12800.5),
    ("听雨五金商行涉嫌假冒注册商标", 18, "91350100M000100Y44", "侵犯注册商标专用权", 3460),
    ("桐花母婴用品店涉嫌销售侵权奶瓶", 15, "91350100M000100Y43", "侵犯注册商标专用权", 9120),
    ("双溪电器经营部涉嫌销售侵权插座", 14, "91350100M000100Y43", "偷税", 45000),
    ("枕河食品店涉嫌使用近似包装", 9, "91350100M000100Y43", "侵犯注册商标专用权", -5),
    ("望山工具店网上销售侵权电钻", 6, "91350100M000100Y43", "侵犯注册商标专用权", 27300),
)


def stay(page: Page) -> None:
    """The page is as it opens."""


def follow_first(page: Page) -> None:
    """The first matter that waits for the officer."""
    page.locator("section[aria-labelledby=waiting] a.row-title").first.click()


def follow_proof(page: Page) -> None:
    """The proof of the first act of that matter, once the cities have signed it."""
    follow_first(page)
    page.wait_for_load_state()
    mark = page.locator("a.ledger-mark:not(.waiting)")
    deadline = time.monotonic() + SIGNED_SECONDS
    while not mark.count():
        if time.monotonic() > deadline:
            message = "the cities have not signed the acts of the matter"
            raise TimeoutError(message)
        time.sleep(1)
        page.reload()
    mark.first.click()
    page.locator(".cities").wait_for()


def go_to_map(page: Page) -> None:
    """Down to the map of the cities."""
    page.locator("section[aria-labelledby=between]").evaluate("map => map.scrollIntoView({block: 'center'})")


def bring_sheet(page: Page) -> None:
    """A sheet with wrong rows, as it is to be mended."""
    page.locator("#sheet-file").set_input_files(
        {"name": "松江线索.xlsx", "mimeType": "application/octet-stream", "buffer": sheet()}
    )
    page.locator("form[enctype] button[type=submit]").click()
    page.locator("#sheet-counts").wait_for()


def sheet() -> bytes:
    """The leads as a workbook; three of them have something wrong."""
    today, book = legal_date(now()), Workbook()
    book.active.append(HEADINGS)
    for at, (name, ago, code, cause, amount) in enumerate(LEADS, start=1):
        found = today - timedelta(days=ago)
        number = f"松线〔{today.year}〕{at:02}号"
        book.active.append([number, name, "立案前核查", found, code, cause, "1234567", amount, "云帆"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@dataclass(frozen=True, slots=True)
class Stop:
    """One page of the tour: who opens it, where, and what is done there."""

    name: str
    caption: str
    username: str
    path: str
    then: Callable[[Page], None] = stay


STOPS = (
    Stop(
        "sign-in", "登录页与演示中的九个人 · the sign-in page with the nine people of the demo", "", "/account/login/"
    ),
    Stop("today", "今日：待办与期限 · today: what is mine, what is due", OFFICER, "/"),
    Stop("map", "今日：九地之间未结的事项 · today: what is open between the nine cities", OFFICER, "/", go_to_map),
    Stop(
        "matter",
        "一件事项：内容、经过、期限、文书 · one matter: facts, story, clocks, papers",
        OFFICER,
        "/",
        follow_first,
    ),
    Stop("calendar", "期限日历 · the calendar of due dates", OFFICER, "/calendar/"),
    Stop(
        "sheet",
        "导入 Excel：错在哪里，就地更正 · a sheet brought in: what is wrong is mended in place",
        OFFICER,
        "/sheets/",
        bring_sheet,
    ),
    Stop(
        "procedure", "由文件画出的程序 · a procedure drawn from its file", OFFICER, "/charter/procedures/case_transfer/"
    ),
    Stop("journal", "本机关的流水 · the journal of an organisation", AUDITOR, "/journal/"),
    Stop(
        "ledger",
        "一个行为的入账证明：九地共同签署 · the proof of an act, signed by the nine cities",
        OFFICER,
        "/",
        follow_proof,
    ),
    Stop("evidence", "每一项证据，各城市的意见 · what each city has said of which item", OFFICER, "/evidence/grid/"),
)


@contextmanager
def running(home: Path) -> Iterator[str]:
    """The product with its demo, on a free port of this machine, as long as the block lasts; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")}
    chosen = {"CONCORD_HOME": str(home), "CONCORD_BIND": f"127.0.0.1:{port}", "CONCORD_DEMO": "1"}
    command = [sys.executable, "-m", "concord.entrypoints.manage", "up"]
    server = subprocess.Popen(command, cwd=PROJECT, env=plain | chosen)  # noqa: S603  our own program, fixed words
    try:
        _wait(address, server)
        yield address
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            message = f"the server ended with {server.returncode}"
            raise RuntimeError(message)
        try:
            urllib.request.urlopen(f"{address}/account/login/", timeout=5).close()  # noqa: S310  http to ourselves
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
        else:
            return
    message = f"no answer at {address} within {START_SECONDS} seconds"
    raise TimeoutError(message)


def take(stop: Stop, browser: Browser, address: str, locale: str) -> Path:
    """Walk to the stop as its person in that language and write the picture; yields where it stands."""
    context = browser.new_context(
        base_url=address,
        locale=locale,
        viewport={"width": WIDTH, "height": HEIGHT},
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/account/login/")
    if stop.username:
        page.locator(f"button[value='{stop.username}']").click()
        page.goto(stop.path)
    stop.then(page)
    page.wait_for_load_state()
    path = FOLDERS[locale] / f"{stop.name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(shot(page))
    context.close()
    return path


def shot(page: Page) -> bytes:
    """What the page shows, as a PNG; one too large for the repository gets a palette."""
    page.evaluate("() => document.fonts.ready")
    picture = page.screenshot()
    if len(picture) <= LARGEST:
        return picture
    small = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(small, format="PNG", optimize=True)
    return small.getvalue()


def main() -> int:
    """Take all pictures; says each with its caption."""
    with tempfile.TemporaryDirectory(prefix="concord-tour-") as home:
        place = Path(home)
        with running(place) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_arguments(place / "fonts"))
            for locale in FOLDERS:
                for stop in STOPS:
                    path = take(stop, browser, address, locale)
                    sys.stdout.write(f"{path.relative_to(PROJECT)}: {stop.caption}\n")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
