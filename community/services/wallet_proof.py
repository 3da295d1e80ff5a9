"""What a wallet's answer proves. Of the answer itself nothing is kept but a keyed hash to know it by."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.utils import timezone

from community.age.eu_wallet import zk
from community.age.eu_wallet.claims import answers, facts_of
from community.age.eu_wallet.mdoc import Question, verify
from community.age.eu_wallet.profile import DOCTYPE, NAMESPACE, element_of
from community.age.provider import Level, Outcome, Verdict
from community.models import WalletExchange
from community.policies import ASK_OF_BAND, FACTS_OF_BAND, AgeBand, meets

from .trust import anchor_ref, current_anchors
from .wallet_request import is_zk


def verified(exchange: WalletExchange, response: bytes, transcript: bytes) -> dict[str, Any]:
    """What an answer proves, as it waits in the exchange. Raises Refusal."""
    facts = FACTS_OF_BAND[AgeBand(exchange.band)]
    claims = {element_of(threshold): is_over for threshold, is_over in facts.items()}
    question = Question(DOCTYPE, NAMESPACE, list(claims))
    judge = _in_zero_knowledge if is_zk(exchange) else _shown
    return judge(response, transcript, question, claims)


def _shown(response: bytes, transcript: bytes, question: Question, claims: dict[str, bool]) -> dict[str, Any]:
    presented = verify(response, transcript=transcript, question=question, trust=current_anchors(), now=timezone.now())
    tag = hmac.digest(settings.HASH_KEY, b"wallet proof:" + presented.signed_object, hashlib.sha256)
    return {
        "met": answers(presented.elements, claims),
        "facts": {str(threshold): value for threshold, value in facts_of(presented.elements, claims).items()},
        "anchor": presented.anchor,
        "tag": tag.hex(),
        # The day after it ends, for its exact end would tell attestations apart.
        "until": (timezone.localdate(presented.valid_until) + dt.timedelta(days=1)).isoformat(),
    }


def _in_zero_knowledge(
    response: bytes, transcript: bytes, question: Question, claims: dict[str, bool]
) -> dict[str, Any]:
    """There is nothing to know it again by."""
    proof = zk.verify_zk(
        response,
        transcript=transcript,
        question=question,
        trust=current_anchors(),
        now=timezone.now(),
        circuits=settings.ZK_CIRCUITS,
    )
    return {
        "met": answers(proof.elements, claims),
        "facts": {str(threshold): value for threshold, value in facts_of(proof.elements, claims).items()},
        "anchor": proof.anchor,
        "tag": None,
        "until": None,
    }


def outcome_of(exchange: WalletExchange) -> Outcome:
    """What an answered exchange has to say to its check."""
    found = exchange.outcome
    assert found is not None  # walletexchange_outcome_when_answered
    facts = {int(threshold): value for threshold, value in found["facts"].items()}
    met = found["met"] and meets(facts, ASK_OF_BAND[AgeBand(exchange.band)])
    verdict = Verdict.MET if met else Verdict.NOT_MET
    if found["anchor"] not in current_anchors().fingerprints:  # the provider is believed no more, since it answered
        verdict = Verdict.INCONCLUSIVE
    return Outcome(
        verdict=verdict,
        facts=facts,
        method=exchange.age_check.provider,
        level=Level.ENHANCED,
        issuer_ref=anchor_ref(found["anchor"]),
        replay_tag=found["tag"],
        replay_until=dt.date.fromisoformat(found["until"]) if found["until"] else None,
    )
