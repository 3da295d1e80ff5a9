"""Expressions that moderators watch for: rules of their own, written in a form instead of a file.

They are read by the same matcher, misspelt or split as any other word, proved by examples, and live the same life.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from chat.models import Room
from community import audit
from community.helplines import HELP_LINES
from community.models import Member, new_public_id
from community.roles import may
from safeguarding.detection.plain import plainness
from safeguarding.detection.rule_checks import same_said
from safeguarding.detection.rulesets import BANDS, LANGS, RulesetError
from safeguarding.detection.rulesets import Rule as EngineRule
from safeguarding.detection.staging import calls_met, plain_word_met, unproved
from safeguarding.errors import BadExpression, NotAllowed
from safeguarding.incidents import INCIDENTS
from safeguarding.models import Rule, Stage
from safeguarding.rules import compose_with

from .rule_moves import WATCH
from .rules import columns

MOST_PHRASES = 20
MOST_EXAMPLES = 20
LONGEST_PHRASE = 80
LONGEST_EXAMPLE = 500
LASTS_AT_MOST = dt.timedelta(days=366)
_FILE = "watched"
_TOO_PLAIN: Mapping[str, Any] = {
    "everyday": gettext_lazy(
        "“%(phrase)s” is made of everyday words alone: it would meet everybody. Add the words that make it dangerous."
    ),
    "group": gettext_lazy(
        "“%(phrase)s” names people, and would silence them and those who speak up for them. Write the whole insult or "
        "threat; hateful words are found without it."
    ),
    "help": gettext_lazy(
        "“%(phrase)s” is how people ask for help: it is never held or refused. Choose that it is shown to a person."
    ),
}
_ROOMS_ARE_FOR = frozenset(BANDS) - {"none"}  # whoever has no band yet writes in no room
# Words, and a star at the end of one: what stands for something else in a pattern is kept out.
_WORDS = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*\*?(?: [^\W_]+(?:['’\-][^\W_]+)*\*?)*")


@transaction.atomic
def watch_expression(
    *,
    actor: Member,
    code: str,
    action: str,
    lang: str,
    phrases: Sequence[str],
    must_fire: Sequence[str],
    must_not_fire: Sequence[str],
    bands: Sequence[str] = (),
    rooms: Sequence[Room] = (),
    expires_at: dt.datetime,
) -> Rule:
    """Add a watched expression, in DRAFT: any of `phrases`, in rooms of these bands and these rooms (empty: all).

    Raises NotAllowed; BadExpression with what is wrong by the name of each argument, and nothing is stored.
    """
    if not may(actor, WATCH):
        raise NotAllowed
    wrong: dict[str, list[str]] = defaultdict(list)
    said = [" ".join(phrase.split()) for phrase in phrases if phrase.strip()]
    fire = [text.strip() for text in must_fire if text.strip()]
    silent = [text.strip() for text in must_not_fire if text.strip()]
    _check_choices(wrong, code=code, action=action, lang=lang, bands=bands, expires_at=expires_at)
    _check_examples(wrong, fire=fire, silent=silent)
    _check_phrases(wrong, said)
    if wrong:
        raise BadExpression(wrong)
    content = {
        "id": f"watch.{new_public_id()[:10]}", "code": code, "lang": lang, "action": action, "patterns": said,
        "bands": list(bands), "rooms": [room.public_id for room in rooms],
        "examples": {"must_fire": fire, "must_not_fire": silent},
    }  # fmt: skip
    rule = _proved(wrong, content)
    row = Rule.objects.create(stage=Stage.DRAFT, expires_at=expires_at, added_by=actor, **columns(rule))
    audit.record(
        actor=actor, action="rule.added", subject=row,
        data={"rule": row.key, "version": row.version, "code": code, "action": action, "phrases": len(said)},
    )  # fmt: skip
    return row


def _check_choices(
    wrong: dict[str, list[str]], *, code: str, action: str, lang: str, bands: Sequence[str], expires_at: dt.datetime
) -> None:
    if code not in INCIDENTS:
        wrong["code"].append(gettext("Choose what it points to."))
    if action not in ("flag", "hold", "refuse"):
        wrong["action"].append(gettext("Choose what happens to the message."))
    elif code in INCIDENTS and not INCIDENTS[code].sanctioned and action != "flag":
        wrong["action"].append(gettext("Distress is never held or refused: help is shown, and a person looks."))
    if lang not in (*LANGS, "any"):
        wrong["lang"].append(gettext("Choose a language."))
    if not set(bands) <= _ROOMS_ARE_FOR:
        wrong["bands"].append(gettext("Choose among the age bands."))
    if not timezone.now() < expires_at <= timezone.now() + LASTS_AT_MOST:
        wrong["expires_at"].append(gettext("Say until when: a day to come, within a year."))


def _check_examples(wrong: dict[str, list[str]], *, fire: Sequence[str], silent: Sequence[str]) -> None:
    if not fire:
        wrong["must_fire"].append(gettext("Give at least one sentence that must be met."))
    if len(silent) < max(1, len(fire)):
        wrong["must_not_fire"].append(gettext("Give at least as many sentences that must not be met."))
    for field, texts in (("must_fire", fire), ("must_not_fire", silent)):
        if len(texts) > MOST_EXAMPLES or any(len(text) > LONGEST_EXAMPLE for text in texts):
            wrong[field].append(gettext("At most 20 sentences of 500 characters."))
        if len(set(map(same_said, texts))) < len(texts):
            wrong[field].append(gettext("The same sentence stands twice: give others."))
        if any(not _readable(text) for text in texts):
            wrong[field].append(gettext("This text contains characters that cannot be read. Please type it again."))


def _check_phrases(wrong: dict[str, list[str]], phrases: Sequence[str]) -> None:
    if not phrases:
        wrong["phrases"].append(gettext("Write at least one expression."))
    if len(phrases) > MOST_PHRASES:
        wrong["phrases"].append(gettext("At most 20 expressions."))
    for phrase in phrases:
        if len(phrase) > LONGEST_PHRASE:
            wrong["phrases"].append(gettext("“%(phrase)s…” is longer than 80 characters.") % {"phrase": phrase[:30]})
        elif not _readable(phrase) or not _WORDS.fullmatch(phrase):
            wrong["phrases"].append(
                gettext("“%(phrase)s” must be words only, with an asterisk at the end of one for any ending.")
                % {"phrase": phrase if _readable(phrase) else "?"}
            )


def _readable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _proved(wrong: dict[str, list[str]], content: dict[str, Any]) -> EngineRule:
    """The rule as the engine reads it beside those in force. Raises BadExpression where it cannot, or its examples do
    not hold."""
    try:
        ruleset = compose_with(_FILE, content)
    except RulesetError as error:
        raise BadExpression({"phrases": [error.reason]}) from error
    rule = next(rule for rule in ruleset.rules if rule.id == content["id"])
    numbers = [line.number for line in HELP_LINES]
    plain = [(phrase, plainness(phrase, ruleset.vocabularies, numbers=numbers)) for phrase in content["patterns"]]
    if not any(kind for _phrase, kind in plain) and (met := plain_word_met(ruleset, rule)):
        plain.append(met)  # misspelt, say
    for phrase, kind in plain:
        if kind and (kind != "help" or content["action"] != "flag"):
            wrong["phrases"].append(_TOO_PLAIN[kind] % {"phrase": phrase})
    if content["action"] != "flag" and (calls := calls_met(ruleset, rule)):
        says = gettext("It would meet calls for help, such as “%(text)s”. Choose that it is shown, or add words.")
        wrong["phrases"].append(says % {"text": calls[0]})
    for failed in unproved(ruleset, rule):
        if failed.must_fire:
            wrong["must_fire"].append(gettext("“%(text)s” is not met.") % {"text": failed.text})
        else:
            wrong["must_not_fire"].append(gettext("“%(text)s” is met.") % {"text": failed.text})
    if wrong:
        raise BadExpression(wrong)
    return rule
