"""The settings of a method's training: its own file in ``detector/configs``, and what is laid over it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detector.datasets.contract import HISTORIES
from detector.errors import UnknownMethod, UnusableConfig
from detector.registry import METHODS

CONFIGS = Path(__file__).parent.parent / "configs"

DATA: Mapping[str, Any] = {"count": 2400, "held": 0.2, "histories": list(HISTORIES), "wide": False}
"""Settings of every method, for ``medseal train``: how many pictures to make, half of them forged, where there are only
pristine ones; the share of the groups that is held out; the save histories; whether the training side varies more."""

_RANGES: Mapping[str, tuple[float, float]] = {
    "epochs": (1, 10_000),
    "patience": (1, 10_000),
    "steps": (1, 100_000),
    "batch": (1, 4096),
    "learning_rate": (1e-7, 1.0),
    "width": (0.1, 8.0),
    "rank": (1, 256),
    "count": (8, 1_000_000),
    "held": (0.05, 0.5),
}


def load_settings(method: str, path: Path | None = None) -> dict[str, Any]:
    """The settings of ``method``: those of ``configs/METHOD.toml``, with those of the file ``path`` laid over them.

    A method without such a file has nothing to train, and the settings of DATA only. UnusableConfig when a file cannot
    be read, has a key that the method's own file lacks, or a value of another type or out of range.
    """
    return settled(method, {} if path is None else _read(path))


def settled(method: str, over: Mapping[str, Any]) -> dict[str, Any]:
    """The method's own settings with ``over`` laid over them. UnknownMethod; UnusableConfig as above."""
    if method not in METHODS:
        raise UnknownMethod(f"expected a method of {', '.join(METHODS)}, found {method[:40]!r}")
    shipped = CONFIGS / f"{method}.toml"
    own = {**DATA, **(_read(shipped) if shipped.exists() else {})}
    for key, value in over.items():
        if key not in own:
            raise UnusableConfig(f"expected settings of {', '.join(own)} for {method}, found {key[:40]!r}")
        if not _alike(own[key], value):
            raise UnusableConfig(f"expected {key} like {own[key]!r} for {method}, found {value!r}")
    settings = {**own, **over}
    for key, value in settings.items():
        _check_range(method, key, value)
    return settings


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableConfig(f"expected settings as TOML in {path}, found: {error}") from error


def _alike(own: Any, value: Any) -> bool:
    if isinstance(own, float) and isinstance(value, int) and not isinstance(value, bool):
        return True
    return type(own) is type(value)


def _check_range(method: str, key: str, value: Any) -> None:
    low, high = _RANGES.get(key, (float("-inf"), float("inf")))
    if isinstance(value, int | float) and not low <= value <= high:
        raise UnusableConfig(f"expected {key} from {low:g} to {high:g} for {method}, found {value!r}")
    if key == "histories" and (not value or any(name not in HISTORIES for name in value)):
        raise UnusableConfig(f"expected histories of {', '.join(HISTORIES)} for {method}, found {value!r}")
