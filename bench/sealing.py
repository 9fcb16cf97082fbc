"""What sealing, verifying and stamping cost beside the signatures and digests that they cannot do without."""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import process_time

import gmssl_pyx
import rfc3161_client
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.measuring import Table, interleaved, ratio
from concord.proofs import sm2, timestamps
from concord.proofs.digests import digested, pair_of
from concord.proofs.leaves import package_leaf
from concord.proofs.package import package_id
from concord.proofs.time_authority import LocalAuthority
from concord.proofs.trust import Trust, read_trust
from concord.proofs.verifying import verify
from tests.support.packages import LOOKED_AT, MEMBERS, SONGJIANG, STAMPED, Alliance, packed

KIB, MIB = 1 << 10, 1 << 20
LARGE = 10 * MIB
SIZES: Mapping[str, int] = {"1 KiB": KIB, "10 MiB": LARGE}
MESSAGE = b"m" * 700
GOAL, LEAST = 0.9, 0.7
ROUNDS = 7
PAIR, LARGE_PAIR = "SHA-256 + SM3 of 1 KiB", "SHA-256 ∥ SM3 of 10 MiB"
WRITTEN, READ = "JSON of 1 KiB written", "JSON of 1 KiB read"
PEER, PEER_REPEATS, STAMP_CHECKED = "rfc3161-client", 50, "verify a token, P-256"
PRIVATE = bytes(range(1, 33))
Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Work:
    """Something measured ``repeats`` times a round, and the primitives that it needs at the least."""

    name: str
    run: Run
    repeats: int
    needs: Mapping[str, int]


def run() -> list[Table]:
    """Sealing, verification and tokens beside their bounds; the primitives beside a public Python peer."""
    alliance = Alliance()
    trust = read_trust(alliance.trust())
    if len(trust.endorsement.organisations) != len(MEMBERS):
        raise AssertionError("the trust file is not signed by all")
    works = [
        *(_sealing(alliance, name, size) for name, size in SIZES.items()),
        *(_verification(alliance, trust, name, size) for name, size in SIZES.items()),
        *_tokens("P-256", alliance.authority),
        *_tokens("SM2", alliance.gm_authority),
    ]
    primitives = _primitives()
    runs = {name: _times(one, count) for name, (one, count) in primitives.items()}
    runs |= {work.name: _times(work.run, work.repeats) for work in works}
    runs[PEER] = _times(_by_peer(alliance.authority), PEER_REPEATS)
    counts = {name: count for name, (_, count) in primitives.items()} | {work.name: work.repeats for work in works}
    counts[PEER] = PEER_REPEATS
    seconds = {
        name: found.median / counts[name]
        for name, found in interleaved(runs, rounds=ROUNDS, clock=process_time).items()
    }
    columns = [
        "what",
        "a second of one core",
        "bound",
        "share of the bound",
        "at least 70 %, goal 90 %",
        "a public peer",
    ]
    note = (
        "The bound is computed from the primitives of the next table, measured in the same rounds: the JSON, "
        "signatures and digests that the format asks for, and nothing else. A package has two events signed with "
        "Ed25519 and SM2 and a P-256 time-stamp made in this process; when verified also a checkpoint with nine "
        "cosignatures and one entry of the directory. The trust file is read before. All is processor time, so that "
        "neighbours on the machine do not count; 10 MiB are digested by two threads, whose times are added up. The "
        "bound of a token is its signature alone: it leaves out the strict reading of some ninety elements of DER, the "
        "three digests that the token binds, and the second reader that must see the same; that of a package leaves "
        "out the container's headers and every check of form."
    )
    return [
        Table("Sealing, verification, time-stamps", columns, [_row(work, seconds) for work in works], [note]),
        _primitive_table(seconds),
    ]


def share(found: float, bound: float) -> list[str]:
    """The share of the bound, and whether that is enough."""
    part = bound / found
    return [f"{part:.0%}", "goal" if part >= GOAL else "met" if part >= LEAST else "missed"]


def _row(work: Work, seconds: Mapping[str, float]) -> list[str]:
    bound = sum(seconds[name] * count for name, count in work.needs.items())
    found = seconds[work.name]
    peer = f"`rfc3161-client` {1 / seconds[PEER]:,.0f}" if work.name == STAMP_CHECKED else "-"
    return [work.name, f"{1 / found:,.0f}", f"{1 / bound:,.0f}", *share(found, bound), peer]


def _sealing(alliance: Alliance, name: str, size: int) -> Work:
    content = {"payload/a.bin": _bytes(size)}

    def seal() -> None:
        made, _ = alliance.manifest(content)
        events = alliance.events(made)
        token = pair_of(alliance.stamp(events[1]))
        package_leaf("evidence", org=SONGJIANG, package_id=package_id(made), head=pair_of(events[1]), token=token)

    needs = {"Ed25519 sign": 2, "SM2 sign": 2, "P-256 sign": 1, PAIR: 8, WRITTEN: 6}
    return Work(f"seal {name}", seal, *_for(size, needs))


def _verification(alliance: Alliance, trust: Trust, name: str, size: int) -> Work:
    package = packed(alliance.sealed({"payload/a.bin": _bytes(size)}))

    def check() -> None:
        report = verify(io.BytesIO(package), trust=trust, at=LOOKED_AT)
        if (report.verdict, report.level) != ("pass", "L2T"):
            raise AssertionError(report.as_json().decode())

    # Two events, one entry of the directory, the log, nine witnesses, the time-stamp.
    needs = {"Ed25519 verify": 2 + 1 + 1 + 9, "SM2 verify": 2 + 1, "P-256 verify": 1, PAIR: 6, READ: 5, WRITTEN: 5}
    return Work(f"verify {name}", check, *_for(size, needs))


def _for(size: int, needs: Mapping[str, int]) -> tuple[int, Mapping[str, int]]:
    """How often a round does it, and what it needs, the file's own digests among it."""
    return (1, {**needs, LARGE_PAIR: 1}) if size == LARGE else (100, needs)


def _tokens(name: str, authority: LocalAuthority) -> list[Work]:
    algorithm, pair = authority.algorithm, pair_of(MESSAGE)
    asked = timestamps.request(
        bytes.fromhex(pair.sm3 if algorithm == "sm2" else pair.sha256),
        algorithm="sm3" if algorithm == "sm2" else "sha256",
        nonce=1,
    )
    token, pinned = authority.respond(asked, at=STAMPED, serial=1), (authority.pinned(),)

    def check() -> None:
        if timestamps.check_token(token, covered=(MESSAGE,), authorities=pinned).status != "pass":
            raise AssertionError("the token does not pass")

    make = partial(authority.respond, asked, at=STAMPED, serial=1)
    return [
        Work(f"make a token, {name}", make, 200, {f"{name} sign": 1}),
        Work(f"verify a token, {name}", check, 100, {f"{name} verify": 1}),
    ]


def _by_peer(authority: LocalAuthority) -> Run:
    """The same token checked by the public library, which finds the nonce and the imprint as we do."""
    certificate = x509.load_der_x509_certificate(authority.certificate)
    imprint = bytes.fromhex(pair_of(MESSAGE).sha256)
    asked = timestamps.request(imprint, algorithm="sha256", nonce=1)
    token = authority.respond(asked, at=STAMPED, serial=1)
    verifier = rfc3161_client.VerifierBuilder(tsa_certificate=certificate, roots=[certificate], nonce=1).build()

    def check() -> None:
        if not verifier.verify(rfc3161_client.decode_timestamp_response(token), imprint):
            raise AssertionError("the peer does not accept the token")

    return check


def _primitives() -> dict[str, tuple[Run, int]]:
    """Each primitive, and how often it is done in a round."""
    ed25519, p256 = Ed25519PrivateKey.from_private_bytes(PRIVATE), ec.derive_private_key(17, ec.SECP256R1())
    ecdsa = ec.ECDSA(hashes.SHA256())
    public = sm2.public_of(PRIVATE)
    of_ed25519, of_p256, of_sm2 = ed25519.sign(MESSAGE), p256.sign(MESSAGE, ecdsa), sm2.sign(PRIVATE, MESSAGE)
    small, large = _bytes(KIB), _bytes(LARGE)
    table = {"digest": {f"field_{number}": "0123456789abcdef" * 4 for number in range(8)}, "sigs": ["0123"] * 60}
    return {
        "Ed25519 sign": (partial(ed25519.sign, MESSAGE), 400),
        "Ed25519 verify": (partial(ed25519.public_key().verify, of_ed25519, MESSAGE), 200),
        "P-256 sign": (partial(p256.sign, MESSAGE, ecdsa), 400),
        "P-256 verify": (partial(p256.public_key().verify, of_p256, MESSAGE, ecdsa), 200),
        "SM2 sign": (partial(sm2.sign, PRIVATE, MESSAGE), 100),
        "SM2 verify": (partial(sm2.verify, public, MESSAGE, of_sm2), 100),
        WRITTEN: (partial(json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode, table), 400),
        READ: (partial(json.loads, json.dumps(table)), 400),
        PAIR: (partial(_one_after_the_other, small), 400),
        LARGE_PAIR: (partial(_both_at_once, large), 1),
    }


def _one_after_the_other(content: bytes) -> None:
    hashlib.sha256(content).digest()
    hashlib.new("sm3", content).digest()


def _both_at_once(content: bytes) -> None:
    with ThreadPoolExecutor(1) as other:
        second = other.submit(hashlib.new, "sm3", content)
        hashlib.sha256(content).digest()
        second.result()


def _primitive_table(seconds: Mapping[str, float]) -> Table:
    """The primitives, with a public Python peer where there is one, and our ways to them."""
    public, identifier = sm2.public_of(PRIVATE), sm2.IDENTIFIER
    of_peer = gmssl_pyx.sm2_sign(PRIVATE, public[1:], MESSAGE, identifier)
    large, small = _bytes(LARGE), _bytes(KIB)
    peers: dict[str, tuple[str, Run, int]] = {
        "SM2 sign": ("gmssl_pyx", partial(gmssl_pyx.sm2_sign, PRIVATE, public[1:], MESSAGE, identifier), 20),
        "SM2 verify": ("gmssl_pyx", partial(gmssl_pyx.sm2_verify, public[1:], MESSAGE, of_peer, identifier), 40),
        PAIR: ("pair_of", partial(pair_of, small), 400),
        LARGE_PAIR: ("digested", partial(digested, (large,)), 1),
    }
    measured = interleaved(
        {name: _times(run, count) for name, (_, run, count) in peers.items()}, rounds=ROUNDS, clock=process_time
    )
    rows = []
    for name in _primitives():
        other = peers.get(name)
        beside = ["-", "-", "-"]
        if other is not None:
            each = measured[name].median / other[2]
            beside = [f"`{other[0]}`", f"{1 / each:,.0f}", ratio(each, seconds[name])]
        rows.append([name, f"{1 / seconds[name]:,.0f}", *beside])
    columns = ["primitive", "a second of one core", "beside", "a second of one core", "time beside : primitive"]
    note = (
        "SM2 is signed by the libcrypto that Python uses; `gmssl_pyx`, which carries GmSSL, is the public peer. "
        "`pair_of` and `digested` are our own, beside bare hashlib: in one thread, and in two for 10 MiB."
    )
    return Table("Signatures and digests", columns, rows, [note])


def _times(run: Run, count: int) -> Run:
    def several() -> None:
        for _ in range(count):
            run()

    return several


def _bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311  the same bytes every time
