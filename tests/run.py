"""`make test`: the suite once a database, both at the same time: one alone leaves a core waiting for what it started.

The first run has every test; the others have those that touch a database, which is their own. What the others print
follows when they end. The exit status is 0 only when every run passed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from typing import IO

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    options, arguments = parser.parse_known_args()
    first, *others = options.databases.split(",")
    beside = [start(database, arguments) for database in others]
    try:
        statuses = [subprocess.call([*command(first), *arguments])]
        for run, printed in beside:
            status = run.wait()
            printed.seek(0)
            print(printed.read().decode("utf-8", "replace"), flush=True)
            # A choice of tests may hold none that touches a database.
            statuses.append(0 if arguments and status == pytest.ExitCode.NO_TESTS_COLLECTED else status)
    except KeyboardInterrupt:
        return 130
    finally:
        for run, _printed in beside:
            run.terminate()
            run.wait()
    return next((status for status in statuses if status), 0)


def start(database: str, arguments: list[str]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """A run beside the first, with what it prints kept for later."""
    printed = tempfile.TemporaryFile()  # noqa: SIM115  read when the run has ended
    run = subprocess.Popen(
        [*command(database), "--only-database", *arguments], stdout=printed, stderr=subprocess.STDOUT
    )
    return run, printed


def command(database: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "--databases", database]


if __name__ == "__main__":
    sys.exit(main())
