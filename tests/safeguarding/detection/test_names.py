"""Room names and pseudonyms, weighed as a whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding.detection.names import assess_room_name, pseudonym_is_refused
from tests.conftest import shared_path


@pytest.mark.parametrize(
    ("name", "topic", "decision"),
    [
        ("lycéenne", "", "refuse"),
        ("p3t1tes l y c é e n n e s", "", "refuse"),
        ("Cherche collégienne discrète", "", "refuse"),
        ("Daddy cherche ado", "", "refuse"),
        ("Hot teens only", "", "refuse"),
        ("Ados cam coquine", "", "refuse"),
        ("Ma femme endormie", "à son insu", "refuse"),
        ("Casser du pd", "", "refuse"),
        ("Vente de weed", "livraison", "refuse"),
        ("Nudes de mon ex", "échange", "refuse"),
        ("Mort aux juifs", "", "refuse"),
        ("lycéenne13", "", "refuse"),
        ("13-15 ans", "filles", "refuse"),
        ("chemsub", "", "refuse"),
        ("Sommeil profond", "épouses qui dorment", "refuse"),
        ("While she sleeps", "", "refuse"),
        ("Mari complice", "", "refuse"),
        ("Chloroforme", "", "refuse"),
        ("Épouse offerte", "", "review"),
        ("Ados chauds", "", "refuse"),
        ("Jeune et innocente", "", "refuse"),
        ("Éphèbes imberbes 13", "", "refuse"),
        ("Pucelles", "", "review"),
        ("École de filles // papas bienvenus", "", "refuse"),
        ("ly¢éenne", "", "refuse"),
        ("Vin chaud et marché de Noël", "", "allow"),
        ("Jeanne d'Arc, la pucelle d'Orléans", "", "allow"),
        ("École de filles", "", "allow"),
        ("École de musique, adultes bienvenus", "", "allow"),
        ("Fans de Lolita Lempicka parfums", "", "allow"),
        ("Lycéennes scientifiques - olympiades", "", "allow"),
        ("PlanCulLille", "", "review"),
        ("Gouines et fières", "asso", "review"),
        ("Pédé(e)s fiers - asso", "", "review"),
        ("Pédés fiers", "", "review"),
        ("Marche des fiertés - pédés et gouines", "", "review"),
        ("Fierté pédé·e", "", "review"),
        ("Pédés", "", "refuse"),
        ("Sales pédés", "fierté", "refuse"),
        ("Mort aux pédés fiers", "", "refuse"),
        ("U15 filles basket", "", "allow"),
        ("Filles du 13", "", "allow"),
        ("Troubles du sommeil", "entraide", "allow"),
        ("Minecraft13", "", "allow"),
        ("Plan cul Lille", "", "review"),
        ("Ados 15-17 rencontres", "", "review"),
        ("16-25 ans", "discussion", "review"),
        ("Appelez moi", "06 39 98 12 34", "review"),
        ("Lycée Voltaire - entraide maths", "scolaire", "allow"),
        ("Lycéennes foot féminin", "sport", "allow"),
        ("Jeunes LGBT : soutien", "écoute", "allow"),
        ("Gays 30+ Paris", "rencontres", "allow"),
        ("Kill the boss - raid planning", "gaming", "allow"),
        ("Suicide prevention volunteers", "support", "allow"),
        ("Harcèlement scolaire : on en parle", "soutien", "allow"),
        ("Femmes de chambre en grève", "syndicat", "allow"),
        ("13-14 tranquille", "", "allow"),
        ("Cuisine", "recettes et lycéennes", "review"),
        ("Tricot", "mp si t'as moins de 15 ans", "review"),
        ("Aide aux devoirs", "lycée, mp si besoin", "allow"),
        ("-18 bienvenue", "rencontres", "review"),
        ("Célib moins de 18", "", "review"),
        ("Promos -15 % et -18 degrés", "", "allow"),
        ("12-15 ans", "", "review"),
        ("Échecs 12-15 ans", "", "allow"),
        ("ado dispo ce soir", "", "review"),
        ("Guitare pour ados", "", "allow"),
        ("jf 15", "", "refuse"),
        ("14f", "", "refuse"),
        ("Knitting", "14f here", "review"),
        ("F16 et avions de chasse", "", "allow"),
        ("Filles de 2010", "", "refuse"),
        ("Films de 2010", "", "allow"),
        ("lyc éenne", "", "refuse"),
        ("ly céennes", "", "refuse"),
        ("Pas cale, calée", "", "allow"),
        ("Under 16s", "no parents", "review"),
        ("Insu", "ma femme dort", "refuse"),
        ("drug her drink", "", "refuse"),
        ("Insomnia support", "sleeping badly", "allow"),
        ("Stop pédophilie", "", "allow"),
        ("Chasse aux pédos", "", "refuse"),
        ("lycéens gay", "", "review"),
        ("lycéens gay dispo", "", "refuse"),
        ("Young farmers", "", "allow"),
        ("Petites annonces Lyon", "", "allow"),
        ("Sexualité : poser ses questions (planning familial)", "", "allow"),
        ("Petits et grands jeux", "", "allow"),
        ("Collège Jean Moulin, 4e B", "", "allow"),
        ("", "", "allow"),
        ("15-17 ans", "", "allow"),
        ("13-14", "", "allow"),
        ("13-15 ans", "", "review"),
        ("15-17 ans", "dispo", "review"),
        ("15-17 ans", "filles", "refuse"),
        ("Baby-sitting", "jf 16 cherche garde", "review"),
        ("Cherche guitariste 16 ans", "", "allow"),
        ("Groupe de rock cherche batteuse", "15-17 ans", "allow"),
        ("Cherche copine 16 ans", "", "refuse"),
        ("U13 filles", "", "allow"),
        ("Filles U15", "", "allow"),
        ("U15 filles", "dispo ce soir", "review"),
        ("U15 filles", "coquines", "refuse"),
        ("Filles -15 ans", "", "refuse"),
        ("Foyer des lycéens", "", "allow"),
        ("Vie lycéenne Voltaire", "", "allow"),
        ("Foyer des lycéens", "mp discret", "review"),
        ("Foyer", "lycéennes", "refuse"),
        ("Devoirs lycéennes", "photos bienvenues", "review"),
        ("Devoirs lycéennes", "selfies", "review"),
        ("Devoirs lycéennes", "dm", "review"),
        ("Foot lycéennes", "photos des matchs", "allow"),
    ],
)
def test_a_room_name_is_judged_as_a_whole(name: str, topic: str, decision: str) -> None:
    assert assess_room_name(name, topic).decision == decision


@pytest.mark.parametrize(
    "pseudonym",
    ["MaSalope", "pute_du_59", "xX_P3D3_Xx", "LeConnard", "0639981234", "jeune_lyceenne", "coquine14", "pd.lille"],
)
def test_an_offensive_or_reachable_pseudonym_is_refused(pseudonym: str) -> None:
    assert pseudonym_is_refused(pseudonym)


@pytest.mark.parametrize(
    "pseudonym",
    [
        "lea59",
        "Nathan",
        "Camille",
        "Cassandre",
        "Constance",
        "Scunthorpe",
        "Assia",
        "gay_et_fier",
        "Maxime2009",
        "le_chat_noir",
        "Analyse",
        "Bénédicte",
    ],
)
def test_an_ordinary_pseudonym_passes(pseudonym: str) -> None:
    assert not pseudonym_is_refused(pseudonym)


def test_the_public_sample_of_room_names_is_judged_right() -> None:
    rows = [
        json.loads(line) for line in shared_path("data/conversations/room_names_sample.jsonl").read_text().splitlines()
    ]
    wrong = [
        row["name"]
        for row in rows
        if assess_room_name(row["name"], row["topic"], row["lang"]).decision != row["expect"]
    ]
    assert len(wrong) <= 0.05 * len(rows), wrong


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=60), st.text(alphabet=st.characters(), max_size=60))
def test_any_name_gets_a_verdict(name: str, topic: str) -> None:
    verdict = assess_room_name(name, topic)
    whole = len(name) + (len(topic) + 3 if topic else 0)
    assert all(0 <= f.span[0] < f.span[1] <= whole for f in verdict.findings)
    pseudonym_is_refused(name)
