"""The rules in force in this process: read from the rows, kept in memory, and read again when their digest is another.

Workers ask before each batch (`refreshed_rules`). Web processes have a thread that asks every WATCH_SECONDS
(`watch_rules`), so that the posting path never waits for it: what is new is read, compiled and tried, then swapped in.
An expression is left out from the moment its time is over, whether or not anybody has retired it by then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import hashlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connections
from django.db.models import Exists, Min, Q, QuerySet
from django.utils import timezone

from community.statements import composed

from .detection import engine
from .detection.lexicon import lexicon_for
from .detection.rulesets import (
    ENGINE,
    LANGS,
    Ruleset,
    RulesetError,
    default_paths,
    load_ruleset,
    parse_ruleset,
    reread_ruleset,
)
from .detection.staging import stage_ruleset
from .detection.types import Finding, Person, RoomInfo
from .models import Rule, RuleAlarm, RulePack, RulesInForce, Stage

logger = logging.getLogger(__name__)

# A broken rule set is tried again from time to time, not at every message.
RETRY_SECONDS = 30.0
WATCH_SECONDS = 2.0

# Which stages a view is made of, the one that wins first. A member is judged by LIVE, or by CANARY if in its share.
VIEWS = {
    Stage.LIVE: (Stage.LIVE,),
    Stage.CANARY: (Stage.CANARY, Stage.LIVE),
    Stage.SHADOW: (Stage.SHADOW, Stage.CANARY, Stage.LIVE),
}


@dataclasses.dataclass(frozen=True)
class Rulebook:
    """All that judges, or only watches, at one moment. `digest` is that of RulesInForce ("" before there is one)."""

    digest: str
    live: Ruleset
    canary: Ruleset | None = None
    canary_share: int = 0  # percent of the members
    shadow: Ruleset | None = None
    shadowed: frozenset[str] = frozenset()  # the versions that are recorded and never act
    spent: frozenset[str] = frozenset()  # rules that have refused as much as a day allows: they hold instead
    until: dt.datetime | None = None  # when the time of one of its expressions is over, and it must be read again

    @property
    def is_over(self) -> bool:
        """Whether one of its expressions has had its time."""
        return self.until is not None and self.until <= timezone.now()

    def acting_for(self, member: str) -> Ruleset:
        """The rules that judge what this member (public id) writes."""
        if self.canary is not None and in_canary(member, self.canary_share):
            return self.canary
        return self.live

    def holds_instead(self, findings: Sequence[Finding], ruleset: Ruleset) -> bool:
        """Whether what would be refused for these findings is held, for every rule that refuses it is spent."""
        return bool(self.spent) and engine.refusing(findings, ruleset) <= self.spent


def in_canary(member: str, share: int) -> bool:
    """Whether a member is in the share: always the same ones, and those of a smaller share are in every larger one."""
    drawn = int.from_bytes(hashlib.blake2b(member.encode(), digest_size=4, person=b"havre-canary").digest())
    return drawn % 100 < share


_book: Rulebook | None = None
_broken: tuple[str, float, Exception] | None = None  # the digest of rules that could not be used, when, and why
_lock = threading.Lock()


def current_rules() -> Rulebook:
    """The rules this process has. Raises what loading them raised (RulesetError names file, rule and reason): callers
    hold. Costs nothing once they are loaded."""
    return _book or refreshed_rules()


def current_ruleset() -> Ruleset:
    """The LIVE rules: for what is judged the same for everybody, such as names."""
    return current_rules().live


def refreshed_rules() -> Rulebook:
    """The rules in force now: one small query, and the reading and compiling only if they have changed.

    Rules that cannot be read leave those this process has in force, loudly; a process without any raises. A database
    that does not answer leaves them too; without any, as before the first migrate, those of this version judge.
    """
    global _book, _broken
    with _lock:
        try:
            digest, share, spent = _in_force()
        except DatabaseError:
            if _book is None:
                return _read("", 0)  # not kept: what is in force is asked again the next time
            logger.critical(
                "the rules in force cannot be asked for: those of %s stay", _book.digest[:12], exc_info=True
            )
            return _book
        if _book is not None and _book.digest == digest and not _book.is_over:
            if _book.spent != spent:
                _book = dataclasses.replace(_book, spent=spent)
            return _book
        if _broken is not None and _broken[0] == digest and time.monotonic() - _broken[1] < RETRY_SECONDS:
            if _book is None:
                raise _broken[2]
            return _book
        try:
            _book = dataclasses.replace(_read(digest, share), spent=spent)
        except Exception as error:
            if not isinstance(error, DatabaseError):  # a database that is busy says nothing of the rules
                _broken = (digest, time.monotonic(), error)
            if _book is None:
                raise
            logger.critical("the rules in force cannot be read: those of %s stay", _book.digest[:12], exc_info=True)
            return _book
        _broken = None
        return _book


def forget_rules() -> None:
    """Let the next question read everything again."""
    global _book, _broken
    with _lock:
        _book = _broken = None


def watch_rules() -> None:
    """Start the thread of a web process that keeps its rules those in force; dies with the process."""
    threading.Thread(target=_watch, name="rules", daemon=True).start()


def _watch() -> None:
    ready: Rulebook | None = None
    while True:
        time.sleep(WATCH_SECONDS)
        try:
            book = refreshed_rules()
            if book is not ready:
                compile_ahead(book)
                ready = book
        except Exception:
            logger.critical("the rules in force cannot be asked for", exc_info=True)
        finally:
            with contextlib.suppress(DatabaseError):
                connections.close_all()


def _in_force() -> tuple[str, int, frozenset[str]]:
    """The digest and share in force, and whose quota is used up today; ("", 0, ()) where nothing was ever imported."""
    today = timezone.now().date()
    found = _in_force_row(1, today)
    if not found:
        return "", 0, frozenset()
    digest, share, is_used_up = found[0]
    return digest, share, frozenset(_used_up(today).values_list("about", flat=True)) if is_used_up else frozenset()


@composed
def _in_force_row(pk: int, day: dt.date) -> QuerySet[RulesInForce, tuple[str, int, bool]]:
    row = RulesInForce.objects.filter(pk=pk).annotate(is_used_up=Exists(_used_up(day)))
    return row.values_list("digest", "canary_share", "is_used_up")


def _used_up(day: dt.date) -> QuerySet[RuleAlarm]:
    return RuleAlarm.objects.filter(kind=RuleAlarm.Kind.QUOTA.value, day=day)


def _read(digest: str, share: int) -> Rulebook:
    if not digest:
        book = Rulebook("", rules_of_ours())
    else:
        until = Rule.objects.filter(_has_time(), stage__in=VIEWS[Stage.SHADOW]).aggregate(first=Min("expires_at"))
        staged = set(Rule.objects.filter(stage__in=VIEWS[Stage.SHADOW]).values_list("stage", flat=True).distinct())
        staged |= set(RulePack.objects.filter(stage__in=VIEWS[Stage.SHADOW]).values_list("stage", flat=True))
        shadowed = Rule.objects.filter(stage=Stage.SHADOW).values_list("version", flat=True)
        book = Rulebook(
            digest,
            live=compose(Stage.LIVE),
            canary=compose(Stage.CANARY) if Stage.CANARY in staged else None,
            canary_share=share,
            shadow=compose(Stage.SHADOW) if Stage.SHADOW in staged else None,
            shadowed=frozenset(shadowed),
            until=until["first"],
        )
    for ruleset in (book.live, book.canary, book.shadow):
        if ruleset is not None:
            try_out(ruleset)
    return book


@functools.cache
def rules_of_ours() -> Ruleset:
    """The rules that came with this version: those its engine was made with. Read once a process."""
    return load_ruleset()


def try_out(ruleset: Ruleset) -> None:
    """Compile what is not compiled yet, and judge a word in each language: the first message is as fast as the next."""
    for language in ("fr", "en"):
        room = RoomInfo("check", "room", "", "", "teen_15_17", language)
        engine.screen("bonjour", room=room, author=Person("check", "teen_15_17", 0), ruleset=ruleset)


def compile_ahead(book: Rulebook) -> None:
    """Compile every expression of the rules that act, which otherwise is done when one is first met: a second of work
    that no message then waits for. For a thread of its own.
    """
    for ruleset in filter(None, (book.live, book.canary)):
        for language in LANGS:
            lexicon_for(ruleset, language).compile_all()


def compose(view: Stage, *, candidate: Rule | RulePack | None = None) -> Ruleset:
    """The rule set of a view of the rows. Raises RulesetError.

    With a `candidate`, as it would be if that were LIVE; if it is LIVE already, as it would be without it.
    """
    pack = candidate if isinstance(candidate, RulePack) else _words_of(view)
    chosen = chosen_versions(view)
    if isinstance(candidate, RulePack):
        chosen |= {rule.id: rule.version for rule in parsed(pack).rules}
    elif candidate is not None and chosen.get(candidate.key) == candidate.version:
        del chosen[candidate.key]
    elif candidate is not None:
        chosen[candidate.key] = candidate.version
    return _staged(pack, chosen)


def compose_with(file: str, content: Mapping[str, Any]) -> Ruleset:
    """The LIVE rules and one more that is no row yet. Raises RulesetError."""
    return _staged(_words_of(Stage.LIVE), chosen_versions(Stage.LIVE), (file, content))


def _words_of(view: Stage) -> RulePack:
    packs = {pack.stage: pack for pack in RulePack.objects.filter(stage__in=VIEWS[view])}
    return next(packs[stage] for stage in VIEWS[view] if stage in packs)


def _staged(pack: RulePack, chosen: Mapping[str, str], *more: tuple[str, Mapping[str, Any]]) -> Ruleset:
    base = parsed(pack)
    known = {rule.version for rule in base.rules}
    absent = [version for version in chosen.values() if version not in known]
    rows = Rule.objects.filter(version__in=absent).order_by("key") if absent else ()
    added = [(row.file, row.content) for row in rows]
    return stage_ruleset(base, awake=set(chosen.values()), added=[*added, *more])


def chosen_versions(view: Stage) -> dict[str, str]:
    """Rule id -> the version of it that a view is made of."""
    stages = VIEWS[view]
    chosen: dict[str, tuple[int, str]] = {}
    rows = Rule.objects.filter(_has_time(), stage__in=stages)
    for key, version, stage in rows.values_list("key", "version", "stage"):
        place = stages.index(Stage(stage))
        if key not in chosen or place < chosen[key][0]:
            chosen[key] = (place, version)
    return {key: version for key, (_place, version) in chosen.items()}


def _has_time() -> Q:
    """Rules that have no end, or one to come."""
    return Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())


_parsed_packs: dict[str, Ruleset] = {}


def parsed(pack: RulePack) -> Ruleset:
    """The rules of a pack: parsed once a process, for the last few packs."""
    known = _parsed_packs.get(pack.digest)
    if known is None:
        if len(_parsed_packs) >= 3:
            _parsed_packs.pop(next(iter(_parsed_packs)))
        known = _parsed_packs[pack.digest] = reread_ruleset(pack.files)
    return known


def digest_in_force(canary_share: int) -> str:
    """What identifies all that the rows put in force: packs, rules by stage, the share, the engine's own meaning."""
    content = hashlib.sha256(f"engine {ENGINE} share {canary_share}".encode())
    stages = VIEWS[Stage.SHADOW]
    packs = RulePack.objects.filter(stage__in=stages).order_by("stage").values_list("stage", "digest")
    rules = Rule.objects.filter(stage__in=stages).order_by("stage", "key").values_list("stage", "key", "version")
    for row in [*packs, *rules]:
        content.update("\0".join(("", *row)).encode())
    return content.hexdigest()


# -- the files of this version ---------------------------------------------------------------------------------------


def shipped_files() -> dict[str, str]:
    """The rule files that came with this version. Raises RulesetError for one that cannot be read."""
    return {path.name: _text(path) for path in default_paths()}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesetError(path.name, "-", f"cannot be read: {error}") from error


def pack_digest(files: Mapping[str, str]) -> str:
    """SHA-256 (hex) of the names and contents of rule files, whatever order they come in."""
    content = hashlib.sha256()
    for name in sorted(files):
        for part in (name, files[name]):
            content.update(len(part.encode()).to_bytes(8) + part.encode())
    return content.hexdigest()


def files_are_usable() -> bool:
    """Whether the files of this version load; raises RulesetError otherwise. Files that were imported are not read
    again: they were usable then and cannot have changed since."""
    files = shipped_files()
    with contextlib.suppress(DatabaseError):
        if RulePack.objects.filter(digest=pack_digest(files), engine=ENGINE).exists():
            return True
    parse_ruleset(files)
    return True
