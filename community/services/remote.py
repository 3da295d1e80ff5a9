"""Proofs given elsewhere, from our side: prepare the way there, take the answer once, keep nothing of it.

What failed is logged as a code; the person is told one calm sentence and another way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from community.age import oidc, vendors
from community.age.http import Unreachable
from community.age.provider import Level, Outcome, Verdict
from community.errors import CodeUnknown, ProviderUnavailable, TryLater
from community.keyed import keyed_token, same
from community.models import AgeCheck
from community.policies import ASK_OF_BAND, AgeBand, Ask, band_of, meets
from community.queue import nudge

from .age_checks import CHECK_MINUTES
from .age_facts import record_outcome
from .limits import subscriber, take

logger = logging.getLogger(__name__)
HOUR = 3600


def _absolute(name: str) -> str:
    return f"{settings.SITE_URL}{reverse(name)}"


def prepare(*, check: AgeCheck, band: AgeBand, address: str) -> str:
    """Note what is to be proved and return where the person goes. A guardian's check asks for an adult alone.

    Raises ProviderUnavailable where this way cannot answer, TryLater where it does not answer now, TooManyAttempts.
    """
    take("age-remote", check.member_id or f"consent {check.consent_id}", most=20, seconds=HOUR)
    if address:
        take("age-remote-from", subscriber(address), most=60, seconds=HOUR)
    ask = ASK_OF_BAND[band] if band in ASK_OF_BAND and check.member_id else ASK_OF_BAND[AgeBand.ADULT]
    try:
        if check.provider == "oidc_age":
            where = oidc.authorization_url(
                check_id=check.public_id, redirect_uri=_absolute("community:oidc_return"), thresholds=_thresholds(ask)
            )
            session = ""
        else:
            seller = vendors.vendor()
            if seller is None or not seller.supports(ask):
                raise ProviderUnavailable
            session = seller.create(
                ask=ask,
                reference=keyed_token("hosted reference", check.public_id),
                return_url=_absolute("community:hosted_return"),
                webhook_url=_absolute("community:hosted_webhook"),
                seconds=CHECK_MINUTES * 60,
            )
            where = seller.address(session)
    except (Unreachable, oidc.Rejected, vendors.BadWebhook) as error:
        _log(check.provider, error.reason)
        raise TryLater from error
    changed = AgeCheck.objects.filter(pk=check.pk, expires_at__gt=timezone.now()).update(
        ask={"at_least": list(ask.at_least), "under": list(ask.under)}, vendor_ref=session
    )
    if not changed:
        raise CodeUnknown
    return where


# -- OpenID Connect --------------------------------------------------------------------------------------------------


def is_answer_to(*, check: AgeCheck, state: str) -> bool:
    """Whether a returning browser's state is this check's, in constant time."""
    return same(oidc.state_of(check.public_id), state)


def finish_oidc(*, check: AgeCheck, code: str) -> Verdict:
    """Redeem the code of a returning browser and write what it proves, once. The token is dropped here.

    An answer that proves nothing ends the check; one that could not be fetched raises TryLater and leaves it. Raises
    TooManyAttempts, CodeUnknown where another answer came first.
    """
    take("age-oidc-return", check.pk, most=20, seconds=HOUR)
    thresholds = _thresholds(_ask_of(check))
    if not thresholds:
        raise CodeUnknown
    try:
        proved = oidc.redeem(
            check_id=check.public_id,
            code=code,
            redirect_uri=_absolute("community:oidc_return"),
            thresholds=thresholds,
            now=timezone.now(),
        )
    except Unreachable as error:
        _log(check.provider, error.reason)
        raise TryLater from error
    except oidc.Rejected as error:
        _log(check.provider, error.reason)
        return record_outcome(check=check, outcome=_nothing(check.provider, Verdict.INCONCLUSIVE, error.reason))
    one = oidc.client()
    assert one is not None  # redeem would have raised
    met = meets(proved.facts, _ask_of(check)) and band_of(proved.facts) is not AgeBand.NONE
    return record_outcome(
        check=check,
        outcome=Outcome(
            verdict=Verdict.MET if met else Verdict.NOT_MET,
            facts=proved.facts,
            method="oidc_age",
            level=Level(one.level),
            issuer_ref=one.issuer[:80],
            replay_tag=proved.tag,
        ),
    )


def _thresholds(ask: Ask) -> list[int]:
    return sorted({*ask.at_least, *ask.under})


def _ask_of(check: AgeCheck) -> Ask:
    return Ask(at_least=tuple(check.ask["at_least"]), under=tuple(check.ask["under"]))


# -- hosted ----------------------------------------------------------------------------------------------------------


def take_webhook(*, signature: str, body: bytes, address: str) -> None:
    """A vendor rings: mark the session's check as to be fetched and nudge a worker. The webhook itself proves nothing.

    The same webhook many times marks once. Raises BadWebhook, TooManyAttempts, TryLater.
    """
    one = vendors.account()
    if one is None:
        raise ProviderUnavailable
    if address:
        take("age-webhook-from", subscriber(address), most=600, seconds=HOUR)
    try:
        session = vendors.session_of_webhook(
            signature=signature, body=body, now=timezone.now().timestamp(), secrets=one.secrets
        )
    except vendors.BadWebhook as error:
        _log("hosted", error.reason)
        raise
    with transaction.atomic():
        for check in AgeCheck.objects.filter(provider="hosted", vendor_ref=session, expires_at__gt=timezone.now()):
            if AgeCheck.objects.filter(pk=check.pk, rung_at__isnull=True).update(rung_at=timezone.now()):
                nudge("community.tasks.fetch_age_result", check.pk)


def fetch_result(pk: int) -> Verdict | None:
    """Fetch a session's result and write what it proves, once. None while the vendor has none, or where the check is
    over. Raises nothing: the sweep comes again."""
    check = (
        AgeCheck.objects.select_related("member", "consent")
        .filter(pk=pk, provider="hosted", expires_at__gt=timezone.now())
        .exclude(vendor_ref="")
        .first()
    )
    one, seller = vendors.account(), vendors.vendor()
    if check is None or one is None or seller is None:
        return None
    try:
        result = seller.fetch(check.vendor_ref)
    except Unreachable as error:
        _log("hosted", error.reason)
        return None
    if result.over is None:
        AgeCheck.objects.filter(pk=pk).update(rung_at=None)  # a later ring is news again
        return None
    if result.over:
        outcome = Outcome(
            verdict=Verdict.MET,
            facts=dict.fromkeys(check.ask["at_least"], True),
            method="hosted",
            level=result.level,
            issuer_ref=one.vendor,
        )
    else:
        outcome = _nothing("hosted", Verdict.NOT_MET, "not_over")
    return _once(lambda: record_outcome(check=check, outcome=outcome))


def fetch_result_now(*, check: AgeCheck) -> Verdict | None:
    """`fetch_result` for a person who came back, a few times a check. Raises TooManyAttempts, TryLater."""
    take("age-hosted-return", check.pk, most=20, seconds=HOUR)
    return fetch_result(check.pk)


def rung_checks() -> list[int]:
    """Checks whose vendor rang and whose result was not fetched yet."""
    return list(
        AgeCheck.objects.filter(rung_at__isnull=False, expires_at__gt=timezone.now()).values_list("pk", flat=True)
    )


def _once(record: Callable[[], Verdict]) -> Verdict | None:
    try:
        return record()
    except CodeUnknown:  # somebody else fetched the same result first
        return None


def _nothing(method: str, verdict: Verdict, reason: str) -> Outcome:
    return Outcome(verdict=verdict, method=method, level=Level.STANDARD, reason=reason)


def _log(method: str, reason: str) -> None:
    logger.info("an age proof by %s was not accepted: %s", method, reason)
