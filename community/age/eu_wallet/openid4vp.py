"""OpenID for Verifiable Presentations 1.0 as the EU profile narrows it (Annex A): by redirect or QR code.

The request goes by value in an `av://` link, unsigned: `redirect_uri:` client id, DCQL, `direct_post`. The answer is
a form that the wallet posts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from .profile import DOCTYPE, MAX_RESPONSE, NAMESPACE, QUERY_ID, SCHEME
from .refusals import Reason, Refusal
from .transcripts import from_b64url

# A form with one vp_token of the largest response, base64url in JSON and percent-encoded, and a state.
MAX_FORM = MAX_RESPONSE * 3 // 2


def client_id_of(response_uri: str) -> str:
    """The client identifier of a verifier that nobody registered: where the answer goes says who asks."""
    return f"redirect_uri:{response_uri}"


def request_link(*, response_uri: str, nonce: str, state: str, elements: Sequence[str]) -> str:
    """The link that opens a wallet, and what the QR code holds."""
    parameters = {
        "client_id": client_id_of(response_uri),
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": response_uri,
        "nonce": nonce,
        "state": state,
        "dcql_query": json.dumps(dcql(elements), separators=(",", ":")),
        "client_metadata": '{"vp_formats_supported":{"mso_mdoc":{}}}',
    }
    return f"{SCHEME}://?{urlencode(parameters, quote_via=quote)}"


def dcql(elements: Sequence[str]) -> dict[str, Any]:
    """The query: these elements of one proof of age, and nothing else."""
    return {
        "credentials": [
            {
                "id": QUERY_ID,
                "format": "mso_mdoc",
                "meta": {"doctype_value": DOCTYPE},
                "claims": [{"path": [NAMESPACE, element]} for element in elements],
            }
        ]
    }


def response_of(vp_token: str) -> bytes:
    """The one DeviceResponse of a vp_token: {"proof_of_age": ["base64url"]}.

    Raises Refusal: MALFORMED, TOO_LARGE, NOT_OUR_QUERY for anything beside, or in place of, our one query's answer.
    """
    if len(vp_token) > MAX_FORM:
        raise Refusal(Reason.TOO_LARGE)
    try:
        token = json.loads(vp_token, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Refusal(Reason.MALFORMED) from error
    if not isinstance(token, dict) or set(token) != {QUERY_ID}:
        raise Refusal(Reason.NOT_OUR_QUERY)
    presentations = token[QUERY_ID]
    if not (isinstance(presentations, list) and len(presentations) == 1):
        raise Refusal(Reason.NOT_OUR_QUERY)
    if not isinstance(presentations[0], str):
        raise Refusal(Reason.MALFORMED)
    try:
        return from_b64url(presentations[0])
    except ValueError as error:
        raise Refusal(Reason.MALFORMED) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
