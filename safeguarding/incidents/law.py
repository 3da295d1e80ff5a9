"""The laws that incidents may touch. A qualification is the prosecutor's; penalties are never stated.

Code pénal (CP), Code civil (C. civ.), Code de l’action sociale et des familles (CASF), law of 29 July 1881 on the
press, as in force in 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .words import Words

LAW: Mapping[str, Words] = MappingProxyType(
    {
        "CP 131-35-1": Words("peine de suspension d’un compte d’accès", "court-ordered suspension of an account"),
        "CP 132-71-1": Words("guet-apens (circonstance aggravante)", "ambush (aggravating circumstance)"),
        "CP 132-76": Words(
            "mobile raciste ou religieux (circonstance aggravante)", "racist or religious motive (aggravating)"
        ),
        "CP 132-77": Words(
            "mobile lié au sexe, à l’orientation ou à l’identité de genre (circonstance aggravante)",
            "motive of sex, orientation or gender identity (aggravating)",
        ),
        "CP 221-3": Words("assassinat (préméditation ou guet-apens)", "murder with premeditation or ambush"),
        "CP 222-17": Words("menaces de crime ou de délit contre les personnes", "threats against a person"),
        "CP 222-22": Words("agressions sexuelles", "sexual assaults"),
        "CP 222-23": Words("viol", "rape"),
        "CP 222-30-1": Words(
            "administration d’une substance pour commettre un viol ou une agression sexuelle",
            "drugging a person in order to rape or sexually assault them",
        ),
        "CP 222-33-2-2": Words("harcèlement moral, y compris en raid", "harassment, raids included"),
        "CP 222-33-2-3": Words("harcèlement scolaire", "bullying at school"),
        "CP 223-1-1": Words(
            "divulgation d’informations exposant une personne à un danger",
            "disclosing information to endanger somebody",
        ),
        "CP 223-13": Words("provocation au suicide", "incitement to suicide"),
        "CP 225-5": Words("proxénétisme", "procuring (pimping)"),
        "CP 225-7-1": Words("proxénétisme à l’égard d’un mineur", "procuring of a minor"),
        "CP 225-12-1": Words("recours à la prostitution d’un mineur", "paying for sexual acts with a minor"),
        "CP 226-2-1": Words("diffusion d’images à caractère sexuel sans accord", "sharing intimate images unagreed"),
        "CP 226-4-1": Words("usurpation d’identité", "identity theft"),
        "CP 226-8-1": Words("montage à caractère sexuel (hypertrucage)", "sexual deepfake"),
        "CP 227-22": Words("corruption de mineur", "corruption of a minor"),
        "CP 227-22-1": Words(
            "propositions sexuelles d’un majeur à un mineur de quinze ans en ligne",
            "sexual proposals by an adult to a child under fifteen online",
        ),
        "CP 227-22-2": Words(
            "incitation d’un mineur à un acte sexuel en ligne", "inciting a minor to a sexual act online"
        ),
        "CP 227-23": Words(
            "image ou représentation pornographique d’un mineur", "pornographic image or depiction of a minor"
        ),
        "CP 227-23-1": Words(
            "sollicitation d’images pornographiques auprès d’un mineur", "soliciting pornographic images from a minor"
        ),
        "CP 227-24": Words(
            "message violent ou pornographique susceptible d’être vu par un mineur",
            "violent or pornographic message likely to be seen by a minor",
        ),
        "CP 312-1": Words("extorsion", "extortion"),
        "CP 312-10": Words("chantage", "blackmail"),
        "CP 313-1": Words("escroquerie", "fraud"),
        "CP 434-3": Words(
            "obligation de signaler les mauvais traitements ou atteintes sexuelles sur mineur",
            "duty to report ill-treatment or sexual abuse of a minor",
        ),
        "CP 611-1": Words("achat d’un acte sexuel", "purchase of a sexual act"),
        "CP R625-7": Words("provocation non publique à la haine", "non-public incitement to hatred"),
        "CP R625-8": Words("diffamation non publique discriminatoire", "non-public discriminatory defamation"),
        "CP R625-8-1": Words("injure non publique discriminatoire", "non-public discriminatory insult"),
        "Loi 1881 art. 24": Words("provocation publique à la haine ou à la violence", "public incitement to hatred"),
        "Loi 1881 art. 33": Words("injure publique discriminatoire", "public discriminatory insult"),
        "CASF L226-2-1": Words("transmission d’une information préoccupante", "passing on a concern about a child"),
        "C. civ. 375": Words("assistance éducative d’un mineur en danger", "protection of a child in danger"),
    }
)

_TEXTS: Mapping[str, Words] = MappingProxyType(
    {
        "CP": Words("Code pénal", "French Criminal Code"),
        "Loi 1881 art.": Words("Loi du 29 juillet 1881", "French law of 29 July 1881"),
        "CASF": Words("Code de l’action sociale et des familles", "French Code of social action and families"),
        "C. civ.": Words("Code civil", "French Civil Code"),
    }
)


def article(key: str) -> Words:
    """Where a law stands, for whoever knows no abbreviation: "Code pénal, article 222-17". `key` is one of LAW."""
    text, number = key.rsplit(" ", 1)
    name = _TEXTS[text]
    return Words(f"{name.fr}, article {number}", f"{name.en}, article {number}")


def citation(key: str) -> Words:
    """Where a law stands and what it is about: "Code pénal, article 222-17 : menaces ..."."""
    where, what = article(key), LAW[key]
    return Words(f"{where.fr} : {what.fr}", f"{where.en}: {what.en}")
