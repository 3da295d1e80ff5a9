#!/usr/bin/env python3
"""Verify a Havre dossier: needs Python 3.9 or later, nothing else; no network, nothing written.

    python3 verify.py DOSSIER.zip --fingerprint 0123abcd...      (or the unpacked folder instead of the zip)

The fingerprint of the sender's key must come from elsewhere than the dossier (telephone, letter, official site).
Without it the answer can only be "intact, not authenticated". Exit codes: 0 intact and authenticated, 1 altered,
2 cannot be read, 3 intact but not authenticated, 4 intact but the sender's own log does not hold together.

Formats: BagIt 1.0 (RFC 8493), zip without compression, Ed25519 (RFC 8032).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Point = tuple[int, int, int, int]
    Line = tuple[str, tuple[object, ...]]
    Dossier: TypeAlias = "Folder | Archive"

CHUNK = 1 << 20
SMALL = 64 << 20  # bytes of a manifest or of the signature files read at once
FILES = 100_000
NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
SIGNED = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
STATEMENT, SIGNATURE, KEY = "signature/statement.txt", "signature/statement.sig", "signature/public-key.txt"
CUSTODY = "data/custody.jsonl"
STAMPED = ("signature/statement.tsr", "signature/stamp.txt", "signature/stamp.sig")
UNLISTED = {*SIGNED, STATEMENT, SIGNATURE, KEY, *STAMPED}

TEXTS = {
    "authentic": ("INTACT ET AUTHENTIFIÉ", "INTACT AND AUTHENTICATED"),
    "intact": ("INTACT, NON AUTHENTIFIÉ", "INTACT, NOT AUTHENTICATED"),
    "altered": ("ALTÉRÉ", "ALTERED"),
    "unreadable": ("ILLISIBLE", "CANNOT BE READ"),
    "files": ("{} fichiers vérifiés, {} octets", "{} files verified, {} bytes"),
    "zip": ("SHA-256 de l’archive : {}", "SHA-256 of the archive: {}"),
    "key": ("empreinte de la clé : {}", "fingerprint of the key: {}"),
    "ask": (
        "Rien ne prouve encore qui a signé : demandez l’empreinte à l’expéditeur par une autre voie,\n"
        "puis relancez avec --fingerprint.",
        "Nothing proves yet who signed: ask the sender for the fingerprint by another way,\n"
        "then run again with --fingerprint.",
    ),
    "changed": ("modifié : {}", "changed: {}"),
    "missing": ("manquant : {}", "missing: {}"),
    "extra": ("en trop : {}", "not listed: {}"),
    "manifests": ("les manifestes ne disent pas la même chose : {}", "the manifests disagree: {}"),
    "line": ("ligne illisible dans {}", "unreadable line in {}"),
    "unsigned": ("la signature ne couvre pas les manifestes présents", "the signature does not cover these manifests"),
    "signature": ("la signature est fausse", "the signature is false"),
    "signer": ("signé par une autre clé que celle attendue", "signed by another key than the expected one"),
    "archive": (
        "l’archive a été modifiée ou refaite (octet {}) ; dépliez-la et vérifiez le dossier pour juger du contenu",
        "the archive was changed or repacked (byte {}); unpack it and verify the folder to judge its contents",
    ),
    "name": ("nom de fichier refusé : {}", "file name refused: {}"),
    "link": ("ni fichier ni dossier ordinaire : {}", "neither an ordinary file nor a folder: {}"),
    "many": ("trop de fichiers ou fichier trop grand : {}", "too many files, or a file too large: {}"),
    "nothing": ("aucun dossier à vérifier ici : {}", "no dossier to verify here: {}"),
    "sealed": (
        "encore chiffré, donc rien à juger : déchiffrez {} (clé age ou phrase secrète), puis vérifiez le .zip obtenu",
        "still encrypted, so nothing to judge: decrypt {} (age key or passphrase), then verify the .zip that you get",
    ),
    "stamp": ("l’horodatage ne va pas avec la signature", "the time stamp does not go with the signature"),
    "stamped": (
        "horodatage présent ; la date se vérifie avec le certificat de l’autorité :\n"
        "openssl ts -verify -data signature/statement.sig -in signature/statement.tsr -CAfile AUTORITE.pem",
        "time stamp present; its date is verified with the authority's certificate:\n"
        "openssl ts -verify -data signature/statement.sig -in signature/statement.tsr -CAfile AUTHORITY.pem",
    ),
    "unstamped": (
        "l’expéditeur nomme une autorité d’horodatage, et aucun horodatage n’est joint",
        "the sender names a time-stamp authority, and no time stamp is enclosed",
    ),
    "custody": ("journal : {} maillons tiennent", "log: {} links hold"),
    "broken": (
        "ATTENTION : le journal de l’expéditeur ne tient pas, au maillon {}",
        "WARNING: the sender’s own log does not hold together, at link {}",
    ),
    "hexadecimal": ("l’empreinte compte 64 chiffres hexadécimaux", "a fingerprint has 64 hexadecimal digits"),
}


class Altered(Exception):
    """The dossier is not as it was sealed."""


class Unreadable(Exception):
    """There is no dossier to judge."""


# ------------------------------------------------------------------------------------------ Ed25519 (RFC 8032, 5.1)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(a: Point, b: Point) -> Point:
    """Sum of two points in extended coordinates (section 5.1.4)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return ((f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P)


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _point(raw: bytes) -> Point | None:
    """Decode 32 bytes (section 5.1.3); None for what is no point, or no canonical encoding of one."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE: Point = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) of `message` was made by `public_key` (32 bytes). Section 5.1.7."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    left, right = _times(s, BASE), _add(r, _times(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ------------------------------------------------------------------------------------------------- two ways to read


class Folder:
    """An unpacked dossier. Links and other special files are refused, never followed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.sizes: dict[str, int] = {}
        waiting = [""]
        while waiting:
            inside = waiting.pop()
            for entry in os.scandir(os.path.join(path, inside)):
                name = f"{inside}/{entry.name}" if inside else entry.name
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode):
                    waiting.append(name)
                elif stat.S_ISREG(about.st_mode):
                    self.sizes[name] = about.st_size
                else:
                    raise Altered("link", shown(name))
                if len(self.sizes) + len(waiting) > FILES:
                    raise Unreadable("many", shown(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one file, piece by piece."""
        with open(os.path.join(self.path, *name.split("/")), "rb") as file:
            while True:
                chunk = file.read(CHUNK)
                if not chunk:
                    return
                yield chunk


class Archive:
    """The zip exactly as it was written: stored, no gap, every header as expected. Any other byte is an alteration."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "rb")  # noqa: SIM115  (read until the program ends)
        self.sizes: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.length = os.fstat(self.file.fileno()).st_size
        start = self.file.read(8)
        if start == b"age-encr" or (start[:4] == b"PK\x03\x04" and len(start) == 8 and start[6] & 1):
            raise Unreadable("sealed", shown(path))
        if start[:4] != b"PK\x03\x04":
            raise Unreadable("nothing", shown(path))
        self.file.seek(0)
        try:
            self._read()
        except (struct.error, IndexError) as error:
            raise Altered("archive", self.file.tell()) from error

    def _expect(self, wanted: bytes) -> None:
        at = self.file.tell()
        if self.file.read(len(wanted)) != wanted:
            raise Altered("archive", at)

    def _read(self) -> None:
        central: list[bytes] = []
        roots: set[str] = set()
        while True:
            at = self.file.tell()
            head = self.file.read(30)
            if head[:4] == b"PK\x01\x02" or len(head) < 30:
                self.file.seek(at)
                break
            crc, packed, size, name_length = struct.unpack("<LLLH", head[14:28])
            raw = self.file.read(name_length)
            name = raw.decode("ascii", "replace")
            if not NAME.fullmatch(name) or "/" not in name or len(central) >= FILES:
                raise Altered("name", shown(name))
            fixed = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 0x21, crc, size, size, name_length, 0)
            if head != b"PK\x03\x04" + fixed or packed != size:
                raise Altered("archive", at)
            root, inner = name.split("/", 1)
            roots.add(root)
            if inner in self.sizes or len(roots) > 1:
                raise Altered("name", shown(name))
            self.sizes[inner], self.places[inner] = size, self.file.tell()
            self._check_crc(inner, crc)
            central.append(b"PK\x01\x02\x14\x03" + fixed + struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, at) + raw)
        if not central:
            raise Unreadable("nothing", self.file.name)
        start = self.file.tell()
        for record in central:
            self._expect(record)
        size = self.file.tell() - start
        self._expect(struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, len(central), len(central), size, start, 0))
        if self.file.tell() != self.length:
            raise Altered("archive", self.file.tell())

    def _check_crc(self, name: str, crc: int) -> None:
        found = 0
        for chunk in self.chunks(name):
            found = zlib.crc32(chunk, found)
        if found != crc:
            raise Altered("changed", name)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one file, piece by piece."""
        self.file.seek(self.places[name])
        left = self.sizes[name]
        while left:
            chunk = self.file.read(min(CHUNK, left))
            if not chunk:
                raise Altered("archive", self.length)
            left -= len(chunk)
            yield chunk

    def sha256(self) -> str:
        """Of the archive itself."""
        self.file.seek(0)
        digest = hashlib.sha256()
        for chunk in iter(lambda: self.file.read(CHUNK), b""):
            digest.update(chunk)
        return digest.hexdigest()


# ---------------------------------------------------------------------------------------------------------- the checks


def shown(name: str) -> str:
    """A name that nobody vouches for, made safe for a terminal."""
    plain = name.encode("ascii", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else "?" for sign in plain)[:200]


def whole(dossier: Dossier, name: str) -> bytes:
    """A small file at once."""
    if name not in dossier.sizes:
        raise Altered("missing", name)
    if dossier.sizes[name] > SMALL:
        raise Unreadable("many", name)
    return b"".join(dossier.chunks(name))


def manifest(dossier: Dossier, name: str, digits: int) -> dict[str, str]:
    """{path: digest} of a manifest; one path a line, in order, no path twice."""
    listed = {}
    for line in whole(dossier, name).decode("utf-8", "replace").splitlines():
        found = re.fullmatch(rf"([0-9a-f]{{{digits}}})  (\S+)", line)
        if not found or not NAME.fullmatch(found.group(2)) or found.group(2) in listed:
            raise Altered("line", name)
        listed[found.group(2)] = found.group(1)
    return listed


def hexadecimal(dossier: Dossier, name: str, digits: int) -> bytes:
    """A file of exactly so many hexadecimal digits and a line end, as bytes."""
    text = whole(dossier, name).decode("ascii", "replace")
    if not re.fullmatch(rf"[0-9a-f]{{{digits}}}\n", text):
        raise Altered("signature", "")
    return bytes.fromhex(text.strip())


def check_signature(dossier: Dossier) -> str:
    """The fingerprint of the key that signed both tag manifests; raises Altered otherwise."""
    expected = "havre-dossier-signature 1\n"
    for name in SIGNED:
        expected += f"sha256 {hashlib.sha256(whole(dossier, name)).hexdigest()}  {name}\n"
    statement = whole(dossier, STATEMENT)
    if statement != expected.encode():
        raise Altered("unsigned", "")
    key = hexadecimal(dossier, KEY, 64)
    if not ed25519_verify(key, statement, hexadecimal(dossier, SIGNATURE, 128)):
        raise Altered("signature", "")
    return hashlib.sha256(key).hexdigest()


def check_stamp(dossier: Dossier) -> str:
    """ "stamped", "unstamped" (an authority is named, no stamp is there) or "" for a dossier without."""
    if not any(name in dossier.sizes for name in STAMPED):
        named = b"\nTime-Stamp-Authority: " in whole(dossier, "bag-info.txt")
        return "unstamped" if named else ""
    stamp = whole(dossier, STAMPED[0])
    expected = f"havre-dossier-stamp 1\nsha256 {hashlib.sha256(stamp).hexdigest()}  {STAMPED[0]}\n".encode()
    signature = hexadecimal(dossier, STAMPED[2], 128)
    if whole(dossier, STAMPED[1]) != expected or not ed25519_verify(hexadecimal(dossier, KEY, 64), expected, signature):
        raise Altered("stamp", "")
    if hashlib.sha256(whole(dossier, SIGNATURE)).digest() not in stamp:
        raise Altered("stamp", "")
    return "stamped"


def check_files(dossier: Dossier) -> tuple[int, int]:
    """Every file is listed twice (SHA-256, SHA-512) and is what was listed; returns (files, bytes)."""
    listed = []
    for prefix in ("tagmanifest", "manifest"):
        short, long = manifest(dossier, prefix + "-sha256.txt", 64), manifest(dossier, prefix + "-sha512.txt", 128)
        if set(short) != set(long):
            raise Altered("manifests", prefix)
        for name in short:
            if name.startswith("data/") != (prefix == "manifest"):
                raise Altered("line", prefix)
        listed.append((short, long))
    names = {name for short, _ in listed for name in short}
    for name in sorted(names - set(dossier.sizes)):
        raise Altered("missing", name)
    for name in sorted(set(dossier.sizes) - names - UNLISTED):
        raise Altered("extra", shown(name))
    for short, long in listed:
        for name in sorted(short):
            sha256, sha512 = hashlib.sha256(), hashlib.sha512()
            for chunk in dossier.chunks(name):
                sha256.update(chunk)
                sha512.update(chunk)
            if sha256.hexdigest() != short[name] or sha512.hexdigest() != long[name]:
                raise Altered("changed", name)
    return len(dossier.sizes), sum(dossier.sizes.values())


def check_custody(dossier: Dossier) -> tuple[int, object]:
    """(links that hold, None) or (number, where it breaks) for the sender's log. Says nothing of the files."""
    count, before = 0, None
    for line in (
        b"".join(dossier.chunks("data/custody.jsonl")).splitlines() if "data/custody.jsonl" in dossier.sizes else ()
    ):
        count += 1
        try:
            link = json.loads(line)
            commitment = bytes.fromhex(link["commitment"])
            opened = link["opened"]
            if (
                opened is not None
                and commitment != hashlib.sha256(bytes.fromhex(link["salt"]) + opened.encode()).digest()
            ):
                return count, link.get("seq")
            if link["seq"] is not None:
                previous = bytes.fromhex(link["previous"])
                if hashlib.sha256(previous + commitment).hexdigest() != link["digest"]:
                    return count, link["seq"]
                if before is not None and before[0] + 1 == link["seq"] and before[1] != link["previous"]:
                    return count, link["seq"]
                before = (link["seq"], link["digest"])
        except (ValueError, KeyError, TypeError):
            return count, "?"
    return count, None


def open_dossier(path: str) -> Dossier:
    """The zip, the folder, or a folder inside it, as a file manager makes one while unpacking."""
    if os.path.isfile(path):
        return Archive(path)
    if not os.path.isdir(path):
        raise Unreadable("nothing", shown(path))
    for folder in [path, *(entry.path for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False))]:
        if any(os.path.lexists(os.path.join(folder, name)) for name in ("bagit.txt", *SIGNED)):
            return Folder(folder)
    raise Unreadable("nothing", shown(path))


def judge(path: str, fingerprint: str | None) -> tuple[list[Line], int]:
    """[(key of TEXTS, arguments)], the first one being the verdict, and the exit code."""
    lines: list[Line] = []
    try:
        dossier = open_dossier(path)
        signer = check_signature(dossier)
        files = check_files(dossier)
        stamp = check_stamp(dossier)
        if fingerprint is not None and fingerprint != signer:
            raise Altered("signer", "")
    except Altered as error:
        return [("altered", ()), (error.args[0], error.args[1:])], 1
    except Unreadable as error:
        return [("unreadable", ()), (error.args[0], error.args[1:])], 2
    except OSError as error:
        return [("unreadable", ()), ("nothing", (shown(str(error)),))], 2
    lines = [("authentic" if fingerprint else "intact", ()), ("files", files), ("key", (signer,))]
    if isinstance(dossier, Archive):
        lines.append(("zip", (dossier.sha256(),)))
    if stamp:
        lines.append((stamp, ()))
    count, broken = check_custody(dossier)
    lines.append(("broken", (broken,)) if broken is not None else ("custody", (count,)))
    if not fingerprint:
        lines.append(("ask", ()))
    if broken is not None:
        return lines, 4
    return lines, 0 if fingerprint else 3


def main(arguments: list[str] | None = None) -> int:
    """Print the verdict in French or in English (--lang) and return the exit code."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dossier", nargs="?", default=here, help="the zip or the unpacked folder (default: this one)")
    parser.add_argument("--fingerprint", help="of the sender's key, received by another way")
    english = os.environ.get("LC_ALL", os.environ.get("LANG", "fr")).lower().startswith("en")
    parser.add_argument("--lang", choices=("fr", "en"), default="en" if english else "fr")
    given = parser.parse_args(arguments)
    language = ("fr", "en").index(given.lang)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    fingerprint = given.fingerprint
    if fingerprint is not None:
        fingerprint = re.sub(r"^sha256:|[\s:.-]", "", fingerprint.lower())
        if not re.fullmatch(r"[0-9a-f]{64}", fingerprint):
            sys.stdout.write(TEXTS["hexadecimal"][language] + "\n")
            return 2
    lines, code = judge(given.dossier, fingerprint)
    for key, values in lines:
        sys.stdout.write(TEXTS[key][language].format(*values) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
