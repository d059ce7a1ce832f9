"""A small denoising diffusion network that paints a hole as its surroundings go on: a forger's tool, for judging alone.

After Ho, Jain and Abbeel 2020 (the noise), Salimans and Ho 2022 (velocity as the target) and Saharia et al. 2022
(known surroundings as a condition). No shipped model is trained on what it paints. Values are those of a patch less
the median, in median deviations, of its known pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from detector.errors import UnusableData
from detector.forge import blending, shapes
from detector.forge.ground import survey
from detector.forge.site import Edit, NoPlace, Samples, Site, Values
from detector.training.backend import keras, tf

SIDE = 64
"""Pixels a side of a patch to train on."""
PATCHES = 1024
BATCH = 8
_STEPS = 30
_WIDEST = 5.0
_WIDTHS = (16, 32, 48)


def network() -> keras.Model:
    """From (n, rows, columns, 4) to (n, rows, columns, 1), both sides in whole steps of 4 pixels.

    Given: the noisy values, the surroundings carried smoothly into the hole, where is no hole, and the noise's angle.
    Found: the velocity. About 100 thousand weights.
    """
    entry = keras.Input((None, None, 4))
    fine = _unit(_unit(entry, _WIDTHS[0]), _WIDTHS[0])
    half = _unit(_unit(fine, _WIDTHS[1], stride=2), _WIDTHS[1])
    low = _unit(_unit(_unit(half, _WIDTHS[2], stride=2), _WIDTHS[2]), _WIDTHS[2])
    half = _unit(keras.layers.Concatenate()([keras.layers.UpSampling2D()(low), half]), _WIDTHS[1])
    fine = _unit(keras.layers.Concatenate()([keras.layers.UpSampling2D()(half), fine]), _WIDTHS[0])
    return keras.Model(entry, keras.layers.Conv2D(1, 3, padding="same", kernel_initializer="zeros")(fine))


def _unit(flow: keras.KerasTensor, width: int, *, stride: int = 1) -> keras.KerasTensor:
    found = keras.layers.Conv2D(width, 3, strides=stride, padding="same", activation="swish")(flow)
    return keras.layers.Add()([found, flow]) if stride == 1 and flow.shape[-1] == width else found


def taught(pictures: Sequence[Samples], *, steps: int, seed: int) -> keras.Model:
    """A network that was shown ``steps`` batches of patches of ``pictures`` (rows, columns, 1), pristine and grey."""
    rng = np.random.default_rng([seed, 3])
    keras.utils.set_random_seed(seed)
    clean, given, known = _patches(pictures, rng)
    model = network()
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(keras.optimizers.Adam(rate), loss="mse")
    step = tf.function(lambda entry, wanted: _learned(model, entry, wanted))
    for _ in range(steps):
        drawn = rng.integers(len(clean), size=BATCH)
        noise = rng.standard_normal(clean[drawn].shape).astype(np.float32)
        angle = rng.uniform(0.02, np.pi / 2 - 0.02, (BATCH, 1, 1, 1)).astype(np.float32)
        noisy = np.asarray(np.cos(angle) * clean[drawn] + np.sin(angle) * noise, np.float32)
        wanted = np.cos(angle) * noise - np.sin(angle) * clean[drawn]
        step(_entry(noisy, given[drawn], known[drawn], angle), wanted)
    return model


def _learned(model: keras.Model, entry: tf.Tensor, wanted: tf.Tensor) -> None:
    """One step down the squared error in the holes, where alone the network will be asked."""
    with tf.GradientTape() as tape:
        hole = 1.0 - entry[..., 2:3]
        square = tf.square(model(entry, training=True) - wanted)
        loss = tf.reduce_sum(square * hole) / tf.reduce_sum(hole)
    slopes, _ = tf.clip_by_global_norm(tape.gradient(loss, model.trainable_variables), 1.0)
    model.optimizer.apply_gradients(zip(slopes, model.trainable_variables, strict=True))


def _entry(noisy: Values, given: Values, known: Values, angle: Values) -> Values:
    return np.concatenate((noisy * (1 - known) + given * known, given, known, np.broadcast_to(angle, known.shape)), -1)


def _patches(pictures: Sequence[Samples], rng: np.random.Generator) -> tuple[Values, Values, Values]:
    """PATCHES times the values, the values with a smooth hole, and 1 outside the hole: each (n, SIDE, SIDE, 1)."""
    found: list[tuple[Values, Values, Values]] = []
    whole = [(one, survey(one)) for one in pictures if min(one.shape[:2]) >= SIDE]
    grounds = [(one, ground) for one, ground in whole if ground is not None]
    if not grounds:
        raise UnusableData(f"expected pictures of {SIDE} pixels a side with a body, found none of {len(pictures)}")
    while len(found) < PATCHES:
        picture, ground = grounds[int(rng.integers(len(grounds)))]
        top, left = (int(rng.integers(size - SIDE + 1)) for size in picture.shape[:2])
        shape = np.zeros((SIDE, SIDE), np.bool_)
        drawn = shapes.draw(rng, float(rng.uniform(150, 1300)))[: SIDE - 8, : SIDE - 8]
        shape[4 : 4 + drawn.shape[0], 4 : 4 + drawn.shape[1]] = drawn
        box = np.s_[top : top + SIDE, left : left + SIDE]
        if picture[box].std() < 0.005 * ground.span:  # air
            continue
        site = Site(picture, ground, shape, top, left, picture[box].astype(np.float32))
        found.append(_scaled(site)[:3])
    clean, given, known = (np.stack(one) for one in zip(*found, strict=True))
    return clean, given, known


def _scaled(site: Site) -> tuple[Values, Values, Values, float, float]:
    """Values, values with a smooth hole, 1 outside it; and the middle and the spread that they are scaled by."""
    known = site.old[~site.shape]
    middle = float(np.median(known))
    # A bone at the patch's end must not make the grain of the tissue too faint to learn.
    spread = max(1.4826 * float(np.median(np.abs(known - middle))), 0.15 * float(known.std()), 1.0)
    both = [(one - middle) / spread for one in (site.old, blending.smooth_fill(site))]
    clean, given = (np.clip(one, -_WIDEST, _WIDEST).astype(np.float32) for one in both)
    return clean, given, (~site.shape)[:, :, None].astype(np.float32), middle, spread


def paint(model: keras.Model, site: Site, rng: np.random.Generator) -> Edit:
    """The region as ``model`` draws it in thirty steps from noise; NoPlace for colour and for very small sites."""
    if site.old.shape[2] != 1 or min(site.shape.shape) < 16:
        raise NoPlace("the network paints grey sites of 16 pixels or more a side")
    rows, columns = (size // 4 * 4 for size in site.shape.shape)
    if site.shape[rows:].any() or site.shape[:, columns:].any():
        raise NoPlace("the region reaches the end of the site")
    _, given, known, middle, spread = _scaled(site)
    painted = _drawn(model, given[None, :rows, :columns], known[None, :rows, :columns], rng)[0]
    new = site.old.copy()
    new[:rows, :columns] = painted * spread + middle
    return Edit(new, shapes.soft(site.shape, float(rng.uniform(0.0, 2.5))), "diffusion")


def _drawn(model: keras.Model, given: Values, known: Values, rng: np.random.Generator) -> Values:
    """Ancestral sampling along the angles from noise to none."""
    angles = np.linspace(np.pi / 2 - 0.02, 0.0, _STEPS + 1)
    noisy = rng.standard_normal(given.shape).astype(np.float32)
    for angle, after in pairwise(angles):
        entry = _entry(noisy, given, known, np.full((1, 1, 1, 1), angle, np.float32))
        velocity = model(entry, training=False).numpy()
        clean = np.clip(np.cos(angle) * noisy - np.sin(angle) * velocity, -_WIDEST, _WIDEST)
        noise = np.sin(angle) * noisy + np.cos(angle) * velocity
        fresh = rng.standard_normal(given.shape).astype(np.float32)
        kept = np.sqrt(0.5) if after > 0 else 1.0  # half of the noise's energy is drawn anew each step
        noisy = np.float32(np.cos(after)) * clean + np.float32(np.sin(after)) * np.float32(kept) * noise
        noisy = np.asarray(noisy + np.float32(np.sin(after) * np.sqrt(1 - kept**2)) * fresh, np.float32)
    return noisy


def remembered(path: Path) -> keras.Model:
    """The network whose weights are in ``path``, for :func:`paint`."""
    model = network()
    model.load_weights(path)
    return model
