"""A small OpenID provider on loopback that signs with RS256; a test says whom it vouches for, and how it misbehaves."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from concord.foundation.database.clock import now

CLIENT, CLIENT_SECRET = "concord", "a secret between two programs"


def new_key() -> rsa.RSAPrivateKey:
    """A key to sign with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class IdentityProvider:
    """What it says of whoever comes: ``claims`` replace those of an honest token, None leaves one out.

    ``key`` signs; ``shown`` is the key it publishes. ``asked`` keeps the questions it got.
    """

    address: str = ""
    subject: str = "330100-0007"
    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: Any = field(default_factory=new_key)
    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shown: rsa.RSAPrivateKey = self.key
        self.codes: dict[str, dict[str, str]] = {}

    @cached_property
    def documents(self) -> dict[str, Any]:
        """What it publishes, by path."""
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.shown.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
            "/keys": {"keys": [{**jwk, "kid": "one", "alg": "RS256", "use": "sig"}]},
        }

    def authorize(self, address: str) -> str:
        """What the person does there: signs in, and is sent back; returns the address to go back to."""
        question = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(question)
        code = f"code-{len(self.codes)}"
        self.codes[code] = question
        return f"{question['redirect_uri']}?{urlencode({'code': code, 'state': question['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Change a code for a token, once, for the client that began."""
        question = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            question is None
            or form.get("client_secret") != CLIENT_SECRET
            or question.get("code_challenge") != challenge
            or form.get("redirect_uri") != question["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        at = int(now().timestamp())
        honest = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": question["nonce"],
        }
        claims = {name: value for name, value in {**honest, **self.claims}.items() if value is not None}
        token = jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": "one"})
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": token}


class _Answers(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self) -> None:
        document = self.provider.documents.get(urlsplit(self.path).path)
        self._send(200 if document else 404, document or {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(*self.provider.token({name: values[0] for name, values in parse_qs(body).items()}))

    def log_message(self, *_given: object) -> None:
        """Say nothing."""

    def _send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(provider: IdentityProvider) -> Iterator[IdentityProvider]:
    """Let the provider answer on a free port of loopback."""
    handler = type("Answers", (_Answers,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        provider.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
