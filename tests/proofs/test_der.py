"""DER has one encoding for each value: what is read is written again byte for byte, and nothing else is read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import der
from concord.rules.errors import InvalidInput

PRIMITIVE = st.tuples(
    st.sampled_from([der.INTEGER, der.OCTETS, der.OID, der.UTF8, 0x80, 0x9E]), st.binary(max_size=200)
).map(lambda pair: der.element(*pair))
TREES = st.recursive(
    PRIMITIVE,
    lambda inner: st.tuples(st.sampled_from([der.SEQUENCE, der.SET, 0xA0, 0xBE]), st.lists(inner, max_size=4)).map(
        lambda pair: der.element(pair[0], b"".join(pair[1]))
    ),
    max_leaves=12,
)
MOMENTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2049, 12, 31))  # noqa: DTZ001 - UTC is set below


def written(node: der.Node) -> bytes:
    """The element encoded anew from its parts."""
    inside = b"".join(written(child) for child in node.children)
    return der.element(node.tag, inside or node.content)


def read_or_refused(data: bytes) -> der.Node | None:
    """The element, None where it is refused; any other exception is a fault."""
    try:
        return der.read(data)
    except InvalidInput:
        return None


@given(TREES)
def test_what_is_written_is_read_whole(encoded: bytes) -> None:
    node = der.read(encoded)
    assert node.raw == encoded == written(node)


@given(TREES, st.data())
def test_a_changed_byte_is_a_changed_value_or_refused(encoded: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(encoded) - 1))
    changed = bytearray(encoded)
    changed[at] ^= data.draw(st.integers(1, 255))
    node = read_or_refused(bytes(changed))
    assert node is None or written(node) == bytes(changed)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_whole_or_refused(data: bytes) -> None:
    node = read_or_refused(data)
    assert node is None or written(node) == data


@given(st.integers(-(2**500), 2**500))
def test_integers(value: int) -> None:
    assert der.integer_of(der.read(der.integer(value))) == value


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**128 - 1), max_size=3))
def test_object_identifiers(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    assert der.oid_of(der.read(der.oid(dotted))) == dotted


@given(MOMENTS)
def test_times(at: datetime) -> None:
    at = at.replace(tzinfo=UTC, microsecond=0)
    for form in (der.utc_time, der.generalized_time, der.validity_time):
        assert der.time_of(der.read(form(at))) == at


@pytest.mark.parametrize(
    ("encoded", "meaning"),
    [
        # X.690 §8.3, §8.19.5 and §11.7.5, RFC 5280 appendix C.
        ("0203010001", 65537),
        ("020100", 0),
        ("02020080", 128),
        ("020180", -128),
    ],
)
def test_published_integers(encoded: str, meaning: int) -> None:
    assert der.integer_of(der.read(bytes.fromhex(encoded))) == meaning
    assert der.integer(meaning) == bytes.fromhex(encoded)


def test_a_published_object_identifier() -> None:
    assert der.oid("2.999.3") == bytes.fromhex("0603883703")
    assert der.oid_of(der.read(bytes.fromhex("0603883703"))) == "2.999.3"
    assert der.oid("1.2.840.113549.1.7.2") == bytes.fromhex("06092a864886f70d010702")


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    at = datetime(2026, 11, 23, 16, 0, 1, 999999, timezone(timedelta(hours=8)))
    assert der.generalized_time(at) == der.element(der.GENERALIZED_TIME, b"20261123080001Z")


def test_a_fraction_of_a_second_is_read() -> None:
    read = der.time_of(der.read(der.element(der.GENERALIZED_TIME, b"20261123080001.25Z")))
    assert read == datetime(2026, 11, 23, 8, 0, 1, 250000, UTC)


def test_years_of_two_digits_turn_at_fifty() -> None:
    assert der.time_of(der.read(der.element(der.UTC_TIME, b"491231235959Z"))).year == 2049
    assert der.time_of(der.read(der.element(der.UTC_TIME, b"500101000000Z"))).year == 1950
    assert der.validity_time(datetime(2050, 1, 1, tzinfo=UTC))[0] == der.GENERALIZED_TIME


def test_a_set_is_written_in_order() -> None:
    assert der.set_of(der.integer(2), der.integer(1)) == der.element(der.SET, der.integer(1) + der.integer(2))


def test_a_set_is_read_in_order() -> None:
    one, two = der.integer(1), der.integer(2)
    assert [node.raw for node in der.members(der.read(der.set_of(two, one, one)))] == [one, one, two]
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.members(der.read(der.element(der.SET, two + one)))


def test_long_lengths_are_written_in_the_shortest_form() -> None:
    assert [der.octets(bytes(size))[:4].hex() for size in (127, 128, 255, 256)] == [
        "047f0000",
        "04818000",
        "0481ff00",
        "04820100",
    ]


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x30",
        b"\x04\x05abcd",
        b"\x30\x03\x02\x02\x01",
        der.null() + b"\x00",
        b"\x30\x80\x05\x00\x00\x00",  # indefinite
        b"\x04\x81\x01a",  # a long form where the short one does
        b"\x04\x82\x00\x81" + bytes(129),  # a leading zero
        b"\x04\x85\x00\x00\x00\x00\x01a",
        b"\x04\x84\xff\xff\xff\xffa",
        b"\x1f\x81\x00\x00",  # a tag of several octets
        b"\x00\x00",  # end of contents
        b"\x24\x03\x04\x01a",  # a constructed octet string
        b"\x10\x00",  # a primitive sequence
    ],
)
def test_what_is_not_strict_is_refused(encoded: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.read(encoded)


def test_depth_is_bounded() -> None:
    inner = b""
    for _ in range(der.DEEPEST):
        inner = der.sequence(inner)
    assert der.read(inner).raw == inner
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.read(der.sequence(inner))


def test_size_is_bounded() -> None:
    largest = der.octets(bytes(der.LARGEST - 4))
    assert len(largest) == der.LARGEST
    assert der.read(largest).raw == largest
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.read(der.octets(bytes(der.LARGEST - 3)))


@pytest.mark.parametrize(
    ("read", "encoded"),
    [
        (der.integer_of, b"\x02\x00"),
        (der.integer_of, b"\x02\x02\x00\x7f"),
        (der.integer_of, b"\x02\x02\xff\x80"),
        (der.integer_of, der.element(der.INTEGER, b"\x01" * 65)),
        (der.integer_of, der.octets(b"\x01")),
        (der.boolean_of, b"\x01\x01\x01"),
        (der.boolean_of, b"\x01\x02\xff\xff"),
        (der.octets_of, der.integer(1)),
        (der.bits_of, b"\x03\x00"),
        (der.bits_of, b"\x03\x02\x07\x80"),
        (der.oid_of, b"\x06\x00"),
        (der.oid_of, b"\x06\x03\x2a\x80\x01"),
        (der.oid_of, b"\x06\x02\x2a\x86"),
        (der.oid_of, der.element(der.OID, b"\x2a" * 65)),
        (der.time_of, der.octets(b"20261123080000Z")),
        (der.time_of, der.element(der.UTC_TIME, b"2611230800Z")),
        (der.time_of, der.element(der.UTC_TIME, b"261123080000+0800")),
        (der.time_of, der.element(der.UTC_TIME, b"261323080000Z")),
        (der.time_of, der.element(der.GENERALIZED_TIME, b"20261123080000")),
        (der.time_of, der.element(der.GENERALIZED_TIME, b"20261123080000.0Z")),
        (der.time_of, der.element(der.GENERALIZED_TIME, b"20261123080000.10Z")),
        (der.time_of, der.element(der.GENERALIZED_TIME, b"20261123080000.1234567Z")),
        (der.time_of, der.element(der.GENERALIZED_TIME, b"20260230080000Z")),
        (der.time_of, der.element(der.GENERALIZED_TIME, b"20261123080060Z")),
        (der.time_of, der.element(der.GENERALIZED_TIME, "\uff120261123080000Z".encode())),
    ],
)
def test_values_that_are_not_strict_are_refused(read: Callable[[der.Node], object], encoded: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        read(der.read(encoded))


def test_fields_are_taken_in_order_and_to_the_end() -> None:
    node = der.read(der.sequence(der.integer(1), der.null()))
    fields = der.Fields(node)
    assert fields.maybe(der.OCTETS) is None
    assert fields.take(der.INTEGER).raw == der.integer(1)
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        fields.end()
    assert fields.maybe(der.NULL) is not None
    assert fields.maybe(der.NULL) is None
    fields.end()
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        fields.any()


def test_fields_bear_the_expected_tags() -> None:
    node = der.read(der.sequence(der.integer(1)))
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.Fields(node).take(der.OCTETS)
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.Fields(node, der.SET)
    assert der.only(node, der.INTEGER).raw == der.integer(1)
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.only(node, der.OCTETS)
    with pytest.raises(InvalidInput, match=r"proofs\.der"):
        der.only(der.read(der.sequence()), der.INTEGER)
