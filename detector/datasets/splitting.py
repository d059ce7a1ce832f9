"""Dividing a data set so that nothing is on two sides: by group and near-duplicate, within each source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.datasets.contract import Example
from detector.datasets.hashing import dhash
from detector.datasets.reading import read_picture
from detector.datasets.unions import Unions
from detector.errors import UnreadablePicture, UnusableData

NEAR = 4
"""Two pictures of one source whose 64-bit hashes differ in at most this many bits are near-duplicates."""
NEAR_ELSEWHERE = 1
"""The same for pictures of two sources: a coarse hash makes heads of two hospitals look alike at 4 bits already."""
SHARES = (0.6, 0.15, 0.25)


@dataclass(frozen=True)
class Split:
    """Three parts of a data set: to train, held out for stopping and calibration, and to test."""

    train: list[Example]
    held: list[Example]
    test: list[Example]


def clustered(examples: Sequence[Example]) -> list[Example]:
    """The examples with ``group`` replaced by its cluster's, and ``dhash`` filled in where the picture can be read.

    A cluster is everything connected by a shared group or pair, or by pictures that are near-duplicates (NEAR,
    NEAR_ELSEWHERE). A cluster's name is that of its first group.
    """
    hashed = [_hashed(example) for example in examples]
    unions = Unions[str]()
    pairs: dict[str, str] = {}
    for example in hashed:
        unions.join(pairs.setdefault(example.pair, example.group), example.group)
    _join_near(hashed, unions)
    return [replace(example, group=unions.leader(example.group)) for example in hashed]


def split(examples: Sequence[Example], seed: int, shares: tuple[float, float, float] = SHARES) -> Split:
    """Divide by cluster (see :func:`clustered`), each source by ``shares`` as far as its clusters allow.

    A cluster belongs to the source that has most of its pictures. A source of one cluster goes wholly to a side that
    the seed draws with the shares as chances. Each example is on one side; the same seed gives the same split for any
    order of the examples. UnusableData when shares are negative or do not sum to 1.
    """
    _check_shares(shares)
    grouped = clustered(examples)
    sides: dict[str, int] = {}
    for source, sizes in sorted(_sources(grouped).items()):
        rng = np.random.default_rng([seed, *source.encode()])
        sides.update(_assigned(sizes, shares, rng))
    return _parts(grouped, [sides[example.group] for example in grouped])


def random_split(examples: Sequence[Example], seed: int, shares: tuple[float, float, float] = SHARES) -> Split:
    """Divide by pair, as published protocols divide by picture: patients and near-duplicates may be on both sides.

    Twins (an original and its forgery) stay together: divided too, a picture's twin of the *other* class would stand
    on the other side, and a model that recognizes pictures would be worse than guessing. Sizes are the shares of the
    number of pairs, rounded as running totals; the order of the examples does not matter. UnusableData as in
    :func:`split`.
    """
    _check_shares(shares)
    names, owners = np.unique([example.pair for example in examples], return_inverse=True)
    ends = np.rint(np.cumsum(shares) * len(names)).astype(int)
    sides = np.empty(len(names), int)
    order = np.random.default_rng(seed).permutation(len(names))
    sides[order] = np.searchsorted(ends, np.arange(len(names)), side="right").clip(max=2)
    return _parts(examples, sides[owners].tolist())


def without_source(examples: Sequence[Example], source: str) -> tuple[list[Example], list[Example]]:
    """(the others, those of ``source``), for training without one source and testing on it.

    Of the others, those in a cluster with a picture of ``source`` are on neither side. UnusableData when there is no
    such source, or no other.
    """
    grouped = clustered(examples)
    wanted = [example for example in grouped if example.source == source]
    taken = {example.group for example in wanted}
    others = [example for example in grouped if example.source != source and example.group not in taken]
    if not wanted or not others:
        names = ", ".join(sorted({example.source for example in grouped}))
        raise UnusableData(f"expected one of several sources, found {source[:40]!r} of {names}")
    return others, wanted


def _hashed(example: Example) -> Example:
    if example.dhash is not None:
        return example
    try:
        return replace(example, dhash=dhash(read_picture(example.path).pixels))
    except UnreadablePicture:
        return example


def _join_near(examples: Sequence[Example], unions: Unions[str]) -> None:
    known = [example for example in examples if example.dhash is not None]
    hashes = np.array([example.dhash for example in known], np.uint64)
    sources = np.array([example.source for example in known])
    for index, example in enumerate(known):
        distance = np.bitwise_count(hashes[:index] ^ hashes[index])
        near = distance <= np.where(sources[:index] == example.source, NEAR, NEAR_ELSEWHERE)
        for other in np.flatnonzero(near):
            unions.join(known[other].group, example.group)


def _sources(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for example in examples:
        counts[example.group][example.source] += 1
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for group, by_source in counts.items():
        most = min(by_source, key=lambda name: (-by_source[name], name))
        found[most][group] = sum(by_source.values())
    return found


def _assigned(sizes: dict[str, int], shares: tuple[float, float, float], rng: np.random.Generator) -> dict[str, int]:
    names = [str(name) for name in rng.permutation(sorted(sizes))]
    if len(names) == 1:
        return {names[0]: int(rng.choice(3, p=shares))}
    room = np.array(shares) * sum(sizes.values())
    sides: dict[str, int] = {}
    for name in sorted(names, key=lambda name: -sizes[name]):
        sides[name] = int(np.argmax(room))
        room[sides[name]] -= sizes[name]
    return sides


def _parts(examples: Sequence[Example], sides: Sequence[int]) -> Split:
    parts = [[example for example, at in zip(examples, sides, strict=True) if at == side] for side in range(3)]
    return Split(*parts)


def _check_shares(shares: tuple[float, float, float]) -> None:
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise UnusableData(f"expected three shares from 0 that sum to 1, found {shares}")
