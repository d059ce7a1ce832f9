"""The originals and all that is registered beside them."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from detector.datasets import Example
from detector.datasets.opening import open_dataset
from detector.datasets.reading import read_picture
from detector.errors import UnreadablePicture
from ledger.bench.altering import others
from ledger.bench.altering.made import made_pictures
from ledger.bench.altering.pixels import exported, luma, shown_range, without_alpha
from ledger.core.digests import digest_set
from ledger.core.images import Limits
from ledger.core.model import Draft, ImageRecord, Registrar, TraceRecord
from ledger.errors import InputError
from ledger.store import SqlStore

if TYPE_CHECKING:
    from ledger.bench.altering.running import Running

SAME = 0.97
"""Two files show the same image when their detail, at 128 × 128, correlates by this and their shapes agree. Lossy and
lossless files of one image reach 0.977 and more, two neighbouring slices 0.964, all other pairs at most 0.84."""
_SIDE = 128
_ASPECT = 0.02
_MOST_OF_A_SOURCE = 90
_LARGE, _MOST_LARGE = 6.0, 3
"""Of pictures of so many megapixels, so many of a source: their copies take a hundred times as long as others'."""
_FOREIGN = "b_"
"""Sources whose names begin so are photographs: registered as distractors, never drawn as originals."""
_LOG = "a" * 64

Detail = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Taken:
    """What registering one file gave, and what the comparisons need of it."""

    digests: dict[str, str]
    trace: TraceRecord | None
    depth: int
    colour: bool
    size: tuple[int, int]
    detail: Detail
    pdq: bytes
    phash: bytes


@dataclass(frozen=True)
class Picture:
    """A registered picture. Those of one ``image`` show the same image; ``depth`` is bytes a sample,
    ``megapixels`` those of a frame."""

    registration: str
    path: Path
    source: str
    modality: str
    group: str
    image: int
    depth: int
    colour: bool
    megapixels: float
    trace: TraceRecord | None


@dataclass(frozen=True)
class Registered:
    """All registered pictures, the database they are in, their hashes row by row, and what was left out and why.
    ``alike`` counts the images that more than one file shows."""

    pictures: Sequence[Picture]
    database: Path
    pdq: others.Hashes
    phash: others.Hashes
    left_out: Counter[str]
    alike: int


def examples(folder: Path | None, made: Path, count: int, seed: int) -> list[Example]:
    """Authentic pictures of the data set in ``folder``, or made ones: two slices of each of ``count`` patients."""
    if folder is None:
        return made_pictures(made, count, seed)
    return [example for example in open_dataset(folder) if not example.forged]


def register(workers: Running, wanted: Sequence[Example], database: Path) -> Registered:
    """Register each file's own bytes as :class:`ledger.registration.Registration` does, in a database of its own."""
    taken, left_out = [], Counter[str]()
    for example, found in zip(wanted, workers.mapped("registering", take, [one.path for one in wanted]), strict=True):
        if isinstance(found, Taken):
            taken.append((example, found))
        else:
            left_out[found] += 1
    images = same_images([one for _, one in taken])
    ids = list(_appended(database, [one for _, one in taken]))
    pictures = [
        _picture(name, example, one, image) for name, (example, one), image in zip(ids, taken, images, strict=True)
    ]
    hashes = (others.as_rows([one.pdq for _, one in taken]), others.as_rows([one.phash for _, one in taken]))
    alike = sum(1 for size in Counter(images).values() if size > 1)
    return Registered(pictures, database, *hashes, left_out, alike)


def _picture(name: str, example: Example, taken: Taken, image: int) -> Picture:
    megapixels = taken.size[0] * taken.size[1] / 1e6
    facts = (example.path, example.source, example.modality, example.group)
    return Picture(name, *facts, image, taken.depth, taken.colour, megapixels, taken.trace)


def take(path: Path) -> Taken | str:
    """Digests and fingerprint of a file; or why it cannot be used."""
    try:
        digests = digest_set(path.read_bytes(), Limits(), traced=True)
        pixels = without_alpha(read_picture(path).pixels)
    except InputError as error:
        return f"not readable by the ledger ({error.code})"
    except UnreadablePicture:
        return "not readable by the detector"
    if digests.trace is None:
        return "too small for a fingerprint"
    grey = luma(exported(pixels, shown_range(pixels))).astype(np.uint8)
    return Taken(
        dict(digests.digests),
        digests.trace,
        pixels.dtype.itemsize,
        pixels.ndim == 3,
        (grey.shape[0], grey.shape[1]),
        _detail(grey),
        others.pdq(grey),
        others.phash(grey),
    )


def _detail(grey: npt.NDArray[np.uint8]) -> Detail:
    """What is left of a picture at 128 × 128 between two blurs, of length 1: neighbouring slices differ in it."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    band = (cv2.GaussianBlur(small, (0, 0), 0.7) - cv2.GaussianBlur(small, (0, 0), 2.0)).ravel()
    band -= band.mean()
    return np.asarray(band / max(float(np.linalg.norm(band)), 1e-6), np.float32)


def same_images(taken: Sequence[Taken]) -> list[int]:
    """For each the number of its image: files are joined, through whatever chain, that show the same."""
    details = np.stack([one.detail for one in taken])
    aspects = np.array([one.size[1] / one.size[0] for one in taken])
    alike = (details @ details.T >= SAME) & (np.abs(aspects[:, None] / aspects - 1) <= _ASPECT)
    images = list(range(len(taken)))
    for first, second in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
        old, new = images[second], images[first]
        images = [new if image == old else image for image in images]
    return images


def _appended(database: Path, taken: Sequence[Taken]) -> Iterator[str]:
    with SqlStore.open(f"sqlite:///{database}") as store:
        store.add_registrar(Registrar(_LOG, "bench", "b" * 64, datetime.now(UTC)), _draft("genesis", None))
        for one in taken:
            draft = _draft("register", one)
            store.append(_LOG, [draft])
            yield draft.id


def _draft(kind: str, taken: Taken | None) -> Draft:
    made = uuid.uuid4().hex
    leaf = hashlib.sha256(made.encode()).digest()
    image = None
    if taken is not None:
        image = ImageRecord(made, taken.digests, os.urandom(32), {}, b"", None, None, taken.trace)
    return Draft(made, kind, made.encode(), leaf, None, datetime.now(UTC), image)


def drawn(pictures: Sequence[Picture], count: int, seed: int) -> list[int]:
    """The rows of at most ``count`` originals: from each source in turn, so that small ones are all there, at most 90
    of one (3 where they are large), and of several files that show one image only one."""
    shuffled = list(range(len(pictures)))
    np.random.default_rng(seed).shuffle(shuffled)
    seen: set[int] = set()
    sources: dict[str, list[int]] = {}
    for row in shuffled:
        picture = pictures[row]
        rows = sources.setdefault(picture.source, [])
        large = sum(pictures[one].megapixels >= _LARGE for one in rows) if picture.megapixels >= _LARGE else 0
        if not picture.source.startswith(_FOREIGN) and picture.image not in seen and large < _MOST_LARGE:
            seen.add(picture.image)
            rows.append(row)
    turns = [rows[turn] for turn in range(_MOST_OF_A_SOURCE) for rows in sources.values() if turn < len(rows)]
    return turns[:count]
