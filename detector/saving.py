"""Writing pictures as JPEG (two encoders), PNG and DICOM, byte for byte the same each time."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from detector.jpeg_tables import standard_luma

if TYPE_CHECKING:
    import numpy.typing as npt

    from detector.types import Pixels

Sample = TypeVar("Sample", bound=np.generic)

SAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
_OPENCV_SAMPLINGS = {
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
}


@dataclass(frozen=True)
class Jpeg:
    """How a JPEG is written: IJG quality 1..100, chroma sampling, optimised Huffman tables, Pillow or OpenCV.

    ``bend`` draws the steps towards their geometric mean (1: all alike), or apart (below 0): tables of no quality.
    Written by Pillow only.
    """

    quality: int
    sampling: str = "4:2:0"
    optimised: bool = False
    opencv: bool = False
    bend: float = 0.0

    @staticmethod
    def draw(rng: np.random.Generator, least: int, most: int) -> Jpeg:
        """A quality of ``least`` to ``most``, both included, and the rest, each with equal chances."""
        quality = int(rng.integers(least, most + 1))
        return Jpeg(quality, str(rng.choice(SAMPLINGS)), bool(rng.integers(2)), bool(rng.integers(2)))


def encode(pixels: Pixels, jpeg: Jpeg) -> bytes:
    """The JPEG file of an 8-bit picture, (rows, columns) or (rows, columns, 3); grey stays one channel."""
    if not jpeg.opencv:
        stream = io.BytesIO()
        options: dict[str, Any] = {"subsampling": jpeg.sampling} if pixels.ndim == 3 else {}
        options |= {"qtables": _bent(jpeg)} if jpeg.bend else {"quality": jpeg.quality}
        Image.fromarray(pixels).save(stream, "JPEG", optimize=jpeg.optimised, **options)
        return stream.getvalue()
    options_list = [cv2.IMWRITE_JPEG_QUALITY, jpeg.quality, cv2.IMWRITE_JPEG_OPTIMIZE, int(jpeg.optimised)]
    if pixels.ndim == 3:
        options_list += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, _OPENCV_SAMPLINGS[jpeg.sampling]]
    _, data = cv2.imencode(".jpg", _turned(pixels), options_list)
    return data.tobytes()


def _bent(jpeg: Jpeg) -> list[list[int]]:
    steps = standard_luma(jpeg.quality).astype(np.float64).ravel()
    bent = steps ** (1 - jpeg.bend) * np.exp(np.log(steps).mean()) ** jpeg.bend
    return [np.clip(np.rint(bent), 1, 255).astype(int).tolist()] * 2


def reopened(data: bytes) -> Pixels:
    """The 8-bit samples of a JPEG file as Pillow decodes them: grey or RGB."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def through_webp(pixels: Pixels, quality: int) -> Pixels:
    """What a lossy WebP of that quality leaves of an 8-bit picture; grey stays grey."""
    _, data = cv2.imencode(".webp", _turned(pixels), [cv2.IMWRITE_WEBP_QUALITY, quality])
    how = cv2.IMREAD_GRAYSCALE if pixels.ndim == 2 else cv2.IMREAD_COLOR
    found: Pixels = _turned(np.asarray(cv2.imdecode(data, how), np.uint8))
    return found


def save_lossless(pixels: Pixels, container: str) -> tuple[bytes, str]:
    """The file and its suffix, for container *png* or *dicom*; 8 or 16 bit, grey or RGB, sample for sample.

    16-bit colour is always a PNG: DICOM has no widely read form of it.
    """
    if container == "dicom" and (pixels.ndim == 2 or pixels.dtype == np.uint8):
        return _dicom(pixels), ".dcm"
    _, data = cv2.imencode(".png", _turned(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    return data.tobytes(), ".png"


def _turned(pixels: npt.NDArray[Sample]) -> npt.NDArray[Sample]:
    return pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])


def _dicom(pixels: Pixels) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    # UIDs from the samples, so that the file is the same each time and says nothing of how it was made.
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[hashlib.sha256(pixels.tobytes()).hexdigest()])
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Modality, file.ConversionType = "OT", "WSD"
    file.Rows, file.Columns = pixels.shape[:2]
    bits = pixels.dtype.itemsize * 8
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = bits, bits, bits - 1, 0
    file.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    file.PhotometricInterpretation = "MONOCHROME2" if pixels.ndim == 2 else "RGB"
    if pixels.ndim == 3:
        file.PlanarConfiguration = 0
    data = pixels.tobytes()
    file.PixelData = data + b"\0" * (len(data) % 2)
    stream = io.BytesIO()
    file.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
