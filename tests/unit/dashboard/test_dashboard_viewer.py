"""What Python hands to the viewer: a format that the browser unpacks, held by its bytes."""

from __future__ import annotations

import json
import re
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from dashboard.components.frames import Frame, Window
from dashboard.components.layers import Layer, Place
from dashboard.components.viewer import Other, Scene, asset, packed_scene, script


def unpacked(payload: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<I", payload[:4])
    return json.loads(payload[4 : 4 + length]), payload[4 + length :]


def samples_of(planes: bytes, place: dict[str, int]) -> npt.NDArray[Any]:
    body = zlib.decompress(planes[place["at"] : place["at"] + place["length"]])
    shape = (place["height"], place["width"], 3) if place["channels"] == 3 else (place["height"], place["width"])
    return np.frombuffer(body, "<u2" if place["bits"] == 16 else np.uint8).reshape(shape)


def frame(samples: Any, number: int = 0, frames: int = 1) -> Frame:
    size = (samples.shape[1], samples.shape[0])
    return Frame(samples, number, frames, size, "PNG L", (Window("w", 10, 20),), slope=2, intercept=-5, unit="HU")


def test_every_plane_comes_back_as_it_went_in() -> None:
    grey = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
    colour = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    layer = Layer("heat", "Heat", grey.astype(np.uint8), 0, 60, True, "legend", marked=colour[..., 0])
    other = Other("o.png", "Registered original", frame(colour), (1, 0, 0, 0, 1, 0), "words")
    header, planes = unpacked(packed_scene(Scene("id", "a.png", [frame(grey)], [layer], other=other)))
    assert (samples_of(planes, header["pictures"]["0"]["plane"]) == grey).all()
    assert (samples_of(planes, header["other"]["plane"]) == colour).all()
    assert (samples_of(planes, header["layers"][0]["marked"]) == colour[..., 0]).all()


def test_the_header_names_values_windows_frames_and_places() -> None:
    at_hand = [frame(np.zeros((3, 4), np.uint8), number, 5) for number in (2, 0)]
    place = Place("1 · 4 %", 1, 2, 3, 4, 2)
    header, _ = unpacked(packed_scene(Scene("id", "é.png", at_hand, places=[place], notes=["n"])))
    assert (header["first"], header["frames"], sorted(header["pictures"])) == (2, 5, ["0", "2"])
    assert header["pictures"]["2"]["windows"] == [{"name": "w", "centre": 10, "width": 20}]
    assert (header["pictures"]["2"]["slope"], header["pictures"]["2"]["low"]) == (2, -5)
    assert header["places"] == [{"label": "1 · 4 %", "x": 1, "y": 2, "width": 3, "height": 4, "frame": 2}]
    assert (header["name"], header["notes"], header["other"]) == ("é.png", ["n"], None)


@given(st.text(max_size=60))
def test_no_file_name_breaks_the_header(name: str) -> None:
    name = name.encode("utf-8", "ignore").decode()
    assert unpacked(packed_scene(Scene("id", name, [frame(np.zeros((1, 1), np.uint8))])))[0]["name"] == name


def test_the_viewer_fetches_nothing_and_writes_no_markup_from_data() -> None:
    program = script() + asset("viewer.html") + asset("viewer.css")
    assert not re.search(r"https?:|import\s*\(|@import|fetch\(|XMLHttp|innerHTML|insertAdjacentHTML|eval\(", program)
    assert script().count("export default") == 1


def test_every_button_and_the_canvas_of_the_viewer_have_a_name() -> None:
    markup = asset("viewer.html")
    for tag, words in re.findall(r"<button([^>]*)>([^<]*)</button>", markup):
        assert "aria-label=" in tag or len(words.strip()) > 1
    assert re.search(r"<canvas[^>]*tabindex=\"0\"[^>]*aria-label=", markup)
