"""What other implementations of transparency logs publish as right and wrong, this one takes and refuses alike.

Not run, because it is not there: signing the checkpoints of the log of others again (its private key is not published
with it), and proofs of subtrees that begin inside a tree (no format used here has them).
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from concord.proofs import checkpoints, log_policy, merkle, notes, tiles, tlog_proof
from concord.rules.errors import InvalidInput

HERE = Path(__file__).resolve().parent
TESSERA = HERE / "tessera-log"
TESSERA_KEY = notes.parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")


def extracted(name: str) -> Any:
    return json.loads((HERE / "extracted" / name).read_text(encoding="utf-8"))


def vectors(folder: str) -> list[Any]:
    return [
        pytest.param(json.loads(path.read_text(encoding="utf-8")), id=path.relative_to(HERE).as_posix())
        for path in sorted((HERE / "merkle" / folder).rglob("*.json"))
    ]


# What its makers take and this house refuses on purpose, with the reason.
REFUSED_ON_PURPOSE = [
    pytest.param(
        notes.parse_vkey,
        extracted("formats_vkeys.json")["key_id_does_not_match_key"][0]["vkey"],
        id="its id is not the one that name, type and key give; the loader that it was made for never compares",
    ),
    pytest.param(
        log_policy.parse,
        extracted("tlog_policy.json")["good"][0]["policy"],
        id="its witnesses have keys of type 1, which sign without a time; the policy asks for timed ones",
    ),
]


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def read(path: str) -> bytes | None:
    file = TESSERA / path
    return file.read_bytes() if file.is_file() else None


def opened(size: int) -> checkpoints.Checkpoint:
    note = (TESSERA / f"checkpoint.{size}").read_bytes()
    return checkpoints.open_checkpoint(note, log=TESSERA_KEY, witnesses=()).checkpoint


@pytest.mark.parametrize("vector", vectors("inclusion"))
def test_inclusion(vector: dict[str, Any]) -> None:
    proof = [raw(one) for one in vector["proof"] or ()]
    holds = merkle.verify_inclusion(
        vector["leafIdx"], vector["treeSize"], raw(vector["leafHash"]), proof, raw(vector["root"])
    )
    assert holds is not vector["wantErr"]


@pytest.mark.parametrize("vector", vectors("consistency"))
def test_consistency(vector: dict[str, Any]) -> None:
    proof = [raw(one) for one in vector["proof"] or ()]
    holds = merkle.verify_consistency(
        vector["size1"], vector["size2"], proof, raw(vector["root1"]), raw(vector["root2"])
    )
    assert holds is not vector["wantErr"]


def test_all_the_proof_vectors_are_here() -> None:
    assert [len(vectors(folder)) for folder in ("inclusion", "consistency")] == [98, 98]


def test_reference_roots() -> None:
    reference = extracted("rfc6962_reference.json")
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in reference["leaves_hex"]]
    roots = [merkle.Range(0, ()).append(leaves[:size]).root().hex() for size in range(len(leaves) + 1)]
    assert roots == reference["roots_hex_by_size"]


def test_tile_paths() -> None:
    for one in extracted("tile_paths.json")["good"]:
        assert tiles.tile_path(one["level"], one["index"], one["width"]) == one["path"]
    example = extracted("c2sp_examples.json")["tile_index"]
    assert tiles.entries_path(example["n"]) == f"tile/entries/{example['path']}"


def test_the_tiles_of_the_specified_examples() -> None:
    def written(size: int) -> set[str]:
        return set(tiles.grown(lambda _path: None, 0, [b""] * size))

    large, example = written(70_000), extracted("c2sp_examples.json")["tree_70000"]
    assert sum(path.startswith("tile/0/") and ".p/" not in path for path in large) == example["level0_full"]
    assert tiles.tile_path(0, 273, example["level0_partial_width"]) in large
    assert {path for path in large if path.startswith("tile/1/")} == {
        tiles.tile_path(1, 0),
        tiles.tile_path(1, 1, example["level1_partial_width"]),
    }
    assert {path for path in large if path.startswith("tile/2/")} == {tiles.tile_path(2, 0, 1)}
    assert written(256) == {tiles.tile_path(0, 0), tiles.tile_path(1, 0, 1), tiles.entries_path(0)}


@pytest.mark.parametrize("case", extracted("sumdb_note.json")["cases"], ids=lambda case: case["name"])
def test_notes(case: dict[str, Any]) -> None:
    keys = [notes.parse_vkey(vkey) for vkey in case["vkeys"]]
    code = {
        None: None,
        "unverified": "proofs.note_signature",
        "invalid signature": "proofs.note_signature",
        "ambiguous": "proofs.verifier_key",
        "malformed": "proofs.note",
        "too many": "proofs.note",
    }[case.get("error")]
    if code is None:
        note = notes.parse(case["note"].encode())
        assert len(notes.open_note(note, keys).verified) == case["verified"]
        assert notes.format(note.text, note.lines) == case["note"].encode()
        return
    with pytest.raises(InvalidInput) as refused:
        notes.open_note(notes.parse(case["note"].encode()), keys)
    assert refused.value.code == code


def test_the_specified_example_of_a_note() -> None:
    example = extracted("c2sp_examples.json")["signed_note"]
    note = notes.open_note(notes.parse(example["note"].encode()), [notes.parse_vkey(example["vkey"])])
    assert [line.name for line in note.verified] == ["example.com/foo"]


@pytest.mark.parametrize("vkey", extracted("formats_vkeys.json")["good"], ids=lambda vkey: vkey[:20])
def test_verifier_keys(vkey: str) -> None:
    assert notes.parse_vkey(vkey).vkey_text() == vkey


@pytest.mark.parametrize(
    "vkey",
    [
        *extracted("formats_vkeys.json")["bad"],
        *extracted("sumdb_note.json")["bad_vkeys"],
    ],
    ids=lambda vkey: vkey[:40],
)
def test_bad_verifier_keys(vkey: str) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.verifier_key"):
        notes.parse_vkey(vkey)


def test_the_key_with_the_wrong_id_is_good_under_its_own() -> None:
    (wrong,) = extracted("formats_vkeys.json")["key_id_does_not_match_key"]
    name, _id, key = wrong["vkey"].split("+", 2)
    assert notes.parse_vkey(f"{name}+{wrong['id_by_spec']}+{key}").kind == notes.ML_DSA_44


def test_a_key_with_any_byte_changed_is_refused() -> None:
    vkey = extracted("sumdb_note.json")["mutate_every_byte_must_fail"]
    assert notes.parse_vkey(vkey).name == "PeterNeumann"
    for at in range(len(vkey)):
        for other in {chr(ord(vkey[at]) ^ 1 << bit) for bit in range(7)} | {""}:
            with pytest.raises(InvalidInput, match=r"proofs\.verifier_key"):
                notes.parse_vkey(vkey[:at] + other + vkey[at + 1 :])


@pytest.mark.parametrize(("parse", "text"), REFUSED_ON_PURPOSE)
def test_refused_on_purpose(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(InvalidInput):
        parse(text)


def test_the_policy_of_untimed_witnesses_is_good_with_cosigners() -> None:
    (good,) = extracted("tlog_policy.json")["good"]
    timed = good["policy"]
    for word in good["policy"].split():
        if word.count("+") > 1:
            key = notes.parse_vkey(word)
            timed = timed.replace(word, notes.VerifierKey.of(key.name, notes.COSIGNATURE, key.public).vkey_text())
    policy = log_policy.parse(timed)
    assert (policy.quorum_size(), len(policy.witnesses)) == (good["k"], good["n"])


@pytest.mark.parametrize("policy", extracted("tlog_policy.json")["bad"])
def test_bad_policies(policy: str) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.log_policy"):
        log_policy.parse(policy)


@pytest.mark.parametrize("good", extracted("tlog_proof.json")["good"], ids=lambda good: f"index {good['index']}")
def test_proofs_of_logging(good: dict[str, Any]) -> None:
    proof = tlog_proof.parse(good["text"].encode())
    extra = None if good["extra"] is None else raw(good["extra"])
    assert proof == tlog_proof.TlogProof(
        good["index"], tuple(raw(one) for one in good["hashes"]), good["checkpoint"].encode(), extra
    )
    assert proof.encoded() == good["text"].encode()


@pytest.mark.parametrize("text", extracted("tlog_proof.json")["bad"])
def test_bad_proofs_of_logging(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.tlog_proof"):
        tlog_proof.parse(text.encode())


@pytest.mark.parametrize("size", range(16))
def test_every_checkpoint_of_a_log_of_others(size: int) -> None:
    tree = opened(size)
    assert (tree.size, tree.origin) == (size, "example.com/log/testdata")
    assert tree.root == tiles.root_of(read, size)
    note = (TESSERA / f"checkpoint.{size}").read_bytes()
    assert notes.format(tree.text(), notes.parse(note).lines) == note


def test_every_proof_of_a_log_of_others() -> None:
    trees = [opened(size) for size in range(16)]
    for new in trees[1:]:
        for old in trees[1 : new.size]:
            proof = tiles.consistency(read, old.size, new.size)
            assert merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
        for index in range(new.size):
            leaf = merkle.leaf_hash(tiles.leaf_at(read, index, new.size))
            proof = tiles.inclusion(read, index, new.size)
            assert merkle.verify_inclusion(index, new.size, leaf, proof, new.root)


@pytest.mark.parametrize("old", range(15))
def test_our_tiles_of_the_same_leaves_are_theirs(old: int) -> None:
    for new in range(old + 1, 16):
        leaves = [tiles.leaf_at(read, index, new) for index in range(old, new)]
        assert tiles.grown(read, old, leaves) == {
            path: read(path) for path in (tiles.tile_path(0, 0, new), tiles.entries_path(0, new))
        }
