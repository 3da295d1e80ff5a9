"""A proof of age from a wallet: one request, one answer, and the browser that began it.

An exchange lives five minutes. The wallet's answer only waits in it: facts are written when the browser that began
claims them, by its session and the response code (same device), or by six digits that its member reads off the page
where the wallet's device ended (another device). Whoever is talked into scanning somebody else's QR code proves
nothing for them without also telling them those digits, and the page that shows them says so.

Whose proof it is, is the check's business: a member's, or that of a guardian, who has no account and is asked for an
adult alone. The rules are the same for both.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from community.age.eu_wallet import dcapi, openid4vp, zk
from community.age.eu_wallet.profile import MAX_RESPONSE
from community.age.eu_wallet.refusals import Reason, Refusal
from community.age.provider import Verdict
from community.errors import WalletCodeWrong, WalletOver, WalletRefused
from community.keyed import same
from community.models import AgeCheck, GuardianConsent, Member, WalletExchange
from community.policies import ASK_OF_BAND, AgeBand

from .age_checks import lock_person
from .age_facts import record_outcome
from .limits import subscriber, take
from .progress import check_changed
from .wallet_proof import outcome_of, verified
from .wallet_request import (
    METHOD,
    METHOD_ZK,
    began_here,
    exchange_key,
    exchange_of_response_code,
    exchange_of_state,
    is_zk,
    return_address,
    session_hash,
    transcript_of_browser,
    transcript_of_post,
    typed_code,
)

logger = logging.getLogger(__name__)

EXCHANGE_MINUTES, CODE_MINUTES = 5, 2
CODE_ATTEMPTS = 3
HOUR = 3600
Holder = Member | GuardianConsent  # who proves something: a member, or the guardian of a consent


# -- asking ------------------------------------------------------------------------------------------------------------


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
        lock_person(**_person_of(holder))
        checks = AgeCheck.objects.filter(**_person_of(holder), provider__in=(METHOD, METHOD_ZK), expires_at__gt=now)
        check = checks.first()
        if check is None:
            raise WalletOver
        WalletExchange.objects.filter(age_check=check).delete()
        if not checks.update(ask={"at_least": list(ask.at_least), "under": list(ask.under)}):
            raise WalletOver
        check_changed(check.member)
        return WalletExchange.objects.create(
            age_check=check,
            band=band,
            session_hash=session_hash(session_key),
            expires_at=min(now + dt.timedelta(minutes=EXCHANGE_MINUTES), check.expires_at),
        )


def exchange_of(check: AgeCheck) -> WalletExchange | None:
    """The check's exchange, while it runs."""
    return WalletExchange.objects.filter(age_check=check, expires_at__gt=timezone.now()).first()


def running_exchange(holder: Holder) -> WalletExchange | None:
    """The exchange of the holder's check, while it runs."""
    checks = AgeCheck.objects.filter(**_person_of(holder))
    running = WalletExchange.objects.filter(age_check__in=checks, expires_at__gt=timezone.now())
    return running.select_related("age_check").first()


# -- the answer --------------------------------------------------------------------------------------------------------


def receive_response(*, state: str, vp_token: str, address: str) -> str:
    """Take a wallet's posted answer to a live exchange, once; return where its device goes on.

    Whatever it says, the exchange is used up: a refused answer ends it too. Raises WalletOver for a state that is
    not (or no longer) waiting, WalletRefused, TooManyAttempts, TryLater.
    """
    exchange = _waiting(state, address)
    try:
        outcome = verified(exchange, openid4vp.response_of(vp_token), transcript_of_post(exchange))
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
    transcript = transcript_of_browser(exchange)
    try:
        most = most_of_answer(exchange)
        opened = dcapi.open_response(response, key=exchange_key(exchange), transcript=transcript, most=most)
        outcome = verified(exchange, opened, transcript)
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


# -- the browser that began --------------------------------------------------------------------------------------------


def returning(*, response_code: str, address: str) -> WalletExchange:
    """The answered exchange that a wallet's device comes back with. Raises WalletOver, TooManyAttempts, TryLater."""
    if address:
        take("age-wallet-return", subscriber(address), most=120, seconds=HOUR)
    exchange = exchange_of_response_code(response_code)
    if exchange is None or exchange.state != WalletExchange.State.ANSWERED:
        raise WalletOver
    return exchange


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
    exchange = _own(holder, session_key, WalletExchange.State.ANSWERED)
    here = WalletExchange.objects.filter(pk=exchange.pk)
    # An attempt is spent before it is looked at: of many at once no more than three are.
    if not here.filter(attempts__lt=CODE_ATTEMPTS).update(attempts=F("attempts") + 1):
        raise WalletOver
    if same(digits, typed_code(exchange)):
        return _record(exchange)
    with transaction.atomic():
        lock_person(**_person_of(holder))
        worn_out = here.filter(attempts__gte=CODE_ATTEMPTS).exists()
        if worn_out:
            AgeCheck.objects.filter(pk=exchange.age_check_id).delete()
            check_changed(exchange.age_check.member)
    raise WalletOver if worn_out else WalletCodeWrong


# -- inside ------------------------------------------------------------------------------------------------------------


def _waiting(state: str, address: str) -> WalletExchange:
    if address:
        take("age-wallet-post", subscriber(address), most=240, seconds=HOUR)
    exchange = exchange_of_state(state)
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


def _person_of(holder: Holder) -> dict[str, Any]:
    """Whose a check is, as its row says it."""
    guardian = isinstance(holder, GuardianConsent)
    return {"member": None if guardian else holder, "consent": holder if guardian else None}


def _record(exchange: WalletExchange) -> Verdict:
    return record_outcome(check=exchange.age_check, outcome=outcome_of(exchange))


def _own(holder: Holder, session_key: str, state: str) -> WalletExchange:
    exchanges = WalletExchange.objects.select_related("age_check__member", "age_check__consent__child")
    exchange = exchanges.filter(
        age_check__in=AgeCheck.objects.filter(**_person_of(holder), expires_at__gt=timezone.now()),
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
