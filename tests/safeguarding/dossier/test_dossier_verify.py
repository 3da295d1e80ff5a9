"""The enclosed program: needs nothing, believes nobody, notices any byte."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safeguarding.dossier.bag import BagResult, build_bag
from safeguarding.dossier.encrypt import encrypt_age, encrypt_zip
from safeguarding.dossier.frozen import CustodyEntry
from safeguarding.dossier.sign import Signer
from safeguarding.dossier.verify import verify
from tests.conftest import PROJECT
from tests.safeguarding.dossier.cases import custody_chain, grooming_case

PROGRAM = PROJECT / "safeguarding" / "dossier" / "verify" / "verify.py"


def pythons() -> list[str]:
    """This Python, and the oldest one the program promises to run on where it is installed."""
    oldest = sorted(Path.home().glob(".pyenv/versions/3.9.*/bin/python"))
    found = str(oldest[-1]) if oldest else shutil.which("python3.9")
    return [sys.executable, *([found] if found else [])]


def run(python: str, *arguments: str, program: Path = PROGRAM) -> tuple[int, str]:
    out = subprocess.run(
        [python, "-I", "-S", str(program), *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert out.stderr == ""
    return out.returncode, out.stdout


@pytest.mark.parametrize("python", pythons())
def test_bare_python_says_authentic_with_the_fingerprint_and_only_intact_without(python: str, bag: BagResult) -> None:
    code, said = run(python, str(bag.path), "--fingerprint", bag.fingerprint, "--lang", "en")
    assert (code, said.splitlines()[0]) == (0, "INTACT AND AUTHENTICATED")
    assert f"SHA-256 of the archive: {bag.sha256}" in said
    assert "log: 5 links hold" in said
    code, said = run(python, str(bag.path), "--lang", "en")
    assert (code, said.splitlines()[0]) == (3, "INTACT, NOT AUTHENTICATED")
    code, said = run(python, str(bag.path), "--lang", "fr")
    assert (code, said.splitlines()[0]) == (3, "INTACT, NON AUTHENTIFIÉ")


@pytest.mark.parametrize("python", pythons())
def test_program_inside_the_unpacked_bag_verifies_it_without_arguments(python: str, folder: Path) -> None:
    code, said = run(python, program=folder / "verify" / "verify.py")
    assert code == 3, said
    assert sorted(path.name for path in (folder / "verify").iterdir()) == ["verify.py"]  # and wrote nothing


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_instructions_for_verifying_by_hand_are_true(bag: BagResult, folder: Path) -> None:
    for name in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", name], cwd=folder, check=True)
    key = bytes.fromhex((folder / "signature" / "public-key.txt").read_text())
    assert hashlib.sha256(key).hexdigest() == bag.fingerprint
    signature = bytes.fromhex((folder / "signature" / "statement.sig").read_text())
    Ed25519PublicKey.from_public_bytes(key).verify(signature, (folder / "signature" / "statement.txt").read_bytes())


def test_fingerprint_may_be_dictated_in_groups(bag: BagResult) -> None:
    groups = " ".join(bag.fingerprint[i : i + 8].upper() for i in range(0, 64, 8))
    assert run(sys.executable, str(bag.path), "--fingerprint", f"SHA256:{groups}")[0] == 0
    assert run(sys.executable, str(bag.path), "--fingerprint", "1234")[0] == 2


def test_bag_signed_by_somebody_else_is_not_believed(bag: BagResult, tmp_path: Path) -> None:
    forged = build_bag(grooming_case(), out=tmp_path / "forged.zip", signer=Signer.from_seed(bytes(32)))
    code, said = run(sys.executable, str(forged.path), "--fingerprint", bag.fingerprint, "--lang", "en")
    assert code == 1
    assert "signed by another key" in said


def test_five_hundred_single_byte_changes_of_the_archive_are_each_detected(bag: BagResult, tmp_path: Path) -> None:
    chance = random.Random(20260328)
    whole = bag.path.read_bytes()
    spoilt = tmp_path / "spoilt.zip"
    for _ in range(500):
        at, change = chance.randrange(len(whole)), chance.randrange(1, 256)
        spoilt.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
        lines, code = verify.judge(str(spoilt), None)
        assert code in (1, 2), (at, change, lines)


def test_five_hundred_single_byte_changes_of_the_unpacked_files_are_each_detected(folder: Path) -> None:
    chance = random.Random(20260329)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for index in range(500):
        file = files[index % len(files)]
        whole = file.read_bytes()
        at, change = chance.randrange(len(whole)), chance.randrange(1, 256)
        file.write_bytes(whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :])
        lines, code = verify.judge(str(folder), None)
        assert code == 1, (file.name, at, change, lines)
        file.write_bytes(whole)
    assert verify.judge(str(folder), None)[1] == 3


def test_every_header_byte_of_the_archive_counts(bag: BagResult, tmp_path: Path) -> None:
    whole = bag.path.read_bytes()
    with zipfile.ZipFile(bag.path) as archive:
        start = archive.start_dir
        first = archive.infolist()[0].header_offset
    places = [*range(first, first + 30), *range(start, len(whole), 7)]
    spoilt = tmp_path / "spoilt.zip"
    for at in places:
        spoilt.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert verify.judge(str(spoilt), None)[1] in (1, 2), at


def _appended(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x")


def _shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("spoil", [Path.unlink, _appended, _shortened])
def test_every_file_missing_longer_or_shorter_is_told(folder: Path, spoil: Callable[[Path], None]) -> None:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = file.read_bytes()
        spoil(file)
        lines, code = verify.judge(str(folder), None)
        assert code == 1, (file.name, lines)
        file.write_bytes(whole)


def test_file_nobody_listed_and_files_exchanged_are_told(folder: Path) -> None:
    (folder / "data" / "more.txt").write_text("x")
    assert verify.judge(str(folder), None)[0][1] == ("extra", ("data/more.txt",))
    (folder / "data" / "more.txt").unlink()
    a, b = folder / "data" / "transcript.csv", folder / "data" / "transcript.jsonl"
    a_bytes, b_bytes = a.read_bytes(), b.read_bytes()
    a.write_bytes(b_bytes)
    b.write_bytes(a_bytes)
    assert verify.judge(str(folder), None)[0][1][0] == "changed"


def test_recomputed_manifests_do_not_hide_a_change(folder: Path) -> None:
    """Whoever changes a file and makes all manifests anew still has no key."""
    target = folder / "data" / "transcript.csv"
    target.write_bytes(target.read_bytes().replace(b"secret", b"sucre!"))
    for algorithm in ("sha256", "sha512"):
        for prefix in ("manifest", "tagmanifest"):
            path = folder / f"{prefix}-{algorithm}.txt"
            names = [line.split("  ", 1)[1] for line in path.read_text().splitlines()]
            lines = [f"{hashlib.new(algorithm, (folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
            path.write_text("".join(lines))
    lines, code = verify.judge(str(folder), None)
    assert (code, lines[1][0]) == (1, "unsigned")


def test_link_is_refused_and_never_followed(folder: Path) -> None:
    (folder / "data" / "report.json").unlink()
    (folder / "data" / "report.json").symlink_to("/etc/hostname")
    assert verify.judge(str(folder), None)[0][1] == ("link", ("data/report.json",))


def _stored(names: list[str]) -> bytes:
    """A zip with the very headers Havre writes, and any names."""
    body = central = b""
    for name in names:
        fixed = struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 0x21, 0, 0, 0, len(name), 0)
        central += (
            b"PK\x01\x02\x14\x03" + fixed + struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, len(body)) + name.encode()
        )
        body += b"PK\x03\x04" + fixed + name.encode()
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, len(names), len(names), len(central), len(body), 0)
    return body + central + end


@pytest.mark.parametrize(
    "names",
    [
        ["../evil"],
        ["/etc/passwd"],
        ["A/../../x"],
        ["A/x", "A/x"],
        ["A/x", "B/x"],
        ["A//x"],
        ["A/x\x1b[2J"],
        ["A/x\n\rINTACT AND AUTHENTICATED"],
        ["A/.hidden"],
        ["A\\x"],
        ["x"],
        [],
    ],
)
def test_hostile_names_in_an_archive_are_refused(names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "hostile.zip"
    path.write_bytes(_stored(names))
    lines, code = verify.judge(str(path), None)
    assert code in (1, 2)
    assert lines[1][0] in ("name", "nothing", "archive")
    assert str(lines[1][1]).isprintable()  # it is shown in somebody's terminal
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all", b"PK\x03\x04" + b"\xff" * 26, os.urandom(4096)])
def test_rubbish_is_told_and_never_raises(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rubbish.zip"
    path.write_bytes(content)
    code, said = run(sys.executable, str(path), "--lang", "en")
    assert code in (1, 2), said


def test_copy_that_is_still_encrypted_is_not_called_altered(bag: BagResult, tmp_path: Path) -> None:
    """Whoever forgets to decrypt must not believe that somebody tampered with the file."""
    key = pyrage.x25519.Identity.generate()
    encrypt_age(bag.path, tmp_path / "a.zip.age", key=str(key.to_public()))
    encrypt_zip(bag.path, tmp_path / "a.aes.zip", passphrase="aaaa-bbbb", name="a.zip")
    for name in ("a.zip.age", "a.aes.zip"):
        code, said = run(sys.executable, str(tmp_path / name), "--lang", "en")
        assert (code, "still encrypted" in said, "ALTERED" in said) == (2, True, False), said


def test_huge_claimed_size_reads_no_more_than_is_there(tmp_path: Path) -> None:
    name = b"A/x"
    head = b"PK\x03\x04" + struct.pack("<HHHHHLLLHH", 20, 0, 0, 0, 0x21, 0, 2**32 - 1, 2**32 - 1, len(name), 0) + name
    path = tmp_path / "huge.zip"
    path.write_bytes(head + b"abc")
    assert verify.judge(str(path), None)[1] == 1


def test_missing_path_and_empty_folder_are_no_dossier(tmp_path: Path) -> None:
    assert verify.judge(str(tmp_path / "nowhere"), None)[1] == 2
    assert verify.judge(str(tmp_path), None)[1] == 2


def test_repacked_archive_is_told_apart_and_its_folder_still_verifies(folder: Path, tmp_path: Path) -> None:
    repacked = tmp_path / "repacked.zip"
    with zipfile.ZipFile(repacked, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder.parent))
    code, said = run(sys.executable, str(repacked), "--lang", "en")
    assert code == 1
    assert run(sys.executable, str(folder))[0] == 3
    assert "unpack it" in said or "file name refused" in said


@pytest.mark.parametrize("index", range(5))
def test_broken_link_of_the_senders_log_is_told_and_the_files_stay_intact(
    index: int, tmp_path: Path, signer: Signer
) -> None:
    chain = list(custody_chain(["case.opened", "case.claimed", "x", "decision.recorded", "export.requested"]))
    chain[index] = dataclasses.replace(chain[index], digest="0" * 64)
    result = build_bag(grooming_case(custody=tuple(chain)), out=tmp_path / "x.zip", signer=signer)
    code, said = run(sys.executable, str(result.path), "--fingerprint", result.fingerprint, "--lang", "en")
    assert code == 4
    assert said.startswith("INTACT AND AUTHENTICATED")
    assert f"does not hold together, at link {500 + index}" in said


def test_changed_event_under_its_commitment_is_told(tmp_path: Path, signer: Signer) -> None:
    chain = list(custody_chain(["case.opened", "case.claimed"]))
    chain[1] = dataclasses.replace(chain[1], event={"action": "nothing.happened"})
    unsealed = CustodyEntry(commitment="ab" * 32)
    result = build_bag(grooming_case(custody=(*chain, unsealed)), out=tmp_path / "x.zip", signer=signer)
    assert verify.judge(str(result.path), result.fingerprint)[1] == 4


# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_signature_check_agrees_with_the_vectors_of_the_rfc(
    secret: str, public: str, message: str, signature: str
) -> None:
    assert Signer.from_seed(bytes.fromhex(secret)).sign(bytes.fromhex(message)).hex() == signature
    key, text, sign = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert verify.ed25519_verify(key, text, sign)
    assert not verify.ed25519_verify(key, text + b"x", sign)


def test_signature_check_agrees_with_the_library_and_refuses_every_flipped_bit() -> None:
    chance = random.Random(8032)
    for _ in range(20):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = private.public_key().public_bytes_raw(), chance.randbytes(chance.randrange(200))
        signature = private.sign(message)
        assert verify.ed25519_verify(public, message, signature)
        for bit in chance.sample(range(512), 10):
            wrong = bytearray(signature)
            wrong[bit // 8] ^= 1 << bit % 8
            assert not verify.ed25519_verify(public, message, bytes(wrong))


def test_second_form_of_a_signature_is_refused() -> None:
    """s + order verifies in the equation; RFC 8032 section 5.1.7 refuses it, or signatures could be reworded."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signature = private.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + verify.ORDER
    twin = signature[:32] + s.to_bytes(32, "little")
    assert not verify.ed25519_verify(private.public_key().public_bytes_raw(), b"m", twin)
    assert not verify.ed25519_verify(bytes(31), b"m", signature)
    assert not verify.ed25519_verify(b"\xff" * 32, b"m", signature)
