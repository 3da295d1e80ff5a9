"""What an expression may not consist of when words alone decide: words of every day, and names of groups of people.

"bonjour" meets everybody; "gay" or "arabe" meets those who are, and those who speak up for them. With a word that says
what is done ("sale ...", "va te ...") an expression may hold either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from .normalise import normalise
from .rule_values import Vocabulary

# What is said every day and harms nobody, as `normalise` reads it. Nothing of harm, sex, money, drugs or being alone.
_EVERYDAY_WORDS = (
    # greetings, answers, courtesies
    "bonjour bonsoir salut coucou slt bjr hello hi hey yo wesh bienvenue revoir bye ciao tchao bonne bon nuit "
    "soiree journee merci mercii thx thanks thank please stp svp pardon desole desolee sorry oui ouais non nan "
    "yes yeah yep no nope ok okay daccord accord peut etre maybe sure voila alors donc bref quoi hein lol mdr "
    "ptdr haha xd lmao bravo super cool genial top nice great good bien mal bad mieux pire grave vrai faux true "
    "right wrong va vas vais vont aller allez allons go goes going went come comes coming viens vient venir "
    "venez welcome cheers congrats felicitations anniversaire birthday noel christmas fete bises bisous bisou "
    "calin hug hugs "
    # small words
    "je j tu t il elle on nous vous ils elles moi toi lui eux me te se le la les l un une des de d du au aux a "
    "et ou mais car que qu qui dont ce c ca cela cet cette ces mon ma mes ton ta tes son sa ses notre nos votre "
    "vos leur leurs y en ne n pas plus rien jamais toujours encore deja aussi tres trop peu beaucoup moins tout "
    "tous toute toutes autre autres meme memes quel quelle quels quelles chaque plusieurs quelque quelques "
    "comme si quand comment pourquoi combien dans sur sous avec sans pour par chez vers entre depuis pendant "
    "apres avant ici bas i you he she it we they him her us them my your his its our their the an and or but "
    "because that this these those who what when where why how which in at to of for from with without by about "
    "into over under out up down off not never always still already also too very much many more most less some "
    "any every all other same each so if then than as is are am was were be been being do does did done have "
    "has had will would can cant could should may might must im ive ill id youre thats whats lets "
    # being, having, doing
    "est es suis sommes etes sont etais etait etre ete ai as avons avez ont avais avait avoir eu fais fait "
    "faire font peux peut pouvoir peuvent veux veut vouloir veulent dois doit devoir faut sais sait savoir "
    "connais vois voit voir regarde regarder ecoute ecouter parle parler dis dit dire demande demander reponds "
    "repondre ecris ecrire lis lire pense penser crois croire aime aimes aimer adore adorer prefere trouve "
    "trouver cherche chercher donne donner prends prendre mets mettre reste rester pars partir arrive arriver "
    "rentre rentrer sors sortir mange manger bois boire dors dormir joue jouer travaille travailler appelle "
    "appeler attends attendre commence finir fini oublie oublier besoin envie make makes made know knows think "
    "thought see seen look looks want wants need needs say says said tell told ask asks get gets got give gives "
    "find found take takes use like likes love loves feel feels try play plays work works read write speak talk "
    "talks watch listen eat drink sleep wait start stop finish call calls meet "
    # when
    "aujourd hui aujourdhui demain hier matin midi apres-midi soir nuit jour jours semaine weekend week end "
    "mois an ans annee annees heure heures minute minutes moment maintenant tantot bientot tard tot ensuite "
    "lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout "
    "septembre octobre novembre decembre ete hiver printemps automne vacances today tomorrow yesterday morning "
    "noon afternoon evening night tonight day days month months year years hour hours now later soon late early "
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december summer winter spring autumn holiday holidays time "
    # people, places, things
    "papa maman pere mere parents frere soeur freres soeurs famille enfant enfants bebe fils fille filles "
    "garcon garcons homme hommes femme femmes mec mecs meuf meufs gens personne personnes ami amie amis amies "
    "pote potes copain copine copains copines voisin voisine prof profs professeur eleve eleves monsieur madame "
    "jeune jeunes ado ados adulte vieux vieille monde maison chez appart chambre ecole college lycee fac classe "
    "cours devoirs boulot travail bureau rue ville pays gare train bus metro voiture velo cafe bar resto "
    "restaurant cinema parc plage mer montagne salon groupe photo photos video videos film films serie series "
    "musique chanson livre livres jeu jeux match foot sport telephone portable message messages mail ordi "
    "internet chien chat chiens chats animal repas pizza gateau eau pain soleil pluie nom prenom age question "
    "questions reponse idee chose choses truc trucs probleme histoire vie amour coeur tete main mum mom dad "
    "father mother brother sister family child children kid kids baby son daughter girl girls boy boys man men "
    "woman women guy guys people person friend friends mate mates neighbour teacher teachers student students "
    "young old teen teens adult adults world home house flat room school class lesson homework job office "
    "street town city country station car bike pub park beach sea mountain group pic pics picture pictures "
    "movie movies song songs music book books game games football phone computer dog dogs cat cats food cake "
    "water bread sun rain name names answer idea thing things stuff problem story life heart head hand hands "
    # how it is
    "beau belle beaux belles joli jolie petit petite petits petites grand grande grands grandes gros grosse "
    "nouveau nouvelle content contente heureux heureuse triste fatigue fatiguee malade gentil gentille drole "
    "facile difficile important interessant possible pret prete premier premiere dernier derniere prochain "
    "prochaine big small little new happy sad tired sick kind funny easy hard interesting ready first last next "
    "beautiful pretty fine un deux trois quatre cinq six sept huit neuf dix one two three four five seven eight "
    "nine ten "
)
# What groups of people are called by, beside the class `groups` of the words of a language: faiths, ways to be.
_OF_GROUPS_WORDS = (
    "islam judaisme christianisme catholicisme bouddhisme hindouisme judaism christianity buddhism hinduism "
    "ramadan mosquee synagogue eglise mosque church hijab voile kippa homosexualite bisexualite transidentite "
    "homosexuality bisexuality queer queers bi bis enby enbies asexuel asexuelle asexuels asexual pansexual "
    "lgbt lgbtq lgbtqia lgbti lesbien pride handicap handicaps autisme autism disability noir noire noirs "
    "noires black blanc blanche blancs blanches white africain africaine feminisme feminism "
)
# How somebody asks to be helped. Beside what the rules of distress meet: those read sentences.
_OF_HELP_WORDS = (
    "aide aider aidez aidemoi secours sos urgence urgences police pompiers samu helpline help emergency peur "
    "scared afraid detresse distress "
)
_EVERYDAY, _OF_GROUPS, _OF_HELP = (
    frozenset(words.split()) for words in (_EVERYDAY_WORDS, _OF_GROUPS_WORDS, _OF_HELP_WORDS)
)
SHORT_NUMBER = 6  # digits: an age, a price, a year, a department; a telephone number has more
SHORTEST_STEM = 4  # letters before an asterisk: fewer may be the beginning of anything
Plain = Literal["", "everyday", "group", "help"]


def plainness(phrase: str, vocabularies: Mapping[str, Vocabulary], *, numbers: Iterable[str] = ()) -> Plain:
    """Whether a phrase is nothing but words of every day, names of groups of people with them, or a call for help.

    A word with an asterisk is each of those it may be. Numbers of few digits in all say nothing that the words beside
    them do not: an age, a time. `numbers`: of help lines, which are calls for help too.
    """
    text = " ".join(_words(phrase))
    lines = [" ".join(_words(number)) for number in numbers]
    # "15" is an age as well: so short a number says nothing by itself.
    if any(len(line) > 2 and f" {line} " in f" {text} " for line in lines):
        return "help"
    if sum(map(str.isdigit, text)) < SHORT_NUMBER:
        text = " ".join(word for word in text.split() if not word.rstrip("*").isdigit())
    named = _names(vocabularies)
    for name in sorted((name for name in named if " " in name), key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "<group>", text)
    words = text.split()
    kinds: set[Plain] = {_kind(word, named) for word in words}
    if "" in kinds:
        return "everyday" if _is_one_ordinary(words, vocabularies) else ""
    return "help" if "help" in kinds else "group" if "group" in kinds else "everyday"


def plain_words(vocabularies: Mapping[str, Vocabulary]) -> Mapping[str, Plain]:
    """Every word of these three kinds, and the names of groups that are several: what no expression may meet."""
    kinds: dict[str, Plain] = dict.fromkeys(_EVERYDAY, "everyday")
    kinds |= dict.fromkeys(_OF_HELP, "help")
    return kinds | dict.fromkeys(_names(vocabularies), "group")


def _names(vocabularies: Mapping[str, Vocabulary]) -> frozenset[str]:
    return _OF_GROUPS.union(*(vocabulary.classes.get("groups", ()) for vocabulary in vocabularies.values()))


def _kind(word: str, groups: frozenset[str]) -> Plain:
    if word.endswith("*") and len(word) <= SHORTEST_STEM:
        return "everyday"
    if word == "<group>" or _among(word, groups):
        return "group"
    if _among(word, _OF_HELP):
        return "help"
    return "everyday" if _among(word, _EVERYDAY) else ""


def _is_one_ordinary(words: list[str], vocabularies: Mapping[str, Vocabulary]) -> bool:
    """Whether there is, small words aside, but one that a vocabulary calls ordinary."""
    for one in vocabularies.values():
        telling = set(words) - one.glue - one.fillers
        if len(telling) <= 1 and telling <= one.ordinary:
            return True
    return False


def _among(word: str, words: frozenset[str]) -> bool:
    if not word.endswith("*"):
        return word in words
    return any(known.startswith(word[:-1]) for known in words if " " not in known)


def _words(text: str) -> list[str]:
    return normalise(text).text.replace("'", " ").replace("’", " ").replace("-", " ").split()
