"""Large files in pieces: begun, sent piece by piece in any order and again after a cut, completed, or swept away."""

from __future__ import annotations

import binascii
import hashlib
import re
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db.models import F, Sum

from concord.foundation.access.actor import Actor
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files import pieces
from concord.foundation.files.models import File, Upload, UploadChunk
from concord.foundation.files.policy import check_size, clean_name, kind_of, promised_kind
from concord.rules.errors import ConcordError, Conflict, InvalidInput, NotFound, Problem, Said, Unavailable

CHUNK_SIZE = 4 * 1024 * 1024
SHA256 = re.compile(r"[0-9a-f]{64}")
CONTENT_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):")
OPEN, COMPLETE, REFUSED = Upload.State.OPEN, Upload.State.COMPLETE, Upload.State.REFUSED


def begin(*, name: str, size: int, sha256: str, by: Actor, at: datetime, uid: UUID) -> Upload:
    """Announce a file of ``size`` bytes; ``sha256`` of the whole in hexadecimal, empty when not known yet.

    Raises InvalidInput ``files.name_missing``, ``files.kind_not_taken``, ``files.empty``, ``files.too_large`` or
    ``files.bad_digest``, Conflict ``files.quota``, Unavailable ``files.no_space``.
    """
    cleaned = clean_name(name)
    promised_kind(cleaned)
    check_size(size, most=settings.ENVIRONMENT.max_upload)
    if sha256:
        _check_digest(sha256)
    with writing():
        under_way = Upload.objects.filter(state=OPEN)
        own = under_way.filter(organisation=by.organisation).aggregate(total=Sum("size"))["total"] or 0
        _check_quota(own + size)
        awaited = under_way.aggregate(total=Sum(F("size") - F("received") * F("chunk_size")))["total"] or 0
        _check_space(max(awaited, 0) + size)
        return Upload.objects.create(
            uid=uid,
            organisation=by.organisation,
            person=by.person,
            name=cleaned,
            size=size,
            sha256=sha256,
            chunk_size=CHUNK_SIZE,
            begun_at=at,
            touched_at=at,
        )


def upload_for(uid: UUID, by: Actor) -> Upload:
    """An upload of one's own organisation. Raises NotFound ``files.no_upload``."""
    found = Upload.objects.filter(uid=uid, organisation=by.organisation).select_related("file").first()
    if found is None:
        raise NotFound(
            "files.no_upload",
            Said(
                "没有找到该上传，可能已经过期清理，请重新上传。",
                "There is no such upload; it may have been swept away. Upload the file again.",
            ),
        )
    return found


def missing(upload: Upload) -> list[int]:
    """Which pieces have not come yet, counted from 0."""
    here = set(upload.pieces.values_list("index", flat=True)) if upload.state == OPEN else set(range(upload.chunks))
    return [index for index in range(upload.chunks) if index not in here]


def put_chunk(*, upload: UUID, index: int, content: bytes | IO[bytes], sha256: str, by: Actor, at: datetime) -> Upload:
    """Take piece ``index`` (from 0) with its SHA-256; the same piece again changes nothing.

    Raises NotFound ``files.no_upload``, InvalidInput ``files.no_such_chunk``, ``files.chunk_size``,
    ``files.bad_digest`` or ``files.chunk_damaged``, Conflict ``files.upload_over`` or ``files.chunk_differs``,
    Unavailable ``files.no_space``.
    """
    found = upload_for(upload, by)
    _check_open(found)
    piece = _read_piece(found, index, content)
    _check_digest(sha256)
    if hashlib.sha256(piece).hexdigest() != sha256:
        raise _invalid(
            "files.chunk_damaged",
            Said("这一块在传输中损坏，请重新发送。", "The piece was damaged on its way; send it again."),
        )
    with pieces.held(_root(), found.uid) as file:
        if _is_here(found, index, sha256):
            return upload_for(upload, by)
        _check_space(len(piece))
        pieces.write(file, piece, at=index * found.chunk_size)
        with writing():
            row = locked(Upload.objects.filter(pk=found.pk)).get()
            UploadChunk.objects.create(upload=row, index=index, sha256=sha256)
            row.received, row.touched_at = row.received + 1, at
            row.save(update_fields=["received", "touched_at"])
    return upload_for(upload, by)


def complete(*, upload: UUID, by: Actor, at: datetime, uid: UUID) -> File:
    """Make the whole a stored file called ``uid``; once completed, the same file again.

    Raises NotFound ``files.no_upload``; Conflict ``files.upload_over``, ``files.chunks_missing`` or, having forgotten
    those pieces, ``files.chunks_damaged``. Having refused the upload for good: InvalidInput ``files.digest_differs``,
    ``files.executable`` or ``files.kind_mismatch``.
    """
    found = upload_for(upload, by)
    if found.file is not None:
        return found.file
    _check_open(found)
    with pieces.held(_root(), found.uid) as file:
        found = upload_for(upload, by)  # it may have been completed while we waited
        if found.file is not None:
            return found.file
        _check_open(found)
        chunks = dict(found.pieces.values_list("index", "sha256"))
        if len(chunks) < found.chunks:
            raise Conflict(
                "files.chunks_missing",
                Said(
                    f"还有 {found.chunks - len(chunks)} 块没有收到，请补传后再完成。",
                    f"{found.chunks - len(chunks)} pieces have not come yet; send them first.",
                ),
                details={"missing": found.chunks - len(chunks)},
            )
        digest, media_type = _looked_at(found, file, chunks, at=at)
        pieces.adopt(_root(), found.uid, file, digest)
        with writing():
            kept = File.objects.create(
                uid=uid,
                digest=digest,
                size=found.size,
                media_type=media_type,
                name=found.name,
                organisation=found.organisation,
                person=found.person,
                stored_at=at,
            )
            _end(found, COMPLETE, at=at, file=kept)
        pieces.drop(_root(), found.uid)
    return kept


def sha256_in(header: str) -> str:
    """The SHA-256 that a Content-Digest header (RFC 9530) names, in hexadecimal; empty when it names none."""
    found = CONTENT_DIGEST.search(header)
    return binascii.a2b_base64(found[1]).hex() if found else ""


def sweep(*, before: datetime) -> None:
    """Forget the uploads that nothing has touched since then, and bytes of such as are over."""
    with writing():
        Upload.objects.filter(touched_at__lt=before).delete()
    lying = list(pieces.lying(_root()))
    under_way = set(Upload.objects.filter(uid__in=lying, state=OPEN).values_list("uid", flat=True))
    for uid in lying:
        if uid not in under_way:
            pieces.drop(_root(), uid)


def _looked_at(found: Upload, file: IO[bytes], chunks: dict[int, str], *, at: datetime) -> tuple[str, str]:
    """Digest and media type of the whole; pieces that do not hold are forgotten, a whole that cannot be is refused."""
    digest, broken = pieces.digest_of(file, size=found.size, chunk_size=found.chunk_size, chunks=chunks)
    if broken:
        with writing():
            found.pieces.filter(index__in=broken).delete()
            Upload.objects.filter(pk=found.pk).update(received=found.pieces.count(), touched_at=at)
        raise Conflict(
            "files.chunks_damaged",
            Said(
                f"有 {len(broken)} 块存储时损坏，请补传后再完成。",
                f"{len(broken)} pieces were damaged while stored; send them again.",
            ),
            details={"missing": len(broken)},
        )
    try:
        if found.sha256 and found.sha256 != digest:
            raise _invalid(
                "files.digest_differs",
                Said(
                    "收到的文件与声明的摘要不符，没有接收；请核对原文件后重新上传。",
                    "The file that came is not the one whose digest was given, and is not taken; "
                    "check the original and upload it again.",
                ),
            )
        file.seek(0)
        return digest, kind_of(found.name, file).media_type
    except ConcordError:
        with writing():
            _end(found, REFUSED, at=at, file=None)
        pieces.drop(_root(), found.uid)
        raise


def _end(found: Upload, state: Upload.State, *, at: datetime, file: File | None) -> None:
    Upload.objects.filter(pk=found.pk).update(state=state, touched_at=at, file=file)
    found.pieces.all().delete()


def _is_here(found: Upload, index: int, sha256: str) -> bool:
    """Whether that piece has come before; asked under the upload's lock."""
    found.refresh_from_db(fields=["state"])
    _check_open(found)
    known = found.pieces.filter(index=index).values_list("sha256", flat=True).first()
    if known is not None and known != sha256:
        raise Conflict(
            "files.chunk_differs",
            Said(
                "这一块已经收到，内容不同；请重新开始上传。",
                "Another content has come for this piece before; begin the upload anew.",
            ),
        )
    return known is not None


def _read_piece(found: Upload, index: int, content: bytes | IO[bytes]) -> bytes:
    """The bytes of the piece, of which no more than a piece is ever read."""
    if not 0 <= index < found.chunks:
        raise _invalid(
            "files.no_such_chunk",
            Said(
                f"没有这一块：文件共 {found.chunks} 块，从 0 数起。",
                f"There is no such piece: the file has {found.chunks}, counted from 0.",
            ),
        )
    length = min(found.chunk_size, found.size - index * found.chunk_size)
    piece = content if isinstance(content, bytes) else _read_up_to(content, length + 1)
    if len(piece) != length:
        raise _invalid(
            "files.chunk_size",
            Said(f"这一块应为 {length} 字节，请重新发送。", f"This piece must have {length} bytes; send it again."),
        )
    return piece


def _read_up_to(content: IO[bytes], most: int) -> bytes:
    """At most that many bytes; a stream from the network may give them in several portions."""
    parts: list[bytes] = []
    while most and (part := content.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _check_open(found: Upload) -> None:
    if found.state != OPEN:
        raise Conflict(
            "files.upload_over",
            Said(
                "该上传已经结束，不再接收内容；需要时请重新上传。",
                "The upload is over and takes nothing more; begin a new one if needed.",
            ),
        )


def _check_digest(sha256: str) -> None:
    if not SHA256.fullmatch(sha256):
        raise _invalid(
            "files.bad_digest",
            Said("摘要应为 64 位小写十六进制的 SHA-256。", "The digest is a SHA-256 in 64 small hexadecimal digits."),
        )


def _check_quota(total: int) -> None:
    if total > settings.ENVIRONMENT.upload_quota:
        raise Conflict(
            "files.quota",
            Said(
                "本机关未完成的上传合计超过上限，请先完成或者等待其他上传。",
                "The unfinished uploads of your organisation are more than is taken at a time; finish some first.",
            ),
        )


def _check_space(wanted: int) -> None:
    if pieces.free(_root()) - wanted < settings.ENVIRONMENT.disk_reserve:
        raise Unavailable(
            "files.no_space",
            Said(
                "服务器的存储空间不足，暂时不能上传，请联系系统管理员。",
                "The server has not enough room left to take uploads now; ask the operator.",
            ),
        )


def _invalid(code: str, said: Said) -> InvalidInput:
    return InvalidInput(code, said, problems=(Problem("file", code.partition(".")[2], said),))


def _root() -> Path:
    return Path(settings.FILES_ROOT)
