"""Logistic regression over what people wrote and what others answered, one for risk and one for each code.

A thing counts at most MOST times in a talk; what is seldom counts more (its inverse frequency), as what is common says
little; a risky talk is learned from twice, whole and as far as an alert is still useful.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from safeguarding.detection.likeness import ANSWERED, CODES, LEARNED_FROM, SAID

from .corpus import ROW
from .reading import Talk

MOST = 3
LEAST_SOURCES = 2  # of those who must have written a thing: what one alone writes says who, not what
LEAST_EXAMPLES = 6  # of a code; one with fewer is never the likeliest
UNKNOWN = -900
STRENGTH = 0.3  # C of the regression: the smaller, the plainer
SEEN_ALWAYS = 3.0  # log of how much rarer than everything a thing is whose weight is left as it is
SMALL, SMALL_FOR_A_CODE = 6, 8  # hundredths of a logit not worth a line

Weighed = dict[str, list[int]]  # thing -> what it weighs at all, then for each of CODES


def _counted(talk: Talk, person: str, until: int) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for author, things in talk.messages[:until]:
        counts.update((SAID if author == person else ANSWERED) + thing for thing in things)
    return {thing: min(count, MOST) for thing, count in counts.items()}


def _mixed(talks: Iterable[Talk]) -> Iterator[Talk]:
    """Every harmless message once more, among others that have nothing to do with it, as by nobody in particular: what
    only adds up by chance is no talk.
    """
    messages = [things for talk in talks if not talk.codes for _, things in talk.messages]
    order = np.random.default_rng(0).permutation(len(messages))
    for start in range(0, len(order), ROW):
        said = tuple((str(place % 2), messages[one]) for place, one in enumerate(order[start : start + ROW]))
        yield Talk(said, frozenset(), (), len(said), "")


def _examples(talks: Iterable[Talk]) -> tuple[list[dict[str, int]], list[tuple[str, ...]], list[str]]:
    rows: list[dict[str, int]] = []
    codes: list[tuple[str, ...]] = []
    sources: list[str] = []
    for talk in talks:
        for person in sorted({author for author, _ in talk.messages}):
            meant = talk.codes if person in talk.subjects else ()
            for until in sorted({len(talk.messages), talk.until} if meant else {len(talk.messages)}):
                rows.append(_counted(talk, person, until))
                codes.append(meant)
                sources.append(talk.source)
    return rows, codes, sources


def _kept(table: sparse.csc_matrix, sources: list[str]) -> np.ndarray:
    """The columns of things that enough sources have."""
    rows = [row for row, source in enumerate(sources) if source]
    names, of = np.unique([sources[row] for row in rows], return_inverse=True)
    said_by = sparse.csr_matrix((np.ones(len(of)), (of, rows)), shape=(len(names), len(sources)))
    return np.flatnonzero(np.diff((said_by @ table).tocsc().indptr) >= LEAST_SOURCES)


def learned(talks: Sequence[Talk]) -> Weighed:
    """What each thing weighs, and "start", in hundredths of a logit."""
    rows, meant, sources = _examples([*talks, *_mixed(talks)])
    vectorizer = DictVectorizer()
    table = vectorizer.fit_transform(rows).tocsc()
    seen, kept = np.diff(table.indptr), _kept(table, sources)
    scale = np.log(len(rows) / seen[kept]) / SEEN_ALWAYS
    scaled = (table[:, kept] @ sparse.diags(scale)).tocsr()
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    start, columns = [], []
    for code in (None, *CODES):
        answers = np.array([bool(codes) if code is None else code in codes for codes in meant])
        if answers.sum() < LEAST_EXAMPLES:
            start.append(UNKNOWN)
            columns.append(np.zeros(len(kept), dtype=int))
            continue
        model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0).fit(scaled, answers)
        start.append(round(100 * float(model.intercept_[0])))
        columns.append(np.rint(100 * model.coef_[0] * scale).astype(int))
    names = vectorizer.get_feature_names_out()[kept]
    weights = {str(name): [int(column[place]) for column in columns] for place, name in enumerate(names)}
    return {"start": start} | {name: row for name, row in weights.items() if abs(row[0]) >= SMALL}


def written(weighed: Weighed, learned_from: str = "") -> str:
    """The text of a file of weights (see `safeguarding.detection.likeness`); `learned_from` names the pairs."""
    lines = [f"{LEARNED_FROM}\t{learned_from}"]
    for thing, (at_all, *of_codes) in sorted(weighed.items()):
        told = [
            f"{code}:{weight}" for code, weight in zip(CODES, of_codes, strict=True) if abs(weight) >= SMALL_FOR_A_CODE
        ]
        lines.append("\t".join([thing, str(at_all), *told]))
    return "\n".join(lines) + "\n"
