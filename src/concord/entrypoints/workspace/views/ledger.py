"""The ledger: how it stands, the proof of an entry, proofs of silence, and verification of a package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk import proofs, silence
from concord.casework.desk.proofs import EntryProof
from concord.casework.models.desk import SilenceStatement
from concord.entrypoints.workspace import ledger_sheet
from concord.entrypoints.workspace.events import event_words
from concord.entrypoints.workspace.jinja import in_english, named
from concord.entrypoints.workspace.ledger_sheet import WitnessShown
from concord.entrypoints.workspace.paging import row_id
from concord.entrypoints.workspace.presenting import glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.database.clock import now
from concord.foundation.files.policy import MAX_SIZE
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import queries
from concord.foundation.ledger.log import cosigned, installation_here, trust_bytes
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.policy import READ, REASONS
from concord.foundation.organisations.queries import organisations
from concord.proofs import checkpoints, notes, report_words, tlog_proof
from concord.proofs.canonical import JSON
from concord.rules.errors import NotFound, Said, Unavailable

if TYPE_CHECKING:  # loaded when somebody verifies
    from concord.proofs.report import Report

ROWS = 25
CHECKPOINTS = 12
TONES = {"pass": "good", "fail": "bad", "indeterminate": "waiting", "not_applicable": "neutral"}
FILES: Mapping[str, str] = {
    "proof": "entry-{number}.tlog-proof",
    "leaf": "entry-{number}.leaf.json",
    "opening": "entry-{number}.opening.json",
}


@page(READ)
def ledger(request: Handled) -> HttpResponse:
    """How the ledger stands: its newest checkpoint, the nine cities, what waits, what is wrong."""
    try:
        standing = ledger_sheet.standing()
    except NotFound:
        return render(request, "workspace/ledger.html", {"standing": None})
    installation = standing.installation
    roots = ledger_sheet.fingerprint_of_roots(installation)
    context = {
        "standing": standing,
        "size": standing.checkpoint.size if standing.checkpoint else 0,
        "published_at": standing.checkpoint.published_at if standing.checkpoint else None,
        "witnesses": _witnesses(standing.witnesses),
        "signed": sum(one.signed_at is not None for one in standing.witnesses),
        "quorum": installation.policy.quorum_size(),
        "incidents": [_incident(one.kind, one.reason, one.began_at) for one in standing.incidents],
        "checkpoints": [
            {"size": row.size, "published_at": row.published_at, "signed": ledger_sheet.signers_of(installation, row)}
            for row in queries.recent_checkpoints(CHECKPOINTS)
        ],
        "origin": installation.origin,
        "log_key": installation.policy.logs[installation.origin].vkey_text(),
        "roots": _grouped(roots),
    }
    return render(request, "workspace/ledger.html", context)


def _grouped(digest: str) -> str:
    """Hexadecimal digits in eights, to be compared by eye."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _witnesses(shown: tuple[WitnessShown, ...]) -> list[dict[str, Any]]:
    names = {one.code: named(one) for one in organisations()}
    return [
        {
            "name": one.name,
            "city": names.get(one.organisation, one.organisation),
            "signed_at": one.signed_at,
            "last_at": one.signed_at or one.last_at,
        }
        for one in shown
    ]


def _incident(kind: str, reason: str, began_at: datetime) -> dict[str, Any]:
    why = REASONS.get(reason)
    return {"kind": kind, "why": words(why) if why else "", "began_at": began_at}


@page(READ)
def ledger_file(_request: Handled, name: str) -> HttpResponse:
    """The trust file, with which packages are verified anywhere, or the policy of the log."""
    installation = installation_here()
    if name == "trust.json":
        return _attached(trust_bytes(installation), name, "application/json")
    if name == "policy.txt":
        return _attached(installation.policy_text.encode(), name, "text/plain; charset=utf-8")
    raise Http404


@page(READ)
def ledger_entry(request: Handled, pk: int) -> HttpResponse:
    """The proof of one entry of the journal in plain words, with what one needs to check it oneself."""
    by, glass = request.actor, glass_of(request.actor)
    found = proofs.proof_for(entry=pk, by=by)
    area, act = event_words(found.entry.event, glass)
    entry = found.entry
    context = {
        "number": entry.pk,
        "event": act,
        "procedure": area,
        "subject": entry.subject if entry.matter_uid else "",
        "matter_url": reverse("workspace:matter_by_uid", args=[entry.matter_uid])
        if entry.matter_uid and by.may("matter:read")
        else "",
        "at": entry.at,
        "organisation": named(entry.organisation) if entry.organisation else "",
        "state": found.state,
        **_proof(found),
    }
    response = render(request, "workspace/ledger_entry.html", context)
    journal.record_read(what="proof", subject=str(pk), by=by, at=now())
    return response


def _proof(found: EntryProof) -> dict[str, Any]:
    if found.proof is None:
        return {"proof": None}
    installation = installation_here()
    logged = tlog_proof.parse(found.proof.tlog_proof)
    checkpoint = checkpoints.parse(notes.parse(logged.checkpoint).text)
    signed = cosigned(installation, logged.checkpoint)
    quorum = installation.policy.quorum_size()
    shown = tuple(
        WitnessShown(one.name, one.org, signed.get(one.name), signed.get(one.name), "")
        for one in installation.witnesses
    )
    return {
        "proof": {
            "digest": _grouped(str(json.loads(found.proof.leaf)["d"])),
            "index": found.proof.index,
            "size": checkpoint.size,
            "signed_at": max(signed.values()),
            "hashes": len(logged.hashes),
        },
        "witnesses": _witnesses(shown),
        "signed": len(signed),
        "quorum": quorum,
        # Two trees with a quorum each: so many witnesses must have signed both.
        "colluding": max(2 * quorum - len(shown), 1),
        "origin": checkpoint.origin,
    }


@page(READ)
def ledger_entry_file(request: Handled, pk: int, name: str) -> HttpResponse:
    """The proof, the leaf, or what opens the leaf (salt and canonical entry), as a file."""
    if name not in FILES:
        raise Http404
    found = proofs.proof_for(entry=pk, by=request.actor)
    proof = found.proof
    if proof is None or proof.opening is None:
        raise Unavailable(
            "ledger.no_proof",
            Said(
                "这条流水还没有入账证明，请稍后再来。",
                "There is no proof of this entry yet; come back in a while.",
            ),
        )
    opening = {"salt": proof.opening.salt.hex(), "entry": proof.opening.entry.decode()}
    contents = {
        "proof": proof.tlog_proof,
        "leaf": proof.leaf,
        "opening": json.dumps(opening, ensure_ascii=False, indent=1).encode(),
    }
    media_type = "text/plain; charset=utf-8" if name == "proof" else "application/json"
    journal.record_read(what="proof", subject=str(pk), by=request.actor, at=now())
    return _attached(contents[name], FILES[name].format(number=pk), media_type)


@page(READ)
def ledger_silence(request: Handled) -> HttpResponse:
    """The proofs of silence that tell of one's organisation, by day."""
    before = row_id(request.GET.get("before", ""))
    found = silence.statements_of(request.actor, limit=ROWS + 1, before=before)
    shown = found[:ROWS]
    packages = silence.packages_of(shown)
    context = {
        "rows": [_statement(row, packages[row.id], request) for row in shown],
        "older_url": f"?before={shown[-1].id}" if len(found) > ROWS else "",
        "newer_url": reverse("workspace:ledger_silence") if before else "",
    }
    return render(request, "workspace/ledger_silence.html", context)


def _statement(row: SilenceStatement, sealed: Sealed, request: Handled) -> dict[str, Any]:
    return {
        "date": row.date,
        "asking": named(row.asking),
        "asked": named(row.asked) if row.asked else "",
        "ours": row.asking_id == request.actor.organisation.id,
        "count": row.count,
        "made_up_at": row.stated_at if silence.is_made_up(row.date, row.stated_at) else None,
        "proven": sealed.state == Sealed.State.PROVEN,
        "proven_at": sealed.proven_at,
        "url": reverse("workspace:ledger_package", args=[row.uid]),
    }


@page(READ)
def ledger_package(request: Handled, uid: UUID) -> HttpResponseBase:
    """The evidence package of a proof of silence."""
    by = request.actor
    sealed = silence.package_of(silence.statement_for(uid=uid, by=by))
    response = ledger_sheet.attached(sealed)
    journal.record_read(what="package", subject=sealed.package, by=by, at=now())
    return response


def _times(report: Report) -> list[dict[str, str]]:
    """What is claimed of time, and what others prove, in the order of the report."""
    told = []
    names = {one.code: named(one) for one in organisations()}
    for one in _tables(report.facts.get("claimed")):
        act = report_words.ACTIONS[str(one["action"])]
        who = f"{words(act)} {names.get(str(one['org']), one['org'])}"
        told.append({"kind": _("自称"), "when": report_words.moment(str(one["at"])), "by": who})
    for one in _tables(report.facts.get("not_later")):
        by = _("足够多的城市") if one["by"] == "witnesses" else str(one["by"])
        told.append({"kind": _("不晚于"), "when": report_words.moment(str(one["at"])), "by": by})
    for one in _tables([report.facts["not_earlier"]] if "not_earlier" in report.facts else []):
        place = _("账本第 %(n)s 条之后") % {"n": one["size"]}
        told.append({"kind": _("不早于"), "when": place, "by": str(one["origin"])})
    return [{name: report_words.printable(text) for name, text in one.items()} for one in told]


def _tables(value: JSON) -> list[Mapping[str, JSON]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


@page(READ)
def ledger_verify(request: Handled) -> HttpResponse:
    """Read what a package does and does not prove: in the browser without sending it, or, sent here, in full."""
    context: dict[str, Any] = {
        "report": None,
        "missing": False,
        "most_megabytes": MAX_SIZE // (1024 * 1024),
        "words": _words_for_browsers(),
        "trust_url": _trust_url(),
        "limits": [one.in_language(_language()) for one in report_words.NOT_PROVEN],
    }
    uploaded = request.FILES.get("file")
    if request.method == "POST":
        if uploaded is None or not 0 < (uploaded.size or 0) <= MAX_SIZE:
            context["missing"] = True
        else:
            context |= {"report": _report(ledger_sheet.verified(uploaded, at=now())), "file": uploaded.name}
    return render(request, "workspace/ledger_verify.html", context, status=422 if context["missing"] else 200)


def _trust_url() -> str:
    """Where the trust file of this installation is; empty where there is no ledger."""
    try:
        installation_here()
    except NotFound:
        return ""
    return reverse("workspace:ledger_file", args=["trust.json"])


def _language() -> str:
    return "en" if in_english() else "zh"


def _words_for_browsers() -> dict[str, Any]:
    """What the script says that verifies packages where they lie: the words of a report, and its own."""
    language = _language()
    statuses = {name: said.in_language(language) for name, said in report_words.STATUSES.items()}
    verdicts = {name: said.in_language(language) for name, said in report_words.VERDICTS.items()}
    return {
        "sentences": report_words.sentences(language),
        "checks": {
            name: {"name": said.in_language(language), "serves": report_words.SERVES[name].in_language(language)}
            for name, said in report_words.CHECKS.items()
        },
        "statuses": statuses | {"not_checked": _("未核验")},
        "tones": {**TONES, "not_checked": "neutral"},
        "verdicts": verdicts | {"pass": _("此处所做的核验均通过")},
        "verdict_tones": {**TONES, "pass": "active"},
        "at_most": _("等级至多为 {level}（只按此处所做的核验）"),
        "no_level": report_words.LEVELS[""].in_language(language),
        "terms": _("第 {version} 版，有效至 {until}"),
        "not_checked": _("此处未核验，请用 concord verify 命令行"),
        "form": _("“{place}”不符合格式"),
        "no_form": _("不符合格式，或者文件不完整"),
        "trust_refused": _("这不是信任文件，或者不符合格式。请另选一个。"),
        "no_trust": _("本平台没有可用的信任文件。请另选一个。"),
        "unreadable": _("文件在核验期间有改动或者无法读取，请重新选择。"),
        "failed": _("这个浏览器无法完成核验，请用 concord verify 命令行。"),
    }


def _report(report: Report) -> dict[str, Any]:
    language = _language()
    level = report.level
    return {
        "package": report.package,
        "verdict": report.verdict,
        "verdict_words": report_words.VERDICTS[report.verdict].in_language(language),
        "tone": TONES[report.verdict],
        "level": level,
        "level_words": report_words.LEVELS[level.removesuffix("T")].in_language(language),
        "token_words": report_words.WITH_TOKEN.in_language(language) if level.endswith("T") else "",
        "checks": [
            {
                "id": one.id,
                "name": report_words.CHECKS[one.id].in_language(language),
                "serves": report_words.SERVES[one.id].in_language(language),
                "status": report_words.STATUSES[one.status].in_language(language),
                "tone": TONES[one.status],
                "found": report_words.found(one.id, one.reason, one.facts, language),
            }
            for one in report.checks
        ],
        "times": _times(report),
    }


def _attached(content: bytes, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
