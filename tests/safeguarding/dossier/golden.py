"""Golden dossiers: what five cases, in both languages, become, file by file. The hashes stand in golden.json.

`python -m tests.safeguarding.dossier.golden` writes them anew, after looking at the pages; `... FOLDER` also leaves
the dossiers there, to be looked at. A new version of typst may change the PDFs: then look, and write.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from safeguarding.dossier.bag import BagResult, build_bag
from safeguarding.dossier.redact import redact
from safeguarding.dossier.sign import Signer
from tests.safeguarding.dossier.codes import CODES, Language

KEPT = Path(__file__).with_name("golden.json")
LANGUAGES: tuple[Language, ...] = ("fr", "en")
SIGNER = Signer.from_seed(bytes(range(32)))


def build(code: str, language: Language, folder: Path) -> BagResult:
    """The dossier of a code as its recipient may read it."""
    case = redact(CODES[code](language)).case
    return build_bag(case, out=folder / f"{code}.{language}.zip", signer=SIGNER)


def hashes(result: BagResult) -> dict[str, str]:
    """{path in the bag: SHA-256}, and that of the whole archive under "zip"."""
    return {"zip": result.sha256, **{file.path: file.sha256 for file in result.files}}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    told = {f"{code}.{language}": hashes(build(code, language, folder)) for code in CODES for language in LANGUAGES}
    KEPT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
