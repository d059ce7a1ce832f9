"""The loop that trains the localizer: resumable after each epoch, its curves on disk, the head fitted at the end."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.datasets.reading import read_picture
from detector.errors import UnusableData, WeightsUnusable
from detector.evaluation.intervals import auc
from detector.localizer import crops
from detector.localizer.head import STATISTICS, Head, statistics
from detector.localizer.mapping import forged_odds
from detector.localizer.tiles import BESIDE, MODEL, LiteTiles, MeanTiles
from detector.methods.localizer import HEAD
from detector.pictures import usable
from detector.training import exporting, loop
from detector.training.backend import keras, tf
from detector.training.contract import Run, Samples
from detector.training.localizer_network import network
from detector.training.reading_back import read_back

_AVERAGED = 0.998  # of the running mean of the weights, a step
_POSITIVE = 2.0  # weight of a forged cell
_DICE, _CROP = 0.5, 0.3
_SHARPNESS = 0.7  # of the soft maximum that judges a crop
_WARM = 100  # steps in which the learning rate rises
_CHUNK = 32
_JUDGED = 400
_SEEN = 96  # crops by which the statistics of a finished model are made


@dataclass(frozen=True)
class Epoch:
    """Mean loss; on the held crops the loss, the chance to tell forged crops, and the best mean F1 of forged ones."""

    loss: float
    held_loss: float
    held_auc: float
    held_f1: float
    seconds: float


def fit(train: Samples, held: Samples, run: Run) -> None:
    """See :meth:`detector.training.localizer.LocalizerTrainer.fit`. UnusableData when a side lacks a class."""
    from detector.training.run import note_facts

    for name, side in (("training", train), ("held", held)):
        if len(np.unique(side.labels)) != 2:
            raise UnusableData(f"expected pristine and forged crops on the {name} side, found one class")
    other = _beside(run)
    loop.seed_all(run.seed)
    state = State(run, train)
    while len(state.epochs) < run.config["epochs"]:
        state.add(_one_epoch(state, train, held, run))
        said = state.epochs[-1]
        words = f"loss {said.loss:.3f}, held {said.held_loss:.3f}, AUC {said.held_auc:.3f}, F1 {said.held_f1:.3f}"
        run.report(len(state.epochs), run.config["epochs"], words)
    made = state.finished()
    run.folder.mkdir(parents=True, exist_ok=True)
    curves = {"epochs": [asdict(epoch) for epoch in state.epochs]}
    (run.folder / "history-network.json").write_text(json.dumps(curves, indent=1) + "\n", "utf-8")
    exporting.export(made, run.folder, float16=True)
    if other is not None:
        (run.folder / BESIDE).write_bytes(other)
    head, judged = fit_head(run)
    (run.folder / HEAD).write_text(json.dumps(head.to_json(), indent=1) + "\n", "utf-8")
    last = asdict(state.epochs[-1])
    note_facts(run, epochs=len(state.epochs), parameters=made.count_params(), head_auc=judged, **last)


def _beside(run: Run) -> bytes | None:
    """The model that the run names to be taken along, read before hours are spent; UnusableData when it is none."""
    named = str(run.config["beside"])
    if not named:
        return None
    try:
        content = Path(named).read_bytes()
        LiteTiles(content)
    except (OSError, WeightsUnusable) as error:
        raise UnusableData(
            f"expected a localizer's model.tflite at {named} to stand beside, found: {error}",
            advice='Name the model.tflite of a trained localizer, or leave it out: beside = ""',
        ) from error
    return content


def fit_head(run: Run) -> tuple[Head, float]:
    """The head fitted on the maps of the held pictures, and its area under the curve there."""
    from sklearn.linear_model import LogisticRegression

    made = [run.folder / name for name in (MODEL, BESIDE)]
    tiles = MeanTiles([LiteTiles(path.read_bytes()) for path in made if path.exists()])
    rows, labels = [], []
    for number, example in enumerate(run.held):
        picture = read_picture(example.path)
        if usable(picture.pixels).applicable:
            rows.append(statistics(forged_odds(tiles, picture.pixels, picture.jpeg).odds))
            labels.append(int(example.forged))
        run.report(number + 1, len(run.held), "maps of held pictures")
    if len(set(labels)) != 2:
        raise UnusableData("expected pristine and forged pictures on the held side, found one class")
    found = np.array(rows)
    centre, spread = found.mean(axis=0), found.std(axis=0) + 1e-3
    fitted = LogisticRegression(C=0.05, class_weight="balanced", max_iter=2000).fit((found - centre) / spread, labels)
    head = Head(centre, spread, np.asarray(fitted.coef_[0], np.float64), float(fitted.intercept_[0]))
    assert len(head.weights) == len(STATISTICS)  # noqa: S101  (what statistics gives)
    return head, auc([head.score(row) for row in found], labels)


def _one_epoch(state: State, train: Samples, held: Samples, run: Run) -> Epoch:
    started, number = time.perf_counter(), len(state.epochs)
    rng = np.random.default_rng((run.seed, number))
    losses = []
    for _ in range(run.config["steps"]):
        chosen = _balanced(train.labels, run.config["batch"], rng)
        batch = crops.turned(crops.unpack(train.inputs[np.sort(chosen)]), rng)
        losses.append(state.step(batch))
    return Epoch(float(np.mean(losses)), *_judged(state, held), time.perf_counter() - started)


def _balanced(labels: npt.NDArray[np.int64], count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Places of ``count`` crops, half of them with a forgery."""
    forged, pristine = np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)
    half = count // 2
    return np.concatenate((rng.choice(forged, half), rng.choice(pristine, count - half)))


def _judged(state: State, held: Samples) -> tuple[float, float, float]:
    """Loss, AUC and best F1 on at most _JUDGED held crops, evenly taken."""
    places = np.arange(0, len(held.labels), max(1, len(held.labels) // _JUDGED))
    losses, odds, truth = [], [], []
    with state.averaged():
        for at in range(0, len(places), _CHUNK):
            batch = crops.unpack(held.inputs[places[at : at + _CHUNK]])
            odds.append(np.asarray(state.answer(*_inputs(batch)))[..., 0])
            truth.append(batch.truth)
            losses.append(float(_losses(tf.constant(odds[-1]), *_wanted(batch.truth))))
    found, cells, labels = np.concatenate(odds), np.concatenate(truth), held.labels[places]
    known = cells != crops.UNKNOWN
    tops = [float(np.sort(o[k])[-16:].mean()) for o, k in zip(found, known, strict=True)]
    return float(np.mean(losses)), auc(tops, labels), _best_f1(found, cells, labels)


def _best_f1(odds: npt.NDArray[np.float32], truth: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> float:
    means = []
    forged = np.flatnonzero(labels)
    for level in np.arange(-2.0, 3.0, 0.25):
        found = odds[forged] >= level
        wanted, known = (truth[forged] >= 50) & (truth[forged] <= 100), truth[forged] <= 100
        both = (found & wanted).sum(axis=(1, 2))
        total = (found & known).sum(axis=(1, 2)) + wanted.sum(axis=(1, 2))
        means.append(float(np.mean(2 * both / np.maximum(total, 1))))
    return max(means)


def _inputs(batch: crops.Batch) -> tuple[tf.Tensor, tf.Tensor]:
    return tf.constant(batch.pixels.astype(np.float32)), tf.constant(batch.blocks.astype(np.float32))


def _wanted(truth: npt.NDArray[np.uint8]) -> tuple[tf.Tensor, tf.Tensor]:
    """Wanted shares and known cells, each (n, cells, cells) float32."""
    known = (truth != crops.UNKNOWN).astype(np.float32)
    return tf.constant(truth * known / np.float32(100)), tf.constant(known)


def _losses(odds: tf.Tensor, wanted: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of cells, 1 - soft Dice of crops with a forgery, cross-entropy of each crop's soft maximum."""
    each = tf.nn.weighted_cross_entropy_with_logits(wanted, odds, _POSITIVE) * known
    cells = tf.reduce_sum(each) / tf.reduce_sum(known)
    share = tf.sigmoid(odds) * known
    both, total = (tf.reduce_sum(one, (1, 2)) for one in (share * wanted, share + wanted * known))
    forged = tf.cast(tf.reduce_max(wanted, (1, 2)) >= 0.5, tf.float32)
    dice = tf.reduce_sum(forged * (1.0 - (2.0 * both + 1.0) / (total + 1.0))) / (tf.reduce_sum(forged) + 1e-3)
    highest = tf.reduce_sum(tf.exp(tf.clip_by_value(odds, -20.0, 20.0) * _SHARPNESS) * known, (1, 2))
    pooled = tf.math.log(highest / 64.0 + 1e-6) / _SHARPNESS
    crop = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(forged, pooled))
    return cells + _DICE * dice + _CROP * crop


class State:
    """Network, optimiser, running mean of the weights and curves: all that a stopped run needs."""

    def __init__(self, run: Run, train: Samples) -> None:
        self._width = float(run.config["width"])
        self.network = network(half=True, width=self._width)
        self.answer = tf.function(lambda pixels, blocks: self.network([pixels, blocks], training=False))
        steps = run.config["epochs"] * run.config["steps"]
        rate = run.config["learning_rate"]
        warm = min(_WARM, steps // 4)
        schedule = keras.optimizers.schedules.CosineDecay(
            rate / 20, steps - warm, alpha=0.2, warmup_target=rate, warmup_steps=warm
        )
        self._optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-3, clipnorm=1.0)
        self._optimizer.build(self.network.trainable_variables)
        self._weights = self.network.weights
        self._mean = [np.array(weight) for weight in self._weights]
        self._path = run.checkpoint / "network.npz"
        self.epochs: list[Epoch] = []
        self._trained = tf.function(self._step)
        self._count = 0
        self._begin(str(run.config.get("start", "")), train)
        self._resume()

    def step(self, batch: crops.Batch) -> float:
        """One step down the loss of ``batch``; gives that loss."""
        loss = float(self._trained(*_inputs(batch), *_wanted(batch.truth)))
        self._count += 1
        if self._count % 5 == 0:
            kept = min(_AVERAGED**5, self._count / (self._count + 50.0))
            for mean, weight in zip(self._mean, self._weights, strict=True):
                mean += (1 - kept) * (np.asarray(weight) - mean)
        return loss

    def _step(self, pixels: tf.Tensor, blocks: tf.Tensor, wanted: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = _losses(self.network([pixels, blocks], training=True)[..., 0], wanted, known)
        variables = self.network.trainable_variables
        self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    def averaged(self) -> Averaged:
        """While the ``with`` block runs, the network has the mean weights."""
        return Averaged(self._weights, self._mean)

    def finished(self) -> keras.Model:
        """A network of the mean weights that computes in float32."""
        made = network(width=self._width)
        _assign(made.weights, self._mean)
        return made

    def add(self, epoch: Epoch) -> None:
        """Note an epoch and write the state."""
        self.epochs.append(epoch)
        arrays = {f"live{i}": np.asarray(v) for i, v in enumerate(self._live())}
        arrays |= {f"mean{i}": value for i, value in enumerate(self._mean)}
        facts = {"epochs": [asdict(one) for one in self.epochs], "count": self._count}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(".partial.npz")
        np.savez(partial, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)
        partial.replace(self._path)

    def _begin(self, start: str, train: Samples) -> None:
        """With the weights of a finished model (``start`` ends in .tflite), or with the mean weights that the
        checkpoint ``start`` of another training holds; "" leaves the drawn ones."""
        if start.endswith(".tflite"):
            made = network(width=self._width)
            batch = crops.unpack(train.inputs[:: max(1, len(train.inputs) // _SEEN)][:_SEEN])
            read_back(made, Path(start), [batch.pixels.astype(np.float32), batch.blocks.astype(np.float32)])
            self._mean = [np.array(weight) for weight in made.weights]
            _assign(self._weights, self._mean)
        elif start:
            with np.load(start, allow_pickle=False) as stored:
                self._mean = [stored[f"mean{i}"] for i in range(len(self._weights))]
            _assign(self._weights, self._mean)

    def _live(self) -> list[Any]:
        return [*self.network.variables, *self._optimizer.variables]

    def _resume(self) -> None:
        if not self._path.exists():
            return
        with np.load(self._path, allow_pickle=False) as stored:
            _assign(self._live(), [stored[f"live{i}"] for i in range(len(self._live()))])
            self._mean = [stored[f"mean{i}"] for i in range(len(self._weights))]
            facts = json.loads(str(stored["facts"]))
        self.epochs, self._count = [Epoch(**one) for one in facts["epochs"]], int(facts["count"])


class Averaged:
    """Puts ``values`` into ``weights`` while a ``with`` block runs, and what was there back afterwards."""

    def __init__(self, weights: list[Any], values: list[npt.NDArray[Any]]) -> None:
        self._weights, self._values = weights, values
        self._own: list[npt.NDArray[Any]] = []

    def __enter__(self) -> None:
        self._own = [np.array(weight) for weight in self._weights]
        _assign(self._weights, self._values)

    def __exit__(self, *_: object) -> None:
        _assign(self._weights, self._own)


def _assign(variables: list[Any], values: list[npt.NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
