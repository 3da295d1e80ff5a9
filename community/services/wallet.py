"""A proof of age from a wallet: one request, one answer, and the browser that began it.

An exchange lives five minutes. The wallet's answer only waits in it: facts are written when the browser that began
claims them, by its session and the response code (same device), or by six digits that its member reads off the page
where the wallet's device ended (another device). Whoever is talked into scanning somebody else's QR code proves
nothing for them without also telling them those digits, and the page that shows them says so.

Whose proof it is, is the check's business: a member's, or that of a guardian, who has no account and is asked for an
adult alone. The rules are the same for both.

Nonce, state, codes and key are derived from the exchange's random id and the server's key, and stored nowhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from community.age.eu_wallet import dcapi, openid4vp, zk
from community.age.eu_wallet.claims import answers, facts_of
from community.age.eu_wallet.mdoc import Question, verify
from community.age.eu_wallet.profile import DOCTYPE, MAX_RESPONSE, NAMESPACE, element_of
from community.age.eu_wallet.refusals import Reason, Refusal
from community.age.eu_wallet.transcripts import b64url, dcapi_transcript, redirect_transcript
from community.age.provider import Level, Outcome, Verdict
from community.errors import WalletCodeWrong, WalletOver, WalletRefused
from community.models import AgeCheck, GuardianConsent, Member, WalletExchange
from community.policies import ASK_OF_BAND, AgeBand, meets

from .age import FACTS_OF_BAND, record_outcome
from .limits import subscriber, take
from .progress import check_changed
from .trust import current_anchors

logger = logging.getLogger(__name__)

METHOD, METHOD_ZK = "eu_wallet", "eu_wallet_zk"
EXCHANGE_MINUTES, CODE_MINUTES = 5, 2
CODE_ATTEMPTS = 3
HOUR = 3600
Holder = Member | GuardianConsent  # who proves something: a member, or the guardian of a consent
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


# -- asking ----------------------------------------------------------------------------------------------------------


def begin_exchange(*, holder: Holder, band: AgeBand, session_key: str) -> WalletExchange:
    """Ask the wallet for what `band` takes and nothing more, in the holder's running check, from this browser. A
    guardian is asked for an adult, whatever the band.

    It takes the place of a former exchange of that check. Raises WalletOver without a running check,
    TooManyAttempts, TryLater.
    """
    take("age-wallet", _counted(holder), most=20, seconds=HOUR)
    if isinstance(holder, GuardianConsent):
        band = AgeBand.ADULT
    ask = ASK_OF_BAND[band]
    now = timezone.now()
    with transaction.atomic():
        check = (
            AgeCheck.objects.select_for_update(of=("self",))
            .filter(**_checks_of(holder), provider__in=(METHOD, METHOD_ZK), expires_at__gt=now)
            .first()
        )
        if check is None:
            raise WalletOver
        WalletExchange.objects.filter(age_check=check).delete()
        check.ask = {"at_least": list(ask.at_least), "under": list(ask.under)}
        check.save(update_fields=["ask"])
        check_changed(check.member)
        return WalletExchange.objects.create(
            age_check=check,
            band=band,
            session_hash=_session_hash(session_key),
            expires_at=min(now + dt.timedelta(minutes=EXCHANGE_MINUTES), check.expires_at),
        )


def exchange_of(check: AgeCheck) -> WalletExchange | None:
    """The check's exchange, while it runs."""
    return WalletExchange.objects.filter(age_check=check, expires_at__gt=timezone.now()).first()


def running_exchange(holder: Holder) -> WalletExchange | None:
    """The exchange of the holder's check, while it runs."""
    checks = AgeCheck.objects.filter(**_checks_of(holder))
    running = WalletExchange.objects.filter(age_check__in=checks, expires_at__gt=timezone.now())
    return running.select_related("age_check").first()


def began_here(exchange: WalletExchange, session_key: str) -> bool:
    """Whether this browser began the exchange."""
    return hmac.compare_digest(exchange.session_hash, _session_hash(session_key))


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


# -- the answer ------------------------------------------------------------------------------------------------------


def receive_response(*, state: str, vp_token: str, address: str) -> str:
    """Take a wallet's posted answer to a live exchange, once; return where its device goes on.

    Whatever it says, the exchange is used up: a refused answer ends it too. Raises WalletOver for a state that is
    not (or no longer) waiting, WalletRefused, TooManyAttempts, TryLater.
    """
    exchange = _waiting(state, address)
    transcript = redirect_transcript(
        client_id=openid4vp.client_id_of(response_uri()),
        nonce=b64url(_derived(exchange, "nonce")),
        response_uri=response_uri(),
    )
    try:
        outcome = _verified(exchange, openid4vp.response_of(vp_token), transcript)
    except Refusal as refusal:
        _refuse(exchange, refusal.reason)
        raise WalletRefused from refusal
    if not _answer(exchange, outcome):
        _log(Reason.TRANSACTION_USED)
        raise WalletOver
    return return_address(exchange)


def decline_exchange(*, state: str, address: str) -> str:
    """The wallet, or the person, would not answer: the exchange ends. Returns where the device goes on."""
    exchange = _waiting(state, address)
    _refuse(exchange, Reason.WALLET_DECLINED)
    return settings.SITE_URL + reverse("community:wallet_return")


def receive_from_browser(*, holder: Holder, session_key: str, response: str) -> Verdict:
    """Take an answer of the Digital Credentials API from the page that asked, and write what it proves.

    Raises WalletOver, WalletRefused, TooManyAttempts, TryLater, CodeUnknown.
    """
    take("age-wallet-browser", _counted(holder), most=30, seconds=HOUR)
    exchange = _own(holder, session_key, WalletExchange.State.WAITING)
    transcript = dcapi_transcript(encryption_info=_encryption_info(exchange), origin=origin())
    try:
        most = most_of_answer(exchange)
        opened = dcapi.open_response(response, key=_exchange_key(exchange), transcript=transcript, most=most)
        outcome = (_proved if is_zk(exchange) else _verified)(exchange, opened, transcript)
    except Refusal as refusal:
        _refuse(exchange, refusal.reason)
        raise WalletRefused from refusal
    if not _answer(exchange, outcome):
        _log(Reason.TRANSACTION_USED)
        raise WalletOver
    return _record(exchange)


def most_of_answer(exchange: WalletExchange) -> int:
    """The bytes that an answer may have: a proof in zero knowledge is large."""
    return zk.MAX_RESPONSE if is_zk(exchange) else MAX_RESPONSE


def origin() -> str:
    """The origin of our pages (RFC 6454), to which answers of the browser are bound."""
    parts = urlsplit(settings.SITE_URL)
    return f"{parts.scheme}://{parts.netloc}"


# -- the browser that began ------------------------------------------------------------------------------------------


def returning(*, response_code: str, address: str) -> WalletExchange:
    """The answered exchange that a wallet's device comes back with. Raises WalletOver, TooManyAttempts, TryLater."""
    if address:
        take("age-wallet-return", subscriber(address), most=120, seconds=HOUR)
    exchange = _found(response_code, "response code")
    if exchange is None or exchange.state != WalletExchange.State.ANSWERED:
        raise WalletOver
    return exchange


def typed_code(exchange: WalletExchange) -> str:
    """The six digits shown where the wallet's device ended, to be typed where the check began."""
    return f"{int.from_bytes(_derived(exchange, 'typed code')[:8], 'big') % 1_000_000:06d}"


def finish_here(*, holder: Holder, session_key: str, exchange: WalletExchange) -> Verdict:
    """Write what was proved: the browser that began has come back. Of many at once one counts.

    Raises WalletOver where another browser or another holder began; CodeUnknown where it was just used.
    """
    own = _own(holder, session_key, WalletExchange.State.ANSWERED)
    if own.pk != exchange.pk:
        _log(Reason.OTHER_BROWSER)
        raise WalletOver
    return _record(own)


def finish_by_code(*, holder: Holder, session_key: str, code: str) -> Verdict:
    """Write what was proved on another device: its six digits were typed where the check began.

    Three wrong codes end the check. Raises WalletCodeWrong, WalletOver, CodeUnknown, TooManyAttempts, TryLater.
    """
    take("age-wallet-code", _counted(holder), most=30, seconds=HOUR)
    digits = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    with transaction.atomic():
        # Its lock orders the attempts: of many at once no more than three are looked at.
        exchange = _own(holder, session_key, WalletExchange.State.ANSWERED, lock=True)
        if hmac.compare_digest(digits, typed_code(exchange)):
            return _record(exchange)
        exchange.attempts += 1
        if exchange.attempts < CODE_ATTEMPTS:
            exchange.save(update_fields=["attempts"])
        else:
            exchange.age_check.delete()
            check_changed(exchange.age_check.member)
    if exchange.attempts < CODE_ATTEMPTS:
        raise WalletCodeWrong
    raise WalletOver


# -- inside ----------------------------------------------------------------------------------------------------------


def _verified(exchange: WalletExchange, response: bytes, transcript: bytes) -> dict[str, Any]:
    """What a presentation proves, as it waits in the exchange: nothing of the presentation but a keyed hash."""
    facts = FACTS_OF_BAND[AgeBand(exchange.band)]
    claims = {element_of(threshold): is_over for threshold, is_over in facts.items()}
    question = Question(DOCTYPE, NAMESPACE, list(claims))
    presented = verify(response, transcript=transcript, question=question, trust=current_anchors(), now=timezone.now())
    met = answers(presented.elements, claims)
    tag = hmac.digest(settings.HASH_KEY, b"wallet proof:" + presented.signed_object, hashlib.sha256)
    return {
        "met": met,
        "facts": {str(threshold): value for threshold, value in facts_of(presented.elements, claims).items()},
        "anchor": presented.anchor,
        "tag": tag.hex(),
        # The day after it ends, for its exact end would tell attestations apart.
        "until": (timezone.localdate(presented.valid_until) + dt.timedelta(days=1)).isoformat(),
    }


def _proved(exchange: WalletExchange, response: bytes, transcript: bytes) -> dict[str, Any]:
    """`_verified` for a proof in zero knowledge: there is nothing to know it again by."""
    facts = FACTS_OF_BAND[AgeBand(exchange.band)]
    claims = {element_of(threshold): is_over for threshold, is_over in facts.items()}
    proof = zk.verify_zk(
        response,
        transcript=transcript,
        question=Question(DOCTYPE, NAMESPACE, list(claims)),
        trust=current_anchors(),
        now=timezone.now(),
        circuits=settings.ZK_CIRCUITS,
    )
    proved = {str(threshold): value for threshold, value in facts_of(proof.elements, claims).items()}
    return {"met": answers(proof.elements, claims), "facts": proved, "anchor": proof.anchor, "tag": None, "until": None}


def _record(exchange: WalletExchange) -> Verdict:
    found = exchange.outcome
    assert found is not None  # walletexchange_outcome_when_answered
    facts = {int(threshold): value for threshold, value in found["facts"].items()}
    met = found["met"] and meets(facts, ASK_OF_BAND[AgeBand(exchange.band)])
    return record_outcome(
        check=exchange.age_check,
        outcome=Outcome(
            verdict=Verdict.MET if met else Verdict.NOT_MET,
            facts=facts,
            method=exchange.age_check.provider,
            level=Level.ENHANCED,
            issuer_ref=f"anchor:{found['anchor']}",
            replay_tag=found["tag"],
            replay_until=dt.date.fromisoformat(found["until"]) if found["until"] else None,
        ),
    )


def _waiting(state: str, address: str) -> WalletExchange:
    if address:
        take("age-wallet-post", subscriber(address), most=240, seconds=HOUR)
    exchange = _found(state, "state")
    if exchange is None or is_zk(exchange):  # a proof in zero knowledge comes through the browser alone
        _log(Reason.UNKNOWN_TRANSACTION)
        raise WalletOver
    # Verifying costs milliseconds: nobody makes us do it a thousand times for one request.
    take("age-wallet-answers", exchange.public_id, most=20, seconds=HOUR)
    if exchange.state != WalletExchange.State.WAITING:
        _log(Reason.TRANSACTION_USED)
        raise WalletOver
    return exchange


def _counted(holder: Holder) -> int | str:
    """Under what name a holder's attempts are counted."""
    return f"consent {holder.pk}" if isinstance(holder, GuardianConsent) else holder.pk


def _checks_of(holder: Holder) -> dict[str, Holder]:
    return {"consent" if isinstance(holder, GuardianConsent) else "member": holder}


def _own(holder: Holder, session_key: str, state: str, *, lock: bool = False) -> WalletExchange:
    exchanges = WalletExchange.objects.select_related("age_check__member", "age_check__consent")
    if lock:
        exchanges = exchanges.select_for_update(of=("self",))
    exchange = exchanges.filter(
        age_check__in=AgeCheck.objects.filter(**_checks_of(holder), expires_at__gt=timezone.now()),
        expires_at__gt=timezone.now(),
    ).first()
    if exchange is None or exchange.state != state:
        raise WalletOver
    if not began_here(exchange, session_key):
        _log(Reason.OTHER_BROWSER)
        raise WalletOver
    return exchange


def _answer(exchange: WalletExchange, outcome: dict[str, Any]) -> bool:
    """Keep the answer of a waiting exchange: of many the first."""
    now = timezone.now()
    ends = now + dt.timedelta(minutes=CODE_MINUTES)
    with transaction.atomic():
        kept = WalletExchange.objects.filter(
            pk=exchange.pk, state=WalletExchange.State.WAITING, expires_at__gt=now
        ).update(state=WalletExchange.State.ANSWERED, outcome=outcome, expires_at=ends)
        if kept:  # who answered in time has time left to come back
            AgeCheck.objects.filter(pk=exchange.age_check_id, expires_at__lt=ends).update(expires_at=ends)
            check_changed(exchange.age_check.member)
    exchange.state, exchange.outcome = WalletExchange.State.ANSWERED, outcome
    return bool(kept)


def _refuse(exchange: WalletExchange, reason: Reason) -> None:
    _log(reason)
    WalletExchange.objects.filter(pk=exchange.pk, state=WalletExchange.State.WAITING).update(
        state=WalletExchange.State.REFUSED
    )
    check_changed(exchange.age_check.member)


def _log(reason: Reason) -> None:
    logger.info("a wallet's answer was refused: %s", reason.value)


def return_address(exchange: WalletExchange) -> str:
    """Where the wallet's device goes on. The code in it serves once, and only in the browser that began; elsewhere it
    shows six digits. So it may stand in an address, and works without a script, which a fragment would not."""
    code = urlencode({"response_code": _token(exchange, "response code")})
    return f"{settings.SITE_URL}{reverse('community:wallet_return')}?{code}"


def _derived(exchange: WalletExchange, what: str) -> bytes:
    """32 bytes that only this server can know, of this exchange and this purpose."""
    return hmac.digest(settings.HASH_KEY, f"wallet {what}:{exchange.public_id}".encode(), hashlib.sha256)


def _token(exchange: WalletExchange, what: str) -> str:
    return f"{exchange.public_id}.{b64url(_derived(exchange, what))}"


def _found(token: str, what: str) -> WalletExchange | None:
    """The running exchange that a token of this purpose was derived from."""
    public_id, _dot, _rest = token.partition(".")
    if len(public_id) > 16 or not public_id.isascii() or not public_id.isalnum():
        return None
    exchange = (
        WalletExchange.objects.select_related("age_check__member", "age_check__consent")
        .filter(public_id=public_id, expires_at__gt=timezone.now(), age_check__expires_at__gt=timezone.now())
        .first()
    )
    if exchange is None or not hmac.compare_digest(token.encode(), _token(exchange, what).encode()):
        return None
    return exchange


def _exchange_key(exchange: WalletExchange) -> ec.EllipticCurvePrivateKey:
    wide = _derived(exchange, "key a") + _derived(exchange, "key b")
    return ec.derive_private_key(int.from_bytes(wide, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())


def _encryption_info(exchange: WalletExchange) -> str:
    return dcapi.encryption_info(_derived(exchange, "nonce"), _exchange_key(exchange))


def _session_hash(session_key: str) -> str:
    return hmac.new(settings.HASH_KEY, f"wallet session:{session_key}".encode(), hashlib.sha256).hexdigest()
