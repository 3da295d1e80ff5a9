"""From the vault to the dossier: what was frozen, opened once and put into the plain values that documents know.

What was said comes from evidence alone, so that a dossier tells it even where the living rows have gone. A notifier
is a label here (N1, N2...), and no note, private or working, has a place to stand.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.models import Message, Room
from community.models import AuditEvent, Member, PseudonymChange
from community.roles import OFFICER_DEPUTY, OFFICER_LEAD, roles_of
from community.services.connections import Ground, read_connections
from community.services.settings import get_community
from safeguarding.dossier import frozen
from safeguarding.dossier.times import day, zone_of
from safeguarding.dossier.words import words_in
from safeguarding.incidents import INCIDENTS, Words
from safeguarding.models import Appeal, Case, CaseParty, Decision, Evidence, IncidentExport, Transmission

from .briefing import CIRCUMSTANCES, briefing_of
from .custody import accesses_of, custody_of
from .evidence import refreeze_case
from .vault import EvidenceErased, open_evidence

_OFFICER = Words("responsable de la protection", "safeguarding officer")
_AGE_CLAIMS = frozenset({"says_minor", "says_adult"})  # tactics of the engine: somebody speaks of their own age
_MODERATOR = Words("membre de la modération", "moderator")


def freeze_case(*, export: IncidentExport) -> frozen.FrozenCase:
    """The case of an approved export, as it is handed over now, in the language of its recipient.

    What is pinned is frozen anew first, so that the dossier tells how it ended. Raises EvidenceAltered when a piece
    does not match its seal: a dossier is never built on what was changed.
    """
    case = export.case
    with transaction.atomic():
        refreeze_case(actor=None, case=case, component="exports")
    return _Freezer(export).case()


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


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _certain(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _finding(found: Mapping[str, Any], length: int) -> frozen.Finding:
    start, end = (min(max(0, edge), length) for edge in found["span"])
    return frozen.Finding(
        code=found["code"],
        rule=found["rule"],
        version=str(found["version"]),
        start=start,
        end=end,
        tactic=found.get("tactic") or "",
    )


class _Freezer:
    """Reads one case once. Every reference of the frozen case must lead somewhere, so people and rooms are gathered
    on the way and told last."""

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

    # -- the register and the order desk -----------------------------------------------------------------------------

    def transmissions(self) -> Iterator[frozen.Transmission]:
        """What the register says of each channel, and those of the table that it does not know yet, as due."""
        state = Transmission.State
        known = set()
        for line in self.of.transmissions.select_related("sent_by").order_by("pk"):
            known.add(line.channel)
            if line.state != state.NOT_NEEDED:
                yield frozen.Transmission(
                    channel=line.channel,
                    state=cast(Any, line.state),
                    recipient=line.recipient,
                    at=line.acknowledged_at or line.sent_at,
                    reference=line.reference,
                    by=self.officer(line.sent_by) if line.sent_by else None,
                )
        for channel in INCIDENTS[self.of.code].tell:
            if channel not in known:
                yield frozen.Transmission(channel=channel, state="due")

    def order(self) -> frozen.Order | None:
        order = self.export.order
        if order is None:
            return None
        return frozen.Order(
            kind=cast(Any, order.kind),
            authority=order.authority,
            file_number=order.file_number,
            received_at=order.received_at,
            due_at=order.due_at,
            categories=tuple(order.categories),
            about=order.about,
            period_from=order.period_from,
            period_to=order.period_to,
            may_inform=order.may_inform,
            authentic_by=self.officer(order.authentic_by) if order.authentic_by else None,
            authentic_how=order.authentic_how,
            refused=order.answer if order.state == order.State.REFUSED else "",
        )

    # -- what a person wrote down ------------------------------------------------------------------------------------

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

    # -- what else the vault and the log hold ------------------------------------------------------------------------

    def blocks(self) -> tuple[frozen.Block, ...]:
        """Who of the parties refused whose contact, as the log has it: lifting a block takes nothing away."""
        parties = {party.member_id: party.member.public_id for party in self.of.parties.select_related("member")}
        told = AuditEvent.objects.filter(action="member.blocked", actor__in=parties).select_related("payload")
        return tuple(
            frozen.Block(by=parties[event.actor_id], against=event.payload.data["blocked"], at=event.at)
            for event in told.exclude(payload=None).order_by("pk")
            if event.actor_id is not None and event.payload.data.get("blocked") in parties.values()
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

    def officer(self, member: Member) -> frozen.Officer:
        words = _OFFICER if roles_of(member) & {OFFICER_LEAD, OFFICER_DEPUTY} else _MODERATOR
        return frozen.Officer(name=member.pseudonym, role=words.in_language(self.language))

    def person(self, public_id: str) -> str:
        """Have somebody among the persons, and refer to them."""
        self.people.setdefault(public_id)
        return public_id

    # -- what was said -----------------------------------------------------------------------------------------------

    def messages(self, pointed: set[str]) -> tuple[frozen.Message, ...]:
        pieces = self.pieces[Evidence.Kind.MESSAGE]
        erased = [ref for ref, (_evidence, content) in pieces.items() if content is None]
        living = {m.public_id: m for m in Message.objects.filter(public_id__in=erased).select_related("room", "author")}
        told: list[tuple[tuple[dt.datetime, int, str], frozen.Message]] = []
        for ref, (evidence, content) in pieces.items():
            if content is not None:
                message = self.message(evidence, content, context=ref not in pointed)
                first = min((event["seq"] for event in content["events"]), default=0)
            elif ref in living:
                message, first = self.erased(evidence, living[ref]), 0
            else:
                continue
            told.append(((message.sent_at, first, message.id), message))
        return tuple(message for _order, message in sorted(told, key=lambda pair: pair[0]))

    def message(self, evidence: Evidence, content: Mapping[str, Any], *, context: bool) -> frozen.Message:
        versions = []
        for revision in content["revisions"]:
            check = revision["check"] or {"findings": []}
            length = len(revision["body"])
            found = {
                (finding.code, finding.rule, finding.start, finding.end): finding
                for finding in (_finding(raw, length) for raw in [*revision["findings"], *check["findings"]])
            }
            versions.append(
                frozen.Version(
                    number=revision["number"],
                    text=revision["body"],
                    written_at=_certain(revision["written_at"]),
                    verdict=check.get("verdict") or revision["verdict"],
                    findings=tuple(found[key] for key in sorted(found)),
                )
            )
        deleted = content["visibility"] == "removed" and content["removed_by_author"]
        self.places.setdefault(content["room"])
        return frozen.Message(
            id=content["id"],
            room=content["room"],
            author=self.person(content["author"]),
            sent_at=_certain(content["sent_at"]),
            state="deleted" if deleted else content["visibility"],
            versions=tuple(versions),
            shown_version=content["shown_revision"],
            reply_to=content["reply_to"] or "",
            mentions=tuple(self.person(mentioned) for mentioned in content["mentions"]),
            context=context and not any(version.findings for version in versions),
            sealed=_sealed(evidence),
        )

    def erased(self, evidence: Evidence, message: Message) -> frozen.Message:
        self.places.setdefault(message.room.public_id)
        return frozen.Message(
            id=message.public_id,
            room=message.room.public_id,
            author=self.person(message.author.public_id),
            sent_at=message.created_at,
            state="deleted" if message.removed_by_author else cast(Any, message.visibility),
            versions=(frozen.Version(number=1, text=None, written_at=message.created_at),),
            sealed=_sealed(evidence),
        )

    # -- who and where -----------------------------------------------------------------------------------------------

    def persons(self, messages: Sequence[frozen.Message]) -> tuple[frozen.Person, ...]:
        claims = self.claims(messages)
        profiles = self.pieces[Evidence.Kind.PROFILE]
        members = {member.public_id: member for member in Member.objects.filter(public_id__in=list(self.people))}
        decided: dict[int, int] = defaultdict(int)
        for pk in (
            Decision.objects.filter(member__in=members.values(), takes_effect_at__isnull=False)
            .exclude(case=self.of)
            .exclude(appeal__state=Appeal.State.OVERTURNED)
            .values_list("member_id", flat=True)
        ):
            decided[pk or 0] += 1
        persons = []
        for public_id in self.people:
            content = profiles[public_id][1] if public_id in profiles else None
            member = members.get(public_id)
            roles: tuple[frozen.Role, ...] = tuple(self.roles[public_id]) or ("other",)
            if content is None:
                since = member.joined_at if member else self.of.opened_at
                name = member.pseudonym if member else public_id
                persons.append(
                    frozen.Person(id=public_id, roles=roles, pseudonyms=(frozen.Pseudonym(name=name, since=since),))
                )
                continue
            persons.append(
                frozen.Person(
                    id=public_id,
                    roles=roles,
                    pseudonyms=tuple(
                        frozen.Pseudonym(name=name["name"], since=_certain(name["since"]))
                        for name in content["pseudonyms"]
                    ),
                    age=_age(content),
                    joined_at=_moment(content["joined_at"]),
                    closed_at=_moment(content["closed_at"]),
                    language=content["language"],
                    declared_age="\n".join(text for text, _tactic in claims[public_id]),
                    age_disagrees=_disagrees(content["band"], {tactic for _text, tactic in claims[public_id]}),
                    past_decisions=decided[member.pk] if member else 0,
                )
            )
        return tuple(persons)

    def claims(self, messages: Sequence[frozen.Message]) -> dict[str, list[tuple[str, str]]]:
        """What people said of their own age, word for word: (quotation with its day, tactic), each once a person."""
        claims: dict[str, list[tuple[str, str]]] = defaultdict(list)
        quoted = words_in(self.language)
        for message in messages:
            for version in message.versions:
                for found in version.findings:
                    if found.tactic not in _AGE_CLAIMS or version.text is None:
                        continue
                    said = quoted("quote", text=version.text[found.start : found.end].strip() or version.text)
                    when = day(message.sent_at.astimezone(zone_of(settings.TIME_ZONE)), self.language)
                    if (claim := (f"{said} ({when})", found.tactic)) not in claims[message.author]:
                        claims[message.author].append(claim)
        return claims

    def notified(self) -> tuple[frozen.Person, ...]:
        """Labels alone; the pseudonym behind each in an unredacted copy, which takes two officers."""
        named = Member.objects.in_bulk(list(self.notifiers)) if self.export.unredacted else {}
        return tuple(
            frozen.Person(
                id=label,
                roles=("notifier",),
                pseudonyms=(frozen.Pseudonym(name=named[pk].pseudonym, since=named[pk].joined_at),)
                if pk in named
                else (),
            )
            for pk, label in self.notifiers.items()
        )

    def rooms(self) -> tuple[frozen.Room, ...]:
        stays: dict[str, list[frozen.Stay]] = defaultdict(list)
        for _evidence, content in self.pieces[Evidence.Kind.MEMBERSHIP].values():
            for stay in content["stays"] if content else ():
                stays[content["room"]].append(  # type: ignore[index]  # the loop is empty without content
                    frozen.Stay(
                        person=self.person(content["member"]),  # type: ignore[index]  # as above
                        joined_at=_certain(stay["joined_at"]),
                        left_at=_moment(stay["left_at"]),
                    )
                )
        frozen_rooms = self.pieces[Evidence.Kind.ROOM]
        living = {room.public_id: room for room in Room.objects.filter(public_id__in=list(self.places))}
        rooms = []
        for public_id in self.places:
            content = frozen_rooms[public_id][1] if public_id in frozen_rooms else None
            if content is None:
                room = living[public_id]
                content = {
                    "name": room.name,
                    "topic": room.topic,
                    "language": room.language,
                    "at_least": room.at_least,
                    "under": room.under,
                }
            rooms.append(
                frozen.Room(
                    id=public_id,
                    name=content["name"],
                    # Members of a band that was checked may enter, nobody else: neither public nor private.
                    audience="restricted",
                    at_least=content["at_least"],
                    under=content["under"],
                    topic=content["topic"],
                    language=content["language"],
                    stays=tuple(stays[public_id]),
                )
            )
        return tuple(rooms)

    # -- what was told and done --------------------------------------------------------------------------------------

    def reports(self, known: set[str]) -> tuple[frozen.Report, ...]:
        told = []
        for report in self.of.reports.select_related("message", "subject").order_by("pk"):
            told.append(
                frozen.Report(
                    id=report.public_id,
                    kind="report",
                    made_at=report.created_at,
                    category=report.category,
                    notifier=self.notifiers[report.reporter_id],
                    text=report.text,
                    danger_now=report.danger_now,
                    subject=self.person(report.subject.public_id),
                    message=_if_known(report.message, known),
                )
            )
        return tuple(told)

    def alerts(self, known: set[str]) -> tuple[frozen.Alert, ...]:
        subjects = [public_id for public_id, roles in self.roles.items() if "subject" in roles]
        protects = tuple(public_id for public_id, roles in self.roles.items() if "to_protect" in roles)
        return tuple(
            frozen.Alert(
                code=alert.code,
                severity=cast("frozen.SeverityLevel", alert.severity),
                raised_at=alert.created_at,
                score=alert.score,
                ruleset=alert.ruleset,
                subject=subjects[0] if len(subjects) == 1 else "",
                protects=protects,
                tactics=tuple(alert.tactics),
                evidence=tuple(ref for ref in alert.evidence if ref in known),
                explanation=alert.explanation,
                **self.confirmation(alert.created_at),
            )
            for alert in self.of.alerts.order_by("pk")
        )

    def confirmation(self, raised_at: dt.datetime) -> dict[str, Any]:
        """Who has since agreed with the machine, by name: whoever decided something against it, or wrote down what is
        suspected. Reading alone confirms nothing."""
        agreed = [
            (decision.created_at, decision.decided_by)
            for decision in self.of.decisions.exclude(action=Decision.Action.NO_ACTION)
            .exclude(takes_effect_at=None)
            .select_related("decided_by")
        ]
        agreed += [
            (one.written_at, one.written_by)
            for one in self.of.briefings.exclude(summary="").select_related("written_by")
        ]
        later = sorted((one for one in agreed if one[0] >= raised_at), key=lambda one: one[0])
        return {"confirmed_at": later[0][0], "confirmed_by": self.officer(later[0][1])} if later else {}

    def measures(self, known: set[str]) -> tuple[frozen.Measure, ...]:
        return tuple(
            frozen.Measure(
                kind=cast(Any, measure.kind),
                reason=measure.reason,
                starts_at=measure.starts_at,
                ends_at=measure.ends_at,
                person=self.person(measure.member.public_id) if measure.member else "",
                message=_if_known(measure.message, known),
                ended_at=measure.ended_at,
                contested_at=measure.contested_at,
            )
            for measure in self.of.measures.select_related("member", "message").order_by("pk")
        )

    def decisions(self, known: set[str]) -> tuple[frozen.Decision, ...]:
        told = []
        for decision in self.of.decisions.select_related(
            "decided_by", "second_person", "member", "counterpart", "message", "room", "statement", "appeal__judged_by"
        ).order_by("pk"):
            if decision.room:
                self.places.setdefault(decision.room.public_id)
            told.append(
                frozen.Decision(
                    id=decision.public_id,
                    action=decision.action,
                    decided_at=decision.created_at,
                    decided_by=self.officer(decision.decided_by),
                    person=self.person(decision.member.public_id) if decision.member else "",
                    counterpart=self.person(decision.counterpart.public_id) if decision.counterpart else "",
                    message=_if_known(decision.message, known),
                    room=decision.room.public_id if decision.room else "",
                    second_person=self.officer(decision.second_person) if decision.second_person else None,
                    effective_at=decision.takes_effect_at,
                    ends_at=decision.ends_at,
                    clauses=tuple(decision.clauses),
                    laws=tuple(decision.laws),
                    terms_version=decision.terms_version,
                    statement=_statement(decision),
                    appeal=self.appeal(decision),
                )
            )
        return tuple(told)

    def appeal(self, decision: Decision) -> frozen.Appeal | None:
        appeal: Appeal | None = getattr(decision, "appeal", None)
        if appeal is None:
            return None
        return frozen.Appeal(
            lodged_at=appeal.created_at,
            text=appeal.text,
            state=cast(Any, appeal.state),
            judged_at=appeal.judged_at,
            judged_by=self.officer(appeal.judged_by) if appeal.judged_by else None,
            answer=appeal.answer,
        )


def _disagrees(band: str, said: set[str]) -> bool:
    """Whether what somebody said of their age cannot be true of the band that was checked."""
    return (band == "adult" and "says_minor" in said) or (band.startswith("teen") and "says_adult" in said)


def _if_known(message: Message | None, known: Iterable[str]) -> str:
    return message.public_id if message is not None and message.public_id in known else ""


def _sealed(evidence: Evidence) -> frozen.Sealed:
    return frozen.Sealed(id=evidence.public_id, frozen_at=evidence.frozen_at, commitment=evidence.commitment)


def _age(profile: Mapping[str, Any]) -> frozen.AssuredAge:
    current = [fact for fact in profile["age_facts"] if not (fact["superseded_at"] or fact["revoked_at"])]
    latest = max(current, key=lambda fact: fact["verified_on"], default=None)
    if latest is None:
        return frozen.AssuredAge(band=profile["band"])
    return frozen.AssuredAge(
        band=profile["band"],
        method=latest["method"],
        level=latest["level"],
        verified_on=dt.date.fromisoformat(latest["verified_on"]),
    )


def _statement(decision: Decision) -> frozen.Statement | None:
    statement = getattr(decision, "statement", None)
    if statement is None:
        return None
    return frozen.Statement(
        language=statement.language,
        body=statement.body,
        sent_at=statement.created_at,
        automated_detection=statement.automated_detection,
        source=statement.source,
        appeal_until=statement.appeal_until,
        read_at=statement.read_at,
    )
