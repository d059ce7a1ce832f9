"""The change map on the verify page, with answers made for it."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from ledger.client import Client
from ledger.schemas import Change, ChangedRegion, CheckResult, Transform, Verification

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Verify = Callable[..., AppTest]
Look = Callable[[AppTest], dict[str, Any]]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def mask() -> str:
    grey = Image.new("L", (96, 96))
    grey.paste(255, (16, 24, 48, 56))
    stream = io.BytesIO()
    grey.save(stream, "PNG")
    return b64encode(stream.getvalue()).decode()


def change(**other: Any) -> Change:
    values: dict[str, Any] = {
        "original": "1" * 32, "basis": "trace/1", "frame": 0, "width": 96, "height": 96, "changed_percent": 11.1,
        "regions": [ChangedRegion(x=16, y=24, w=32, h=32, area_percent=11.1)], "mask_png": mask(),
        "transform": Transform(matrix=(1, 0, 0, 0, 1, 0), words=[], shown_percent=100), "limits": "weak changes",
    }  # fmt: skip
    return Change(**(values | other))


@pytest.fixture
def originals() -> list[bytes | None]:
    """What was sent along as the original, question by question."""
    return []


@pytest.fixture
def verify(
    stack: Any, monkeypatch: pytest.MonkeyPatch, picture: Callable[[int], bytes], originals: list[bytes | None]
) -> Verify:
    """The verify page with a picture given to it, and this change map in the server's answer."""

    def at(found: Change | None, *checks: CheckResult, data: bytes | None = None) -> AppTest:
        verdict = "altered" if found and found.regions else "undetermined"
        answer = Verification(
            verdict=verdict, accepted=False, policy="clinical", reason="r", checks=[*checks], change=found,
            checked_at=NOON,
        )  # fmt: skip
        monkeypatch.setenv("MEDSEAL_SERVER", stack.url)
        monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
        monkeypatch.setattr(Client, "verify", lambda *_, **asked: originals.append(asked["original"]) or answer)
        app = AppTest.from_file(APP, default_timeout=30).run()
        app.file_uploader(key="verify.file").set_value(("a.png", data or picture(201), "image/png")).run()
        assert not app.exception
        return app

    return at


def words(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.main.get("html"))


def test_a_change_map_shows_words_table_and_picture(verify: Verify, looked_at: Look) -> None:
    app = verify(change())
    assert "<b>11.1 %</b>" in words(app)
    assert "<td>16</td><td>24</td><td>32</td><td>32</td>" in words(app)
    shown = looked_at(app)
    assert [(one["kind"], one["on"], one["plane"]["width"]) for one in shown["layers"]] == [("change", True, 96)]
    assert [(one["label"], one["x"], one["y"]) for one in shown["places"]] == [("1 · 11.1 %", 16, 24)]


def test_without_a_mask_the_regions_are_boxed_and_nothing_is_offered_to_save(verify: Verify, looked_at: Look) -> None:
    app = verify(change(mask_png=None))
    shown = looked_at(app)
    assert shown["layers"] == [] and len(shown["places"]) == 1
    assert "Amber boxes: regions that differ" in " ".join(shown["notes"])
    assert "Mask (PNG)" not in [button.label for button in app.get("download_button")]


def test_no_change_is_a_calm_note_over_the_plain_picture(verify: Verify, looked_at: Look) -> None:
    app = verify(change(regions=[], changed_percent=0))
    assert "No change found above these limits" in words(app)
    shown = looked_at(app)
    assert shown["layers"] == [] and shown["places"] == []
    assert "Nothing is marked" in " ".join(shown["notes"])


@pytest.mark.parametrize(
    "broken", [{"mask_png": "AAAA"}, {"width": 97}, {"mask_png": None, "width": 40, "height": 1_000_000_000}]
)
def test_a_map_that_cannot_be_drawn_leaves_the_words_and_says_why(
    verify: Verify, looked_at: Look, broken: dict[str, Any]
) -> None:
    app = verify(change(**broken))
    assert "<b>11.1 %</b>" in words(app)
    shown = looked_at(app)
    assert "The words and the table do not depend on it" in " ".join(shown["notes"])
    assert shown["layers"] == [] and sorted(shown["pictures"]) == ["0"]


def test_a_search_that_found_no_original_says_among_how_many(verify: Verify) -> None:
    figures = {"outcome": "none", "searched": 7}
    app = verify(None, CheckResult(number=8, name="n", status="failed", detail="d", figures=figures))
    assert "No registered original was found among 7 images" in words(app)


def test_the_original_is_sent_along_and_taking_it_away_asks_again(
    verify: Verify, originals: list[bytes | None], picture: Callable[[int], bytes]
) -> None:
    app = verify(change())
    app.file_uploader(key="verify.original").set_value(("o.png", picture(202), "image/png")).run()
    app.file_uploader(key="verify.original").set_value(None).run()
    assert originals == [None, picture(202), None]


@pytest.mark.parametrize(("frame", "figures", "shown"), [(1, {}, 2), (7, {}, 3), (7, {"disputed_frame": 3}, 4)])
def test_the_map_is_laid_on_the_frame_that_it_is_of(
    verify: Verify, looked_at: Look, frame: int, figures: dict[str, int], shown: int
) -> None:
    frames = [Image.new("L", (96, 96), 40 * number) for number in range(4)]
    stream = io.BytesIO()
    frames[0].save(stream, "TIFF", save_all=True, append_images=frames[1:])
    seen = looked_at(verify(change(frame=frame, figures=figures), data=stream.getvalue()))
    assert (seen["first"], seen["frames"]) == (shown - 1, 4)
    assert {one["frame"] for one in [*seen["layers"], *seen["places"]]} == {shown - 1}


def test_a_jpeg_copy_with_a_patch_names_its_original_and_shows_the_patch(
    stack: Any, monkeypatch: pytest.MonkeyPatch, patched: Callable[[int], tuple[bytes, bytes]], looked_at: Look
) -> None:
    original, copy = patched(1)
    found = Client(stack.url, stack.key).register(original)
    monkeypatch.setenv("MEDSEAL_SERVER", stack.url)
    monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.file_uploader(key="verify.file").set_value(("copy.jpg", copy, "image/jpeg")).run()
    assert not app.exception
    assert "<h2>Altered</h2>" in words(app)
    assert found.registration_id in words(app)
    assert "robust fingerprint" in words(app)
    assert [one["kind"] for one in looked_at(app)["layers"]] == ["change", "heat", "levels"]
    app.file_uploader(key="verify.original").set_value(("original.png", original, "image/png")).run()
    assert not app.exception
    assert looked_at(app)["other"]["words"].startswith("Laid on it as the comparison found")
