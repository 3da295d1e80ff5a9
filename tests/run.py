"""`make test`: the suite in parts that run at the same time, as one alone leaves a core waiting for what it started.

What touches a database runs once on each; everything else is a part of its own. The first part speaks while it runs,
what the others print follows when they end. The exit status is 0 only when every part passed.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from typing import IO

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    options, arguments = parser.parse_known_args()
    databases = options.databases.split(",")
    rest = command(databases[0], "rest", arguments)
    first, *others = [command(database, "database", arguments) for database in databases]
    compile_rules()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends this ends what it started
    beside = [start(one) for one in (rest, *others)]
    try:
        statuses = [subprocess.call(first)]
        for run, printed in beside:
            statuses.append(run.wait())
            printed.seek(0)
            print(printed.read().decode("utf-8", "replace"), flush=True)
    except KeyboardInterrupt:
        return 130
    finally:
        for run, _printed in beside:
            run.terminate()
            run.wait()
    # A choice of tests may hold none of a part.
    nothing = pytest.ExitCode.NO_TESTS_COLLECTED
    if arguments and any(status != nothing for status in statuses):
        statuses = [status for status in statuses if status != nothing]
    return next((status for status in statuses if status), 0)


def compile_rules() -> None:
    """Once, into the cache that the tests share, and not in every part at the same time."""
    words = b"".join(b'{"id": "1", "lang": "%s", "text": "bonjour"}\n' % language for language in (b"fr", b"en"))
    subprocess.run([sys.executable, "manage.py", "assess_texts"], input=words, stdout=subprocess.DEVNULL, check=True)


def command(database: str, part: str, arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "--databases", database, "--part", part, *arguments]


def start(part: list[str]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """A part beside the first, with what it prints kept for later."""
    printed = tempfile.TemporaryFile()  # noqa: SIM115  read when the part has ended
    return subprocess.Popen(part, stdout=printed, stderr=subprocess.STDOUT), printed


if __name__ == "__main__":
    sys.exit(main())
