"""cybertip.xml: a report for the NCMEC CyberTipline (18 USC 2258A for providers there; voluntary for a host in Europe).

Element names, order, fixed values and lengths are those of its interface, in schemas/cybertip.xsd; what is written is
validated against it before it leaves this module. A person with an account there submits it; Havre sends nothing.

An age is a band that was checked, never a number: it is told in words, and `ageAssertionDiscrepancy` says where
what somebody claims does not agree with it. No file is ever part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree as ET

from lxml import etree

from safeguarding.incidents import INCIDENTS

from .codec import utc_text
from .frozen import FrozenCase, FrozenCaseError, Person
from .glyphs import written_out
from .quotes import telling
from .words import words_in

# The fixed values of incidentType that our codes lead to; a code that is not here is no matter of NCMEC.
INCIDENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "M1": "Online Enticement of Children for Sexual Acts",
        "M2": "Online Enticement of Children for Sexual Acts",
        "M3": "Child Pornography (possession, manufacture, and distribution)",
        "M4": "Child Sex Trafficking",
        "M5": "Unsolicited Obscene Material Sent to a Child",
    }
)
LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "platform": 256,
        "escalateToHighPriority": 3000,
        "incidentDateTimeDescription": 3000,
        "chatClient": 255,
        "chatRoomName": 255,
    }
)
_EVENTS = {"login": "Login", "signup": "Registration"}
_SCHEMA = Path(__file__).parent / "schemas" / "cybertip.xsd"


@cache
def cybertip_schema() -> etree.XMLSchema:
    """The schema, compiled."""
    return etree.XMLSchema(etree.parse(_SCHEMA))


def cybertip_xml(case: FrozenCase) -> bytes:
    """The report as UTF-8 XML. Same case, same bytes. Raises FrozenCaseError naming what the schema refuses."""
    if case.code not in INCIDENT_TYPES:
        raise FrozenCaseError(f"code: {case.code} is no matter of NCMEC")
    report = ET.Element("report")
    _summary(report, case)
    for room in case.rooms:
        incident = _add(_add(report, "internetDetails"), "chatImIncident")
        _add(incident, "chatClient", case.platform.name)
        _add(incident, "chatRoomName", room.name)
        said = [message for message in telling(case) if message.room == room.id]
        _add(incident, "content", "\n".join(_line(case, message.id) for message in said))
        _add(incident, "additionalInfo", f"room reference {room.id}; {case.platform.url}")
    _law_enforcement(report, case)
    _reporter(report, case)
    for role, tag in (("subject", "personOrUserReported"), ("to_protect", "victim")):
        for person in case.persons:
            if role in person.roles:
                _user(_add(report, tag), case, person)
    _add(report, "additionalInfo", _more(case))
    ET.indent(report, " ")
    raw: bytes = ET.tostring(report, encoding="UTF-8", xml_declaration=True) + b"\n"
    schema = cybertip_schema()
    if not schema.validate(etree.fromstring(raw)):
        raise FrozenCaseError(f"cybertip.xml: {schema.error_log.last_error.message}")
    return raw


def _add(parent: ET.Element, tag: str, text: str | None = None) -> ET.Element:
    """A child, with text that XML 1.0 can carry: control signs are written out."""
    child = ET.SubElement(parent, tag)
    if text is not None:
        child.text = written_out(text)
    return child


def _summary(report: ET.Element, case: FrozenCase) -> None:
    summary = _add(report, "incidentSummary")
    _add(summary, "incidentType", INCIDENT_TYPES[case.code])
    _add(summary, "platform", f"{case.platform.name} ({case.platform.url})")
    if case.situation.danger_now == "yes":
        _add(summary, "escalateToHighPriority", case.situation.danger_why or "A life or a child is in danger now.")
    marks = [
        ("sextortion", case.code == "M2"),
        ("csamSolicitation", _answered(case, "images_asked")),
        ("minorToMinorInteraction", any(person.is_minor for person in case.with_role("subject"))),
    ]
    if any(holds for _name, holds in marks):
        annotations = _add(summary, "reportAnnotations")
        for name, holds in marks:
            if holds:
                _add(annotations, name)
    moments = [message.sent_at for message in telling(case)] or [case.opened_at]
    _add(summary, "incidentDateTime", utc_text(moments[-1]))
    _add(
        summary,
        "incidentDateTimeDescription",
        f"time of the last message reported; the first is of {utc_text(moments[0])} (UTC)",
    )


def _answered(case: FrozenCase, key: str) -> bool:
    return any(one.key == key and one.answer == "yes" for one in case.circumstances)


def _law_enforcement(report: ET.Element, case: FrozenCase) -> None:
    told = [
        one
        for one in case.transmissions
        if one.channel in ("emergency", "police", "ofmin", "prosecutor", "pharos") and one.state != "due"
    ]
    if told:
        agency = _add(report, "lawEnforcement")
        _add(agency, "agencyName", told[-1].recipient or told[-1].channel)
        if told[-1].reference:
            _add(agency, "caseNumber", told[-1].reference)


def _reporter(report: ET.Element, case: FrozenCase) -> None:
    platform = case.platform
    reporter = _add(report, "reporter")
    person = _add(reporter, "reportingPerson")
    _add(person, "firstName", case.handover.exported_by.name)
    if platform.contact_phone:
        _add(person, "phone", platform.contact_phone)
    if platform.contact_email:
        _add(person, "email", platform.contact_email)
    _add(reporter, "companyTemplate", f"{platform.operator}, {platform.address}, {platform.country}")
    if platform.terms_url:
        _add(reporter, "termsOfService", platform.terms_url)
    _add(reporter, "legalURL", platform.url)


def _user(user: ET.Element, case: FrozenCase, person: Person) -> None:
    if person.age_disagrees:
        _add(_add(user, "person"), "ageAssertionDiscrepancy", "true")
    _add(user, "espIdentifier", person.id)
    _add(user, "espService", case.platform.name)
    _add(user, "screenName", person.name)
    for worn in person.pseudonyms[:-1]:
        _add(user, "displayName", worn.name)
    for one in case.connections:
        if one.person == person.id:
            event = _add(user, "ipCaptureEvent")
            _add(event, "ipAddress", one.address)
            _add(event, "eventName", _EVENTS[one.kind])
            _add(event, "dateTime", utc_text(one.at))
            if one.port:
                _add(event, "port", str(one.port))
    _add(user, "additionalInfo", _age_in_words(person))


def _age_in_words(person: Person) -> str:
    say = words_in("en")
    if person.age is None or person.age.band == "none":
        told = "age not assured"
    else:
        told = f"assured age band: {say(f'band.{person.age.band}')}"
        if person.age.method:
            told += f", method: {say(f'method.{person.age.method}')}"
        if person.age.verified_on:
            told += f", verified on {person.age.verified_on.isoformat()}"
    return f"{told}; claimed: {person.declared_age}" if person.declared_age else told


def _more(case: FrozenCase) -> str:
    incident = INCIDENTS[case.code]
    lines = [f"{case.reference}: suspected {incident.words.en} ({case.code}); a suspicion, nothing established."]
    lines += [case.situation.summary] if case.situation.summary else []
    found = "found by automated means" if case.automated else "reported to the platform"
    looked = "looked at by a person" if any(alert.confirmed_by for alert in case.alerts) or case.decisions else ""
    lines.append("; ".join(filter(None, (found, looked))))
    lines.append(f"Full dossier (BagIt) on request. Notifiers are not named. {len(case.messages)} messages preserved.")
    return "\n".join(lines)


def _line(case: FrozenCase, identity: str) -> str:
    message = next(message for message in case.messages if message.id == identity)
    author = next(person for person in case.persons if person.id == message.author)
    text = " / ".join("(erased)" if version.text is None else version.text for version in message.versions)
    return f"{utc_text(message.sent_at)} {author.name} [{message.id}]: {text}"
