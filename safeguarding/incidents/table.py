"""The table: one row a code, and how grave each may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .channels import CLOCKS
from .words import Words


@dataclass(frozen=True, slots=True)
class Severity:
    """How grave, and so how soon a person must have looked: `clock_minutes` from the opening of the case."""

    level: str
    clock_minutes: int
    pages: bool  # calls the officer on duty until somebody acknowledges
    words: Words


@dataclass(frozen=True, slots=True)
class Incident:
    """One code. `aggravated` is the graver severity it takes when what `aggravated_when` says is so."""

    code: str
    words: Words
    dsa_category: str | None  # None: no restriction is made on this ground, so no statement is owed
    dsa_keywords: tuple[str, ...]
    law: tuple[str, ...]  # keys of LAW
    severity: str
    tell: tuple[str, ...]  # keys of CHANNELS, first to call first
    help_lines: tuple[str, ...]  # for the person to protect; keys of the help lines shown on every page
    aggravated: str | None = None
    aggravated_when: Words | None = None
    dsa_additions: tuple[str, ...] = ()  # further DSA categories

    @property
    def family(self) -> str:
        """The letter that groups codes; one live case a relationship and family."""
        return self.code[0]

    @property
    def secret_rule(self) -> bool:
        """Whether the author is never told which rule was met: for M and V codes that would teach a predator."""
        return self.family in "MV"

    @property
    def sanctioned(self) -> bool:
        """Whether the author may be sanctioned at all: distress and a child in danger call for help only."""
        return self.code not in ("D1", "M7")

    def due_at(self, severity: str) -> tuple[str, ...]:
        """The channels of `tell` that have a clock (CLOCKS): those the register opens by itself. Immediate danger
        (P0) calls an emergency number, whatever the code."""
        due = tuple(channel for channel in self.tell if channel in CLOCKS)
        urgent = severity == "P0" and not {"emergency", "medical_emergency"} & set(due)
        return ("emergency", *due) if urgent else due

    def first_calls(self) -> tuple[str, ...]:
        """Whom to call when a life is at risk, the first first: an emergency number always, PHAROS never.

        PHAROS takes no emergency (its own form says so); distress calls a doctor before the police.
        """
        emergency = ("medical_emergency", "emergency") if self.code == "D1" else ("emergency", "medical_emergency")
        return (*emergency, *(key for key in self.tell if key not in (*emergency, "pharos", "officer")))

    @property
    def clock_minutes(self) -> int:
        """Minutes until a person must have looked, at the default severity."""
        return SEVERITIES[self.severity].clock_minutes


SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {
        "P0": Severity("P0", 15, True, Words("danger immédiat", "immediate danger")),
        "P1": Severity("P1", 60, True, Words("grave", "grave")),
        "P2": Severity("P2", 240, False, Words("sérieux", "serious")),
        "P3": Severity("P3", 1440, False, Words("à suivre", "to be followed")),
    }
)

_MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
_CYBER_VIOLENCE = "STATEMENT_CATEGORY_CYBER_VIOLENCE"
_VIOLENCE = "STATEMENT_CATEGORY_VIOLENCE"
_SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
_SCAMS = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
_TERMS = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
_FOR_A_CHILD = ("119", "3018")

_TABLE = (
    Incident(
        "M1",
        Words("sollicitation sexuelle de mineur", "grooming"),
        _MINORS,
        ("KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS",),
        ("CP 227-22-1", "CP 227-22", "CP 227-22-2", "CP 227-23-1"),
        "P1",
        ("pharos", "ofmin", "crip", "dsa_art18", "ncmec", "nca"),
        _FOR_A_CHILD,
        "P0",
        Words("une rencontre est proposée ou prévue", "a meeting is proposed or planned"),
    ),
    Incident(
        "M2",
        Words("sextorsion de mineur", "sexual extortion of a minor"),
        _MINORS,
        ("KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS", "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL"),
        ("CP 227-23-1", "CP 312-10", "CP 312-1"),
        "P0",
        ("emergency", "pharos", "ofmin", "crip", "helpline_3018", "dsa_art18", "ncmec", "nca"),
        ("3018", "119", "3114"),
    ),
    Incident(
        "M3",
        Words("contenu pédocriminel", "child sexual abuse material (CSAM)"),
        _MINORS,
        ("KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL", "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE"),
        ("CP 227-23",),
        "P0",
        ("ofmin", "pharos", "point_de_contact", "dsa_art18", "ncmec", "nca"),
        _FOR_A_CHILD,
    ),
    Incident(
        "M4",
        Words("exploitation sexuelle de mineur", "sexual exploitation of a minor"),
        _MINORS,
        ("KEYWORD_HUMAN_EXPLOITATION",),
        ("CP 225-12-1", "CP 225-5", "CP 225-7-1"),
        "P0",
        ("emergency", "ofmin", "crip", "dsa_art18", "ncmec", "nca"),
        _FOR_A_CHILD,
        dsa_additions=(_VIOLENCE,),
    ),
    Incident(
        "M5",
        Words("contenu pornographique montré à un mineur", "adult material shown to a minor"),
        _MINORS,
        ("KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS",),
        ("CP 227-24",),
        "P2",
        ("officer", "pharos"),
        _FOR_A_CHILD,
    ),
    Incident(
        "M6",
        Words("âge mensonger", "false age"),
        _MINORS,
        ("KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS",),
        ("CP 226-4-1",),
        "P3",
        ("officer",),
        _FOR_A_CHILD,
        "P1",
        Words("un adulte se trouve parmi des mineurs", "an adult is among minors"),
    ),
    Incident(
        "M7",
        Words("mineur en danger", "minor in danger"),
        None,
        (),
        ("CASF L226-2-1", "C. civ. 375", "CP 434-3"),
        "P1",
        ("crip", "prosecutor"),
        ("119",),
        "P0",
        Words("le danger est grave ou immédiat", "the danger is grave or immediate"),
    ),
    Incident(
        "V1",
        Words("guet-apens", "ambush"),
        _VIOLENCE,
        ("KEYWORD_COORDINATED_HARM", "KEYWORD_HATE_SPEECH"),
        ("CP 132-71-1", "CP 132-77", "CP 221-3", "CP 312-1"),
        "P0",
        ("emergency", "target", "dsa_art18", "prosecutor"),
        ("17", "sos-homophobie", "116006"),
    ),
    Incident(
        "V2",
        Words("menaces, divulgation de données personnelles", "threats, doxing"),
        _CYBER_VIOLENCE,
        ("KEYWORD_CYBER_STALKING",),
        ("CP 222-17", "CP 223-1-1"),
        "P1",
        ("police", "dsa_art18", "victim"),
        ("17", "116006"),
        "P0",
        Words("la menace vise la vie et paraît imminente", "the threat is to life and seems imminent"),
    ),
    Incident(
        "V3",
        Words("viol, agression ou soumission chimique arrangés", "arranging the rape or drugging of a person"),
        _VIOLENCE,
        ("KEYWORD_COORDINATED_HARM",),
        ("CP 222-23", "CP 222-22", "CP 222-30-1"),
        "P0",
        ("emergency", "dsa_art18", "ofmin", "prosecutor"),
        ("17", "116006"),
    ),
    Incident(
        "H1",
        Words("haine, injure discriminatoire", "hate speech"),
        _SPEECH,
        ("KEYWORD_HATE_SPEECH", "KEYWORD_DISCRIMINATION", "KEYWORD_INCITEMENT_VIOLENCE_HATRED"),
        ("Loi 1881 art. 33", "Loi 1881 art. 24", "CP R625-8-1", "CP R625-8", "CP R625-7", "CP 132-76", "CP 132-77"),
        "P2",
        ("pharos", "victim"),
        ("sos-homophobie", "3018"),
        "P1",
        Words("il y a appel à la violence ou à la haine", "there is a call to violence or hatred"),
    ),
    Incident(
        "C1",
        Words("cyberharcèlement", "online harassment"),
        _CYBER_VIOLENCE,
        ("KEYWORD_CYBER_HARASSMENT", "KEYWORD_CYBER_BULLYING_INTIMIDATION"),
        ("CP 222-33-2-2", "CP 222-33-2-3"),
        "P2",
        ("victim", "helpline_3018", "police"),
        ("3018", "116006"),
        "P1",
        Words("la personne prise pour cible est mineure", "the person targeted is a minor"),
    ),
    Incident(
        "C2",
        Words("images intimes diffusées ou truquées", "intimate images shared or faked"),
        _CYBER_VIOLENCE,
        ("KEYWORD_NON_CONSENSUAL_IMAGE_SHARING", "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE"),
        ("CP 226-2-1", "CP 226-8-1"),
        "P1",
        ("victim", "helpline_3018", "police"),
        ("3018", "116006"),
    ),
    Incident(
        "C3",
        Words("chantage, menace de révélation", "blackmail, threat of outing"),
        _CYBER_VIOLENCE,
        ("KEYWORD_CYBER_HARASSMENT",),
        ("CP 312-10", "CP 312-1"),
        "P1",
        ("victim", "police"),
        ("sos-homophobie", "116006", "3114"),
        dsa_additions=(_SCAMS,),
    ),
    Incident(
        "S1",
        Words("proxénétisme, achat d’acte sexuel", "pimping, paid sex"),
        _VIOLENCE,
        ("KEYWORD_HUMAN_EXPLOITATION", "KEYWORD_ADULT_SEXUAL_MATERIAL"),
        ("CP 225-5", "CP 611-1"),
        "P2",
        ("police", "pharos"),
        ("116006",),
        "P1",
        Words("une personne en fait travailler une autre", "one person puts another to work"),
        dsa_additions=(_TERMS,),
    ),
    Incident(
        "D1",
        Words("risque suicidaire", "suicide risk"),
        "STATEMENT_CATEGORY_SELF_HARM",
        ("KEYWORD_SUICIDE",),
        ("CP 223-13",),
        "P0",
        ("medical_emergency", "dsa_art18"),
        ("3114", "15"),
    ),
    Incident(
        "X1",
        Words("arnaque", "scam"),
        _SCAMS,
        ("KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING", "KEYWORD_PHISHING"),
        ("CP 313-1", "CP 226-4-1"),
        "P2",
        ("officer", "pharos"),
        ("116006",),
    ),
    Incident(
        "X2",
        Words("afflux de contacts", "contact flood"),
        _TERMS,
        ("KEYWORD_OTHER",),
        ("CP 222-33-2-2",),
        "P2",
        ("officer",),
        ("3018",),
        "P1",
        Words("les personnes abordées sont mineures", "those approached are minors"),
    ),
    Incident(
        "X3",
        Words("retour malgré une exclusion", "ban evasion"),
        _SCAMS,
        ("KEYWORD_INAUTHENTIC_ACCOUNTS",),
        ("CP 131-35-1",),
        "P2",
        ("officer",),
        (),
    ),
)

INCIDENTS: Mapping[str, Incident] = MappingProxyType({incident.code: incident for incident in _TABLE})
