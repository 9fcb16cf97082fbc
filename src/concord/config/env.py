"""The environment, read once into one frozen object; unknown or malformed values refuse to start."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

KNOWN = {
    "CONCORD_ADDRESS": "the address people reach this installation at, for links in e-mail (http://CONCORD_BIND)",
    "CONCORD_BIND": "address and port the server listens on (127.0.0.1:8000)",
    "CONCORD_CHARTER": "the charter that seeds a new installation (g60)",
    "CONCORD_DATA": "folder of third-party test data, read by benches only",
    "CONCORD_DATABASE_URL": "sqlite:///path or postgres://user:password@host:port/name (sqlite in CONCORD_HOME)",
    "CONCORD_DEMO": "1 shows the demo personas on the sign-in page; loopback only (0)",
    "CONCORD_DISK_RESERVE": "MiB of the disk that uploads leave free (2048)",
    "CONCORD_FONTS": "folder with the fonts of the papers (node_modules/.paper-fonts beside the project)",
    "CONCORD_HOME": "folder for the database, files and keys (var beside the project)",
    "CONCORD_HOSTS": "host names answered to, separated by commas (localhost,127.0.0.1)",
    "CONCORD_HTTPS": "1 when served behind TLS: cookies are marked secure (0)",
    "CONCORD_KEYS": "folder of the keys that sign for organisations and for the log (keys in CONCORD_HOME)",
    "CONCORD_LEDGER": "folder with ledger.toml, the policy, the trust file and the tiles (ledger in CONCORD_HOME)",
    "CONCORD_MAIL_FROM": "the sender of e-mail; needed together with CONCORD_SMTP_URL",
    "CONCORD_MAX_UPLOAD": "MiB that one file uploaded in pieces may have (10240)",
    "CONCORD_OIDC_CLIENT_ID": "the name under which the provincial sign-on knows this installation",
    "CONCORD_OIDC_CLIENT_SECRET": "the secret that goes with CONCORD_OIDC_CLIENT_ID",
    "CONCORD_OIDC_ISSUER": "address of the OpenID provider people may sign in with; none without it",
    "CONCORD_OIDC_MFA": "1: a sign-in that the provider calls multi-factor counts as the second factor (0)",
    "CONCORD_OIDC_NAME": "what the button of that sign-on says",
    "CONCORD_SECOND_FACTOR": "required or optional: whether posts with powers need a second factor (required)",
    "CONCORD_SECRET_KEY": "key that signs sessions; made and kept in CONCORD_HOME when absent",
    "CONCORD_SMTP_URL": "smtp://user:password@host:port, smtps:// for TLS from the start; no e-mail without it",
    "CONCORD_TEST_DATABASE": "sqlite or postgres: which database the tests run on",
    "CONCORD_UPLOADS_KEPT": "days after which an uploaded file that nothing refers to is deleted (7)",
    "CONCORD_UPLOAD_QUOTA": "MiB that the unfinished uploads of one organisation may have together (51200)",
    "CONCORD_WITNESSES": "1: the demo also runs nine witnesses and a time-stamper on loopback (1)",
    "CONCORD_WORKERS": "web processes (2)",
}
PROJECT = Path(__file__).resolve().parents[3]
LOOPBACK_NAMES = {"localhost"}
MOST_WORKERS = 64
MOST_DAYS = 365
MIB = 1024 * 1024
MOST_MIB = 1024 * 1024
LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes outgoing e-mail: ``tls`` from the first byte, else STARTTLS unless it is on loopback."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool
    sender: str


@dataclass(frozen=True, slots=True)
class SignOn:
    """An OpenID provider outside, such as a province's: who vouches for people, and whether for two factors."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    vouches_for_factors: bool


class BadEnvironment(SystemExit):
    """The environment is wrong; the message names the variable and what would be right."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}\n{name}: {KNOWN.get(name, 'not a setting of Concord')}")


@dataclass(frozen=True, slots=True)
class Environment:
    """Everything that differs between two installations."""

    home: Path
    secret_key: str
    database: Mapping[str, str | int]
    demo: bool
    bind_host: str
    bind_port: int
    hosts: tuple[str, ...]
    https: bool
    charter: str
    fonts: Path
    workers: int
    address: str = "http://127.0.0.1:8000"
    mail: MailServer | None = None
    second_factor: bool = True
    sign_on: SignOn | None = None
    uploads_kept: int = 7
    max_upload: int = 10240 * MIB
    upload_quota: int = 51200 * MIB
    disk_reserve: int = 2048 * MIB
    keys: Path = PROJECT / "var" / "keys"
    ledger: Path = PROJECT / "var" / "ledger"
    witnesses: bool = True


def read(environ: Mapping[str, str]) -> Environment:
    """Parse ``environ``; ``NAME_FILE`` may name a file that holds the value. Raises BadEnvironment."""
    values = _collect(environ)
    home = Path(values.get("CONCORD_HOME", str(PROJECT / "var"))).resolve()
    host, port = _address(values.get("CONCORD_BIND", "127.0.0.1:8000"))
    demo = _switch(values, "CONCORD_DEMO")
    if demo and not _is_loopback(host):
        raise BadEnvironment("CONCORD_DEMO", f"the demo refuses to listen on {host}; use a loopback address")
    return Environment(
        home=home,
        secret_key=values.get("CONCORD_SECRET_KEY") or _kept_key(home),
        database=_database(values.get("CONCORD_DATABASE_URL", f"sqlite:///{home}/concord.sqlite3")),
        demo=demo,
        bind_host=host,
        bind_port=port,
        hosts=tuple(part.strip() for part in values.get("CONCORD_HOSTS", "localhost,127.0.0.1").split(",") if part),
        https=_switch(values, "CONCORD_HTTPS"),
        charter=values.get("CONCORD_CHARTER", "g60"),
        fonts=Path(values.get("CONCORD_FONTS", str(PROJECT / "node_modules" / ".paper-fonts"))),
        workers=_count(values, "CONCORD_WORKERS", default="2", most=MOST_WORKERS),
        address=_web_address(values.get("CONCORD_ADDRESS", f"http://{host}:{port}")),
        mail=_mail_server(values.get("CONCORD_SMTP_URL", ""), values.get("CONCORD_MAIL_FROM", "")),
        second_factor=_second_factor(values.get("CONCORD_SECOND_FACTOR", "required")),
        sign_on=_sign_on(values),
        uploads_kept=_count(values, "CONCORD_UPLOADS_KEPT", default="7", most=MOST_DAYS),
        max_upload=_count(values, "CONCORD_MAX_UPLOAD", default="10240", most=MOST_MIB) * MIB,
        upload_quota=_count(values, "CONCORD_UPLOAD_QUOTA", default="51200", most=MOST_MIB) * MIB,
        disk_reserve=_count(values, "CONCORD_DISK_RESERVE", default="2048", most=MOST_MIB) * MIB,
        keys=Path(values.get("CONCORD_KEYS", str(home / "keys"))).resolve(),
        ledger=Path(values.get("CONCORD_LEDGER", str(home / "ledger"))).resolve(),
        witnesses=_switch(values, "CONCORD_WITNESSES", "1"),
    )


def _collect(environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith("CONCORD_"):
            continue
        if name.endswith("_FILE") and name.removesuffix("_FILE") in KNOWN:
            values[name.removesuffix("_FILE")] = Path(value).read_text(encoding="utf-8").strip()
        elif name in KNOWN:
            values[name] = value
        else:
            raise BadEnvironment(name, "unknown")
    return values


def _switch(values: Mapping[str, str], name: str, default: str = "0") -> bool:
    value = values.get(name, default)
    if value not in {"0", "1"}:
        raise BadEnvironment(name, f"{value!r} is neither 0 nor 1")
    return value == "1"


def _count(values: Mapping[str, str], name: str, *, default: str, most: int) -> int:
    value = values.get(name, default)
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise BadEnvironment(name, f"{value!r} is not a number from 1 to {most}")
    return int(value)


def _address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= LAST_PORT:
        raise BadEnvironment("CONCORD_BIND", f"{value!r} is not host:port")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _database(url: str) -> dict[str, str | int]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and parts.path:
        return {"engine": "sqlite", "name": parts.path.removeprefix("/") if parts.path == "/:memory:" else parts.path}
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        return {
            "engine": "postgres",
            "name": parts.path.strip("/"),
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "host": unquote(parts.hostname or ""),
            "port": parts.port or 5432,
        }
    raise BadEnvironment("CONCORD_DATABASE_URL", f"{parts.scheme or url!r} is not understood")


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise BadEnvironment("CONCORD_ADDRESS", f"{value!r} is no address of a web server")
    return value.rstrip("/")


def _mail_server(url: str, sender: str) -> MailServer | None:
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadEnvironment("CONCORD_SMTP_URL", f"{parts.scheme or url!r} is not understood")
    if "@" not in sender:
        raise BadEnvironment("CONCORD_MAIL_FROM", f"{sender!r} is no address of e-mail")
    tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=tls,
        starttls=not tls and not _is_loopback(parts.hostname),
        sender=sender,
    )


def _second_factor(value: str) -> bool:
    if value not in {"required", "optional"}:
        raise BadEnvironment("CONCORD_SECOND_FACTOR", f"{value!r} is neither required nor optional")
    return value == "required"


def _sign_on(values: Mapping[str, str]) -> SignOn | None:
    """The provider, when its four settings are given; one without the others is a mistake."""
    wanted = {name: values.get(f"CONCORD_OIDC_{name}", "") for name in ("NAME", "ISSUER", "CLIENT_ID", "CLIENT_SECRET")}
    if not any(wanted.values()):
        return None
    for name, value in wanted.items():
        if not value:
            raise BadEnvironment(f"CONCORD_OIDC_{name}", "missing beside the other settings of the sign-on")
    issuer = urlsplit(wanted["ISSUER"])
    if not issuer.hostname or not (issuer.scheme == "https" or _is_loopback(issuer.hostname)):
        raise BadEnvironment("CONCORD_OIDC_ISSUER", f"{wanted['ISSUER']!r} is no https address")
    return SignOn(
        name=wanted["NAME"],
        issuer=wanted["ISSUER"].rstrip("/"),
        client_id=wanted["CLIENT_ID"],
        client_secret=wanted["CLIENT_SECRET"],
        vouches_for_factors=_switch(values, "CONCORD_OIDC_MFA"),
    )


def _kept_key(home: Path) -> str:
    path = home / "secret-key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(made, "w", encoding="utf-8") as handle:
            handle.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()
