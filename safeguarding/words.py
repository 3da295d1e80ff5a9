"""What the machine saw, in plain words. Only what was observed: nothing here says that somebody is guilty."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from .models import Alert

TACTICS: Mapping[str, str | Promise] = {
    "abet": _("eggs others on"),
    "abuse_told": _("tells of abuse"),
    "adult_link": _("links to adult material"),
    "adult_material": _("shows adult material"),
    "advance_fee": _("asks for money in advance"),
    "adult_life": _("speaks of an adult’s life"),
    "age_bypass": _("explains how to get round the age check"),
    "age_dismissal": _("says that age does not matter"),
    "age_probe": _("asks for an age"),
    "alone_outside": _("is alone outside"),
    "ambush_plan": _("speaks of waiting for somebody with others"),
    "appease": _("tries to calm things"),
    "blame": _("puts the blame on the other person"),
    "borrowed_proof": _("speaks of a borrowed proof of age"),
    "bring_cash": _("asks to bring money"),
    "burden": _("feels like a burden"),
    "change_place": _("changes the meeting place at the last moment"),
    "code_request": _("asks for a code"),
    "come_alone": _("asks to come alone"),
    "compliance": _("presses the other person to do as told"),
    "contact": _("makes contact"),
    "contact_flood": _("writes to many people in little time"),
    "csam": _("terms of child abuse material"),
    "csam_coded": _("coded terms of child abuse material"),
    "death_threat": _("threatens with death"),
    "debt_claimed": _("claims a debt"),
    "deepfake": _("speaks of a faked intimate image"),
    "defend": _("defends the other person"),
    "demand": _("demands something under threat"),
    "demand_money": _("demands money"),
    "despair": _("words of despair"),
    "doxing": _("gives away where somebody can be found"),
    "drug_hint": _("alludes to drugging somebody"),
    "drug_plan": _("speaks of drugging somebody"),
    "exclude": _("shuts somebody out"),
    "farewell": _("words of farewell"),
    "fear_home": _("is afraid to go home"),
    "forced_marriage": _("speaks of a forced marriage"),
    "gift": _("promises presents or money"),
    "harm_wish": _("wishes harm on somebody"),
    "has_images": _("claims to have intimate images"),
    "hate": _("hateful words"),
    "hate_attribute": _("says degrading things of a group of people"),
    "hate_beneath": _("places a group of people beneath others"),
    "hate_denied_worth": _("denies a group of people its worth"),
    "hate_exclude": _("wants a group of people shut out"),
    "hate_feeling": _("says that they hate a group of people"),
    "hate_harm": _("wishes harm on a group of people"),
    "hate_insulting_noun": _("calls a group of people by an insulting name"),
    "hate_near": _("hateful words beside the name of a group of people"),
    "hate_profanity": _("swears at a group of people"),
    "hate_sexist": _("sexist words"),
    "hate_slur": _("uses a slur against a group of people"),
    "hate_soft_slur": _("uses a word that can be a slur"),
    "hate_superlative": _("calls a group of people the worst"),
    "humiliate": _("humiliates"),
    "image_request": _("asks for pictures"),
    "impersonation": _("pretends to be somebody else"),
    "incitement": _("calls for violence or hatred"),
    "insult": _("insults"),
    "intimacy": _("seeks intimacy"),
    "intimate_leak": _("speaks of spreading intimate images"),
    "intimidation": _("intimidates"),
    "investment_bait": _("promises easy money"),
    "isolated_place": _("proposes a remote place"),
    "isolation": _("cuts the person off from others"),
    "job_bait": _("baits with a job"),
    "late": _("proposes a late hour"),
    "location_known": _("lets it be known that they know where the person is"),
    "locked_in": _("is kept from leaving"),
    "lured_away": _("was asked to go elsewhere"),
    "many_newcomers": _("many new accounts write to the same person"),
    "maturity": _("tells the person how grown-up they are"),
    "means": _("names a means"),
    "meeting": _("proposes to meet"),
    "money_request": _("asks for money"),
    "neglect": _("tells of neglect"),
    "no_trace": _("asks to leave no trace"),
    "nowhere": _("has nowhere to go"),
    "off_platform": _("wants to go on elsewhere"),
    "opener_sexual": _("opens with something sexual"),
    "paid_encounter": _("speaks of a paid encounter"),
    "paid_offer": _("offers money for sex"),
    "phishing": _("asks for passwords or codes"),
    "pile_on": _("several people against one"),
    "pimp_terms": _("terms of pimping"),
    "pretends": _("passes for somebody of another age"),
    "prepaid": _("asks for prepaid cards"),
    "rape_plan": _("speaks of arranging a rape"),
    "recruit": _("recruits for paid sex"),
    "refuses_verification": _("refuses to be verified"),
    "room_drift": _("the room’s talk has left the theme that it declares"),
    "runaway": _("speaks of running away"),
    "says_adult": _("says they are an adult"),
    "says_minor": _("says they are a minor"),
    "says_teen_years": _("says an age under eighteen"),
    "school": _("speaks of a school class"),
    "secrecy": _("asks to keep a secret"),
    "secret_known": _("knows a secret of the person"),
    "seeks_minor": _("looks for a minor"),
    "self_harm": _("speaks of hurting themselves"),
    "sexual": _("speaks of sex"),
    "sob_story": _("tells a story that asks for money"),
    "suicidal": _("speaks of suicide"),
    "tariff": _("names a price"),
    "threat": _("threatens"),
    "threat_publish": _("threatens to publish"),
    "threat_report": _("threatens to report"),
    "threat_reveal": _("threatens to reveal a secret"),
    "tonight": _("speaks of tonight"),
    "trust": _("builds trust"),
    "urgency": _("presses for a quick answer"),
    "violence_home": _("tells of violence at home"),
    "watching": _("says that they are watching the person"),
}


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
    "last_message": _("Without the last message (attacks)"),
    "message": _("With one message fewer"),
    "minor": _("If nobody under age were concerned"),
    "newcomer": _("If the account were not new"),
    "newcomer_fewer": _("With one new account fewer"),
    "recipient": _("With one recipient fewer"),
    "speaker": _("With one author fewer"),
    "spread": _("If it had gone to one person only"),
}


def tactic(name: str) -> str:
    """The tactic in words; a rule newer than these words is told by its own name."""
    return str(TACTICS.get(name, name.replace("_", " ")))


def explain(alert: Alert) -> list[str]:
    """Sentences that say why the machine raised the alert, most telling first."""
    facts = alert.explanation
    said = []
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
    if facts.get("degraded"):
        said.append(gettext("Part of the check did not run: judge with more care."))
    return said
