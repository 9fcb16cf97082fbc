"""The digests and signatures that the browser's verifier computes itself, on the vectors of the other verifiers."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from unicodedata import normalize

import pytest
from playwright.sync_api import Page, Route

from concord.proofs.digests import pair_of
from tests.conformance.test_ed25519_edges import KEYS, SIGNATURES
from tests.conformance.test_primitive_vectors import HERE, SM3_MESSAGES, records
from tests.support.fonts import PROJECT

pytestmark = pytest.mark.browser

ASSETS = PROJECT / "assets"
ADDRESS = "http://modules.test/"
SM2 = "tongsuo-sm2/SM2/GB_32918.5-2017"
LENGTHS = (0, 1, 55, 56, 57, 63, 64, 65, 111, 112, 113, 119, 120, 127, 128, 129, 1000)
DIGESTS = """async messages => {
    const { fromHex, hexOf, pairOf } = await import('/parts/verifying/reading.js');
    const { sha512 } = await import('/parts/verifying/sha512.js');
    return messages.map(fromHex).map(bytes => ({ ...pairOf(bytes), sha512: hexOf(sha512(bytes)) }));
}"""
IN_PIECES = """async ([message, piece]) => {
    const { fromHex } = await import('/parts/verifying/reading.js');
    const digests = [(await import('/parts/sha256.js')).sha256(), (await import('/parts/sm3.js')).sm3()];
    const bytes = fromHex(message);
    for (let at = 0; at < bytes.length; at += piece) {
        for (const digest of digests) digest.update(bytes.subarray(at, at + piece));
    }
    return digests.map(digest => digest.hex());
}"""
VERIFIED = """async ([name, cases]) => {
    const { fromHex } = await import('/parts/verifying/reading.js');
    const verify = (await import(`/parts/verifying/${name}.js`))[name];
    return cases.map(parts => verify(...parts.map(fromHex)));
}"""
TAKEN = """async keys => {
    const { fromHex } = await import('/parts/verifying/reading.js');
    const { ed25519Key } = await import('/parts/verifying/ed25519.js');
    return keys.map(key => ed25519Key(fromHex(key)) !== null);
}"""
FOLDED = """async () => {
    const { folded } = await import('/parts/verifying/shapes.js');
    return Array.from({ length: 0x110000 }, (_, point) =>
        point >= 0xd800 && point <= 0xdfff ? '' : folded(String.fromCodePoint(point)));
}"""


@pytest.fixture
def modules(page: Page) -> Page:
    """A page that can import the scripts as they stand in the repository."""

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS)
        if path:
            route.fulfill(path=ASSETS / path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")

    page.route(f"{ADDRESS}**", answer)
    page.goto(ADDRESS)
    return page


def test_digests_of_every_length(modules: Page) -> None:
    messages = [bytes(range(256)) * 4, *(bytes(length) for length in LENGTHS)]
    for data, found in zip(messages, modules.evaluate(DIGESTS, [one.hex() for one in messages]), strict=True):
        pair = pair_of(data)
        expected = {"sha256": pair.sha256, "sm3": pair.sm3, "sha512": hashlib.sha512(data).hexdigest()}
        assert found == expected, len(data)


def test_sm3_vectors(modules: Page) -> None:
    found = modules.evaluate(DIGESTS, [message for message, _ in SM3_MESSAGES])
    assert [one["sm3"] for one in found] == [digest.lower() for _, digest in SM3_MESSAGES]


@pytest.mark.parametrize("piece", [1, 7, 63, 64, 65, 300])
def test_digests_in_pieces(modules: Page, piece: int) -> None:
    data = bytes(range(256)) * 4
    assert modules.evaluate(IN_PIECES, [data.hex(), piece]) == [pair_of(data).sha256, pair_of(data).sm3]


def test_ed25519_vectors(modules: Page) -> None:
    groups = json.loads((HERE / "wycheproof/ed25519_test.json").read_text(encoding="utf-8"))["testGroups"]
    cases = [(group["publicKey"]["pk"], one) for group in groups for one in group["tests"]]
    found = modules.evaluate(VERIFIED, ["ed25519", [[key, one["msg"], one["sig"]] for key, one in cases]])
    assert found == [one["result"] == "valid" for _, one in cases]


def test_ed25519_edges(modules: Page) -> None:
    assert modules.evaluate(TAKEN, [one["key"] for one in KEYS]) == [one["taken"] for one in KEYS]
    cases = [[one["key"], one["message"], one["signature"]] for one in SIGNATURES]
    assert modules.evaluate(VERIFIED, ["ed25519", cases]) == [one["valid"] for one in SIGNATURES]


def test_sm2_vectors(modules: Page) -> None:
    (good,), (bad,) = ([one for one in records(f"{SM2}/{file}.txt") if "R" in one] for file in ("SigGen", "SigFail"))
    standard: dict[str, Any] = json.loads((HERE / "extracted/sm2_gbt32918_5.json").read_text(encoding="utf-8"))
    key, message = f"04{standard['x']}{standard['y']}", standard["message"].encode().hex()
    right = [key, message, standard["r"] + standard["s"]]
    wrong = [
        [key, message + "00", standard["r"] + standard["s"]],
        [key, message, standard["s"] + standard["r"]],
        [key, message, "00" * 64],
        [key, message, "ff" * 64],
        [f"04{standard['x']}{standard['x']}", message, standard["r"] + standard["s"]],
        ["00" + key[2:], message, standard["r"] + standard["s"]],
    ]
    ours = [["04" + one["Qx"] + one["Qy"], one["Msg"], one["R"] + one["S"]] for one in (good, bad)]
    assert modules.evaluate(VERIFIED, ["sm2", [right, *ours, *wrong]]) == [True, True, False] + [False] * len(wrong)


@pytest.mark.slow
def test_characters_that_differ_by_case_alone(modules: Page) -> None:
    apart: dict[str, set[str]] = {}
    for point, folded in enumerate(modules.evaluate(FOLDED)):
        if not 0xD800 <= point <= 0xDFFF:
            apart.setdefault(normalize("NFC", chr(point).casefold()), set()).add(folded)
    assert len(apart) > 0x100000
    assert [one for one, found in apart.items() if len(found) > 1] == []
