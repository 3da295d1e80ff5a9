"""The EU proof-of-age attestation (`eu.europa.ec.av.1`, an ISO/IEC 18013-5 mdoc), verified here and by nobody else.

Everything but `provider` is pure Python: bytes in, a Presentation or a Refusal out. No network, no database, no
clock of its own. What it conforms to are the published vectors; no shipped national wallet has been met.

    profile       the words of the profile: document type, query, key usages
    refusals      every reason for which a presentation is refused
    cbor          strict decoding of untrusted CBOR
    cose          COSE_Sign1 and COSE_Key
    certificates  from the signer's certificate to a trusted provider's
    transcripts   what the device signed besides: the three session transcripts
    mdoc          the presentation itself, check by check
    openid4vp     the request and the answer by redirect or QR code
    dcapi         the request and the answer by the browser's Digital Credentials API
    standalone    the same on JSON, for vectors kept elsewhere
"""
