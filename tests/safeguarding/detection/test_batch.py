"""The engine over files: the public formats, bad lines, and that nothing but the conversation is read."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from safeguarding.detection.batch import BadLine, answer_lines, assess_conversation, assess_text
from safeguarding.detection.rulesets import Ruleset


def line() -> dict[str, Any]:
    texts = (
        "t'es super mûre pour ton âge",
        "t'es seule chez toi ?",
        "tu m'envoies une photo de toi ? rien que pour moi",
        "ça reste entre nous",
    )
    return {
        "id": "x1r", "lang": "fr", "source": "s", "room": {"kind": "direct", "name": "a / b", "band": "teen_13_14"},
        "participants": {"a": {"band": "teen_13_14", "account_age_days": 50},
                         "b": {"band": "adult", "account_age_days": 9}},
        "messages": [{"at": f"2026-01-01T18:0{n}:00Z", "from": "b", "to": ["a"], "text": t}
                     for n, t in enumerate(texts)],
    }  # fmt: skip


def test_conversation_answer_has_the_public_shape(ruleset: Ruleset) -> None:
    answer = assess_conversation(line(), ruleset)
    assert set(answer) == {"id", "alerts", "messages"}
    assert [message["n"] for message in answer["messages"]] == [0, 1, 2, 3]
    alert = answer["alerts"][-1]
    assert set(alert) == {"code", "severity", "subject", "protects", "at_message", "score", "tactics", "evidence"}
    assert (alert["code"], alert["subject"], alert["protects"]) == ("M1", "b", ["a"])
    assert all(isinstance(index, int) for index in alert["evidence"])
    for message in answer["messages"]:
        for finding in message["findings"]:
            start, end = finding["span"]
            assert set(finding) == {"code", "rule", "span"}
            assert 0 <= start < end <= len(line()["messages"][message["n"]]["text"])


def test_engine_reads_nothing_but_the_conversation(ruleset: Ruleset) -> None:
    extra = line() | {
        "id": "other",
        "family": "V1",
        "kind": "benign",
        "twin": "z",
        "obfuscation": ["leet"],
        "expect": {"codes": []},
        "labels": {"x": 1},
    }
    for message in extra["messages"]:
        message["labels"] = {"role": "victim"}
    plain, dressed = assess_conversation(line(), ruleset), assess_conversation(extra, ruleset)
    assert plain["alerts"] == dressed["alerts"] and plain["messages"] == dressed["messages"]


def test_no_knowledge_of_later_messages(ruleset: Ruleset) -> None:
    whole = line()
    short = line() | {"messages": whole["messages"][:3]}
    assert assess_conversation(short, ruleset)["messages"] == assess_conversation(whole, ruleset)["messages"][:3]


def test_several_conversations_share_a_person_and_say_which(ruleset: Ruleset) -> None:
    def part(other: str, minute: int) -> dict[str, Any]:
        return {
            "room": {"kind": "direct", "name": "x", "band": "adult"},
            "participants": {
                key: {"band": "adult", "account_age_days": 1 if key == "z" else 300} for key in (other, "z")
            },
            "messages": [
                {
                    "at": f"2026-01-01T18:{minute:02}:00Z",
                    "from": "z",
                    "to": [other],
                    "text": "coucou, envie d'un plan cul ce soir ?",
                }
            ],
        }

    answer = assess_conversation(
        {"id": 1, "lang": "fr", "conversations": [part("a", 1), part("b", 3), part("c", 2)]}, ruleset
    )
    flood = [alert for alert in answer["alerts"] if alert["code"] == "X2"]
    assert [(alert["subject"], alert["conversation"], alert["at_message"]) for alert in flood] == [("z", 1, 0)]
    assert {message["conversation"] for message in answer["messages"]} == {0, 1, 2}


def test_text_answer_has_the_public_shape(ruleset: Ruleset) -> None:
    answer = assess_text({"id": 7, "lang": "fr", "text": "les gitans sont des parasites"}, ruleset)
    assert set(answer) == {"id", "verdict", "findings", "hateful"}
    assert answer["hateful"] is True
    assert assess_text({"id": 8, "lang": "fr", "text": "bonjour à tous"}, ruleset) == {
        "id": 8,
        "verdict": "allow",
        "findings": [],
        "hateful": False,
    }


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"room": 3},
        {**line(), "messages": "x"},
        {**line(), "messages": [{"at": "hier", "from": "a", "text": "x"}]},
        {**line(), "messages": [{"at": "2026-01-01T00:00:00Z", "from": "a", "text": None}]},
    ],
)
def test_bad_conversation_is_told(ruleset: Ruleset, bad: dict[str, Any]) -> None:
    with pytest.raises(BadLine):
        assess_conversation(bad, ruleset)


def test_bad_line_does_not_stop_the_others(ruleset: Ruleset) -> None:
    lines = [
        "not json\n",
        "\n",
        '["a"]\n',
        '{"id": 1, "lang": "fr", "text": 3}\n',
        '{"id": 2, "lang": "fr", "text": "salut"}\n',
    ]
    answers = list(answer_lines(lines, assess_text, ruleset))
    assert [(number, answer is not None) for number, answer, _ in answers] == [
        (1, False),
        (3, False),
        (4, False),
        (5, True),
    ]


@pytest.mark.parametrize(
    ("command", "good"),
    [
        ("assess_texts", {"id": 1, "lang": "fr", "text": "salut"}),
        ("assess_conversations", line()),
        ("assess_room_names", {"id": 1, "lang": "fr", "name": "Tricot", "topic": "laine"}),
    ],
)
def test_commands_answer_good_lines_and_end_with_two_on_a_bad_one(tmp_path, command: str, good: dict[str, Any]) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps(good) + "\nbad\n" + json.dumps(good) + "\n", encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(command, str(file), stdout=out, stderr=err)
    assert caught.value.returncode == 2
    assert len(out.getvalue().splitlines()) == 2
    assert json.loads(out.getvalue().splitlines()[0])["id"] == good["id"]
    assert "2" in err.getvalue()


def test_command_names_the_file_it_cannot_read(tmp_path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("assess_texts", str(tmp_path / "nowhere.jsonl"))


BROKEN = {
    "lone surrogate": '{"id": "t", "text": "a \\ud800 b"}',
    "no number in the id": '{"id": NaN, "text": "a"}',
    "an endless number in the id": '{"id": [1e400], "text": "a"}',
    "lone surrogate in the id": '{"id": "\\ud800", "text": "a"}',
    "NUL": '{"id": "t", "text": "a\\u0000b"}',
    "nested for ever": '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "a number of 5,000 figures": '{"id": 1' + "0" * 5000 + ', "text": "a"}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_no_message_can_be_is_told_by_its_line_and_costs_no_other_line(name: str, ruleset: Ruleset) -> None:
    lines = ['{"id": 1, "text": "a"}', BROKEN[name], '{"id": 3, "text": "c"}']
    answers = list(answer_lines(lines, assess_text, ruleset))
    assert [number for number, answered, _error in answers if answered] == [1, 3]
    assert [number for number, _answered, error in answers if error] == [2]


@pytest.mark.parametrize(
    "change",
    [
        {"room": {"kind": "direct", "band": "teen"}},
        {"room": {"kind": "group", "band": "adult"}},
        {"participants": {"a": {"band": "minor"}, "b": {"band": "adult"}}},
        {"participants": {"a": {"band": "adult", "account_age_days": "9"}, "b": {}}},
        {"participants": {"a": {"band": "teen_13_14"}}},
        {"messages": [{"at": "2026-01-01T18:00:00Z", "from": "b", "to": "a", "text": "salut"}]},
        {"messages": [{"at": "2026-01-01T18:00:00Z", "from": "b", "to": ["z"], "text": "salut"}]},
    ],
)
def test_a_word_that_is_unknown_is_an_error_and_never_an_adult_by_default(
    change: dict[str, Any], ruleset: Ruleset
) -> None:
    with pytest.raises(BadLine):
        assess_conversation(line() | change, ruleset)


def test_a_line_that_the_engine_trips_over_does_not_cost_the_others() -> None:
    def trips(line: Any, _ruleset: Any) -> dict[str, Any]:
        return {"id": 1 // line["id"]}

    answers = list(answer_lines(['{"id": 0}', '{"id": 1}'], trips, None))  # type: ignore[arg-type]  # unused here
    assert [(number, answered) for number, answered, _error in answers] == [(1, None), (2, '{"id": 1}')]
    assert "ZeroDivisionError" in str(answers[0][2])
