"""A checkpoint counts only with its log's signature; who else cosigned, and when, is told apart."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import checkpoints, merkle, notes, sm2
from concord.proofs.checkpoints import Checkpoint
from concord.rules.errors import InvalidInput

Sign = Callable[[bytes], bytes]
ORIGIN = "log.example/2026"
TREE = Checkpoint(ORIGIN, 3, merkle.Range(0, ()).append([bytes([at]) * 32 for at in range(3)]).root())
AT = 1_795_000_000


def ed25519(name: str, seed: int, kind: int) -> tuple[notes.VerifierKey, Sign]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return notes.VerifierKey.of(name, kind, private.public_key().public_bytes_raw()), private.sign


def sm2_key(name: str, seed: int) -> tuple[notes.VerifierKey, Sign]:
    private = bytes([seed]) * 32
    return notes.VerifierKey.of(name, notes.OWN, sm2.public_of(private)), lambda message: sm2.sign(private, message)


LOG, LOG_SIGNS = ed25519(ORIGIN, 1, notes.ED25519)
FIRST, FIRST_SIGNS = ed25519("first.example", 2, notes.COSIGNATURE)
SECOND, SECOND_SIGNS = ed25519("second.example", 3, notes.COSIGNATURE)
FIRST_SM2, FIRST_SM2_SIGNS = sm2_key("first.example", 4)
NOTE = checkpoints.sign_checkpoint(TREE, LOG_SIGNS, LOG)


def cosigned(*lines: notes.NoteSignature, note: bytes = NOTE) -> bytes:
    return checkpoints.with_signatures(note, lines)


def first(at: int = AT) -> notes.NoteSignature:
    return checkpoints.cosignature(TREE.text(), at, FIRST_SIGNS, FIRST)


def second(at: int = AT) -> notes.NoteSignature:
    return checkpoints.cosignature(TREE.text(), at, SECOND_SIGNS, SECOND)


def first_sm2(at: int = AT) -> notes.NoteSignature:
    return checkpoints.cosignature(TREE.text(), at, FIRST_SM2_SIGNS, FIRST_SM2)


def refusal(note: bytes, **keys: tuple[notes.VerifierKey, ...]) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        checkpoints.open_checkpoint(note, log=LOG, witnesses=keys.get("witnesses", ()), sm2=keys.get("sm2", ()))
    return refused.value


lines = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    tree=st.builds(
        Checkpoint,
        origin=lines,
        size=st.integers(0, checkpoints.LARGEST_SIZE),
        root=st.binary(min_size=32, max_size=32),
        extensions=st.lists(lines, max_size=3).map(tuple),
    )
)
def test_a_checkpoint_is_read_back_from_its_text(tree: Checkpoint) -> None:
    assert checkpoints.parse(tree.text()) == tree


@given(text=st.text(alphabet="0149aA=/+\n", max_size=80))
def test_a_text_is_read_in_one_way_or_not_at_all(text: str) -> None:
    try:
        tree = checkpoints.parse(text)
    except InvalidInput:
        return
    assert tree.text() == text


ROOT = TREE.text().split("\n")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n3\n{ROOT}",
        f"{ORIGIN}\n3\n",
        f"\n3\n{ROOT}\n",
        f"{ORIGIN}\n03\n{ROOT}\n",
        f"{ORIGIN}\n+3\n{ROOT}\n",
        f"{ORIGIN}\n-3\n{ROOT}\n",
        f"{ORIGIN}\n3 \n{ROOT}\n",
        f"{ORIGIN}\n\uff13\n{ROOT}\n",
        f"{ORIGIN}\n1_0\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n9223372036854775808\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n3\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n3\n{ROOT[:-4]}\n",
        f"{ORIGIN}\n3\n{ROOT}\n\n",
        f"{ORIGIN}\n3\n{ROOT}\n\nextension\n",
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.checkpoint"):
        checkpoints.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 3, TREE.root, ()),
        ("two\nlines", 3, TREE.root, ()),
        ("half a pair \ud800", 3, TREE.root, ()),
        (ORIGIN, -1, TREE.root, ()),
        (ORIGIN, checkpoints.LARGEST_SIZE + 1, TREE.root, ()),
        (ORIGIN, 3, TREE.root[1:], ()),
        (ORIGIN, 3, TREE.root, ("",)),
        (ORIGIN, 3, TREE.root, ("a\nb",)),
    ],
)
def test_a_checkpoint_that_could_not_be_read_back_is_refused(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.checkpoint"):
        Checkpoint(origin, size, root, extensions)


def test_a_checkpoint_of_its_log_alone() -> None:
    opened = checkpoints.open_checkpoint(NOTE, log=LOG, witnesses=[FIRST])
    assert opened == checkpoints.Cosigned(TREE, log=True, cosigners={}, sm2={}, unknown=())


def test_cosigners_are_told_by_name_and_time() -> None:
    note = cosigned(first(), second(AT + 5), first_sm2(AT + 1))
    opened = checkpoints.open_checkpoint(note, log=LOG, witnesses=[FIRST, SECOND], sm2=[FIRST_SM2])
    assert opened.cosigners == {"first.example": AT, "second.example": AT + 5}
    assert opened.sm2 == {"first.example": AT + 1}
    assert opened.unknown == ()


def test_cosigners_that_are_not_known_are_named_and_not_counted() -> None:
    note = cosigned(first(), second(), first_sm2())
    opened = checkpoints.open_checkpoint(note, log=LOG, witnesses=[FIRST])
    assert opened.cosigners == {"first.example": AT}
    assert (opened.sm2, opened.unknown) == ({}, ("second.example", "first.example"))


def test_the_earlier_of_two_times_of_one_key_counts() -> None:
    parsed = notes.parse(NOTE)
    note = notes.format(parsed.text, [*parsed.lines, first(AT + 9), first(AT), first(AT + 5)])
    opened = checkpoints.open_checkpoint(note, log=LOG, witnesses=[FIRST])
    assert opened.cosigners == {"first.example": AT}


def test_a_newer_line_takes_the_place_of_the_older() -> None:
    note = cosigned(first(AT + 1), note=cosigned(first(), second()))
    assert [line.name for line in notes.parse(note).lines] == [ORIGIN, "first.example", "second.example"]
    opened = checkpoints.open_checkpoint(note, log=LOG, witnesses=[FIRST])
    assert opened.cosigners == {"first.example": AT + 1}


def test_no_more_lines_than_a_note_takes_are_added() -> None:
    strangers = [notes.NoteSignature(f"witness-{at}", b"1234", b"signature") for at in range(64)]
    assert len(notes.parse(cosigned(*strangers[1:])).lines) == 64
    with pytest.raises(InvalidInput, match=r"proofs\.note:"):
        cosigned(*strangers)


@pytest.mark.parametrize("line", [first(), first_sm2()], ids=["ed25519", "sm2"])
def test_a_wrong_cosignature_of_a_known_witness_is_named(line: notes.NoteSignature) -> None:
    wrong = notes.NoteSignature(line.name, line.id, line.signature[:-1] + bytes([line.signature[-1] ^ 1]))
    error = refusal(cosigned(wrong), witnesses=(FIRST,), sm2=(FIRST_SM2,))
    assert (error.code, error.details) == ("proofs.note_signature", {"name": "first.example"})


def test_a_cosignature_of_another_tree_does_not_pass() -> None:
    other = Checkpoint(ORIGIN, 4, TREE.root)
    line = checkpoints.cosignature(other.text(), AT, FIRST_SIGNS, FIRST)
    assert refusal(cosigned(line), witnesses=(FIRST,)).code == "proofs.note_signature"


@pytest.mark.parametrize("signs", [lambda _message: bytes(64), SECOND_SIGNS], ids=["zeros", "another key"])
def test_a_wrong_signature_of_the_log_is_named(signs: Sign) -> None:
    error = refusal(checkpoints.sign_checkpoint(TREE, signs, LOG))
    assert (error.code, error.details) == ("proofs.log_signature", {"name": ORIGIN})


def test_a_checkpoint_without_its_log_is_refused_whoever_cosigned() -> None:
    note = notes.format(TREE.text(), [first(), second()])
    assert refusal(note, witnesses=(FIRST, SECOND)).code == "proofs.log_signature"


def test_the_checkpoint_of_another_log_is_refused() -> None:
    other, signs = ed25519("other.example", 1, notes.ED25519)
    note = checkpoints.sign_checkpoint(Checkpoint("other.example", 3, TREE.root), signs, other)
    assert refusal(note).code == "proofs.log_key"


@pytest.mark.parametrize("key", [SECOND, FIRST, notes.VerifierKey.of(ORIGIN, notes.COSIGNATURE, LOG.public)])
def test_only_the_logs_own_key_signs_its_checkpoints(key: notes.VerifierKey) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.log_key"):
        checkpoints.sign_checkpoint(TREE, LOG_SIGNS, key)
    with pytest.raises(InvalidInput, match=r"proofs\.log_key"):
        checkpoints.open_checkpoint(NOTE, log=key, witnesses=())


@pytest.mark.parametrize(
    ("witnesses", "national"),
    [
        ((LOG,), ()),
        ((FIRST_SM2,), ()),
        ((), (FIRST,)),
        ((FIRST, FIRST), ()),
        ((FIRST, notes.VerifierKey.of("alias.example", notes.COSIGNATURE, FIRST.public)), ()),
        ((FIRST, notes.VerifierKey.of(FIRST.name, notes.COSIGNATURE, SECOND.public)), ()),
    ],
    ids=["a log", "sm2", "not sm2", "twice", "one key, two names", "one name, two keys"],
)
def test_witness_keys_must_fit_and_differ(
    witnesses: tuple[notes.VerifierKey, ...], national: tuple[notes.VerifierKey, ...]
) -> None:
    assert refusal(NOTE, witnesses=witnesses, sm2=national).code == "proofs.verifier_key"


@pytest.mark.parametrize(
    ("key", "at"),
    [(LOG, AT), (FIRST, 0), (FIRST, -1), (FIRST, notes.LATEST_TIME + 1)],
    ids=lambda value: str(value)[:20],
)
def test_nothing_is_cosigned_with_a_key_or_time_that_does_not_fit(key: notes.VerifierKey, at: int) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.verifier_key"):
        checkpoints.cosignature(TREE.text(), at, FIRST_SIGNS, key)


def test_a_note_above_64_kib_is_no_checkpoint() -> None:
    large = Checkpoint(ORIGIN, 3, TREE.root, ("x" * notes.LARGEST_CHECKPOINT,))
    note = checkpoints.sign_checkpoint(large, LOG_SIGNS, LOG)
    assert refusal(note).code == "proofs.note"
    with pytest.raises(InvalidInput, match=r"proofs\.note:"):
        checkpoints.with_signatures(note, [first()])


@given(at=st.integers(0, len(NOTE) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_checkpoint_may_differ(at: int, bit: int) -> None:
    changed = bytearray(NOTE)
    changed[at] ^= 1 << bit
    assert refusal(bytes(changed)).code in {
        "proofs.note",
        "proofs.checkpoint",
        "proofs.log_key",
        "proofs.log_signature",
    }
