"""The bag: complete, accepted by others' validators, the same bytes each time, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit
import jsonschema
import pypdf
import pytest
import rfc8785

from safeguarding.dossier import bag as bag_module
from safeguarding.dossier.bag import BagResult, build_bag
from safeguarding.dossier.frozen import Circumstance, FrozenCase, FrozenCaseError
from safeguarding.dossier.report_json import report_json, report_schema
from safeguarding.dossier.sign import Signer
from tests.conftest import PROJECT
from tests.safeguarding.dossier.cases import conversation, grooming_case


def payload(result: BagResult, name: str) -> bytes:
    with zipfile.ZipFile(result.path) as archive:
        return archive.read(f"INC-2026-k7Qm2xT9/data/{name}")


def test_bag_holds_every_document(bag: BagResult) -> None:
    assert [file.path for file in bag.files] == [
        "data/report.fr.pdf",
        "data/report.en.pdf",
        "data/report.json",
        "data/report.schema.json",
        "data/transcript.jsonl",
        "data/transcript.csv",
        "data/transcript.html",
        "data/persons.json",
        "data/chronology.csv",
        "data/decisions.json",
        "data/notifications.json",
        "data/case.jsonld",
        "data/custody.jsonl",
        "data/hashes.csv",
        "data/access-log.csv",
        "data/connections.csv",
        "data/channels/pharos.txt",
        "data/channels/crip.pdf",
        "data/channels/dsa-art18.pdf",
        "data/channels/dsa-statements.json",
        "bagit.txt",
        "bag-info.txt",
        "README.en.txt",
        "README.fr.txt",
        "verify/verify.py",
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha512.txt",
        "signature/statement.txt",
        "signature/statement.sig",
        "signature/public-key.txt",
    ]
    assert bag.sha256 == hashlib.sha256(bag.path.read_bytes()).hexdigest()
    assert bag.size == bag.path.stat().st_size


def test_connections_stand_in_the_bag_only_when_handed_over(tmp_path: Path, signer: Signer) -> None:
    result = build_bag(grooming_case(connections=()), out=tmp_path / "a.zip", signer=signer)
    assert "data/connections.csv" not in [file.path for file in result.files]
    assert b"203.0.113.7" not in result.path.read_bytes()


def test_library_of_congress_validator_accepts_the_bag(folder: Path) -> None:
    opened = bagit.Bag(str(folder))
    assert opened.validate(processes=1)
    assert opened.info["External-Identifier"] == "INC-2026-k7Qm2xT9"
    assert opened.info["Payload-Oxum"].endswith(".20")


def test_same_case_and_key_give_the_same_bytes(bag: BagResult, tmp_path: Path, signer: Signer) -> None:
    again = build_bag(FrozenCase.from_json(grooming_case().to_json()), out=tmp_path / "b.zip", signer=signer)
    assert again.sha256 == bag.sha256
    assert again.path.read_bytes() == bag.path.read_bytes()


def test_another_process_with_another_hash_seed_gives_the_same_bytes(bag: BagResult, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from safeguarding.dossier.bag import build_bag; from safeguarding.dossier.sign import Signer\n"
        "from tests.safeguarding.dossier.cases import grooming_case\n"
        "out = build_bag(grooming_case(), out=Path(sys.argv[2]), signer=Signer.from_seed(bytes(range(32))))\n"
        "sys.stdout.write(out.sha256 + ' ' + str('django' in sys.modules))"
    )
    environment = {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LANG": "C"}
    out = subprocess.run(
        [sys.executable, "-c", program, str(PROJECT), str(tmp_path / "c.zip")],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert out.stdout == f"{bag.sha256} False"


def test_another_word_gives_other_bytes(bag: BagResult, tmp_path: Path, signer: Signer) -> None:
    case = grooming_case(circumstances=(Circumstance(key="place", answer="yes", detail="gare"),))
    assert build_bag(case, out=tmp_path / "d.zip", signer=signer).sha256 != bag.sha256


def test_progress_never_falls_and_ends_at_a_hundred(tmp_path: Path, signer: Signer) -> None:
    told: list[int] = []
    build_bag(grooming_case(), out=tmp_path / "e.zip", signer=signer, progress=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 100
    assert len(set(told)) > 5


def test_build_that_fails_midway_leaves_nothing_and_spares_the_old_file(
    tmp_path: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "f.zip"
    out.write_bytes(b"the one before")

    def fail(case: FrozenCase) -> Any:
        yield b"half a line"
        raise OSError("disk full")

    monkeypatch.setattr(bag_module, "transcript_csv", fail)
    with pytest.raises(OSError, match="disk full"):
        build_bag(grooming_case(), out=out, signer=signer)
    assert [path.name for path in tmp_path.iterdir()] == ["f.zip"]
    assert out.read_bytes() == b"the one before"


def test_case_no_document_can_carry_is_refused_before_anything_is_written(tmp_path: Path, signer: Signer) -> None:
    case = grooming_case(circumstances=(Circumstance(key="place", answer="yes", detail="\ud800"),))
    with pytest.raises(FrozenCaseError, match=r"circumstances\[0\]\.detail"):
        build_bag(case, out=tmp_path / "g.zip", signer=signer)
    assert list(tmp_path.iterdir()) == []


def test_report_json_is_canonical_valid_and_gives_the_case_back(bag: BagResult) -> None:
    raw = payload(bag, "report.json")
    document = json.loads(raw)
    assert rfc8785.dumps(document) == raw
    jsonschema.Draft202012Validator.check_schema(report_schema())
    jsonschema.Draft202012Validator(report_schema()).validate(document)
    assert FrozenCase.from_json(document["case"]) == grooming_case()
    assert document["names_minor"] is True


def test_schema_refuses_what_is_not_a_report() -> None:
    document = json.loads(report_json(grooming_case()))
    document["case"]["private_notes"] = "x"
    assert not jsonschema.Draft202012Validator(report_schema()).is_valid(document)
    document = json.loads(report_json(grooming_case()))
    document["case"]["opened_at"] = "2026-03-28T20:15:00Z"
    assert not jsonschema.Draft202012Validator(report_schema()).is_valid(document)


def test_schema_in_the_docs_is_the_one_the_code_writes() -> None:
    kept = json.loads((PROJECT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    assert kept == report_schema()


def test_transcript_tells_every_version_with_utc_milliseconds_and_zone(bag: BagResult) -> None:
    lines = [json.loads(line) for line in payload(bag, "transcript.jsonl").splitlines()]
    assert [line["id"] for line in lines] == [message.id for message in grooming_case().messages]
    assert [version["text"] for version in lines[0]["versions"]] == [
        "Salut ! Tu as l’air plus mûre que les autres ici.",
        "Salut ! Tu as l’air sympa.",
    ]
    assert lines[0]["sent_at"] == "2026-03-28T20:15:00.250Z"
    assert lines[0]["sent_local"] == "2026-03-28T21:15:00.250+01:00"
    assert lines[0]["zone"] == "Europe/Paris"
    assert lines[0]["author_pseudonym_then"] == "Maxime"


def test_transcript_table_has_one_row_a_version(bag: BagResult) -> None:
    rows = list(csv.DictReader(io.StringIO(payload(bag, "transcript.csv").decode("utf-8-sig"), newline="")))
    assert len(rows) == 11
    assert [(row["message"], row["version"], row["shown_to_others"]) for row in rows[:3]] == [
        ("m00000", "1", "no"),
        ("m00000", "2", "yes"),
        ("m00001", "1", "yes"),
    ]
    assert rows[-1]["state"] == "held"
    assert rows[-1]["shown_to_others"] == "no"
    assert "M1:m1.meeting@3f2a91[0,63)" in rows[-1]["findings"]


def test_decisions_carry_the_reasons_as_sent(bag: BagResult) -> None:
    document = json.loads(payload(bag, "decisions.json"))
    assert document["decisions"][0]["statement"]["body"] == grooming_case().decisions[0].statement.body  # type: ignore[union-attr]  # the case has one
    assert document["decisions"][0]["second_person"]["name"] == "Sam Moreau"
    assert document["measures"][0]["kind"] == "pause_contact"


def test_no_file_names_the_notifier_or_holds_private_notes(bag: BagResult) -> None:
    with zipfile.ZipFile(bag.path) as archive:
        for name in archive.namelist():
            if name.endswith((".py", ".schema.json", ".pdf")):
                continue
            text = archive.read(name).decode("utf-8-sig")
            assert "private" not in text, name
            assert "reporter" not in text, name
    persons = json.loads(payload(bag, "report.json"))["case"]["persons"]
    notifier = next(person for person in persons if "notifier" in person["roles"])
    assert {key: value for key, value in notifier.items() if value} == {"id": "N1", "roles": ["notifier"]}


@pytest.mark.skipif(sys.platform != "linux", reason="what a process weighed at most is read from /proc")
def test_ten_thousand_messages_are_built_in_bounded_memory_with_progress(tmp_path: Path) -> None:
    """In a process of its own, so that memory is the building’s, whatever else runs here. How long it takes is
    measured by `python -m tests.bench.dossier`, and asserted nowhere."""
    program = (
        "import json, sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from safeguarding.dossier.bag import build_bag; from safeguarding.dossier.sign import Signer\n"
        "from tests.safeguarding.dossier.cases import GROOMING, conversation, grooming_case\n"
        "lines = [(a, f'{i} {t * 3}', k) for i in range(1000) for a, t, k in GROOMING]\n"
        "case = grooming_case(messages=conversation(lines, code='M1'))\n"
        "told = []\n"
        "build_bag(case, out=Path(sys.argv[2]), signer=Signer.from_seed(bytes(32)), progress=told.append)\n"
        # Not ru_maxrss: that of a child begins with what its parent weighed before exec.
        "status = dict(line.split(':', 1) for line in Path('/proc/self/status').read_text().splitlines())\n"
        "peak = int(status['VmHWM'].split()[0]) // 1024\n"
        "sys.stdout.write(json.dumps([len(case.messages), told, peak]))"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, str(PROJECT), str(tmp_path / "big.zip")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    messages, told, megabytes = json.loads(out.stdout)
    assert messages == 10_000
    assert megabytes < 500
    assert told == sorted(told)
    assert told[-1] == 100
    assert len(set(told)) > 10
    with zipfile.ZipFile(tmp_path / "big.zip") as archive:
        assert archive.read("INC-2026-k7Qm2xT9/data/transcript.jsonl").count(b"\n") == 10_000
        assert len(pypdf.PdfReader(io.BytesIO(archive.read("INC-2026-k7Qm2xT9/data/report.fr.pdf"))).pages) < 60


def test_message_ids_in_a_long_conversation_stay_in_order(tmp_path: Path, signer: Signer) -> None:
    lines = [("bob", f"ligne {number}", ()) for number in range(500)]
    case = grooming_case(messages=conversation(lines, code="M1"), alerts=(), reports=())
    result = build_bag(case, out=tmp_path / "h.zip", signer=signer)
    ids = [json.loads(line)["id"] for line in payload(result, "transcript.jsonl").splitlines()]
    assert ids == [message.id for message in case.messages]
