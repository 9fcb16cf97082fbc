"""A signed note is read in one way only, and believed only where a known key has signed."""

from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import notes, sm2
from concord.rules.errors import InvalidInput

TEXT = "a text\n\nof two parts\n"


def ed25519(name: str, seed: int, kind: int = notes.ED25519) -> tuple[notes.VerifierKey, Callable[[bytes], bytes]]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return notes.VerifierKey.of(name, kind, private.public_key().public_bytes_raw()), private.sign


def sm2_key(name: str, seed: int) -> tuple[notes.VerifierKey, Callable[[bytes], bytes]]:
    private = bytes([seed]) * 32
    return notes.VerifierKey.of(name, notes.OWN, sm2.public_of(private)), lambda message: sm2.sign(private, message)


ALICE, ALICE_SIGNS = ed25519("alice.example", 1)
BOB, BOB_SIGNS = ed25519("bob.example", 2)
WITNESS, WITNESS_SIGNS = ed25519("witness.example", 3, notes.COSIGNATURE)
SM2_WITNESS, SM2_SIGNS = sm2_key("witness.example", 4)
ML_DSA = notes.VerifierKey.of("later.example", notes.ML_DSA_44, bytes(1312))


def line(key: notes.VerifierKey, signature: bytes) -> notes.NoteSignature:
    return notes.NoteSignature(key.name, key.id, signature)


def alices(text: str = TEXT) -> notes.NoteSignature:
    return line(ALICE, ALICE_SIGNS(text.encode()))


def timed(key: notes.VerifierKey, signs: Callable[[bytes], bytes], at: int = 1_795_000_000) -> notes.NoteSignature:
    return line(key, notes.timed(at, signs(notes.cosigned_message(TEXT, at))))


@pytest.mark.parametrize("key", [ALICE, WITNESS, SM2_WITNESS, ML_DSA], ids=lambda key: str(key.kind))
def test_a_key_is_read_back_from_its_text(key: notes.VerifierKey) -> None:
    assert notes.parse_vkey(key.vkey_text()) == key


def test_a_key_of_ones_own_type_spells_the_type_out() -> None:
    material = b64decode(SM2_WITNESS.vkey_text().split("+", 2)[2])
    assert material == b"\xffconcord-sm2-cosignature/v1" + SM2_WITNESS.public


def test_the_same_key_has_another_id_under_another_kind_or_name() -> None:
    ids = {
        notes.VerifierKey.of(name, kind, ALICE.public).id
        for name in ("a", "b")
        for kind in (notes.ED25519, notes.COSIGNATURE)
    }
    assert len(ids) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice.example",
        ALICE.vkey_text() + "AAAA",
        ALICE.vkey_text().replace(ALICE.id.hex(), ALICE.id.hex().upper()),
        ALICE.vkey_text().replace("alice", "alice "),
        ALICE.vkey_text().replace("alice", "mallory"),
        "alice.example+00000000+" + b64encode(b"\xffanother-type" + bytes(65)).decode(),
        "alice.example+00000000+" + b64encode(b"\x02" + bytes(32)).decode(),
        "alice.example+00000000+",
        "+" + ALICE.vkey_text().split("+", 1)[1],
        "x" * 5000,
    ],
)
def test_a_key_that_does_not_fit_itself_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.verifier_key"):
        notes.parse_vkey(text)


@pytest.mark.parametrize(
    ("name", "kind", "public"),
    [
        ("", notes.ED25519, ALICE.public),
        ("a+b", notes.ED25519, ALICE.public),
        ("a\u00a0b", notes.ED25519, ALICE.public),
        ("a\x00b", notes.ED25519, ALICE.public),
        ("a\ud800b", notes.ED25519, ALICE.public),
        ("alice", 2, ALICE.public),
        ("alice", notes.ED25519, ALICE.public[1:]),
        ("alice", notes.OWN, ALICE.public),
        ("alice", notes.OWN, b"\x04" + bytes(64)),
    ],
)
def test_no_key_of_a_bad_name_kind_or_length(name: str, kind: int, public: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.verifier_key"):
        notes.VerifierKey.of(name, kind, public)


def test_a_key_with_the_id_of_another_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.verifier_key"):
        notes.VerifierKey(ALICE.name, BOB.id, ALICE.kind, ALICE.public)


def test_a_note_is_read_back() -> None:
    lines = (alices(), line(BOB, BOB_SIGNS(TEXT.encode())))
    written = notes.format(TEXT, lines)
    assert notes.parse(written) == notes.Note(TEXT, lines)
    assert written.startswith(f"{TEXT}\n— alice.example ".encode())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("no end of line", (alices(),)),
        (TEXT, ()),
        ("", (alices(),)),
        ("a\ttab\n", (alices(),)),
        ("a text\n\n" + alices().line().rstrip("\n"), (alices(),)),
        ("half a pair \ud800\n", (alices(),)),
        (TEXT, (notes.NoteSignature("two words", ALICE.id, b"x"),)),
        (TEXT, (notes.NoteSignature("alice", ALICE.id, b""),)),
        (TEXT, (alices(),) * 65),
        ("x" * notes.LARGEST_NOTE + "\n", (alices(),)),
    ],
)
def test_what_could_not_be_read_back_is_not_written(text: str, lines: tuple[notes.NoteSignature, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.note:"):
        notes.format(text, lines)


def test_a_note_may_carry_64_signatures() -> None:
    note = notes.parse(notes.format(TEXT, [alices()] * 64))
    assert len(notes.open_note(note, [ALICE]).verified) == 64


GOOD = notes.format(TEXT, [alices()])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD + b"more\n",
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"a text", b"a \x1b text"),
        GOOD.replace(b"a text", b"a \xff text"),
        GOOD.replace("— ".encode(), b"- "),
        GOOD.replace(b"alice.example ", b""),
        GOOD.replace(b"alice.example ", b"alice.example  "),
        GOOD.replace(b"=\n", b"\n"),
        GOOD.replace(b"alice.example", b"alice+example"),
    ],
)
def test_a_malformed_note_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.note:"):
        notes.parse(data)


def test_a_note_longer_than_asked_for_is_refused() -> None:
    assert notes.parse(GOOD, limit=len(GOOD)).text == TEXT
    with pytest.raises(InvalidInput, match="too long"):
        notes.parse(GOOD, limit=len(GOOD) - 1)


@given(data=st.binary(max_size=200) | st.text(alphabet="—a= \n+\u2028B", max_size=60).map(str.encode))
def test_bytes_are_read_in_one_way_or_not_at_all(data: bytes) -> None:
    try:
        note = notes.parse(data)
    except InvalidInput:
        return
    assert notes.format(note.text, note.lines) == data


@given(at=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7))
def test_no_note_with_a_bit_the_other_way_is_believed(at: int, bit: int) -> None:
    changed = bytearray(GOOD)
    changed[at] ^= 1 << bit
    with pytest.raises(InvalidInput, match=r"proofs\.note"):
        notes.open_note(notes.parse(bytes(changed)), [ALICE])


def test_lines_of_unknown_keys_are_set_apart() -> None:
    stranger = line(BOB, b"anything at all")
    same_name = notes.NoteSignature(ALICE.name, BOB.id, b"anything")
    same_id = notes.NoteSignature(BOB.name, ALICE.id, b"anything")
    note = notes.parse(notes.format(TEXT, [stranger, alices(), same_name, same_id]))
    opened = notes.open_note(note, [ALICE])
    assert opened.verified == (alices(),)
    assert opened.unknown == (stranger, same_name, same_id)


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    note = notes.parse(notes.format(TEXT, [alices(), line(BOB, BOB_SIGNS(b"another text\n"))]))
    with pytest.raises(InvalidInput) as refused:
        notes.open_note(note, [ALICE, BOB])
    assert (refused.value.code, refused.value.details) == ("proofs.note_signature", {"name": "bob.example"})


@pytest.mark.parametrize("keys", [(), (BOB,), (ML_DSA,)])
def test_a_note_that_no_known_key_signed_is_not_opened(keys: tuple[notes.VerifierKey, ...]) -> None:
    with pytest.raises(InvalidInput, match="None of the known keys has signed"):
        notes.open_note(notes.parse(GOOD), keys)


def test_a_key_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.verifier_key.*alice\.example"):
        notes.open_note(notes.parse(GOOD), [BOB, ALICE, ALICE])


def test_signatures_of_a_kind_for_later_are_not_looked_at() -> None:
    later = line(ML_DSA, b"not to be checked")
    opened = notes.open_note(notes.parse(notes.format(TEXT, [alices(), later])), [ALICE, ML_DSA])
    assert opened.unknown == (later,)
    assert not notes.verifies(ML_DSA, TEXT, later.signature)


@pytest.mark.parametrize(("key", "signs"), [(WITNESS, WITNESS_SIGNS), (SM2_WITNESS, SM2_SIGNS)], ids=["ed25519", "sm2"])
def test_a_timed_signature_holds_for_its_time_only(key: notes.VerifierKey, signs: Callable[[bytes], bytes]) -> None:
    good = timed(key, signs).signature
    assert notes.verifies(key, TEXT, good)
    assert notes.time_of(good) == 1_795_000_000
    assert not notes.verifies(key, TEXT + "more\n", good)
    assert not notes.verifies(key, TEXT, notes.timed(1_795_000_001, good[8:]))
    assert not notes.verifies(key, TEXT, good[8:])
    assert not notes.verifies(key, TEXT, good + b"\x00")
    assert not notes.verifies(key, TEXT, signs(TEXT.encode()))


def test_a_time_beyond_reason_is_not_believed() -> None:
    at = notes.LATEST_TIME + 1
    assert not notes.verifies(WITNESS, TEXT, timed(WITNESS, WITNESS_SIGNS, at).signature)
    assert notes.verifies(WITNESS, TEXT, timed(WITNESS, WITNESS_SIGNS, at - 1).signature)


def test_a_plain_signature_is_no_timed_one_and_the_other_way_round() -> None:
    plain = notes.VerifierKey.of(WITNESS.name, notes.ED25519, WITNESS.public)
    assert not notes.verifies(plain, TEXT, timed(WITNESS, WITNESS_SIGNS).signature)
    assert not notes.verifies(WITNESS, TEXT, bytes(8) + WITNESS_SIGNS(TEXT.encode()))
