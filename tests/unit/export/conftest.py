"""Verifications as the ledger answers them, and what is asked of a report, all made up and the same each time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.core.verdict import CHECK_NAMES
from ledger.export.model import Asked, Item
from ledger.schemas import (
    Anchor,
    Change,
    ChangedRegion,
    CheckResult,
    Detection,
    DetectionFinding,
    HistoryEntry,
    ModalityRates,
    Registration,
    Transform,
    Verification,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID, OTHER = "1" * 32, "2" * 32
FILE = "sha256:" + "ab" * 32


def anchor() -> Anchor:
    return Anchor(
        chain_id=1337,
        contract="0x" + "5f" * 20,
        sequence=4,
        size=12,
        mode="register",
        transaction="0x" + "ab" * 32,
        block_number=17,
        block_hash="0x" + "cd" * 32,
        block_time=NOON,
        confirmations=9,
    )


def registration() -> Registration:
    return Registration(
        registration_id=ID,
        registrar="9f" * 32,
        registrar_name="St. Example Hospital",
        index=3,
        state="final",
        standing="in-force",
        registered_at=NOON,
        digests={"file/1": FILE},
        anchor=anchor(),
    )


def counted(modality: str, *codes: str) -> ModalityRates:
    """2 of 40 pristine pictures called altered, 10 of 40 forged ones."""
    return ModalityRates(
        modality=modality,
        codes=list(codes),
        pristine=40,
        false_alarms=2,
        false_alarm_interval=(0.006, 0.169),
        forged=40,
        caught=10,
        caught_interval=(0.127, 0.412),
        auc=(0.7, 0.6, 0.8),
    )


def detection(band: str = "altered", **given: Any) -> Detection:
    facts: dict[str, Any] = {
        "method": "ela_cnn",
        "version": "1",
        "applicable": True,
        "reason": "large enough",
        "regime": "jpeg",
        "band": band,
        "score": 1.5,
        "probability": 0.83,
        "area_percent": 6.25,
        "area_interval": (0.5, 14.0),
        "findings": [
            DetectionFinding(
                code="ela", text="One part stands out.", meaning="As pasted parts do.", limits="Edges do too."
            )
        ],
        "rates": {
            "regime": "jpeg", "auc": 0.63, "low": 0.55, "high": 0.7, "n_pristine": 120, "n_forged": 120,
            "false_alarm": 0.05, "false_alarm_high": 0.105, "caught": 0.4, "miss": 0.1, "miss_high": 0.17,
        },
        "seconds": 0.05,
        "frame": 0,
        "frames": 1,
        "examined": 1,
        "width": 96,
        "height": 96,
        "weights": "77" * 32,
    }  # fmt: skip
    return Detection(**facts | given)


def change() -> Change:
    return Change(
        original=ID,
        basis="trace/1",
        frame=0,
        width=384,
        height=384,
        transform=Transform(matrix=(0.75, 0, 0, 0, 0.75, 0), words=["resized to 0.75"], shown_percent=100),
        changed_percent=2.1,
        regions=[ChangedRegion(x=96, y=128, w=64, h=48, area_percent=2.1)],
        limits="Changes under half a percent of the picture are not seen.",
        figures={"tiles": 4},
    )


Verify = Callable[..., Verification]


@pytest.fixture
def verified() -> Verify:
    """Makes a verification; ``statuses`` and ``figures`` by check number, everything else passed."""

    def make(
        verdict: str = "authentic",
        *,
        accepted: bool = False,
        statuses: dict[int, Any] | None = None,
        figures: dict[int, dict[str, Any]] | None = None,
        **given: Any,
    ) -> Verification:
        checks = [
            CheckResult(
                number=number,
                name=name,
                status=(statuses or {}).get(number, "passed"),
                detail=f"detail {number}",
                figures=(figures or {}).get(number, {}),
            )
            for number, name in CHECK_NAMES.items()
        ]
        facts = {"registration": registration()} | given
        said = {"verdict": verdict, "accepted": accepted, "policy": "clinical", "reason": "the reason"}
        return Verification(checks=checks, checked_at=NOON, **said, **facts)

    return make


@pytest.fixture
def asked() -> Asked:
    item = Item("slice 17", 4637, {"file/1": FILE}, {"media_type": "image/png", "rows": 96, "columns": 96})
    return Asked("Was it altered?", item, {"examine": False}, {"medseal": "0.2.0"}, {"receipt.json": "33" * 32})


@pytest.fixture
def entry() -> Callable[..., HistoryEntry]:
    """Makes an entry of history, a registration unless the test says otherwise."""

    def make(kind: str = "register", **given: Any) -> HistoryEntry:
        facts: dict[str, Any] = {"registrar": "9f" * 32, "index": 3, "time": NOON, "state": "final", "leaf": "8d" * 32}
        facts |= {"id": ID, "kind": kind, "anchor": anchor(), "on_chain_event": True}
        return HistoryEntry(**facts | given)

    return make


@pytest.fixture(name="counted")
def _counted() -> Callable[..., ModalityRates]:
    """Makes the counts of one modality."""
    return counted


@pytest.fixture
def detected() -> Callable[..., Detection]:
    """Makes an answer of the detector; *altered* unless the test says otherwise."""
    return detection


@pytest.fixture
def changed() -> Change:
    """A change map with one region."""
    return change()
