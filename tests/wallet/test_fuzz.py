"""Bytes from the worst person: 200,000 mutated vectors and whatever hypothesis thinks of. Either a Refusal, or
exactly what issuer and device signed; never another exception, never a hang, never more memory.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from hypothesis import given, settings
from hypothesis import strategies as st

from community.age.eu_wallet.cbor import decode
from community.age.eu_wallet.certificates import Anchors, Certificate, signer_of
from community.age.eu_wallet.cose import Sign1, public_key
from community.age.eu_wallet.dcapi import encryption_info, open_response
from community.age.eu_wallet.mdoc import Presentation, Question, verify
from community.age.eu_wallet.openid4vp import response_of
from community.age.eu_wallet.refusals import Refusal
from community.age.eu_wallet.standalone import BadInput, verify_json
from community.age.eu_wallet.transcripts import dcapi_transcript, redirect_transcript
from tests.conftest import PROJECT

from .holder import Wallet
from .issuer import AV, NOW, Provider, new_key, present

# cryptography remarks upon odd certificates before it refuses them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TRANSCRIPT = redirect_transcript(client_id="redirect_uri:https://h/r", nonce="n" * 43, response_uri="https://h/r")
BYTES, STRUCTURES, PARTS = 80_000, 60_000, 60_000
HANG_SECONDS = 60  # for a thousand mutants, which take less than one
MORE_MEMORY_KB = 96 * 1024


class Target:
    """One sound presentation, and the verifier as it is called for it."""

    def __init__(self, response: bytes, **asked: Any) -> None:
        self.response, self.asked = response, asked
        self.sound = verify(response, **asked)

    def judge(self, data: bytes) -> Presentation:
        return verify(data, **self.asked)


@pytest.fixture(scope="module")
def targets() -> list[Target]:
    """Our own, and the published ones where the shared folder is there."""
    provider, holder = Provider(), new_key()
    claims = {"age_over_15": True, "age_over_18": False}
    made = present(provider.issue(claims, holder=holder), holder=holder, transcript=TRANSCRIPT)
    question = Question(AV, AV, list(claims))
    trust = Anchors.from_pem(provider.pem)
    found = [Target(made, transcript=TRANSCRIPT, question=question, trust=trust, now=NOW)]
    folder = PROJECT.parent / "shared" / "vectors" / "age"
    if folder.is_dir():
        vectors = json.loads((folder / "dcapi_selfmade.json").read_text(encoding="utf-8"))
        for exchange in vectors["exchanges"]:
            names = [f"age_over_{threshold}" for threshold in exchange["thresholds"]]
            found.append(
                Target(
                    bytes.fromhex(exchange["device_response_hex"]),
                    transcript=bytes.fromhex(exchange["session_transcript_hex"]),
                    question=Question(AV, AV, names),
                    trust=Anchors.from_pem(vectors["anchor_pem"]),
                    now=NOW,
                )
            )
    return found


@contextlib.contextmanager
def bounded() -> Iterator[Callable[[], None]]:
    """Fails on a hang (the alarm is wound up again by each call) and on memory that grows."""

    def hangs(_signal: int, _frame: object) -> None:
        raise AssertionError("a mutant hangs")

    former = signal.signal(signal.SIGALRM, hangs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        signal.alarm(HANG_SECONDS)
        yield lambda: signal.alarm(HANG_SECONDS) and None
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MORE_MEMORY_KB
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


# -- how things get broken -------------------------------------------------------------------------------------------

INTERESTING = bytes([0, 1, 0x17, 0x18, 0x1B, 0x3B, 0x5B, 0x5F, 0x7B, 0x7F, 0x80, 0x9B, 0x9F, 0xA0, 0xBB, 0xBF, 0xC2,
                     0xC5, 0xD8, 0xD9, 0xDB, 0xF4, 0xF5, 0xF6, 0xF9, 0xFB, 0xFF])  # fmt: skip
LEAVES: list[Any] = [
    None, True, False, 0, 1, -1, -7, 24, 2**63, -(2**63), 2**64 - 1, "", "1.0", AV, "age_over_18", "x" * 300, b"",
    b"\xa0", b"\xf5", bytes(16), bytes(64), b"\xd8\x18" * 20, 1.5, float("nan"), [], {}, [[]], {1: -7}, {33: []},
    CBORTag(24, b""), CBORTag(24, b"\xa0"), CBORTag(24, cbor2.dumps({"digestID": 0})),
    CBORTag(0, "2026-01-01T00:00:00Z"), CBORTag(0, "0001-01-01T00:00:00+23:59"), CBORTag(1, 0), CBORTag(2, b"\xff" * 9),
    CBORTag(4, [2**62, 1]), CBORTag(5, [2**62, 3]), CBORTag(35, "("), CBORTag(258, []), CBORTag(1004, "2026-02-30"),
]  # fmt: skip


def broken_bytes(data: bytes, chance: random.Random) -> bytes:
    """One to three of: a bit, a byte, an insertion, a deletion, a repetition, a cut."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(out)) if out else 0
        match chance.randrange(7):
            case 0 if out:
                out[at] ^= 1 << chance.randrange(8)
            case 1 if out:
                out[at] = chance.randrange(256)
            case 2 if out:
                out[at] = chance.choice(INTERESTING)
            case 3:
                out[at:at] = bytes(chance.choice(INTERESTING) for _ in range(chance.randrange(1, 9)))
            case 4:
                del out[at : at + chance.randrange(1, 40)]
            case 5:
                out[at:at] = out[at : at + chance.randrange(1, 200)]
            case _:
                del out[at:]
    return bytes(out)


def places(item: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in a structure."""
    if isinstance(item, dict):
        for key in item:
            yield item, key
            yield from places(item[key])
    elif isinstance(item, list):
        for index in range(len(item)):
            yield item, index
            yield from places(item[index])


def copied(item: Any) -> Any:
    """Lists and maps anew; what they hold is never changed in place."""
    if isinstance(item, dict):
        return {key: copied(value) for key, value in item.items()}
    return [copied(value) for value in item] if isinstance(item, list) else item


def broken_structure(item: Any, chance: random.Random) -> Any:
    """A copy in which one thing was replaced, removed, repeated, renamed, or exchanged with another."""
    item = copied(item)
    found = list(places(item))
    container, key = chance.choice(found)
    match chance.randrange(6):
        case 0 | 1:
            container[key] = chance.choice(LEAVES)
        case 2:
            del container[key]
        case 3 if isinstance(container, list):
            container.insert(key, copied(container[key]))
        case 3:
            container[chance.choice(("documents", "status", "x", 0, 33))] = container[key]
        case 4:
            other, name = chance.choice(found)
            container[key] = copied(other[name]) if name in other or isinstance(other, list) else None
        case _:
            value = container[key]
            if isinstance(value, bytes):
                container[key] = broken_bytes(value, chance)
            elif isinstance(value, CBORTag) and isinstance(value.value, bytes):
                container[key] = CBORTag(value.tag, broken_bytes(value.value, chance))
            else:
                container[key] = [value]
    return item


def outcome(target: Target, data: bytes) -> str:
    """The reason of a refusal; "same" where exactly what was signed came out again, "less" where a part of it did:
    a holder may keep an item back, and whoever asked finds it missing."""
    try:
        presented = target.judge(data)
    except Refusal as refusal:
        return refusal.reason.value
    same = dataclasses.replace(presented, elements=target.sound.elements) == target.sound
    assert same and presented.elements.items() <= target.sound.elements.items(), "nobody signed what was accepted"
    return "same" if presented == target.sound else "less"


# -- the big run -----------------------------------------------------------------------------------------------------


def test_mutated_bytes_are_refused(targets: list[Target]) -> None:
    chance = random.Random(20260115)
    ended: Counter[str] = Counter()
    with bounded() as wind_up:
        for number in range(BYTES):
            if number % 1000 == 0:
                wind_up()
            target = targets[number % len(targets)]
            data = broken_bytes(target.response, chance)
            if data != target.response:
                ended[outcome(target, data)] += 1
    assert ended["same"] + ended["less"] == 0, ended
    assert len(ended) > 12  # they reached the checks, not the parser alone


def test_mutated_structures_are_refused_or_say_the_same(targets: list[Target]) -> None:
    chance = random.Random(20260116)
    ended: Counter[str] = Counter()
    structures = [cbor2.loads(target.response) for target in targets]
    with bounded() as wind_up:
        for number in range(STRUCTURES):
            if number % 1000 == 0:
                wind_up()
            which = number % len(targets)
            try:
                data = cbor2.dumps(broken_structure(structures[which], chance))
            except (cbor2.CBOREncodeError, TypeError, OverflowError):
                ended["not encoded"] += 1
                continue
            ended[outcome(targets[which], data)] += 1
    assert ended["not encoded"] < STRUCTURES / 10
    assert len(ended) > 12, ended


def test_mutated_parts_are_refused_by_whoever_reads_them(targets: list[Target]) -> None:
    """What the whole seldom reaches: certificates, signatures, keys, sealed answers, tokens and forms, each alone."""
    chance = random.Random(20260117)
    provider = Provider()
    anchors = Anchors.from_pem(provider.pem)
    wallet, key = Wallet(provider, {"age_over_18": True}), new_key()
    info = encryption_info(bytes(16), key)
    sealed = wallet.answer_browser({"encryptionInfo": info}, origin="https://h", elements=["age_over_18"])
    transcript = dcapi_transcript(encryption_info=info, origin="https://h")
    document = cbor2.loads(targets[0].response)["documents"][0]
    auth = document["issuerSigned"]["issuerAuth"]
    mso = cbor2.loads(cbor2.loads(auth[2]).value)
    token = json.dumps({"proof_of_age": ["AAAA"]})
    certificate = provider.chain[0]

    def chain(data: bytes) -> object:
        return signer_of(data, anchors, NOW)

    readers: list[tuple[bytes, Callable[[bytes], object]]] = [
        (certificate, Certificate.load),
        (certificate, chain),
        (cbor2.dumps(auth), lambda data: Sign1.parse(decode(data))),
        (cbor2.dumps(mso["deviceKeyInfo"]["deviceKey"]), lambda data: public_key(decode(data))),
        (sealed.encode(), lambda data: open_response(data.decode("latin-1"), key=key, transcript=transcript)),
        (token.encode(), lambda data: response_of(data.decode("latin-1"))),
    ]
    refused = 0
    with bounded() as wind_up:
        for number in range(PARTS):
            if number % 1000 == 0:
                wind_up()
            data, read = readers[number % len(readers)]
            mutant = broken_bytes(data, chance)
            try:
                found = read(mutant)
            except Refusal:
                refused += 1
            else:
                assert read is not chain or mutant == certificate, found
    assert refused > PARTS / 3


# -- whatever hypothesis thinks of -----------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats() | st.binary(max_size=80)
    | st.text(max_size=20) | st.sampled_from(["version", "documents", "status", "issuerSigned", "deviceSigned", AV]),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(st.text(max_size=12) | st.integers(-5, 40), inner, max_size=5)
    | st.builds(CBORTag, st.sampled_from([0, 1, 2, 4, 5, 18, 24, 28, 29, 30, 35, 37, 258, 1004, 55799]), inner),
    max_leaves=25,
)  # fmt: skip


def refusing(act: Callable[[], object]) -> None:
    with contextlib.suppress(Refusal):
        act()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    refusing(lambda: decode(data))
    refusing(lambda: Certificate.load(data))


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_any_structure_is_refused_as_a_response(value: Any) -> None:
    try:
        data = cbor2.dumps(value)
    except (cbor2.CBOREncodeError, OverflowError):
        return
    for wrapped in (data, cbor2.dumps({"version": "1.0", "status": 0, "documents": [value]})):
        with pytest.raises(Refusal):
            verify(wrapped, transcript=TRANSCRIPT, question=Question(AV, AV, None), trust=[], now=NOW)
    refusing(lambda: Sign1.parse(value))
    refusing(lambda: public_key(value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = ("device_response", "transcript", "doctype", "namespace", "claims", "trust_anchors", "issuer_keys", "now")


@settings(max_examples=300, deadline=None)
@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)))
def test_any_question_is_answered_or_told_what_is_wrong_with_it(asked: Any) -> None:
    try:
        answer = verify_json(asked)
    except BadInput:
        return
    assert answer["verdict"] == "refused"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | JSON.map(json.dumps))
def test_any_token_is_read_or_refused(text: str) -> None:
    refusing(lambda: response_of(text))
    refusing(lambda: open_response(text, key=KEY, transcript=TRANSCRIPT))


KEY = new_key()
