"""A finished dossier for one recipient’s eyes: to their age key (age-encryption.org/v1), or as an AES zip.

age needs no password at all. The AES zip (WinZip AE-2, 256 bits) opens with what recipients have installed; its
passphrase goes by another way, never in the same channel. Both are of the whole file: the bag inside is unchanged.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
from pathlib import Path

import pyrage

_PASSPHRASE_BYTES = 15  # 120 bits: 24 letters and digits


class NoRecipient(ValueError):
    """The text is no public age key."""


def check_age_key(text: str) -> None:
    """Raise NoRecipient unless `text` is an X25519 public key of age ("age1...")."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise NoRecipient(text[:20]) from error


def encrypt_age(source: Path, out: Path, *, key: str) -> None:
    """Write `source` encrypted to the public age key `key`; whole or not at all. Raises NoRecipient."""
    check_age_key(key)
    draft = out.with_name(f".{out.name}.part")
    try:
        pyrage.encrypt_file(str(source), str(draft), [pyrage.x25519.Recipient.from_str(key)])
        _synced(draft).replace(out)
    finally:
        draft.unlink(missing_ok=True)


def encrypt_zip(source: Path, out: Path, *, passphrase: str, name: str) -> None:
    """Write `source` as the one file `name` of an AES zip; whole or not at all."""
    import pyzipper  # heavy, and only a worker that builds such a copy needs it

    draft = out.with_name(f".{out.name}.part")
    try:
        with pyzipper.AESZipFile(draft, "w", compression=pyzipper.ZIP_STORED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(passphrase.encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
            with source.open("rb") as plain, archive.open(name, "w", force_zip64=True) as file:
                shutil.copyfileobj(plain, file, 1 << 20)
        _synced(draft).replace(out)
    finally:
        draft.unlink(missing_ok=True)


def passphrase_for(copy: str, *, key: bytes) -> str:
    """The passphrase of one copy, the same whenever it is asked for, so that it is stored nowhere.

    HMAC-SHA256 of the copy’s public id under a secret of the installation; six groups of four letters and digits
    (base32, 120 bits), which may be dictated over the telephone.
    """
    digest = hmac.digest(key, b"havre dossier passphrase\0" + copy.encode(), hashlib.sha256)
    letters = base64.b32encode(digest[:_PASSPHRASE_BYTES]).decode().lower()
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _synced(path: Path) -> Path:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path
