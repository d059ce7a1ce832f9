"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``advice`` is the next step where it is not ok."""

    name: str
    ok: bool
    detail: str
    advice: str | None = None
