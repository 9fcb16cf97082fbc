"""Founding a ledger among cities that each keep their own keys: what a city sends, and what the host makes of it.

A city makes its root and officer keys on a machine of its own and sends the one file of public keys. The host makes
the log's key and, from the cities' files, the policy, the settings and a trust file that nobody has signed; that file
then goes from city to city, and each signs it with its root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from concord.foundation.keys import installation, signers
from concord.foundation.keys.installation import Installation, StamperAddress, WitnessAddress
from concord.foundation.keys.setting_up import (
    LOG,
    POLICY,
    TRUST,
    VALID_FOR,
    Place,
    Random,
    keep_keys,
    keep_token,
    log_key,
    policy_text,
    quorum_of,
    write_once,
    write_settings,
)
from concord.foundation.keys.setting_up import digest_of as digest_of_token
from concord.proofs import trust
from concord.proofs.canonical import JSON, decode_table, encode
from concord.proofs.signing import ALGORITHMS, PublicKeys, signed_bytes, verifies
from concord.proofs.timestamps import Authority
from concord.proofs.trust import KeyEntry, Root, Trust
from concord.rules.errors import Conflict, InvalidInput, Said

CITY = "city.json"
TOKENS = "tokens"
MOST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class City:
    """What a city sends to the host: its root's public keys, its officers' key signed by that root, its witness."""

    org: str
    root: Root
    officer: KeyEntry
    witness: WitnessAddress


def make_city(folder: Path, *, witness: WitnessAddress, random_bytes: Random, at: datetime) -> City:
    """Make ``root.json`` and ``officer.json`` in ``folder`` where they are missing, and ``city.json`` to be sent.

    ``witness`` names the organisation and its witness. The officers' key is valid from ``at`` for two years.
    """
    for file, role in ((signers.ROOT, "root"), (signers.OFFICER, "officer")):
        keep_keys(folder / file, f"{witness.org}/{role}/{at:%Y}#1", random_bytes)
    root, officer = (signers.private_keys(folder / file) for file in (signers.ROOT, signers.OFFICER))
    begun = at.replace(microsecond=0)
    entry = trust.key_entry(
        root=root, key=officer.key, public=officer.public, valid_from=begun, valid_until=begun + VALID_FOR
    )
    city = City(witness.org, Root(root.key, root.public), entry, witness)
    written: dict[str, JSON] = {
        "org": city.org,
        "root": {"key": root.key, **root.public.as_json()},
        "officer": entry.as_json(),
        "witness": _address_json(witness),
    }
    write_once(folder / CITY, encode(written).decode())
    return city


def read_city(path: Path) -> City:
    """What ``make_city`` wrote. Raises InvalidInput ``keys.city``."""
    try:
        match decode_table(path.read_bytes(), limit=MOST_BYTES):
            case {
                "org": str(org),
                "root": {"key": str(key), **public},
                "officer": officer,
                "witness": {"name": str(name), "url": str(url), "vkey": str(vkey), **rest},
                **more,
            } if not more and rest.keys() <= {"sm2_vkey"}:
                sm2 = rest.get("sm2_vkey")
                city = City(
                    org,
                    Root(key, PublicKeys.from_json(public)),
                    trust.read_directory(encode({"schema": "directory/1", "entries": [officer]}))[0],
                    WitnessAddress(name, url, vkey, str(sm2) if sm2 is not None else None, org),
                )
                if {city.root.org, city.officer.org} == {org} and _signed_by(city.root, city.officer):
                    return city
    except (OSError, InvalidInput):
        pass
    raise InvalidInput(
        "keys.city",
        Said(
            f"{path.name} 不是由 make-city-keys 生成的公钥文件。请向该机关重新索取。",
            f"{path.name} is no file of public keys as make-city-keys writes it. Ask the city for it again.",
        ),
    )


def found(
    place: Place,
    *,
    origin: str,
    cities: Sequence[City],
    stampers: Sequence[StamperAddress],
    authorities: Sequence[Authority],
    random_bytes: Random,
    at: datetime,
) -> Installation:
    """Make the host's part from what the cities sent; the trust file is not signed yet.

    ``ledger/tokens/<witness>`` are the bearer tokens to hand to the cities. Raises Conflict ``keys.founded`` where
    there is a ledger already, InvalidInput ``keys.cities`` for one city twice, and what the policy and the trust file
    say of keys that do not fit.
    """
    if installation.exists(place.ledger):
        raise Conflict(
            "keys.founded",
            Said(
                f"{place.ledger} 中已有存证账本，不能重新建立。",
                f"There is a ledger in {place.ledger} already; it is not founded twice.",
            ),
        )
    if len({city.org for city in cities}) != len(cities):
        raise InvalidInput("keys.cities", Said("有的机关给出了两次。", "A city is given twice."))
    log = log_key(place.keys / LOG, origin, random_bytes)
    witnesses = [city.witness for city in cities]
    policy = policy_text(log, witnesses)
    begun = at.replace(microsecond=0)
    unsigned = trust.trust_body(
        version=1,
        issued_at=begun,
        expires_at=begun + VALID_FOR,
        threshold=quorum_of(len(cities)),
        roots=[city.root for city in cities],
        policy=policy,
        sm2_witnesses=[witness.sm2_vkey for witness in witnesses if witness.sm2_vkey],
        authorities=authorities,
        directory=[city.officer for city in cities],
    )
    write_once(place.ledger / POLICY, policy)
    write_once(place.ledger / TRUST, unsigned.decode())
    for witness in witnesses:
        keep_token(place.ledger / TOKENS / witness.name, random_bytes)
    readers = {witness.name: digest_of_token(place.ledger / TOKENS / witness.name) for witness in witnesses}
    write_settings(place, origin=log.name, witnesses=witnesses, stampers=stampers, readers=readers)
    return installation.read(place.ledger)


def sign(path: Path, root: Path) -> Trust:
    """Sign the trust file at ``path`` with the root keys in ``root``, and write it back; gives it as it is now.

    Raises InvalidInput ``keys.not_a_root`` when the trust file does not name these keys, and as ``read_trust``.
    """
    signer = signers.private_keys(root)
    before = trust.read_trust(path.read_bytes())
    if Root(signer.key, signer.public) not in before.roots:
        raise InvalidInput(
            "keys.not_a_root",
            Said(
                f"信任文件没有列出根密钥 {signer.key}，不能由它签名。",
                f"The trust file does not name the root key {signer.key}, so this key cannot sign it.",
            ),
        )
    signed = trust.signed_trust(path.read_bytes(), signer)
    after = trust.read_trust(signed)
    path.write_bytes(signed)
    return after


def _signed_by(root: Root, entry: KeyEntry) -> bool:
    message = signed_bytes("key", entry.stated.body)
    signatures = entry.stated.signatures() or ()
    good = [one.alg for one in signatures if one.key == root.key and verifies(root.public, message, one)]
    return tuple(good) == ALGORITHMS


def _address_json(witness: WitnessAddress) -> Mapping[str, str]:
    written = {"name": witness.name, "url": witness.url, "vkey": witness.vkey}
    return written if witness.sm2_vkey is None else written | {"sm2_vkey": witness.sm2_vkey}
