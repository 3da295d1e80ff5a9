"""A case closed as unfounded reaches the engine: what was weighed for its alerts does not alert again by itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from community import audit
from community.models import Member
from safeguarding.detection.cleared import Judged, clear
from safeguarding.models import Case, IncidentExport, Ledger, Transmission
from safeguarding.rule_figures import UNJUDGED, with_outcome

Held = Mapping[str, Ledger]


def _alerts_of(case: Case) -> list[Judged]:
    return [
        Judged(alert.code, alert.explanation, tuple(alert.evidence), f"room:{alert.message.room.public_id}")
        for alert in case.alerts.select_related("message__room").order_by("pk")
    ]


def hold_ledgers(case: Case) -> Held:
    """Lock what the engine remembers of the alerts of a case, by key, until the caller's transaction ends.

    Before the case itself is locked: ledgers come first in the order of this floor.
    """
    keys = {key for alert in _alerts_of(case) for key in alert.ledgers}
    return {row.key: row for row in Ledger.objects.select_for_update().filter(key__in=keys).order_by("key")}


def clear_unfounded(*, actor: Member, case: Case, held: Held) -> None:
    """Clear what the alerts of a closed case were weighed on if people found it unfounded, in the caller's transaction.

    Unfounded: decided, no decision against anybody stands, and nothing of it was handed to anybody (who tells the
    police may do nothing here so as to warn nobody). Cleared is what stands in `held`, with an audit line.
    """
    if case.state != Case.State.CLOSED or not _is_unfounded(case):
        return
    alerts, now = _alerts_of(case), timezone.now()
    changed = clear({key: row.data for key, row in held.items()}, alerts, int(now.timestamp()))
    for key, data in changed.items():
        held[key].data, held[key].updated_at = data, now  # a check that has read it by now begins anew
    Ledger.objects.bulk_update([held[key] for key in sorted(changed)], ["data", "updated_at"])
    if changed:
        codes = sorted({alert.code for alert in alerts})
        audit.record(
            actor=actor, action="case.cleared", subject=case, data={"codes": codes, "ledgers": sorted(changed)}
        )


def _is_unfounded(case: Case) -> bool:
    found = with_outcome(Case.objects.filter(pk=case.pk).exclude(code__in=UNJUDGED)).first()
    told = case.transmissions.filter(state__in=[Transmission.State.SENT, Transmission.State.ACKNOWLEDGED])
    exported = case.exports.exclude(state=IncidentExport.State.REFUSED)
    decided = found is not None and found.is_decided and not found.is_confirmed
    return decided and not told.exists() and not exported.exists()
