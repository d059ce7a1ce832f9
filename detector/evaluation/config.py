"""What a benchmark runs: read from TOML, every key known, every value checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from detector.datasets.contract import HISTORIES
from detector.errors import UnusableConfig
from detector.registry import METHODS, PARTS

CONFIGS = Path(__file__).parent.parent / "configs"
PROTOCOLS = ("honest", "source-out", "paper", "leaky")
_KINDS = {"honest": "group", "source-out": "source", "paper": "random", "leaky": "random"}


@dataclass(frozen=True)
class ProtocolConfig:
    """One protocol: how many pictures (both classes together) with which save histories, and how they are divided.

    ``held`` and ``test`` are shares of the pictures. *source-out* makes ``count`` pictures of the other sources and
    ``test_count`` of the one left out, which is ``sources[i]`` for the i-th seed. ``leaky`` saves forged files once
    more than pristine ones.
    """

    name: str
    count: int
    histories: tuple[str, ...] = HISTORIES
    held: float = 0.15
    test: float = 0.25
    leaky: bool = False
    test_count: int = 0
    sources: tuple[str, ...] = ()

    @property
    def division(self) -> str:
        """By what pictures are divided: group, source or random."""
        return _KINDS[self.name]


@dataclass(frozen=True)
class MethodConfig:
    """How one method takes part: settings over those of its own file, for all protocols or one; most pictures to judge.

    ``limit`` bounds the pictures of the held-out and of the test side each (0: all), taken by whole pairs. ``shipped``:
    the model that is shipped is judged, by its own bands, and nothing is trained.
    """

    train: Mapping[str, Any] = field(default_factory=dict)
    protocols: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limit: int = 0
    shipped: bool = False

    def settings(self, protocol: str) -> dict[str, Any]:
        """The settings of training under ``protocol``."""
        return {**self.train, **self.protocols.get(protocol, {})}


@dataclass(frozen=True)
class BenchmarkConfig:
    """A whole run: methods × protocols × seeds. ``without`` names sources that are left out (a trailing * matches)."""

    protocols: tuple[ProtocolConfig, ...]
    methods: tuple[str, ...] = tuple(METHODS)
    seeds: tuple[int, ...] = (1, 2, 3)
    without: tuple[str, ...] = ()
    processes: int = 2
    rounds: int = 500
    settings: Mapping[str, MethodConfig] = field(default_factory=dict)
    name: str = "benchmark"

    def only(
        self, methods: Sequence[str] | None = None, protocols: Sequence[str] | None = None, seeds: int | None = None
    ) -> BenchmarkConfig:
        """The same run with these methods and protocols and the first ``seeds`` seeds alone (None: all)."""
        known = {protocol.name: protocol for protocol in self.protocols}
        chosen = _among("a protocol", protocols or list(known), known)
        count = len(self.seeds) if seeds is None else seeds
        if not 1 <= count <= len(self.seeds):
            raise UnusableConfig(f"expected 1 to {len(self.seeds)} seeds, found {count}")
        wanted = _among("a method", methods or self.methods, METHODS)
        for name in wanted:
            absent = [part for part in PARTS.get(name, ()) if part not in wanted and not self.of(name).shipped]
            if absent:
                raise UnusableConfig(f"expected with {name} its parts among the methods, found no {', '.join(absent)}")
        return replace(
            self,
            methods=wanted,
            protocols=tuple(known[name] for name in chosen),
            seeds=self.seeds[:count],
        )

    @property
    def in_turn(self) -> tuple[str, ...]:
        """The methods in the order of their training: those made of others last."""
        return tuple(sorted(self.methods, key=lambda name: name in PARTS))

    def of(self, method: str) -> MethodConfig:
        """How ``method`` takes part."""
        return self.settings.get(method, MethodConfig())


def load_config(path: Path | None = None, *, quick: bool = False) -> BenchmarkConfig:
    """The run that ``path`` describes; without a path the shipped standard run, or the quick one.

    UnusableConfig names the unknown key or the value that is out of range.
    """
    path = path or CONFIGS / ("benchmark-quick.toml" if quick else "benchmark.toml")
    try:
        return read_config(tomllib.loads(path.read_text(encoding="utf-8")), name=path.stem)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UnusableConfig(f"expected a benchmark's configuration at {path}, found: {error}") from error


def read_config(raw: Mapping[str, Any], *, name: str = "benchmark") -> BenchmarkConfig:
    """The run that a parsed TOML document describes; see :func:`load_config`."""
    protocols = _table(raw.get("protocols"), "protocols")
    settings = _table(raw.get("settings", {}), "settings")
    _among("a protocol", protocols, PROTOCOLS)
    _among("a method", settings, METHODS)
    made = _made(
        BenchmarkConfig,
        {key: value for key, value in raw.items() if key not in ("protocols", "settings")},
        "the run",
        protocols=tuple(_protocol(key, value) for key, value in protocols.items()),
        settings={key: _made(MethodConfig, _table(value, key), f"settings.{key}") for key, value in settings.items()},
        name=name,
    )
    assert isinstance(made, BenchmarkConfig)  # noqa: S101  (what _made was asked for)
    if not made.protocols or made.processes < 1 or made.rounds < 1 or not made.seeds:
        raise UnusableConfig("expected at least one protocol, seed, process and bootstrap round")
    return made.only()


def _protocol(name: str, raw: Any) -> ProtocolConfig:
    made = _made(ProtocolConfig, _table(raw, name), f"protocols.{name}", name=name)
    assert isinstance(made, ProtocolConfig)  # noqa: S101  (what _made was asked for)
    _among("a history", made.histories, HISTORIES)
    if made.count < 8 or made.held <= 0 or made.test <= 0 or made.held + made.test >= 1:
        raise UnusableConfig(f"expected count of 8 or more, held + test under 1, found {made} in protocols.{name}")
    if (made.division == "source") != bool(made.sources and made.test_count >= 4):
        raise UnusableConfig(f"expected sources and test_count in source-out and only there, found {made}")
    return made


def _made(kind: type[Any], raw: Mapping[str, Any], where: str, **given: Any) -> Any:
    known = {each.name: each.default for each in fields(kind)}
    unknown = sorted(set(raw) - set(known)) + sorted(set(raw) & set(given))
    if unknown:
        raise UnusableConfig(f"expected keys of {', '.join(known)} in {where}, found {', '.join(unknown)}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    for key, value in values.items():
        if isinstance(known[key], bool | int | float | tuple) and not _alike(known[key], value):
            raise UnusableConfig(f"expected {key} like {known[key]!r} in {where}, found {value!r}")
    try:
        return kind(**values, **given)
    except TypeError as error:
        raise UnusableConfig(f"expected all keys of {where}, found: {error}") from error


def _alike(default: Any, value: Any) -> bool:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return True
    return type(default) is type(value)


def _table(raw: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise UnusableConfig(f"expected a table for {where}, found {raw!r}")
    return raw


def _among(what: str, found: Any, known: Any) -> tuple[str, ...]:
    unknown = [name for name in found if name not in known]
    if unknown:
        raise UnusableConfig(f"expected {what} of {', '.join(known)}, found {', '.join(map(str, unknown))}")
    return tuple(found)
