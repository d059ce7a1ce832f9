"""The localizer's network: a stem on pixels, an embedding of block features, and a U-Net on the block grid.

Every layer is a convolution and every enlargement a depth-to-space, so that the exported model takes tiles of any size
in whole steps of 32 pixels.
"""

from __future__ import annotations

from detector.localizer.features import BLOCK_FEATURES
from detector.localizer.planes import PLANES, STEP
from detector.training.backend import keras, tf

layers = keras.layers


def network(side: int | None = None, *, half: bool = False) -> keras.Model:
    """From pixels (n, side, side, 4), the int8 levels, and blocks (n, side/8, side/8, features) to log odds.

    These are (n, side/4, side/4, 1). ``side`` None leaves height and width open. 642 thousand weights.
    ``half``: the arithmetic is bfloat16 (a third faster to train on processors that have it), the weights float32.
    """
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if half else "float32")
    try:
        return _built(side)
    finally:
        keras.config.set_dtype_policy(usual)


def _built(side: int | None) -> keras.Model:
    small = None if side is None else side // 8
    pixels = keras.Input((side, side, len(PLANES)), name="pixels")
    blocks = keras.Input((small, small, len(BLOCK_FEATURES)), name="blocks")
    fine, coarse = _stem(pixels)
    known = _unit(_unit(layers.BatchNormalization(name="block_scale")(blocks), 48, kernel=1), 48)
    flow = _u_shaped(layers.Concatenate()([coarse, known]))
    flow = _larger(flow, 24)
    flow = _unit(_unit(layers.Concatenate()([flow, _unit(fine, 16, kernel=1)]), 24), 24)
    odds = layers.Conv2D(1, 1, name="odds", bias_initializer=keras.initializers.Constant(-2.5), dtype="float32")(flow)
    return keras.Model([pixels, blocks], odds, name="localizer")


def _stem(pixels: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """(at 1/4 with 32 channels, at 1/8 with 48)."""
    flow = layers.Rescaling(1.0 / STEP)(pixels)
    flow = _unit(flow, 20, kernel=5, stride=2)
    flow = _unit(flow, 24)
    fine = _unit(_unit(flow, 32, stride=2), 32)
    return fine, _unit(fine, 48, stride=2)


def _u_shaped(flow: keras.KerasTensor) -> keras.KerasTensor:
    one = _unit(_unit(flow, 64), 64)
    two = _unit(_unit(one, 80, stride=2), 80)
    three = _unit(_unit(two, 112, stride=2), 112)
    two = _unit(layers.Concatenate()([_larger(three, 40), two]), 72)
    return _unit(layers.Concatenate()([_larger(two, 40), one]), 64)


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
