"""One pair of twins: read, saved as before, forged or not, saved as after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from detector import histories
from detector.datasets.contract import FORGERIES, Example
from detector.datasets.hashing import dhash
from detector.datasets.reading import read_picture
from detector.errors import UnreadablePicture, UnusableData
from detector.forge import Forged, forge
from detector.saving import Jpeg
from detector.widening import varied, widened

if TYPE_CHECKING:
    from detector.types import Mask, Pixels

EDITOR = (90, 95)
"""The qualities of the one editor in the leaky protocol."""
_LEAST_LEFT = 16


class Order(Protocol):
    """What is asked for (``detector.benchmarks.Job``)."""

    @property
    def index(self) -> int:
        """The number of the pair in its set."""
        ...

    @property
    def seed(self) -> int:
        """The seed of the set."""
        ...

    @property
    def history(self) -> str:
        """The history wanted; A in place of B1 and C in place of B2 where a picture cannot have it."""
        ...

    @property
    def forgery(self) -> str:
        """The forgery wanted; the next of FORGERIES where it cannot be made."""
        ...

    @property
    def leaky(self) -> bool:
        """Whether only the forged twin is saved a second time."""
        ...

    @property
    def wide(self) -> bool:
        """Whether the pictures, histories and forgeries are more varied than a benchmark's (for training)."""
        ...

    @property
    def candidates(self) -> tuple[Example, ...]:
        """Pristine pictures, in the order to try."""
        ...

    @property
    def donors(self) -> tuple[Example, ...]:
        """Pristine pictures to splice from, in the order to try."""
        ...


@dataclass(frozen=True)
class _Twins:
    original: Example
    plan: histories.Plan
    forged: Forged
    saved: histories.Saved
    twin: histories.Saved
    dhash: int


def make(order: Order, out: Path) -> list[Example]:
    """Write both twins, mask and origin into ``out``; gives the pristine and the forged example, in this order.

    Everything follows from the order's seed and index. Empty when none of the candidates can be read and forged.
    """
    for attempt, original in enumerate(order.candidates):
        rng = np.random.default_rng([order.seed, order.index, 0, attempt])
        try:
            made = _twins(order, original, rng)
        except (UnreadablePicture, UnusableData):
            continue
        return _written(order, made, out)
    return []


def _twins(order: Order, original: Example, rng: np.random.Generator) -> _Twins:
    pixels = read_picture(original.path, shown=True).pixels
    pixels = varied(pixels, rng) if order.wide else pixels
    plan = _plan(order, pixels, original.traced, rng)
    start = histories.before(pixels, plan)
    forged = _forged(order, original, start, plan, rng)
    plan = histories.fitted(plan, forged.mask)
    saved = histories.after(forged.pixels, forged.mask, forged.origin, plan)
    if saved.mask is None or np.count_nonzero(saved.mask) < _LEAST_LEFT:
        raise UnusableData("expected an edit that is still there after the history, found none")
    if order.leaky and plan.first is not None:
        plain = replace(plan, first=None, shift=(0, 0), last=plan.first)
        twin = histories.after(histories.before(pixels, plain), None, None, plain)
    else:
        twin = histories.after(start, None, None, plan)
    found = original.dhash if original.dhash is not None else dhash(pixels)
    return _Twins(original, plan, forged, saved, twin, found)


def _plan(order: Order, pixels: Pixels, traced: bool, rng: np.random.Generator) -> histories.Plan:
    if order.leaky:
        plan = histories.draw(rng, "A", pixels, traced=traced)
        return replace(plan, shift=(0, 0), last=Jpeg.draw(rng, *EDITOR))
    history = order.history
    if history not in histories.possible(pixels, traced=traced):
        history = {"B1": "A", "B2": "C"}[history]
    plan = histories.draw(rng, history, pixels, traced=traced)
    return widened(plan, pixels, rng) if order.wide else plan


def _forged(order: Order, original: Example, start: Pixels, plan: histories.Plan, rng: np.random.Generator) -> Forged:
    donor = _donor(order, original, start, plan)
    first = FORGERIES.index(order.forgery)
    for kind in FORGERIES[first:] + FORGERIES[:first]:
        if kind == "splicing" and donor is None:
            continue
        try:
            return forge(start, rng, kind=kind, donor=donor, wide=order.wide)
        except UnusableData:
            continue
    raise UnusableData("expected a picture that can be forged, found room for no kind")


def _donor(order: Order, original: Example, start: Pixels, plan: histories.Plan) -> Pixels | None:
    if order.forgery != "splicing":
        return None
    for example in order.donors:
        # The order's donors were drawn for its first candidate; ``original`` may be a later one.
        if example.group == original.group or example.modality != original.modality:
            continue
        try:
            pixels = histories.lent(read_picture(example.path, shown=True).pixels, plan)
        except UnreadablePicture:
            continue
        if pixels.dtype == start.dtype:
            return pixels
    return None


def _written(order: Order, made: _Twins, out: Path) -> list[Example]:
    name = f"{order.index:05d}"
    plain = Example(
        path=_write(out / "pristine" / (name + made.twin.suffix), made.twin.data),
        forged=False,
        source=made.original.source,
        modality=made.original.modality,
        group=made.original.group,
        pair=f"{made.original.path.stem}#{name}",
        history=made.plan.history,
        first_quality=made.plan.first_quality,
        last_quality=made.plan.first_quality if order.leaky else made.plan.last_quality,
        dhash=made.dhash,
        traced=made.original.traced or made.plan.first_quality is not None,
    )
    mask, origin = _masks(made.saved, out, name)
    forged = replace(
        plain,
        path=_write(out / "forged" / (name + made.saved.suffix), made.saved.data),
        forged=True,
        mask=mask,
        origin=origin,
        forgery=made.forged.forgery,
        operation=made.forged.operation,
        area=float(np.mean(made.saved.mask)) if made.saved.mask is not None else None,
        last_quality=made.plan.last_quality,
    )
    return [plain, forged]


def _masks(saved: histories.Saved, out: Path, name: str) -> Iterator[Path | None]:
    for folder, mask in (("masks", saved.mask), ("origins", saved.origin)):
        yield None if mask is None else _write(out / folder / (name + ".png"), _png(mask))


def _png(mask: Mask) -> bytes:
    _, data = cv2.imencode(".png", mask.astype(np.uint8) * 255)
    return data.tobytes()


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
