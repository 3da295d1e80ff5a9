"""`make likeness`: learns the weights and the network of `safeguarding.detection.likeness` from the written pairs, and
measures them.

    python -m benchmarks.likeness             learn from everything and write the files
    python -m benchmarks.likeness --measure   learn from all authors but one, judge that one's pairs, for each in turn

The second is what the first may be believed by: who wrote the words that are judged wrote none of those learned from.
The same input gives the same files. Needs requirements-training.txt; nothing here is imported by the project.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable

from benchmarks.detection import talks
from benchmarks.detection.corpora import Line, lines
from benchmarks.detection.figures import share
from safeguarding.detection import likeness
from safeguarding.detection.network import unpacked
from safeguarding.detection.rulesets import LANGS, load_ruleset

from .corpus import PAIRS, author_of, conversations, digest
from .learning import learned, written
from .reading import Talk, read_talk
from .training import trained


def main() -> None:
    parser = argparse.ArgumentParser(prog="make likeness")
    parser.add_argument("--measure", action="store_true", help="leave out one author after the other, write nothing")
    options = parser.parse_args()
    ruleset = load_ruleset()
    for lang in LANGS:
        pairs = list(lines(PAIRS / f"{lang}.jsonl"))
        base = [read_talk(line, ruleset) for line in conversations(lang)]
        read = [(line, read_talk(line, ruleset)) for line in pairs]
        if options.measure:
            _measure(lang, read, base, lambda line: talks.judge(line, ruleset))
        else:
            together = [*base, *(talk for _, talk in read)]
            text = written(learned(together), digest(lang))
            (likeness.FOLDER / f"{lang}.tsv").write_text(text, encoding="utf-8")
            (likeness.FOLDER / f"{lang}.npz").write_bytes(trained(together, digest(lang)))
            sys.stdout.write(f"{lang}: {len(read)} conversations, {text.count(chr(10))} things that weigh\n")


def _measure(
    lang: str, read: list[tuple[Line, Talk]], base: list[Talk], judge: Callable[[Line], talks.Judgement]
) -> None:
    found: list[talks.Judgement] = []
    for author in sorted({author_of(line) for line, _ in read}):
        others = [talk for line, talk in read if author_of(line) != author]
        network = unpacked(trained([*base, *others]))
        weights = likeness.parsed(written(learned([*base, *others])), lang, network)
        mine = [line for line, _ in read if author_of(line) == author]
        with likeness.instead(lang, weights):
            judged = [judge(line) for line in mine]
        _tell(f"{lang} {author}", judged)
        found += judged
    _tell(f"{lang} together", found)


def _tell(name: str, judged: Iterable[talks.Judgement]) -> None:
    held = list(judged)
    risks, benign = [j for j in held if j.risky], [j for j in held if not j.risky]
    sys.stdout.write(
        f"{name:<22} in time {share(j.right for j in risks) or 0:.3f}"
        f"  any time {share(j.delay is not None for j in risks) or 0:.3f} of {len(risks)}"
        f"  benign twins that alert {share(j.false for j in benign) or 0:.3f} of {len(benign)}"
        f"  protected accused {sum(j.victim for j in risks)}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
