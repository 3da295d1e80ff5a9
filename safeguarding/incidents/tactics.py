"""What somebody does with words, in words: the tactics that the engine names. Only what was observed is said.

The console and the dossiers read them here, and a rule file that names another is refused; one that was stored long ago
is told by its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .words import Words

TACTICS: Mapping[str, Words] = MappingProxyType(
    {
        "abet": Words("pousse les autres à agir", "eggs others on"),
        "abuse_told": Words("raconte des violences ou des abus subis", "tells of abuse"),
        "adult_link": Words("donne un lien vers des contenus pour adultes", "links to adult material"),
        "adult_material": Words("montre des contenus pour adultes", "shows adult material"),
        "advance_fee": Words("demande de l’argent d’avance", "asks for money in advance"),
        "adult_life": Words("parle d’une vie d’adulte", "speaks of an adult’s life"),
        "age_bypass": Words(
            "explique comment contourner la vérification de l’âge", "explains how to get round the age check"
        ),
        "age_dismissal": Words("dit que l’âge ne compte pas", "says that age does not matter"),
        "age_probe": Words("demande un âge", "asks for an age"),
        "alone_outside": Words("est dehors sans personne", "is alone outside"),
        "ambush_plan": Words("parle d’attendre quelqu’un à plusieurs", "speaks of waiting for somebody with others"),
        "attack_plan": Words(
            "annonce une attaque contre un lieu ou une foule", "announces an attack on a place or a crowd"
        ),
        "appease": Words("cherche à calmer les choses", "tries to calm things"),
        "blame": Words("rejette la faute sur l’autre personne", "puts the blame on the other person"),
        "borrowed_proof": Words("parle d’une preuve d’âge prêtée", "speaks of a borrowed proof of age"),
        "bring_cash": Words("demande d’apporter de l’argent", "asks to bring money"),
        "burden": Words("a le sentiment d’être un poids", "feels like a burden"),
        "change_place": Words(
            "change le lieu du rendez-vous au dernier moment", "changes the meeting place at the last moment"
        ),
        "code_request": Words("demande un code", "asks for a code"),
        "come_alone": Words("demande de venir sans personne d’autre", "asks to come alone"),
        "compliance": Words(
            "fait pression pour que l’autre personne obéisse", "presses the other person to do as told"
        ),
        "contact": Words("prend contact", "makes contact"),
        "contact_flood": Words("écrit à beaucoup de personnes en peu de temps", "writes to many people in little time"),
        "csam": Words("termes de contenus pédocriminels", "terms of child abuse material"),
        "csam_coded": Words("termes codés de contenus pédocriminels", "coded terms of child abuse material"),
        "death_threat": Words("menace de mort", "threatens with death"),
        "debt_claimed": Words("réclame une dette", "claims a debt"),
        "deepfake": Words("parle d’une fausse image intime", "speaks of a faked intimate image"),
        "defend": Words("défend l’autre personne", "defends the other person"),
        "demand": Words("exige quelque chose sous la menace", "demands something under threat"),
        "demand_money": Words("exige de l’argent", "demands money"),
        "despair": Words("mots de désespoir", "words of despair"),
        "discreet": Words("tient à rester discret", "wants to stay discreet"),
        "doxing": Words("révèle où l’on peut trouver quelqu’un", "gives away where somebody can be found"),
        "drug_hint": Words("laisse entendre que quelqu’un pourrait être drogué", "alludes to drugging somebody"),
        "drug_plan": Words("parle de droguer quelqu’un", "speaks of drugging somebody"),
        "entrusts": Words("confie ses proches à d’autres", "entrusts their people to others"),
        "exclude": Words("met quelqu’un à l’écart", "shuts somebody out"),
        "farewell": Words("mots d’adieu", "words of farewell"),
        "fear_home": Words("a peur de rentrer à la maison", "is afraid to go home"),
        "for_a_friend": Words("s’inquiète d’une personne qui veut mourir", "worries about somebody who wants to die"),
        "forced_marriage": Words("parle d’un mariage forcé", "speaks of a forced marriage"),
        "friend_harmed": Words(
            "s’inquiète d’une personne à qui l’on fait du mal", "worries about somebody who is hurt"
        ),
        "gift": Words("promet des cadeaux ou de l’argent", "promises presents or money"),
        "harm_wish": Words("souhaite du mal à quelqu’un", "wishes harm on somebody"),
        "has_images": Words("affirme avoir des images intimes", "claims to have intimate images"),
        "hate": Words("propos haineux", "hateful words"),
        "hate_attribute": Words(
            "tient des propos dégradants sur un groupe de personnes", "says degrading things of a group of people"
        ),
        "hate_beneath": Words(
            "place un groupe de personnes au-dessous des autres", "places a group of people beneath others"
        ),
        "hate_denied_worth": Words("nie la valeur d’un groupe de personnes", "denies a group of people its worth"),
        "hate_exclude": Words("veut exclure un groupe de personnes", "wants a group of people shut out"),
        "hate_feeling": Words("dit sa haine d’un groupe de personnes", "says that they hate a group of people"),
        "hate_harm": Words("souhaite du mal à un groupe de personnes", "wishes harm on a group of people"),
        "hate_insulting_noun": Words(
            "donne un nom insultant à un groupe de personnes", "calls a group of people by an insulting name"
        ),
        "hate_near": Words(
            "propos haineux à côté du nom d’un groupe de personnes",
            "hateful words beside the name of a group of people",
        ),
        "hate_profanity": Words("dit des grossièretés contre un groupe de personnes", "swears at a group of people"),
        "hate_sexist": Words("propos sexistes", "sexist words"),
        "hate_slur": Words("emploie une injure contre un groupe de personnes", "uses a slur against a group of people"),
        "hate_soft_slur": Words("emploie un mot qui peut être une injure", "uses a word that can be a slur"),
        "hate_superlative": Words(
            "dit d’un groupe de personnes que c’est le pire", "calls a group of people the worst"
        ),
        "humiliate": Words("humilie", "humiliates"),
        "image_request": Words("demande des images", "asks for pictures"),
        "impersonation": Words("se fait passer pour quelqu’un d’autre", "pretends to be somebody else"),
        "incitement": Words("appelle à la violence ou à la haine", "calls for violence or hatred"),
        "incites_suicide": Words("pousse à se tuer", "urges somebody to kill themselves"),
        "insult": Words("insulte", "insults"),
        "intimacy": Words("cherche l’intimité", "seeks intimacy"),
        "intimate_leak": Words("parle de diffuser des images intimes", "speaks of spreading intimate images"),
        "intimidation": Words("intimide", "intimidates"),
        "investment_bait": Words("promet de l’argent facile", "promises easy money"),
        "isolated_place": Words("propose un lieu isolé", "proposes a remote place"),
        "isolation": Words("coupe la personne de son entourage", "cuts the person off from others"),
        "job_bait": Words("attire par une offre de travail", "baits with a job"),
        "late": Words("propose une heure tardive", "proposes a late hour"),
        "likeness": Words("ressemble à des échanges à risque", "is like talk that was risky"),
        "location_known": Words(
            "laisse entendre savoir où se trouve la personne", "lets it be known that they know where the person is"
        ),
        "locked_in": Words("se voit empêcher de partir", "is kept from leaving"),
        "lured_away": Words("a reçu la demande d’aller ailleurs", "was asked to go elsewhere"),
        "many_newcomers": Words(
            "beaucoup de nouveaux comptes écrivent à la même personne", "many new accounts write to the same person"
        ),
        "maturity": Words("dit à la personne combien elle est mûre", "tells the person how grown-up they are"),
        "means": Words("nomme un moyen", "names a means"),
        "meeting": Words("propose une rencontre", "proposes to meet"),
        "money_request": Words("demande de l’argent", "asks for money"),
        "neglect": Words("raconte un manque de soins", "tells of neglect"),
        "no_trace": Words("demande de ne laisser aucune trace", "asks to leave no trace"),
        "nowhere": Words("n’a nulle part où aller", "has nowhere to go"),
        "off_platform": Words("veut poursuivre ailleurs", "wants to go on elsewhere"),
        "opener_sexual": Words("commence par des propos sexuels", "opens with something sexual"),
        "own_after_all": Words("dit finalement parler de soi", "says in the end that it is about themselves"),
        "paid_encounter": Words("parle d’une rencontre payée", "speaks of a paid encounter"),
        "paid_offer": Words("offre de l’argent contre du sexe", "offers money for sex"),
        "phishing": Words("demande des mots de passe ou des codes", "asks for passwords or codes"),
        "pile_on": Words("plusieurs personnes contre une seule", "several people against one"),
        "pimp_terms": Words("termes de proxénétisme", "terms of pimping"),
        "pretends": Words("se fait passer pour quelqu’un d’un autre âge", "passes for somebody of another age"),
        "private_call": Words("veut un appel ou une visio à deux", "wants a call or a video call, just the two"),
        "prepaid": Words("demande des cartes prépayées", "asks for prepaid cards"),
        "rape_plan": Words("parle d’organiser un viol", "speaks of arranging a rape"),
        "recruit": Words("recrute pour du sexe contre de l’argent", "recruits for paid sex"),
        "refuses_verification": Words("refuse la vérification", "refuses to be verified"),
        "room_drift": Words(
            "les échanges du salon ont quitté le thème annoncé", "the room’s talk has left the theme that it declares"
        ),
        "runaway": Words("parle de fuguer", "speaks of running away"),
        "says_adult": Words("dit avoir plus de dix-huit ans", "says they are an adult"),
        "says_minor": Words("dit avoir moins de dix-huit ans", "says they are a minor"),
        "says_of_age": Words("se dit majeur parmi les mineurs", "says to be of age among minors"),
        "says_same_age": Words("dit avoir l’âge d’une personne mineure", "says they are as old as a minor"),
        "says_teen_years": Words(
            "dit un âge qui n’est pas celui de sa preuve", "says an age that is not that of their proof"
        ),
        "school": Words("parle d’une classe scolaire", "speaks of a school class"),
        "secrecy": Words("demande de garder un secret", "asks to keep a secret"),
        "secret_known": Words("connaît un secret de la personne", "knows a secret of the person"),
        "seeks_minor": Words("cherche une personne mineure", "looks for a minor"),
        "self_harm": Words("parle de se faire du mal", "speaks of hurting themselves"),
        "settles": Words("met ses affaires en ordre ou les donne", "sets their belongings in order or gives them away"),
        "sexual": Words("parle de sexe", "speaks of sex"),
        "sob_story": Words("raconte une histoire pour demander de l’argent", "tells a story that asks for money"),
        "suicidal": Words("parle de suicide", "speaks of suicide"),
        "tariff": Words("annonce un prix", "names a price"),
        "threat": Words("menace", "threatens"),
        "threat_publish": Words("menace de publier", "threatens to publish"),
        "threat_report": Words("menace de dénoncer", "threatens to report"),
        "threat_reveal": Words("menace de révéler un secret", "threatens to reveal a secret"),
        "tonight": Words("parle de ce soir", "speaks of tonight"),
        "trust": Words("gagne la confiance", "builds trust"),
        "urgency": Words("presse de répondre vite", "presses for a quick answer"),
        "violence_home": Words("raconte des violences à la maison", "tells of violence at home"),
        "watching": Words("dit surveiller la personne", "says that they are watching the person"),
    }
)


def tactic(name: str) -> Words:
    """The tactic in words."""
    bare = name.replace("_", " ")
    return TACTICS.get(name) or Words(bare, bare)
