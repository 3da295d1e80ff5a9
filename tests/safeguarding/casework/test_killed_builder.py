"""A worker killed while it builds a dossier leaves no half of one, and another builds it when its claim has run out."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import zipfile

import pytest
from django.utils import timezone

from safeguarding.dossier.verify import verify
from safeguarding.models import IncidentExport
from safeguarding.services import building, exports
from tests.harness.live import PROJECT, live_environment

# Builds as a worker does, and stops for ever in the midst of the transcript, saying so.
PROGRAM = """
import sys, time
import django
django.setup()
from safeguarding.dossier import bag
from safeguarding.services import building

def transcript_csv(case):
    yield b"half a line"
    yield b"x" * (2 << 20)
    sys.stdout.write("midway\\n")
    sys.stdout.flush()
    time.sleep(3600)
    yield b"never"

bag.transcript_csv = transcript_csv
building.build_export(export_pk=int(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "exports"


@pytest.mark.django_db(transaction=True)
def test_killed_worker_leaves_no_half_dossier_and_another_finishes(sam, case, own_folder, database, redis_server):
    export = exports.request_export(
        actor=sam, case=case, recipient="police", legal_basis="Requisition 2026/114", language="en"
    )
    environ = live_environment(url=database.url, redis=redis_server, var=own_folder.parent, port=1)
    worker = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(export.pk)], cwd=PROJECT, env=environ, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"midway\n"
        export.refresh_from_db()
        assert (export.state, export.file_name) == ("building", "")
        assert 0 < export.progress < 100
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=10)
    left = [path.name for path in own_folder.iterdir()]
    assert left
    assert all(".part" in name for name in left)  # nothing that could be taken for a dossier
    assert building.exports_waiting() == []
    assert not building.build_export(export_pk=export.pk)  # the claim still stands
    IncidentExport.objects.filter(pk=export.pk).update(claimed_until=timezone.now() - dt.timedelta(seconds=1))
    assert building.exports_waiting() == [export.pk]
    assert building.build_export(export_pk=export.pk)
    export.refresh_from_db()
    assert (export.state, export.progress) == ("ready", 100)
    assert [path.name for path in own_folder.iterdir()] == [export.file_name]
    assert verify.judge(str(own_folder / export.file_name), None)[1] == 3
    with zipfile.ZipFile(own_folder / export.file_name) as bag:
        assert not any(b"half a line" in bag.read(name) for name in bag.namelist())
