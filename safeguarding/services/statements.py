"""The statement of reasons (DSA art. 17): rendered once, in the recipient's language, stored as sent.

It is neutral. It names the measure, what it rests on and the way out; it never carries an incident code, a rule of
the detector, the name of another person or a private note.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from community import terms
from community.models import Member
from community.policies import MINOR_BANDS
from safeguarding.enforcement import MEASURES
from safeguarding.errors import NotAParty
from safeguarding.incidents import citation
from safeguarding.models import Case, Decision, StatementOfReasons

from .people import bands_of

# Six months from the information of the decision (DSA art. 20(1)).
APPEAL_WITHIN = dt.timedelta(days=184)


def render_statement(decision: Decision, *, recipient: Member, automated: bool, source: str) -> str:
    """The text as sent, plain, in the recipient's language. Private notes are not within its reach."""
    with translation.override(recipient.language):
        cited = terms.terms(decision.terms_version) if decision.terms_version else terms.current()
        # A minor reads the clauses in words for teenagers (art. 14(3)).
        part = "teen" if bands_of([recipient.pk])[recipient.pk] in MINOR_BANDS else "text"
        clauses = [cited.clause(clause_id) for clause_id in decision.clauses]
        # Only these values reach the template: a decision as a whole would carry its private notes along.
        return render_to_string(
            "safeguarding/statement.txt",
            {
                "action": decision.action,
                "room": decision.room.name if decision.room else "",
                "written_at": decision.message.created_at if decision.message else None,
                "ends_at": decision.ends_at,
                "reasons": decision.reasons,
                "clauses": [{"id": c.id, "title": c.told("title"), "text": c.told(part)} for c in clauses],
                "laws": [citation(key).in_language(recipient.language) for key in decision.laws],
                "terms_version": decision.terms_version,
                "automated": automated,
                "source": source,
                "appeal_until": timezone.localtime(timezone.now() + APPEAL_WITHIN),
                "reference": decision.public_id,
            },
        ).strip()


def preview_statement(*, case: Case, values: Mapping[str, Any]) -> str:
    """How the statement would read, for whoever decides. `values` are record_decision's; "" when none is owed.

    Its reference is given with the decision. Raises NotAParty where nobody is chosen whom it would be sent to.
    """
    if not MEASURES[values["action"]].adverse:
        return ""
    recipient = values["member"]
    if recipient is None:
        raise NotAParty
    fields = ("action", "message", "room", "ends_at", "reasons")
    decision = Decision(
        public_id="",
        case=case,
        clauses=list(values["clauses"]),
        laws=list(values["laws"]),
        terms_version=terms.current().version,
        **{field: values[field] for field in fields},
    )
    automated, source = basis_of(case)
    return render_statement(decision, recipient=recipient, automated=automated, source=source)


def basis_of(case: Case) -> tuple[bool, str]:
    """Whether automated means helped to detect it, and whether it began with a report or on our own initiative."""
    return case.automated or case.alerts.exists(), "report" if case.reports.exists() else "own"


def send_statement(decision: Decision) -> StatementOfReasons:
    """Store the statement in the caller's transaction. Reading it needs nothing but the account."""
    recipient = decision.member
    assert recipient is not None
    automated, source = basis_of(decision.case)
    return StatementOfReasons.objects.create(
        decision=decision,
        recipient=recipient,
        language=recipient.language,
        body=render_statement(decision, recipient=recipient, automated=automated, source=source),
        automated_detection=automated,
        source=source,
        appeal_until=timezone.now() + APPEAL_WITHIN,
    )
