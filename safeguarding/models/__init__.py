from .briefings import Briefing
from .cases import Case, CaseNote, CaseParty, Page
from .checks import Alert, Ledger, ProtectiveMeasure, RiskCheck, RiskSignal, RoomLease, SafetyCard
from .decisions import Appeal, Decision, StatementOfReasons
from .duties import AuthorityOrder, Duty, LegalHold, Transmission, UrgentSheet
from .evidence import Evidence, EvidenceKey, FreezeWindow
from .exports import ExportDownload, IncidentExport
from .reports import Report
from .retention import ErasureRequest, RetentionRun
from .rules import (
    AlertRule,
    Rule,
    RuleAlarm,
    RuleDay,
    RuleMove,
    RulePack,
    RuleReplay,
    RulesInForce,
    ShadowFinding,
    Stage,
)
from .transparency import TransparencyMonth

__all__ = [
    "Alert",
    "AlertRule",
    "Appeal",
    "AuthorityOrder",
    "Briefing",
    "Case",
    "CaseNote",
    "CaseParty",
    "Decision",
    "Duty",
    "ErasureRequest",
    "Evidence",
    "EvidenceKey",
    "ExportDownload",
    "FreezeWindow",
    "IncidentExport",
    "Ledger",
    "LegalHold",
    "Page",
    "ProtectiveMeasure",
    "Report",
    "RetentionRun",
    "RiskCheck",
    "RiskSignal",
    "RoomLease",
    "Rule",
    "RuleAlarm",
    "RuleDay",
    "RuleMove",
    "RulePack",
    "RuleReplay",
    "RulesInForce",
    "SafetyCard",
    "ShadowFinding",
    "Stage",
    "StatementOfReasons",
    "Transmission",
    "TransparencyMonth",
    "UrgentSheet",
]
