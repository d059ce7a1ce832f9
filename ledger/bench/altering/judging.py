"""One original, all its copies: what the search, and what others would say of each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from detector.datasets.reading import read_picture
from ledger.bench.altering import others, tiles
from ledger.bench.altering.copies import RECIPES, Copy, Recipe, applies, make
from ledger.bench.altering.forging import CLASSES, Altered, alter
from ledger.bench.altering.material import Picture, Registered
from ledger.bench.altering.pixels import Eight, Pixels, exported, luma, opened, shown_range, without_alpha
from ledger.core.images import Limits
from ledger.lookalikes import FlatIndex
from ledger.similarity import LookAlikes, Search
from ledger.store import SqlStore

LEAST_AREA, LEAST_DELTA = 0.005, 4.0
"""An alteration that should be seen covers this share and changes it by so many grey levels of 255 on average."""


@dataclass(frozen=True)
class Seen:
    """What a comparison says is changed: tiles right, wrongly named and missed, for both truths, and the percentage
    of the copy's area."""

    altered: bool = False
    any_pixel: tuple[int, int, int] = (0, 0, 0)
    half: tuple[int, int, int] = (0, 0, 0)
    percent: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """One copy. ``kind`` is the class of its alteration, None for a pristine one. ``area`` (0 to 1) and ``delta`` are
    the truth's. ``named`` is whether the registration that was named shows the same image, None where none was.
    ``pdq`` and ``phash`` likewise. ``seconds`` is the processor time of the search, ``pixels`` the copy's."""

    original: str
    source: str
    modality: str
    group: str
    deep: bool
    transform: str
    kind: str | None
    area: float
    delta: float
    outcome: str
    named: bool | None
    pdq: bool | None
    phash: bool | None
    pixels: int
    seconds: float
    seen: Seen = field(default_factory=Seen)
    plain: Seen = field(default_factory=Seen)

    @property
    def found(self) -> bool:
        """Whether the right original was named."""
        return self.outcome == "found" and self.named is True

    @property
    def forged(self) -> bool:
        """Whether it differs from its original by more than its transform."""
        return self.kind is not None or self.transform == "text"

    @property
    def visible(self) -> bool:
        """Whether it is altered by so much that it should be seen."""
        return self.forged and self.area >= LEAST_AREA and self.delta >= LEAST_DELTA


class Judge:
    """Searches one registered database, which it keeps open."""

    def __init__(self, registered: Registered) -> None:
        self._registered = registered
        store = SqlStore.open(f"sqlite:///{registered.database}")
        self._alike = LookAlikes(store, FlatIndex(store), Limits())
        self._images = {one.registration: one.image for one in registered.pictures}

    def outcomes(self, row: int, donor: int | None, kind: str, seed: int) -> Iterator[Outcome]:
        """Of every copy of the original in ``row``: pristine ones, and those of one alteration of the class ``kind``.
        The same seed makes the same copies, and twins get the same transform."""
        picture = self._registered.pictures[row]
        pixels = without_alpha(read_picture(picture.path).pixels)
        given = None if donor is None else without_alpha(read_picture(self._registered.pictures[donor].path).pixels)
        altered = alter(pixels, kind, given, np.random.default_rng([seed, row]))
        for place, recipe in enumerate(RECIPES):
            if applies(recipe, pixels):
                for version in (None, altered) if altered else (None,):
                    yield self._outcome(picture, recipe, pixels, version, np.random.default_rng([seed, row, place]))

    def _outcome(
        self, picture: Picture, recipe: Recipe, pixels: Pixels, altered: Altered | None, rng: np.random.Generator
    ) -> Outcome:
        mask = altered.mask if altered else np.zeros(pixels.shape[:2], bool)
        copy = make(recipe, pixels, altered.pixels if altered else pixels, mask, rng)
        start = time.process_time()
        search = self._alike.find(copy.data)
        seconds = time.process_time() - start
        grey = opened(copy.data)
        named = self._same(picture, search)
        return Outcome(
            picture.path.name,
            picture.source,
            picture.modality,
            picture.group,
            picture.depth > 1,
            recipe.name,
            altered.kind if altered else None,
            copy.area,
            copy.delta,
            search.outcome,
            named,
            self._by_hash(picture, others.pdq(grey), self._registered.pdq, others.PDQ_BITS),
            self._by_hash(picture, others.phash(grey), self._registered.phash, others.PHASH_BITS),
            grey.size,
            seconds,
            _seen(search, copy),
            _by_difference(pixels, grey, copy, tiles.edge(search)),
        )

    def _same(self, picture: Picture, search: Search) -> bool | None:
        if search.outcome != "found" or search.registration is None:
            return None
        return self._images[search.registration.id] == picture.image

    def _by_hash(self, picture: Picture, asked: bytes, hashes: others.Hashes, most: int) -> bool | None:
        row = others.nearest(asked, hashes, most)
        return None if row is None else self._registered.pictures[row].image == picture.image


def _seen(search: Search, copy: Copy) -> Seen:
    change = search.change
    if change is None:
        return Seen()
    mask = opened(change.mask) > 0
    edge = tiles.edge(search)
    shown = tiles.shown(copy, edge)
    named = tiles.at_centres(mask, copy, edge)
    counts = [tiles.compared(named, truth, shown) for truth in tiles.truths(copy.truth, edge)]
    return Seen(change.altered, counts[0], counts[1], change.changed_percent)


def _by_difference(pixels: Pixels, grey: Eight, copy: Copy, edge: int) -> Seen:
    """The plain difference; the original is exported as the copy was."""
    original = luma(exported(pixels, shown_range(pixels))).astype(np.uint8)
    mask = others.difference(original, grey)
    named, _ = tiles.truths(mask, edge)
    shown = np.ones(named.shape, bool)
    counts = [tiles.compared(named, truth, shown) for truth in tiles.truths(copy.truth, edge)]
    return Seen(bool(mask.any()), counts[0], counts[1], round(100 * float(mask.mean()), 4))


def class_of(turn: int) -> str:
    """The class that the original of this turn is altered by: all are drawn equally often."""
    return list(CLASSES)[turn % len(CLASSES)]
