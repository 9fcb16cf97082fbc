"""The story: what the owner of the host does, what each of the nine witnesses answers, and what a verifier says."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from concord.entrypoints.tampering import forging
from concord.entrypoints.tampering.scene import Scene, alliance
from concord.foundation.database import scope
from concord.foundation.database.clock import LEGAL_ZONE, now
from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Entry
from concord.foundation.keys.installation import WitnessAddress
from concord.foundation.ledger import fsck, sealing
from concord.foundation.ledger.entries import entry_leaf
from concord.foundation.ledger.lock import Signed
from concord.foundation.ledger.models import Checkpoint, Standing
from concord.foundation.ledger.sequencing import derived, sequence
from concord.foundation.ledger.store import Store, opened
from concord.foundation.ledger.witnesses import HttpWitnesses
from concord.proofs import merkle, notes, tiles, tlog_proof
from concord.proofs.report import FAIL, INDETERMINATE, PASS, Report
from concord.proofs.tlog_proof import TlogProof
from concord.rules.errors import ConcordError

BACK = timedelta(hours=-26)
REFUSED = {409, 422}
ADDED = b'{"forged":true}'
Say = Callable[[str], None]


def told(home: Path, *, say: Say) -> bool:
    """Tell the story in ``home``; whether everything was caught."""
    _title(say, "准备", "Setting the scene")
    _both(
        say,
        "在临时目录中建一个联盟：九城各有密钥，九个见证方各是一个进程；演示故事入库，并封存一个证据包。",
        "An alliance in a temporary folder: nine cities with keys, nine witnesses as processes, the stories of the "
        "demonstration in the journal, one package sealed.",
    )
    with scope.speaking_for(scope.SYSTEM), alliance(home) as scene:
        caught = list(_acts(scene, say))
    _title(say, "结论", "What it comes to")
    if all(caught):
        _both(
            say,
            "每一处改动都被发现。主机的所有者改得了自己的一切，改不了九城已经签过名的历史。",
            "Every change was caught. The owner of the host can rewrite all that is theirs, but not what nine cities "
            "have signed.",
        )
    else:
        _both(say, "有改动没有被发现，这是系统的缺陷。", "A change went unnoticed; that is a fault of the system.")
    return all(caught)


def _acts(scene: Scene, say: Say) -> Iterator[bool]:
    """Act by act, whether what was done was caught."""
    store = opened(scene.installation.tiles)
    yield _before(scene, say)
    _row_rewritten(scene, say)
    yield _named_by_the_check(scene, say)
    state, leaves = _everything_rewritten(scene, store, say)
    yield _refused_by_witnesses(scene, state, leaves, say)
    yield _not_published(scene, store, state, say)
    yield _proof_in_hand(scene, say)
    yield _package_refused(scene, store, state, say)


def _before(scene: Scene, say: Say) -> bool:
    report = scene.checked(sealing.parts_of(scene.sealed))
    entry, note = scene.entry, notes.parse(scene.published)
    cosigned = {line.name for line in note.lines} & scene.names.keys()
    _both(
        say,
        f"账本已公布 {note.text.splitlines()[1]} 条，{len(cosigned)} 城签名。其中第 {scene.proof.index} 条："
        f"{_hour(entry.at)}，{entry.subject}，{entry.event}。",
        f"The ledger has {note.text.splitlines()[1]} leaves, signed by {len(cosigned)} cities. Leaf "
        f"{scene.proof.index}: {_hour(entry.at)}, {entry.subject}, {entry.event}.",
    )
    _both(say, f"证据包核验：{_found(report)}。", f"The package verifies: {_found(report)}.")
    return (report.verdict, report.level) == (PASS, "L2T") and scene.installation.policy.satisfied(cosigned)


def _row_rewritten(scene: Scene, say: Say) -> None:
    before, after, guards = forging.rewrite_hour(scene.database, scene.entry.pk, by=BACK)
    _title(say, "一、改一行流水", "1. A row of the journal is rewritten")
    _both(
        say,
        f"以数据库所有者的身份删掉触发器（{'、'.join(guards)}），把这一答复的时间从 {_hour(before)} "
        f"改成 {_hour(after)}，让它看起来早一天。",
        f"As the database's owner: the triggers ({', '.join(guards)}) are dropped, and the hour of this reply goes "
        f"from {_hour(before)} to {_hour(after)}, so that it looks a day earlier.",
    )


def _named_by_the_check(scene: Scene, say: Say) -> bool:
    found = [str(one) for one in fsck.check(scene.installation).findings]
    _both(say, f"全面核对（fsck）指出：{'；'.join(found)}。", f"The full check (fsck) names: {'; '.join(found)}.")
    return found == [f"leaf: {scene.proof.index}: journal entry {scene.entry.pk}"]


def _everything_rewritten(scene: Scene, store: Store, say: Say) -> tuple[Signed, list[bytes]]:
    leaves = derived(0, tlog_size(scene.published))
    state = forging.forged_state(scene.installation, leaves)
    written = forging.rewrite_files(scene.installation, store, leaves)
    forging.reset_lock(scene.installation, state)
    with writing():
        Checkpoint.objects.all().delete()
        hashes = merkle.Range(0, ()).append(map(merkle.leaf_hash, leaves)).hashes
        Standing.objects.update(hashes=b"".join(hashes))
    _title(say, "二、把其余的都改成一致", "2. Everything else is made to agree")
    _both(
        say,
        f"账本文件 {written} 个全部重写；取用账本私钥，对伪造的 {state.size} 条签出新的检查点；检查点锁重置。"
        "账本的这个签名本身有效。",
        f"All {written} files of the log are written anew; with the log's own key a checkpoint of the forged "
        f"{state.size} leaves is signed; the lock is reset. The log's signature itself is good.",
    )
    return state, leaves


def _refused_by_witnesses(scene: Scene, state: Signed, leaves: Sequence[bytes], say: Say) -> bool:
    longer = [*leaves, ADDED]
    grown = forging.forged_state(scene.installation, longer)
    _title(say, "三、请九城签名", "3. The nine witnesses are asked to sign")
    _both(
        say,
        "每个见证方问两次：同样大小、另一个根；再多一条、从它签过的大小接上。",
        "Each is asked twice: for the same size with another root, and for one leaf more, as if it grew from what "
        "it signed.",
    )
    port, refused = HttpWitnesses(), []
    for witness in scene.installation.witnesses:
        same = forging.ask(port, witness, state, leaves, old=state.size)
        more = forging.ask(port, witness, grown, longer, old=state.size)
        say(f"    {_name(scene, witness)}  {_answer(same)}   {_answer(more)}")
        refused.append({same, more} <= REFUSED)
    return all(refused)


def _not_published(scene: Scene, store: Store, state: Signed, say: Say) -> bool:
    try:
        done = sequence(scene.installation, now=now, random_bytes=secrets.token_bytes, witnesses=HttpWitnesses())
        why_zh = why_en = f"{done}"
        frozen = False
    except ConcordError as error:
        why_zh, why_en, frozen = error.said.zh, error.said.en, error.code == "ledger.frozen"
    _title(say, "四、强行公布", "4. It is published all the same")
    _both(say, f"账本进程：{why_zh}", f"The ledger's own process: {why_en}")
    pasted = forging.with_old_cosignatures(state, scene.published)
    forging.publish(store, pasted)
    at = now()
    with writing():
        Checkpoint.objects.update_or_create(
            size=state.size, defaults={"root": state.root, "note": pasted.decode(), "made_at": at, "published_at": at}
        )
    found = [str(one) for one in fsck.check(scene.installation).findings]
    _both(
        say,
        f"于是把真检查点上的九城签名贴到伪造的检查点上公布。全面核对指出：{'；'.join(found)}。",
        f"So the cities' signatures under the true checkpoint are pasted under the forged one. The full check names: "
        f"{'; '.join(found)}.",
    )
    return frozen and any(one.startswith("signature:") for one in found)


def _proof_in_hand(scene: Scene, say: Say) -> bool:
    proof = tlog_proof.parse(scene.proof.tlog_proof)
    entry = Entry.objects.select_related("organisation").get(pk=scene.entry.pk)
    opening = scene.proof.opening
    rewritten = entry_leaf(entry, opening.salt) if opening else b""
    stands, passes = proof.proves(scene.proof.leaf), proof.proves(rewritten)
    _title(say, "五、当事人手里的证明", "5. The proof somebody holds")
    _both(
        say,
        f"改动之前出具的入账证明：对原来的答复{'成立' if stands else '不成立'}，"
        f"对改后的答复{'成立' if passes else '不成立'}。",
        f"The proof given before: it {'holds' if stands else 'does not hold'} for the reply as it was, and "
        f"{'holds' if passes else 'does not hold'} for the reply as it reads now.",
    )
    return stands and not passes


def _package_refused(scene: Scene, store: Store, state: Signed, say: Say) -> bool:
    _title(say, "六、凭伪造的账本核验", "6. A package verified against the forged log")
    parts = sealing.parts_of(scene.sealed)
    if parts.seal is None:
        return False
    leaf, proof = parts.seal
    index = tlog_proof.parse(proof).index
    path = tiles.inclusion(store.get, index, state.size)
    pasted = forging.with_old_cosignatures(state, scene.published)
    expected = {FAIL: pasted, INDETERMINATE: state.note}
    caught = []
    for status, note in expected.items():
        report = scene.checked(replace(parts, seal=(leaf, TlogProof(index, path, note).encoded())))
        caught.append(report.statuses["C12"] == status and report.verdict == status)
        zh, en = ("贴上旧签名", "with the pasted signatures") if status == FAIL else ("没有见证签名", "with none")
        _both(say, f"{zh}：{_found(report)}。", f"The package {en}: {_found(report)}.")
    return all(caught)


def tlog_size(note: bytes) -> int:
    """The number of leaves that a checkpoint speaks of."""
    return int(notes.parse(note).text.splitlines()[1])


def _found(report: Report) -> str:
    wrong = [f"{one.id} {one.status}" for one in report.checks if one.status in {FAIL, INDETERMINATE}]
    return ", ".join([report.verdict, *([report.level] if report.level else []), *wrong])


def _name(scene: Scene, witness: WitnessAddress) -> str:
    return f"{scene.names[witness.name]:<14}"


def _answer(status: int) -> str:
    said = {200: "签了 signed", 409: "409 与已签的不同 conflicts", 422: "422 证明不成立 no proof", 0: "没有答复 silent"}
    return said.get(status, str(status))


def _hour(at: datetime) -> str:
    return f"{at.astimezone(LEGAL_ZONE):%Y-%m-%d %H:%M}"


def _title(say: Say, zh: str, en: str) -> None:
    say(f"\n{zh} · {en}")


def _both(say: Say, zh: str, en: str) -> None:
    say(f"  {zh}\n  {en}")
