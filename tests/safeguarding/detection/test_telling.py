"""Who asks whom: what is told of another, warned of or witnessed accuses nobody; what is relayed is asked."""

from __future__ import annotations

import dataclasses

import pytest

from safeguarding.detection.rulesets import Ruleset
from safeguarding.detection.types import Alert, Person, RoomInfo, Verdict
from tests.talk import ADULTS, ALICE, BOB, CHARLIE, DANA, TEENS, Talk, direct

WORKER = Person("worker", "adult", 900)


def raised(ruleset: Ruleset, author: Person, text: str, room: RoomInfo, lang: str) -> tuple[list[Alert], Verdict]:
    """What one text makes a person look at (P3 only collects), and what becomes of it."""
    talk = Talk(ruleset, author, *{ALICE, DANA, CHARLIE, BOB} - {author})
    verdict = talk.say(author, text, dataclasses.replace(room, lang=lang), lang=lang).verdict
    return [alert for alert in talk.alerts if alert.severity != "P3"], verdict


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "il dit envoie moi 50 euros sinon je montre ta photo à ton lycée"),
        ("fr", "il veut que je lui envoie une photo nue sinon il balance tout"),
        ("fr", "mon copain veut que je lui envoie des photos nue mais j'ai pas envie"),
        ("fr", "tu m'as demandé une photo en sous-vêtements, c'est dégueu"),
        ("fr", "un adulte de 40 ans veut me voir samedi derrière la gare, il dit viens seule"),
        ("fr", "Lui: envoie moi une photo de toi nue\nMoi: non\nLui: si tu l'envoies pas je dis tout à ta mère"),
        ("fr", "il m'a dit si tu parles je te tue"),
        ("fr", "il m'a proposé 50€ pour une photo en culotte"),
        ("en", "he says pay 50 or your school sees it"),
        ("en", "he wants me to come alone behind the station tonight"),
        ("en", "he wants me to send him a nude or he leaks everything"),
        ("en", "you asked me for a picture in my underwear, that's gross"),
        ("en", "Him: send me a nude pic of you\nMe: no\nHim: if you don't i tell your mum everything"),
        ("en", "he told me if you talk i'll kill you"),
    ],
)
@pytest.mark.parametrize("room", [TEENS, direct(ALICE, DANA)], ids=["room", "direct"])
def test_a_child_who_tells_what_is_asked_of_her_is_accused_of_nothing(
    ruleset: Ruleset, room: RoomInfo, lang: str, text: str
) -> None:
    assert raised(ruleset, ALICE, text, room, lang) == ([], Verdict.ALLOW)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "mon pote dit que tu devrais m'envoyer une photo de toi nue"),
        ("fr", "je dis juste envoie une photo nue"),
        ("fr", "ton père dit envoie moi une photo nue"),
        ("fr", "mon pote veut que tu m'envoies une photo de toi nue"),
        ("fr", "elle m'a dit de te demander une photo nue"),
        ("fr", "il m'a dit que t'étais chaude, envoie une photo nue"),
        ("fr", "tu crois que tu pourrais m'envoyer une photo de toi nue ?"),
        ("fr", "mon cousin veut te voir derrière la gare, viens seule ce soir"),
        ("fr", "il dit que si tu m'envoies pas 50 euros il balance tes photos"),
        ("fr", "mon frère dit qu'il va te tuer"),
        ("en", "my mate says you should send me a nude"),
        ("en", "i'm just saying send me a nude"),
        ("en", "she told me to ask you for a nude"),
        ("en", "he told me you're hot, send a nude pic"),
        ("en", "my cousin wants to meet you behind the station, come alone tonight"),
        ("en", "my brother says he's going to kill you"),
    ],
)
def test_what_is_asked_of_you_is_asked_whoever_is_said_to_have_said_it(ruleset: Ruleset, lang: str, text: str) -> None:
    alerts, _ = raised(ruleset, BOB, text, TEENS, lang)
    assert {alert.subject for alert in alerts} == {"bob"}


@pytest.mark.parametrize("author", [WORKER, ALICE], ids=["worker", "teenager"])
@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "n'envoie jamais de photo de toi nue à un inconnu"),
        ("fr", "celui qui demande une photo nue à une mineure risque la prison"),
        ("fr", "tu n'es pas obligée d'envoyer une photo"),
        ("fr", "personne peut te forcer à envoyer des photos"),
        ("fr", "un adulte qui te demande de venir seule derrière la gare, tu refuses et tu en parles"),
        ("fr", "méfie toi des gens qui veulent passer sur telegram tout de suite"),
        ("fr", "Un adulte qui te demande de garder un secret, c'est pas normal."),
        ("en", "never send a nude photo of yourself to a stranger"),
        ("en", "anyone who asks a minor for a nude risks prison"),
        ("en", "you don't have to send a photo"),
        ("en", "nobody can force you to send photos"),
        ("en", "an adult who asks you to come alone behind the station, you refuse and tell someone"),
    ],
)
def test_who_warns_of_what_others_may_ask_asks_nothing(ruleset: Ruleset, author: Person, lang: str, text: str) -> None:
    assert raised(ruleset, author, text, TEENS, lang) == ([], Verdict.ALLOW)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "si tu portes plainte je balance tes nudes à ton lycée"),
        ("fr", "à l'atelier samedi, sinon je balance tes nudes"),
        ("fr", "c'est pas du chantage mais je balance tes nudes demain"),
        ("en", "after the workshop i leak your nudes"),
        ("fr", "n'envoie pas de photo habillée, envoie une photo nue"),
        ("fr", "t'es pas obligée de montrer ton visage sur la photo nue"),
        ("fr", "tu n'es pas obligée de m'envoyer une photo nue mais ça me ferait plaisir"),
        ("fr", "méfie toi des autres, envoie moi une photo nue à moi"),
        ("fr", "personne t'oblige mais envoie une photo nue"),
        ("fr", "c'est honteux de dire ça. envoie moi une photo de toi nue"),
        ("fr", "t'as tort, viens seule derrière la gare ce soir"),
        ("en", "that's so racist lol. send me a nude pic of you"),
        ("fr", "un adulte comme moi qui te demande une photo nue c'est normal"),
        ("fr", "un mec est là, envoie moi une photo de toi nue vite"),
        ("fr", "j'ai reçu ça, paye 200 euros ou j'envoie tes photos à tes potes"),
        ("fr", "elle m'a mis la rage je vais te tuer toi"),
        ("fr", "je veux pas mentir à ta mère alors dis rien à tes parents"),
        ("en", "got it babe, send me a nude"),
        ("en", "got this, pay 200 or i send your pics to everyone"),
        ("en", "what should i say, send me a nude"),
        ("en", "don't send a clothed one, send a nude pic"),
        ("en", "you don't have to send me a nude but i'd love it"),
        ("en", "be wary of others, send me a nude"),
        ("en", "nobody's forcing you but send me a nude"),
    ],
)
def test_a_warning_or_a_denunciation_before_a_lure_hides_it_from_nobody(ruleset: Ruleset, lang: str, text: str) -> None:
    alerts, _ = raised(ruleset, BOB, text, TEENS, lang)
    assert {alert.subject for alert in alerts} == {"bob"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "quelqu'un a mis du GHB dans mon verre hier soir, je me souviens de rien"),
        ("fr", "faites gaffe à vos verres, y a du GHB qui tourne"),
        ("fr", "un mec a versé un truc dans le verre de ma copine hier, on a appelé les flics"),
        ("fr", "j'ai vu un type glisser un truc dans le verre d'une fille, je fais quoi ?"),
        ("fr", "elle a été droguée à son insu et abusée, comment l'aider ?"),
        ("fr", "droguer quelqu'un à son insu est un crime"),
        ("fr", "j'ai fait une surprise à son insu, elle sait rien pour son anniversaire"),
        ("fr", "je lui ai mis ses gouttes dans son verre"),
        ("fr", "à son insu veut dire sans qu'elle le sache"),
        ("fr", "on m'a proposé 100€ pour coucher"),
        ("fr", "paul me dit paie ou je balance tes photos à ta famille"),
        ("fr", "il veut 300 euros sinon il envoie tout à mon patron"),
        ("en", "i put her drops in her glass"),
        ("en", "without her knowing means she isn't aware"),
        ("en", "some guy offered me 100 quid to sleep with him"),
        ("en", "paul tells me pay or i leak your pics to your family"),
    ],
)
def test_an_adult_who_was_asked_drugged_or_saw_it_is_accused_of_nothing(ruleset: Ruleset, lang: str, text: str) -> None:
    assert raised(ruleset, CHARLIE, text, ADULTS, lang) == ([], Verdict.ALLOW)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "j'ai mis du ghb dans son verre, elle dort, viens"),
        ("fr", "un pote a mis un truc dans son verre, elle sentira rien, qui veut en profiter"),
        ("fr", "ma femme, à son insu, qui est partant"),
        ("fr", "qui pour un plan à son insu ?"),
        ("fr", "je glisse un truc dans son verre et elle dort"),
        ("en", "i put ghb in her drink, come over"),
        ("en", "a mate put something in her drink, she's out, who wants to join"),
    ],
)
def test_who_plans_it_or_asks_others_to_come_is_no_witness(ruleset: Ruleset, lang: str, text: str) -> None:
    alerts, verdict = raised(ruleset, CHARLIE, text, ADULTS, lang)
    assert ("V3", "P0", "charlie") in {(alert.code, alert.severity, alert.subject) for alert in alerts}
    assert verdict is Verdict.HOLD


def test_the_victim_who_repeats_a_blackmail_is_protected_and_not_accused(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, BOB, CHARLIE)
    talk.say(BOB, "paie 300 euros ou je balance tes photos à ta famille", ADULTS)
    talk.say(CHARLIE, "bob me dit paie ou je balance tes photos à ta famille", ADULTS)
    talk.say(CHARLIE, "il veut 300 euros sinon il envoie tout à mon patron", ADULTS)
    assert {alert.subject for alert in talk.alerts if alert.severity != "P3"} <= {"bob"}


def test_a_dialogue_pasted_line_by_line_says_nothing_of_who_pastes_it(ruleset: Ruleset) -> None:
    talk = Talk(ruleset, ALICE, DANA)
    for line in ("Lui: envoie moi une photo de toi nue", "Moi: non", "Lui: si tu l'envoies pas je dis tout à ta mère"):
        talk.say(ALICE, line, TEENS)
    assert [alert for alert in talk.alerts if alert.severity != "P3"] == []


def test_telling_somebody_what_to_say_to_another_is_no_dialogue(ruleset: Ruleset) -> None:
    alerts, _ = raised(ruleset, BOB, "moi: envoie une photo de toi nue", TEENS, "fr")
    assert {alert.subject for alert in alerts} == {"bob"}


SLURS_TOLD = [
    ("fr", "quand j'étais en 4e on m'appelait pd"),
    ("fr", "quand j'étais ado on m'appelait le pd"),
    ("fr", "les pd comme moi te disent merde"),
    ("fr", "le mot tapette me fait mal"),
    ("fr", "ils disent sale pd mais moi je suis fier"),
    ("fr", "t'es pd depuis quand ?"),
    ("fr", "salut les pédés, on se voit à la pride ?"),
    ("fr", "le pd c'est moi"),
    ("fr", "pour mon père les homos sont des malades"),
    ("fr", "dans ma famille être pd c'est pire que la mort"),
    ("fr", "aucune femme ne mérite d'être traitée de pute"),
    ("fr", "aucun juif ne mérite ça"),
    ("fr", "personne ne devrait dire sale arabe"),
    ("fr", "dire sale arabe est une injure raciale"),
    ("fr", "les nazis pensaient que les juifs étaient des parasites"),
    ("fr", "au Moyen Âge on brûlait les homosexuels"),
    ("fr", "la chasse aux pédés, c'était en 1980, j'y étais, j'ai eu peur"),
    ("en", "the word faggot hurts"),
    ("en", "the fag is me"),
    ("en", "hey fags, see you at pride?"),
    ("en", "to my dad gays are sick"),
    ("en", "no woman deserves to be called a whore"),
    ("en", "the nazis thought jews were parasites"),
    ("en", "fag hunting, that was in 1980, i was there, i was scared"),
    ("en", "honestly some degenerate shouted faggot at us last year by the carousel and staff walked him off"),
]


@pytest.mark.parametrize(("lang", "text"), SLURS_TOLD)
def test_who_bore_hate_tells_of_it_or_takes_a_slur_back_hates_nobody(ruleset: Ruleset, lang: str, text: str) -> None:
    assert raised(ruleset, CHARLIE, text, ADULTS, lang) == ([], Verdict.ALLOW)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "les pd comme toi devraient crever"),
        ("fr", "le mot pd te va bien"),
        ("fr", "le pd c'est toi"),
        ("fr", "salut les pédés, on vous attend à la pride"),
        ("fr", "pour moi les homos sont des malades"),
        ("fr", "pour mon père les homos sont des malades et il a raison"),
        ("fr", "au Moyen Âge on brûlait les homosexuels, faudrait recommencer"),
        ("fr", "les nazis avaient raison, les juifs sont des parasites"),
        ("fr", "chez nous les pd on les brûle"),
        ("fr", "mon père déteste les arabes et il faut tous les tuer"),
        ("fr", "notre slogan dit mort aux arabes, venez samedi"),
        ("fr", "c'est faux que les arabes sont gentils, il faut les exterminer"),
        ("fr", "mort aux mouches arabes"),
        ("fr", "stop les juifs sont des rats"),
        ("fr", "l'idée que les arabes sont humains est ridicule"),
        ("fr", "soirée pd samedi au parc on les attend"),
        ("en", "my dad hates gays and so we should kill them"),
        ("en", "my book says all jews are rats"),
        ("en", "dyke night friday at the park, bring bats"),
        ("fr", "t'es pd ou quoi ?"),
        ("en", "the word faggot suits you"),
        ("en", "to me gays are sick"),
        ("en", "to my dad gays are sick and he's right"),
        ("en", "in the middle ages they burned fags, we should again"),
    ],
)
def test_hate_in_the_same_words_stands(ruleset: Ruleset, lang: str, text: str) -> None:
    alerts, _ = raised(ruleset, CHARLIE, text, ADULTS, lang)
    assert "charlie" in {alert.subject for alert in alerts}


def test_a_question_that_is_friendly_among_adults_is_read_where_minors_are(ruleset: Ruleset) -> None:
    alerts, _ = raised(ruleset, DANA, "t'es pd depuis quand ?", TEENS, "fr")
    assert {alert.code for alert in alerts} >= {"H1"}
