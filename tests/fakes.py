"""Stand-ins for other people's servers, on loopback. They are fakes and say so: nothing here proves that a real age
service or vendor behaves like this, only that Havre keeps to the contract it states."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey


class FakeServer:
    """An HTTP server on loopback; `answer(method, path, headers, body)` gives (status, headers, body)."""

    def __init__(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def _go(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fake.calls.append((self.command, self.path))
                status, headers, answer = fake.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = _go

            def log_message(self, *_arguments: object) -> None:
                return None

        self.calls: list[tuple[str, str]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        return 404, {}, b"a fake"

    @contextmanager
    def running(self) -> Iterator[FakeServer]:
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()


def as_json(value: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


class FakeAgeService(FakeServer):
    """A fake OpenID provider. Its tokens carry a birth date and a name on purpose: Havre must keep neither."""

    PERSONAL = {"birthdate": "2009-04-17", "name": "Camille Dupont-Verrier", "email": "camille.dv@example.net"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
        self.client_id, self.secret = "havre-test", "s3cret-of-the-client"
        self.codes: dict[str, dict[str, Any]] = {}
        self.age, self.subject = 16, "subject-8812"
        self.change: dict[str, Any] = {}  # claims that a test wants otherwise; None takes one away
        self.sign: Any = None  # another way of signing
        self.tokens: list[str] = []
        self.nonces: list[str] = []

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        where = urlsplit(path).path
        if where == "/.well-known/openid-configuration":
            return as_json(
                {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/jwks",
                }
            )
        if where == "/jwks":
            return as_json({"keys": [self.key.as_dict(private=False)]})
        if where == "/token":
            return self._token({key: values[0] for key, values in parse_qs(body.decode()).items()})
        return 404, {}, b"a fake"

    def authorise(self, link: str) -> dict[str, str]:
        """What a person's browser brings back from the link: code and state. Checks what the request must say."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(link).query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == self.client_id
        assert query["code_challenge_method"] == "S256"
        assert len(query["state"]) >= 22
        assert len(query["nonce"]) >= 22
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        self.nonces.append(query["nonce"])
        return {"code": code, "state": query["state"]}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        asked = self.codes.pop(form.get("code", ""), None)  # a code counts once
        if asked is None or form.get("client_secret") != self.secret:
            return as_json({"error": "invalid_grant"}, 400)
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != asked["code_challenge"]:
            return as_json({"error": "invalid_grant"}, 400)
        wanted = json.loads(asked["claims"])["id_token"]
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url, "aud": self.client_id, "sub": self.subject, "nonce": asked["nonce"], "iat": now,
            "exp": now + 300, **self.PERSONAL,
            **{name: self.age >= int(name.rpartition("_")[2]) for name in wanted},
        }  # fmt: skip
        claims |= self.change
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.sign(claims) if self.sign else jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.key)
        self.tokens.append(token)
        return as_json({"id_token": token, "access_token": "access-token-9931", "token_type": "Bearer"})


class FakeVendor(FakeServer):
    """A fake hosted vendor, in the shape of Yoti's sessions. Its results carry an image and a date on purpose."""

    SECRET = "webhook-secret"
    PAYLOAD = {"evidence": "ZmFjZS1pbWFnZS1ieXRlcw==", "date_of_birth": "1990-02-03", "full_name": "Ana Lopes"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.account, self.key = "sdk-id-1", "api-key-1"
        self.sessions: dict[str, dict[str, Any]] = {}
        self.status, self.method = "PENDING", "DOC_SCAN"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if headers.get("Authorization") != f"Bearer {self.key}":
            return as_json({"error": "unauthorised"}, 401)
        if method == "POST" and path == "/api/v1/sessions":
            session = secrets.token_hex(16)
            self.sessions[session] = json.loads(body)
            return as_json({"id": session, "status": "PENDING"}, 201)
        session = path.removeprefix("/api/v1/sessions/").removesuffix("/result")
        if session in self.sessions:
            return as_json({"status": self.status, "method": self.method, "age": 18, **self.PAYLOAD})
        return 404, {}, b"a fake"

    def ring(self, session: str, *, at: float | None = None, secret: str = SECRET) -> tuple[str, bytes]:
        """The header and raw body of a webhook about a session."""
        body = json.dumps({"id": session, "state": "COMPLETE", "sequence_number": 1, **self.PAYLOAD}).encode()
        stamp = str(int(time.time() if at is None else at))
        signed = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return f"t={stamp},v1={signed}", body
