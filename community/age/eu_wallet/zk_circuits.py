"""Generates the allowed circuits into a folder: a minute each, once. Run by `manage.py make_zk_circuits`."""

from __future__ import annotations

import sys
from pathlib import Path

from pylongfellow.backends.google_cpp import circuit_id, generate_circuit

from .zk import CIRCUITS, circuit_file


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for circuit in CIRCUITS.values():
        made = generate_circuit(circuit.version, circuit.attributes)
        if circuit_id(made) != circuit.id:
            return 1
        draft = folder / f".{circuit.id}.draft"
        draft.write_bytes(made)
        draft.replace(circuit_file(folder, circuit))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
