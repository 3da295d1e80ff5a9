"""What was said in a case, as whoever works it reads it: every version of every message, with findings cut out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Prefetch

from chat.models import Message, MessageRevision

from .models import Case, RiskCheck, RiskSignal
from .services.evidence import messages_of

CONVERSATION_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `rules` name what was found in it, empty for ordinary words."""

    text: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a message, with what was found in it."""

    revision: MessageRevision
    pieces: Sequence[Piece]

    @property
    def found(self) -> list[str]:
        """The rules met in the words, each once."""
        return list(dict.fromkeys(rule for piece in self.pieces for rule in piece.rules))

    def meets(self, rules: Iterable[tuple[str, str]]) -> bool:
        """Whether one of these (rule, version) was met in it."""
        return not {f"{rule} · {version}" for rule, version in rules}.isdisjoint(
            found.partition(" · ")[2] for found in self.found
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the conversation, as a moderator reads it."""

    message: Message
    versions: Sequence[Version]  # oldest first; never empty
    marked: bool  # an alert, a report or a finding points to it
    reported: bool
    roles: Sequence[str]  # what its author is in the case

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    @property
    def earlier(self) -> Sequence[Version]:
        """The versions before the last one."""
        return self.versions[:-1]


def conversation(
    case: Case, *, roles: Mapping[int, Sequence[str]], pointed: set[str], reported: set[int | None]
) -> tuple[list[Line], bool]:
    """The last CONVERSATION_LIMIT messages frozen for a case. Returns (lines, whether older ones were left out)."""
    signals = Prefetch("signals", RiskSignal.objects.order_by("span_start"))
    found = (
        messages_of(case)
        .select_related("author", "room", "reply_to__author")
        .prefetch_related(
            Prefetch("revisions", MessageRevision.objects.order_by("number")),
            Prefetch("checks", RiskCheck.objects.prefetch_related(signals)),
        )
    )
    newest = list(found.reverse()[: CONVERSATION_LIMIT + 1])
    lines = []
    for message in reversed(newest[:CONVERSATION_LIMIT]):
        checks = {check.revision: check for check in message.checks.all()}
        versions = [_version(revision, checks.get(revision.number)) for revision in message.revisions.all()]
        told = any(version.found for version in versions)  # what was edited away was said all the same
        lines.append(
            Line(
                message=message,
                versions=versions,
                marked=told or message.public_id in pointed or message.pk in reported,
                reported=message.pk in reported,
                roles=roles.get(message.author_id, ()),
            )
        )
    return lines, len(newest) > CONVERSATION_LIMIT


def _version(revision: MessageRevision, check: RiskCheck | None) -> Version:
    """What the screen and the full check found in one version of a message, cut out of its words."""
    spans = {(f["span"][0], f["span"][1], f"{f['code']} · {f['rule']} · {f['version']}") for f in revision.findings}
    if check is not None:
        spans |= {(s.span_start, s.span_end, f"{s.code} · {s.rule} · {s.version}") for s in check.signals.all()}
    return Version(revision, cut(revision.body, spans))


def cut(text: str, spans: Iterable[tuple[int, int, str]]) -> list[Piece]:
    """Cut `text` at the edges of `spans` (start, end, rule; code points). Joined, the pieces are the text again."""
    inside = [(max(0, a), min(len(text), b), rule) for a, b, rule in spans if a < b and a < len(text)]
    edges = sorted({0, len(text), *(a for a, _b, _r in inside), *(b for _a, b, _r in inside)})
    return [
        Piece(text[a:b], tuple(sorted({rule for x, y, rule in inside if x <= a and b <= y})))
        for a, b in pairwise(edges)
        if a < b
    ]
