"""What it costs to verify a proof of age: `python -m tests.bench.age`, and a line of `make bench`. One core."""

from __future__ import annotations

import os
import time
from typing import Any

from community.age.eu_wallet.certificates import Anchors
from community.age.eu_wallet.claims import answers
from community.age.eu_wallet.dcapi import encryption_info, open_response
from community.age.eu_wallet.mdoc import Question, verify
from community.age.eu_wallet.transcripts import dcapi_transcript
from tests.wallet.holder import Wallet
from tests.wallet.issuer import AV, NOW, Provider, new_key

ORIGIN = "https://havre.example"


def age_cost(times: int = 500) -> dict[str, dict[str, float]]:
    """Milliseconds: an mdoc verified in all its checks, and one that is opened (HPKE) first."""
    provider, key = Provider(), new_key()
    trust = Anchors.from_pem(provider.pem)
    info = encryption_info(bytes(32), key)
    transcript = dcapi_transcript(encryption_info=info, origin=ORIGIN)
    claims = {"age_over_15": True, "age_over_18": False}
    sealed = Wallet(provider, claims).answer_browser({"encryptionInfo": info}, origin=ORIGIN, elements=list(claims))
    response = open_response(sealed, key=key, transcript=transcript)
    question = Question(AV, AV, list(claims))

    def judge(data: bytes) -> bool:
        return answers(verify(data, transcript=transcript, question=question, trust=trust, now=NOW).elements, claims)

    assert judge(response)
    return {
        "verify_ms": measured(times, lambda: judge(response)),
        "open_and_verify_ms": measured(times, lambda: judge(open_response(sealed, key=key, transcript=transcript))),
    }


def measured(times: int, act: Any) -> dict[str, float]:
    """p50 and p99 of so many goes, in milliseconds."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1e3)
    taken.sort()
    return {"p50": round(taken[times // 2], 2), "p99": round(taken[int(times * 0.99)], 2)}


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(age_cost())
