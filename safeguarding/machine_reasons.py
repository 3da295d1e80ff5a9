"""Why the machine moved a rule: written down in English, as it stays, and said in the language of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from .in_words import Sentences

TIME_IS_OVER = "its time is over"
_BELOW_FLOOR = "{confirmed} of {decided} decided cases confirmed: below the floor of {floor} %"

MACHINE_REASONS: Sentences = (
    (re.escape(TIME_IS_OVER), _("its time is over")),
    (
        r"(?P<confirmed>\d+) of (?P<decided>\d+) decided cases confirmed: below the floor of (?P<floor>[\d.]+) %",
        _("%(confirmed)s of %(decided)s decided cases confirmed: below the floor of %(floor)s %%"),
    ),
)


def below_floor(facts: Mapping[str, object]) -> str:
    """Why a rule goes that people keep finding wrong; `facts` as in the alarm that says so."""
    return _BELOW_FLOOR.format(**facts)
