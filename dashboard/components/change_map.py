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
_PALE = "#b9d3d2"
_OPACITY = 50
"""Of the tint at first, in percent."""
_TINT_LAYER = 1
_HEIGHT = (300, 680)
"""Of the map on the page, in CSS pixels."""
_TYPICAL_WIDTH = 500
_SLIDER = 84


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


def tint(mask: Image.Image) -> Image.Image:
    """An RGBA layer of one colour where the mask marks, clear elsewhere."""
    layer = np.zeros((mask.height, mask.width, 4), np.uint8)
    layer[np.asarray(mask, dtype=bool)] = (*_TINT, 255)
    return Image.fromarray(layer)


def outline(mask: Image.Image) -> Image.Image:
    """An RGBA layer: the marked area's border in amber with ink around it, visible on black and on white."""
    inside = np.asarray(mask, dtype=bool)
    around = np.asarray(mask.filter(ImageFilter.MaxFilter(5)), dtype=bool) & ~inside
    layer = np.zeros((mask.height, mask.width, 4), np.uint8)
    layer[inner_border(mask, 3)] = (*_AMBER, 255)
    layer[around] = (*_INK, 255)
    return Image.fromarray(layer)


def change_figure(preview: Preview, change: Change, mask: Image.Image | None) -> go.Figure:
    """The preview under its change map, on axes in pixels of the disputed frame; a slider sets the tint's opacity.

    Without a mask the regions' boxes are drawn. NoPreview when the map belongs to a frame of another size.
    """
    if preview.size != (change.width, change.height):
        raise NoPreview(
            f"The change map is of {change.width} × {change.height} pixels,"
            f" this frame has {preview.size[0]} × {preview.size[1]}"
        )
    figure = go.Figure(_layer(preview.picture, change))
    _frame(figure, change)
    regions = ordered(change.regions)
    if mask is not None and regions:
        figure.add_trace(_layer(tint(mask), change, _OPACITY / 100))
        figure.add_trace(_layer(outline(mask), change))
        _opacity(figure)
    else:
        for region in regions:
            _box(figure, region)
    for number, region in enumerate(regions[:_MOST_NUMBERS], 1):
        _number(figure, number, region, change.height)
    return figure


def _layer(picture: Image.Image, change: Change, opacity: float = 1.0) -> go.Image:
    """A picture stretched over the frame: its first pixel's centre lies half a step inside."""
    stream = BytesIO()
    picture.save(stream, "PNG", compress_level=3)
    across, down = change.width / picture.width, change.height / picture.height
    return go.Image(
        source="data:image/png;base64," + b64encode(stream.getvalue()).decode(),
        x0=across / 2, y0=down / 2, dx=across, dy=down, zsmooth="fast", opacity=opacity, hoverinfo="skip",
    )  # fmt: skip


def _opacity(figure: go.Figure) -> None:
    """The slider below the map. It works in the browser, so that the view that the reader moved to stays."""
    shares = range(0, 101, 10)
    steps = [
        {"method": "restyle", "label": str(share), "args": [{"opacity": share / 100}, [_TINT_LAYER]]}
        for share in shares
    ]
    figure.update_layout(
        height=figure.layout.height + _SLIDER,
        margin_b=_SLIDER,
        sliders=[
            {
                "steps": steps, "active": shares.index(_OPACITY), "x": 0, "len": 1, "pad": {"l": 16, "r": 16, "t": 4},
                "currentvalue": {"prefix": "Opacity of the tint: ", "suffix": " %", "font": {"size": 13}},
                "font": {"size": 11, "color": _PALE}, "bgcolor": "#4f9a98", "activebgcolor": "#7fd6cf",
                "bordercolor": "#2b5a63", "tickcolor": "#2b5a63", "ticklen": 4, "minorticklen": 0,
            }
        ],
    )  # fmt: skip


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
        modebar={"bgcolor": "rgba(11,26,32,.7)", "color": _PALE, "activecolor": "#ffffff"},
    )
    figure.update_xaxes(visible=False, range=[0, change.width])
    figure.update_yaxes(visible=False, range=[change.height, 0], scaleanchor="x")


def _css(colour: tuple[int, int, int]) -> str:
    return f"rgb{colour}"
