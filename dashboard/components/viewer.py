"""The viewer: an own component that shows frames, layers and a second picture. It decides nothing.

Python hands it one block of bytes: the header's length (4 bytes, little-endian), the header (JSON), then the planes,
each deflated, unsigned, row by row, 16-bit ones little-endian. The header says where each plane lies.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from dashboard.components.frames import Frame
from dashboard.components.layers import Layer, Place

_ASSETS = Path(__file__).parents[1] / "assets" / "viewer"
_SCRIPTS = ("unpack", "pixels", "camera", "scene", "controls", "gestures", "viewer")
_DEFLATE = 1
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Other:
    """A second picture; its point (x, y) lies at (ax + by + c, dx + ey + f) of the first. ``words`` says how.

    ``role`` is what it is to the first one: neither is older or newer by being laid beside the other.
    """

    name: str
    role: str
    frame: Frame
    matrix: Matrix
    words: str


@dataclass(frozen=True)
class Scene:
    """Everything the viewer shows. ``identity`` tells pictures apart: with another one the view starts anew.

    ``frames`` are those at hand, the first of them is shown first; others are asked for by number.
    """

    identity: str
    name: str
    frames: Sequence[Frame]
    layers: Sequence[Layer] = ()
    places: Sequence[Place] = ()
    other: Other | None = None
    notes: Sequence[str] = ()


@dataclass
class _Planes:
    """The planes of a payload as they are gathered."""

    blobs: list[bytes] = field(default_factory=list)
    at: int = 0

    def add(self, samples: npt.NDArray[Any]) -> dict[str, int]:
        wide = samples.dtype.itemsize == 2
        body = zlib.compress(samples.astype("<u2" if wide else np.uint8, copy=False).tobytes(), _DEFLATE)
        place = {
            "at": self.at, "length": len(body), "width": samples.shape[1], "height": samples.shape[0],
            "channels": 3 if samples.ndim == 3 else 1, "bits": 16 if wide else 8,
        }  # fmt: skip
        self.blobs.append(body)
        self.at += len(body)
        return place


def packed_scene(scene: Scene) -> bytes:
    """The block of bytes that the browser unpacks."""
    planes = _Planes()
    header = {
        "identity": scene.identity,
        "name": scene.name,
        "frames": scene.frames[0].frames,
        "first": scene.frames[0].number,
        "pictures": {str(frame.number): _picture(frame, planes) for frame in scene.frames},
        "layers": [_layer(layer, planes) for layer in scene.layers],
        "places": [vars(place) for place in scene.places],
        "other": _other(scene.other, planes),
        "notes": list(scene.notes),
    }
    body = json.dumps(header, ensure_ascii=False).encode()
    return b"".join([struct.pack("<I", len(body)), body, *planes.blobs])


def _picture(frame: Frame, planes: _Planes) -> dict[str, Any]:
    low, high = frame.value_range
    return {
        "plane": planes.add(frame.samples), "width": frame.size[0], "height": frame.size[1], "step": frame.step,
        "slope": frame.slope, "intercept": frame.intercept, "unit": frame.unit, "inverse": frame.inverse,
        "shape": frame.shape, "low": low, "high": high,
        "windows": [vars(window) for window in frame.windows], "caption": frame.caption,
    }  # fmt: skip


def _layer(layer: Layer, planes: _Planes) -> dict[str, Any]:
    return {
        "kind": layer.kind, "label": layer.label, "frame": layer.frame, "opacity": layer.opacity, "on": layer.on,
        "legend": layer.legend,
        "plane": planes.add(layer.samples), "marked": None if layer.marked is None else planes.add(layer.marked),
    }  # fmt: skip


def _other(other: Other | None, planes: _Planes) -> dict[str, Any] | None:
    if other is None:
        return None
    return {
        **_picture(other.frame, planes),
        "name": other.name,
        "role": other.role,
        "matrix": list(other.matrix),
        "words": other.words,
    }


def viewer_state(key: str) -> int | None:
    """The number of the frame that the reader chose in the viewer of this key; None before any choice."""
    state: Any = st.session_state.get(key)
    chosen = state.get("frame") if hasattr(state, "get") else None
    return chosen if isinstance(chosen, int) and chosen >= 0 else None


def show_viewer(payload: bytes, key: str) -> None:
    """Draw the viewer with a packed scene; a choice of another frame runs the surrounding fragment again."""
    _component()(key=key, data=payload, on_frame_change=lambda: None)


@lru_cache(maxsize=1)
def _component() -> Callable[..., Any]:
    return st.components.v2.component("medseal_viewer", html=asset("viewer.html"), css=asset("viewer.css"), js=script())


def asset(name: str) -> str:
    """One of the viewer's files."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def script() -> str:
    """The viewer's program: its parts in one module, since the page loads nothing from elsewhere."""
    return "\n".join(asset(f"{name}.js") for name in _SCRIPTS)
