"""What a wallet is asked, and what is derived for one exchange with it: addresses, nonce, state, codes, key.

All of it is worked out anew from the exchange's random id and the server's key each time, and stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from community.age.eu_wallet import dcapi, openid4vp, zk
from community.age.eu_wallet.profile import element_of
from community.age.eu_wallet.transcripts import b64url, dcapi_transcript, redirect_transcript
from community.models import WalletExchange
from community.policies import FACTS_OF_BAND, AgeBand

METHOD, METHOD_ZK = "eu_wallet", "eu_wallet_zk"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def is_zk(exchange: WalletExchange) -> bool:
    """Whether the wallet is to prove without showing."""
    return exchange.age_check.provider == METHOD_ZK


def elements_of(exchange: WalletExchange) -> list[str]:
    """What is asked of the wallet, no more than the band needs."""
    return [element_of(threshold) for threshold in FACTS_OF_BAND[AgeBand(exchange.band)]]


def wallet_link(exchange: WalletExchange) -> str:
    """The link that opens a wallet on this device, and what the QR code for another one holds."""
    return openid4vp.request_link(
        response_uri=response_uri(),
        nonce=b64url(_derived(exchange, "nonce")),
        state=_token(exchange, "state"),
        elements=elements_of(exchange),
    )


def browser_request(exchange: WalletExchange) -> dict[str, str]:
    """What the page hands to the browser's Digital Credentials API."""
    return {
        "protocol": dcapi.PROTOCOL,
        "deviceRequest": (
            zk.zk_device_request(elements_of(exchange))
            if is_zk(exchange)
            else dcapi.device_request(elements_of(exchange))
        ),
        "encryptionInfo": _encryption_info(exchange),
    }


def response_uri() -> str:
    """Where wallets post: an absolute address, part of what they sign."""
    return settings.SITE_URL + reverse("community:wallet_response")


def origin() -> str:
    """The origin of our pages (RFC 6454), to which answers of the browser are bound."""
    parts = urlsplit(settings.SITE_URL)
    return f"{parts.scheme}://{parts.netloc}"


def transcript_of_post(exchange: WalletExchange) -> bytes:
    """What a wallet that posts its answer has signed."""
    return redirect_transcript(
        client_id=openid4vp.client_id_of(response_uri()),
        nonce=b64url(_derived(exchange, "nonce")),
        response_uri=response_uri(),
    )


def transcript_of_browser(exchange: WalletExchange) -> bytes:
    """What a wallet that the browser asked has signed."""
    return dcapi_transcript(encryption_info=_encryption_info(exchange), origin=origin())


def began_here(exchange: WalletExchange, session_key: str) -> bool:
    """Whether this browser began the exchange."""
    return hmac.compare_digest(exchange.session_hash, session_hash(session_key))


def return_address(exchange: WalletExchange) -> str:
    """Where the wallet's device goes on. The code in it serves once, and only in the browser that began; elsewhere it
    shows six digits. So it may stand in an address, and works without a script, which a fragment would not."""
    code = urlencode({"response_code": _token(exchange, "response code")})
    return f"{settings.SITE_URL}{reverse('community:wallet_return')}?{code}"


def typed_code(exchange: WalletExchange) -> str:
    """The six digits shown where the wallet's device ended, to be typed where the check began."""
    return f"{int.from_bytes(_derived(exchange, 'typed code')[:8], 'big') % 1_000_000:06d}"


def session_hash(session_key: str) -> str:
    return hmac.new(settings.HASH_KEY, f"wallet session:{session_key}".encode(), hashlib.sha256).hexdigest()


def exchange_key(exchange: WalletExchange) -> ec.EllipticCurvePrivateKey:
    wide = _derived(exchange, "key a") + _derived(exchange, "key b")
    return ec.derive_private_key(int.from_bytes(wide, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def exchange_of_state(state: str) -> WalletExchange | None:
    """The running exchange that a wallet's post answers."""
    return _found(state, "state")


def exchange_of_response_code(code: str) -> WalletExchange | None:
    """The running exchange that a wallet's device comes back from."""
    return _found(code, "response code")


def _found(token: str, what: str) -> WalletExchange | None:
    """The running exchange that a token of this purpose was derived from."""
    public_id, _dot, _rest = token.partition(".")
    if len(public_id) > 16 or not public_id.isascii() or not public_id.isalnum():
        return None
    exchange = (
        WalletExchange.objects.select_related("age_check__member", "age_check__consent__child")
        .filter(public_id=public_id, expires_at__gt=timezone.now(), age_check__expires_at__gt=timezone.now())
        .first()
    )
    if exchange is None or not hmac.compare_digest(token.encode(), _token(exchange, what).encode()):
        return None
    return exchange


def _derived(exchange: WalletExchange, what: str) -> bytes:
    """32 bytes that only this server can know, of this exchange and this purpose."""
    return hmac.digest(settings.HASH_KEY, f"wallet {what}:{exchange.public_id}".encode(), hashlib.sha256)


def _token(exchange: WalletExchange, what: str) -> str:
    return f"{exchange.public_id}.{b64url(_derived(exchange, what))}"


def _encryption_info(exchange: WalletExchange) -> str:
    return dcapi.encryption_info(_derived(exchange, "nonce"), exchange_key(exchange))
