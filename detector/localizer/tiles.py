"""The network over a whole picture, in overlapping tiles: the map is as in one piece, but for far reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from detector.errors import WeightsUnusable
from detector.localizer.features import Features
from detector.quiet import quiet_stderr
from detector.serving import THREADS, check_manifest, open_bytes

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

Floats = npt.NDArray[np.float32]

MODEL, BESIDE = "model.tflite", "beside.tflite"
"""The network of a model's folder, and a second one that it may hold, of another training."""
WHOLE = 1024
"""Pixels a side up to which a picture is one tile."""
CORE, REACH = 832, 96
"""Pixels a side of what a tile of a larger picture answers for, and how far it sees beyond."""
_STEP = 32  # the network's coarsest grid


class TileNetwork(Protocol):
    """A network on tiles: log odds (h / 4, w / 4) from pixels (h, w, 4) int8 and blocks (h / 8, w / 8, features)."""

    def odds(self, pixels: npt.NDArray[np.int8], blocks: npt.NDArray[np.float16]) -> Floats:
        """Of one tile; h and w are multiples of 32."""
        ...


class LiteTiles:
    """The exported network in LiteRT, opened anew for each tile: what it works in, some 150 MB, is not kept."""

    def __init__(self, model: bytes) -> None:
        self._model = model
        interpreter = self._opened()
        inputs = sorted(interpreter.get_input_details(), key=lambda one: int(one["shape"][3]))
        if len(inputs) != 2:
            raise WeightsUnusable(f"expected a network on pixels and blocks, found one of {len(inputs)} inputs")
        self._pixels, self._blocks = (int(one["index"]) for one in inputs)
        self._output = int(interpreter.get_output_details()[0]["index"])

    def odds(self, pixels: npt.NDArray[np.int8], blocks: npt.NDArray[np.float16]) -> Floats:
        """See :class:`TileNetwork`."""
        interpreter = self._opened()
        interpreter.resize_tensor_input(self._pixels, [1, *pixels.shape])
        interpreter.resize_tensor_input(self._blocks, [1, *blocks.shape])
        with quiet_stderr():  # LiteRT tells everybody which delegate it made
            interpreter.allocate_tensors()
        interpreter.set_tensor(self._pixels, pixels[np.newaxis].astype(np.float32))
        interpreter.set_tensor(self._blocks, blocks[np.newaxis].astype(np.float32))
        interpreter.invoke()
        return np.array(interpreter.get_tensor(self._output)[0, :, :, 0], np.float32)

    def _opened(self) -> Interpreter:
        from ai_edge_litert.interpreter import Interpreter  # 0.1 s, so only when a model runs

        try:
            with quiet_stderr():
                return Interpreter(model_content=self._model, num_threads=THREADS)
        except (RuntimeError, ValueError) as error:
            raise WeightsUnusable(f"expected a LiteRT model, found {len(self._model)} bytes that are none") from error


class MeanTiles:
    """One network or several as one: the mean of their log odds. Trainings differ where a picture is like none they
    saw."""

    def __init__(self, members: Sequence[TileNetwork]) -> None:
        self._members = members

    def odds(self, pixels: npt.NDArray[np.int8], blocks: npt.NDArray[np.float16]) -> Floats:
        """See :class:`TileNetwork`."""
        return np.asarray(np.mean([member.odds(pixels, blocks) for member in self._members], axis=0), np.float32)


def open_tiles(folder: Path) -> TileNetwork:
    """The network of a model's folder, or the mean of its two; digests compared, WeightsUnusable otherwise."""
    named = check_manifest(folder)["files"]
    names = [name for name in (MODEL, BESIDE) if name == MODEL or name in named]
    return MeanTiles([LiteTiles(open_bytes(folder, name)) for name in names])


def odds_map(network: TileNetwork, found: Features, *, whole: int = WHOLE, core: int = CORE) -> Floats:
    """(rows / 4, columns / 4) log odds of *forged* for the whole padded picture of ``found``."""
    rows, columns = found.pixels.shape[:2]
    made = np.empty((rows // 4, columns // 4), np.float32)
    for top, bottom in _spans(rows, whole, core):
        for left, right in _spans(columns, whole, core):
            _answer(network, found, made, (top, bottom, left, right))
    return made


def _answer(network: TileNetwork, found: Features, made: Floats, box: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = box
    rows, columns = found.pixels.shape[:2]
    start, end = max(0, top - REACH), min(rows, bottom + REACH)
    first, last = max(0, left - REACH), min(columns, right + REACH)
    odds = network.odds(
        _whole_steps(found.pixels[start:end, first:last], _STEP),
        _whole_steps(found.blocks[start // 8 : end // 8, first // 8 : last // 8], _STEP // 8),
    )
    down, across = (top - start) // 4, (left - first) // 4
    height, width = (bottom - top) // 4, (right - left) // 4
    made[top // 4 : bottom // 4, left // 4 : right // 4] = odds[down : down + height, across : across + width]


def _spans(length: int, whole: int, core: int) -> Iterator[tuple[int, int]]:
    step = length if length <= whole else core
    for start in range(0, length, step):
        yield start, min(length, start + step)


def _whole_steps(part: npt.NDArray[Any], step: int) -> npt.NDArray[Any]:
    """``part`` with its last rows and columns repeated up to a multiple of ``step``."""
    below, right = -part.shape[0] % step, -part.shape[1] % step
    return part if not below and not right else np.pad(part, ((0, below), (0, right), (0, 0)), mode="edge")
