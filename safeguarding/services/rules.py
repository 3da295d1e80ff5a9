"""Rule files become rows: imported whole or not at all, by content, and never changed afterwards."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from community import audit
from community.models import Member
from community.roles import may
from safeguarding.detection.rulesets import (
    ENGINE,
    Ruleset,
    RulesetError,
    digest_of,
    parse_ruleset,
)
from safeguarding.detection.rulesets import (
    Rule as EngineRule,
)
from safeguarding.detection.staging import is_watched, unproved
from safeguarding.errors import NotAllowed, RulesBroken, RulesKnown
from safeguarding.models import Rule, RulePack, RulesInForce, Stage
from safeguarding.rules import digest_in_force, pack_digest, rules_of_ours, shipped_files

logger = logging.getLogger(__name__)

COMPONENT = "rules"
STEER = "steer_rules"


def words_digest(ruleset: Ruleset) -> str:
    """What identifies the words of a rule set, whatever its rules."""
    return digest_of((), ruleset.vocabularies)


def locked_in_force() -> RulesInForce:
    """The row of what is in force, locked: whoever changes the rules does so one after another."""
    return RulesInForce.objects.select_for_update().get(pk=1)


def note_in_force(row: RulesInForce) -> None:
    """Write what is in force now, under the lock of `row`: every process finds it by itself."""
    row.digest, row.changed_at = digest_in_force(row.canary_share), timezone.now()
    row.save()


@transaction.atomic
def import_rules(*, actor: Member | None, files: Mapping[str, str], note: str = "", component: str = "") -> RulePack:
    """Store rule files over those in force (a file of the same name takes its place), as a pack in DRAFT.

    Its rules that are new or changed become rules in DRAFT. Raises NotAllowed; RulesBroken with file, rule and reason
    where anything is wrong, and nothing is stored; RulesKnown when exactly this is there already.
    """
    if actor is not None and not may(actor, STEER):
        raise NotAllowed
    live = RulePack.objects.get(stage=Stage.LIVE)
    return _store(actor=actor, files={**live.files, **files}, note=note, component=component, stage=Stage.DRAFT)


def draft_of(files: Mapping[str, str]) -> RulePack:
    """What importing these files would make, as a row that is not stored. Raises RulesBroken as import_rules does."""
    live = RulePack.objects.get(stage=Stage.LIVE)
    whole = {**live.files, **files}
    try:
        ruleset = parse_ruleset(whole, ours=rules_of_ours())
    except RulesetError as error:
        raise RulesBroken(error) from error
    return RulePack(digest=pack_digest(whole), engine=ENGINE, files=whole, words=words_digest(ruleset))


def _store(
    *, actor: Member | None, files: Mapping[str, str], note: str, component: str, stage: Stage, audited: bool = True
) -> RulePack:
    digest = pack_digest(files)
    if RulePack.objects.filter(digest=digest).exists():
        raise RulesKnown
    try:
        ruleset = parse_ruleset(files, ours=rules_of_ours())
    except RulesetError as error:
        raise RulesBroken(error) from error
    pack = RulePack.objects.create(
        digest=digest, engine=ENGINE, files=dict(files), words=words_digest(ruleset), note=note[:300], stage=stage,
        imported_by=actor,
    )  # fmt: skip
    fresh = _store_rules(ruleset, pack=pack, stage=stage, actor=actor)
    if not audited:
        return pack
    audit.record(
        actor=actor, component=component, action="rules.imported", subject=pack,
        data={"digest": digest, "files": sorted(files), "rules": len(ruleset.rules), "new": fresh, "stage": stage},
    )  # fmt: skip
    return pack


def _store_rules(ruleset: Ruleset, *, pack: RulePack, stage: Stage, actor: Member | None) -> int:
    known = set(Rule.objects.filter(key__in=[rule.id for rule in ruleset.rules]).values_list("key", "version"))
    rows = [
        Rule(pack=pack, stage=stage, added_by=actor, **columns(rule))
        for rule in ruleset.rules
        if (rule.id, rule.version) not in known
    ]
    Rule.objects.bulk_create(rows)
    return len(rows)


def columns(rule: EngineRule) -> dict[str, Any]:
    """A rule of the engine as the columns of its row."""
    return {
        "key": rule.id,
        "version": rule.version,
        "file": rule.file,
        "code": rule.code,
        "action": rule.action,
        "watched": is_watched(rule.id),
        "content": content_of(rule),
    }


def content_of(rule: EngineRule) -> dict[str, Any]:
    """A rule as it would stand in a file, with nothing left to the file's defaults."""
    content: dict[str, Any] = {
        "id": rule.id, "code": rule.code, "lang": rule.lang, "weight": rule.weight, "action": rule.action,
        "scope": rule.scope, "alerting": rule.alerting, "patterns": list(rule.patterns),
        "examples": {
            kind: [
                {key: value for key in ("text", "band", "room") if (value := getattr(example, key)) is not None}
                for example in examples
            ]
            for kind, examples in (("must_fire", rule.must_fire), ("must_not_fire", rule.must_not_fire))
        },
    }  # fmt: skip
    for key in ("tactic", "target"):
        if getattr(rule, key) is not None:
            content[key] = getattr(rule, key)
    for key in ("unless", "guards", "bands", "rooms"):
        if getattr(rule, key):
            content[key] = list(getattr(rule, key))
    return content


# -- at the start ----------------------------------------------------------------------------------------------------


def install_rules(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Bring the files of this version into the database (a post_migrate receiver).

    A fresh database has them LIVE. Later versions of the files come as a DRAFT that people move on; the demo and
    development follow their files at once, and so does everybody when the engine gives files another meaning. Files
    that are broken change nothing where there are rules in force, and are an error where there are none.
    """
    tables = connections[using].introspection.table_names()
    if using != DEFAULT_DB_ALIAS or not {RulesInForce._meta.db_table, "community_auditevent"} <= set(tables):
        return  # a partial migrate, to a time before these tables
    live = RulePack.objects.filter(stage=Stage.LIVE).first()
    try:
        files = shipped_files()
        if live is not None and RulePack.objects.filter(digest=pack_digest(files), engine=ENGINE).exists():
            return
        if live is None or settings.LOCAL or live.engine != ENGINE:
            _install_live(files, fresh=live is None)
        else:
            note = "the files of this version"
            with transaction.atomic():
                _store(actor=None, files=files, note=note, component=COMPONENT, stage=Stage.DRAFT)
    except (RulesetError, RulesBroken) as error:
        if live is None:
            raise
        logger.critical("the rule files of this version are refused whole, the previous stay in force: %s", error)


@transaction.atomic
def _install_live(files: Mapping[str, str], *, fresh: bool) -> None:
    """Put files in force as they are; rules of earlier files that are not among them are retired, expressions stay.

    In a `fresh` database nothing is changed yet that an AuditEvent could tell of: like the roles, the rules are how it
    begins, and the pack itself says so.
    """
    RulesInForce.objects.get_or_create(pk=1, defaults={"digest": ""})
    row = locked_in_force()
    ruleset = parse_ruleset(files)
    for rule in ruleset.rules:
        if wrong := unproved(ruleset, rule):
            raise RulesetError(rule.file, rule.id, f"its example does not hold: {wrong[0].text!r}")
    RulePack.objects.filter(stage__in=[Stage.SHADOW, Stage.CANARY, Stage.LIVE]).update(stage=Stage.RETIRED)
    Rule.objects.filter(watched=False).exclude(stage=Stage.RETIRED).update(stage=Stage.RETIRED)
    known = RulePack.objects.filter(digest=pack_digest(files)).first()
    if known is None:
        known = _store(actor=None, files=files, note="", component=COMPONENT, stage=Stage.LIVE, audited=not fresh)
    else:
        _store_rules(ruleset, pack=known, stage=Stage.LIVE, actor=None)
        RulePack.objects.filter(pk=known.pk).update(stage=Stage.LIVE)
    versions = [rule.version for rule in ruleset.rules]
    Rule.objects.filter(version__in=versions).exclude(stage=Stage.LIVE).update(stage=Stage.LIVE)
    note_in_force(row)
    if not fresh:
        audit.record(
            actor=None, component=COMPONENT, action="rules.installed", subject=known, data={"digest": known.digest}
        )
