"""What one witness is told: ``witness.toml``, read strictly.

::

    name = "witness.north.example"      # the name of its key
    key = "key.json"                     # paths are relative to this file
    state = "state.sqlite3"
    mirror = "mirror"
    listen = "127.0.0.1:8101"
    mirror_every = 5                     # the rest may be left out: seconds between two rounds of mirroring,
    compare_every = 3600                 # seconds between two comparisons with the other witnesses,
    needed_peers = 3                     # how many must answer at the start before anything is signed

    [[log]]
    origin = "ledger.g60.example/2026"
    vkey = "ledger.g60.example/2026+1234abcd+AR…"
    tiles = "https://centre.example/ledger/"     # left out: not mirrored
    token_file = "token"                         # or token = "…"

    [[peer]]
    name = "witness.south.example"
    url = "https://witness.south.example"
    vkey = "witness.south.example+1234abcd+BA…"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from concord.proofs import notes
from concord.proofs.notes import VerifierKey
from concord.rules.errors import InvalidInput, Problem, Said

MOST_BYTES = 1 << 20
MOST_ROWS = 64
MIRROR_EVERY = 5
COMPARE_EVERY = 3600
NEEDED_PEERS = 3
"""Two malicious cities may keep silent of what they saw; of three that answer, one is honest."""

_LISTEN = re.compile(r"(?P<host>[A-Za-z0-9.-]+|\[[0-9a-f:]+\]):(?P<port>[0-9]{1,5})")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{16,200}")
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class LogSettings:
    """One log that is witnessed; without ``tiles`` it is not mirrored."""

    origin: str
    key: VerifierKey
    tiles: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Peer:
    """Another witness: where it answers and the key of its cosignatures."""

    name: str
    url: str
    key: VerifierKey


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """Everything in ``witness.toml``, with whole paths and parsed keys."""

    name: str
    key: Path
    state: Path
    mirror: Path
    host: str
    port: int
    logs: tuple[LogSettings, ...]
    peers: tuple[Peer, ...] = ()
    mirror_every: int = MIRROR_EVERY
    compare_every: int = COMPARE_EVERY
    needed_peers: int = 0


def read(file: Path) -> WitnessSettings:
    """The settings in ``file``. Raises InvalidInput ``witness.settings`` naming the place and what would be right."""
    table = _Table(_toml(file), "")
    folder = file.parent.resolve()
    host, port = _listen(table)
    logs = tuple(_log(row, folder) for row in table.rows("log"))
    peers = tuple(_peer(row) for row in table.rows("peer"))
    found = WitnessSettings(
        name=table.text("name"),
        key=folder / table.text("key"),
        state=folder / table.text("state"),
        mirror=folder / table.text("mirror"),
        host=host,
        port=port,
        logs=logs,
        peers=peers,
        mirror_every=table.number("mirror_every", MIRROR_EVERY),
        compare_every=table.number("compare_every", COMPARE_EVERY, least=1),
        needed_peers=table.number("needed_peers", min(NEEDED_PEERS, len(peers))),
    )
    table.end()
    _agree(found)
    return found


def _agree(settings: WitnessSettings) -> None:
    if not settings.logs:
        raise _wrong("log", "至少须有一本账（[[log]]）", "at least one [[log]] is needed")
    origins = [log.origin for log in settings.logs]
    if len(set(origins)) != len(origins):
        raise _wrong("log", "同一本账写了两次", "a log is given twice")
    names = [settings.name, *(peer.name for peer in settings.peers)]
    if len(set(names)) != len(names) or len({peer.key.public for peer in settings.peers}) != len(settings.peers):
        raise _wrong("peer", "见证方或其密钥重复", "a witness or its key is given twice")
    if settings.needed_peers > len(settings.peers):
        raise _wrong("needed_peers", "多于所列的见证方", "more than there are peers")


def _log(table: _Table, folder: Path) -> LogSettings:
    origin = table.text("origin")
    key = table.vkey({notes.ED25519})
    if key.name != origin:
        raise _wrong(f"{table.name}.vkey", "不是这本账的公钥", "the key of another log")
    tiles = table.address("tiles", optional=True)
    token = _token(table, folder)
    if token and not (tiles.startswith("https:") or _is_loopback(tiles)):
        raise _wrong(f"{table.name}.tiles", "凭证只能经 https 发出", "a token goes out over https alone")
    table.end()
    return LogSettings(origin, key, tiles, token)


def _peer(table: _Table) -> Peer:
    name = table.text("name")
    key = table.vkey({notes.COSIGNATURE})
    if key.name != name:
        raise _wrong(f"{table.name}.vkey", "署的是另一个名称", "the key of another name")
    peer = Peer(name, table.address("url"), key)
    table.end()
    return peer


def _token(table: _Table, folder: Path) -> str:
    token, file = table.text("token", ""), table.text("token_file", "")
    if token and file:
        raise _wrong(f"{table.name}.token", "token 与 token_file 只写其一", "give token or token_file, not both")
    if file:
        token = _content(folder / file).strip()
        if not token:
            raise _wrong(f"{table.name}.token_file", "是空文件", "the file is empty")
    if token and not _TOKEN.fullmatch(token):
        raise _wrong(f"{table.name}.token", "不是凭证", "not a token")
    return token


def _listen(table: _Table) -> tuple[str, int]:
    match = _LISTEN.fullmatch(table.text("listen"))
    if not match or int(match["port"]) > _LAST_PORT:
        raise _wrong("listen", "须写作 127.0.0.1:8101", "write it as 127.0.0.1:8101")
    return match["host"].strip("[]"), int(match["port"])


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Table:
    """One table of the file, of which every key must be asked for before ``end``."""

    def __init__(self, values: Mapping[str, object], name: str) -> None:
        self.name = name
        self._left = dict(values)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise _wrong(self._place(key), "缺少，或者不是文字", "missing, or not a text")
        return value

    def number(self, key: str, default: int, *, least: int = 0) -> int:
        value = self._left.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _wrong(self._place(key), f"须为不小于 {least} 的整数", f"a whole number from {least} on is needed")
        return value

    def address(self, key: str, *, optional: bool = False) -> str:
        value = self.text(key, "" if optional else None)
        if not value:
            return value
        try:
            parts = urlsplit(value)
            sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            sound = False
        if not sound or parts.query or parts.fragment or parts.username:
            raise _wrong(self._place(key), "不是网址", "not the address of a web server")
        return value if value.endswith("/") else f"{value}/"

    def vkey(self, kinds: set[int]) -> VerifierKey:
        try:
            key = notes.parse_vkey(self.text("vkey"))
        except InvalidInput as error:
            raise _wrong(self._place("vkey"), error.said.zh.rstrip("。"), error.said.en.rstrip(".")) from None
        if key.kind not in kinds:
            raise _wrong(self._place("vkey"), "公钥的种类不对", "the key is of another kind")
        return key

    def rows(self, key: str) -> list[_Table]:
        rows = self._left.pop(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) > MOST_ROWS:
            raise _wrong(
                self._place(key), f"须写作 [[{key}]]，至多 {MOST_ROWS} 个", f"write [[{key}]], {MOST_ROWS} at most"
            )
        return [_Table(row, f"{key}.{at}") for at, row in enumerate(rows, start=1)]

    def end(self) -> None:
        if self._left:
            unknown = ", ".join(sorted(self._left))
            raise _wrong(self.name or "witness.toml", f"不认识：{unknown}", f"unknown: {unknown}")

    def _place(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


def _toml(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(_content(file))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(file.name, f"不是 TOML（{error}）", f"not TOML ({error})") from None


def _content(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) <= MOST_BYTES:
            return content.decode()
    except (OSError, ValueError):
        pass  # not there, no permission, or not UTF-8: refused below
    raise _wrong(str(file), "读不到这个文件（UTF-8，不超过 1 MB）", "the file cannot be read (UTF-8, at most 1 MB)")


def _wrong(place: str, zh: str, en: str) -> InvalidInput:
    said = Said(f"见证方的设置有误，{place}：{zh}。", f"The settings of the witness are wrong at {place}: {en}.")
    return InvalidInput("witness.settings", said, problems=(Problem(place, "witness.settings", said),))
