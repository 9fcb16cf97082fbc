"""What may be looked at inside a page: which kinds, and how large a picture, told by its header without decoding it."""

from __future__ import annotations

import codecs
from typing import IO, Final

from concord.foundation.files.policy import TEXT_ENCODINGS
from concord.rules.errors import InvalidInput, Said

SHOWN: Final = frozenset(
    {
        *("image/png", "image/jpeg", "image/webp", "video/mp4", "audio/mpeg", "audio/wav"),
        *("application/pdf", "text/plain"),
    }
)
MOST_PIXELS: Final = 100_000_000
MOST_SEGMENTS: Final = 1000
PNG_HEAD, WEBP_HEAD, JPEG_FRAME, JPEG_LENGTH = 24, 30, 5, 2
TEXT_SHOWN: Final = 256 * 1024
# JPEG markers that begin a frame: SOF0 to SOF15 but for DHT, JPG and DAC.
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


def check_shown(media_type: str, content: IO[bytes]) -> None:
    """Refuse what is only downloaded: InvalidInput ``files.not_shown``, ``files.picture_too_large`` for bombs."""
    if media_type not in SHOWN:
        raise InvalidInput(
            "files.not_shown",
            Said("此类文件不能在线预览，请下载查看。", "Files of this kind are not shown here; download it."),
        )
    if not media_type.startswith("image/"):
        return
    found = SIZES[media_type](content)
    content.seek(0)
    if found is None or found[0] * found[1] > MOST_PIXELS:
        raise InvalidInput(
            "files.picture_too_large",
            Said(
                "图片的像素过多或者无法读取，不在线预览，请下载查看。",
                "The picture has too many pixels or cannot be read; it is not shown here. Download it.",
            ),
        )


def text_of(content: IO[bytes]) -> str:
    """The beginning of a text, at most 256 KiB of it; nothing of it is ever more than text."""
    content.seek(0)
    raw = content.read(TEXT_SHOWN)
    whole = not content.read(1)
    for encoding in TEXT_ENCODINGS:
        try:
            return codecs.getincrementaldecoder(encoding)().decode(
                raw, final=whole
            )  # a character may be cut at the end
        except UnicodeDecodeError:
            continue
    return raw.decode(TEXT_ENCODINGS[0], errors="replace")


def _png(content: IO[bytes]) -> tuple[int, int] | None:
    content.seek(0)
    head = content.read(PNG_HEAD)
    if len(head) < PNG_HEAD or head[12:16] != b"IHDR":
        return None
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _jpeg(content: IO[bytes]) -> tuple[int, int] | None:
    content.seek(2)
    for _ in range(MOST_SEGMENTS):
        if content.read(1) != b"\xff":
            return None
        code = content.read(1)
        while code == b"\xff":
            code = content.read(1)
        if not code:
            return None
        if code[0] in ALONE:
            continue
        length = int.from_bytes(content.read(JPEG_LENGTH))
        if code[0] in FRAMES:
            frame = content.read(JPEG_FRAME)
            return (int.from_bytes(frame[3:5]), int.from_bytes(frame[1:3])) if len(frame) == JPEG_FRAME else None
        if length < JPEG_LENGTH:
            return None
        content.seek(length - JPEG_LENGTH, 1)
    return None


def _webp(content: IO[bytes]) -> tuple[int, int] | None:
    content.seek(0)
    head = content.read(WEBP_HEAD)
    if len(head) < WEBP_HEAD:
        return None
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            sides = (int.from_bytes(head[n : n + 2], "little") & 0x3FFF for n in (26, 28))
            return next(sides), next(sides)
        case _:
            return None


SIZES: Final = {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}
