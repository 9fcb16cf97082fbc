"""The operator's commands that found a ledger among cities; those for a city's own machine need no Django."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from concord.foundation.database.clock import now
from concord.rules.errors import InvalidInput, Said


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``make-city-keys``, ``set-up-ledger`` and ``sign-trust``."""
    city = commands.add_parser("make-city-keys", help="on a city's machine: its root and officers' keys")
    city.add_argument("folder", type=Path, help="where they are kept; city.json there goes to the host")
    city.add_argument("--organisation", required=True, metavar="CODE")
    city.add_argument("--witness", required=True, metavar="NAME")
    city.add_argument("--url", required=True, help="where the city's witness answers")
    city.add_argument("--vkey", required=True, help="the witness's key, as concord witness --make-key printed it")
    city.add_argument("--sm2-vkey", metavar="VKEY", help="its SM2 key, likewise")
    host = commands.add_parser("set-up-ledger", help="on the host: the log's key, then the ledger from cities' files")
    host.add_argument("--origin", required=True, help="the name of the log, such as ledger.example.cn/2026")
    host.add_argument("--city", type=Path, action="append", default=[], metavar="FILE", help="a city's city.json")
    host.add_argument("--stamper", action="append", default=[], metavar="NAME=URL", help="an RFC 3161 time-stamper")
    host.add_argument("--sm3-stamper", action="append", default=[], metavar="NAME=URL", help="one asked with SM3")
    host.add_argument("--authority", action="append", default=[], metavar="NAME=FILE", help="its certificate, DER")
    sign = commands.add_parser("sign-trust", help="on a city's machine: sign the trust file with the city's root")
    sign.add_argument("file", type=Path, help="the trust file; it is written back with the signature")
    sign.add_argument("--root", type=Path, required=True, metavar="FILE", help="the city's root.json")


def make_city(asked: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Make a city's keys and say what to send; raises as ``founding.make_city``."""
    from concord.foundation.keys import founding  # noqa: PLC0415  needs the proofs' libraries, other commands do not
    from concord.foundation.keys.installation import WitnessAddress  # noqa: PLC0415  as above

    witness = WitnessAddress(asked.witness, asked.url, asked.vkey, asked.sm2_vkey, asked.organisation)
    city = founding.make_city(asked.folder, witness=witness, random_bytes=secrets.token_bytes, at=now())
    say(f"{city.root.key}  {city.root.public.fingerprint()}")
    say(f"请把 {asked.folder / founding.CITY} 交给主机方，root.json 不要离开本机。")
    say(f"Send {asked.folder / founding.CITY} to the host; root.json never leaves this machine.")


def sign_trust(asked: argparse.Namespace, say: Callable[[str], None]) -> None:
    """Sign the trust file and say what was signed and by whom it is signed now; raises as ``founding.sign``."""
    from concord.foundation.keys import founding  # noqa: PLC0415  as above

    trust = founding.sign(asked.file, asked.root)
    say(f"version {trust.version}, {trust.issued_at:%Y-%m-%d} … {trust.expires_at:%Y-%m-%d}, {trust.fingerprint}")
    for root in trust.roots:
        mark = "✓" if root.org in trust.endorsement.organisations else "·"
        say(f"{mark} {root.key}  {root.public.fingerprint()}")


def set_up_ledger(asked: argparse.Namespace, *, keys: Path, ledger: Path, at: datetime) -> list[str]:
    """The host's part, as lines to be shown; without cities' files only the log's key, which cities need first."""
    from concord.foundation.keys import founding, setting_up  # noqa: PLC0415  as above
    from concord.foundation.keys.installation import StamperAddress  # noqa: PLC0415  as above
    from concord.proofs.timestamps import Authority  # noqa: PLC0415  as above

    place = setting_up.Place(keys, ledger, ledger.parent / "witnesses")
    if not asked.city:
        key = setting_up.log_key(keys / setting_up.LOG, asked.origin, secrets.token_bytes)
        return [
            key.vkey_text(),
            "请把上面的公钥告诉各机关。各机关回送 city.json 后，用 --city 逐个给出，再运行一次。",
            "Tell the cities this key. When they have sent their city.json, run this again with --city for each.",
        ]
    stampers = [StamperAddress(*_pair(one)) for one in asked.stamper]
    stampers += [StamperAddress(*_pair(one), "sm3") for one in asked.sm3_stamper]
    authorities = [
        Authority(name, Path(file).read_bytes(), at, at + setting_up.VALID_FOR)
        for name, file in map(_pair, asked.authority)
    ]
    made = founding.found(
        place,
        origin=asked.origin,
        cities=[founding.read_city(file) for file in asked.city],
        stampers=stampers,
        authorities=authorities,
        random_bytes=secrets.token_bytes,
        at=at,
    )
    tokens = ledger / founding.TOKENS
    return [
        f"{made.folder / 'ledger.toml'}: {len(made.witnesses)} witnesses, quorum {made.policy.quorum_size()}",
        f"请让各机关依次用 sign-trust 签署 {made.trust}，并把 {tokens} 中的凭证分别交给各机关。",
        f"Let the cities sign {made.trust} with sign-trust, one after another; give each its token from {tokens}.",
    ]


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if not name or not value:
        raise InvalidInput("cli.usage", Said(f"“{text}”须写作 名称=值。", f"“{text}” must be written NAME=VALUE."))
    return name, value
