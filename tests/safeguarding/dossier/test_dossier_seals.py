"""What may be put on a dossier besides its own signature: PAdES on the PDFs, an outside stamp over the signature."""

from __future__ import annotations

import hashlib
import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest
from django.conf import settings as django_settings
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from community import timestamps
from safeguarding.dossier.bag import BagResult, build_bag
from safeguarding.dossier.pades import BadCertificate, PdfSigner
from safeguarding.dossier.sign import Seals, Signer
from safeguarding.dossier.verify import verify
from tests.harness.authority import Authority
from tests.safeguarding.dossier.cases import grooming_case


@pytest.fixture(scope="module")
def sealed(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> BagResult:
    """A dossier with everything on it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_settings, "TSA_URL", authority.url)
        patch.setattr(django_settings, "TSA_CA", str(authority.ca))
        signing = PdfSigner(authority.pkcs12.read_bytes(), Authority.PASSWORD, ask=timestamps.ask_authority)
        return build_bag(
            grooming_case(),
            out=tmp_path_factory.mktemp("sealed") / "dossier.zip",
            signer=Signer.from_seed(bytes(range(32))),
            seals=Seals(pdf=signing.sign, stamp=timestamps.stamp, authority=authority.url),
        )


@pytest.fixture
def unpacked(sealed: BagResult, tmp_path: Path) -> Path:
    with zipfile.ZipFile(sealed.path) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "INC-2026-k7Qm2xT9"


def test_openssl_accepts_the_stamp_over_the_signature(authority: Authority, unpacked: Path) -> None:
    folder = unpacked / "signature"
    assert authority.verifies(folder / "statement.sig", folder / "statement.tsr")
    (folder / "statement.sig").write_bytes(b"0" * 129)
    assert not authority.verifies(folder / "statement.sig", folder / "statement.tsr")


def test_enclosed_program_and_library_of_congress_accept_the_sealed_bag(sealed: BagResult, unpacked: Path) -> None:
    lines, code = verify.judge(str(sealed.path), sealed.fingerprint)
    assert code == 0
    assert "stamped" in [key for key, _ in lines]
    assert bagit.Bag(str(unpacked)).validate(processes=1)


def test_pyhanko_validates_the_signature_of_every_pdf(authority: Authority, unpacked: Path) -> None:
    root = load_cert_from_pemder(str(authority.ca))
    pdfs = sorted(unpacked.rglob("*.pdf"))
    assert len(pdfs) == 4
    for path in pdfs:
        [signature] = PdfFileReader(io.BytesIO(path.read_bytes())).embedded_signatures
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
        assert status.bottom_line, (path.name, status.pretty_print_details())
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.valid
        assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_changed_pdf_does_not_keep_its_signature(authority: Authority, unpacked: Path) -> None:
    raw = bytearray((unpacked / "data" / "report.fr.pdf").read_bytes())
    raw[raw.index(b"startxref") // 2] ^= 1
    root = load_cert_from_pemder(str(authority.ca))
    [signature] = PdfFileReader(io.BytesIO(bytes(raw))).embedded_signatures
    assert not validate_pdf_signature(signature, ValidationContext(trust_roots=[root])).bottom_line


@pytest.mark.parametrize("name", verify.STAMPED)
def test_stamp_cannot_be_changed_or_left_out_in_part(unpacked: Path, name: str) -> None:
    path = unpacked / name
    whole = path.read_bytes()
    chance = random.Random(name)
    for _ in range(40):
        at = chance.randrange(len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ chance.randrange(1, 256)]) + whole[at + 1 :])
        assert verify.judge(str(unpacked), None)[1] == 1, at
    path.unlink()
    assert verify.judge(str(unpacked), None)[1] == 1


def test_stamp_left_out_whole_is_told(unpacked: Path) -> None:
    for name in verify.STAMPED:
        (unpacked / name).unlink()
    lines, code = verify.judge(str(unpacked), None)
    assert code == 3
    assert "unstamped" in [key for key, _ in lines]


def test_stamp_of_another_dossier_does_not_fit(sealed: BagResult, unpacked: Path, stamping: Authority) -> None:
    """Whoever holds the key could still not exchange the stamp for one over something else."""
    signer = Signer.from_seed(bytes(range(32)))
    stamp = timestamps.stamp(b"another dossier")
    (unpacked / verify.STAMPED[0]).write_bytes(stamp)
    digest = hashlib.sha256(stamp).hexdigest()
    statement = f"havre-dossier-stamp 1\nsha256 {digest}  {verify.STAMPED[0]}\n".encode()
    (unpacked / verify.STAMPED[1]).write_bytes(statement)
    (unpacked / verify.STAMPED[2]).write_bytes(signer.sign(statement).hex().encode() + b"\n")
    assert verify.judge(str(unpacked), None)[0][1][0] == "stamp"


def test_dossier_without_the_authority_is_built_and_says_so(tmp_path: Path, signer: Signer) -> None:
    seals = Seals(stamp=lambda message: None, authority="https://tsa.example")
    result = build_bag(grooming_case(), out=tmp_path / "x.zip", signer=signer, seals=seals)
    lines, code = verify.judge(str(result.path), result.fingerprint)
    assert code == 0
    assert "unstamped" in [key for key, _ in lines]


def test_certificate_that_does_not_open_is_told(authority: Authority) -> None:
    with pytest.raises(BadCertificate):
        PdfSigner(authority.pkcs12.read_bytes(), "wrong")


def test_without_seals_nothing_heavy_is_loaded() -> None:
    """The library behind PAdES is loaded where a certificate is configured, never by the web process."""
    program = (
        "import django, os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup()\n"
        "import safeguarding.admin, safeguarding.tasks\n"
        "sys.stdout.write(str('pyhanko' in sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout == "False"
