"""The one table of incidents: what each code is called, which law it touches, how fast a person looks, whom to tell.

Everything that speaks of a code (clock of a case, text of a decision, DSA statement, dossier) reads it here.
Names are data in both languages, so that a dossier can be written in either whatever language is active.
Law references name what *may* apply: a qualification is the prosecutor's; penalties are never stated.

Sources: DSA Transparency Database (API of 1 July 2025) for categories and keywords; Code pénal (CP), Code civil
(C. civ.), Code de l’action sociale et des familles (CASF), law of 29 July 1881 on the press, as in force in 2026.
"""

from __future__ import annotations

from .channels import CHANNELS, CLOCKS, Clock
from .law import LAW, article, citation
from .table import INCIDENTS, SEVERITIES, Incident, Severity
from .tactics import TACTICS, tactic
from .words import Words

__all__ = [
    "CHANNELS",
    "CLOCKS",
    "INCIDENTS",
    "LAW",
    "SEVERITIES",
    "TACTICS",
    "Clock",
    "Incident",
    "Severity",
    "Words",
    "article",
    "citation",
    "tactic",
]
