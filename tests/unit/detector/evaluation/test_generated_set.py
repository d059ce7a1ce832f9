"""The set of generated regions: its twins, its sources, the volume; the network that paints, in a few lessons."""

from __future__ import annotations

import io
import plistlib
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.datasets.contract import Example
from detector.datasets.opening import open_dataset
from detector.datasets.reading import read_mask, read_picture
from detector.errors import UnusableData
from detector.evaluation import generated
from detector.evaluation.volumes import slices_of

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own


def picture(seed: int, size: int = 128) -> Any:
    noise = np.random.default_rng(seed).standard_normal((size, size)).astype(np.float32)
    body = np.hypot(*(np.mgrid[:size, :size] - size / 2)) < 0.45 * size
    return np.where(body, 1500 + 200 * cv2.GaussianBlur(noise, (0, 0), 1.0), 20).astype(np.uint16)


def example(folder: Path, seed: int, *, modality: str = "CT head", **more: Any) -> Example:
    path = folder / f"{seed}.png"
    cv2.imwrite(str(path), picture(seed))
    return Example(path, False, f"s{seed}", modality, f"g{seed}", path.stem, **more)


def test_twins_are_alike_but_for_the_region_and_stored_without_loss(tmp_path: Path):
    examples = [example(tmp_path, 1), example(tmp_path, 2)]
    jobs = generated.jobs_of(examples, examples, tmp_path / "set", pairs=2, seed=3)
    quick = [job for job in jobs if job.generator != "diffusion"]
    for part in ("jobs", "pristine", "forged", "masks"):
        (tmp_path / "set" / part).mkdir(parents=True)
    plain, forged = generated.make(quick[0])
    mask = read_mask(forged.mask) if forged.mask else None
    ours, theirs = (read_picture(one.path).pixels for one in (plain, forged))
    assert mask is not None
    assert ours.dtype == np.uint16
    assert (ours == read_picture(quick[0].original.path).pixels).all()
    assert (ours[~mask] == theirs[~mask]).all()
    assert plain.path.suffix == forged.path.suffix
    assert plain.pair == forged.pair
    assert plain.history == forged.history == "B1"


def test_each_generator_gets_as_many_pairs_and_no_donor_of_the_same_source(tmp_path: Path):
    examples = [example(tmp_path, seed) for seed in (1, 2, 3)]
    jobs = generated.jobs_of(examples, examples, tmp_path / "set", pairs=6, seed=3)
    assert {name: sum(job.generator == name for job in jobs) for name in generated.NAMES} == dict.fromkeys(
        generated.NAMES, 6
    )
    assert all(donor.source != job.original.source for job in jobs for donor in job.donors)


def test_a_set_that_is_there_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(generated, "NAMES", ("biharmonic", "poisson"))
    examples = [example(tmp_path, 1), example(tmp_path, 2)]
    made = generated.make_generated(examples, examples, tmp_path / "set", pairs=2, seed=3, processes=1)
    assert open_dataset(tmp_path / "set") == made
    monkeypatch.setattr(generated, "forge_with", None)
    assert generated.make_generated(examples, examples, tmp_path / "set", pairs=2, seed=3, processes=1) == made


def test_only_deep_ct_and_mr_without_a_lossy_past_is_taken_and_each_picture_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    good = example(tmp_path, 1)
    (tmp_path / "again.png").write_bytes(good.path.read_bytes())
    cv2.imwrite(str(tmp_path / "flat.png"), np.zeros((64, 64), np.uint8))
    found = [
        good,
        Example(tmp_path / "again.png", False, "s", "CT", "g", "p"),
        Example(tmp_path / "flat.png", False, "s", "CT", "g", "p"),
        example(tmp_path, 2, traced=True),
        example(tmp_path, 3, modality="fundus"),
    ]
    monkeypatch.setattr(generated, "open_dataset", lambda _: found)
    assert [one.path for one in generated.originals(tmp_path, None, tmp_path)] == [good.path]


def project(path: Path, volume: Any) -> Path:
    facts = {"matrix": {"filename": "matrix.dat", "shape": list(volume.shape), "dtype": "int16"}}
    with tarfile.open(path, "w:gz") as archive:
        for name, data in (("main.plist", plistlib.dumps(facts)), ("matrix.dat", volume.tobytes())):
            member = tarfile.TarInfo(f"tmp/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_slices_of_a_volume_keep_their_values_and_twelve_neighbours_are_a_group(tmp_path: Path):
    volume = np.random.default_rng(0).integers(-1024, 3000, (40, 8, 9)).astype(np.int16)
    found = slices_of(project(tmp_path / "Head.inv3", volume), tmp_path / "slices")
    assert len(found) == 36
    assert [one.group for one in found[:2]] == ["head:00", "head:00"]
    assert len({one.group for one in found}) == 4
    pixels = read_picture(found[0].path).pixels
    assert (pixels.astype(int) - 32768 == volume[2]).all()


def test_a_file_that_is_no_project_is_unusable(tmp_path: Path):
    (tmp_path / "no.inv3").write_bytes(b"nothing")
    with pytest.raises(UnusableData):
        slices_of(tmp_path / "no.inv3", tmp_path)


def test_the_network_paints_the_region_alone_and_the_same_again_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from detector.forge.ground import survey
    from detector.forge.site import site_at
    from detector.training import denoising

    monkeypatch.setattr(denoising, "PATCHES", 16)
    monkeypatch.setattr(denoising, "_STEPS", 3)
    samples = picture(4)[:, :, None]
    model = denoising.taught([samples], steps=2, seed=1)
    model.save_weights(tmp_path / "few.weights.h5")
    ground = survey(samples)
    assert ground is not None
    site = site_at(samples, ground, np.ones((20, 24), np.bool_), 50, 50)
    edits = [
        denoising.paint(one, site, np.random.default_rng(2))
        for one in (model, denoising.remembered(tmp_path / "few.weights.h5"))
    ]
    assert (edits[0].new == edits[1].new).all()
    assert np.isfinite(edits[0].new).all()
    assert (edits[0].opacity[~site.shape] == 0).all()
