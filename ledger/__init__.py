"""MedSeal's ledger: registration, anchoring, verification and history of medical images."""

__version__ = "0.2.0"
