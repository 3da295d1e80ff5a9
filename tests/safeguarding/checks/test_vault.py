"""A piece of evidence opens only as it was sealed, under its key, and never again once erased."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from community.models import AuditEvent
from safeguarding.models import Evidence, EvidenceKey
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.vault import (
    EvidenceAltered,
    EvidenceErased,
    EvidenceKeyMissing,
    Piece,
    erase_evidence,
    open_evidence,
    rotate_evidence_keys,
    seal_pieces,
)

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def case(bob, room):
    return open_or_extend_case(
        actor=None, component="test", code="M1", severity="P2", subject=bob, room=room, automated=True
    )


def piece(text: str = "what was said", ref: str = "m1") -> Piece:
    return Piece(Evidence.Kind.MESSAGE, ref, {"id": ref, "revisions": [{"body": text}]})


def fresh(evidence: Evidence) -> Evidence:
    return Evidence.objects.select_related("key", "case").get(pk=evidence.pk)


def rewrite(evidence: Evidence, **columns: object) -> Evidence:
    """What an intruder with a shell would do: the triggers switched off, a row changed."""
    changed = fresh(evidence)
    for name, value in columns.items():
        setattr(changed, name, value)
    return changed


def test_sealed_piece_opens_as_it_was(case):
    [evidence] = seal_pieces(case=case, pieces=[piece("Été « 東京 »")])
    assert open_evidence(fresh(evidence))["revisions"][0]["body"] == "Été « 東京 »"
    assert "東京".encode() not in bytes(evidence.ciphertext)


def test_same_content_is_sealed_once_and_changed_content_becomes_the_next_version(case):
    seal_pieces(case=case, pieces=[piece()])
    assert seal_pieces(case=case, pieces=[piece()]) == []
    [second] = seal_pieces(case=case, pieces=[piece("edited")])
    assert second.ordinal == 1
    assert [open_evidence(e)["revisions"][0]["body"] for e in Evidence.objects.order_by("ordinal")] == [
        "what was said",
        "edited",
    ]


def test_each_piece_has_a_key_and_a_salt_of_its_own(case):
    seal_pieces(case=case, pieces=[piece(ref="m1"), piece(ref="m2")])
    keys = list(EvidenceKey.objects.all())
    assert len({bytes(key.wrapped) for key in keys}) == len({key.salt for key in keys}) == 2


@pytest.mark.parametrize("change", ["ciphertext", "ordinal", "source_ref", "kind", "frozen_at", "commitment"])
def test_any_change_to_a_piece_or_its_header_is_told(case, change):
    [evidence] = seal_pieces(case=case, pieces=[piece()])
    evidence = fresh(evidence)
    flipped = bytes(evidence.ciphertext[:-1]) + bytes([evidence.ciphertext[-1] ^ 1])
    columns = {
        "ciphertext": flipped,
        "ordinal": 7,
        "source_ref": "m2",
        "kind": Evidence.Kind.PROFILE,
        "frozen_at": case.opened_at,
        "commitment": "0" * 64,
    }
    with pytest.raises(EvidenceAltered):
        open_evidence(rewrite(evidence, **{change: columns[change]}))


def test_piece_moved_to_another_case_does_not_open(case, alice, room):
    other = open_or_extend_case(
        actor=None, component="test", code="C1", severity="P2", subject=alice, room=room, automated=True
    )
    [evidence] = seal_pieces(case=case, pieces=[piece()])
    with pytest.raises(EvidenceAltered):
        open_evidence(rewrite(evidence, case=other))


def test_erased_piece_never_opens_again_and_its_header_stays(case, sam):
    [evidence] = seal_pieces(case=case, pieces=[piece()])
    erase_evidence(actor=sam, evidence=evidence, reason="term over")
    left = Evidence.objects.get(pk=evidence.pk)
    with pytest.raises(EvidenceErased):
        open_evidence(left)
    assert left.commitment == evidence.commitment
    assert AuditEvent.objects.filter(action="evidence.erased", actor=sam).count() == 1
    erase_evidence(actor=sam, evidence=left, reason="again")
    assert AuditEvent.objects.filter(action="evidence.erased").count() == 1


def test_rotation_rewraps_without_opening_and_the_old_key_may_leave(case, sam, settings):
    settings.EVIDENCE_KEYS = {"old": OLD}
    [evidence] = seal_pieces(case=case, pieces=[piece()])
    settings.EVIDENCE_KEYS = {"new": NEW, "old": OLD}
    assert open_evidence(fresh(evidence))["id"] == "m1"
    assert rotate_evidence_keys(actor=sam) == 1
    assert rotate_evidence_keys(actor=sam) == 0
    settings.EVIDENCE_KEYS = {"new": NEW}
    assert open_evidence(fresh(evidence))["id"] == "m1"
    assert fresh(evidence).ciphertext == evidence.ciphertext


def test_missing_envelope_key_says_so(case, settings):
    settings.EVIDENCE_KEYS = {"old": OLD}
    [evidence] = seal_pieces(case=case, pieces=[piece()])
    settings.EVIDENCE_KEYS = {"new": NEW}
    with pytest.raises(EvidenceKeyMissing):
        open_evidence(fresh(evidence))


def test_wrong_envelope_key_under_the_right_name_opens_nothing(case, settings):
    settings.EVIDENCE_KEYS = {"old": OLD}
    [evidence] = seal_pieces(case=case, pieces=[piece()])
    settings.EVIDENCE_KEYS = {"old": NEW}
    with pytest.raises(EvidenceAltered):
        open_evidence(fresh(evidence))


@pytest.mark.invariant(5)
@pytest.mark.parametrize("sql", ["UPDATE {} SET ordinal = 9", "DELETE FROM {}"])
def test_database_refuses_to_change_evidence(case, sql):
    seal_pieces(case=case, pieces=[piece()])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(Evidence._meta.db_table))
    assert Evidence.objects.get().ordinal == 0
