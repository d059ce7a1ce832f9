"""Wire values for the dashboard's parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.core.verdict import CHECK_NAMES
from ledger.schemas import Anchor, CheckResult, Registration, Verification

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def anchor() -> Anchor:
    """A head in block 17."""
    return Anchor(
        chain_id=1337,
        contract="0x" + "5f" * 20,
        sequence=4,
        size=12,
        mode="register",
        transaction="0x" + "ab" * 32,
        block_number=17,
        block_time=NOON,
        confirmations=9,
    )


@pytest.fixture
def registration(anchor: Anchor) -> Registration:
    """A final registration in force."""
    return Registration(
        registration_id="1" * 32,
        registrar="9f" * 32,
        registrar_name="St. Example Hospital",
        index=3,
        state="final",
        standing="in-force",
        registered_at=NOON,
        digests={"file/1": "sha256:" + "ab" * 32},
        anchor=anchor,
    )


@pytest.fixture
def verification(registration: Registration) -> Callable[..., Verification]:
    """Makes a verification; ``statuses`` and ``figures`` by check number, everything else passed."""

    def make(
        verdict: str = "authentic",
        *,
        accepted: bool = True,
        statuses: dict[int, Any] | None = None,
        figures: dict[int, dict[str, Any]] | None = None,
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
        return Verification(
            verdict=verdict,
            accepted=accepted,
            policy="clinical",
            reason="the reason",
            checks=checks,
            registration=registration,
            checked_at=NOON,
        )

    return make
