"""The wire types: what the API answers, the command line prints as JSON and the dashboard reads.

Hashes are lower-case hex, digests ``sha256:<hex>`` (``pdq:<hex>`` for ``view/1``), times RFC 3339 in UTC.
"""

from __future__ import annotations

from ledger.schemas.base import Digest, DigestName, Identifier, Reason, Wire
from ledger.schemas.changes import Change, ChangedRegion, Transform
from ledger.schemas.records import (
    Audit,
    BatchInfo,
    Difference,
    Health,
    History,
    HistoryEntry,
    Problem,
    Rebuild,
    RegistrarInfo,
)
from ledger.schemas.registrations import (
    Anchor,
    Derivation,
    DerivationRequest,
    DigestBatch,
    DigestRegistration,
    Origin,
    Registration,
    Statement,
    StatementRequest,
)
from ledger.schemas.reports import DEFAULT_QUESTION, HistoryFormat, ReportFile, ReportFormat
from ledger.schemas.sessions import ROLES, Session, roles_of, scopes_of
from ledger.schemas.verifications import (
    CheckResult,
    Detection,
    DetectionFinding,
    DetectionPictures,
    DigestVerification,
    Verification,
)

__all__ = [
    "DEFAULT_QUESTION",
    "ROLES",
    "Anchor",
    "Audit",
    "BatchInfo",
    "Change",
    "ChangedRegion",
    "CheckResult",
    "Derivation",
    "DerivationRequest",
    "Detection",
    "DetectionFinding",
    "DetectionPictures",
    "Difference",
    "Digest",
    "DigestBatch",
    "DigestName",
    "DigestRegistration",
    "DigestVerification",
    "Health",
    "History",
    "HistoryEntry",
    "HistoryFormat",
    "Identifier",
    "Origin",
    "Problem",
    "Reason",
    "Rebuild",
    "RegistrarInfo",
    "Registration",
    "ReportFile",
    "ReportFormat",
    "Session",
    "Statement",
    "StatementRequest",
    "Transform",
    "Verification",
    "Wire",
    "roles_of",
    "scopes_of",
]
