"""Judged twins of CT and MR pictures of more than 8 bits, with regions by generators that no training picture had.

``python -m detector.evaluation.generated --data DIR [--trained POOL/train/examples.jsonl] [--volume FILE] --out OUT``
makes ``OUT/strange``, of patients whom the localizer was not trained on, and ``OUT/known``, of others; then
``python -m detector.evaluation.judging --method fusion --models detector/weights --out JUDGED OUT/strange OUT/known``.

Both twins are stored without loss in their own depth (history B1). Resumable; pictures are copied into OUT, not beyond.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from detector.benchmarks import quotas
from detector.datasets.contract import Example
from detector.datasets.generated import FILE, as_record, from_record, save_examples
from detector.datasets.opening import open_dataset
from detector.datasets.reading import read_picture
from detector.datasets.splitting import clustered
from detector.errors import UnreadablePicture, UnusableData
from detector.evaluation.volumes import slices_of
from detector.forge import Forged, forge_with
from detector.forge.ground import survey
from detector.forge.site import Samples
from detector.forge.strange import GENERATORS, Generator, on_tissue, poisson
from detector.saving import save_lossless
from detector.training.pool import divided
from detector.workers import settle

if TYPE_CHECKING:
    from detector.types import Pixels

SHIPPED_SEED, SHIPPED_WITHOUT = 11, ("us_busi",)
"""How the groups were divided for the shipped models (``detector.training.pool``)."""
NAMES = (*GENERATORS, "poisson", "diffusion")
AREA = (0.005, 0.06)
"""The region's share of the picture."""
_SMALLEST, _LARGEST = 64, 1024
_REPEATED = 3
"""How often a source of few pictures gives each of them to one generator."""
_LESSONS = 24
"""Pictures a source that the diffusion network is shown, at most."""


@dataclass(frozen=True)
class Job:
    """One pair to make in ``folder``; ``network`` holds what the diffusion network of this modality has learned."""

    index: int
    seed: int
    generator: str
    original: Example
    donors: tuple[Example, ...]
    folder: Path
    network: Path


def originals(data: Path, volume: Path | None, out: Path) -> list[Example]:
    """Pristine grey pictures of CT or MR with 16-bit words, of 64 to 1,024 pixels a side, without a lossy past.

    Of several files with the same samples one; groups are those that a pool of ``data`` has. ``volume``'s slices are
    written into ``out``.
    """
    found = clustered([example for example in open_dataset(data) if not example.forged])
    found += slices_of(volume, out) if volume else []
    kept: dict[str, Example] = {}
    for example in found:
        if example.traced or example.modality[:2] not in ("CT", "MR"):
            continue
        try:
            pixels = read_picture(example.path).pixels
        except UnreadablePicture:
            continue
        fits = _SMALLEST <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= _LARGEST
        if pixels.ndim == 2 and pixels.dtype == np.uint16 and fits:
            kept.setdefault(hashlib.sha256(pixels.tobytes()).hexdigest(), example)
    return list(kept.values())


def jobs_of(
    examples: Sequence[Example], lenders: Sequence[Example], folder: Path, *, pairs: int, seed: int
) -> list[Job]:
    """``pairs`` jobs for each of NAMES, shared evenly by the sources; each generator has its own pictures and places.

    Donors are of the same kind of scanner, of another source and group, from ``lenders``. Networks lie beside the
    folder.
    """
    sources: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        sources[example.source].append(example)
    given = quotas({name: len(found) for name, found in sources.items()}, pairs, _REPEATED)
    made: list[Job] = []
    for source, quota in given.items():
        order = np.random.default_rng([seed, *source.encode()]).permutation(len(sources[source]))
        for place, generator in ((place, name) for name in NAMES for place in range(quota)):
            turn = NAMES.index(generator) * quota + place
            original = sources[source][order[turn % len(order)]]
            made.append(_job(len(made), seed, generator, original, lenders, folder))
    return made


def _job(index: int, seed: int, generator: str, original: Example, lenders: Sequence[Example], folder: Path) -> Job:
    family = original.modality[:2]
    fit = [
        one
        for one in lenders
        if one.modality[:2] == family and one.source != original.source and one.group != original.group
    ]
    drawn = np.random.default_rng([seed, index, 1]).permutation(len(fit))[:3]
    network = folder.parent / f"diffusion-{family}.weights.h5"
    return Job(index, seed, generator, original, tuple(fit[one] for one in drawn), folder, network)


def make(job: Job) -> list[Example]:
    """Write both twins and the mask, and what is known of them; none where the picture cannot be forged so."""
    record = job.folder / "jobs" / f"{job.index:05d}.json"
    if not record.is_file():
        rng = np.random.default_rng([job.seed, job.index])
        pixels = read_picture(job.original.path).pixels
        try:
            forged = forge_with(pixels, rng, job.generator, on_tissue(_generator(job)), AREA)
            examples = _written(job, pixels, forged, str(rng.choice(("png", "dicom"))))
        except UnusableData:
            examples = []
        record.write_text(json.dumps([as_record(one, job.folder) for one in examples]), "utf-8")
    return [from_record(one, job.folder) for one in json.loads(record.read_text("utf-8"))]


def _generator(job: Job) -> Generator:
    if job.generator == "diffusion":
        from detector.training.denoising import paint  # TensorFlow takes seconds

        network = _network(job.network)
        return lambda site, rng: paint(network, site, rng)
    if job.generator == "poisson":
        for donor in job.donors:
            samples = _samples(donor)
            ground = survey(samples)
            if ground is not None:
                return poisson(samples, ground)
        raise UnusableData("expected a donor of the modality, found none")
    return GENERATORS[job.generator]


@lru_cache(maxsize=2)
def _network(path: Path) -> Any:
    from detector.training.denoising import remembered

    return remembered(path)


def _samples(example: Example) -> Samples:
    pixels = read_picture(example.path).pixels
    return pixels.reshape(*pixels.shape[:2], -1)


def _written(job: Job, pixels: Pixels, forged: Forged, container: str) -> list[Example]:
    name = f"{job.index:05d}"
    paths = []
    for side, samples in (("pristine", pixels), ("forged", forged.pixels)):
        data, suffix = save_lossless(samples, container)
        paths.append(job.folder / side / (name + suffix))
        paths[-1].write_bytes(data)
    mask = job.folder / "masks" / f"{name}.png"
    mask.write_bytes(cv2.imencode(".png", forged.mask.astype(np.uint8) * 255)[1].tobytes())
    pair = f"{job.original.path.stem}#{name}"
    plain = replace(job.original, path=paths[0], pair=pair, history="B1", dhash=None)
    twin = replace(plain, path=paths[1], forged=True, mask=mask)
    return [plain, replace(twin, forgery=job.generator, operation=forged.operation, area=forged.area)]


def make_generated(
    examples: Sequence[Example],
    lenders: Sequence[Example],
    folder: Path,
    *,
    pairs: int,
    seed: int,
    processes: int = 2,
) -> list[Example]:
    """The set in ``folder``, with ``examples.jsonl``; what was made before is not made again."""
    for part in ("jobs", "pristine", "forged", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    jobs = jobs_of(examples, lenders, folder, pairs=pairs, seed=seed)
    if processes == 1:
        made = [make(job) for job in jobs]
    else:  # spawned, since a copy of a process in which TensorFlow has run hangs
        with ProcessPoolExecutor(processes, get_context("spawn"), initializer=settle) as pool:
            made = list(pool.map(make, jobs, chunksize=2))
    found = [example for pair in made for example in pair]
    save_examples(folder, found)
    return found


def teach(examples: Sequence[Example], networks: Path, *, steps: int, seed: int) -> None:
    """A diffusion network for CT and one for MR in ``networks``, of a few pictures of each source."""
    from detector.training.denoising import taught

    for family in sorted({example.modality[:2] for example in examples}):
        path = networks / f"diffusion-{family}.weights.h5"
        sources: dict[str, list[Example]] = defaultdict(list)
        for example in examples:
            if example.modality.startswith(family):
                sources[example.source].append(example)
        shown = [one for found in sources.values() for one in found[:: max(1, len(found) // _LESSONS)]]
        if not path.is_file():
            taught([_samples(one) for one in shown], steps=steps, seed=seed).save_weights(path)


def _trained(data: Path, examples: Path | None) -> set[str]:
    """The groups that were trained on: of the lines of ``examples``, or else by the division of the shipped models."""
    if examples is None:
        return {example.group for example in divided(data, SHIPPED_SEED, SHIPPED_WITHOUT)[0].train}
    return {json.loads(line)["group"] for line in examples.read_text("utf-8").splitlines()}


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description="Make twins with regions by generators that are not trained on.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trained", type=Path, help="examples.jsonl of what was trained on; unsaid: as shipped models")
    parser.add_argument("--volume", type=Path, help="an InVesalius project (.inv3) with a CT that nobody trained on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=int, nargs=2, default=(30, 20), help="a generator, of strange, known patients")
    parser.add_argument("--steps", type=int, default=900, help="batches that the diffusion networks are shown")
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    out = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    trained = _trained(asked.data.resolve(), asked.trained)
    examples = originals(asked.data.resolve(), asked.volume, out / "slices")
    teach(examples, out, steps=asked.steps, seed=asked.seed)
    sides = {"strange": [one for one in examples if one.group not in trained]}
    sides["known"] = [one for one in examples if one.group in trained]
    for (name, side), pairs in zip(sides.items(), asked.pairs, strict=True):
        if side and pairs and not (out / name / FILE).is_file():
            make_generated(side, examples, out / name, pairs=pairs, seed=asked.seed, processes=asked.processes)


if __name__ == "__main__":
    main()
