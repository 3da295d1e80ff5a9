"""Who x predicate x polarity x quotation: the same words, meant and not meant."""

from __future__ import annotations

import pytest

from safeguarding.detection.compose import scan
from safeguarding.detection.rulesets import Ruleset


def standing(ruleset: Ruleset, lang: str, text: str) -> set[str]:
    """Codes of the findings that accuse somebody."""
    return {finding.code for finding in scan(text, lang, ruleset) if finding.alerting}


HATE = [
    ("fr", "Les gitans sont des parasites"),
    ("fr", "je déteste les gays"),
    ("fr", "Les lesbiennes me dégoûtent"),
    ("fr", "faut exterminer les musulmans"),
    ("fr", "les trans devraient être interdits d'école"),
    ("fr", "aucun respect pour les handicapés"),
    ("fr", "t'es qu'un sale pd"),
    ("fr", "sale arabe rentre dans ton pays"),
    ("fr", "on veut pas de gays ici"),
    ("fr", "je suis pas raciste mais les roms sont des voleurs"),
    ("en", "Gay people are vermin"),
    ("en", "I can't stand immigrants"),
    ("en", "Muslims should be deported"),
    ("en", "Trans people don't deserve rights"),
    ("en", "I'm not racist but gypsies are thieves"),
    ("en", "go back to your country, dirty immigrant"),
    ("fr", "c'est vrai que les trans sont dangereux"),
    ("en", "as a dyke you should die"),
    ("en", "I say gays are sick"),
    # a negation that denies a right, a claim of a secret power, another's word made one's own
    ("fr", "aucun gay ne mérite de vivre"),
    ("fr", "les gays ne devraient pas avoir le droit de se marier"),
    ("fr", "les pd ne sont pas des humains"),
    ("fr", "les juifs contrôlent tout"),
    ("fr", "les musulmans nous envahissent"),
    ("fr", "mon père dit que les gays sont malades et il a raison"),
    ("fr", "Ma tante dit que les trans sont dangereux. Je suis d'accord avec elle"),
    ("fr", "t'es pd ou quoi ?"),
    ("fr", "les pd sont pas malades, ils sont juste dégueulasses"),
    ("en", "no gay deserves to live"),
    ("en", "the jews control everything"),
    ("en", "my dad says gays are sick and he's right"),
    ("en", "fags are not human"),
    # a slur thrown beside what looks like bearing or reclaiming it
    ("fr", "j'ai tagué sale gouine sur son casier"),
    ("fr", "sale pd, j'entends ta voix d'ici"),
    ("fr", "marre des pd du collège"),
    ("fr", "je suis entouré de pd"),
    ("fr", "on est des gouines et vous des déchets d'arabes"),
    ("fr", "soirée gouines, quelle horreur"),
    ("en", "we beat up fags on friday"),
    ("en", "I'm so tired of that faggot"),
    ("en", "my brother hates fags"),
    # one's own words in quotation marks, others asked to hate along, what is called false only to go on
    ("fr", "« les arabes puent » ça c'est ce que je pense"),
    ("fr", "'les arabes puent' et je le maintiens"),
    ("fr", "qui d'autre déteste les gays ?"),
    ("fr", "c'est pas faux que les arabes sont des voleurs"),
    ("fr", "faut arrêter avec les noirs, ce sont des parasites"),
    ("en", '"arabs stink" and I stand by it'),
    ("en", "don't say gay, say faggot"),
    ("en", "my brother and I hate gays"),
]

NOT_HATE = [
    # a negation of the insult, of the wish or of the claim; the word left to who said it; a question
    ("fr", "les pd ne sont pas des malades"),
    ("fr", "personne ne devrait insulter les pd"),
    ("fr", "aucun gay ne mérite de mourir"),
    ("fr", "les juifs ne contrôlent pas tout"),
    ("fr", "mon père dit que les gays sont malades"),
    ("fr", "mon père dit que les gays sont malades et il a tort"),
    ("fr", "mon père dit que les gays sont malades mais ma mère dit que non, et elle a raison"),
    ("fr", "il croit qu'il a raison quand il dit que les gays sont malades"),
    ("fr", "tu le traites de pd ?"),
    ("fr", "t'es gay ?"),
    ("fr", "ça veut dire quoi gouine ?"),
    ("en", "no gay deserves to die"),
    ("en", "the jews do not control everything"),
    ("en", "my dad says gays are sick"),
    ("en", "my dad says gays are sick and I don't agree with him"),
    ("en", "fags are not sick"),
    ("en", "did you call him a fag?"),
    ("fr", "Je déteste les gens qui insultent les gays"),
    ("fr", "le pd du lycée, c'est comme ça qu'on m'appelle"),
    ("fr", "Il m'a dit « les trans sont des monstres », j'ai pleuré"),
    ("fr", "Les femmes ne sont pas des objets"),
    ("fr", "dire que les juifs sont des rats est ignoble, c'est antisémite"),
    ("fr", "je suis gay et j'ai peur d'en parler à mes parents"),
    ("fr", "les lesbiennes de l'asso organisent une soirée jeux"),
    ("fr", "je suis une gouine et fière de l'être"),
    ("fr", "les rats sont des nuisibles"),
    ("fr", "j'ai une copine trans, elle est géniale"),
    ("fr", "putain ce film de merde"),
    ("fr", "est-ce que c'est vrai que les trans sont dangereux ?"),
    ("fr", "le pd du lycée m'appelle comme ça"),
    ("en", "I hate people who bully gay kids"),
    ("en", "They keep calling me a faggot at school"),
    ("en", "Women are not objects"),
    ("en", 'He wrote "trans people are freaks" and got banned'),
    ("en", "I'm a dyke and proud of it"),
    ("en", "My gay neighbour is lovely"),
    ("en", "I went outside to smoke a fag"),
    ("en", "the faggot at school calls me that"),
    ("en", "my dad says gay people are sick"),
    ("en", "is it true that trans people are dangerous?"),
    ("en", "as a dyke I'm at home here"),
    # who bears a slur, and who says it of themselves
    ("fr", "le pd de la classe, c'est moi apparemment"),
    ("fr", "ils ont tagué sale gouine sur mon casier"),
    ("fr", "mes cousins crient pd quand je passe"),
    ("fr", "sale pd, sale pd, toute la journée j'entends ça"),
    ("fr", "on est des gouines et on vous emmerde"),
    ("fr", "soirée gouines à la Mutinerie vendredi"),
    ("fr", "entre pédés on se comprend"),
    ("fr", "moi, pédé et fier"),
    ("en", "I'm so tired of being the school faggot"),
    ("en", "kids yell faggot when I walk past"),
    ("en", "dyke march on saturday"),
    # what is disputed, whom others hate, what a faith teaches
    ("fr", "c'est faux que les musulmans sont tous terroristes"),
    ("fr", "faut arrêter avec les noirs sont paresseux, c'est raciste"),
    ("fr", "l'affiche proclamait que les roms sont des voleurs, honteux"),
    ("fr", "pourquoi certains détestent les noirs ?"),
    ("fr", "est-ce que les gays vont en enfer selon l'islam ?"),
    ("fr", "« les gays sont malades » c'est pas ce que je pense"),
    ("en", "my grandpa hates blacks and it makes me sad"),
    ("en", "don't say faggot, say gay"),
    ("en", "it's not true that gypsies are thieves"),
]


@pytest.mark.parametrize(("lang", "text"), HATE)
def test_hate_stands(ruleset: Ruleset, lang: str, text: str) -> None:
    assert "H1" in standing(ruleset, lang, text)


@pytest.mark.parametrize(("lang", "text"), NOT_HATE)
def test_support_quotation_report_and_reclaimed_words_accuse_nobody(ruleset: Ruleset, lang: str, text: str) -> None:
    assert "H1" not in standing(ruleset, lang, text)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "je vais te péter la gueule à la sortie"),
        ("fr", "t'es mort demain"),
        ("fr", "on va te retrouver et te défoncer"),
        ("en", "I'm going to stab you"),
        ("en", "we know where you live"),
    ],
)
def test_a_threat_stands(ruleset: Ruleset, lang: str, text: str) -> None:
    assert "V2" in standing(ruleset, lang, text)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "il m'a dit qu'il allait me péter la gueule"),
        ("fr", "je suis mort de rire"),
        ("fr", "je vais te battre à FIFA, c'est un match"),
        ("fr", "je vais pas te frapper"),
        ("en", "he said he would kill me"),
        ("en", "I'm going to kill you at chess haha"),
    ],
)
def test_a_threat_told_joked_or_denied_does_not_stand(ruleset: Ruleset, lang: str, text: str) -> None:
    assert "V2" not in standing(ruleset, lang, text)


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("fr", "tu m'envoies une photo de toi nue ou pas ?", "M1"), ("fr", "tu veux que je te tue ou pas ?", "V2"),
        ("fr", "pourquoi tu dis rien à tes parents ?", "M1"), ("fr", "tu trouves ça normal d'être un sale pd ?", "H1"),
        ("fr", "qui veut tabasser des pd ?", "H1"), ("en", "will you send me a nude or not?", "M1"),
    ],
)  # fmt: skip
def test_a_question_excuses_no_lure_no_threat_and_no_insult(ruleset: Ruleset, lang: str, text: str, code: str) -> None:
    assert code in standing(ruleset, lang, text)


def test_the_word_of_another_is_kept_but_accuses_nobody(ruleset: Ruleset) -> None:
    found = [
        f for f in scan("Il a crié « sale pd » dans la cour et tout le monde a ri", "fr", ruleset) if f.code == "H1"
    ]
    assert found
    assert not any(finding.alerting for finding in found)


def test_what_was_shouted_at_somebody_is_no_insult_of_who_tells_it_and_frees_nothing_else(ruleset: Ruleset) -> None:
    assert not standing(ruleset, "fr", "y'a marqué sale pd sur mon sac")
    assert "H1" in standing(ruleset, "fr", "y'a marqué sale pd sur mon sac, les arabes sont des déchets")


def test_a_despairing_line_is_seen_and_is_about_its_author(ruleset: Ruleset) -> None:
    found = [f for f in scan("j'ai plus envie de vivre", "fr", ruleset) if f.code == "D1"]
    assert {finding.target for finding in found} == {"self"}


def test_groups_may_be_named_freely(ruleset: Ruleset) -> None:
    for group in (
        "gays",
        "lesbiennes",
        "trans",
        "musulmans",
        "juifs",
        "arabes",
        "noirs",
        "handicapés",
        "femmes",
        "réfugiés",
        "roms",
    ):
        for sentence in (
            "Les {} du quartier organisent un repas",
            "J'habite avec des {}",
            "On parlait des droits des {}",
        ):
            text = sentence.format(group)
            assert not {"H1", "C1", "V2"} & {f.code for f in scan(text, "fr", ruleset)}, text


@pytest.mark.parametrize(
    "text",
    [
        "tes parents doivent signer l'autorisation",
        "vous avez appelé le syndic ?",
        "on cherche des amis pour la rando",
        "le gardien a fermé la salle",
        "mon père me parle plus depuis",
        "ouf, c'est passé",
        "on part à la mer ce week-end",
        "calmez vous, ça sert à rien de s'insulter",
        "elle a rien fait, c'est pas sa faute",
    ],
)
def test_everyday_french_is_not_lit(ruleset: Ruleset, text: str) -> None:
    assert [f.rule for f in scan(text, "fr", ruleset) if f.code in ("C1", "H1", "V2")] == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "cette imprimante de merde"),
        ("fr", "saleté de machine, quelle connasse cette imprimante"),
        ("fr", "cette salope de porte m'a coincé le doigt"),
        ("fr", "ce boss est un enculé impossible à battre"),
        ("fr", "ta gueule le réveil"),
        ("fr", "les frelons asiatiques doivent être exterminés"),
        ("fr", "le café turc est dégueu"),
        ("fr", "une grosse vache normande"),
        ("fr", "un nègre littéraire"),
        ("en", "my laptop is a stupid bitch"),
        ("en", "we should exterminate asian hornets"),
    ],
)
def test_who_curses_a_thing_speaks_of_nobody(ruleset: Ruleset, lang: str, text: str) -> None:
    assert not standing(ruleset, lang, text) & {"C1", "H1"}


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("fr", "cette salope de Léa", "C1"),
        ("fr", "la porte est fermée connard", "C1"),
        ("fr", "t'es une grosse vache normande", "C1"),
        ("fr", "ces cafards asiatiques nous envahissent", "H1"),
        ("fr", "sale boudin noir", "C1"),
        ("en", "my car is dead you stupid bastard", "C1"),
        ("en", "those asian rats are vermin", "H1"),
    ],
)
def test_a_thing_named_beside_frees_nobody_who_insults(ruleset: Ruleset, lang: str, text: str, code: str) -> None:
    assert code in standing(ruleset, lang, text)


def test_a_mere_light_is_for_the_authors_own_words(ruleset: Ruleset) -> None:
    said = [f.rule for f in scan("c'est contre nature", "fr", ruleset)]
    told = [f.rule for f in scan("ils disent que c'est contre nature, ça me fait mal", "fr", ruleset)]
    assert "c1.fr.against_nature" in said
    assert "c1.fr.against_nature" not in told


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "saute par la fenêtre"),
        ("fr", "allez saute, personne pleurera"),
        ("fr", "ils te laissent souvent seule le soir ?"),
        ("fr", "tu as envie de mourir parfois ?"),
        ("fr", "y a plus rien à manger chez toi ?"),
        ("fr", "tu sers à rien"),
        ("fr", "ils t'ont fait des bleus sur le bras, ton père ?"),
        ("fr", "prends toute la boîte de cachets"),
        ("fr", "dis adieu à la vie"),
        ("en", "take all the pills"),
        ("en", "jump out of the window"),
        ("en", "such a burden you are"),
        ("en", "does he come into your room at night ?"),
        ("en", "you are better off dead"),
    ],
)
def test_what_is_said_to_somebody_is_no_call_for_help_of_who_says_it(ruleset: Ruleset, lang: str, text: str) -> None:
    assert not {"D1", "M7"} & {finding.code for finding in scan(text, lang, ruleset)}


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("fr", "je saute par la fenêtre cette nuit", "M7"),
        ("fr", "tu sais bien, envie de mourir", "D1"),
        ("fr", "vous serez mieux sans moi", "D1"),
        ("fr", "tu crois qu'on a quelque chose à manger ? y a plus rien à manger à la maison", "M7"),
        ("fr", "si je pars personne pleurera", "D1"),
        ("fr", "j'ai pris toute la boîte de cachets", "D1"),
        ("en", "he told me to take all the pills", "D1"),
        ("en", "you know, better off dead", "D1"),
    ],
)
def test_who_speaks_of_themselves_to_somebody_calls_for_help(ruleset: Ruleset, lang: str, text: str, code: str) -> None:
    assert code in {finding.code for finding in scan(text, lang, ruleset)}


@pytest.mark.parametrize(
    ("lang", "own", "told"),
    [
        ("fr", "plus envie de vivre", "elle a plus envie de vivre"),
        ("en", "no reason to live", "she has no reason to live"),
    ],
)
def test_despair_of_somebody_told_of_weighs_less_than_ones_own(
    ruleset: Ruleset, lang: str, own: str, told: str
) -> None:
    weights = [{f.rule: f.weight for f in scan(text, lang, ruleset) if f.code == "D1"} for text in (own, told)]
    assert weights[0] and weights[0].keys() == weights[1].keys()
    assert all(weights[1][rule] < weights[0][rule] / 2 for rule in weights[0])
