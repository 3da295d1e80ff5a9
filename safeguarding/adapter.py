"""This floor's answers to the ports of the floors below: messages, room names, pseudonyms, personal data."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from chat.models import Message, RoomProposal
from chat.safeguard import Draft, Safeguard, Screening, Verdict
from community import ports
from community.models import Member
from community.own_data import kept

from .detection import engine, names
from .detection.types import Finding, Person
from .incidents import INCIDENTS
from .models import Appeal, Case, CaseParty, ProtectiveMeasure, Report, SafetyCard, StatementOfReasons
from .rules import current_rules, current_ruleset
from .services.cases import open_or_extend_case
from .services.checks import kick_drain, room_info
from .services.evidence import freeze_for_live_cases, freeze_person
from .services.holds import held_members
from .services.measures import ask_fresh_age_proof, hold_account, release_account
from .services.telling import tell_something_waits

logger = logging.getLogger(__name__)

UNCHECKED = {"code": "", "rule": "engine.failed", "version": "", "span": [0, 0], "alerting": False}


class ChatSafeguard(Safeguard):
    """What chat asks of this floor. Whatever fails here holds, and says so where operators look."""

    def screen(self, draft: Draft) -> Screening:
        try:
            info = room_info(draft.room)
            # The screen reads words alone. Whose they are (a youth worker among minors) is for the full check to know.
            author = Person(draft.author.public_id, "none", 0, draft.author.pseudonym)
            book = current_rules()
            ruleset = book.acting_for(author.key)
            screening = engine.screen(draft.body, room=info, author=author, recent=draft.recent, ruleset=ruleset)
        except Exception:
            logger.critical("a message could not be screened and is held", exc_info=True)
            return Screening(Verdict.HOLD, [dict(UNCHECKED)], _told_held())
        verdict = Verdict(screening.verdict.value)
        if verdict is Verdict.REFUSE and book.holds_instead(screening.findings, ruleset):
            verdict = Verdict.HOLD
        found = [finding_json(finding) for finding in screening.findings]
        return Screening(verdict, found, told(verdict, screening.findings))

    def messages_stored(self, messages: Sequence[Message]) -> None:
        kick_drain()

    def message_leaving(self, message: Message) -> None:
        freeze_for_live_cases(message)

    def screen_room_name(self, proposal: RoomProposal) -> Screening:
        try:
            judged = names.assess_room_name(proposal.name, proposal.topic, proposal.language, current_ruleset())
        except Exception:
            logger.critical("a room's name could not be screened: a person decides", exc_info=True)
            return Screening(Verdict.HOLD, [dict(UNCHECKED)], _("A moderator will read this name first."))
        verdict = Verdict(judged.verdict.value)
        # Ways to reach somebody are kept out of the names of minors' rooms as they are of what is said in them.
        if proposal.under is not None and any(finding.code == "PII" for finding in judged.findings):
            verdict = Verdict.REFUSE
        text = {
            Verdict.ALLOW: "",
            Verdict.HOLD: _("A moderator will read this name first."),
            Verdict.REFUSE: _("A room cannot have this name or topic. Please choose others."),
        }[verdict]
        return Screening(verdict, [finding_json(finding) for finding in judged.findings], text)


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as it is stored with a revision: plain JSON, opaque to chat."""
    return {
        "code": finding.code,
        "rule": finding.rule,
        "version": finding.version,
        "span": list(finding.span),
        "tactic": finding.tactic,
        "target": finding.target,
        "alerting": finding.alerting,
    }


def told(verdict: Verdict, findings: Sequence[Finding]) -> str:
    """What the author reads. Which rule was met is told only where that teaches no predator: never for M and V codes.

    As soon as one such code is among the findings nothing is told of the others either.
    """
    if verdict is Verdict.ALLOW:
        return ""
    standing = [finding for finding in findings if finding.alerting and finding.code != "D1"]
    codes = list(dict.fromkeys(finding.code for finding in standing))
    secret = any(code in INCIDENTS and INCIDENTS[code].secret_rule for code in codes)
    if verdict is Verdict.HOLD:
        return _told_held()
    if secret or not codes:
        return _("This message was not sent. If you think that is a mistake, write it in other words.")
    if codes == ["PII"]:
        return _(
            "This message was not sent: in this room, telephone numbers, addresses, links and accounts on other "
            "services are kept out, to protect everybody."
        )
    known = [INCIDENTS[code].words.in_language(get_language() or "fr") for code in codes if code in INCIDENTS]
    return _("This message was not sent: the rules here do not allow it (%(what)s).") % {"what": ", ".join(known)}


def _told_held() -> str:
    return _("Your message waits for a person to read it first. Only you can see it until then.")


class NameScreen(ports.NameScreen):
    """Pseudonyms: no contact data, nothing offensive."""

    def refusal(self, pseudonym: str) -> str | None:
        try:
            refused = names.pseudonym_is_refused(pseudonym, current_ruleset())
        except Exception:
            logger.critical("a pseudonym could not be screened and is refused", exc_info=True)
            return _("Pseudonyms cannot be checked right now. Please try again in a moment.")
        if refused:
            return _("This pseudonym cannot be used here. Please choose another, without any way to reach you.")
        return None


class AgeWatch(ports.AgeWatch):
    """Signs about accounts become cases that people work; meanwhile what protects is dated and can be contested."""

    def ban_matched(self, *, member: Member, how: str, until: dt.datetime | None) -> None:
        case = self._case("X3", member)
        hold_account(case=case, member=member, until=until)
        tell_something_waits(member)

    def guardian_banned(self, *, child: Member, banned: Member | None) -> None:
        """Nobody is held or told: the child has done nothing, and the guardian would learn what was recognised."""
        self._case("X3", banned, protects=[child] if child != banned else [])

    def ban_lifted(self, *, member: Member) -> None:
        release_account(member=member)

    def proof_shared(self, *, members: Sequence[Member]) -> None:
        for member in members:
            with override(member.language):
                why = _("The same proof of age was shown for more than one account. We ask each to prove it afresh.")
            self._ask(member, why)

    def device_shared(self, *, member: Member) -> None:
        with override(member.language):
            why = _("Many accounts have been used in the same browser. We ask you to prove your age afresh.")
        self._ask(member, why)

    def _ask(self, member: Member, why: str) -> None:
        ask_fresh_age_proof(case=self._case("M6", member), member=member, why=why)

    def _case(self, code: str, member: Member | None, protects: Sequence[Member] = ()) -> Case:
        return open_or_extend_case(
            actor=None,
            component="age signs",
            code=code,
            severity=INCIDENTS[code].severity,
            subject=member,
            protects=protects,
            room=None,
            automated=True,
        )


class PersonalData(ports.PersonalData):
    """What this floor holds that is the member's to have: their own words, and what was told to them.

    Not theirs: who reported them, working notes, findings and ledgers (GDPR art. 15(4), 23; others' rights and the
    protection of children), nor cases that are still being worked.
    """

    section = "safeguarding"
    labels: ClassVar[Mapping[str, Any]] = {
        "safeguarding": gettext_lazy("Reports and decisions"),
        "reports": gettext_lazy("Reports you made"),
        "made_at": gettext_lazy("Made on"),
        "category": gettext_lazy("What happened"),
        "text": gettext_lazy("Words"),
        "danger_now": gettext_lazy("Danger at that moment"),
        "decisions": gettext_lazy("Decisions about you"),
        "sent_at": gettext_lazy("Sent on"),
        "appeals": gettext_lazy("Your appeals"),
        "lodged_at": gettext_lazy("Lodged on"),
        "state": gettext_lazy("State"),
        "answer": gettext_lazy("The answer"),
        "measures": gettext_lazy("Protective measures"),
        "reason": gettext_lazy("Reason"),
        "contest": gettext_lazy("What you said against it"),
        "cards": gettext_lazy("Safety cards"),
        "shown_at": gettext_lazy("Shown on"),
    }
    words: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "category": dict(Report.Category.choices),
        "state": dict(Appeal.State.choices),
        "kind": {
            ProtectiveMeasure.Kind.HOLD.value: gettext_lazy("held a message"),
            ProtectiveMeasure.Kind.PAUSE_CONTACT.value: gettext_lazy("paused contact"),
            ProtectiveMeasure.Kind.SLOW_ROOM.value: gettext_lazy("slowed the room"),
        },
    }

    def export(self, member: Member) -> Any:
        statements = StatementOfReasons.objects.filter(recipient=member).order_by("pk")
        measures = ProtectiveMeasure.objects.filter(member=member).order_by("pk")
        return {
            "reports": [
                {
                    "made_at": report.created_at.isoformat(),
                    "category": report.category,
                    "text": report.text,
                    "danger_now": report.danger_now,
                }
                for report in Report.objects.filter(reporter=member).order_by("pk")
            ],
            "decisions": [
                {
                    "sent_at": statement.created_at.isoformat(),
                    "text": kept(statement.body, erased=not statement.body),
                }
                for statement in statements
            ],
            "appeals": [
                {
                    "lodged_at": appeal.created_at.isoformat(),
                    "text": kept(appeal.text, erased=bool(appeal.decision.words_erased_at)),
                    "state": appeal.state,
                    "answer": kept(appeal.answer, erased=bool(appeal.decision.words_erased_at)),
                }
                for appeal in Appeal.objects.filter(lodged_by=member).select_related("decision").order_by("pk")
            ],
            "measures": [
                {
                    "kind": measure.kind,
                    "reason": measure.reason,
                    "from": measure.starts_at.isoformat(),
                    "until": measure.ends_at.isoformat(),
                    "contest": measure.contest_text,
                }
                for measure in measures
            ],
            "cards": [
                {"kind": card.kind, "shown_at": card.created_at.isoformat()}
                for card in SafetyCard.objects.filter(member=member).order_by("pk")
            ],
        }

    def held(self) -> QuerySet[Member]:
        """Whom a legal hold keeps, by themselves or by a case of theirs; and whoever is in a case that waits."""
        waiting = CaseParty.objects.filter(case__in=Case.objects.waiting()).values("member")
        kept: QuerySet[Member] = Member.objects.filter(held_members() | Q(pk__in=waiting))
        return kept

    def close(self, member: Member) -> None:
        """Everything stays: rows are PROTECTed, and what live cases need of this person is frozen as it is now."""
        for case in Case.objects.waiting().filter(Q(parties__member=member) | Q(reports__reporter=member)).distinct():
            freeze_person(case=case, member=member)
