"""Frames of DICOM files: samples, rescale and the windows that the header names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

from dashboard.components.frames import PLAIN, Frame, Window, allow, grey, packed, usual_windows

_CT = (
    Window("CT lung", -600, 1500),
    Window("CT soft tissue", 40, 400),
    Window("CT bone", 500, 2000),
    Window("CT brain", 40, 80),
)
_PALETTE = "PALETTE COLOR"


def dicom_frame(data: bytes, number: int) -> Frame:
    """The frame of that number, or the last; whatever pydicom raises when it cannot be decoded."""
    header = pydicom.dcmread(BytesIO(data))
    allow(int(header.Rows) * int(header.Columns))
    frames = int(header.get("NumberOfFrames", 1) or 1)
    number = min(number, frames - 1)
    samples = pixel_array(header, index=number)
    how = f"DICOM {header.get('Modality', '')}".strip()
    size = (samples.shape[1], samples.shape[0])
    if header.PhotometricInterpretation == _PALETTE:
        samples = apply_color_lut(samples, header)
    if samples.ndim == 3:
        return Frame(_eight_bit(samples), number, frames, size, how)
    return _grey(header, samples, number, frames, how)


def _grey(header: Any, samples: npt.NDArray[Any], number: int, frames: int, how: str) -> Frame:
    if header.get("ModalityLUTSequence"):
        frame = grey(apply_modality_lut(samples, header), number, frames, how)
    else:
        kept, step, low = packed(samples)
        slope, intercept = _number(header.get("RescaleSlope")) or 1.0, _number(header.get("RescaleIntercept")) or 0.0
        size = (samples.shape[1], samples.shape[0])
        frame = Frame(kept, number, frames, size, how, slope=slope * step, intercept=slope * low + intercept)
    inverse = header.PhotometricInterpretation == "MONOCHROME1"
    shape = str(header.get("VOILUTFunction") or "LINEAR").lower()
    return replace(frame, unit=_unit(header), inverse=inverse, windows=_windows(header, frame), shape=shape)


def _windows(header: Any, frame: Frame) -> tuple[Window, ...]:
    """Those of the header first, then the usual ones; for CT those that people know by name."""
    named = tuple(_named(header))
    usual = (PLAIN,) if not named and frame.samples.dtype == np.uint8 and frame.slope == 1 else usual_windows(frame)
    known = _CT if header.get("Modality") == "CT" else ()
    return (*named, *usual, *known)


def _named(header: Any) -> Iterator[Window]:
    centres, widths = _numbers(header.get("WindowCenter")), _numbers(header.get("WindowWidth"))
    names = header.get("WindowCenterWidthExplanation") or ()
    names = [names] if isinstance(names, str) else list(names)
    for index, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        if width >= 1:
            said = str(names[index])[:30] if index < len(names) else ""
            yield Window(f"In the file: {said}" if said else "In the file", centre, width)


def _unit(header: Any) -> str:
    said = str(header.get("RescaleType") or "")[:12]
    known = "HU" if header.get("Modality") == "CT" and header.get("RescaleIntercept") is not None else ""
    return known if said in ("", "US") else said


def _numbers(value: Any) -> list[float]:
    if value is None or value == "":
        return []
    return [float(value)] if isinstance(value, int | float | str) else [float(one) for one in value]


def _number(value: Any) -> float | None:
    return next(iter(_numbers(value)), None)


def _eight_bit(samples: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Colour of more than 8 bits, scaled by the largest level that its container of 16 bits holds or shows."""
    if samples.dtype == np.uint8:
        return samples
    return np.clip(samples.astype(np.float64) * (255.0 / max(float(samples.max()), 1.0)), 0, 255).astype(np.uint8)
