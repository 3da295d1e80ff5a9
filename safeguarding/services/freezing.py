"""From the vault to the dossier: what was frozen, opened once and put into the plain values that documents know.

What was said comes from evidence alone, so that a dossier tells it even where the living rows have gone. A notifier
is a label here (N1, N2...), and no note, private or working, has a place to stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from community.services.connections import Ground, read_connections
from community.services.settings import get_community
from safeguarding.dossier import frozen
from safeguarding.models import CaseParty, Evidence, IncidentExport

from .briefing import CIRCUMSTANCES
from .custody import accesses_of, custody_of
from .evidence import refreeze_case
from .frozen_acts import ToldAndDone
from .frozen_words import SaidAndSeen


def freeze_case(*, export: IncidentExport) -> frozen.FrozenCase:
    """The case of an approved export, as it is handed over now, in the language of its recipient.

    What is pinned is frozen anew first, so that the dossier tells how it ended. Raises EvidenceAltered when a piece
    does not match its seal: a dossier is never built on what was changed.
    """
    case = export.case
    with transaction.atomic():
        refreeze_case(actor=None, case=case, component="exports")
    return _Whole(export).case()


class _Whole(SaidAndSeen, ToldAndDone):
    """The case as a whole."""

    def case(self) -> frozen.FrozenCase:
        pointed = {ref for alert in self.of.alerts.all() for ref in alert.evidence}
        pointed |= {r.message.public_id for r in self.of.reports.select_related("message") if r.message}
        messages = self.messages(pointed)
        known = {message.id for message in messages}
        reports = self.reports(known)
        decisions = self.decisions(known)
        measures = self.measures(known)
        rooms = self.rooms()
        people = self.persons(messages)
        return frozen.FrozenCase(
            id=self.of.public_id,
            code=self.of.code,
            severity=cast("frozen.SeverityLevel", self.of.severity),
            language=self.language,
            opened_at=self.of.opened_at,
            closed_at=self.of.closed_at,
            automated=self.of.automated,
            platform=self.platform(),
            handover=frozen.Handover(
                recipient=cast(Any, self.export.recipient),
                legal_basis=self.export.legal_basis,
                recipient_name=self.export.recipient_name,
                request=self.export.request,
                unredacted=self.export.unredacted,
                reference=self.export.public_id,
                order=self.order(),
                exported_by=self.officer(self.export.requested_by),
                exported_at=timezone.now(),
                approved_by=self.officer(self.export.approved_by) if self.export.approved_by else None,
            ),
            situation=self.situation(reports),
            rooms=rooms,
            persons=(*people, *self.notified()),
            messages=messages,
            reports=reports,
            alerts=self.alerts(known),
            measures=measures,
            decisions=decisions,
            transmissions=tuple(self.transmissions()),
            opinions=self.opinions(),
            circumstances=self.circumstances(),
            blocks=self.blocks(),
            connections=self.connections(),
            pieces=self.sealed_pieces(),
            accesses=accesses_of(self.of, officer=self.officer),
            custody=custody_of(self.of),
        )

    def situation(self, reports: Sequence[frozen.Report]) -> frozen.Situation:
        """As the newest briefing says; a report that speaks of danger counts where nobody has answered yet."""
        said = self.briefing
        danger = said.danger_now if said else "unknown"
        if danger == "unknown" and any(report.danger_now for report in reports):
            danger = "yes"
        if said is None:
            return frozen.Situation(danger_now=cast(Any, danger))
        return frozen.Situation(
            danger_now=cast(Any, danger),
            danger_why=said.danger_why,
            summary=said.summary,
            family_knows=cast(Any, said.family_knows),
            family_may_know=cast(Any, said.family_may_know),
            family_note=said.family_note,
        )

    def opinions(self) -> tuple[frozen.Opinion, ...]:
        if self.briefing is None or not self.briefing.opinion:
            return ()
        by = self.officer(self.briefing.written_by)
        return (frozen.Opinion(by=by, at=self.briefing.written_at, text=self.briefing.opinion),)

    def circumstances(self) -> tuple[frozen.Circumstance, ...]:
        said = self.briefing.circumstances if self.briefing else {}
        return tuple(
            frozen.Circumstance(key=cast(Any, key), answer=said[key]["answer"], detail=said[key]["detail"])
            for key in CIRCUMSTANCES
            if key in said
        )

    def connections(self) -> tuple[frozen.Connection, ...]:
        """Opened only where the export asks for them and a second officer has agreed; each reading leaves its line."""
        second = self.export.approved_by
        if not self.export.with_connections or second is None:
            return ()
        danger = self.briefing is not None and self.briefing.danger_now == "yes"
        kept = self.pieces[Evidence.Kind.CONNECTIONS]
        told = []
        parties = self.of.parties.exclude(role=CaseParty.Role.WITNESS).select_related("member").order_by("pk")
        for member in dict.fromkeys(party.member for party in parties):
            content = kept[member.public_id][1] if member.public_id in kept else None
            opened = read_connections(
                actor=self.export.requested_by,
                second=second,
                member=member,
                ground=Ground.DANGER if danger else Ground.AUTHORITY,
                reason=self.export.legal_basis,
                kept=content["records"] if content else (),
            )
            told += [
                frozen.Connection(
                    person=member.public_id, at=one.at, kind=cast(Any, one.kind), address=one.address, port=one.port
                )
                for one in opened
                if one.address
            ]
        return tuple(told)

    def sealed_pieces(self) -> tuple[frozen.Piece, ...]:
        """Every version of every piece, as the vault holds it; the keys of earlier redactions stay unnamed."""
        rows = self.of.evidence.exclude(kind=Evidence.Kind.REDACTION).select_related("key").order_by("pk")
        return tuple(
            frozen.Piece(
                id=row.public_id,
                kind=row.kind,
                source=row.source_ref,
                frozen_at=row.frozen_at,
                commitment=row.commitment,
                ordinal=row.ordinal,
                erased=not hasattr(row, "key"),
            )
            for row in rows.defer("ciphertext", "nonce")
        )

    def platform(self) -> frozen.Platform:
        community = get_community()
        return frozen.Platform(
            name=community.name,
            url=settings.SITE_URL,
            operator=community.operator or community.name,
            country=community.country,
            timezone=settings.TIME_ZONE,
            contact_name=self.export.requested_by.pseudonym,
            contact_email=community.contact_email,
            contact_phone=community.contact_phone,
            address=community.address,
            public_body=community.public_body,
            terms_url=f"{settings.SITE_URL}/terms/",
        )
