"""A time-stamp authority and a signing certificate of our own, made with openssl, for as long as a test runs."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from tests.conftest import missing

_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamping]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[signing]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[req]
distinguished_name = dn
[dn]
"""


class Authority:
    """`url` answers RFC 3161 queries while it runs; `ca` is the root, `pkcs12` a certificate of it for PDFs."""

    PASSWORD = "dossier"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.pkcs12 = folder / "signing.p12"
        self.broken = False
        (folder / "openssl.cnf").write_text(_CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self._make("ca", "/CN=Test root", "root", days=3650)
        self._make("tsa", "/CN=Test time stamps", "stamping", signed=True)
        self._make("signing", "/CN=Association Le Preau", "signing", signed=True)
        self._run(
            "pkcs12", "-export", "-out", self.pkcs12, "-inkey", folder / "signing.key", "-in", folder / "signing.pem",
            "-certfile", self.ca, "-passout", f"pass:{self.PASSWORD}",
        )  # fmt: skip
        outer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                answer = b"nothing of the kind" if outer.broken else outer.reply(query)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, query: bytes) -> bytes:
        asked, answer = self.folder / "query.tsq", self.folder / "answer.tsr"
        asked.write_bytes(query)
        self._run("ts", "-reply", "-config", self.folder / "openssl.cnf", "-queryfile", asked, "-out", answer)
        return answer.read_bytes()

    def verifies(self, data: Path, stamp: Path) -> bool:
        """Whether openssl accepts the stamp over the data under our root."""
        command = ["openssl", "ts", "-verify", "-data", data, "-in", stamp, "-CAfile", self.ca]
        out = subprocess.run(command, capture_output=True, text=True, check=False)
        return out.returncode == 0 and "Verification: OK" in out.stdout + out.stderr

    def _make(self, name: str, subject: str, extensions: str, *, signed: bool = False, days: int = 365) -> None:
        by = ("-CA", self.ca, "-CAkey", self.folder / "ca.key") if signed else ()
        self._run(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.folder / f"{name}.key",
            "-out", self.folder / f"{name}.pem", "-subj", subject, "-days", str(days),
            "-config", self.folder / "openssl.cnf", "-extensions", extensions, *by,
        )  # fmt: skip

    def _run(self, *arguments: object) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def openssl_or_skip() -> None:
    if shutil.which("openssl") is None:
        missing("openssl is not installed")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory):
    openssl_or_skip()
    made = Authority(tmp_path_factory.mktemp("authority"))
    yield made
    made.stop()


@pytest.fixture
def stamping(authority: Authority, settings):
    """The installation asks our authority."""
    settings.TSA_URL, settings.TSA_CA = authority.url, str(authority.ca)
    authority.broken = False
    yield authority
    authority.broken = False
