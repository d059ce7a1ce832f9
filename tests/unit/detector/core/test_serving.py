import io
import json

import numpy as np
import pytest

from detector.errors import WeightsUnusable
from detector.serving import check_manifest, open_arrays, open_model, write_manifest


@pytest.fixture
def folder(tmp_path):
    np.savez(tmp_path / "model.npz", trees=np.arange(6), threshold=np.float32(0.5))
    (tmp_path / "calibration.json").write_text("{}")
    write_manifest(tmp_path, method="made", version="3", seed=7)
    return tmp_path


def test_arrays_come_back_by_name(folder):
    arrays = open_arrays(folder)
    assert arrays["trees"].tolist() == [0, 1, 2, 3, 4, 5] and arrays["threshold"] == 0.5


def test_the_manifest_names_every_other_file_and_the_facts(folder):
    manifest = check_manifest(folder)
    assert set(manifest["files"]) == {"model.npz", "calibration.json"}
    assert (manifest["method"], manifest["version"], manifest["seed"]) == ("made", "3", 7)


def test_writing_the_manifest_again_changes_nothing(folder):
    before = (folder / "manifest.json").read_bytes()
    write_manifest(folder, method="made", version="3", seed=7)
    assert (folder / "manifest.json").read_bytes() == before


def test_a_file_with_one_changed_byte_is_refused(folder):
    content = bytearray((folder / "model.npz").read_bytes())
    content[-1] ^= 1
    (folder / "model.npz").write_bytes(content)
    with pytest.raises(WeightsUnusable, match=r"expected .* found"):
        open_arrays(folder)
    with pytest.raises(WeightsUnusable):
        check_manifest(folder)


def test_a_missing_file_is_refused(folder):
    (folder / "calibration.json").unlink()
    with pytest.raises(WeightsUnusable, match=r"calibration\.json"):
        check_manifest(folder)


def test_a_file_that_the_manifest_does_not_name_is_refused(folder):
    (folder / "other.npz").write_bytes((folder / "model.npz").read_bytes())
    with pytest.raises(WeightsUnusable, match="not named"):
        open_arrays(folder, "other.npz")


def test_a_name_that_leaves_the_folder_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../secret"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder.parent / "secret").write_bytes(b"")
    with pytest.raises(WeightsUnusable, match="not named"):
        check_manifest(folder)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"files": []}', '{"files": {"a": 1}}', '{"files": {}}'])
def test_a_broken_manifest_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(WeightsUnusable):
        check_manifest(tmp_path)


def test_pickled_objects_are_refused(folder):
    file = io.BytesIO()
    np.savez(file, trees=np.array([{"a": 1}], dtype=object))
    (folder / "model.npz").write_bytes(file.getvalue())
    write_manifest(folder, method="made", version="3")
    with pytest.raises(WeightsUnusable, match="plain arrays"):
        open_arrays(folder)


def test_bytes_that_are_no_network_are_refused(folder):
    (folder / "model.tflite").write_bytes(b"no network")
    write_manifest(folder, method="made", version="3")
    with pytest.raises(WeightsUnusable, match="LiteRT"):
        open_model(folder)
