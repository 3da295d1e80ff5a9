"""manage.py verify_age_presentation: the verifier for whoever wants to try it, with nothing else running."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from community.age.eu_wallet.transcripts import b64url, dcapi_oid4vp_transcript, dcapi_transcript, redirect_transcript

from .issuer import NOW, Provider, new_key, present

REDIRECT = {"client_id": "redirect_uri:https://h.example/r", "nonce": "n" * 43, "response_uri": "https://h.example/r"}
DCAPI = {"origin": "https://h.example", "encryption_info": "gmVkY2FwaaA"}
OID4VP = {"origin": "https://h.example", "nonce": "n" * 43}


@pytest.fixture(scope="module")
def provider() -> Provider:
    return Provider()


def asked(provider: Provider, transcript: bytes, described: dict[str, Any]) -> dict[str, Any]:
    holder = new_key()
    issued = provider.issue({"age_over_18": True}, holder=holder)
    return {
        "device_response": b64url(present(issued, holder=holder, transcript=transcript)),
        "transcript": described,
        "claims": {"age_over_18": True},
        "trust_anchors": [provider.pem],
        "now": NOW.isoformat(),
    }


def run(question: Any, tmp_path: Path) -> Any:
    file = tmp_path / "asked.json"
    file.write_text(question if isinstance(question, str) else json.dumps(question), encoding="utf-8")
    out = io.StringIO()
    call_command("verify_age_presentation", json=str(file), stdout=out)
    return json.loads(out.getvalue())


MET = {"verdict": "met", "facts": {"18": True}, "reason": None}


@pytest.mark.parametrize(
    ("transcript", "described"),
    [
        (redirect_transcript(**REDIRECT), {"kind": "redirect", **REDIRECT}),
        (redirect_transcript(**REDIRECT), {"kind": "redirect", "inputs": {**REDIRECT, "jwk": None}}),
        (
            redirect_transcript(**REDIRECT, jwk_thumbprint=bytes(range(32))),
            {"kind": "redirect", **REDIRECT, "jwk_thumbprint_sha256_hex": bytes(range(32)).hex()},
        ),
        (dcapi_oid4vp_transcript(**OID4VP), {"kind": "dcapi_oid4vp", **OID4VP}),
        (
            dcapi_oid4vp_transcript(**OID4VP, jwk_thumbprint=bytes(range(32))),
            {"kind": "dcapi_oid4vp", "inputs": OID4VP, "jwk_thumbprint": b64url(bytes(range(32)))},
        ),
        (dcapi_transcript(**DCAPI), {"kind": "dcapi", **DCAPI}),
        (
            dcapi_transcript(**DCAPI),
            {"kind": "dcapi", "origin": DCAPI["origin"], "encryption_info_b64u": DCAPI["encryption_info"]},
        ),
        (redirect_transcript(**REDIRECT), {"kind": "raw", "hex": redirect_transcript(**REDIRECT).hex()}),
        (redirect_transcript(**REDIRECT), {"kind": "redirect", "hex": redirect_transcript(**REDIRECT).hex()}),
    ],
)  # fmt: skip
def test_every_way_of_naming_the_transcript(
    transcript: bytes, described: dict[str, Any], provider: Provider, tmp_path: Path
) -> None:
    question = asked(provider, transcript, described)
    assert run(question, tmp_path) == MET
    other = question | {"transcript": {"kind": "redirect", **REDIRECT, "nonce": "m" * 43}}
    assert run(other, tmp_path) == {"verdict": "refused", "facts": {}, "reason": "device_signature"}


@pytest.mark.parametrize(
    "now", ["2026-01-15T12:00:00Z", "2026-01-15T13:00:00+01:00", "2026-01-15 12:00:00", 1768478400, 1768478400.0]
)
def test_every_way_of_naming_the_moment(now: object, provider: Provider, tmp_path: Path) -> None:
    question = asked(provider, redirect_transcript(**REDIRECT), {"kind": "redirect", **REDIRECT})
    assert run(question | {"now": now}, tmp_path) == MET


def test_without_anybody_to_trust_everything_is_refused(provider: Provider, tmp_path: Path) -> None:
    question = asked(provider, redirect_transcript(**REDIRECT), {"kind": "redirect", **REDIRECT})
    for none in ({"trust_anchors": []}, {"trust_anchors": None}, {"trust_anchors": [], "issuer_keys": []}):
        assert run(question | none, tmp_path)["reason"] == "untrusted_issuer"


@pytest.mark.parametrize("response", ["", "****", "AA", "gg", "o2+/", "AA\n", " AA", "é"])
def test_a_response_that_is_none_is_refused_and_no_error(response: str, provider: Provider, tmp_path: Path) -> None:
    question = asked(provider, redirect_transcript(**REDIRECT), {"kind": "redirect", **REDIRECT})
    assert run(question | {"device_response": response}, tmp_path) == {
        "verdict": "refused", "facts": {}, "reason": "malformed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"device_response": None}, "device_response must be a text"),
        ({"device_response": 7}, "device_response must be a text"),
        ({"claims": {}}, "claims must be an object"),
        ({"claims": ["age_over_18"]}, "claims must be an object"),
        ({"transcript": None}, "transcript must be an object"),
        ({"transcript": {"kind": "nfc"}}, "transcript.kind must be one of"),
        ({"transcript": {"kind": ["raw"]}}, "transcript.kind must be one of"),
        ({"transcript": {"kind": "raw", "hex": "zz"}}, "not hexadecimal"),
        ({"transcript": {"kind": "redirect"}}, "client_id must be a text"),
        ({"transcript": {"kind": "redirect", **REDIRECT, "nonce": "\ud800"}}, "nonce has half a character"),
        ({"doctype": "\udfff"}, "doctype has half a character"),
        ({"transcript": {"kind": "redirect", **REDIRECT, "jwk_thumbprint": "AA"}}, "not a SHA-256 digest"),
        ({"transcript": {"kind": "redirect", **REDIRECT, "jwk": {"kty": "EC"}}}, "not an EC key"),
        ({"trust_anchors": ["no certificate"]}, "no PEM certificate"),
        ({"trust_anchors": {"one": 1}}, "list of PEM texts"),
        ({"trust_anchors": 5}, "list of PEM texts"),
        ({"issuer_keys": [{"x_hex": "00", "y_hex": "00"}], "trust_anchors": None}, "a point of P-256"),
        ({"issuer_keys": [{}], "trust_anchors": None}, "a point of P-256"),
        ({"issuer_keys": [{"x_hex": "00", "y_hex": "00"}]}, "not both"),
        ({"now": None}, "now must be an ISO 8601 text"),
        ({"now": "yesterday"}, "now is not a moment"),
        ({"now": 1e30}, "now is not a moment"),
        ({"now": True}, "now must be an ISO 8601 text"),
        ({"doctype": 5}, "doctype must be a text"),
    ],
)
def test_a_question_that_cannot_be_read_says_why(
    change: dict[str, Any], told: str, provider: Provider, tmp_path: Path
) -> None:
    question = asked(provider, redirect_transcript(**REDIRECT), {"kind": "redirect", **REDIRECT})
    with pytest.raises(CommandError, match=told):
        run(question | change, tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "[" * 100_000])
def test_a_file_that_is_no_question_says_why(text: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"is not JSON|must be a JSON object"):
        run(text, tmp_path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_age_presentation", json=str(tmp_path / "none.json"))


def test_it_runs_without_a_secret_a_database_or_a_service(provider: Provider, tmp_path: Path) -> None:
    file = tmp_path / "asked.json"
    question = asked(provider, redirect_transcript(**REDIRECT), {"kind": "redirect", **REDIRECT})
    answers = []
    for text in (json.dumps(question), "{"):
        file.write_text(text, encoding="utf-8")
        answers.append(
            subprocess.run(
                [sys.executable, "manage.py", "verify_age_presentation", "--json", str(file)],
                cwd=settings.BASE_DIR, env={"PATH": os.environ["PATH"]}, capture_output=True, timeout=60, text=True,
            )
        )  # fmt: skip
    good, bad = answers
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout) == MET
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "is not JSON" in bad.stderr
    assert "Traceback" not in bad.stderr
