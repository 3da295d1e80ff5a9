"""What this installation puts on a dossier beside its own signature: PAdES on the PDFs, an outside time stamp."""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from community import timestamps
from safeguarding.dossier.sign import Seals, Signer

logger = logging.getLogger(__name__)
# Loaded where a certificate is configured alone: nobody else pays for the library behind it.
PDF_SIGNER = "safeguarding.dossier.pades.PdfSigner"


def signer() -> Signer:
    """The installation's signing key; its fingerprint is what a recipient is given by another way."""
    return Signer.from_seed(settings.SIGNING_KEY)


def seals() -> Seals:
    """As configured. An authority that cannot be reached delays no dossier: it is then built without the stamp, and
    says so. A certificate that does not open fails the building: nobody asked for unsigned reports."""
    stamping = timestamps.is_configured()
    pdf = None
    if settings.PDF_CERTIFICATE:
        pkcs12 = Path(settings.PDF_CERTIFICATE).read_bytes()
        pdf = import_string(PDF_SIGNER)(
            pkcs12, settings.PDF_CERTIFICATE_PASSWORD, ask=timestamps.ask_authority if stamping else None
        ).sign
    return Seals(pdf=pdf, stamp=_stamp if stamping else None, authority=settings.TSA_URL)


def _stamp(message: bytes) -> bytes | None:
    try:
        return timestamps.stamp(message)
    except timestamps.NotStamped as error:
        logger.warning("a dossier is not stamped: %s", error)
        return None
