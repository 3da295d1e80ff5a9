"""What the machine saw, in plain words. Only what was observed: nothing here says that somebody is guilty."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from .models import Alert

TACTICS: Mapping[str, str | Promise] = {
    "abet": _l("eggs others on"),
    "abuse_told": _l("tells of abuse"),
    "adult_link": _l("links to adult material"),
    "adult_material": _l("shows adult material"),
    "advance_fee": _l("asks for money in advance"),
    "age_bypass": _l("explains how to get round the age check"),
    "age_dismissal": _l("says that age does not matter"),
    "age_probe": _l("asks for an age"),
    "alone_outside": _l("is alone outside"),
    "ambush_plan": _l("speaks of waiting for somebody with others"),
    "appease": _l("tries to calm things"),
    "blame": _l("puts the blame on the other person"),
    "borrowed_proof": _l("speaks of a borrowed proof of age"),
    "bring_cash": _l("asks to bring money"),
    "burden": _l("feels like a burden"),
    "change_place": _l("changes the meeting place at the last moment"),
    "code_request": _l("asks for a code"),
    "come_alone": _l("asks to come alone"),
    "compliance": _l("presses the other person to do as told"),
    "contact": _l("makes contact"),
    "contact_flood": _l("writes to many people in little time"),
    "csam": _l("terms of child abuse material"),
    "csam_coded": _l("coded terms of child abuse material"),
    "death_threat": _l("threatens with death"),
    "debt_claimed": _l("claims a debt"),
    "deepfake": _l("speaks of a faked intimate image"),
    "defend": _l("defends the other person"),
    "demand": _l("demands something under threat"),
    "demand_money": _l("demands money"),
    "despair": _l("words of despair"),
    "doxing": _l("gives away where somebody can be found"),
    "drug_hint": _l("alludes to drugging somebody"),
    "drug_plan": _l("speaks of drugging somebody"),
    "exclude": _l("shuts somebody out"),
    "farewell": _l("words of farewell"),
    "fear_home": _l("is afraid to go home"),
    "forced_marriage": _l("speaks of a forced marriage"),
    "gift": _l("promises presents or money"),
    "harm_wish": _l("wishes harm on somebody"),
    "has_images": _l("claims to have intimate images"),
    "humiliate": _l("humiliates"),
    "image_request": _l("asks for pictures"),
    "impersonation": _l("pretends to be somebody else"),
    "incitement": _l("calls for violence or hatred"),
    "insult": _l("insults"),
    "intimacy": _l("seeks intimacy"),
    "intimate_leak": _l("speaks of spreading intimate images"),
    "intimidation": _l("intimidates"),
    "investment_bait": _l("promises easy money"),
    "isolated_place": _l("proposes a remote place"),
    "isolation": _l("cuts the person off from others"),
    "job_bait": _l("baits with a job"),
    "late": _l("proposes a late hour"),
    "location_known": _l("lets it be known that they know where the person is"),
    "locked_in": _l("is kept from leaving"),
    "lured_away": _l("was asked to go elsewhere"),
    "many_newcomers": _l("many new accounts write to the same person"),
    "maturity": _l("tells the person how grown-up they are"),
    "means": _l("names a means"),
    "meeting": _l("proposes to meet"),
    "money_request": _l("asks for money"),
    "neglect": _l("tells of neglect"),
    "no_trace": _l("asks to leave no trace"),
    "nowhere": _l("has nowhere to go"),
    "off_platform": _l("wants to go on elsewhere"),
    "opener_sexual": _l("opens with something sexual"),
    "paid_encounter": _l("speaks of a paid encounter"),
    "paid_offer": _l("offers money for sex"),
    "phishing": _l("asks for passwords or codes"),
    "pile_on": _l("several people against one"),
    "pimp_terms": _l("terms of pimping"),
    "prepaid": _l("asks for prepaid cards"),
    "rape_plan": _l("speaks of arranging a rape"),
    "recruit": _l("recruits for paid sex"),
    "refuses_verification": _l("refuses to be verified"),
    "runaway": _l("speaks of running away"),
    "says_adult": _l("says they are an adult"),
    "says_minor": _l("says they are a minor"),
    "says_teen_years": _l("says an age under eighteen"),
    "school": _l("speaks of a school class"),
    "secrecy": _l("asks to keep a secret"),
    "secret_known": _l("knows a secret of the person"),
    "seeks_minor": _l("looks for a minor"),
    "self_harm": _l("speaks of hurting themselves"),
    "sexual": _l("speaks of sex"),
    "sob_story": _l("tells a story that asks for money"),
    "suicidal": _l("speaks of suicide"),
    "tariff": _l("names a price"),
    "threat": _l("threatens"),
    "threat_publish": _l("threatens to publish"),
    "threat_report": _l("threatens to report"),
    "threat_reveal": _l("threatens to reveal a secret"),
    "tonight": _l("speaks of tonight"),
    "trust": _l("builds trust"),
    "urgency": _l("presses for a quick answer"),
    "violence_home": _l("tells of violence at home"),
    "watching": _l("says that they are watching the person"),
}


def tactic(name: str) -> str:
    """The tactic in words; a rule newer than these words is told by its own name."""
    return str(TACTICS.get(name, name.replace("_", " ")))


def explain(alert: Alert) -> list[str]:
    """Sentences that say why the machine raised the alert, most telling first."""
    facts = alert.explanation
    said = []
    if alert.tactics:
        said.append(_("What was seen: %(tactics)s.") % {"tactics": ", ".join(tactic(name) for name in alert.tactics)})
    score, without = facts.get("score"), facts.get("without_age_gap")
    if isinstance(score, int | float) and isinstance(without, int | float) and without < score:
        said.append(
            _("An adult writes to a minor: that adds %(points).0f points. Without it the score would be %(rest).0f.")
            % {"points": score - without, "rest": without}
        )
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
        said.append(_("It is not certain whom the messages were meant for: nobody was named."))
    if facts.get("degraded"):
        said.append(_("Part of the check did not run: judge with more care."))
    return said
