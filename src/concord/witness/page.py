"""The status of a witness: for machines, and on one page for people, in both languages at once."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone
from html import escape

from concord.rules.errors import Said
from concord.witness.cosigning import SUBMITTED, Witness, origin_hash
from concord.witness.state import Alarm, AlarmKind, Outcome
from concord.witness.watching import NOTHING, PUBLISHED, UNREACHABLE, UNVERIFIED, Watch

_STYLE = """
body{font:16px/1.6 system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif;color:#1f2933;background:#fbfbf9;
margin:2rem auto;max-width:60rem;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}small,.en{color:#52606d}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #dde3e8;vertical-align:top}
td{overflow-wrap:anywhere}
code{font-size:.85em;overflow-wrap:anywhere}
.state{padding:.75rem 1rem;border-left:.3rem solid #2f7d4f;background:#eef6f0}
.alarm{border-color:#b3261e;background:#fbeeed}.waiting{border-color:#9a6700;background:#fdf6e3}
@media(max-width:40rem){th,td{display:block}th{border:0;padding-bottom:0}td{padding-top:0}}
"""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)

_ALARMS = {
    AlarmKind.FORK: Said("账本签了两棵互不相容的树", "the log signed two trees that do not go together"),
    AlarmKind.MIRROR: Said("账本给出的存证叶与所签的根不符", "the entries served are not those whose root was signed"),
    AlarmKind.OWN_KEY: Said("本见证方的密钥签过另一棵同样大小的树", "our own key signed another tree of the same size"),
    AlarmKind.RESTORED: Said(
        "状态曾是旧副本，已续到签过的检查点", "the state was an old copy; what was signed was taken up"
    ),
}
_OUTCOMES = {
    Outcome.AGREES: Said("一致", "agrees"),
    Outcome.FORK: Said("不相容", "does not agree"),
    Outcome.UNPROVEN: Said("待证明", "not proven yet"),
    UNREACHABLE: Said("连接不上", "cannot be reached"),
    UNVERIFIED: Said("签名无效", "signature not good"),
    NOTHING: Said("尚未见证", "nothing yet"),
}
_SOURCES = {
    PUBLISHED: Said("账本公布的", "published by the log"),
    SUBMITTED: Said("送来而未签的", "brought and not signed"),
}
_BEIJING = timezone(timedelta(hours=8))


def status(witness: Witness, watch: Watch) -> dict[str, object]:
    """What the page says, for machines."""
    alarms = witness.state.alarms()
    return {
        "name": witness.keys.name,
        "vkey": witness.keys.verifier.vkey_text(),
        "sm2_vkey": witness.keys.sm2_verifier.vkey_text(),
        "ready": witness.ready.is_set(),
        "alarm": any(one.kind is not AlarmKind.RESTORED for one in alarms),
        "logs": [_log(origin, witness, watch) for origin in witness.logs],
        "alarms": [_summary(one) for one in alarms],
    }


def alarm(found: Alarm) -> dict[str, object]:
    """One alarm with both statements."""
    return _summary(found) | {"ours": found.ours.decode(), "theirs": found.theirs.decode()}


def html(witness: Witness, watch: Watch) -> str:
    """The page for people."""
    alarms = witness.state.alarms()
    parts = [
        "<!doctype html><html lang=zh><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{escape(witness.keys.name)}</title><style>{_STYLE}</style>",
        f"<h1>账本见证方 <small lang=en>Ledger witness</small><br>{escape(witness.keys.name)}</h1>",
        _standing(witness, alarms),
        *(_log_section(origin, witness, watch) for origin in witness.logs),
        _alarm_section(alarms),
        "<h2>公钥 <small lang=en>Keys</small></h2>",
        f"<p><code>{escape(witness.keys.verifier.vkey_text())}</code></p>",
        f"<p><code>{escape(witness.keys.sm2_verifier.vkey_text())}</code></p></html>",
    ]
    return "\n".join(parts) + "\n"


def _log(origin: str, witness: Witness, watch: Watch) -> dict[str, object]:
    latest = witness.state.latest(origin)
    return {
        "origin": origin,
        "hash": origin_hash(origin),
        "size": latest.size if latest else 0,
        "root": latest.root.hex() if latest else "",
        "cosigned_at": _iso(latest.at) if latest else "",
        "mirrored": witness.state.mirrored(origin).size if witness.logs[origin].tiles else None,
        "mirror_waits_for": watch.behind.get(origin, ""),
        "seen": [
            {"source": one.source, "size": one.size, "root": one.root.hex(), "at": _iso(one.at), "outcome": one.outcome}
            for one in witness.state.sightings(origin).values()
        ],
        "compared": [
            {"peer": one.peer, "size": one.size, "outcome": one.outcome}
            for one in tuple(watch.compared.values())
            if one.origin == origin
        ],
    }


def _summary(found: Alarm) -> dict[str, object]:
    return {
        "number": found.number,
        "kind": found.kind,
        "origin": found.origin,
        "source": found.source,
        "size": found.size,
        "root": found.root.hex(),
        "at": _iso(found.at),
    }


def _standing(witness: Witness, alarms: tuple[Alarm, ...]) -> str:
    if any(one.kind is not AlarmKind.RESTORED for one in alarms):
        return _box("alarm", Said("有警报，证据见下。", "There is an alarm; the evidence is kept below."))
    if not witness.ready.is_set():
        return _box(
            "waiting",
            Said(
                "正在向其他见证方核对以往的签名，之后才会签名。",
                "Asking the others what was signed before; then it signs.",
            ),
        )
    return _box("", Said("正常。", "All is well."))


def _log_section(origin: str, witness: Witness, watch: Watch) -> str:
    latest = witness.state.latest(origin)
    rows = [
        _row("已见证 cosigned", f"{latest.size} · {_when(latest.at)}" if latest else "0"),
        _row("根 root", latest.root.hex() if latest else "-"),
    ]
    if witness.logs[origin].tiles:
        waits = f" · {watch.behind[origin]}" if origin in watch.behind else ""
        rows.append(_row("副本 mirror", f"{witness.state.mirrored(origin).size}{waits}"))
    rows += [
        _row(_source(seen.source), f"{seen.size} · {_both(_OUTCOMES[seen.outcome])} · {_when(seen.at)}")
        for seen in witness.state.sightings(origin).values()
    ]
    rows += [
        _row(one.peer, _both(_OUTCOMES[one.outcome]))
        for one in tuple(watch.compared.values())
        if one.origin == origin and one.outcome in {UNREACHABLE, UNVERIFIED, NOTHING}
    ]
    return f"<h2>{escape(origin)}</h2><table>{''.join(rows)}</table>"


def _alarm_section(alarms: tuple[Alarm, ...]) -> str:
    if not alarms:
        return ""
    rows = (
        f"<tr><th scope=row><a href='/alarms/{one.number}'>{one.number}</a><td>{escape(_both(_ALARMS[one.kind]))}<br>"
        f"<code>{escape(one.origin)} · {one.size} · {one.root.hex()}</code>"
        f"<td>{escape(_source(one.source))}<td>{_when(one.at)}"
        for one in alarms
    )
    return f"<h2>警报 <small lang=en>Alarms</small></h2><table>{''.join(rows)}</table>"


def _box(kind: str, said: Said) -> str:
    return f"<p class='state {kind}'>{said.zh}<br><span class=en lang=en>{said.en}</span></p>"


def _row(name: str, value: str) -> str:
    return f"<tr><th scope=row>{escape(name)}<td>{escape(value)}"


def _source(name: str) -> str:
    return _both(_SOURCES[name]) if name in _SOURCES else name


def _both(said: Said) -> str:
    return f"{said.zh} {said.en}"


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _when(at: datetime) -> str:
    return f"{at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S} UTC+8"
