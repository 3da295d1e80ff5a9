"""Whom one may have to tell, and within which time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .words import Words

CHANNELS: Mapping[str, Words] = MappingProxyType(
    {
        "emergency": Words("Police secours (17 ou 112, SMS 114)", "Police emergency (17 or 112, text 114)"),
        "medical_emergency": Words("SAMU (15 ou 112)", "Medical emergency (15 or 112)"),
        "police": Words("Police ou gendarmerie", "Police or gendarmerie"),
        "pharos": Words("PHAROS (jamais pour une urgence)", "PHAROS (never for an emergency)"),
        "ofmin": Words("Office mineurs (OFMIN)", "Office for minors (OFMIN)"),
        "crip": Words("CRIP du département, ou 119", "Child protection unit (CRIP) of the département, or 119"),
        "prosecutor": Words("Procureur de la République", "Public prosecutor"),
        "dsa_art18": Words(
            "Notification d’une menace pour la vie ou la sécurité (DSA, art. 18)",
            "Notification of a threat to life or safety (DSA art. 18)",
        ),
        "point_de_contact": Words("Point de Contact", "Point de Contact"),
        "ncmec": Words("NCMEC (CyberTipline), si le lien est américain", "NCMEC (CyberTipline), if linked to the US"),
        "nca": Words("NCA, si le lien est britannique", "NCA, if linked to the UK"),
        "helpline_3018": Words("3018, qui peut faire retirer un contenu", "3018, which can have content taken down"),
        "target": Words("La personne menacée, pour la prévenir", "The person targeted, to warn them"),
        "victim": Words("La personne concernée, avec son accord", "The person concerned, with their agreement"),
        "officer": Words("Responsable de la protection de la communauté", "The community’s safeguarding officer"),
    }
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A channel that must be told: within how many hours of the first human look, and on what ground."""

    hours: int
    basis: Words


# Whom the table says to tell without a clock here is told at an officer’s judgement; the register takes it as well.
# "Promptly" and "at once" of the texts are read as below; a person may always say why one is not needed.
CLOCKS: Mapping[str, Clock] = MappingProxyType(
    {
        "emergency": Clock(
            1, Words("assistance à personne en péril (CP 223-6)", "help to a person in peril (CP 223-6)")
        ),
        "medical_emergency": Clock(
            1, Words("assistance à personne en péril (CP 223-6)", "help to a person in peril (CP 223-6)")
        ),
        "target": Clock(1, Words("assistance à personne en péril (CP 223-6)", "help to a person in peril (CP 223-6)")),
        "dsa_art18": Clock(24, Words("règlement (UE) 2022/2065, art. 18", "Regulation (EU) 2022/2065, art. 18")),
        "ofmin": Clock(
            24, Words("CP 434-3 ; règlement (UE) 2022/2065, art. 18", "CP 434-3; Regulation (EU) 2022/2065, art. 18")
        ),
        "crip": Clock(24, Words("CASF L226-2-1", "CASF L226-2-1")),
        "prosecutor": Clock(24, Words("CP 434-1, 434-3", "CP 434-1, 434-3")),
        "ncmec": Clock(72, Words("signalement volontaire au NCMEC", "voluntary report to NCMEC")),
        "nca": Clock(72, Words("Online Safety Act 2023, art. 66", "Online Safety Act 2023, s. 66")),
    }
)
