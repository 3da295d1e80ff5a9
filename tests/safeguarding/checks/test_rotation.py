"""manage.py rotate_evidence_keys: all or the rest, and the old key may leave when it says so."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from community.services.sealing import seal_audit, verify_audit
from safeguarding.models import Evidence, EvidenceKey
from safeguarding.services.cases import open_or_extend_case
from safeguarding.services.vault import EvidenceErased, Piece, erase_evidence, open_evidence, seal_pieces

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def sealed(bob, room, settings):
    settings.EVIDENCE_KEYS = {"old": OLD}
    case = open_or_extend_case(
        actor=None, component="test", code="M1", severity="P2", subject=bob, room=room, automated=True
    )
    return seal_pieces(case=case, pieces=[Piece(Evidence.Kind.MESSAGE, f"m{n}", {"id": f"m{n}"}) for n in range(5)])


def test_command_wraps_everything_anew_and_names_the_key_that_may_go(sealed, settings, capsys):
    settings.EVIDENCE_KEYS = {"new": NEW, "old": OLD}
    call_command("rotate_evidence_keys", verbosity=0)
    assert capsys.readouterr().out == "5 keys wrapped anew. These may leave EVIDENCE_KEYS: old.\n"
    settings.EVIDENCE_KEYS = {"new": NEW}
    for piece in Evidence.objects.all():
        assert open_evidence(piece)["id"] == piece.source_ref
    call_command("rotate_evidence_keys", verbosity=0)
    assert capsys.readouterr().out == "0 keys wrapped anew.\n"


def test_missing_old_key_is_told_and_changes_nothing(sealed, settings):
    settings.EVIDENCE_KEYS = {"new": NEW}
    with pytest.raises(CommandError, match="EVIDENCE_KEYS"):
        call_command("rotate_evidence_keys", verbosity=0)
    assert set(EvidenceKey.objects.values_list("key_id", flat=True)) == {"old"}


def test_wrong_old_key_is_told(sealed, settings):
    settings.EVIDENCE_KEYS = {"new": NEW, "old": b"x" * 32}
    with translation.override("en"), pytest.raises(CommandError, match="changed after it was frozen"):
        call_command("rotate_evidence_keys", verbosity=0)


def test_erasure_destroys_the_key_and_leaves_the_chain_valid(sealed, sam):
    seal_audit(whole=True)
    erase_evidence(actor=sam, evidence=sealed[0], reason="term over")
    seal_audit(whole=True)
    with pytest.raises(EvidenceErased):
        open_evidence(Evidence.objects.get(pk=sealed[0].pk))
    assert open_evidence(Evidence.objects.get(pk=sealed[1].pk))["id"] == "m1"
    found = verify_audit()
    assert found.holds
    assert found.unsealed == 0
