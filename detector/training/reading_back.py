"""From the localizer's TFLite file back to weights to go on training from, as when only the shipped model is there.

The converter folds each batch normalisation into the convolution before it, and the scale of the pixels into the first.
So every normalisation gets the mean and the variance that its input has on some samples, and a scale and an offset that
undo them: the answers stay the same (to the float16 of the file), and training goes on from usual statistics.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import UnusableData
from detector.localizer.planes import STEP
from detector.training.backend import keras, tf

Arrays = dict[Any, npt.NDArray[np.float32]]
_ODDS, _SCALE = "odds", "block_scale"
_NUMBERS = re.compile(r"conv2d((?:_\d+)*)/")  # also in the names of what was joined with the convolution


def read_back(network: keras.Model, model: Path, inputs: list[npt.NDArray[np.float32]]) -> None:
    """``network`` (float32) answers as the file ``model`` does; ``inputs`` are its pixels and blocks of some crops.

    UnusableData when the file is not of such a network.
    """
    kernels, offsets = _folded(model)
    convolutions = _in_order(network, keras.layers.Conv2D)
    norms = _in_order(network, keras.layers.BatchNormalization)
    numbers = sorted(key for key in kernels if isinstance(key, int))
    wanted = {*numbers, _ODDS, "mul", "sub"}
    if len(numbers) != len(convolutions) or set(offsets) != wanted or _ODDS not in kernels:
        raise UnusableData(
            f"expected a trained localizer of {len(convolutions)} convolutions in {model}, found another"
        )
    kernels[numbers[0]] = kernels[numbers[0]] * np.float32(STEP)
    for number, layer in zip(numbers, convolutions, strict=True):
        layer.set_weights([kernels[number].transpose(1, 2, 3, 0)])
    network.get_layer(_ODDS).set_weights([kernels[_ODDS].transpose(1, 2, 3, 0), offsets[_ODDS]])
    _set(network.get_layer(_SCALE), inputs[1], offsets["mul"], offsets["sub"])
    by_layer = dict(zip(norms, numbers, strict=True))
    for layer in [one for one in network.layers if one in by_layer]:  # from the inputs on
        seen = keras.Model(network.inputs, layer.input).predict(inputs, batch_size=16, verbose=0)
        _set(layer, seen, np.ones(seen.shape[-1], np.float32), offsets[by_layer[layer]])


def _set(layer: Any, seen: npt.NDArray[Any], times: npt.NDArray[Any], plus: npt.NDArray[Any]) -> None:
    """The normalisation makes ``seen · times + plus``, by the statistics of ``seen``."""
    flat = seen.reshape(-1, seen.shape[-1])
    mean, variance = flat.mean(axis=0), flat.var(axis=0)
    layer.set_weights([times * np.sqrt(variance + layer.epsilon), plus + mean * times, mean, variance])


def _in_order(network: keras.Model, kind: Any) -> list[Any]:
    """The layers of a kind in the order that they were made, less the two that are known by name."""
    found = [layer for layer in network.layers if isinstance(layer, kind) and layer.name not in (_ODDS, _SCALE)]
    return sorted(found, key=lambda layer: int(layer.name.rpartition("_")[2]) if layer.name[-1].isdigit() else 0)


def _folded(model: Path) -> tuple[Arrays, Arrays]:
    """Kernels (out, rows, columns, in) and offsets (out,) by number of the layer or by name."""
    interpreter = tf.lite.Interpreter(str(model))
    interpreter.allocate_tensors()
    kernels: Arrays = {}
    offsets: Arrays = {}
    stored = [one for one in interpreter.get_tensor_details() if one["dtype"] == np.float16]
    numbers = [_numbers(one["name"]) for one in stored]
    # A call may add a number of its own behind the layer's; the first layer of a kind has none.
    added = max(map(len, numbers), default=0) > 1
    for tensor, found in zip(stored, numbers, strict=True):
        value = interpreter.get_tensor(tensor["index"]).astype(np.float32)
        own = found[:-1] if added else found
        into = kernels if value.ndim == 4 else offsets
        into[_named(tensor["name"]) or (own[0] if own else 0)] = value
    return kernels, offsets


def _numbers(name: str) -> list[int]:
    found = _NUMBERS.search(name)
    return [int(one) for one in found[1].split("_")[1:]] if found else []


def _named(name: str) -> str | None:
    if _SCALE in name:
        return "mul" if name.endswith("mul") else "sub"
    return _ODDS if f"/{_ODDS}" in name else None
