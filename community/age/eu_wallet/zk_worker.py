"""Checks one proof and ends: 0 it holds, 3 it does not, 4 the circuit is not the one it should be; else it failed.

A process of its own with nothing to steal: no environment, no files but the circuit, bounded time and memory.
"""

from __future__ import annotations

import datetime as dt
import resource
import sys
from pathlib import Path

import cbor2
from pylongfellow import LongfellowError, Pylongfellow, mdoc
from pylongfellow.backends.google_cpp import circuit_id

SECONDS, BYTES = 20, 2 * 1024**3
HOLDS, DOES_NOT_HOLD, WRONG_CIRCUIT = 0, 3, 4


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    said = cbor2.loads(sys.stdin.buffer.read())
    circuit = Path(said["circuit"]).read_bytes()
    if circuit_id(circuit) != said["id"]:
        return WRONG_CIRCUIT
    claims = [mdoc.RequestedAttribute(said["namespace"], name, value) for name, value in said["claims"].items()]
    checker = Pylongfellow(backend="google-cpp")
    checker.load_circuit(circuit, said["version"], len(claims))
    try:
        checker.verify(
            mdoc.PublicKey(int.from_bytes(said["x"], "big"), int.from_bytes(said["y"], "big")),
            said["transcript"],
            claims,
            dt.datetime.fromtimestamp(said["at"], dt.UTC),
            said["proof"],
            said["doctype"],
            device_namespaces=b"\xa0",
        )
    except LongfellowError:
        return DOES_NOT_HOLD
    return HOLDS


if __name__ == "__main__":
    sys.exit(main())
