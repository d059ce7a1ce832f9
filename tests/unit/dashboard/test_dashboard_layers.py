"""What is laid over the picture: where it lies, in which scale, and what is refused."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from dashboard.components.frames import NoPreview, read_frame
from dashboard.components.layers import change_layer, detector_layers, places
from dashboard.components.look import (
    first_frame,
    frames_at_hand,
    is_original,
    layers_of,
    other_of,
    stretch,
    why_no_levels,
)  # fmt: skip
from dashboard.components.verifying import Given
from ledger.schemas import (
    Change,
    ChangedRegion,
    Detection,
    DetectionFinding,
    DetectionPictures,
    Registration,
    Transform,
    Verification,
)  # fmt: skip

Make = Callable[..., Verification]


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def base64_png(samples: npt.NDArray[np.uint8]) -> str:
    return b64encode(png(Image.fromarray(samples))).decode()


def marked(size: tuple[int, int], box: tuple[int, int, int, int]) -> str:
    mask = Image.new("L", size)
    mask.paste(255, box)
    return b64encode(png(mask)).decode()


def change(size: tuple[int, int], box: tuple[int, int, int, int], mask_png: str | None = None) -> Change:
    x, y, right, low = box
    region = ChangedRegion(x=x, y=y, w=right - x, h=low - y, area_percent=1)
    return Change(
        original="1" * 32, basis="tile/1", frame=0, width=size[0], height=size[1], changed_percent=1, regions=[region],
        transform=Transform(matrix=(2, 0, 5, 0, 2, 7), words=[], shown_percent=100), mask_png=mask_png, limits="none",
    )  # fmt: skip


def detection(band: str = "altered", frame: int = 0, **other: object) -> Detection:
    heat = np.zeros((32, 64), np.uint8)
    heat[:, 32:] = 255
    grey, colour = base64_png(heat), base64_png(np.stack([heat] * 3, axis=-1))
    values = {
        "method": "ela_cnn", "version": "1", "applicable": True, "reason": "large enough", "regime": "jpeg",
        "band": band, "seconds": 0.1, "frame": frame, "frames": 4, "examined": 4, "width": 64, "height": 32,
        "pictures": DetectionPictures(heatmap_png=grey, mask_png=grey, ela_png=colour),
    }  # fmt: skip
    return Detection.model_validate(values | other)


def test_the_mask_lies_where_the_server_drew_it() -> None:
    size, box = (64, 48), (16, 8, 48, 40)
    layer = change_layer(change(size, box, marked(size, box)), frame=2)
    assert layer is not None
    assert (layer.frame, layer.on) == (2, True)
    assert layer.samples.shape == (48, 64)
    assert layer.samples[8, 16] == layer.samples[39, 47] == 255
    assert layer.samples.sum() == 255 * 32 * 32


def test_one_changed_pixel_stays_visible_when_a_very_large_mask_is_reduced() -> None:
    size, box = (6000, 4000), (3001, 2003, 3002, 2004)
    layer = change_layer(change(size, box, marked(size, box)), 0)
    assert layer is not None
    assert layer.samples.size < 4_100_000
    assert (layer.samples > 0).sum() == 1


def test_without_a_mask_or_a_region_there_is_no_layer() -> None:
    assert change_layer(change((64, 64), (0, 0, 8, 8)), 0) is None
    clear = change((64, 64), (0, 0, 8, 8), marked((64, 64), (0, 0, 8, 8))).model_copy(update={"regions": []})
    assert change_layer(clear, 0) is None


@pytest.mark.parametrize("mask", ["%%%", "AAAA", marked((10, 10), (0, 0, 4, 4))])
def test_a_mask_that_is_none_or_of_another_size_is_a_reason(mask: str) -> None:
    with pytest.raises(NoPreview, match="server's mask"):
        change_layer(change((64, 64), (0, 0, 8, 8), mask), 0)


def test_a_map_of_another_frame_size_is_not_laid_over_the_picture_and_says_so(verification: Make) -> None:
    size = (400, 512)
    found = verification().model_copy(update={"change": change(size, (0, 0, 8, 8), marked(size, (0, 0, 8, 8)))})
    layers, notes = layers_of(found, 0, [read_frame(png(Image.new("L", (512, 400))))])
    assert layers == []
    assert any("this frame has 512 × 400" in note for note in notes)


def test_the_heat_map_is_on_and_the_error_levels_are_at_hand() -> None:
    heat, levels = detector_layers(detection(frame=3))
    assert (heat.kind, heat.on, heat.opacity, heat.frame) == ("heat", True, 60, 3)
    assert heat.samples[16, 10] == 0 and heat.samples[16, 60] == 255
    assert heat.marked is not None and heat.marked[16, 60] == 255
    assert (levels.kind, levels.on) == ("levels", False)
    assert levels.samples.shape == (32, 64, 3)


def test_the_map_of_an_undecided_answer_is_off_and_says_that_it_is_no_finding() -> None:
    heat, _ = detector_layers(detection("inconclusive"))
    assert not heat.on
    assert "where it looked, not a finding" in heat.legend
    assert "not a finding" not in detector_layers(detection())[0].legend


@pytest.mark.parametrize(
    "broken", ["", "not base64!", b64encode(b"no picture").decode(), base64_png(np.zeros((8, 4096), np.uint8))]
)
def test_pictures_that_cannot_be_read_leave_the_picture_and_a_sentence(verification: Make, broken: str) -> None:
    good = detection()
    assert good.pictures is not None
    bad = detection(pictures=good.pictures.model_copy(update={"heatmap_png": broken}))
    with pytest.raises(NoPreview):
        detector_layers(bad)
    layers, notes = layers_of(verification().model_copy(update={"detection": bad}), 0, [])
    assert layers == []
    assert "heat map" in notes[-1]


def test_why_there_are_no_error_levels_is_said(verification: Make) -> None:
    assert "Examine registered images" in why_no_levels(verification())
    alone = verification(statuses={10: "undetermined"}).model_copy(update={"registration": None})
    assert why_no_levels(alone) == "detail 10."


def test_regions_are_numbered_as_in_their_table_and_findings_follow(verification: Make) -> None:
    regions = [ChangedRegion(x=1, y=2, w=3, h=4, area_percent=1), ChangedRegion(x=9, y=9, w=5, h=5, area_percent=4)]
    finding = DetectionFinding(code="c", text="t", meaning="m", limits="l", region=(10, 11, 12, 13))
    found = verification().model_copy(
        update={
            "change": change((64, 64), (0, 0, 8, 8)).model_copy(update={"regions": regions}),
            "detection": detection(findings=[finding]),
        }
    )
    listed = places(found, 2)
    assert [place.label for place in listed] == ["1 · 4.00 %", "2 · 1.00 %", "Finding 1"]
    assert (listed[0].x, listed[0].width, listed[0].frame) == (9, 5, 2)
    assert (listed[2].x, listed[2].height, listed[2].frame) == (10, 13, 0)


def test_changed_tiles_are_places_when_there_is_no_change_map(verification: Make) -> None:
    found = verification(figures={2: {"changed_tiles": [[1, 32, 64, 32, 16]]}})
    assert [(one.label, one.x, one.y, one.width, one.height, one.frame) for one in places(found, 0)] == [
        ("Tile 1", 32, 64, 32, 16, 1)
    ]


def test_the_first_frame_is_that_of_the_change_then_of_the_tiles_then_of_the_detector(verification: Make) -> None:
    tiles = verification(figures={2: {"changed_tiles": [[5, 0, 0, 8, 8], [2, 0, 0, 8, 8]]}})
    examined = tiles.model_copy(update={"detection": detection(frame=3)})
    mapped = examined.model_copy(
        update={"change": change((8, 8), (0, 0, 4, 4)).model_copy(update={"figures": {"disputed_frame": 1}})}
    )
    assert [first_frame(one) for one in (mapped, examined, tiles, verification())] == [1, 2, 2, 0]
    assert first_frame(verification().model_copy(update={"detection": detection(frame=3)})) == 3


def test_a_short_series_is_sent_as_a_whole_and_of_a_long_one_the_frame_asked_for() -> None:
    def series(count: int, side: int) -> bytes:
        frames = [Image.new("L", (side, side), number) for number in range(count)]
        stream = io.BytesIO()
        frames[0].save(stream, "TIFF", save_all=True, append_images=frames[1:])
        return stream.getvalue()

    assert [frame.number for frame in frames_at_hand(series(4, 8), 2)] == [2, 0, 1, 3]
    assert [frame.number for frame in frames_at_hand(series(4, 1400), 2)] == [2]


def test_the_registered_original_is_laid_as_the_comparison_found_it(
    verification: Make, registration: Registration
) -> None:
    original = Given("o.png", png(Image.new("L", (32, 32), 9)), "1")
    known = registration.model_copy(update={"digests": {"file/1": original.digest}})
    found = verification().model_copy(update={"change": change((64, 64), (0, 0, 8, 8)), "registration": known})
    frame = read_frame(png(Image.new("L", (64, 64))))
    assert is_original(found, original)
    other, notes = other_of(found, original, frame)
    assert other is not None and notes == []
    assert other.matrix == (2, 0, 5, 0, 2, 7)


def test_any_other_picture_is_stretched_over_it_and_says_so(verification: Make) -> None:
    other, _ = other_of(
        verification(), Given("x.png", png(Image.new("L", (32, 16))), "1"), read_frame(png(Image.new("L", (64, 64))))
    )
    assert other is not None
    assert other.matrix == stretch((32, 16), (64, 64)) == (2, 0, 0, 0, 4, 0)
    assert "not worked out" in other.words


def test_a_second_file_that_is_no_picture_is_named_and_the_first_stays(verification: Make) -> None:
    other, notes = other_of(verification(), Given("x.txt", b"no picture", "1"), read_frame(png(Image.new("L", (8, 8)))))
    assert other is None
    assert notes[0].startswith("x.txt cannot be laid beside it: ")
