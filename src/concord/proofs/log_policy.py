"""The policy: which logs are known, which witnesses, and how many of these must have cosigned.

Source: C2SP tlog-policy. Witnesses have a name in the file, which orders them into groups, and the name of their key,
which is what a checkpoint shows; everything that leaves this module speaks of the latter.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from concord.proofs import notes
from concord.rules.errors import InvalidInput, Said

LARGEST = 64 << 10
MOST_OF_A_KIND = 64
NONE = "none"
LOG_KINDS = frozenset({notes.ED25519, notes.ML_DSA_44})
WITNESS_KINDS = frozenset({notes.COSIGNATURE, notes.ML_DSA_44})

_BLANK = re.compile(r"[ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]?")


@dataclass(frozen=True, slots=True)
class Group:
    """At least ``threshold`` of ``members``, each a witness or an earlier group by its name in the policy."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """Known logs by origin, known witnesses by the name of their key, and the quorum among them.

    ``names`` gives the name in the file of each witness, by the name of its key; ``urls`` the addresses, by the same.
    """

    logs: dict[str, notes.VerifierKey]
    witnesses: dict[str, notes.VerifierKey]
    names: dict[str, str]
    groups: tuple[Group, ...]
    quorum: str
    urls: dict[str, str] = field(default_factory=dict)

    def satisfied(self, names: Collection[str]) -> bool:
        """Whether the witnesses whose keys have these ``names`` are a quorum; unknown names count for nothing."""
        if self.quorum == NONE:
            return True
        witnessed = {self.names[name] for name in names if name in self.names}
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.threshold:
                witnessed.add(group.name)
        return self.quorum in witnessed

    def quorum_size(self) -> int:
        """The smallest number of witnesses that are a quorum."""
        if self.quorum == NONE:
            return 0
        needed = dict.fromkeys(self.names.values(), 1)
        for group in self.groups:
            needed[group.name] = sum(sorted(needed[member] for member in group.members)[: group.threshold])
        return needed[self.quorum]

    def text(self) -> str:
        """The policy as a file, without comments."""
        lines = [["log", key.vkey_text(), *self._url(key.name)] for key in self.logs.values()]
        lines += [
            ["witness", self.names[key.name], key.vkey_text(), *self._url(key.name)] for key in self.witnesses.values()
        ]
        lines += [["group", group.name, str(group.threshold), *group.members] for group in self.groups]
        return "".join(" ".join(line) + "\n" for line in [*lines, ["quorum", self.quorum]])

    def _url(self, name: str) -> list[str]:
        return [self.urls[name]] if name in self.urls else []


def parse(text: str) -> LogPolicy:
    """The policy in a file's text. Raises InvalidInput ``proofs.log_policy`` naming the line."""
    if len(text) > LARGEST or any((one < " " and one not in "\t\n") or one == "\x7f" for one in text):
        raise _refused(0, "文件过长或含控制字符", "the file is too long or holds control characters")
    if not text.endswith("\n"):
        raise _refused(0, "最后一行没有换行", "its last line does not end")
    reading = _Reading()
    for at, line in enumerate(text.split("\n"), start=1):
        words = _BLANK.split(line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            reading.take(at, words)
    return reading.policy()


class _Reading:
    """A policy as far as its lines were read."""

    def __init__(self) -> None:
        self.logs: dict[str, notes.VerifierKey] = {}
        self.witnesses: dict[str, notes.VerifierKey] = {}
        self.names: dict[str, str] = {}
        self.groups: list[Group] = []
        self.urls: dict[str, str] = {}
        self.quorum: str | None = None
        self.defined: set[str] = set()
        self.grouped: set[str] = set()

    def take(self, at: int, words: list[str]) -> None:
        """Read line ``at``."""
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(at, vkey, url)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(at, name, vkey, url)
            case ["group", name, threshold, *members] if members:
                self._group(at, name, threshold, members)
            case ["quorum", name]:
                self._quorum(at, name)
            case _:
                raise _refused(at, "读不懂这一行", "the line cannot be read")

    def policy(self) -> LogPolicy:
        """What was read, if it has its quorum."""
        if self.quorum is None:
            raise _refused(0, "缺少 quorum 一行", "it has no quorum line")
        return LogPolicy(self.logs, self.witnesses, self.names, tuple(self.groups), self.quorum, self.urls)

    def _log(self, at: int, vkey: str, url: list[str]) -> None:
        key = self._key(at, vkey, LOG_KINDS, self.logs)
        self.logs[key.name] = key
        self.urls.update((key.name, one) for one in url)

    def _witness(self, at: int, name: str, vkey: str, url: list[str]) -> None:
        key = self._key(at, vkey, WITNESS_KINDS, self.witnesses)
        self._define(at, name)
        self.witnesses[key.name] = key
        self.names[key.name] = name
        self.urls.update((key.name, one) for one in url)

    def _group(self, at: int, name: str, threshold: str, members: list[str]) -> None:
        count = {"any": 1, "all": len(members)}.get(threshold)
        if count is None:
            count = int(threshold) if _THRESHOLD.fullmatch(threshold) else 0
        if not 1 <= count <= len(members):
            raise _refused(at, "门槛数不在 1 与成员数之间", "its threshold is not between 1 and its members")
        for member in members:
            if member not in self.defined or member in self.grouped:
                raise _refused(
                    at, f"成员 {member} 未在前面定义或已列入", f"{member} is not defined before, or listed already"
                )
            self.grouped.add(member)
        if len(self.groups) == MOST_OF_A_KIND:
            raise _refused(at, "组过多", "there are too many groups")
        self._define(at, name)
        self.groups.append(Group(name, count, tuple(members)))

    def _quorum(self, at: int, name: str) -> None:
        if self.quorum is not None or (name != NONE and name not in self.defined):
            raise _refused(
                at, "quorum 重复或所指未在前面定义", "the quorum is given twice or names nothing defined before"
            )
        self.quorum = name

    def _define(self, at: int, name: str) -> None:
        if name == NONE or name in self.defined:
            raise _refused(at, f"名称 {name} 重复或保留", f"the name {name} is taken")
        self.defined.add(name)

    def _key(
        self, at: int, vkey: str, kinds: frozenset[int], others: dict[str, notes.VerifierKey]
    ) -> notes.VerifierKey:
        """The key, if of a fitting kind and new by name and by the public key itself."""
        try:
            key = notes.parse_vkey(vkey)
        except InvalidInput as error:
            raise _refused(at, "验证密钥不合格式", "the verifier key is malformed") from error
        if key.kind not in kinds:
            raise _refused(at, "密钥种类不合用途", "the key is of a kind that does not serve here")
        taken = {*self.logs, *self.witnesses}
        if key.name in taken or any(key.public == other.public for other in others.values()):
            raise _refused(at, "密钥或其名称重复", "the key or its name is there already")
        if len(others) == MOST_OF_A_KIND:
            raise _refused(at, "密钥过多", "there are too many keys")
        return key


def _refused(at: int, zh: str, en: str) -> InvalidInput:
    where_zh, where_en = (f"第 {at} 行，", f"line {at}: ") if at else ("", "")
    return InvalidInput(
        "proofs.log_policy",
        Said(f"日志策略：{where_zh}{zh}。", f"The log policy cannot be taken: {where_en}{en}."),
        details={"line": at},
    )
