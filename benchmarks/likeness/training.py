"""The network of `safeguarding.detection.network`, trained on the same talks as the sums.

A risky talk is read when an alert is still useful and at its end, another at its end and at two moments before. Each
time anew a part of what was said is left out, and harmless things are put beside, between and before the messages: what
a talk is must not hang on one word, nor be hidden by friendly ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse
from sklearn.neural_network import MLPClassifier

from safeguarding.detection import network
from safeguarding.detection.likeness import CODES

from .learning import LEAST_SOURCES, SEEN_ALWAYS
from .reading import Talk

UNITS = 32
ROUNDS = 3
LEAST_TIMES = 3  # that a thing must have been written to be learned
DISTURBED = 0.5  # of the talks get harmless things into them
PUT_INTO = 0.6  # of these go into a message, the others between two
LED_IN = 0.2  # of the talks begin with small talk
SHORT = 60  # things at most in what is put there
LEFT_OUT = 0.6  # at most, of what was said
SETTINGS = {"alpha": 3e-3, "batch_size": 128, "learning_rate_init": 1e-3, "random_state": 0}

Message = tuple[str, np.ndarray]


def _vocabulary(talks: Sequence[Talk]) -> tuple[list[str], np.ndarray]:
    """The things to learn, and how much each counts: the rarer, the more."""
    sources: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    for talk in talks:
        for _, things in talk.messages:
            times.update(things)
            for thing in things:
                sources[thing].add(talk.source)
    things = sorted(one for one, by in sources.items() if len(by) >= LEAST_SOURCES and times[one] >= LEAST_TIMES)
    messages = sum(len(talk.messages) for talk in talks)
    return things, np.log(messages / np.array([times[one] for one in things])) / SEEN_ALWAYS


class _Rows:
    """Examples of talks, each time disturbed otherwise."""

    def __init__(self, talks: Sequence[Talk]) -> None:
        self.things, self.counts = _vocabulary(talks)
        places = {thing: place for place, thing in enumerate(self.things)}
        self.talks = [
            (talk, [(author, np.array(sorted(places[one] for one in said if one in places), dtype=np.int64))
                    for author, said in talk.messages])
            for talk in talks
        ]  # fmt: skip
        self.harmless = [
            said for talk, messages in self.talks if not talk.codes for _, said in messages if 1 < len(said) < SHORT
        ]
        self.random = np.random.default_rng(0)

    def drawn(self) -> tuple[sparse.csr_matrix, np.ndarray]:
        """One round: (examples, 2 x things), and what each is: risky at all, then each code."""
        values, columns, ends, answers = [], [], [0], []
        for talk, messages in self.talks:
            disturbed, until = self._disturbed(messages, talk.until)
            for person in sorted({author for author, _ in disturbed}):
                meant = talk.codes if person in talk.subjects else ()
                for row in self._examples(disturbed, person, until if meant else 0):
                    kept = self.random.random(len(row)) > LEFT_OUT * self.random.random()
                    columns.append(np.fromiter(row.keys(), np.int64, len(row))[kept])
                    values.append(np.fromiter(row.values(), np.float32, len(row))[kept])
                    ends.append(ends[-1] + len(columns[-1]))
                    answers.append([bool(meant), *(code in meant for code in CODES)])
        parts = (np.concatenate(values), np.concatenate(columns), ends)
        return sparse.csr_matrix(parts, shape=(len(answers), 2 * len(self.things))), np.array(answers)

    def _disturbed(self, messages: Sequence[Message], until: int) -> tuple[list[Message], int]:
        made = list(messages)
        for _ in range(self.random.integers(1, 5) if self.random.random() < DISTURBED else 0):
            place = int(self.random.integers(len(made)))
            author, said = made[place]
            other = self.harmless[self.random.integers(len(self.harmless))]
            if self.random.random() < PUT_INTO:
                made[place] = (author, np.union1d(said, other))
            else:
                made.insert(place, (author, other))
                until += place < until
        if self.random.random() < LED_IN:
            before = self.random.integers(len(self.harmless), size=self.random.integers(4, 32))
            authors = [author for author, _ in messages]
            made[:0] = [(authors[turn % len(authors)], self.harmless[one]) for turn, one in enumerate(before)]
            until += len(before)
        return made, until

    def _examples(self, messages: Sequence[Message], person: str, until: int) -> Iterator[dict[int, float]]:
        """What a person and others had said: at `until` messages, when an alert is still useful, and at the end of a
        risky talk; at its end and two other moments of any other (`until` is 0).
        """
        last = len(messages) - 1
        first = next(place for place, (author, _) in enumerate(messages) if author == person)
        if until:
            moments = {until - 1, last}
        else:
            moments = {last, *(int(self.random.integers(first, last + 1)) for _ in range(2))}
        sums: dict[int, float] = {}
        for place, (author, said) in enumerate(messages):
            sums = {thing: value * network.KEPT for thing, value in sums.items()}
            away = 0 if author == person else len(self.things)
            for thing in said.tolist():
                sums[away + thing] = sums.get(away + thing, 0.0) + self.counts[thing]
            if place in moments and place >= first:
                yield sums


def trained(talks: Sequence[Talk], learned_from: str = "") -> bytes:
    """The file of a network (see `network.packed`)."""
    rows = _Rows(talks)
    model = MLPClassifier((UNITS,), **SETTINGS)
    for _ in range(ROUNDS):
        table, answers = rows.drawn()
        order = rows.random.permutation(len(answers))
        for start in range(0, len(order), 4096):
            part = order[start : start + 4096]
            model.partial_fit(table[part], answers[part], classes=list(range(1 + len(CODES))))
    (first, out), (bias, out_bias), size = model.coefs_, model.intercepts_, len(rows.things)
    weighed = first * np.concatenate([rows.counts, rows.counts])[:, None]
    return network.packed(rows.things, weighed[:size], weighed[size:], bias, out, out_bias, learned_from)
