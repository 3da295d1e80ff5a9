"""What may be done to a person in conversation: tactics, how long they are remembered, and what they add up to.

A *tactic* is a label a rule gives to a message ("image_request"). It is kept on the directed pair (who does it to
whom), in no fixed order: grooming has no sequence one could wait for (Lorenzo-Dus et al. 2016; Aitken). A *profile*
says, for one incident code, what each tactic weighs, what must be present, and which score means which severity.

All numbers are points out of 100. They only ever add: no tactic, age or context lowers a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Scope = Literal["pair", "self"]
Group = frozenset[str]
SEVERITIES = ("P0", "P1", "P2", "P3")

DAY = 86_400
_DEFAULT_DAYS = 60
# Days after which a tactic is forgotten. What presses now fades soon; what binds or threatens stays.
EXPIRY_DAYS: Mapping[str, float] = {
    "opener_sexual": 30, "age_probe": 90, "trust": 90, "maturity": 90, "isolation": 90, "secrecy": 120,
    "compliance": 90, "intimacy": 120, "sexual": 120, "image_request": 120, "off_platform": 60, "meeting": 21,
    "gift": 90, "urgency": 2, "late": 1, "come_alone": 7, "isolated_place": 7, "change_place": 3, "bring_cash": 7,
    "no_trace": 30, "refuses_verification": 30, "ambush_plan": 14, "threat_publish": 120, "has_images": 180,
    "threat_report": 120, "demand_money": 60, "demand": 60, "secret_known": 180, "threat": 90, "location_known": 90,
    "intimidation": 14, "insult": 14, "exclude": 14, "humiliate": 14, "despair": 7, "suicidal": 14, "farewell": 7,
    "settles": 7, "entrusts": 7, "for_a_friend": 7, "friend_harmed": 30, "own_after_all": 2,
    "means": 7, "burden": 14, "runaway": 7, "nowhere": 7, "violence_home": 120, "fear_home": 30, "neglect": 30,
    "abuse_told": 180, "says_minor": 30, "says_adult": 30, "says_same_age": 30, "school": 30, "borrowed_proof": 60,
}  # fmt: skip


def lifetime(tactic: str) -> int:
    """Seconds for which a tactic counts."""
    return int(EXPIRY_DAYS.get(tactic, _DEFAULT_DAYS) * DAY)


@dataclass(frozen=True, slots=True)
class Profile:
    """How tactics add up to one incident code.

    `levels`: (points, severity), gravest first. `core`: one of these must be present for any alert at all; `all_of`:
    and one of each of these groups. `beside`: what counts as present only with one of these. `grave`: (severity,
    groups) without which that severity is not given, whatever the score; "newcomer" and "many" (see `pairs.score`) may
    stand there and in `core`. `adult_gap`: points for a verified adult facing a minor. `minors` / `adults`: to whom it
    can be done.
    """

    code: str
    weights: Mapping[str, float]
    levels: tuple[tuple[float, str], ...]
    core: Group
    scope: Scope = "pair"
    all_of: tuple[Group, ...] = ()
    grave: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    beside: Mapping[str, Group] = field(default_factory=dict)
    adult_gap: float = 0.0
    minors: bool = True
    adults: bool = True
    spread: float = 0.0  # points per further person who got the same lure, up to three
    newcomer: float = 0.0  # points for an account of a week or less
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _any(*names: str) -> Group:
    return frozenset(names)


_PROTECT = {
    "P0": ("hold", "pause_contact", "safety_card"),
    "P1": ("hold", "pause_contact", "safety_card"),
    "P2": ("safety_card",),
}
_HELP = {"P0": ("help_card",), "P1": ("help_card",), "P2": ("help_card",)}

M1 = Profile(
    code="M1",
    weights={
        "opener_sexual": 34, "age_probe": 10, "trust": 12, "maturity": 16, "isolation": 15, "secrecy": 22,
        "compliance": 13, "intimacy": 25, "sexual": 42, "image_request": 26, "off_platform": 15, "meeting": 22,
        "gift": 15, "urgency": 5, "late": 4, "come_alone": 15, "isolated_place": 10, "no_trace": 20,
        "refuses_verification": 6, "threat_publish": 15, "seeks_minor": 60, "age_dismissal": 24,
        "private_call": 12,
    },
    levels=((72, "P0"), (48, "P1"), (39, "P2"), (14, "P3")),
    core=_any("opener_sexual", "maturity", "isolation", "secrecy", "intimacy", "sexual", "image_request",
              "off_platform", "private_call", "meeting", "gift", "no_trace", "seeks_minor", "age_dismissal"),
    grave={"P0": (_any("meeting", "come_alone", "sexual", "seeks_minor"),)},
    adult_gap=16, adults=False, newcomer=2, spread=5, measures=_PROTECT,
)  # fmt: skip
M2 = Profile(
    code="M2",
    weights={"has_images": 24, "threat_publish": 38, "demand_money": 20, "demand": 18, "image_request": 14,
             "urgency": 8, "secrecy": 6, "threat": 15, "threat_report": 10, "refuses_verification": 3, "trust": 3},
    levels=((58, "P0"), (48, "P1"), (40, "P2"), (22, "P3")),
    core=_any("threat_publish", "has_images"),
    all_of=(_any("threat_publish", "demand_money", "demand"),),
    adult_gap=8, adults=False, newcomer=4, measures=_PROTECT,
)  # fmt: skip
M3 = Profile(
    code="M3", weights={"csam": 90, "csam_coded": 60}, levels=((55, "P0"), (30, "P2")), core=_any("csam", "csam_coded"),
    measures=_PROTECT,
)  # fmt: skip
M4 = Profile(
    code="M4",
    weights={"paid_encounter": 60, "recruit": 30, "gift": 16, "meeting": 12, "secrecy": 14, "maturity": 8, "urgency": 3,
             "age_probe": 5, "off_platform": 6, "image_request": 10, "pimp_terms": 26, "sexual": 20},
    levels=((58, "P0"), (46, "P1"), (34, "P2"), (20, "P3")),
    core=_any("paid_encounter", "recruit", "pimp_terms"),
    adult_gap=12, adults=False, measures=_PROTECT,
)  # fmt: skip
M5 = Profile(
    code="M5",
    weights={"adult_material": 48, "adult_link": 30, "age_bypass": 20, "sexual": 10},
    levels=((70, "P1"), (46, "P1"), (34, "P2"), (20, "P3")),
    core=_any("adult_material", "adult_link"), adult_gap=10, adults=False,
    measures={"P1": ("hold",), "P2": ("hold",)},
)  # fmt: skip
# What is no tactic and may yet be what an alert, or a severity, takes (see `pairs.score`).
CIRCUMSTANCES: Group = _any("newcomer", "many")
V1 = Profile(
    code="V1",
    weights={
        "meeting": 12, "isolated_place": 18, "late": 6, "come_alone": 24, "refuses_verification": 20,
        "change_place": 20, "bring_cash": 18, "no_trace": 16, "secrecy": 12, "urgency": 6, "ambush_plan": 80,
        "trust": 2, "opener_sexual": 3, "discreet": 7,
    },
    levels=((62, "P0"), (52, "P1"), (42, "P2"), (26, "P3")),
    core=_any("come_alone", "refuses_verification", "change_place", "no_trace", "bring_cash", "ambush_plan", "many"),
    beside={
        "bring_cash": _any("isolated_place"),
        "refuses_verification": _any("isolated_place", "late", "come_alone", "change_place", "no_trace", "ambush_plan"),
    },
    all_of=(_any("meeting", "isolated_place", "ambush_plan"),),
    grave={
        "P0": (
            _any("isolated_place", "change_place", "bring_cash", "no_trace", "ambush_plan"),
            _any("come_alone", "refuses_verification", "no_trace", "bring_cash", "ambush_plan", "urgency", "newcomer"),
        ),
        "P1": (_any("come_alone", "refuses_verification", "change_place", "no_trace", "bring_cash", "ambush_plan",
                    "newcomer"),),
        "P2": (_any("isolated_place", "come_alone", "change_place", "no_trace", "ambush_plan"),),
    },
    spread=8, newcomer=4, measures=_PROTECT,
)  # fmt: skip
V2 = Profile(
    code="V2",
    weights={"threat": 46, "location_known": 30, "doxing": 46, "attack_plan": 50, "intimidation": 12, "urgency": 3,
             "insult": 3, "watching": 18},
    levels=((64, "P0"), (36, "P1"), (34, "P2"), (18, "P3")),
    core=_any("threat", "location_known", "doxing", "attack_plan", "watching"),
    adult_gap=6, measures={"P0": ("hold", "pause_contact"), "P1": ("hold", "pause_contact"), "P2": ()},
)  # fmt: skip
V3 = Profile(
    code="V3", weights={"rape_plan": 95, "drug_plan": 95}, levels=((60, "P0"), (36, "P1")),
    core=_any("rape_plan", "drug_plan"), measures=_PROTECT,
)  # fmt: skip
C2 = Profile(
    code="C2",
    weights={"has_images": 28, "threat_publish": 46, "intimate_leak": 54, "demand": 14, "demand_money": 14,
             "debt_claimed": 6, "urgency": 6, "threat": 8, "deepfake": 54},
    levels=((46, "P1"), (38, "P2"), (24, "P3")),
    core=_any("has_images", "intimate_leak", "deepfake"),
    all_of=(_any("threat_publish", "intimate_leak", "deepfake", "demand", "demand_money"),),
    minors=False, measures=_PROTECT,
)  # fmt: skip
C3 = Profile(
    code="C3",
    weights={"secret_known": 26, "threat_reveal": 48, "threat_publish": 22, "demand_money": 22, "demand": 20,
             "urgency": 8, "has_images": 6, "threat": 8, "threat_report": 14},
    levels=((80, "P0"), (46, "P1"), (38, "P2"), (22, "P3")),
    core=_any("threat_reveal", "secret_known"),
    all_of=(_any("threat_reveal", "demand_money", "demand", "threat_publish"),),
    adult_gap=6, measures=_PROTECT,
)  # fmt: skip
S1 = Profile(
    code="S1",
    weights={"paid_encounter": 50, "paid_offer": 44, "pimp_terms": 62, "recruit": 48, "tariff": 34, "sexual": 8,
             "off_platform": 4, "opener_sexual": 6},
    levels=((58, "P1"), (42, "P2"), (28, "P3")),
    core=_any("paid_encounter", "paid_offer", "pimp_terms", "recruit", "tariff"),
    minors=False, measures={"P1": ("hold",), "P2": ()},
)  # fmt: skip
X1 = Profile(
    code="X1",
    weights={"investment_bait": 44, "money_request": 38, "code_request": 56, "prepaid": 30, "phishing": 50,
             "advance_fee": 46, "impersonation": 30, "sob_story": 18, "off_platform": 8, "urgency": 8, "trust": 4,
             "adult_link": 10, "refuses_verification": 10, "job_bait": 40},
    levels=((66, "P1"), (42, "P2"), (26, "P3")),
    core=_any("investment_bait", "money_request", "code_request", "prepaid", "phishing", "advance_fee", "impersonation",
              "job_bait"),
    adult_gap=4, newcomer=4, spread=6, measures={"P1": ("hold",), "P2": ("safety_card",)},
)  # fmt: skip
D1 = Profile(
    code="D1", scope="self",
    weights={"suicidal": 62, "farewell": 30, "means": 34, "burden": 24, "despair": 24, "tonight": 14,
             "settles": 20, "entrusts": 24, "for_a_friend": 34, "own_after_all": 30},
    levels=((58, "P0"), (44, "P1"), (40, "P2"), (20, "P3")),
    core=_any("suicidal", "farewell", "means", "burden", "despair", "settles", "for_a_friend"), measures=_HELP,
)  # fmt: skip
M7 = Profile(
    code="M7", scope="self",
    weights={"runaway": 50, "nowhere": 34, "violence_home": 50, "fear_home": 26, "neglect": 50, "abuse_told": 70,
             "locked_in": 52, "forced_marriage": 70, "alone_outside": 16, "friend_harmed": 34, "own_after_all": 30},
    levels=((64, "P0"), (50, "P1"), (38, "P2"), (20, "P3")),
    core=_any("runaway", "nowhere", "violence_home", "fear_home", "neglect", "abuse_told", "locked_in",
              "forced_marriage", "friend_harmed"),
    adults=False, measures=_HELP,
)  # fmt: skip

# What alerts among minors of one band too, since a proof can be false. Of an adult, once is for a person to look at.
NAMED: Group = _any("secrecy", "image_request", "off_platform", "private_call", "meeting")
# What friends of one age say as well: two of the four named are looked at among them, and hold nothing.
AMONG_FRIENDS: Group = NAMED | _any("trust", "age_probe", "gift", "urgency", "late")
# What a minor proposes and an adult has done by saying yes: a child who leads the talk excuses nobody.
PROPOSED: Group = NAMED | _any("come_alone", "sexual", "opener_sexual", "intimacy", "isolated_place")

PAIR_PROFILES: tuple[Profile, ...] = (M1, M2, M3, M4, M5, V1, V2, V3, C2, C3, S1, X1)
SELF_PROFILES: tuple[Profile, ...] = (D1, M7)
HELP_CODES = frozenset(profile.code for profile in SELF_PROFILES)  # their subject is somebody to be helped
SELF_TACTICS: Group = frozenset(name for profile in SELF_PROFILES for name in profile.weights)
PAIR_TACTICS: Group = frozenset(name for profile in PAIR_PROFILES for name in profile.weights)
AGE_TACTICS: Group = _any(
    "says_minor", "says_adult", "says_same_age", "school", "borrowed_proof", "says_teen_years", "says_of_age"
)
ATTACK_TACTICS: Group = _any("insult", "exclude", "humiliate", "threat", "blame", "incites_suicide")
PEACE_TACTICS: Group = _any("defend", "appease")
ABET_TACTICS: Group = _any("abet")
# What draws somebody to a rendezvous: several accounts may share the work between them.
DRAWING_TACTICS: Group = V1.core - {"bring_cash", "many"} | _any("meeting", "isolated_place")
# Without one of these, friends who plan an evening together are no accounts that act together.
FURTIVE_TACTICS: Group = _any("come_alone", "no_trace", "ambush_plan")
# What is said to a whole room as well as to one person: an advert, a link, a plan about somebody absent.
OPEN_TACTICS: Group = _any(
    "csam", "csam_coded", "paid_encounter", "paid_offer", "pimp_terms", "recruit", "tariff", "adult_material",
    "adult_link", "age_bypass", "rape_plan", "drug_plan", "ambush_plan", "seeks_minor", "investment_bait",
    "money_request", "phishing", "advance_fee", "prepaid", "job_bait", "off_platform", "urgency", "sexual",
    "image_request", "intimate_leak", "deepfake", "doxing", "attack_plan", "opener_sexual", "age_probe",
)  # fmt: skip


def profiles_touched(tactics: Group, profiles: tuple[Profile, ...]) -> tuple[Profile, ...]:
    """The profiles whose score may have changed when these tactics were added."""
    return tuple(profile for profile in profiles if not tactics.isdisjoint(profile.weights))
