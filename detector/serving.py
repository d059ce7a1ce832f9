"""Runs shipped model files, and only the ones that their manifest names.

A model folder holds model files and ``manifest.json``: ``{"method", "version", "files": {name: sha256 hex}, …}``.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import WeightsUnusable
from detector.quiet import quiet_stderr

MANIFEST = "manifest.json"
MEASURED = ("calibration.json", "modalities.json")
"""Files of a model's folder that say how it errs, and nothing of its answers."""
THREADS = 2


class LiteModel:
    """One LiteRT network. Takes batches of any size; not to be shared between threads."""

    def __init__(self, model: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter  # 0.1 s, so only when a model runs

        try:
            with quiet_stderr():  # LiteRT tells everybody which delegate it made, and has no switch for that
                self._interpreter = Interpreter(model_content=model, num_threads=THREADS)
                self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise WeightsUnusable(f"expected a LiteRT model, found {len(model)} bytes that are none") from error
        details = self._interpreter.get_input_details()[0]
        self._input: int = details["index"]
        self._shape: tuple[int, ...] = tuple(int(side) for side in details["shape"])
        self._allocated = self._shape[0]
        self._grows = True

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one input, without the batch."""
        return self._shape[1:]

    def run(self, batch: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        """The outputs for ``batch`` (n, …), each (n, …) float32, ordered by their names in the model.

        WeightsUnusable when the model takes another shape. A model that refuses to grow is run picture by picture.
        """
        if batch.shape[1:] != self.input_shape or not len(batch):
            raise WeightsUnusable(f"expected inputs (n, {self.input_shape}), found {batch.shape}: not the model's")
        inputs = np.ascontiguousarray(batch, np.float32)
        if self._grows:
            try:
                return self._invoke(inputs)
            except (RuntimeError, ValueError):
                if len(inputs) == self._shape[0]:
                    raise
                self._grows = False
        rows = [self._invoke(inputs[i : i + 1]) for i in range(len(inputs))]
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def _invoke(self, inputs: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
        if len(inputs) != self._allocated:
            self._allocated = 0  # whatever a failed resize leaves behind, the next run allocates again
            self._interpreter.resize_tensor_input(self._input, list(inputs.shape))
            self._interpreter.allocate_tensors()
        self._interpreter.set_tensor(self._input, inputs)
        self._interpreter.invoke()
        self._allocated = len(inputs)
        details = sorted(self._interpreter.get_output_details(), key=lambda output: str(output["name"]))
        outputs = tuple(np.asarray(self._interpreter.get_tensor(output["index"]), np.float32) for output in details)
        if any(len(output) != len(inputs) for output in outputs):
            raise ValueError("the model's outputs did not grow with its batch")
        return outputs


def check_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of ``folder`` when every file it names is there with the digest it names, else WeightsUnusable.

    ``manifest["version"]`` is a text and ``manifest["files"]`` a table of digests.
    """
    manifest = _manifest(folder)
    if not isinstance(manifest.get("version"), str):
        raise WeightsUnusable(f'expected "version" in {folder / MANIFEST}, found {manifest.get("version")!r}')
    for name in manifest["files"]:
        _checked_bytes(folder, name, manifest)
    return manifest


def write_manifest(folder: Path, **facts: Any) -> None:
    """``folder/manifest.json`` holds ``facts`` and the SHA-256 of every other file directly in ``folder``.

    Written beside and then renamed, so a reader sees the old manifest or the new one. Hidden files and ``.part`` files
    are left out.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not _passed_over(path.name))
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    part = folder / (MANIFEST + ".part")
    part.write_text(json.dumps({**facts, "files": files}, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    part.replace(folder / MANIFEST)


def model_digest(folder: Path) -> str:
    """The digests of a model's files (not of what was measured of it), as one text to compare; WeightsUnusable."""
    files = _manifest(folder)["files"]
    return " ".join(f"{name}:{files[name]}" for name in sorted(files) if name not in MEASURED)


def open_bytes(folder: Path, name: str) -> bytes:
    """The content of ``folder/name``, digest compared. WeightsUnusable otherwise."""
    return _checked_bytes(folder, name, _manifest(folder))


def open_model(folder: Path, name: str = "model.tflite") -> LiteModel:
    """The network in ``folder/name``: the very bytes whose digest was compared. WeightsUnusable otherwise."""
    return LiteModel(_checked_bytes(folder, name, _manifest(folder)))


def open_arrays(folder: Path, name: str = "model.npz") -> dict[str, npt.NDArray[Any]]:
    """The arrays of ``folder/name`` by name, digest compared, without pickled objects. WeightsUnusable otherwise."""
    content = _checked_bytes(folder, name, _manifest(folder))
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {key: arrays[key] for key in arrays.files}
    except (ValueError, OSError, AttributeError, zipfile.BadZipFile) as error:
        raise WeightsUnusable(f"expected plain arrays in {folder / name}, found: {error}") from error


def _passed_over(name: str) -> bool:
    return name == MANIFEST or name.startswith(".") or name.endswith(".part")


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WeightsUnusable(f"expected a model's manifest at {path}, found none") from error
    except (OSError, ValueError) as error:
        raise WeightsUnusable(f"expected a model's manifest at {path}, found: {error}") from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
        raise WeightsUnusable(f'expected "files" with a digest for each name in {path}, found another content')
    return dict(manifest)


def _checked_bytes(folder: Path, name: str, manifest: dict[str, Any]) -> bytes:
    expected = manifest["files"].get(name)
    if expected is None or Path(name).name != name:
        raise WeightsUnusable(f"expected {name} in the manifest of {folder}, found it not named there")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise WeightsUnusable(f"expected the model file {folder / name}, found: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if not hmac.compare_digest(found.encode(), expected.encode()):
        raise WeightsUnusable(f"expected {folder / name} with SHA-256 {expected}, found {found}")
    return content
