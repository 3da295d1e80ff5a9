"""Which language a message is in, where it is not that of its room: a lure in English in a French room is a lure.

A room has one language and its rules; people change theirs as they like. By small words alone, so that it costs next to
nothing: a message is read in the other language too when it has more words of that one than of its room's.
"""

from __future__ import annotations

import itertools

from .normalise import letter_words, normalise

# Words that are common in one language and no word of the other, as chat spells them.
_WORDS = {
    "fr": frozenset(
        """je j tu t il elle nous vous ils elles moi toi lui c ce ca cest est es suis jsuis chui sont ai jai avez avoir
        le la les un une des du de d l et ou mais donc car que qu qui quoi ki koi quand pourquoi pk comment ou dans pour
        avec sans sur chez au aux en ne n pas plus rien jamais trop tres bien mal oui non ouais nan salut bonjour slt
        merci stp svp mon ma mes ton ta tes son sa ses notre votre leur leurs cette ces tout tous toute toutes va vas
        vais viens viens veux veut peux peut fais fait faire dis dit envoie montre donne envie mort mourir aime deteste
        tue tuer sale gens meuf mec personne parents ans soir demain seul seule""".split()  # noqa: SIM905
    ),
    "en": frozenset(
        """i im ive ill id you u your ur youre yourself myself me my mine he she we they them their his her him it its
        the and of to is are am was were be been do dont does did didnt have has had will would can cant could should
        wont not what who when where why how this that these those with without for from if than then just about there
        here want wanna gonna going need send come tell show meet kill die hate know think feel make give keep ask say
        said people girls boys girl boy all every everyone nobody someone pics nudes naked alone tonight mum mom dad
        parents years old yes hey hello please really very too much more""".split()  # noqa: SIM905
    ),
}
_SHARED = _WORDS["fr"] & _WORDS["en"]
_OTHER = {"fr": "en", "en": "fr"}
# In a room of a language, what a word says for the other one.
_BALANCE = {
    lang: {word.encode(): 1 for word in _WORDS[other] - _SHARED} | {word.encode(): -1 for word in words - _SHARED}
    for (lang, other), words in zip(_OTHER.items(), _WORDS.values(), strict=True)
}


def languages_of(text: str, lang: str) -> tuple[str, ...]:
    """The languages a message of a room in `lang` ("fr" or "en") is read in: that one, and perhaps the other."""
    balance = _BALANCE[lang]
    said = sum(map(balance.get, letter_words(normalise(text).text, b"'"), itertools.repeat(0)))
    return (lang, _OTHER[lang]) if said > 0 else (lang,)
