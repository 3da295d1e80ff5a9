"""PAdES signatures on the PDFs of a dossier (ETSI EN 319 142-1, level B-B, or B-T with a time stamp), by pyHanko.

Imported where a certificate is configured and nowhere else: the library takes a second and fifty megabytes to load.
The signature is invisible, so that the pages stay as they were; everything before it in the file is untouched.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from asn1crypto import tsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper

FIELD = "Signature"
Ask = Callable[[bytes], bytes]


class BadCertificate(ValueError):
    """The PKCS #12 file does not open with the password, or holds no key."""


class PdfSigner:
    """Signs PDFs with the key of a PKCS #12 file; `ask` sends a DER time-stamp query and returns the DER answer."""

    def __init__(self, pkcs12: bytes, password: str, *, ask: Ask | None = None) -> None:
        try:
            self._signer = signers.SimpleSigner.load_pkcs12_data(
                pkcs12, other_certs=[], passphrase=password.encode() if password else None
            )
        except ValueError as error:
            raise BadCertificate("the PKCS #12 file does not open with this password") from error
        self._stamper = _Asking(ask) if ask else None

    def sign(self, pdf: bytes) -> bytes:
        """`pdf` with one signature behind it, stamped where there is an authority. Not the same bytes twice."""
        out = io.BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            signers.PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES),
            signer=self._signer,
            timestamper=self._stamper,
            output=out,
        )
        return out.getvalue()


class _Asking(TimeStamper):
    def __init__(self, ask: Ask) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self._ask = ask

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._ask(req.dump()))
