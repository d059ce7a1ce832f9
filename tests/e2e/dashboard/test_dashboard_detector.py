"""The detector on the verify page: its views, its words, and the words for its silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ledger.client import Client
from ledger.errors import DetectorUnavailable

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Picture = Callable[[int], bytes]
Verify = Callable[..., AppTest]
Look = Callable[[AppTest], dict[str, Any]]


@pytest.fixture
def verify(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Verify:
    """The verify page with this file given to it; ``examine`` turns the switch on before."""

    def at(data: bytes, *, examine: bool = False) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", stack.url)
        monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
        app = AppTest.from_file(APP, default_timeout=30).run()
        if examine:
            app.toggle(key="verify.examine").set_value(True).run()
        app.file_uploader(key="verify.file").set_value(("a.png", data, "image/png")).run()
        assert not app.exception
        return app

    return at


def words(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.main.get("html"))


def test_an_unregistered_image_shows_heat_map_percentages_and_rates(
    verify: Verify, picture: Picture, looked_at: Look
) -> None:
    app = verify(picture(101))
    said = words(app)
    assert "<h2>Unregistered</h2>" in said
    assert "no trace found" in said
    assert "6.1 % of the picture" in said
    assert "0.143 %" in said
    assert "5.0 % of 120" in said
    heat, levels = looked_at(app)["layers"]
    assert (heat["kind"], heat["on"], heat["opacity"]) == ("heat", True, 60)
    assert (levels["kind"], levels["on"]) == ("levels", False)
    assert "Cyan line" in heat["legend"] and "stretched to its brightest" in levels["legend"]


def test_traces_make_it_suspect_and_an_open_answer_undetermined(
    verify: Verify, picture: Picture, detector: Any
) -> None:
    detector.answer = replace(detector.answer, band="altered", probability=0.95)
    assert "<h2>Suspect</h2>" in words(verify(picture(103)))
    detector.answer = replace(detector.answer, band="inconclusive", probability=0.5)
    said = words(verify(picture(103)))
    assert "<h2>Undetermined</h2>" in said
    assert "the forgery detector cannot tell" in said


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("detector_busy", "The forgery detector is busy"),
        ("detector_timeout", "The forgery detector took too long"),
        ("detector_model", "The forgery detector&#x27;s model is missing"),
        ("detector_ended", "The forgery detector gave no answer"),
    ],
)
def test_a_detector_without_an_answer_has_words_and_the_picture_stays(
    verify: Verify, picture: Picture, detector: Any, looked_at: Look, code: str, title: str
) -> None:
    detector.answer = DetectorUnavailable("no answer", code=code)
    app = verify(picture(104))
    assert "<h2>Unregistered</h2>" in words(app)
    assert title in words(app)
    shown = looked_at(app)
    assert shown["layers"] == [] and sorted(shown["pictures"]) == ["0"]
    assert "No error levels (ELA)" in " ".join(shown["notes"])


def test_an_image_it_does_not_apply_to_says_why(verify: Verify, picture: Picture, detector: Any) -> None:
    detector.answer = replace(detector.answer, applicable=False, reason="12 pixels wide", pictures=None)
    said = words(verify(picture(105)))
    assert "The forgery detector does not apply to this image" in said
    assert "12 pixels wide" in said


def test_a_registered_image_is_examined_on_request_and_stays_authentic(
    verify: Verify, stack: Any, picture: Picture, detector: Any
) -> None:
    Client(stack.url, stack.key).register(picture(106))
    detector.answer = replace(detector.answer, band="altered", probability=0.95)
    assert "ms-detector" not in words(verify(picture(106)))
    said = words(verify(picture(106), examine=True))
    assert "<h2>Authentic</h2>" in said
    assert "traces of forgery" in said


def test_the_heat_map_belongs_to_its_frame(verify: Verify, detector: Any, looked_at: Look) -> None:
    detector.answer = replace(detector.answer, frame=2, frames=3, examined=3)
    shown = looked_at(verify(three_frames()))
    assert (shown["first"], shown["frames"], sorted(shown["pictures"])) == (2, 3, ["0", "1", "2"])
    assert {layer["frame"] for layer in shown["layers"]} == {2}


def three_frames() -> bytes:
    import io

    import numpy as np
    from PIL import Image

    frames = [Image.fromarray(np.random.default_rng(n).integers(0, 255, (96, 96), dtype=np.uint8)) for n in range(3)]
    stream = io.BytesIO()
    frames[0].save(stream, "TIFF", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def test_an_open_answer_shows_the_plain_picture_first_and_its_map_as_no_finding(
    verify: Verify, picture: Picture, detector: Any, looked_at: Look
) -> None:
    detector.answer = replace(detector.answer, band="inconclusive", probability=0.5)
    heat, _ = looked_at(verify(picture(107)))["layers"]
    assert not heat["on"]
    assert "where it looked, not a finding" in heat["legend"]
