"""A case read once: what the vault holds of it, and who and where have been met so far.

Every reference of a frozen case must lead somewhere, so people and rooms are gathered on the way and told last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal, cast

from chat.models import Message
from community.models import Member, PseudonymChange
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD, roles_of
from safeguarding.dossier import frozen
from safeguarding.incidents import Words
from safeguarding.models import Case, Evidence, IncidentExport

from .briefing import briefing_of
from .vault import EvidenceErased, open_evidence

_OFFICER = Words("responsable de la protection", "safeguarding officer")
_MODERATOR = Words("membre de la modération", "moderator")


class Freezer:
    """What the parts of freezing share: the export, its case, the opened pieces, the people and rooms met."""

    def __init__(self, export: IncidentExport) -> None:
        self.export = export
        self.of = export.case
        self.language: Literal["fr", "en"] = "en" if export.language == "en" else "fr"
        self.pieces: dict[str, dict[str, tuple[Evidence, dict[str, Any] | None]]] = defaultdict(dict)
        for evidence in self.of.evidence.select_related("key", "case").order_by("ordinal"):
            try:
                content: dict[str, Any] | None = open_evidence(evidence)
            except EvidenceErased:
                content = None
            self.pieces[evidence.kind][evidence.source_ref] = (evidence, content)  # the newest version stays
        self.people: dict[str, None] = {}  # public ids, in the order met
        self.places: dict[str, None] = {}
        self.roles: dict[str, list[frozen.Role]] = defaultdict(list)
        for party in self.of.parties.select_related("member").order_by("pk"):
            self.people.setdefault(party.member.public_id)
            self.roles[party.member.public_id].append(cast("frozen.Role", party.role))
        self.notifiers = notifier_labels(self.of)
        self.briefing = briefing_of(self.of)

    def officer(self, member: Member) -> frozen.Officer:
        words = _OFFICER if roles_of(member) & {OFFICER_LEAD, OFFICER_DEPUTY} else _MODERATOR
        return frozen.Officer(name=member.pseudonym, role=words.in_language(self.language))

    def person(self, public_id: str) -> str:
        """Have somebody among the persons, and refer to them."""
        self.people.setdefault(public_id)
        return public_id


def notifier_labels(case: Case) -> dict[int, str]:
    """{key of a member: "N1"} of those who reported, in the order of their first report."""
    reporters = dict.fromkeys(case.reports.order_by("pk").values_list("reporter_id", flat=True))
    return {pk: f"N{index}" for index, pk in enumerate(reporters, 1)}


def notifier_names(case: Case) -> dict[str, str]:
    """{pseudonym: "N1"} of those who reported, those they carried before among them: what a masked copy never says."""
    labels = notifier_labels(case)
    worn = PseudonymChange.objects.filter(member__in=labels).values_list("member_id", "pseudonym")
    carried = [*worn, *Member.objects.filter(pk__in=labels).values_list("pk", "pseudonym")]
    return {pseudonym: labels[pk] for pk, pseudonym in carried}


def if_known(message: Message | None, known: Iterable[str]) -> str:
    """The public id of a message that the case tells of, else ""."""
    return message.public_id if message is not None and message.public_id in known else ""
