"""`python -m tests.bench.dossier`: how long a dossier of ten thousand messages takes, and how much memory."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from safeguarding.dossier.bag import build_bag
from safeguarding.dossier.redact import redact
from safeguarding.dossier.sign import Signer
from safeguarding.dossier.verify import verify
from tests.safeguarding.dossier.cases import GROOMING, conversation, grooming_case


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.dossier")
    parser.add_argument("--messages", type=int, default=10_000)
    count = parser.parse_args().messages
    lines = [GROOMING[index % len(GROOMING)] for index in range(count)]
    said = [(author, f"{index} {text * 3}", tactics) for index, (author, text, tactics) in enumerate(lines)]
    case = grooming_case(messages=conversation(said, code="M1"))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "dossier.zip"
        start, used = time.perf_counter(), time.process_time()
        masked = redact(case).case
        redacted = time.process_time() - used
        shown: list[int] = []

        def progress(per_cent: int) -> None:
            if not shown or per_cent >= shown[-1] + 10:
                shown.append(per_cent)
                print(f"  {per_cent:3} %  {time.perf_counter() - start:5.1f} s")

        result = build_bag(masked, out=out, signer=Signer.from_seed(bytes(32)), progress=progress)
        built = time.process_time() - used
        verified = time.process_time()
        assert verify.judge(str(out), result.fingerprint)[1] == 0
        verified = time.process_time() - verified
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{count} messages: masked in {redacted:.1f} s, masked and built in {built:.1f} s of one core")
    took = time.perf_counter() - start
    print(f"{took:.1f} s in all, {result.size / 1e6:.1f} MB, verified in {verified:.1f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
