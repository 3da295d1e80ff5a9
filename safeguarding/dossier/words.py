"""Every fixed word of the documents, in French and in English, side by side so that neither can be forgotten.

Wording states only what has happened: what is suspected is never written as certain, and nobody is called guilty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from safeguarding.incidents import TACTICS, Words

_TABLE = {
    # the page
    "title": ("Dossier d’incident", "Incident dossier"),
    "confidential": ("Confidentiel : protection de personnes", "Confidential: protection of persons"),
    "transcript": ("Messages du dossier", "Messages of the dossier"),
    "reply_to": ("répond à {id}", "in reply to {id}"),
    "page": ("page", "page"),
    "of": ("sur", "of"),
    "for": ("Destinataire", "For"),
    "from": ("Expéditeur", "From"),
    "legal_basis": ("Fondement", "Legal basis"),
    "prepared": ("Préparé par", "Prepared by"),
    "second_officer": ("Seconde signature", "Second officer"),
    "no_second_officer": (
        "attendue : une personne mineure est nommée",
        "awaited: a minor is named",
    ),
    "case_opened": ("Dossier ouvert", "Case opened"),
    "severity": ("Gravité", "Severity"),
    "second_not_needed": ("non requise : aucune personne mineure connue", "not required: no minor is known of"),
    "on": ("le", "on"),
    "provisional": (
        "Tout ce qui suit est un soupçon à vérifier, jamais un fait jugé. Les heures sont celles de {zone} ; "
        "les heures en temps universel, à la milliseconde, sont dans data/transcript.csv.",
        "All that follows is a suspicion to be checked, never a fact decided by a court. Times are those of {zone}; "
        "times in UTC, to the millisecond, are in data/transcript.csv.",
    ),
    "not_family": (
        "Ne rien révéler à la famille sans l’accord de l’expéditeur.",
        "Do not reveal anything to the family without asking the sender.",
    ),
    # the five lines
    "q.danger": ("Danger en ce moment ?", "Danger now?"),
    "q.protect": ("Qui protéger, de quel âge ?", "Who is to be protected, how old?"),
    "q.suspected": ("Que soupçonne-t-on ?", "What is suspected?"),
    "q.asked": ("Que vous demande-t-on ?", "What is asked of you?"),
    "q.done": ("Qu’a-t-on déjà fait ?", "What has been done?"),
    "danger.yes": ("OUI", "YES"),
    "danger.no": ("Non, d’après ce que l’on sait", "No, as far as is known"),
    "danger.unknown": ("On ne sait pas", "Not known"),
    "nobody_to_protect": ("Aucune personne précise n’est connue.", "No particular person is known."),
    "suspected_of": ("Soupçon", "Suspected"),
    "nothing_asked": (
        "Aucune demande particulière : pour information et suites utiles.",
        "Nothing in particular: for information and whatever you find useful.",
    ),
    "nothing_done": ("Rien pour l’instant.", "Nothing yet."),
    "age_unknown": ("âge non vérifié", "age not verified"),
    "told": ("informé", "told"),
    # headings
    "h.persons": ("Les personnes", "The persons"),
    "h.words": ("Ce qui a été écrit", "What was written"),
    "h.observed": ("Observé : messages conservés par la plateforme", "Observed: messages kept by the platform"),
    "h.reported": ("Rapporté : ce qui a été signalé", "Reported: what somebody told the platform"),
    "h.opinion": ("Avis : ce que pense l’équipe", "Opinion: what the staff think"),
    "h.chronology": ("Chronologie", "Chronology"),
    "h.detection": ("Détection", "Detection"),
    "h.decisions": ("Décisions et mesures", "Decisions and measures"),
    "h.law": ("Qualification provisoire", "Provisional qualification"),
    "h.transmissions": ("Qui est informé", "Who is told"),
    "h.record": ("Ce dossier", "This dossier"),
    # persons
    "role": ("Rôle", "Role"),
    "pseudonyms": ("Pseudonymes", "Pseudonyms"),
    "since": ("depuis le", "since"),
    "assured_age": ("Âge vérifié", "Assured age"),
    "declared_age": ("Âge déclaré", "Declared age"),
    "discrepancy": ("Écart d’âge", "Discrepancy"),
    "discrepancy_said": (
        "ce que cette personne dit de son âge ne s’accorde pas avec l’âge vérifié",
        "what this person says of their age does not agree with the assured age",
    ),
    "refused_contact": ("A bloqué", "Blocked"),
    "account": ("Compte", "Account"),
    "identifier": ("Identifiant", "Identifier"),
    "registered": ("inscrit le", "registered on"),
    "closed": ("fermé le", "closed on"),
    "past_decisions": ("décisions antérieures", "earlier decisions"),
    "notifier_named": (
        "Nommé dans cette copie intégrale : à ne pas révéler à la personne visée.",
        "Named in this unredacted copy: not to be revealed to the person notified about.",
    ),
    "notifier_masked": (
        "Identité protégée : elle n’est pas communiquée à la personne visée, ni ici.",
        "Identity protected: it is given neither to the person notified about nor here.",
    ),
    "verified_on": ("vérifié le", "verified on"),
    "family": ("Les parents", "The parents"),
    "family_knows": ("Sont au courant", "They know"),
    "family_may_know": ("Peuvent l’être", "They may be told"),
    # words
    "quoted": (
        "{quoted} messages cités sur {total}, mot pour mot. Le texte surligné a déclenché une règle. Les signes "
        "invisibles ou sans dessin sont écrits ⟨ainsi⟩. Tous les messages, dans toutes leurs versions, sont dans "
        "data/transcript.csv.",
        "{quoted} of {total} messages quoted, word for word. Highlighted text met a rule. Signs that are invisible or "
        "cannot be drawn are written ⟨like this⟩. All messages, in all their versions, are in data/transcript.csv.",
    ),
    "skipped": ("… {count} messages non cités ici …", "… {count} messages not quoted here …"),
    "version": ("version {number}, {at}", "version {number}, {at}"),
    "rule_version": ("Version", "Version"),
    "erased": ("texte effacé, l’empreinte demeure", "text erased, its commitment remains"),
    "context": ("contexte", "context"),
    "in_room": ("Salon", "Room"),
    "nothing_kept": ("Aucun message n’est joint.", "No message is enclosed."),
    "no_report": ("Aucun signalement.", "Nobody reported anything."),
    "no_opinion": ("Aucun avis n’a été consigné.", "No opinion was recorded."),
    "by_notifier": ("par {who}", "by {who}"),
    "says_danger": ("dit qu’une personne est en danger", "says somebody is in danger"),
    "about_message": ("au sujet du message {id}", "about message {id}"),
    # chronology
    "e.joined": ("{who} entre dans le salon « {room} »", "{who} enters the room “{room}”"),
    "e.left": ("{who} quitte le salon « {room} »", "{who} leaves the room “{room}”"),
    "e.first": ("premier message joint, de {who}", "first message enclosed, from {who}"),
    "e.last": ("dernier message joint, de {who}", "last message enclosed, from {who}"),
    "e.message": ("message {id} de {who} : {state}", "message {id} from {who}: {state}"),
    "e.edited": ("{who} modifie son message {id}", "{who} edits message {id}"),
    "e.blocked": ("{who} bloque {other}", "{who} blocks {other}"),
    "e.opened": ("ouverture du dossier", "the case is opened"),
    "e.opened_auto": ("ouverture du dossier, sur détection automatisée", "the case is opened, on automated detection"),
    "e.report": ("signalement reçu de {who}", "report received from {who}"),
    "e.alert": ("alerte automatisée {code}, {severity}", "automated alert {code}, {severity}"),
    "e.confirmed": ("alerte {code} examinée par {who}", "alert {code} examined by {who}"),
    "e.measure": ("mesure de protection automatique : {what}", "automatic protective measure: {what}"),
    "e.measure_end": ("fin de la mesure : {what}", "end of the measure: {what}"),
    "e.decision": ("décision de {who} : {what}", "decision of {who}: {what}"),
    "e.reasons": ("motifs envoyés à {who}", "reasons sent to {who}"),
    "e.appeal": ("recours contre la décision", "the decision is contested"),
    "e.judged": ("recours jugé par {who} : {what}", "the appeal is judged by {who}: {what}"),
    "e.opinion": ("avis consigné par {who}", "opinion recorded by {who}"),
    "e.told": ("{channel} : {state}", "{channel}: {state}"),
    "e.closed": ("fermeture du dossier", "the case is closed"),
    "e.export": ("export préparé par {who}", "dossier prepared by {who}"),
    "shortened": ("… {count} lignes de plus dans le dossier …", "… {count} more lines in the dossier …"),
    # detection
    "detection_note": (
        "Le score additionne des indices de langage et de comportement ; il ne dit pas une probabilité et ne décide "
        "rien. Seules des personnes décident.",
        "A score adds up signs in language and behaviour; it states no probability and decides nothing. Only people "
        "decide.",
    ),
    "no_alert": ("Aucune alerte automatisée.", "No automated alert."),
    "code": ("Code", "Code"),
    "score": ("Score", "Score"),
    "when": ("Quand", "When"),
    "what": ("Quoi", "What"),
    "signs": ("Indices", "Signs"),
    "human": ("Confirmation humaine", "Human confirmation"),
    "not_confirmed": ("aucune à ce jour", "none so far"),
    "rules_met": ("Règles rencontrées", "Rules met"),
    "rule": ("Règle", "Rule"),
    "times": ("Fois", "Times"),
    # decisions
    "decided_by": ("Décidé par", "Decided by"),
    "with_second": ("avec", "with"),
    "until": ("jusqu’au", "until"),
    "waiting": (
        "en attente d’une seconde personne, ou refusé par elle",
        "waiting for a second person, or refused by one",
    ),
    "clauses": ("Clauses", "Clauses"),
    "law_cited": ("Loi citée", "Law cited"),
    "reasons_sent": ("Motifs tels qu’envoyés", "Reasons as sent"),
    "no_decision": ("Aucune décision à ce jour.", "No decision so far."),
    "automated_detection": ("Détection automatisée : {answer}", "Automated detection: {answer}"),
    "measure_auto": ("mesure automatique", "automatic measure"),
    "appeal": ("Recours", "Appeal"),
    "answer": ("Réponse", "Answer"),
    # law
    "law_note": (
        "Textes qui peuvent s’appliquer. La qualification appartient au procureur.",
        "Texts that may apply. How the facts are qualified is for the prosecutor.",
    ),
    "facts": ("Faits dont dépend la qualification", "Facts on which it turns"),
    "f.band": ("Âge de la personne à protéger", "Age of the person to protect"),
    "f.adult": ("La personne visée est-elle majeure ?", "Is the subject an adult?"),
    "f.audience": ("Public du salon", "Audience of the room"),
    "f.authors": ("Nombre de personnes visées", "Number of subjects"),
    "f.repetition": ("Messages de la personne visée joints", "Messages of the subject enclosed"),
    "unknown_list": ("Reste inconnu", "Still unknown"),
    # record
    "record_note": (
        "Ce dossier suit BagIt (RFC 8493) et porte une signature Ed25519. verify/verify.py le vérifie hors ligne ; "
        "demandez l’empreinte de la clé à l’expéditeur par une autre voie.",
        "This dossier follows BagIt (RFC 8493) and carries an Ed25519 signature. verify/verify.py verifies it "
        "offline; ask the sender for the fingerprint of the key by another way.",
    ),
    "pieces_note": (
        "Pièces scellées au coffre, avec leur empreinte, dans data/hashes.csv : {count}. Aucun fichier n’est joint ; "
        "un contenu pédocriminel ne quitte jamais le coffre.",
        "Pieces sealed in the vault, with their hashes, in data/hashes.csv: {count}. No file is enclosed; child sexual "
        "abuse material never leaves the vault.",
    ),
    "accesses_note": (
        "Lectures du dossier et copies prises, dans data/access-log.csv : {count}.",
        "Readings of the case and copies taken, in data/access-log.csv: {count}.",
    ),
    "custody_note": (
        "Maillons du journal chaîné de la plateforme joints dans data/custody.jsonl : {count}.",
        "Links of the platform’s chained log enclosed in data/custody.jsonl: {count}.",
    ),
    "connections_note": (
        "Connexions (adresse et port) jointes dans data/connections.csv : {count}.",
        "Connections (address and port) enclosed in data/connections.csv: {count}.",
    ),
    "redactions_note": (
        "Copie expurgée selon son destinataire : {labels} (data/redactions.json).",
        "Copy masked for its recipient: {labels} (data/redactions.json).",
    ),
    "masked.person": ("personne", "person"),
    "masked.room": ("salon", "room"),
    "masked.connections": ("connexions", "connections"),
    "masked.orientation": ("mots sur l’orientation ou le genre", "words on orientation or gender"),
    "unredacted_note": (
        "Copie intégrale : elle nomme les tiers et l’auteur du signalement. Elle n’est remise qu’à la police ou au "
        "parquet, sur deux signatures.",
        "Unredacted copy: it names third parties and the notifier. It is handed to police or a prosecutor alone, on "
        "two signatures.",
    ),
    "copy_for": ("Copie pour {who}", "Copy for {who}"),
    "copy_by": ("remise par {who}", "handed over by {who}"),
    "diacritics": ("diacritiques", "diacritics"),
    "nothing_recorded": ("rien de consigné", "nothing recorded"),
    "pair": ("{a} : {b}", "{a}: {b}"),
    "quote": ("« {text} »", "“{text}”"),
    "salted_piece": (
        "Pièce scellée ({kind}) : empreinte SHA-256 du contenu et d’un sel gardé par l’expéditeur.",
        "Sealed piece ({kind}): SHA-256 of its content and of a salt kept by the sender.",
    ),
    "term_over": ("n’est plus conservé : délai écoulé", "no longer kept: its term is over"),
    # values
    "yes": ("oui", "yes"),
    "no": ("non", "no"),
    "unknown": ("inconnu", "unknown"),
    "none": ("aucun", "none"),
    "role.subject": ("personne visée", "subject"),
    "role.to_protect": ("personne à protéger", "person to protect"),
    "role.witness": ("témoin", "witness"),
    "role.notifier": ("auteur du signalement", "notifier"),
    "role.other": ("tiers", "third party"),
    "band.none": ("âge non vérifié", "age not verified"),
    "band.teen_13_14": ("13-14 ans", "13 to 14"),
    "band.teen_15_17": ("15-17 ans", "15 to 17"),
    "band.adult": ("personne majeure", "adult"),
    "method.in_person": ("vu en personne", "seen in person"),
    "method.demo": ("démonstration, sans valeur", "demonstration, worthless"),
    "state.pending": ("en attente de vérification, personne ne l’a vu", "waiting to be checked, seen by nobody"),
    "state.visible": ("visible", "visible"),
    "state.held": ("retenu, personne ne l’a vu", "held, seen by nobody"),
    "state.refused": ("refusé, personne ne l’a vu", "refused, seen by nobody"),
    "state.removed": ("retiré par la modération", "removed by moderation"),
    "state.deleted": ("supprimé par la personne qui l’a écrit", "deleted by its author"),
    "audience.public": ("public", "public"),
    "audience.restricted": ("restreint aux membres admis", "restricted to admitted members"),
    "audience.private": ("privé", "private"),
    "recipient.police": ("Police ou gendarmerie", "Police or gendarmerie"),
    "recipient.prosecutor": ("Procureur de la République", "Public prosecutor"),
    "recipient.child_protection": ("Protection de l’enfance (CRIP, 119)", "Child protection unit"),
    "recipient.regulator": ("Autorité de régulation", "Regulator"),
    "recipient.ncmec": ("NCMEC (États-Unis)", "NCMEC (United States)"),
    "recipient.nca": ("National Crime Agency (Royaume-Uni)", "National Crime Agency (United Kingdom)"),
    "action.no_action": ("aucune mesure", "no action"),
    "action.warn": ("avertissement", "warning"),
    "action.remove_message": ("retrait du message", "removal of the message"),
    "action.release_message": ("publication du message retenu", "release of the held message"),
    "action.pause_contact": ("mise en pause du contact", "pause of contact"),
    "action.mute": ("interdiction d’écrire", "muting"),
    "action.room_ban": ("exclusion du salon", "ban from the room"),
    "action.suspend": ("suspension du compte", "suspension of the account"),
    "action.ban": ("exclusion de la communauté", "ban from the community"),
    "measure.hold": ("message retenu", "message held"),
    "measure.pause_contact": ("contact mis en pause", "contact paused"),
    "measure.slow_room": ("salon ralenti", "room slowed down"),
    "measure.account_hold": ("compte mis en attente", "account held"),
    "measure.fresh_age_proof": ("nouvelle preuve d’âge demandée", "fresh proof of age asked for"),
    "appeal.pending": ("en attente", "waiting"),
    "appeal.upheld": ("décision maintenue", "decision upheld"),
    "appeal.overturned": ("décision annulée", "decision overturned"),
    "sent.due": ("à faire", "due"),
    "sent.sent": ("transmis", "sent"),
    "sent.acknowledged": ("transmis, réception confirmée", "sent, receipt confirmed"),
    "c.meeting": ("Rencontre proposée ou prévue", "Meeting proposed or planned"),
    "c.place": ("Lieu", "Place"),
    "c.money_or_gifts": ("Argent ou cadeaux", "Money or gifts"),
    "c.images_asked": ("Images demandées", "Images asked for"),
    "c.images_sent": ("Images envoyées", "Images sent"),
    "c.threat": ("Menace", "Threat"),
    "c.secrecy": ("Secret demandé", "Secrecy asked for"),
    "c.other_platform": ("Autre plateforme proposée", "Other platform proposed"),
    "c.hate_words": ("Expressions de haine", "Expressions of hate"),
    "category.minor": ("met mal à l’aise une personne mineure", "makes a minor uncomfortable"),
    "category.threat": ("menaces, chantage ou piège", "threats, blackmail or a trap"),
    "category.hate": ("haine", "hate"),
    "category.harassment": ("harcèlement", "harassment"),
    "category.suicide": ("quelqu’un pourrait se faire du mal", "somebody may hurt themselves"),
    "category.sex": ("propositions sexuelles", "sexual proposals"),
    "category.scam": ("arnaque", "scam"),
    "category.age": ("ment sur son âge", "lies about their age"),
    "category.other": ("autre", "other"),
}


_NO_BREAK = "\N{NO-BREAK SPACE}"
_BEFORE, _INSIDE = re.compile("[ \N{NARROW NO-BREAK SPACE}]([?!:;»])"), re.compile("(«)[ \N{NARROW NO-BREAK SPACE}]")


def spaced(text: str) -> str:
    """French typography: no line ends before ? ! : ; or inside « guillemets ». One no-break space serves them all."""
    return _BEFORE.sub(f"{_NO_BREAK}\\1", _INSIDE.sub(f"\\1{_NO_BREAK}", text))


WORDS: Mapping[str, Words] = MappingProxyType(
    {key: Words(spaced(fr), en) for key, (fr, en) in _TABLE.items()}
    | {f"tactic.{name}": Words(spaced(words.fr), words.en) for name, words in TACTICS.items()}
)


def words_in(language: str) -> Callable[..., str]:
    """A function that gives the words of a key in `language`, filled in; a value nobody translated stays itself.

    Keys of the form "group.value" come from data: an unknown one gives the bare value ("tactic.x" gives "x").
    Any other unknown key is a mistake of ours: KeyError.
    """

    def say(key: str, **values: object) -> str:
        if key not in WORDS and "." in key:
            return key.split(".", 1)[1].replace("_", " ")
        text = WORDS[key].in_language(language)
        return text.format(**values) if values else text

    return say
