"""The networks of the methods, layer by layer. Outputs are (pristine, forged)."""

from __future__ import annotations

import numpy as np

from detector.training.backend import keras

SIDE = 128


def ela_cnn() -> keras.Model:
    """The seed paper's network: (128, 128, 3) in 0..1 → softmax of 2; 329,922 parameters.

    Four pairs of convolution (ReLU, 'same', stride 1) and 2×2 max-pooling, flatten 8×8×64 = 4096, dense 64, 32, 2.
    The paper leaves kernels and first widths open; ours: 3×3, and 32, 32, 64, 64 filters.
    """
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            *(layer for width in (32, 32, 64, 64) for layer in (_same(width), keras.layers.MaxPooling2D(2))),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(2, activation="softmax"),
        ],
        name="ela_cnn",
    )


def recompression_cnn(rank: int | None = None) -> keras.Model:
    """Ali et al. (Electronics 2022): (128, 128, 3) difference → 2 sigmoids; 28,577,474 parameters.

    Convolutions 32@3×3, 32@3×3, 32@7×7 (stride 1, ReLU), 2×2 max-pooling, dense 256 ReLU. The paper does not name
    the padding; ours is 'valid' (128 → 126 → 124 → 118 → 59). With ``rank`` the matrix of the dense layer is a
    product of two of that rank (see :func:`factorised`).
    """
    between = [] if rank is None else [keras.layers.Dense(rank, use_bias=False, name="large_left")]
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.Conv2D(32, 7, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            *between,
            keras.layers.Dense(256, activation="relu", name="large"),
            keras.layers.Dense(2, activation="sigmoid"),
        ],
        name="recompression_cnn",
    )


def factorised(network: keras.Model, rank: int) -> keras.Model:
    """``recompression_cnn`` with its dense matrix replaced by the nearest one of ``rank`` (truncated SVD).

    The right singular vectors are found from the small matrix WᵀW; by Eckart and Young no matrix of that rank is
    nearer to W in the Frobenius norm.
    """
    small = recompression_cnn(rank)
    weights = network.get_weights()
    matrix = weights[6]
    _, vectors = np.linalg.eigh(matrix.T.astype(np.float64) @ matrix.astype(np.float64))
    right = vectors[:, ::-1][:, :rank].astype(np.float32)
    small.set_weights([*weights[:6], matrix @ right, right.T, *weights[7:]])
    return small


def vgg() -> keras.Model:
    """VGG16's topology (Simonyan and Zisserman 2015) at an eighth of its width: (128, 128, 3) in 0..1 → softmax of 2.

    Thirteen 3×3 convolutions in five blocks of 8, 16, 32, 64, 64 filters, each block with 2×2 max-pooling, then dense
    512, 512, 2. Trained from scratch, no ImageNet weights; the width, He's first weights and the input of 128 are ours.
    """
    blocks = ((8, 2), (16, 2), (32, 3), (64, 3), (64, 3))
    deep: list[keras.layers.Layer] = []
    for width, count in blocks:
        deep += [_same(width, "he_normal") for _ in range(count)]
        deep.append(keras.layers.MaxPooling2D(2))
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            *deep,
            keras.layers.Flatten(),
            *(keras.layers.Dense(512, activation="relu", kernel_initializer="he_normal") for _ in range(2)),
            keras.layers.Dense(2, activation="softmax"),
        ],
        name="vgg",
    )


def _same(width: int, initializer: str = "glorot_uniform") -> keras.layers.Conv2D:
    return keras.layers.Conv2D(width, 3, padding="same", activation="relu", kernel_initializer=initializer)
