from .age import AgeAlert, AgeCheck, AgeFact, AgeOfficer, Association, UsedProof
from .audit import AuditEvent, AuditHead, AuditPayload, AuditSeal
from .base import PublicIdField, new_public_id, one_of
from .connections import ConnectionLog
from .guardians import GuardianConsent
from .mail import MailJob
from .members import Block, Member, PseudonymChange
from .restrictions import Restriction
from .settings import Community
from .signs import AgeContest, BanMark, BanMatch, DeviceSeen
from .wallet import TrustList, WalletExchange
from .youth import YouthWorker

__all__ = [
    "AgeAlert",
    "AgeCheck",
    "AgeContest",
    "AgeFact",
    "AgeOfficer",
    "Association",
    "AuditEvent",
    "AuditHead",
    "AuditPayload",
    "AuditSeal",
    "BanMark",
    "BanMatch",
    "Block",
    "Community",
    "ConnectionLog",
    "DeviceSeen",
    "GuardianConsent",
    "MailJob",
    "Member",
    "PseudonymChange",
    "PublicIdField",
    "Restriction",
    "TrustList",
    "UsedProof",
    "WalletExchange",
    "YouthWorker",
    "new_public_id",
    "one_of",
]
