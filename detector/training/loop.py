"""The training loop of every network: seeded, resumable after each epoch, stopped early by the held side."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from detector.errors import UnusableData
from detector.training.backend import keras
from detector.training.contract import Run, Samples

Loss = Literal["categorical_crossentropy", "binary_crossentropy"]
_CHUNK = 64
_TINY = 1e-7


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training side reached: mean losses, accuracies 0 to 1, seconds."""

    loss: float
    held_loss: float
    held_accuracy: float
    seconds: float


@dataclass(frozen=True)
class History:
    """All passes in order; ``best`` is the index of the one whose weights were kept."""

    epochs: tuple[Epoch, ...]
    best: int

    def facts(self) -> dict[str, Any]:
        """What a manifest says of it: epochs run, and the kept one's number (from 1), held loss and accuracy."""
        kept = self.epochs[self.best]
        found = {"epochs": len(self.epochs), "best_epoch": self.best + 1}
        return {**found, "held_loss": kept.held_loss, "held_accuracy": kept.held_accuracy}

    def write(self, path: Path) -> None:
        """The curves as JSON: ``{"best": i, "epochs": [{"loss": …}, …]}``."""
        path.write_text(json.dumps({"best": self.best, "epochs": [asdict(e) for e in self.epochs]}, indent=1) + "\n")


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of :func:`fit_network` that a configuration names."""
    names = ("epochs", "batch", "learning_rate", "patience", "mirrored")
    return {name: config[name] for name in names if name in config}


def seed_all(seed: int) -> None:
    """Seed python, numpy and Keras. Call it before a network is built, so that its first weights follow the seed."""
    keras.utils.set_random_seed(seed)


def fit_network(
    network: keras.Model,
    train: Samples,
    held: Samples,
    run: Run,
    *,
    epochs: int,
    batch: int,
    learning_rate: float,
    patience: int,
    loss: Loss = "categorical_crossentropy",
    mirrored: bool = False,
    name: str = "network",
) -> History:
    """Train ``network`` (two outputs: pristine, forged) by Adam; afterwards it has the best weights by held loss.

    Inputs are (n, …) floats as the network takes them, or uint8, which are divided by 255. ``mirrored`` shows each
    (rows, rows, channels) input in one of its eight turns and mirrors, drawn anew each epoch, for both classes alike.
    The order of samples is a function of ``run.seed`` and the epoch. After each epoch the whole state is written to
    ``run.checkpoint/NAME.npz``; a call with the same arguments goes on from there. It ends after ``epochs``, or when
    the held loss has not fallen for ``patience`` epochs. The curves go to ``run.folder/history-NAME.json``.
    UnusableData when a side is empty or the training side has one class only.
    """
    _check(train, held)
    state = _State(network, learning_rate, loss, run.checkpoint / f"{name}.npz", run.seed)
    state.resume()
    while len(state.epochs) < epochs and not state.waited(patience):
        number = len(state.epochs)
        started = time.perf_counter()
        rng = np.random.default_rng((run.seed, number))
        train_loss = _one_epoch(network, train, rng, batch, mirrored)
        held_loss, accuracy = held_figures(network, held, loss)
        state.add(Epoch(train_loss, held_loss, accuracy, time.perf_counter() - started))
        run.report(number + 1, epochs, f"{name}: loss {train_loss:.3f}, held {held_loss:.3f}, accuracy {accuracy:.3f}")
    state.restore_best()
    history = History(tuple(state.epochs), state.best)
    run.folder.mkdir(parents=True, exist_ok=True)
    history.write(run.folder / f"history-{name}.json")
    return history


def predict(network: keras.Model, inputs: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Outputs (n, classes) of ``network`` for inputs as :func:`fit_network` takes them."""
    parts = [
        np.asarray(network.predict_on_batch(as_floats(inputs[at : at + _CHUNK])))
        for at in range(0, len(inputs), _CHUNK)
    ]
    return np.concatenate(parts)


def held_figures(network: keras.Model, samples: Samples, loss: Loss) -> tuple[float, float]:
    """Mean loss and accuracy of ``network`` on ``samples``; the larger of the two outputs decides."""
    outputs = np.clip(predict(network, samples.inputs).astype(np.float64), _TINY, 1 - _TINY)
    wanted = _one_hot(samples.labels)
    if loss == "binary_crossentropy":
        each = -(wanted * np.log(outputs) + (1 - wanted) * np.log(1 - outputs)).mean(axis=1)
    else:
        each = -(wanted * np.log(outputs)).sum(axis=1)
    return float(each.mean()), float((outputs.argmax(axis=1) == samples.labels).mean())


def as_floats(inputs: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """float32 as the network takes it; uint8 is divided by 255."""
    floats = inputs.astype(np.float32)
    return floats / np.float32(255) if inputs.dtype == np.uint8 else floats


def turned(inputs: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    """(n, rows, rows, channels): each input in one of its eight turns and mirrors, drawn evenly."""
    made = np.empty_like(inputs)
    for i, which in enumerate(rng.integers(8, size=len(inputs))):
        one = np.rot90(inputs[i], which % 4)
        made[i] = one[:, ::-1] if which >= 4 else one
    return made


def _one_epoch(network: keras.Model, train: Samples, rng: np.random.Generator, batch: int, mirrored: bool) -> float:
    order = rng.permutation(len(train.labels))
    total = 0.0
    for at in range(0, len(order), batch):
        chosen = order[at : at + batch]
        inputs = train.inputs[chosen]
        inputs = as_floats(turned(inputs, rng) if mirrored else inputs)
        network.reset_metrics()  # train_on_batch answers the mean since the last reset
        total += float(network.train_on_batch(inputs, _one_hot(train.labels[chosen]))) * len(chosen)
    return total / len(order)


def _one_hot(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    return np.eye(2, dtype=np.float32)[labels]


def _check(train: Samples, held: Samples) -> None:
    for side, samples in (("training", train), ("held", held)):
        if not len(samples.labels):
            raise UnusableData(f"expected samples on the {side} side, found none")
    found = set(np.unique(train.labels).tolist())
    if found != {0, 1}:
        raise UnusableData(f"expected pristine (0) and forged (1) training samples, found only {sorted(found)}")


class _State:
    """Weights, optimiser, random state of the layers, curves and best weights: all that a stopped run needs."""

    def __init__(self, network: keras.Model, learning_rate: float, loss: Loss, path: Path, seed: int) -> None:
        seed_all(seed)
        optimizer = keras.optimizers.Adam(learning_rate)
        optimizer.build(network.trainable_variables)
        self._live = [*network.variables, *optimizer.variables]  # before compile: metrics are not part of the state
        self._weights = network.weights
        network.compile(optimizer=optimizer, loss=loss)
        self._path = path
        self._kept = [keras.ops.convert_to_numpy(w) for w in self._weights]
        self.epochs: list[Epoch] = []
        self.best = 0

    def resume(self) -> None:
        if not self._path.exists():
            return
        with np.load(self._path, allow_pickle=False) as stored:
            for i, variable in enumerate(self._live):
                variable.assign(stored[f"live{i}"])
            self._kept = [stored[f"kept{i}"] for i in range(len(self._weights))]
            facts = json.loads(str(stored["facts"]))
        self.epochs = [Epoch(**epoch) for epoch in facts["epochs"]]
        self.best = facts["best"]

    def add(self, epoch: Epoch) -> None:
        if not self.epochs or epoch.held_loss < self.epochs[self.best].held_loss:
            self.best = len(self.epochs)
            self._kept = [keras.ops.convert_to_numpy(w) for w in self._weights]
        self.epochs.append(epoch)
        self._write()

    def waited(self, patience: int) -> bool:
        return len(self.epochs) - 1 - self.best >= patience if self.epochs else False

    def restore_best(self) -> None:
        for variable, value in zip(self._weights, self._kept, strict=True):
            variable.assign(value)

    def _write(self) -> None:
        arrays = {f"live{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self._live)}
        arrays |= {f"kept{i}": value for i, value in enumerate(self._kept)}
        arrays["facts"] = np.array(json.dumps({"best": self.best, "epochs": [asdict(e) for e in self.epochs]}))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial.npz")
        np.savez(partial, allow_pickle=False, **arrays)
        partial.replace(self._path)
