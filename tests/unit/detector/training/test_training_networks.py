"""Networks, loop and export. All that imports TensorFlow is here: it takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.errors import UnusableData
from detector.serving import open_model, write_manifest
from detector.training import exporting, loop, networks, srm_network
from detector.training.backend import keras, tf
from detector.training.contract import Run, Samples

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
SIDE = 8
FAST: dict[str, Any] = {"batch": 8, "learning_rate": 0.01, "patience": 50}


class Stopped(Exception):
    """Stands for a machine that was switched off."""


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with suppress(RuntimeError):  # another module's tests may have begun to compute already
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    yield
    keras.backend.clear_session()


def small_network(seed: int = 1) -> keras.Model:
    loop.seed_all(seed)
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def made_samples(count: int = 32, seed: int = 0, *, swapped: bool = False) -> Samples:
    """Grey noise; the forged ones are brighter."""
    labels = np.arange(count) % 2
    inputs = np.random.default_rng(seed).integers(0, 150, (count, SIDE, SIDE, 1)).astype(np.uint8)
    inputs[labels == 1] += 80
    return Samples(inputs, 1 - labels if swapped else labels, np.arange(count))


def made_run(tmp_path: Path, name: str = "run", **more: Any) -> Run:
    return Run(tmp_path / name / "model", tmp_path / name / "checkpoint", 5, **more)


def shapes(network: keras.Model) -> list[tuple[int, ...]]:
    return [tuple(layer.output.shape[1:]) for layer in network.layers]


def test_the_seed_papers_network_has_the_seed_papers_sizes():
    network = networks.ela_cnn()
    assert network.count_params() == 329_922
    assert shapes(network)[1::2][:4] == [(64, 64, 32), (32, 32, 32), (16, 16, 64), (8, 8, 64)]
    assert shapes(network)[8:] == [(4096,), (64,), (32,), (2,)]


def test_the_recompression_network_has_three_convolutions_and_one_large_matrix():
    keras.backend.clear_session()  # the first network of a process gets the shortest names
    network = networks.recompression_cnn()
    assert shapes(network) == [
        (126, 126, 32),
        (124, 124, 32),
        (118, 118, 32),
        (59, 59, 32),
        (111_392,),
        (256,),
        (2,),
    ]
    assert network.count_params() == 28_577_474


def test_the_vgg_network_is_vgg16_at_an_eighth_of_its_width():
    layers = networks.vgg().layers
    widths = [layer.filters for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    assert [8 * width for width in widths] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6
    assert sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in layers) == 5
    assert [layer.units for layer in layers if isinstance(layer, keras.layers.Dense)] == [512, 512, 2]


def test_a_matrix_that_has_the_rank_already_is_factorised_without_loss():
    network = networks.recompression_cnn()
    weights = network.get_weights()
    rng = np.random.default_rng(1)
    thin = rng.normal(0, 0.1, (weights[6].shape[0], 3)) @ rng.normal(0, 0.1, (3, 256))
    network.set_weights([*weights[:6], thin.astype(np.float32), *weights[7:]])
    small = networks.factorised(network, 16)
    inputs = rng.random((2, 128, 128, 3), np.float32)
    assert small.count_params() < network.count_params() / 14
    np.testing.assert_allclose(loop.predict(small, inputs), loop.predict(network, inputs), atol=1e-4)


def test_a_network_learns_a_made_difference_in_a_few_epochs(tmp_path: Path):
    network, held = small_network(), made_samples(seed=9)
    assert loop.held_figures(network, held, "categorical_crossentropy")[1] < 0.9
    history = loop.fit_network(network, made_samples(), held, made_run(tmp_path), epochs=12, **FAST)
    assert loop.held_figures(network, held, "categorical_crossentropy")[1] == 1.0
    assert history.epochs[history.best].held_accuracy == 1.0
    assert (tmp_path / "run/model/history-network.json").exists()


def test_a_stopped_training_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path):
    def stop(done: int, total: int, words: str) -> None:
        if done == 2:
            raise Stopped

    sides = made_samples(), made_samples(seed=9)
    unbroken = small_network()
    loop.fit_network(unbroken, *sides, made_run(tmp_path, "unbroken"), epochs=4, mirrored=True, **FAST)
    with pytest.raises(Stopped):
        broken = made_run(tmp_path, "broken", report=stop)
        loop.fit_network(small_network(), *sides, broken, epochs=4, mirrored=True, **FAST)
    resumed, seen = small_network(seed=77), []
    run = made_run(tmp_path, "broken", report=lambda done, _total, _words: seen.append(done))
    loop.fit_network(resumed, *sides, run, epochs=4, mirrored=True, **FAST)
    assert seen == [3, 4]
    for one, other in zip(unbroken.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_training_ends_when_the_held_loss_rises_and_keeps_the_best_weights(tmp_path: Path):
    network, held = small_network(), made_samples(seed=9, swapped=True)
    settings = FAST | {"patience": 2}
    history = loop.fit_network(network, made_samples(), held, made_run(tmp_path), epochs=40, **settings)
    losses = [epoch.held_loss for epoch in history.epochs]
    assert len(losses) == history.best + 3 < 40
    assert loop.held_figures(network, held, "categorical_crossentropy")[0] == pytest.approx(min(losses), abs=1e-6)


def test_training_needs_both_classes_and_a_held_side(tmp_path: Path):
    one, none = made_samples(), Samples(np.zeros((0, SIDE, SIDE, 1)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    pristine = Samples(one.inputs, np.zeros(len(one.labels), np.int64), one.owners)
    for train, held in ((pristine, one), (one, none)):
        with pytest.raises(UnusableData):
            loop.fit_network(small_network(), train, held, made_run(tmp_path), epochs=1, **FAST)


def test_a_mirrored_input_is_one_of_its_eight_turns_and_mirrors():
    square = np.arange(9).reshape(1, 3, 3, 1)
    made = loop.turned(np.repeat(square, 200, axis=0), np.random.default_rng(0))
    found = {one.tobytes() for one in made}
    wanted = {
        np.ascontiguousarray(turn).tobytes()
        for quarter in range(4)
        for turn in (np.rot90(square[0], quarter), np.rot90(square[0], quarter)[:, ::-1])
    }
    assert found == wanted
    assert len(wanted) == 8


SHIPPED: dict[str, tuple[Callable[[], keras.Model], bool]] = {
    "ela_cnn": (networks.ela_cnn, False),
    "ela_cnn, halved": (networks.ela_cnn, True),
    "vgg": (networks.vgg, True),
    "recompression_cnn": (lambda: networks.recompression_cnn(16), True),
    "srm_cnn_svm": (lambda: srm_network.networks()[1], False),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_each_served_network_equals_the_trained_one_for_one_picture_and_for_many(tmp_path: Path, name: str):
    made, float16 = SHIPPED[name]
    loop.seed_all(3)
    network = made()
    exporting.export(network, tmp_path, float16=float16)
    write_manifest(tmp_path, method=name, version="1")
    served = open_model(tmp_path)
    inputs = np.random.default_rng(2).random((5, 128, 128, 3), np.float32)
    equal = exporting.rounded(network) if float16 else network
    wanted = [np.asarray(one) for one in _listed(equal(inputs, training=False))]
    for some in (inputs[:1], inputs):
        found = served.run(some)
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other[: len(some)], rtol=1e-4, atol=1e-4)


def _listed(answers: Any) -> list[Any]:
    return list(answers) if isinstance(answers, list | tuple) else [answers]


def test_weights_stored_as_float16_take_half_the_bytes(tmp_path: Path):
    network = networks.ela_cnn()
    sizes = [
        exporting.export(network, tmp_path, name=f"{half}.tflite", float16=half).stat().st_size
        for half in (False, True)
    ]
    assert sizes[1] < 0.55 * sizes[0]


def test_a_network_of_two_outputs_keeps_their_order(tmp_path: Path):
    given = keras.Input((4,))
    network = keras.Model(given, [keras.layers.Dense(3)(given), keras.layers.Dense(2)(given)])
    exporting.export(network, tmp_path)
    write_manifest(tmp_path, method="two", version="1")
    inputs = np.random.default_rng(2).random((3, 4), np.float32)
    for found, wanted in zip(open_model(tmp_path).run(inputs), network(inputs), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
