"""How the training of the networks went, so that a network that learned nothing is told from one that learned in vain;
and the trivial-cue audit of what was tested."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detector.audit import Cue, audit
from detector.datasets.contract import Example
from detector.evaluation.examining import whole_pairs

HISTORY = "history-network.json"
AUDITED = 200
"""Of the tested pictures of a protocol, at most so many are audited."""


@dataclass(frozen=True)
class Training:
    """The curves of one network in short: the loss on its training side at its last and at its kept epoch (of
    ``epochs``, counted from 1), and the loss and accuracy on the held-out side at the kept one.

    A loss of 0.69 is that of guessing (log 2).
    """

    epochs: int
    kept: int
    loss_last: float
    loss_kept: float
    held_loss: float
    held_accuracy: float


def read_training(folder: Path) -> Training | None:
    """What the training of the model in ``folder`` came to; None for a model without a network, and for the localizer,
    whose curves are of other figures and which keeps no epoch but the running mean of all."""
    path = folder / HISTORY
    if not path.exists():
        return None
    raw = json.loads(path.read_text(encoding="utf-8"))
    if "best" not in raw:
        return None
    epochs, best = raw["epochs"], int(raw["best"])
    return Training(
        epochs=len(epochs),
        kept=best + 1,
        loss_last=float(epochs[-1]["loss"]),
        loss_kept=float(epochs[best]["loss"]),
        held_loss=float(epochs[best]["held_loss"]),
        held_accuracy=float(epochs[best]["held_accuracy"]),
    )


def audit_tested(tested: Iterable[tuple[str, Sequence[Example]]], seed: int) -> tuple[Cue, ...]:
    """The trivial cues of the test sets (name, examples) of one protocol, at most AUDITED pictures, by whole pairs.

    A picture that several sets have counts once.
    """
    unique: dict[Path, Example] = {}
    for name, examples in tested:
        for example in examples:
            unique.setdefault(example.path, replace(example, pair=f"{name} {example.pair}"))
    return tuple(audit(whole_pairs(list(unique.values()), AUDITED, seed), seed))
