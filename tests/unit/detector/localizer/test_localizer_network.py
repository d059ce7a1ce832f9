"""The localizer's network and loop. All that imports TensorFlow is here: it takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.datasets.contract import Example
from detector.errors import UnusableData
from detector.localizer import crops
from detector.localizer.features import BLOCK_FEATURES, features
from detector.localizer.planes import PLANES
from detector.localizer.tiles import LiteTiles, open_tiles
from detector.serving import write_manifest
from detector.training import exporting, localizer_loop
from detector.training.backend import keras, tf
from detector.training.contract import Run, Samples
from detector.training.localizer_network import network

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
Array = npt.NDArray[Any]
CONFIG = {"epochs": 2, "steps": 2, "batch": 2, "learning_rate": 0.001, "width": 1.0, "start": "", "beside": ""}


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with suppress(RuntimeError):  # another module's tests may have begun to compute already
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    yield
    keras.backend.clear_session()


@pytest.fixture(scope="module")
def samples(tissue: Callable[..., Array]) -> Samples:
    """Four crops, two of them with a bright square that is marked."""
    rows, labels = [], np.array([0, 1, 0, 1])
    for seed, label in enumerate(labels):
        picture = tissue(seed)
        mask = np.zeros(picture.shape, np.bool_)
        mask[100:150, 100:150] = bool(label)
        rows.append(crops.pack(features(np.where(mask, 250, picture).astype(np.uint8)), mask, (0, 0)))
    return Samples(np.stack(rows), labels, np.arange(4))


def test_the_exported_network_equals_the_trained_one_on_tiles_of_any_size(tmp_path: Path):
    made = network()
    exact = LiteTiles(exporting.export(made, tmp_path, name="exact.tflite").read_bytes())
    shipped = LiteTiles(exporting.export(made, tmp_path, float16=True).read_bytes())
    rng = np.random.default_rng(2)
    for rows, columns in ((64, 64), (96, 256), (64, 64)):
        pixels = rng.integers(-60, 60, (rows, columns, len(PLANES))).astype(np.int8)
        blocks = rng.normal(size=(rows // 8, columns // 8, len(BLOCK_FEATURES))).astype(np.float16)
        expected = np.asarray(made([pixels[None].astype(np.float32), blocks[None].astype(np.float32)]))[0, ..., 0]
        assert np.abs(exact.odds(pixels, blocks) - expected).max() < 1e-3
        assert np.abs(shipped.odds(pixels, blocks) - expected).max() < 0.02
    assert (tmp_path / "model.tflite").stat().st_size < 1.5e6


@pytest.mark.slow
def test_a_stopped_training_goes_on_as_if_it_had_not_stopped(samples: Samples, tmp_path: Path):
    whole = _trained(Run(tmp_path / "a", tmp_path / "a", 3, CONFIG), samples, 2)
    _trained(Run(tmp_path / "b", tmp_path / "b", 3, CONFIG), samples, 1)
    parts = _trained(Run(tmp_path / "b", tmp_path / "b", 3, CONFIG), samples, 1)
    assert len(parts.epochs) == 2
    assert parts.epochs[1].loss == pytest.approx(whole.epochs[1].loss, rel=0.02)


def test_a_training_begins_with_the_weights_of_another(samples: Samples, tmp_path: Path):
    first = _trained(Run(tmp_path / "a", tmp_path / "a", 3, CONFIG), samples, 1)
    begun = localizer_loop.State(
        Run(tmp_path / "b", tmp_path / "b", 4, {**CONFIG, "start": str(tmp_path / "a" / "network.npz")}), samples
    )
    assert not begun.epochs
    for mine, other in zip(begun.network.weights, first.finished().weights, strict=True):
        assert np.allclose(np.asarray(mine), np.asarray(other))


def test_a_training_begins_where_a_finished_model_stands(samples: Samples, tmp_path: Path):
    keras.layers.ReLU()  # other networks of the process: layers of a kind are numbered, each kind by itself
    finished, rng = network(), np.random.default_rng(4)
    for layer in finished.layers:  # as training leaves them: no two alike, none zero
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    model = exporting.export(finished, tmp_path, float16=True)
    begun = localizer_loop.State(Run(tmp_path / "b", tmp_path / "b", 4, {**CONFIG, "start": str(model)}), samples)
    batch = crops.unpack(samples.inputs[:4])
    inputs = [batch.pixels.astype(np.float32), batch.blocks.astype(np.float32)]
    expected = np.asarray(exporting.rounded(finished)(inputs, training=False))
    assert np.abs(np.asarray(begun.finished()(inputs, training=False)) - expected).max() < 0.05


def test_a_training_beside_a_model_that_is_none_ends_before_it_begins(samples: Samples, tmp_path: Path):
    (tmp_path / "other.tflite").write_bytes(b"no network")
    for named in ("other.tflite", "absent.tflite"):
        config = {**CONFIG, "beside": str(tmp_path / named)}
        with pytest.raises(UnusableData, match="to stand beside"):
            localizer_loop.fit(samples, samples, Run(tmp_path / "run", tmp_path / "run", 1, config))
    assert not (tmp_path / "run").exists()


def test_a_training_beside_another_ships_both_and_answers_with_their_mean(
    samples: Samples, tmp_path: Path, tissue: Callable[..., Array]
):
    other = exporting.export(network(), tmp_path, name="other.tflite", float16=True)
    config = {**CONFIG, "epochs": 1, "beside": str(other)}
    checkpoint = tmp_path / "state"
    checkpoint.mkdir()
    held = _held(tmp_path, tissue)
    localizer_loop.fit(samples, samples, Run(tmp_path / "run", checkpoint, 1, config, held=held))
    write_manifest(tmp_path / "run", method="localizer", version="1")
    assert (tmp_path / "run" / "beside.tflite").read_bytes() == other.read_bytes()
    seen = features(tissue(3))
    alone = [LiteTiles((tmp_path / "run" / name).read_bytes()) for name in ("model.tflite", "beside.tflite")]
    parts = [one.odds(seen.pixels, seen.blocks) for one in alone]
    assert np.abs(parts[0] - parts[1]).max() > 1e-3
    both = open_tiles(tmp_path / "run").odds(seen.pixels, seen.blocks)
    assert np.allclose(both, (parts[0] + parts[1]) / 2, atol=1e-5)


def test_a_model_without_a_second_network_answers_alone(tmp_path: Path, tissue: Callable[..., Array]):
    model = exporting.export(network(), tmp_path, float16=True)
    write_manifest(tmp_path, method="localizer", version="1")
    seen = features(tissue(3))
    expected = LiteTiles(model.read_bytes()).odds(seen.pixels, seen.blocks)
    assert np.array_equal(open_tiles(tmp_path).odds(seen.pixels, seen.blocks), expected)


def test_crops_of_one_class_are_refused(samples: Samples, tmp_path: Path):
    one = Samples(samples.inputs[::2], samples.labels[::2], samples.owners[::2])
    with pytest.raises(UnusableData, match="training side"):
        localizer_loop.fit(one, samples, Run(tmp_path, tmp_path, 1, CONFIG))


def _held(folder: Path, tissue: Callable[..., Array]) -> list[Example]:
    """A pristine and a forged picture of files."""
    found = []
    for forged in (False, True):
        path = folder / f"{forged}.png"
        cv2.imwrite(str(path), np.asarray(tissue(5), np.uint8))
        found.append(Example(path, forged, "made", "CT", "made:1", "1"))
    return found


def _trained(run: Run, samples: Samples, epochs: int) -> localizer_loop.State:
    localizer_loop.loop.seed_all(run.seed)
    state = localizer_loop.State(run, samples)
    for _ in range(epochs):
        state.add(localizer_loop._one_epoch(state, samples, samples, run))
    return state
