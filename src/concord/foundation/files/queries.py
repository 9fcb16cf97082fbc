"""Reads: the bytes of a file; whoever calls has checked that they may be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings

from concord.foundation.files import storage
from concord.foundation.files.models import File
from concord.rules.errors import Said, Unavailable

BLOCK = 1 << 20


def open_bytes(file: File) -> IO[bytes]:
    """The bytes, open for reading, to be streamed out. Raises Unavailable ``files.missing``."""
    try:
        return storage.path_of(Path(settings.FILES_ROOT), file.digest).open("rb")
    except FileNotFoundError as error:
        said = Said(
            f"文件“{file.name}”的内容暂时找不到，请联系系统管理员从备份恢复。",
            f"The content of {file.name!r} cannot be found; ask the operator to restore it from the backup.",
        )
        raise Unavailable("files.missing", said) from error


def blocks_of(file: File) -> Iterator[bytes]:
    """The content in blocks of 1 MiB, for whoever digests it. Raises as ``open_bytes``."""
    with open_bytes(file) as stream:
        while block := stream.read(BLOCK):
            yield block


def read_verified(file: File) -> bytes:
    """The whole content, proven to be what was stored. Raises Unavailable ``files.missing`` or ``files.damaged``."""
    with open_bytes(file) as stream:
        content = stream.read(file.size + 1)
    if len(content) != file.size or hashlib.sha256(content).hexdigest() != file.digest:
        said = Said(
            f"文件“{file.name}”的内容与登记的摘要不符，已停止使用，请联系系统管理员从备份恢复。",
            f"The content of {file.name!r} differs from its recorded digest and is not used; "
            "ask the operator to restore it from the backup.",
        )
        raise Unavailable("files.damaged", said)
    return content
