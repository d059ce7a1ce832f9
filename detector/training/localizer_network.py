"""The localizer's network: a stem on pixels, an embedding of block features, and a U-Net on the block grid.

Every layer is a convolution and every enlargement a depth-to-space, so that the exported model takes tiles of any size
in whole steps of 32 pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from detector.localizer.features import BLOCK_FEATURES
from detector.localizer.planes import PLANES, STEP
from detector.training.backend import keras, tf

layers = keras.layers
Wide = Callable[[int], int]
"""From the channels of a layer to those of a network of another width."""


def network(side: int | None = None, *, half: bool = False, width: float = 1.0) -> keras.Model:
    """From pixels (n, side, side, 4), the int8 levels, and blocks (n, side/8, side/8, features) to log odds.

    These are (n, side/4, side/4, 1). ``side`` None leaves height and width open. 642 thousand weights; ``width``
    times as many channels in every layer have about its square as many.
    ``half``: the arithmetic is bfloat16 (a third faster to train on processors that have it), the weights float32.
    """
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if half else "float32")
    try:
        return _built(side, width)
    finally:
        keras.config.set_dtype_policy(usual)


def _built(side: int | None, width: float) -> keras.Model:
    small = None if side is None else side // 8
    wide = partial(_wide, width)
    pixels = keras.Input((side, side, len(PLANES)), name="pixels")
    blocks = keras.Input((small, small, len(BLOCK_FEATURES)), name="blocks")
    fine, coarse = _stem(pixels, wide)
    known = _unit(_unit(layers.BatchNormalization(name="block_scale")(blocks), wide(48), kernel=1), wide(48))
    flow = _u_shaped(layers.Concatenate()([coarse, known]), wide)
    flow = _larger(flow, wide(24))
    flow = _unit(_unit(layers.Concatenate()([flow, _unit(fine, wide(16), kernel=1)]), wide(24)), wide(24))
    odds = layers.Conv2D(1, 1, name="odds", bias_initializer=keras.initializers.Constant(-2.5), dtype="float32")(flow)
    return keras.Model([pixels, blocks], odds, name="localizer")


def _wide(width: float, channels: int) -> int:
    return max(4, round(width * channels / 4) * 4)


def _stem(pixels: keras.KerasTensor, wide: Wide) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """(at 1/4 with 32 channels, at 1/8 with 48)."""
    flow = layers.Rescaling(1.0 / STEP)(pixels)
    flow = _unit(flow, wide(20), kernel=5, stride=2)
    flow = _unit(flow, wide(24))
    fine = _unit(_unit(flow, wide(32), stride=2), wide(32))
    return fine, _unit(fine, wide(48), stride=2)


def _u_shaped(flow: keras.KerasTensor, wide: Wide) -> keras.KerasTensor:
    one = _unit(_unit(flow, wide(64)), wide(64))
    two = _unit(_unit(one, wide(80), stride=2), wide(80))
    three = _unit(_unit(two, wide(112), stride=2), wide(112))
    two = _unit(layers.Concatenate()([_larger(three, wide(40)), two]), wide(72))
    return _unit(layers.Concatenate()([_larger(two, wide(40)), one]), wide(64))


def _unit(flow: keras.KerasTensor, width: int, *, kernel: int = 3, stride: int = 1) -> keras.KerasTensor:
    flow = layers.Conv2D(width, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal")(flow)
    return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(flow))


def _larger(flow: keras.KerasTensor, width: int) -> keras.KerasTensor:
    return Doubled()(_unit(flow, width * 4, kernel=1))


class Doubled(keras.layers.Layer):  # type: ignore[misc]
    """Twice as high and wide, with a quarter of the channels."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """(n, h, w, 4c) → (n, 2h, 2w, c)."""
        return tf.nn.depth_to_space(inputs, 2)
