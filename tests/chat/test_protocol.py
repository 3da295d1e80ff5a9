"""The frames: read strictly, documented from one place."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from chat.management.commands.write_protocol import document
from chat.protocol import BadFrame, parse

ROOT = Path(__file__).resolve().parents[2]
IDS = st.text("23456789bcdfghjkmnpqrstvwxz", min_size=16, max_size=16)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.text() | JSON.map(json.dumps) | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_whatever_comes_is_a_frame_or_a_bad_frame(raw):
    try:
        frame = parse(raw)
    except BadFrame:
        return
    assert type(frame) in protocol.CLIENT_FRAMES.values()


@given(
    kind=st.sampled_from(sorted(protocol.CLIENT_FRAMES)),
    values=st.fixed_dictionaries(
        {},
        optional={
            "room": IDS | JSON,
            "message": IDS | JSON,
            "client_id": st.text(max_size=40) | JSON,
            "body": st.text() | JSON,
            "after": st.integers() | JSON,
            "seq": st.integers() | JSON,
            "reply_to": IDS | JSON,
            "mentions": st.lists(IDS, max_size=10) | JSON,
            "extra": JSON,
        },
    ),
)
def test_a_frame_that_is_read_holds_exactly_what_was_sent_within_its_limits(kind, values):
    try:
        frame = parse(json.dumps({"type": kind, **values}))
    except BadFrame:
        return
    read = dataclasses.asdict(frame)
    assert values.keys() <= read.keys()
    for key, value in values.items():
        assert read[key] == (tuple(dict.fromkeys(value)) if key == "mentions" else value or type(read[key])())
    assert len(getattr(frame, "body", "")) <= 2000
    assert len(getattr(frame, "mentions", ())) <= 8
    for key in ("seq", "after"):
        assert type(getattr(frame, key, 0)) is int


@given(room=IDS, client_id=st.from_regex(r"[A-Za-z0-9_-]{1,36}", fullmatch=True), body=st.text(max_size=2000))
def test_every_proper_post_is_read(room, client_id, body):
    raw = json.dumps({"type": "post", "room": room, "client_id": client_id, "body": body}, ensure_ascii=True)
    if len(raw) <= protocol.FRAME_BYTES:
        frame = parse(raw)
        assert (frame.room, frame.client_id, frame.body, frame.reply_to, frame.mentions) == (
            room, client_id, body, "", (),
        )  # fmt: skip


@pytest.mark.parametrize("raw", ["NaN", '{"type": "read", "room": "2222222222222222", "seq": Infinity}', "[" * 16000])
def test_what_json_does_not_know_is_bad_json(raw):
    with pytest.raises(BadFrame, match="bad_json"):
        parse(raw)


@pytest.mark.parametrize("seq", [True, -1, 1.0, "1", None, 2**53])
def test_a_number_is_a_whole_number_and_nothing_that_looks_like_one(seq):
    with pytest.raises(BadFrame, match="bad_seq"):
        parse(json.dumps({"type": "read", "room": "2" * 16, "seq": seq}))


def test_the_document_is_the_protocol():
    assert (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8") == document()


def test_every_frame_is_in_the_document():
    text = document()
    for name in {*protocol.CLIENT_FRAMES, *protocol.SERVER_FRAMES}:
        assert f"### `{name}`" in text
    for code in (protocol.CLOSE_LOGIN, protocol.CLOSE_FORBIDDEN, protocol.CLOSE_RESUME, protocol.CLOSE_FLOOD):
        assert f"| {code} |" in text
