"""The dossier as one file: a BagIt 1.0 bag (RFC 8493) in a zip, signed, with the program that verifies it.

Stored without compression and with fixed headers: the bytes depend on the case and the key alone, a damaged byte
harms one file, and `verify.py` can account for every byte of the archive.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from safeguarding.incidents import INCIDENTS

from .case_uco import case_jsonld
from .channels import channel_files
from .frozen import FrozenCase
from .pdf import report_pdf
from .records import (
    access_log_csv,
    chronology_csv,
    connections_csv,
    custody_jsonl,
    decisions_json,
    hashes_csv,
    notifications_json,
    persons_json,
    redactions_json,
)
from .report_json import report_json, report_schema
from .sign import Seals, Signer
from .transcript import transcript_csv, transcript_jsonl
from .transcript_html import transcript_html

Progress = Callable[[int], None]
Chunks = Iterable[bytes]

_ENCLOSED = Path(__file__).parent / "verify"
_ENCLOSED_AT = {
    "README.en.txt": "README.en.txt",
    "README.fr.txt": "README.fr.txt",
    "verify/verify.py": "verify.py",
}
_ALGORITHMS = ("sha256", "sha512")
_PIECE = 1 << 20
UNSEALED = Seals()


@dataclass(frozen=True, slots=True)
class BaggedFile:
    """One file of the bag: path inside it, size in bytes, SHA-256 and SHA-512 (hexadecimal)."""

    path: str
    size: int
    sha256: str
    sha512: str


@dataclass(frozen=True, slots=True)
class BagResult:
    """What was built: the zip, its SHA-256 and size, the files inside, and the fingerprint of the key that signed."""

    path: Path
    sha256: str
    size: int
    files: tuple[BaggedFile, ...]
    fingerprint: str


def build_bag(
    case: FrozenCase, *, out: Path, signer: Signer, progress: Progress | None = None, seals: Seals = UNSEALED
) -> BagResult:
    """Write the dossier of `case` to the file `out`, whole or not at all; the same case and key give the same bytes,
    up to what `seals` puts on it.

    `progress` is told per cent (0 to 100, never falling). Raises FrozenCaseError, before anything is written, for a
    case no document can carry. A file already at `out` is replaced.
    """
    tell = progress or (lambda percent: None)
    case.to_json()  # refuses here what no document could carry
    draft = out.with_name(f".{out.name}.part")
    try:
        with draft.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, strict_timestamps=True) as archive:
                files = _fill(_Writer(archive, case.reference), case, signer, seals, tell)
            file.flush()
            os.fsync(file.fileno())
        with draft.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = draft.stat().st_size
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    tell(100)
    return BagResult(out, sha256, size, files, signer.fingerprint)


class _Writer:
    """Adds files under the bag's one folder, hashing them on the way."""

    def __init__(self, archive: zipfile.ZipFile, root: str) -> None:
        self._archive = archive
        self._root = root
        self.files: list[BaggedFile] = []

    def add(self, path: str, content: bytes | Chunks) -> BaggedFile:
        info = zipfile.ZipInfo(f"{self._root}/{path}")  # dated 1980-01-01, as far back as a zip can tell
        info.create_system = 3
        info.external_attr = 0o100644 << 16
        sha256, sha512, size = hashlib.sha256(), hashlib.sha512(), 0
        with self._archive.open(info, "w") as file:
            for chunk in _pieces(content):
                file.write(chunk)
                sha256.update(chunk)
                sha512.update(chunk)
                size += len(chunk)
        added = BaggedFile(path, size, sha256.hexdigest(), sha512.hexdigest())
        self.files.append(added)
        return added


def _pieces(content: bytes | Chunks) -> Iterator[bytes]:
    """Small chunks joined to larger ones, so that ten thousand rows are not as many writes."""
    if isinstance(content, bytes):
        yield content
        return
    gathered, size = [], 0
    for chunk in content:
        gathered.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


def _documents(case: FrozenCase) -> Iterator[tuple[str, Callable[[], bytes | Chunks]]]:
    """The payload: path under data/ and how to make it, one at a time."""
    for language in ("fr", "en"):
        yield f"report.{language}.pdf", functools.partial(report_pdf, dataclasses.replace(case, language=language))
    yield "report.json", lambda: report_json(case)
    yield "report.schema.json", lambda: json.dumps(report_schema(), indent=1).encode() + b"\n"
    yield "transcript.jsonl", lambda: transcript_jsonl(case)
    yield "transcript.csv", lambda: transcript_csv(case)
    yield "transcript.html", lambda: transcript_html(case)
    yield "persons.json", lambda: persons_json(case)
    yield "chronology.csv", lambda: chronology_csv(case)
    yield "decisions.json", lambda: decisions_json(case)
    yield "notifications.json", lambda: notifications_json(case)
    yield "case.jsonld", lambda: case_jsonld(case)
    yield "custody.jsonl", lambda: custody_jsonl(case)
    yield "hashes.csv", lambda: hashes_csv(case)
    yield "access-log.csv", lambda: access_log_csv(case)
    if case.redactions:
        yield "redactions.json", lambda: redactions_json(case)
    if case.connections:
        yield "connections.csv", lambda: connections_csv(case)


def _fill(writer: _Writer, case: FrozenCase, signer: Signer, seals: Seals, tell: Progress) -> tuple[BaggedFile, ...]:
    documents = [*_documents(case), *((f"channels/{name}", make) for name, make in channel_files(case))]
    payload = []
    for index, (name, make) in enumerate(documents):
        tell(95 * index // len(documents))
        content = make()
        if seals.pdf and name.endswith(".pdf") and isinstance(content, bytes):
            content = seals.pdf(content)
        payload.append(writer.add(f"data/{name}", content))
    tags = [writer.add("bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")]
    tags.append(writer.add("bag-info.txt", _bag_info(case, payload, signer, seals)))
    for path, name in _ENCLOSED_AT.items():
        tags.append(writer.add(path, (_ENCLOSED / name).read_bytes()))
    for algorithm in _ALGORITHMS:
        tags.append(writer.add(f"manifest-{algorithm}.txt", _manifest(payload, algorithm)))
    statement = "havre-dossier-signature 1\n"
    for algorithm in _ALGORITHMS:
        seal = writer.add(f"tagmanifest-{algorithm}.txt", _manifest(tags, algorithm))
        statement += f"sha256 {seal.sha256}  {seal.path}\n"
    writer.add("signature/statement.txt", statement.encode())
    signature = signer.sign(statement.encode()).hex().encode() + b"\n"
    writer.add("signature/statement.sig", signature)
    writer.add("signature/public-key.txt", signer.public_key.hex().encode() + b"\n")
    if seals.stamp and (stamp := seals.stamp(signature)):
        _stamp(writer, signer, stamp)
    return tuple(writer.files)


def _manifest(files: list[BaggedFile], algorithm: str) -> bytes:
    lines = [f"{getattr(file, algorithm)}  {file.path}\n" for file in sorted(files, key=lambda file: file.path)]
    return "".join(lines).encode()


def _stamp(writer: _Writer, signer: Signer, stamp: bytes) -> None:
    """The outside stamp over the signature, and the signature over the stamp: neither can be changed or left out."""
    sealed = writer.add("signature/statement.tsr", stamp)
    statement = f"havre-dossier-stamp 1\nsha256 {sealed.sha256}  {sealed.path}\n".encode()
    writer.add("signature/stamp.txt", statement)
    writer.add("signature/stamp.sig", signer.sign(statement).hex().encode() + b"\n")


def _bag_info(case: FrozenCase, payload: list[BaggedFile], signer: Signer, seals: Seals) -> bytes:
    """RFC 8493 section 2.2.2; values on one line each."""
    suspected = INCIDENTS[case.code].words.in_language(case.language)
    word = "soupçon de" if case.language == "fr" else "suspected"
    platform = case.platform
    told = [
        ("Source-Organization", f"{platform.operator} ({platform.name})"),
        ("Organization-Address", platform.address),
        ("Contact-Name", platform.contact_name),
        ("Contact-Phone", platform.contact_phone),
        ("Contact-Email", platform.contact_email),
        ("External-Description", f"{case.reference} : {word} {suspected} ({case.code})"),
        ("External-Identifier", case.reference),
        ("Bagging-Date", case.handover.exported_at.date().isoformat()),
        ("Payload-Oxum", f"{sum(file.size for file in payload)}.{len(payload)}"),
        ("Internal-Sender-Identifier", case.id),
        ("Bag-Software-Agent", f"{platform.software} {platform.software_version}"),
        ("Signing-Key-Fingerprint", f"sha256:{signer.fingerprint}"),
        ("Time-Stamp-Authority", seals.authority),
    ]
    lines = [f"{label}: {' '.join(value.split())}\n" for label, value in told if value.split()]
    return "".join(lines).encode()
