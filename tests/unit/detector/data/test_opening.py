"""Every kind of data set opens as examples, or says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pydicom
import pytest

from detector.datasets.contract import Example
from detector.datasets.generated import save_examples
from detector.datasets.opening import check, detect, open_dataset
from detector.errors import UnusableData
from detector.saving import save_lossless

Tissue = Callable[..., npt.NDArray[Any]]


def _png(path: Path, pixels: npt.NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)
    return path


def _mask(side: int = 64) -> npt.NDArray[Any]:
    mask = np.zeros((side, side), np.uint8)
    mask[5:20, 5:20] = 255
    return mask


def _plain_folder(folder: Path, tissue: Tissue) -> Path:
    _png(folder / "pristine" / "a.png", tissue(1, 64))
    _png(folder / "pristine" / "b.png", tissue(2, 64))
    _png(folder / "forged" / "a.png", tissue(1, 64))
    _png(folder / "masks" / "a.png", _mask())
    return folder


def test_a_folder_has_twins_of_one_pair_and_the_mask_of_the_same_name(tissue: Tissue, tmp_path: Path) -> None:
    plain, other, forged = open_dataset(_plain_folder(tmp_path, tissue))
    assert (plain.forged, other.forged, forged.forged) == (False, False, True)
    assert plain.pair == forged.pair != other.pair
    assert forged.mask == tmp_path / "masks" / "a.png"


def test_a_subfolder_of_a_folder_is_a_group(tissue: Tissue, tmp_path: Path) -> None:
    for name in ("p1/a", "p1/b", "p2/a"):
        _png(tmp_path / "pristine" / f"{name}.png", tissue(1, 64))
    first, second, third = open_dataset(tmp_path)
    assert first.group == second.group != third.group


def test_a_folder_of_pictures_alone_is_all_pristine_and_grouped_by_subfolder(tissue: Tissue, tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "p1/a.png", "p1/deep/b.png", "p2/a.png"):
        _png(tmp_path / name, tissue(1, 64))
    (tmp_path / "notes.txt").write_text("of these pictures")
    assert detect(tmp_path) == "pictures"
    examples = open_dataset(tmp_path)
    assert not any(example.forged for example in examples)
    assert [example.group.split(":")[1] for example in examples] == ["a", "b", "p1", "p1", "p2"]
    assert len({example.pair for example in examples}) == 5


@pytest.mark.parametrize("place", ["masks", "Tp", "train/forged", "train/pristine", ".work/made"])
def test_pictures_of_another_kind_of_data_set_are_not_taken_for_pristine(
    tissue: Tissue, tmp_path: Path, place: str
) -> None:
    _png(tmp_path / place / "a.png", tissue(1, 64))
    with pytest.raises(UnusableData, match="found none of them") as caught:
        open_dataset(tmp_path)
    assert "into one subfolder a patient" in caught.value.advice


def test_a_manifest_gives_source_group_and_trace(hospital: Path) -> None:
    examples = open_dataset(hospital)
    assert len(examples) == 32
    assert {example.source for example in examples} == {"grey", "colour", "sixteen"}
    assert len({example.group for example in examples}) == 16
    assert not any(example.traced for example in examples)


@pytest.mark.parametrize(
    ("facts", "traced"),
    [
        ({"format": "JPEG"}, True),
        ({"format": "DICOM (JPEG Baseline (Process 1))"}, True),
        ({"lossy_history": "lossy"}, True),
        ({"jpeg_trace": "maybe"}, True),
        ({"lossy_history": "png export of DICOM (lossless export)"}, False),
        ({"format": "PNG", "lossy_history": "none-declared", "jpeg_trace": "no"}, False),
    ],
)
def test_a_manifest_tells_which_pictures_carry_an_older_save(
    tissue: Tissue, tmp_path: Path, facts: dict[str, str], traced: bool
) -> None:
    _png(tmp_path / "a.png", tissue(1, 64))
    names = ["path", "source", "modality", "split_group", "kind", *facts]
    (tmp_path / "manifest.csv").write_text(",".join(names) + "\na.png,s,CT,g,authentic," + ",".join(facts.values()))
    assert open_dataset(tmp_path)[0].traced is traced


def test_a_manifest_without_groups_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,source,modality,kind\n")
    with pytest.raises(UnusableData, match="found no split_group"):
        open_dataset(tmp_path)


def test_a_manifest_with_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,source,modality,split_group,kind\na.png,s,CT,g,odd\n")
    with pytest.raises(UnusableData, match=r"line 2.*odd"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("column", ["path", "mask_path", "orig_pair"])
@pytest.mark.parametrize("name", ["../a.png", "/etc/hostname"])
def test_a_manifest_whose_path_leaves_the_folder_is_refused(tmp_path: Path, column: str, name: str) -> None:
    row = {"path": "a.png", "source": "s", "modality": "CT", "split_group": "g", "kind": "forged", column: name}
    (tmp_path / "manifest.csv").write_text(",".join(row) + "\n" + ",".join(row.values()))
    with pytest.raises(UnusableData, match=r"line 2.*inside the folder"):
        open_dataset(tmp_path)


def test_a_dicom_series_is_opened_without_its_pixels(tissue: Tissue, tmp_path: Path) -> None:
    data, _ = save_lossless(tissue(1, 64, bits=16), "dicom")
    path = tmp_path / "IM0"
    path.write_bytes(data)
    file = pydicom.dcmread(path)
    file.PatientID = "P1"
    file.save_as(path)
    path.write_bytes(path.read_bytes()[: -64 * 64])
    assert [example.group.split(":")[1] for example in open_dataset(tmp_path)] == ["P1"]


def test_a_dicom_series_is_grouped_by_patient_whatever_its_files_are_called(tissue: Tissue, tmp_path: Path) -> None:
    for number, patient in enumerate(("P1", "P1", "P2")):
        data, _ = save_lossless(tissue(number, 64, bits=16), "dicom")
        path = tmp_path / f"IM{number}"
        path.write_bytes(data)
        file = pydicom.dcmread(path)
        file.PatientID, file.Modality = patient, "CT"
        file.save_as(path)
    first, second, third = open_dataset(tmp_path)
    assert first.group == second.group != third.group
    assert first.modality == "CT"


def test_casia_pictures_that_share_a_photograph_are_one_group(tissue: Tissue, tmp_path: Path) -> None:
    for name in ("Au_ani_00001", "Au_pla_00002", "Au_nat_00003"):
        _png(tmp_path / "Au" / f"{name}.png", tissue(1, 64))
    _png(tmp_path / "Tp" / "Tp_D_CRN_M_N_ani00001_pla00002_12345.png", tissue(1, 64))
    _png(tmp_path / "Gt" / "Tp_D_CRN_M_N_ani00001_pla00002_12345_gt.png", _mask())
    animal, nature, plant, spliced = open_dataset(tmp_path)
    assert animal.group == plant.group == spliced.group != nature.group
    assert spliced.forgery == "splicing"
    assert spliced.mask is not None


def test_examples_that_are_saved_open_as_they_were(tissue: Tissue, tmp_path: Path) -> None:
    made = Example(
        path=_png(tmp_path / "forged" / "a.png", tissue(1, 64)),
        forged=True,
        source="s",
        modality="CT",
        group="g",
        pair="p",
        mask=_png(tmp_path / "masks" / "a.png", _mask()),
        area=0.05,
        history="A",
        first_quality=80,
        last_quality=90,
        dhash=2**64 - 1,
    )
    save_examples(tmp_path, [made])
    assert open_dataset(tmp_path) == [made]


@pytest.mark.parametrize("path", ["../a.png", "/etc/hostname"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    record = {"path": path, "forged": False, "source": "s", "modality": "m", "group": "g", "pair": "p"}
    (tmp_path / "examples.jsonl").write_text(json.dumps(record))
    with pytest.raises(UnusableData, match=r"line 1.*inside the folder"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"colour": 1}'])
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "examples.jsonl").write_text(line)
    with pytest.raises(UnusableData, match="line 1"):
        open_dataset(tmp_path)


def test_a_folder_of_no_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(UnusableData, match=r"examples\.jsonl"):
        open_dataset(tmp_path)


def test_a_stated_kind_is_not_second_guessed(tissue: Tissue, tmp_path: Path) -> None:
    _plain_folder(tmp_path, tissue)
    assert detect(tmp_path) == "folder"
    with pytest.raises(UnusableData, match="found none for a data set of the kind casia"):
        open_dataset(tmp_path, "casia")


def test_a_missing_file_is_named(tissue: Tissue, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path,source,modality,split_group,kind\nno.png,s,CT,g,authentic\n")
    with pytest.raises(UnusableData, match=r"no\.png"):
        open_dataset(tmp_path)


def test_a_mask_of_another_size_is_found_by_the_check(tissue: Tissue, tmp_path: Path) -> None:
    examples = open_dataset(_plain_folder(tmp_path, tissue))
    check(examples)
    _png(tmp_path / "masks" / "a.png", _mask(32))
    with pytest.raises(UnusableData, match="expected a mask of 64×64, found 32×32"):
        check(examples)


def test_a_pristine_picture_with_a_mask_is_found_by_the_check(tissue: Tissue, tmp_path: Path) -> None:
    examples = open_dataset(_plain_folder(tmp_path, tissue))
    with pytest.raises(UnusableData, match="no mask for a pristine"):
        check([replace(examples[0], mask=examples[2].mask)])
