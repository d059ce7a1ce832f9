"""The disputed picture with what was changed tinted, outlined and numbered; it can be moved and enlarged."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageFilter, UnidentifiedImageError

from dashboard.components.change import ordered
from dashboard.components.heat import inner_border
from dashboard.components.preview import NoPreview, Preview
from ledger.schemas import Change, ChangedRegion

_MOST_PIXELS = 40_000_000
_MOST_NUMBERS = 40
_TINT, _AMBER, _INK, _DARK = (235, 64, 24), (255, 176, 0), (18, 48, 58), "#0b1a20"
_HEIGHT = (300, 680)
"""Of the map on the page, in CSS pixels."""
_TYPICAL_WIDTH = 500


def mask_bytes(change: Change) -> bytes | None:
    """The mask as the PNG that the server made; None when it was not sent. NoPreview when it is no base64."""
    if change.mask_png is None:
        return None
    try:
        return b64decode(change.mask_png, validate=True)
    except (Base64Error, ValueError) as error:
        raise NoPreview("The server's mask can't be read") from error


def mask_for(change: Change, size: tuple[int, int]) -> Image.Image | None:
    """The mask in the size of a preview; one marked pixel stays visible when it is reduced. None when none was sent.

    NoPreview when it cannot be read, has another size than the change map says, or more pixels than are drawn here.
    """
    data = mask_bytes(change)
    if data is None:
        return None
    try:
        image = Image.open(BytesIO(data), formats=["PNG"])
        if image.size != (change.width, change.height) or image.width * image.height > _MOST_PIXELS:
            raise NoPreview("The server's mask has another size than expected")
        grey = image.convert("L").point(lambda level: 255 if level else 0)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise NoPreview("The server's mask can't be read") from error
    shrunk = size[0] < change.width or size[1] < change.height
    reduced = grey.resize(size, Image.Resampling.BOX if shrunk else Image.Resampling.NEAREST)
    return reduced.point(lambda level: 255 if level else 0)


def overlay(mask: Image.Image, opacity: float) -> Image.Image:
    """An RGBA layer: the marked area tinted (``opacity`` 0 to 1), its border in amber with ink around it."""
    layer = np.zeros((mask.height, mask.width, 4), np.uint8)
    inside = np.asarray(mask, dtype=bool)
    around = np.asarray(mask.filter(ImageFilter.MaxFilter(5)), dtype=bool) & ~inside
    layer[inside] = (*_TINT, round(opacity * 255))
    layer[inner_border(mask, 3)] = (*_AMBER, 255)
    layer[around] = (*_INK, 255)
    return Image.fromarray(layer)


def change_figure(preview: Preview, change: Change, mask: Image.Image | None, opacity: float) -> go.Figure:
    """The preview under its change map, on axes in pixels of the disputed frame.

    Without a mask the regions' boxes are drawn. NoPreview when the map belongs to a frame of another size.
    """
    if preview.size != (change.width, change.height):
        raise NoPreview(
            f"The change map is of {change.width} × {change.height} pixels,"
            f" this frame has {preview.size[0]} × {preview.size[1]}"
        )
    figure = go.Figure(_layer(preview.picture, change))
    regions = ordered(change.regions)
    if mask is not None:
        figure.add_trace(_layer(overlay(mask, opacity), change))
    else:
        for region in regions:
            _box(figure, region)
    for number, region in enumerate(regions[:_MOST_NUMBERS], 1):
        _number(figure, number, region, change.height)
    _frame(figure, change)
    return figure


def _layer(picture: Image.Image, change: Change) -> go.Image:
    """A picture stretched over the frame: its first pixel's centre lies half a step inside."""
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=3)
    across, down = change.width / picture.width, change.height / picture.height
    source = "data:image/png;base64," + b64encode(stream.getvalue()).decode()
    return go.Image(source=source, x0=across / 2, y0=down / 2, dx=across, dy=down, zsmooth="fast", hoverinfo="skip")


def _box(figure: go.Figure, region: ChangedRegion) -> None:
    corners: dict[str, Any] = {
        "x0": region.x, "y0": region.y, "x1": region.x + region.w, "y1": region.y + region.h
    }  # fmt: skip
    figure.add_shape(type="rect", line={"color": _css(_INK), "width": 5}, **corners)
    figure.add_shape(type="rect", line={"color": _css(_AMBER), "width": 2.5}, **corners)


def _number(figure: go.Figure, number: int, region: ChangedRegion, height: int) -> None:
    """The region's number over its upper left corner; inside it where the picture ends above."""
    room = region.y > height * 0.06
    figure.add_annotation(
        x=region.x, y=region.y, text=f"<b>{number}</b>", showarrow=False, xanchor="left",
        yanchor="bottom" if room else "top", bgcolor=_css(_AMBER), font={"size": 13, "color": _css(_INK)}, borderpad=2,
        yshift=3 if room else -3, xshift=2,
    )  # fmt: skip


def _frame(figure: go.Figure, change: Change) -> None:
    low, high = _HEIGHT
    figure.update_layout(
        height=round(min(high, max(low, _TYPICAL_WIDTH * change.height / change.width))),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=_DARK,
        plot_bgcolor=_DARK,
        dragmode="pan",
        showlegend=False,
        # the view that the reader moved to stays when the opacity changes, not when the picture does
        uirevision=f"{change.original} {change.width} {change.height}",
        modebar={"bgcolor": "rgba(11,26,32,.7)", "color": "#b9d3d2", "activecolor": "#ffffff"},
    )
    figure.update_xaxes(visible=False, range=[0, change.width])
    figure.update_yaxes(visible=False, range=[change.height, 0], scaleanchor="x")


def _css(colour: tuple[int, int, int]) -> str:
    return f"rgb{colour}"
