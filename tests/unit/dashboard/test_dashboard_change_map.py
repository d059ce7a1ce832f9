"""The change map over the picture: where it is drawn, in which scale, and what is refused."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashboard.components.change_map import change_figure, mask_for, outline, tint
from dashboard.components.preview import NoPreview, Preview, make_preview
from ledger.schemas import Change, ChangedRegion, Transform


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def marked(size: tuple[int, int], box: tuple[int, int, int, int]) -> str:
    mask = Image.new("L", size)
    mask.paste(255, box)
    return b64encode(png(mask)).decode()


def change(size: tuple[int, int], box: tuple[int, int, int, int], mask_png: str | None) -> Change:
    x, y, right, low = box
    region = ChangedRegion(x=x, y=y, w=right - x, h=low - y, area_percent=1)
    return Change(
        original="1" * 32, basis="tile/1", frame=0, width=size[0], height=size[1], changed_percent=1, regions=[region],
        transform=Transform(matrix=(1, 0, 0, 0, 1, 0), words=[], shown_percent=100), mask_png=mask_png, limits="none",
    )  # fmt: skip


def shown(size: tuple[int, int]) -> Preview:
    return make_preview(png(Image.new("L", size, 90)))


def layers(figure: Any) -> list[Image.Image]:
    return [Image.open(io.BytesIO(b64decode(trace.source.partition(",")[2]))) for trace in figure.data]


def test_mask_and_boxes_of_a_very_large_picture_lie_where_its_reduced_preview_shows_them() -> None:
    size, box = (4096, 2048), (1024, 512, 2048, 1024)
    found = change(size, box, marked(size, box))
    preview = shown(size)
    figure = change_figure(preview, found, mask_for(found, preview.picture.size))
    picture, tinted, outlined = layers(figure)
    assert picture.size == tinted.size == outlined.size == (1024, 512)
    assert tinted.getchannel("A").getbbox() == (256, 128, 512, 256)
    assert (figure.data[1].dx, figure.data[1].x0) == (4, 2)
    assert tuple(figure.layout.xaxis.range) == (0, 4096)
    assert (figure.layout.annotations[0].x, figure.layout.annotations[0].y) == (1024, 512)


def test_one_changed_pixel_stays_visible_when_the_picture_is_reduced() -> None:
    size, box = (6000, 4000), (3001, 2003, 3002, 2004)
    found = change(size, box, marked(size, box))
    mask = mask_for(found, (1024, 683))
    assert mask is not None
    assert mask.getbbox() is not None


def test_the_slider_sets_the_tints_opacity_and_the_outline_stays() -> None:
    size, box = (64, 64), (16, 16, 48, 48)
    found = change(size, box, marked(size, box))
    figure = change_figure(shown(size), found, mask_for(found, (512, 512)))
    assert [trace.opacity for trace in figure.data] == [1, 0.5, 1]
    steps = figure.layout.sliders[0].steps
    assert [step.args[0]["opacity"] for step in steps] == [share / 10 for share in range(11)]
    assert {tuple(step.args[1]) for step in steps} == {(1,)}
    assert figure.layout.sliders[0].active == 5


def test_the_outline_lies_at_the_border_and_the_tint_fills_it() -> None:
    mask = Image.new("L", (64, 64))
    mask.paste(255, (16, 16, 48, 48))
    line, fill = (np.asarray(layer)[..., 3] for layer in (outline(mask), tint(mask)))
    assert (line[32, 32], line[16, 32], line[15, 32], line[4, 4]) == (0, 255, 255, 0)
    assert (fill[32, 32], fill[16, 32], fill[15, 32]) == (255, 255, 0)


def test_without_a_mask_the_regions_are_boxed() -> None:
    found = change((512, 400), (40, 60, 90, 100), None)
    assert mask_for(found, (512, 400)) is None
    figure = change_figure(shown((512, 400)), found, None)
    assert len(figure.data) == 1
    assert {(box.x0, box.y0, box.x1, box.y1) for box in figure.layout.shapes} == {(40, 60, 90, 100)}


@pytest.mark.parametrize("mask", ["%%%", "AAAA", marked((10, 10), (0, 0, 4, 4))])
def test_a_mask_that_is_none_or_of_another_size_is_a_reason(mask: str) -> None:
    with pytest.raises(NoPreview, match="server's mask"):
        mask_for(change((64, 64), (0, 0, 8, 8), mask), (64, 64))


def test_a_map_of_another_frame_size_is_not_laid_over_the_picture() -> None:
    with pytest.raises(NoPreview, match="this frame has 512 × 400"):
        change_figure(shown((512, 400)), change((400, 512), (0, 0, 8, 8), None), None)
