"""QR codes as SVG data, drawn by the server: no script, nothing fetched."""

from __future__ import annotations

import segno


def qr_data_uri(content: str, *, error: str = "m") -> str:
    """An SVG image as a data: URI, dark on white whatever the page’s colours. A long content is easier to read with
    the low `error` correction ("l"): fewer, larger squares."""
    # make_qr: `make` would choose a Micro QR code for a short text, which hardly any telephone reads.
    uri: str = segno.make_qr(content, error=error).svg_data_uri(scale=6, border=4, dark="#000", light="#fff")
    return uri
