"""The detector on the verify page: its views, its words, and the words for its silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ledger.client import Client
from ledger.core.detection import ModalityRates
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


# method by method


def run_all(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label == "Run all methods").click().run()
    assert not app.exception
    return app


def test_before_the_click_the_verdicts_method_alone_stands_in_the_list(verify: Verify, picture: Picture) -> None:
    app = verify(picture(111))
    assert "<span>1 asked</span>" in words(app)
    assert "Run all methods" in [button.label for button in app.button]


def test_all_methods_are_asked_at_a_click_and_each_says_its_answer_or_why_it_has_none(
    verify: Verify, picture: Picture, detector: Any
) -> None:
    detector.others["vgg"] = replace(detector.answer, band="altered", probability=0.9)
    detector.others["lbp_source_copy"] = replace(detector.answer, applicable=False, reason="no two regions match")
    detector.others["random_forest"] = DetectorUnavailable("no answer", code="detector_timeout")
    said = words(run_all(verify(picture(112))))
    assert "<span>4 asked</span>" in said
    assert "traces of forgery" in said and "probability 90 %" in said
    assert "It does not apply to this image: no two regions match." in said
    assert "The forgery detector took too long." in said
    order = [said.index(f"<b>{name}") for name in ("ela_cnn", "vgg", "lbp_source_copy", "random_forest")]
    assert order == sorted(order)


def test_methods_that_were_asked_change_no_verdict_and_stay_when_the_page_runs_again(
    verify: Verify, picture: Picture, detector: Any
) -> None:
    detector.others["vgg"] = replace(detector.answer, band="altered", probability=0.9)
    app = run_all(verify(picture(113)))
    app.run()
    assert "<h2>Unregistered</h2>" in words(app) and "<span>2 asked</span>" in words(app)
    assert "Run all methods" not in [button.label for button in app.button]


def test_a_registered_image_can_be_asked_about_and_none_was_before(
    verify: Verify, stack: Any, picture: Picture, detector: Any
) -> None:
    Client(stack.url, stack.key).register(picture(114))
    detector.others["vgg"] = detector.answer
    app = verify(picture(114))
    assert "No method was asked: the image is registered." in words(app)
    assert "<span>2 asked</span>" in words(run_all(app))


def test_where_the_detector_is_off_no_methods_are_offered(verify: Verify, picture: Picture, stack: Any) -> None:
    verifier = stack.service._verifier
    kept, verifier._detector = verifier._detector, None
    try:
        assert "Run all methods" not in [button.label for button in verify(picture(115)).button]
    finally:
        verifier._detector = kept


def test_error_rates_by_modality_stand_with_the_detectors_answer(
    verify: Verify, picture: Picture, detector: Any
) -> None:
    rates = ModalityRates("CT", ("CT",), 47, 0, (0.0, 0.0755), 47, 0, (0.0, 0.0755), (0.51, 0.49, 0.59))
    detector.answer = replace(detector.answer, by_modality=(rates,), by_modality_note="Counted over all seeds.")
    said = words(verify(picture(116)))
    assert "0 of 47 [0 to 8 %]" in said and "Counted over all seeds." in said
    assert "does not state its modality" in said
