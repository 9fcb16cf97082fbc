"""Strict DER (ITU-T X.690 §10-11), as much of it as time-stamp tokens and certificates need: one reader, plain writers.

Every length is definite and minimal, nesting is bounded, and the whole input is consumed, so that one value has one
encoding and a changed byte is a changed value. Everything that cannot be read raises InvalidInput ``proofs.der``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from concord.rules.errors import InvalidInput, Said

BOOLEAN, INTEGER, BIT_STRING, OCTETS, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8, SEQUENCE, SET, UTC_TIME, GENERALIZED_TIME = 0x0C, 0x30, 0x31, 0x17, 0x18
LARGEST = 1 << 16
DEEPEST = 32
LONGEST_INTEGER = 64
LONGEST_OID = 64

_CONSTRUCTED = 0x20
_REFUSED = 0xFF
_UTC = re.compile(rb"[0-9]{12}Z")
_GENERALIZED = re.compile(rb"([0-9]{14})(?:\.([0-9]{0,5}[1-9]))?Z")
# RFC 5280 §4.1.2.5.1: two digits of a year from 50 on belong to the last century.
_PIVOT = 50


def _form(tag: int) -> int:
    """Whether elements of a tag are constructed, primitive, or not taken at all.

    Tags of more than one octet are not taken, and universal ones only in the one form that DER gives them.
    """
    universal, number, constructed = tag < 0x40, tag & 0x1F, tag & _CONSTRUCTED  # noqa: PLR2004 - the class bits
    if number == 0x1F or not tag or (universal and bool(constructed) is not (number in {0x10, 0x11})):  # noqa: PLR2004
        return _REFUSED
    return constructed


_FORMS = tuple(_form(tag) for tag in range(256))


class Node(NamedTuple):
    """One element: its identifier octet, its content, its whole encoding, and the elements inside a constructed one."""

    tag: int
    content: bytes
    raw: bytes
    children: tuple[Node, ...]


def context(number: int, *, constructed: bool = True) -> int:
    """The identifier octet of the context-specific tag ``number`` (below 31)."""
    return 0x80 | number | (_CONSTRUCTED if constructed else 0)


def malformed(zh: str, en: str) -> InvalidInput:
    """The refusal of this reader, saying what is wrong."""
    return InvalidInput("proofs.der", Said(f"不是规范的 DER 编码：{zh}。", f"This is not strict DER: {en}."))


def read(data: bytes, *, limit: int = LARGEST) -> Node:
    """The one element that ``data`` is, at most ``limit`` bytes, read to its last byte.

    Raises InvalidInput ``proofs.der``.
    """
    if len(data) > limit:
        raise malformed(f"超过 {limit} 字节", f"it is longer than {limit} bytes")
    nodes = _elements(data, 0, len(data), DEEPEST)
    if len(nodes) != 1:
        raise malformed("须恰为一个元素", "there is not exactly one element")
    return nodes[0]


def _elements(data: bytes, start: int, stop: int, depth: int) -> tuple[Node, ...]:
    """The elements that ``data`` consists of from ``start`` to ``stop``."""
    if depth < 0:
        raise malformed("嵌套过深", "it is nested too deeply")
    found = []
    forms, new = _FORMS, tuple.__new__
    while start < stop:
        begin = start + 2
        if begin > stop:
            raise malformed("内容不完整", "it is cut short")
        tag, length = data[start], data[start + 1]
        if length & 0x80:
            length, begin = _long_length(data, begin, stop, length & 0x7F)
        end = begin + length
        if end > stop:
            raise malformed("内容不完整", "it is cut short")
        form = forms[tag]
        if not form:
            inside: tuple[Node, ...] = ()
        elif form == _CONSTRUCTED:
            inside = _elements(data, begin, end, depth - 1)
        else:
            raise malformed(f"有不支持的标签 {tag:02X}", f"the tag {tag:02X} is not taken")
        # As Node(…) makes it, without the call of a function of its own for each element.
        found.append(new(Node, (tag, data[begin:end], data[start:end], inside)))
        start = end
    return tuple(found)


def _long_length(data: bytes, start: int, stop: int, count: int) -> tuple[int, int]:
    """A length of more than one octet and where the content begins; the shortest form only."""
    end = start + count
    if not 1 <= count <= 4 or end > stop:  # noqa: PLR2004 - four octets of length are beyond every limit here
        raise malformed("长度无效", "a length is indefinite or too long")
    length = int.from_bytes(data[start:end])
    if length < 0x80 or not data[start]:  # noqa: PLR2004 - the short form ends here
        raise malformed("长度编码不是最短形式", "a length is not written in its shortest form")
    return length, end


class Fields:
    """The elements of a constructed element, taken in order."""

    def __init__(self, node: Node, tag: int = SEQUENCE) -> None:
        if node.tag != tag:
            raise _another_tag(node, tag)
        self._left = list(reversed(node.children))

    def take(self, tag: int) -> Node:
        """The next element, which must be there and bear ``tag``."""
        if not self._left:
            raise _missing()
        node = self._left.pop()
        if node[0] != tag:
            raise _another_tag(node, tag)
        return node

    def maybe(self, tag: int) -> Node | None:
        """The next element if it bears ``tag``."""
        return self._left.pop() if self._left and self._left[-1][0] == tag else None

    def any(self) -> Node:
        """The next element, whatever it is."""
        if not self._left:
            raise _missing()
        return self._left.pop()

    def end(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise malformed("有多余的元素", "there is an element too many")


def only(node: Node, tag: int) -> Node:
    """The single element inside ``node``, which must bear ``tag``."""
    if len(node.children) != 1:
        raise malformed("元素个数不符", "there must be exactly one element")
    _demand(node.children[0], tag)
    return node.children[0]


def members(node: Node) -> tuple[Node, ...]:
    """The elements of a SET OF, under whatever tag, which DER writes in the order of their bytes."""
    encoded = [one.raw for one in node.children]
    if encoded != sorted(encoded):
        raise malformed("集合元素次序不符", "the elements of a set are not in order")
    return node.children


def integer_of(node: Node) -> int:
    """The number of an INTEGER of at most 64 bytes."""
    content = _demand(node, INTEGER)
    if not 1 <= len(content) <= LONGEST_INTEGER:
        raise malformed("整数长度无效", "a number is empty or too long")
    if len(content) > 1 and (content[0], content[1] >> 7) in {(0x00, 0), (0xFF, 1)}:
        raise malformed("整数编码不是最短形式", "a number is not written in its shortest form")
    return int.from_bytes(content, signed=True)


def boolean_of(node: Node) -> bool:
    """The truth of a BOOLEAN: 00 or FF."""
    content = _demand(node, BOOLEAN)
    if content not in {b"\x00", b"\xff"}:
        raise malformed("布尔值无效", "a truth value is neither 00 nor FF")
    return content == b"\xff"


def octets_of(node: Node) -> bytes:
    """The bytes of an OCTET STRING."""
    return _demand(node, OCTETS)


def bits_of(node: Node) -> bytes:
    """The bytes of a BIT STRING of whole bytes."""
    content = _demand(node, BIT_STRING)
    if not content or content[0]:
        raise malformed("位串不是整字节", "a bit string is not of whole bytes")
    return content[1:]


def oid_of(node: Node) -> str:
    """An OBJECT IDENTIFIER in dotted form."""
    return _dotted(_demand(node, OID))


def time_of(node: Node) -> datetime:
    """The moment of a UTCTime (whole seconds) or a GeneralizedTime (at most microseconds), in UTC."""
    if node.tag == UTC_TIME:
        if not _UTC.fullmatch(node.content):
            raise malformed("时间无效", "a time is not YYMMDDhhmmssZ")
        century = b"19" if int(node.content[:2]) >= _PIVOT else b"20"
        return _moment(century + node.content[:12], b"")
    found = _GENERALIZED.fullmatch(_demand(node, GENERALIZED_TIME))
    if not found:
        raise malformed("时间无效", "a time is not YYYYMMDDhhmmss[.f]Z")
    return _moment(found[1], found[2] or b"")


def _moment(digits: bytes, fraction: bytes) -> datetime:
    text = digits.decode()
    try:
        return datetime(
            int(text[:4]),
            int(text[4:6]),
            int(text[6:8]),
            int(text[8:10]),
            int(text[10:12]),
            int(text[12:14]),
            int(fraction.ljust(6, b"0")),
            tzinfo=UTC,
        )
    except ValueError:
        raise malformed("时间无效", "there is no such time") from None


def _demand(node: Node, tag: int) -> bytes:
    if node.tag != tag:
        raise _another_tag(node, tag)
    return node.content


def _another_tag(node: Node, tag: int) -> InvalidInput:
    return malformed(f"应为标签 {tag:02X}，实为 {node.tag:02X}", f"tag {node.tag:02X} stands where {tag:02X} must")


def _missing() -> InvalidInput:
    return malformed("缺少元素", "an element is missing")


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    if not content or len(content) > LONGEST_OID or content[-1] & 0x80:
        raise malformed("对象标识符无效", "an object identifier is empty, too long or cut short")
    arcs: list[int] = []
    value, fresh = 0, True
    for byte in content:
        if fresh and byte == 0x80:  # noqa: PLR2004 - a leading zero
            raise malformed("对象标识符编码不是最短形式", "an object identifier is not written in its shortest form")
        value, fresh = value << 7 | byte & 0x7F, byte < 0x80  # noqa: PLR2004 - the last octet of an arc
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def element(tag: int, content: bytes) -> bytes:
    """``content`` under ``tag``."""
    return _header(tag, len(content)) + content


@lru_cache(maxsize=1024)
def _header(tag: int, length: int) -> bytes:
    """What stands before a content of so many bytes."""
    if length < 0x80:  # noqa: PLR2004 - the short form
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of encoded ``parts``."""
    return element(SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """A SET OF encoded ``parts``, in the order DER demands."""
    return element(SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    """An INTEGER."""
    return element(INTEGER, value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, signed=True))


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER given in dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (40 * first + second, *rest):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(0x80 | arc & 0x7F)
        content += bytes(reversed(octets))
    return element(OID, bytes(content))


def octets(value: bytes) -> bytes:
    """An OCTET STRING."""
    return element(OCTETS, value)


def bit_string(value: bytes, *, unused: int = 0) -> bytes:
    """A BIT STRING of whole bytes but for the ``unused`` bits at its end."""
    return element(BIT_STRING, bytes((unused,)) + value)


def null() -> bytes:
    """NULL."""
    return b"\x05\x00"


def boolean(value: bool) -> bytes:  # noqa: FBT001 - the value itself
    """A BOOLEAN."""
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def utf8(value: str) -> bytes:
    """A UTF8String."""
    return element(UTF8, value.encode())


def explicit(number: int, inner: bytes) -> bytes:
    """An encoded element wrapped in the context-specific tag ``number``."""
    return element(context(number), inner)


def implicit(number: int, content: bytes, *, constructed: bool) -> bytes:
    """A content whose own tag is replaced by the context-specific ``number``."""
    return element(context(number, constructed=constructed), content)


def utc_time(at: datetime) -> bytes:
    """A UTCTime, for years 1950 to 2049, in whole seconds."""
    return element(UTC_TIME, _digits(at)[2:])


def generalized_time(at: datetime) -> bytes:
    """A GeneralizedTime in whole seconds."""
    return element(GENERALIZED_TIME, _digits(at))


@lru_cache(maxsize=64)
def _digits(at: datetime) -> bytes:
    written = at.astimezone(UTC).isoformat()
    return f"{written[:4]}{written[5:7]}{written[8:10]}{written[11:13]}{written[14:16]}{written[17:19]}Z".encode()


def validity_time(at: datetime) -> bytes:
    """The form RFC 5280 §4.1.2.5 demands in a certificate: UTCTime through 2049, then GeneralizedTime."""
    form: Callable[[datetime], bytes] = utc_time if at.astimezone(UTC).year < 2000 + _PIVOT else generalized_time
    return form(at)
