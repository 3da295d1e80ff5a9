"""The console: thin. Pages show records; every button is a call of a service."""

from . import age, appeals, associations, audit, cases, exports, figures, handover, replays, rooms, rules, urgent
from .site import console

__all__ = [
    "age",
    "appeals",
    "associations",
    "audit",
    "cases",
    "console",
    "exports",
    "figures",
    "handover",
    "replays",
    "rooms",
    "rules",
    "urgent",
]
