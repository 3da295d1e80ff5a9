"""From matched words to findings: who x predicate x polarity x quotation."""

from __future__ import annotations

from .lexicon import lexicon_for
from .rulesets import Ruleset
from .types import Finding


def scan(text: str, lang: str, ruleset: Ruleset) -> list[Finding]:
    """The findings of the rules of scope "text" in any text, in the order they appear. Pure and linear in its length."""
    lexicon = lexicon_for(ruleset, lang)
    reading = lexicon.read(text)
    findings = []
    for hit in lexicon.hits(reading):
        rule = hit.rule
        findings.append(Finding(
            rule.code, rule.id, rule.version, reading.original(hit.first, hit.last), rule.tactic, rule.weight,
            rule.target, rule.alerting,
        ))  # fmt: skip
    return sorted(findings, key=lambda finding: (finding.span, finding.rule))
