"""Rules on a DICOM file's header against its samples (PS3.3 C.7.6.3, C.11.2, C.7.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from detector.structure.dicom_frames import (
    FRAMES,
    HIGH,
    Shape,
    encapsulated,
    shape,
    stored_samples,
    syntax_is_lossy,
)
from detector.structure.dicom_reading import DicomFile
from detector.structure.lettering import lines_of_text
from detector.structure.model import Answer, Book, Skip, Strength, Why

BOOK = Book("dicom")
_SMALLEST, _LARGEST, _PADDING = 0x00280106, 0x00280107, 0x00280120
_CENTER, _WIDTH, _INTERCEPT, _SLOPE = 0x00281050, 0x00281051, 0x00281052, 0x00281053
_BURNED = 0x00280301
_UNREAD = Skip("the pixel data is not decoded here")


def grey(file: DicomFile) -> npt.NDArray[Any] | None:
    """(rows, columns) the samples' values by bits stored, of a grey picture; else None."""
    if "grey" not in file.cache:
        said, words = shape(file), stored_samples(file)
        plain = words is not None and said.samples == 1 and said.photometric in ("MONOCHROME1", "MONOCHROME2")
        file.cache["grey"] = values(words[:, :, 0], said) if plain and words is not None else None
    found = file.cache["grey"]
    return found if isinstance(found, np.ndarray) else None


def values(words: npt.NDArray[Any], said: Shape) -> npt.NDArray[Any]:
    """The numbers that the words stand for: unused bits taken off, the sign extended from the highest stored bit."""
    wide: Any = words.astype(np.int32 if words.itemsize < 4 else np.int64)
    if not 0 < said.stored < said.allocated:
        return np.asarray(wide)
    wide &= (1 << said.stored) - 1
    if said.signed:
        wide -= (wide >> (said.stored - 1)) << said.stored
    return np.asarray(wide)


@BOOK.rule(
    "unused-bits",
    "Samples keep to the bits stored",
    Strength.NOTABLE,
    Why(
        "Samples use bits that the header calls unused: they come from a picture of more depth, or were "
        "computed since.",
        "Old devices keep overlays in spare bits, and some pad with values outside the range.",
        "It does not say where in the picture.",
    ),
)
def unused_bits(file: DicomFile) -> Answer:
    """Words against the range of bits stored."""
    said, words = shape(file), stored_samples(file)
    if words is None or encapsulated(file):
        return Skip("there are no uncompressed samples")
    if not 0 < said.stored < said.allocated or file.whole(HIGH, -1) != said.stored - 1:
        return Skip("every bit is used")
    low, high = (-(1 << said.stored - 1), (1 << said.stored - 1) - 1) if said.signed else (0, (1 << said.stored) - 1)
    if said.signed and int(words.min()) >= 0:
        high = (1 << said.stored) - 1  # negative numbers whose sign was not carried on
    outside = int(np.count_nonzero((words < low) | (words > high)))
    return f"{outside:,} samples do not fit into the {said.stored} bits that the header says." if outside else None


@BOOK.rule(
    "extremes",
    "Smallest and largest value are the picture's",
    Strength.NOTABLE,
    Why(
        "The smallest or largest value that the header keeps is not the picture's: the samples changed "
        "since it was written.",
        "Some devices write the values of the series or of the sensor, or before padding; lossy "
        "compression shifts them.",
        "It does not say which samples.",
    ),
)
def extremes(file: DicomFile) -> Answer:
    """Smallest and Largest Image Pixel Value against one grey frame: samples beyond them, padding apart."""
    low, high = file.numbers(_SMALLEST), file.numbers(_LARGEST)
    if not low or not high or file.whole(FRAMES, 1) > 1:
        return Skip("the header does not hold both, or there are several frames")
    pixels, said = grey(file), shape(file)
    if pixels is None or high[0] <= low[0]:
        return _UNREAD
    if syntax_is_lossy(file.syntax) is not False or file.text(0x00282110) == "01":
        return Skip("lossy compression shifts them")
    counted = pixels[(pixels != 0) & (pixels != file.whole(_PADDING))]  # what pads a picture often does not count
    if not counted.size:
        return Skip("the picture is empty")
    first, last = int(counted.min()), int(counted.max())
    claimed = [int(n) - (1 << 16) if said.signed and n >= 1 << 15 else int(n) for n in (low[0], high[0])]
    if first >= claimed[0] and last <= claimed[1]:
        return None
    return f"The header says samples from {claimed[0]} to {claimed[1]}; there are samples from {first} to {last}."


@BOOK.rule(
    "window",
    "The window shows the picture",
    Strength.NOTABLE,
    Why(
        "The window in the header lies beside all samples and would show nothing: it belongs to other samples.",
        "Some devices write a fixed window; slope and intercept may stand elsewhere.",
        "Nothing is said about the picture.",
    ),
)
def window(file: DicomFile) -> Answer:
    """Window center and width against the range after slope and intercept."""
    center, width = file.number(_CENTER), file.number(_WIDTH)
    pixels = grey(file)
    if center is None or width is None or width < 1 or pixels is None:
        return Skip("there is no window, or no grey picture that is decoded")
    slope, shift = file.number(_SLOPE), file.number(_INTERCEPT)
    ends = sorted((slope or 1.0) * float(n) + (shift or 0.0) for n in (pixels.min(), pixels.max()))
    if ends[0] == ends[1] or (center - width / 2 < ends[1] and center + width / 2 > ends[0]):
        return None
    return "The window of the header lies beside every value of the picture."


@BOOK.rule(
    "comb",
    "Grey levels are used evenly",
    Strength.NOTABLE,
    Why(
        "Grey levels are left out at even distances: the picture was stretched from fewer levels, by a "
        "window or from 8 bits.",
        "Some devices compute in fewer bits and store in more; archives rescale.",
        "It does not say where in the picture, nor by whom.",
    ),
)
def comb(file: DicomFile) -> Answer:
    """At most 256 levels, evenly spread over a range of more than 1,000."""
    pixels, said = grey(file), shape(file)
    if pixels is None or not 8 < said.stored <= 16 or pixels.size < 4096:
        return Skip("there is no grey picture of 9 to 16 bits that is decoded, or it is small")
    used = np.flatnonzero(np.bincount((pixels - int(pixels.min())).ravel()))
    steps = np.diff(used[(used > used[0]) & (used < used[-1])])
    if len(steps) < 48 or len(used) > 256:
        return None
    usual = float(np.median(steps))
    even = float(np.mean(np.abs(steps / usual - np.rint(steps / usual)) * usual <= 1.0))
    if usual < 4 or even < 0.98:
        return None
    return f"Only {len(used)} grey levels are used, {usual:.0f} apart, in a picture of {said.stored} bits."


@BOOK.rule(
    "eight-bit",
    "Depth is used",
    Strength.NOTABLE,
    Why(
        "A picture of more than 8 bits is cut off at 255: its samples were made by a program for 8 bits.",
        "Screenshots and secondary captures are put into 16 bits.",
        "Nothing is said about the picture.",
    ),
)
def eight_bit(file: DicomFile) -> Answer:
    """The largest sample is 255 and piles up there, in a picture of 10 or more bits."""
    pixels, said = grey(file), shape(file)
    if pixels is None or said.stored < 10:
        return Skip("there is no grey picture of 10 or more bits that is decoded")
    if int(pixels.max()) != 255 or int(pixels.min()) < 0:
        return None
    share = float(np.mean(pixels == 255))
    below = float(np.mean(pixels == 254))
    if share < 0.0005 or share < 3 * below:
        return None
    return f"All samples lie between 0 and 255, and {100 * share:.1f} % at 255, in a picture of {said.stored} bits."


@BOOK.rule(
    "burned-in",
    "No text in the picture where the header denies it",
    Strength.INFORMATION,
    Why(
        "The header says that no annotation is burned in, and rows of letters stand in the picture: they "
        "were put in later.",
        "Many devices write “no” whatever the picture shows; rulers and markers look like letters.",
        "Letters are not read; faint or smooth ones are not seen.",
    ),
)
def burned_in(file: DicomFile) -> Answer:
    """Burned In Annotation NO against rows of letter-like shapes of one extreme value."""
    if file.text(_BURNED) != "NO":
        return Skip("the header does not deny it")
    words = stored_samples(file)
    if words is None:
        return _UNREAD
    found = lines_of_text(words.max(axis=2))
    return f"{found} rows of letter-like shapes stand in the picture." if found else None
