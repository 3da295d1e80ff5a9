"""What the machine saw, in plain words. Only what was observed: nothing here says that somebody is guilty."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import incidents
from .models import Alert

# What adds to a score besides the tactics themselves.
CIRCUMSTANCES: Mapping[str, str | Promise] = {
    "age_gap": _("an adult writes to a minor (ages checked)"),
    "base": _("to begin with, for such a thing at all"),
    "coverage": _("several kinds together"),
    "density": _("close together in time"),
    "incites": _("it calls for violence"),
    "newcomer": _("the account is new"),
    "same_words": _("the same words to several people within an hour"),
    "several": _("more than one person attacks"),
    "speed": _("within few messages"),
    "spread": _("the same went to several people"),
}
COUNTS: Mapping[str, str | Promise] = {
    "abettors": _("people who applaud"),
    "accounts": _("accounts that drew this person to the same rendezvous"),
    "aggressors": _("people who attack"),
    "messages": _("messages of one theme among the latest"),
    "newcomers": _("new accounts that wrote to this person"),
    "recipients": _("people who got it"),
    "recipients_hour": _("people who got the same words within an hour"),
    "speakers": _("people who spoke of it"),
}
# The same, as what is left out when a score is worked out again.
LEFT_OUT: Mapping[str, str | Promise] = {
    "age_gap": _("Without the age gap"),
    "calm": _("If the talk did not read as harmless"),
    "last_message": _("Without the last message (attacks)"),
    "message": _("With one message fewer"),
    "minor": _("If nobody under age were concerned"),
    "newcomer": _("If the account were not new"),
    "newcomer_fewer": _("With one new account fewer"),
    "recipient": _("With one recipient fewer"),
    "speaker": _("With one author fewer"),
    "spread": _("If it had gone to one person only"),
    "together": _("If the other accounts had not taken part"),
}


def tactic(name: str) -> str:
    """The tactic in words, in the language in force."""
    return incidents.tactic(name).in_language(get_language() or "fr")


def explain(alert: Alert) -> list[str]:
    """Sentences that say why the machine raised the alert, most telling first."""
    facts = alert.explanation
    said = []
    if facts.get("by_rules"):
        said.append(gettext("A rule asks by itself that a person reads such a message: nothing is weighed."))
    elif "by_rules" in facts:
        said.append(gettext("The check could not run, or found nothing by name: the message waits for a person."))
    if alert.tactics:
        seen = ", ".join(tactic(name) for name in alert.tactics)
        said.append(gettext("What was seen: %(tactics)s.") % {"tactics": seen})
    score, without = facts.get("score"), facts.get("without_age_gap")
    if isinstance(score, int | float) and isinstance(without, int | float) and without < score:
        said.append(
            gettext(
                "An adult writes to a minor: that adds %(points).0f points. Without it the score would be %(rest).0f."
            )
            % {"points": score - without, "rest": without}
        )
    for name, number in facts.get("counts", {}).items():
        said.append(gettext("Counted: %(number)d %(what)s.") % {"number": number, "what": COUNTS.get(name, name)})
    reached = facts.get("reached")
    if isinstance(reached, int) and reached > 1:
        said.append(
            ngettext(
                "The same kind of message went to %(count)d person within a day.",
                "The same kind of message went to %(count)d people within a day.",
                reached,
            )
            % {"count": reached}
        )
    confidence = facts.get("confidence")
    if isinstance(confidence, int | float) and confidence < 0.8:
        said.append(gettext("It is not certain whom the messages were meant for: nobody was named."))
    if facts.get("lowered_from"):
        said.append(
            gettext(
                "By its rules this is %(severity)s. The talk reads as harmless, so it may wait a day: read it whole."
            )
            % {"severity": facts["lowered_from"]}
        )
    if facts.get("degraded"):
        said.append(gettext("Part of the check did not run: judge with more care."))
    return said
