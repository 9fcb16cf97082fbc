"""Sealing (封存): files, how they were collected, and who answers for them become a package and a leaf of the log.

``prepare`` signs and asks for time-stamps, outside of any transaction; ``keep`` puts the package on record together
with the act it belongs to; ``prove`` and ``complete`` add what comes later, the proof from the log and late
time-stamps. A process killed between any two of them leaves nothing half done: what was not kept never was, what was
kept is completed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import UUID

from django.db.models import Q

from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files.models import File
from concord.foundation.files.queries import blocks_of, open_bytes
from concord.foundation.ledger import queries
from concord.foundation.ledger.commands import submit
from concord.foundation.ledger.models import Kind, Sealed, SealedFile
from concord.foundation.ledger.policy import STAMPED_WITHIN, STAMPS_AWAITED
from concord.foundation.ledger.store import Store
from concord.foundation.organisations.models import Organisation
from concord.proofs import checkpoints, notes, package, tlog_proof
from concord.proofs.digests import Pair, commitment, digested, pair_of
from concord.proofs.leaves import event_leaf, package_leaf, seal_type
from concord.proofs.package import CHUNKED_ABOVE, Collection, ListedFile, Parts
from concord.proofs.statements import CHUNK_SIZE, MANIFEST, Disclosed, Freshness, read_disclosure, read_event
from concord.rules.errors import Said, Unavailable

if TYPE_CHECKING:  # these know the libraries of time-stamps, which the web process does not load
    from concord.foundation.keys.stamping import Stamper
    from concord.proofs.signing import Signer

SALT_BYTES = 32
NONCE_BYTES = 7
AT_ONCE = 200


class Stamping:
    """The time-stampers of an installation; one that did not answer is not asked again by the same object."""

    def __init__(self, stampers: Sequence[Stamper], random_bytes: Callable[[int], bytes]) -> None:
        self._stampers = {stamper.name: stamper for stamper in stampers}
        self._random_bytes = random_bytes
        self._away: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Everybody who is to stamp."""
        return tuple(self._stampers)

    def ask(
        self, content: bytes, names: Sequence[str], *, at: datetime, late: bool
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """The tokens of those who answer, as ``Sealed`` keeps them, and the names of those who still owe one.

        Whoever is no longer a stamper of this installation owes nothing.
        """
        tokens: list[dict[str, Any]] = []
        owing: list[str] = []
        for name in names:
            if name in self._away:
                owing.append(name)
            elif name in self._stampers:
                try:
                    nonce = int.from_bytes(self._random_bytes(NONCE_BYTES), "big")
                    stamp = self._stampers[name].stamp(content, nonce=nonce)
                except Unavailable:
                    self._away.add(name)
                    owing.append(name)
                    continue
                response = b64encode(stamp.response).decode()
                tokens.append({"name": name, "gm": stamp.gm, "response": response, "at": at.timestamp(), "late": late})
        return tokens, owing


@dataclass(frozen=True, slots=True)
class Equipment:
    """What an installation seals with: who signs for an organisation (by code), the stampers, what vouches for keys.

    ``directory`` gives the ``trust/directory.json`` for the name of a key; ``freshness`` a state of the log known now.
    ``random_bytes`` must be fit for keys.
    """

    signer: Callable[[str], Signer]
    stamping: Stamping
    directory: Callable[[str], bytes]
    freshness: Callable[[], Freshness | None]
    random_bytes: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A package that is signed and not yet kept."""

    package: str
    kind: str
    organisation: Organisation
    manifest: bytes
    events: tuple[bytes, ...]
    chunks: tuple[bytes, ...]
    disclosure: bytes | None
    directory: bytes
    tokens: tuple[Mapping[str, Any], ...]
    owing: tuple[str, ...]
    files: Mapping[str, File]


def prepare(
    *,
    kind: str,
    organisation: Organisation,
    files: Mapping[str, File],
    collection: Collection,
    equipment: Equipment,
    at: datetime,
    classification: str = "case",
    fields: Mapping[str, str] | None = None,
    relations: Sequence[tuple[str, str]] = (),
    redactions: Mapping[str, Pair] | None = None,
) -> Prepared:
    """Sign a package of ``files`` (``payload/…`` → file) for ``organisation``, and ask for time-stamps of the sealing.

    ``fields`` are committed to and disclosed to whoever holds the package, such as ``case_ref``. ``redactions`` are,
    by path, the digests of the file from which something was taken away to make this one. Writes nothing; call it
    outside of a transaction, since stampers may keep one waiting. Raises as ``signers.officer`` when the organisation
    has no key here, Unavailable ``files.missing`` or ``files.damaged``, and InvalidInput ``proofs.…``.
    """
    signer = equipment.signer(organisation.code)
    taken_from = redactions or {}
    listed = [
        _listed(path, file, taken_from.get(path))
        for path, file in sorted(files.items(), key=lambda one: one[0].encode())
    ]
    opened = [
        Disclosed(MANIFEST, name, equipment.random_bytes(SALT_BYTES), value) for name, value in (fields or {}).items()
    ]
    manifest = package.manifest(
        kind=kind,
        blind=equipment.random_bytes(SALT_BYTES),
        org=organisation.code,
        collection=collection,
        files=listed,
        classification=classification,
        commits={one.name: commitment(one.name, one.salt, one.value) for one in opened},
        freshness=equipment.freshness(),
        relations=relations,
    )
    collected = package.event(
        signer=signer, seq=0, prev=None, manifest=manifest, action="collect", claimed_at=collection.ended_at
    )
    sealed = package.event(signer=signer, seq=1, prev=collected, manifest=manifest, action="seal", claimed_at=at)
    tokens, owing = equipment.stamping.ask(sealed, equipment.stamping.names, at=at, late=False)
    return Prepared(
        package=package.package_id(manifest),
        kind=kind,
        organisation=organisation,
        manifest=manifest,
        events=(collected, sealed),
        chunks=tuple(one.chunks for one in listed if one.chunks is not None),
        disclosure=package.disclosure(opened) if opened else None,
        directory=equipment.directory(signer.key),
        tokens=tuple(tokens),
        owing=tuple(owing),
        files=dict(files),
    )


def keep(prepared: Prepared, *, subject: str, at: datetime, uid: UUID) -> Sealed:
    """Put a prepared package on record and hand its leaf to the ledger, in the caller's transaction.

    ``subject`` says what it is about, once per kind. Raises as ``ledger.commands.submit``: Conflict
    ``ledger.subject_taken`` when that was sealed before, TransactionManagementError outside of a transaction.
    """
    token = pair_of(_response(prepared.tokens[0])) if prepared.tokens else None
    leaf = package_leaf(
        prepared.kind,
        org=prepared.organisation.code,
        package_id=prepared.package,
        head=pair_of(prepared.events[1]),
        token=token,
    )
    submission = submit(
        leaf=leaf, kind=seal_type(prepared.kind), subject=subject, organisation=prepared.organisation, at=at
    )
    with writing():
        sealed = Sealed.objects.create(
            uid=uid,
            package=prepared.package,
            kind=prepared.kind,
            subject=subject,
            organisation=prepared.organisation,
            manifest=prepared.manifest.decode(),
            events=[event.decode() for event in prepared.events],
            chunks=[chunk.decode() for chunk in prepared.chunks],
            disclosure=(prepared.disclosure or b"").decode(),
            directory=prepared.directory.decode(),
            tokens=list(prepared.tokens),
            owing=list(prepared.owing),
            submission=submission,
            sealed_at=at,
        )
        SealedFile.objects.bulk_create(
            SealedFile(sealed=sealed, path=path, file=file) for path, file in prepared.files.items()
        )
    return sealed


def append_event(
    sealed_id: int,
    *,
    equipment: Equipment,
    organisation: Organisation,
    action: str,
    at: datetime,
    counterparty: str | None = None,
    report: Pair | None = None,
) -> int:
    """Add an event that ``organisation`` signs to a sealed package, and hand its leaf to the ledger; its number.

    In the caller's transaction and under the row's lock. The package written from then on holds the event, and as soon
    as it is published the proof of it, which speaks for every event before; ``at`` never goes back in a package, so
    an event claimed before the last one bears the last one's time. ``counterparty`` is an organisation's code. Raises
    as ``signers.officer`` when the organisation has no key here, TransactionManagementError outside of a transaction,
    InvalidInput ``proofs.shape`` for an unknown action.
    """
    signer = equipment.signer(organisation.code)
    with writing():
        row = locked(Sealed.objects.filter(pk=sealed_id)).get()
        manifest, last = row.manifest.encode(), row.events[-1].encode()
        seq = len(row.events)
        made = package.event(
            signer=signer,
            seq=seq,
            prev=last,
            manifest=manifest,
            action=action,
            claimed_at=max(at, read_event(last).claimed_at),
            counterparty=counterparty,
            report=report,
        )
        leaf = event_leaf(org=organisation.code, package_id=row.package, seq=seq, head=pair_of(made))
        row.head_submission = submit(
            leaf=leaf, kind=Kind.EVENT, subject=f"{row.package}/{seq}", organisation=organisation, at=at
        )
        row.events = [*row.events, made.decode()]
        row.directory = _with_keys(row.directory, equipment.directory(signer.key))
        row.head_proof, row.finished = "", False
        row.save(update_fields=["events", "directory", "head_submission", "head_proof", "finished"])
    return seq


def _with_keys(directory: str, more: bytes) -> str:
    """A package's directory with these entries too, each once."""
    from concord.proofs import trust  # noqa: PLC0415  jobs load it, pages do not

    known = trust.read_directory(directory.encode()) if directory else ()
    added = [entry for entry in trust.read_directory(more) if entry.thing not in {one.thing for one in known}]
    return trust.directory([*known, *added]).decode()


def complete(*, at: datetime, stamping: Stamping, store: Store | None = None) -> int:
    """Add what has become possible to packages that wait: proofs from the log, late time-stamps; how many gained.

    Stampers are asked before a row is locked. A token that comes late is put into the package with a newer proof, so
    that the witnesses' signatures in it follow the token. After STAMPS_AWAITED nobody is asked for a token any more.
    """
    gained, after = 0, 0
    while waiting := _unfinished(after):
        gained += sum(_complete(row, at=at, stamping=stamping, store=store) for row in waiting)
        after = waiting[-1].id
    return gained


def _unfinished(after: int) -> list[Sealed]:
    """The next packages that something is awaited for; one that waits for long keeps no other from its turn."""
    with writing():
        return list(Sealed.objects.filter(finished=False, id__gt=after).order_by("id")[:AT_ONCE])


def prove(*, store: Store | None = None) -> int:
    """Give the packages whose leaf is published by now their proof, asking no stamper; how many gained it.

    The process of the ledger does so after each round, so that a package is whole a moment after its checkpoint.
    """
    until = queries.published_until()
    with writing():
        queued = Q(proven_at=None, submission__leaf_index__lt=until)
        headless = Q(head_proof="", head_submission__leaf_index__lt=until)
        rows = Sealed.objects.filter(queued | headless, finished=False)
        waiting = list(rows.order_by("id").values_list("id", flat=True)[:AT_ONCE])
    return sum(_proven(row, store=store) for row in waiting)


def _proven(row: int, *, store: Store | None) -> bool:
    with writing():
        kept = locked(Sealed.objects.filter(id=row)).get()
        before = kept.proven_at, kept.head_proof
        if kept.proven_at is None:
            _prove(kept, store=store)
        _prove_head(kept, store=store)
        kept.finished = _is_whole(kept) and not kept.owing
        kept.save(update_fields=["proof", "head_proof", "state", "proven_at", "finished"])
        return (kept.proven_at, kept.head_proof) != before


def _complete(row: Sealed, *, at: datetime, stamping: Stamping, store: Store | None) -> bool:
    tokens: list[dict[str, Any]] = []
    if row.owing and at - row.sealed_at <= STAMPS_AWAITED:
        tokens, row.owing = stamping.ask(row.events[1].encode(), row.owing, at=at, late=True)
    with writing():
        kept = locked(Sealed.objects.filter(id=row.id)).get()
        known = {token["name"] for token in kept.tokens}
        kept.tokens += [token for token in tokens if token["name"] not in known]
        kept.owing = [name for name in row.owing if name not in known]
        before = kept.proven_at, kept.head_proof
        if kept.proven_at is None or held_back(kept):
            _prove(kept, store=store)
        _prove_head(kept, store=store)
        given_up = at - kept.sealed_at > STAMPS_AWAITED
        kept.finished = _is_whole(kept) and (not kept.owing or given_up)
        kept.save(update_fields=["tokens", "owing", "proof", "head_proof", "state", "proven_at", "finished"])
        return bool(tokens) or (kept.proven_at, kept.head_proof) != before


def _prove(row: Sealed, *, store: Store | None) -> None:
    """Take the proof of the leaf against the newest published state of the log, when that is a newer one."""
    checkpoint = queries.latest_checkpoint()
    if checkpoint is None or checkpoint.published_at is None or checkpoint.published_at == row.proven_at:
        return
    proof = queries.proof_of_submission(row.submission_id, store=store)
    if proof is not None:
        row.proof, row.proven_at, row.state = proof.tlog_proof.decode(), checkpoint.published_at, Sealed.State.PROVEN
        row.head_proof = ""  # a head's checkpoint must not be smaller than the seal's


def _prove_head(row: Sealed, *, store: Store | None) -> None:
    """Take the proof of the newest event's leaf, once the sealing has its own and while it lacks one.

    A head in another log than the sealing proves nothing of the order of the two and is left out (format, C10).
    """
    if row.head_submission_id is None or row.head_proof or not row.proof:
        return
    proof = queries.proof_of_submission(row.head_submission_id, store=store)
    if proof is not None and _origin(proof.tlog_proof) == _origin(row.proof.encode()):
        row.head_proof = proof.tlog_proof.decode()


def _origin(encoded: bytes) -> str:
    """Which log an encoded proof is of."""
    return checkpoints.parse(notes.parse(tlog_proof.parse(encoded).checkpoint).text).origin


def _is_whole(row: Sealed) -> bool:
    """Whether nothing is awaited from the log."""
    headed = row.head_submission_id is None or bool(row.head_proof)
    return row.proven_at is not None and not held_back(row) and headed


def held_back(row: Sealed) -> bool:
    """Whether a late token still waits for a proof that is newer than it."""
    return len(_tokens(row)) < len(row.tokens)


def _tokens(row: Sealed) -> list[Mapping[str, Any]]:
    """The tokens that go into the package now: with a proof, no late one that came after it."""
    if row.proven_at is None:
        return list(row.tokens)
    last = (row.proven_at + STAMPED_WITHIN).timestamp()
    return [token for token in row.tokens if not token["late"] or token["at"] <= last]


def parts_of(row: Sealed, *, without: Container[str] = ()) -> Parts:
    """Everything the package is made of now, with or without its proof; *thin* once its files were erased.

    The fields named in ``without`` stay closed, which changes nothing that is signed. Opening a file raises as
    ``open_bytes``.
    """
    with writing():
        files = {one.path: one.file for one in SealedFile.objects.filter(sealed=row).select_related("file")}
        leaf = bytes(row.submission.leaf)
        head = b"" if row.head_submission is None else bytes(row.head_submission.leaf)
    return Parts(
        manifest=row.manifest.encode(),
        events=[event.encode() for event in row.events],
        files={path: partial(_opened, file) for path, file in files.items()} or None,
        disclosure=_closed(row.disclosure, without),
        seal=(leaf, row.proof.encode()) if row.proof else None,
        head=(head, row.head_proof.encode()) if row.head_proof else None,
        tokens=[(_response(token), bool(token["gm"])) for token in _tokens(row)],
        directory=row.directory.encode() or None,
        chunks=[chunk.encode() for chunk in row.chunks],
    )


def _closed(disclosure: str, without: Container[str]) -> bytes | None:
    """What is disclosed, but for some fields; None when that is nothing."""
    fields = read_disclosure(disclosure.encode()) if disclosure else ()
    left = [one for one in fields if one.name not in without]
    return package.disclosure(left) if left else None


def write(row: Sealed, out: BinaryIO, *, without: Container[str] = ()) -> None:
    """Write the package to ``out``, in blocks, and leave the fields ``without`` closed.

    Raises Unavailable ``files.missing``, InvalidInput ``proofs.files``.
    """
    package.write_package(out, parts_of(row, without=without))


def erase(sealed_id: int) -> list[int]:
    """Let go of payload and salts, in the caller's transaction; the ids of the files that were let go.

    What was signed and logged stays and verifies, as a thin package without a disclosure. Whoever calls discards the
    files.
    """
    with writing():
        row = locked(Sealed.objects.filter(pk=sealed_id)).get()
        row.disclosure = ""
        row.save(update_fields=["disclosure"])
        rows = SealedFile.objects.filter(sealed=row)
        files = list(rows.values_list("file_id", flat=True))
        rows.delete()
    return files


def file_name(row: Sealed) -> str:
    """What the package is called as a file."""
    return f"{row.package}{package.SUFFIX}"


def tool() -> package.Tool:
    """This program, as what the ledger's own packages were made with."""
    return package.Tool("Concord", "evidence/1")


def collected_now(at: datetime) -> Collection:
    """That something was taken from our own records, at once."""
    environment = {"time_zone": LEGAL_ZONE.key}
    return Collection(method="ledger", started_at=at, ended_at=at, tool=tool(), environment=environment)


def _listed(path: str, file: File, redaction_of: Pair | None) -> ListedFile:
    found = digested(blocks_of(file), chunk_size=CHUNK_SIZE if file.size > CHUNKED_ABOVE else None)
    if found.pair.sha256 != file.digest:
        raise Unavailable(
            "files.damaged",
            Said(
                f"文件“{file.name}”的内容与登记的摘要不符，没有封存。请联系系统管理员从备份恢复。",
                f"The content of {file.name!r} differs from its recorded digest, so nothing was sealed; ask the "
                "operator to restore it from the backup.",
            ),
        )
    return package.listed_file(path, found, file.media_type, redaction_of=redaction_of)


def _opened(file: File) -> BinaryIO:
    return cast("BinaryIO", open_bytes(file))


def _response(token: Mapping[str, Any]) -> bytes:
    return b64decode(str(token["response"]))
