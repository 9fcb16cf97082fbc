"""What an installation's ledger is: its log, its witnesses, who stamps the time, who may read it, and where it lies.

One folder holds it all beside the keys; ``ledger.toml`` says what is where::

    origin = "ledger.g60.example/2026"
    tiles = "tiles"                      # a folder, or s3://bucket/prefix
    lock = "lock.sqlite3"                # never part of a backup
    log_key = "../keys/log.json"         # these three may be left out
    policy = "policy.txt"
    trust = "trust.json"
    [[witness]]
    org = "110000"
    name = "witness.110000.example"
    url = "http://127.0.0.1:8101"
    vkey = "witness.110000.example+1234abcd+BA…"
    sm2_vkey = "witness.110000.example+…"     # may be left out
    [[stamper]]
    name = "local"
    url = "http://127.0.0.1:8100/"
    algorithm = "sha256"                 # or "sm3"; may be left out
    [readers]
    "witness.110000.example" = "<SHA-256, hex, of the reader's bearer token>"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from concord.proofs import log_policy, notes
from concord.proofs.log_policy import LogPolicy
from concord.rules.errors import InvalidInput, NotFound, Said

FILE = "ledger.toml"
MOST_BYTES = 1 << 20

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ORGANISATION = re.compile(r"[0-9]{6}")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]+)?")


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """One witness: whose it is, where it answers, and the keys (C2SP vkeys) its signatures are checked with."""

    name: str
    url: str
    vkey: str
    sm2_vkey: str | None
    org: str


@dataclass(frozen=True, slots=True)
class StamperAddress:
    """One time-stamping authority, the address of its RFC 3161 service, and the digest it is asked to stamp."""

    name: str
    url: str
    algorithm: Literal["sha256", "sm3"] = "sha256"


@dataclass(frozen=True, slots=True)
class Installation:
    """What ``ledger.toml`` says, with whole paths; ``tiles`` is ``file:/folder`` or ``s3://bucket/prefix``."""

    folder: Path
    origin: str
    log_key: Path
    policy: LogPolicy
    policy_text: str
    witnesses: tuple[WitnessAddress, ...]
    stampers: tuple[StamperAddress, ...]
    readers: Mapping[str, str]
    trust: Path
    tiles: str
    lock: Path


def exists(folder: Path) -> bool:
    """Whether ``folder`` holds a ledger's settings at all."""
    return (folder / FILE).is_file()


def read(folder: Path) -> Installation:
    """The ledger whose settings lie in ``folder``.

    Raises NotFound ``keys.no_ledger`` without ``ledger.toml`` or policy, InvalidInput ``keys.ledger_settings`` when
    they cannot be taken as they are, and whatever ``log_policy.parse`` and ``notes.parse_vkey`` say of theirs.
    """
    table = _Table(_toml(folder), FILE)
    policy_text = _text(folder / table.text("policy", "policy.txt"))
    witnesses = tuple(_witness(_Table(row, f"witness.{at}")) for at, row in enumerate(table.rows("witness")))
    read_settings = Installation(
        folder=folder,
        origin=table.text("origin"),
        log_key=(folder / table.text("log_key", "../keys/log.json")).resolve(),
        policy=log_policy.parse(policy_text),
        policy_text=policy_text,
        witnesses=witnesses,
        stampers=tuple(_stamper(_Table(row, f"stamper.{at}")) for at, row in enumerate(table.rows("stamper"))),
        readers=_readers(table.table("readers")),
        trust=(folder / table.text("trust", "trust.json")).resolve(),
        tiles=_tiles(folder, table.text("tiles")),
        lock=(folder / table.text("lock")).resolve(),
    )
    table.end()
    _agree(read_settings)
    return read_settings


def _agree(settings: Installation) -> None:
    """The policy and the addresses speak of the same log and the same witnesses, with the same keys."""
    if settings.origin not in settings.policy.logs:
        raise _wrong("origin", "监督策略中没有这本账", "the policy knows no log of this origin")
    asked = {witness.name: witness.vkey for witness in settings.witnesses}
    if len(asked) != len(settings.witnesses):
        raise _wrong("witness", "见证方名称重复", "two witnesses have the same name")
    known = {name: key.vkey_text() for name, key in settings.policy.witnesses.items()}
    if asked != known:
        differing = ", ".join(sorted(name for name in asked | known if asked.get(name) != known.get(name)))
        raise _wrong("witness", f"与监督策略不一致：{differing}", f"these differ from the policy: {differing}")


def _witness(table: _Table) -> WitnessAddress:
    witness = WitnessAddress(
        name=table.text("name"),
        url=_address(table, table.text("url")),
        vkey=table.text("vkey"),
        sm2_vkey=table.text("sm2_vkey", "") or None,
        org=table.text("org"),
    )
    table.end()
    if not _ORGANISATION.fullmatch(witness.org):
        raise _wrong(f"{table.name}.org", "须为六位机关代码", "a code of six digits is needed")
    for key, vkey, kind in (("vkey", witness.vkey, notes.COSIGNATURE), ("sm2_vkey", witness.sm2_vkey, notes.OWN)):
        parsed = notes.parse_vkey(vkey) if vkey is not None else None
        if parsed is not None and (parsed.name, parsed.kind) != (witness.name, kind):
            raise _wrong(f"{table.name}.{key}", "公钥署的是另一个名称，或者种类不对", "a key of another name or kind")
    return witness


def _stamper(table: _Table) -> StamperAddress:
    name, url = table.text("name"), _address(table, table.text("url"))
    algorithm = table.text("algorithm", "sha256")
    table.end()
    if algorithm not in {"sha256", "sm3"}:
        raise _wrong(f"{table.name}.algorithm", "须为 sha256 或者 sm3", "sha256 or sm3 is needed")
    return StamperAddress(name, url, "sm3" if algorithm == "sm3" else "sha256")


def _readers(values: Mapping[str, object]) -> dict[str, str]:
    readers = {name: digest for name, digest in values.items() if isinstance(digest, str) and _DIGEST.fullmatch(digest)}
    if len(readers) != len(values):
        raise _wrong("readers", "须为凭证的 SHA-256（64 位小写十六进制）", "each is the SHA-256 of a token, in hex")
    return readers


def _tiles(folder: Path, value: str) -> str:
    if _BUCKET.fullmatch(value):
        return value.rstrip("/")
    if "://" in value:
        raise _wrong("tiles", "须为文件夹或者 s3://桶名/前缀", "a folder or s3://bucket/prefix is needed")
    return f"file:{(folder / value).resolve()}"


def _address(table: _Table, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise _wrong(f"{table.name}.url", "不是网址", "no address of a web server")
    return value


class _Table:
    """One table of the file, of which every key must be asked for before ``end``."""

    def __init__(self, values: Mapping[str, object], name: str) -> None:
        self.name = name
        self._left = dict(values)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise _wrong(f"{self.name}.{key}", "缺少，或者不是文字", "missing, or not a text")
        return value

    def rows(self, key: str) -> list[Mapping[str, object]]:
        rows = self._left.pop(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _wrong(f"{self.name}.{key}", f"须写作 [[{key}]]", f"write [[{key}]]")
        return rows

    def table(self, key: str) -> Mapping[str, object]:
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise _wrong(f"{self.name}.{key}", f"须写作 [{key}]", f"write [{key}]")
        return value

    def end(self) -> None:
        if self._left:
            unknown = ", ".join(sorted(self._left))
            raise _wrong(self.name, f"不认识：{unknown}", f"unknown: {unknown}")


def _toml(folder: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(_text(folder / FILE))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(FILE, f"不是 TOML：{error}", f"not TOML: {error}") from None


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError:
        raise NotFound(
            "keys.no_ledger",
            Said(
                f"没有存证账本的文件 {path}。请先建立账本（set-up-ledger），或者核对 CONCORD_LEDGER。",
                f"The ledger's file {path} is missing. Set the ledger up (set-up-ledger), or look at CONCORD_LEDGER.",
            ),
        ) from None
    try:
        if len(content) > MOST_BYTES:
            raise _wrong(path.name, "文件过大", "the file is too large")
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _wrong(path.name, "不是 UTF-8 文字", "not UTF-8 text") from None


def _wrong(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(
        "keys.ledger_settings",
        Said(f"存证账本的设置有误，{field}：{zh}。", f"The ledger's settings are wrong at {field}: {en}."),
    )
