"""Makes the golden inputs of this folder and, with ``--digests``, the digests that are expected of them.

The inputs hold made samples and no person. The tests also use the functions here to build small files.
Run as ``python tests/vectors/digests/make.py [--digests]``; encoders of other versions may write other bytes.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

HERE = Path(__file__).parent
INPUTS = HERE / "inputs"


def slice_16(rows: int = 70, columns: int = 50) -> np.ndarray:
    """A smooth signed 12-bit picture with noise, shape (rows, columns), int16."""
    y, x = np.mgrid[:rows, :columns]
    noise = np.random.default_rng(7).integers(-20, 20, (rows, columns))
    return (900 * np.sin(x / 9) * np.cos(y / 13) + noise).astype("<i2")


def colour(rows: int = 40, columns: int = 36) -> np.ndarray:
    """A smooth 8-bit RGB picture, shape (rows, columns, 3)."""
    y, x = np.mgrid[:rows, :columns]
    return np.stack([x * 7 % 256, y * 6 % 256, (x + y) * 3 % 256], axis=2).astype(np.uint8)


def data_set(samples: np.ndarray, *, bits: int | None = None, signed: bool = False, frames: int = 1) -> Dataset:
    """A DICOM data set round ``samples`` (rows, columns[, 3]), or (frames, rows, columns[, 3]) for several frames."""
    shape = samples.shape[1:] if frames > 1 else samples.shape
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    ds.PatientName, ds.PatientID, ds.Modality = "Made^Up", "0", "CT"
    ds.AccessionNumber, ds.WindowCenter, ds.ImageComments = "", ["40", "400 "], " two  words "
    reference = Dataset()
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    reference.ReferencedFrameNumber = [1, 2]
    ds.ReferencedImageSequence = Sequence([reference, Dataset()])
    block = ds.private_block(0x0009, "MEDSEAL TEST", create=True)
    block.add_new(0x01, "US", 513)
    block.add_new(0x02, "LO", "odd")
    block.add_new(0x03, "FD", 1.5)
    inner = Dataset()
    inner.add_new(0x00080100, "SH", "CODE")
    block.add_new(0x04, "SQ", Sequence([inner]))
    ds.Rows, ds.Columns = shape[0], shape[1]
    ds.SamplesPerPixel = 3 if len(shape) == 3 else 1
    ds.PhotometricInterpretation = "RGB" if len(shape) == 3 else "MONOCHROME2"
    if len(shape) == 3:
        ds.PlanarConfiguration = 0
    if frames > 1:
        ds.NumberOfFrames = frames
    ds.BitsAllocated = 8 * samples.itemsize
    ds.BitsStored = bits or ds.BitsAllocated
    ds.HighBit = ds.BitsStored - 1
    ds.PixelRepresentation = int(signed)
    ds.add_new(0x00280106, "SS" if signed else "US", 0)
    ds.PixelData = samples.tobytes() + b"\0" * (samples.nbytes % 2)
    ds["PixelData"].VR = "OW" if samples.itemsize > 1 else "OB"
    return ds


def written(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The data set as a Part 10 file in an uncompressed transfer syntax."""
    if syntax == ExplicitVRBigEndian and ds.BitsAllocated > 8:
        width = ds.BitsAllocated // 8
        ds.PixelData = np.frombuffer(ds.PixelData, f"<u{width}").astype(f">u{width}").tobytes()
    return _saved(ds, syntax)


def _saved(ds: Dataset, syntax: str) -> bytes:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def compressed(ds: Dataset, syntax: str) -> bytes:
    """The data set with RLE or JPEG 2000 lossless pixel data."""
    ds = pydicom.dcmread(BytesIO(_saved(ds, ExplicitVRLittleEndian)))
    ds.compress(syntax, generate_instance_uid=False, encoding_plugin="pylibjpeg")
    return _saved(ds, syntax)


def by_gdcm(data: bytes, syntax: str) -> bytes:
    """The one frame of a Part 10 file encoded by GDCM; ``syntax`` names a ``gdcm.TransferSyntax`` constant."""
    import gdcm

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.dcm", Path(folder) / "after.dcm"
        before.write_bytes(data)
        reader = gdcm.ImageReader()
        reader.SetFileName(str(before))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(after))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        # Its writer also fills in attributes, so only the frame is taken.
        return next(generate_frames(pydicom.dcmread(after).PixelData, number_of_frames=1))


def with_frames(ds: Dataset, syntax: str, frames: list[bytes], photometric: str) -> bytes:
    """The data set with the given compressed frames as its pixel data."""
    ds.PhotometricInterpretation = photometric
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return _saved(ds, syntax)


def png(samples: np.ndarray, **options: object) -> bytes:
    """An 8-bit or 16-bit PNG of grey, or 8-bit of colour samples."""
    return _pillow(samples, "PNG", **options)


def tiff(samples: np.ndarray, **options: object) -> bytes:
    """A TIFF of the samples."""
    return _pillow(samples, "TIFF", **options)


def jpeg(samples: np.ndarray, **options: object) -> bytes:
    """A JPEG file of the samples, quality 90 unless told otherwise."""
    return _pillow(samples, "JPEG", **{"quality": 90, **options})


def _pillow(samples: np.ndarray, form: str, **options: object) -> bytes:
    out = BytesIO()
    Image.fromarray(samples).save(out, form, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk with its checksum."""
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def one_slice() -> dict[str, bytes]:
    """One signed 12-bit slice in ten encodings; all have one pixel/1, the DICOM ones also one dataset/1."""
    samples = slice_16()

    def made() -> Dataset:
        return data_set(samples, bits=12, signed=True)

    return {
        "slice-explicit.dcm": written(made()),
        "slice-implicit.dcm": written(made(), ImplicitVRLittleEndian),
        "slice-big-endian.dcm": written(made(), ExplicitVRBigEndian),
        "slice-deflated.dcm": written(made(), DeflatedExplicitVRLittleEndian),
        "slice-rle.dcm": compressed(made(), RLELossless),
        "slice-jpeg2000.dcm": compressed(made(), JPEG2000Lossless),
        "slice-jpegls.dcm": with_frames(
            made(), JPEGLSLossless, [by_gdcm(written(made()), "JPEGLSLossless")], "MONOCHROME2"
        ),
        "slice-jpeg-lossless.dcm": with_frames(
            made(), JPEGLosslessSV1, [by_gdcm(written(made()), "JPEGLosslessProcess14_1")], "MONOCHROME2"
        ),
        "slice.png": png(samples.view("<u2")),
        "slice.tiff": tiff(samples.view("<u2"), compression="tiff_lzw"),
    }


def others() -> dict[str, bytes]:
    """The other kinds of image."""
    rgb = colour()
    lossy = jpeg(rgb, comment=b"a comment", dpi=(72, 72))
    bits = (slice_16() > 0).astype(np.uint8)
    one_bit = data_set(bits)
    one_bit.BitsAllocated, one_bit.BitsStored, one_bit.HighBit = 1, 1, 0
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    one_bit.PixelData = packed + b"\0" * (len(packed) % 2)
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "colour-explicit.dcm": written(data_set(rgb)),
        "colour-jpeg2000.dcm": compressed(data_set(rgb), JPEG2000Lossless),
        "colour.png": png(rgb, exif=exif.tobytes()),
        "colour.tiff": tiff(rgb),
        "colour-lossy.jpg": lossy,
        "colour-lossy.dcm": with_frames(data_set(rgb), JPEGBaseline8Bit, [lossy], "YBR_FULL_422"),
        "colour-lossy.tiff": tiff(rgb, compression="jpeg", quality=90),
        "frames.dcm": written(
            data_set(np.stack([slice_16()] * 3) + np.arange(3, dtype="<i2")[:, None, None], frames=3)
        ),
        "one-bit.dcm": written(one_bit),
        "palette.png": _palette_png(rgb),
    }


def _palette_png(rgb: np.ndarray) -> bytes:
    out = BytesIO()
    Image.fromarray(rgb).quantize(16, method=Image.Quantize.MEDIANCUT).save(out, "PNG")
    return out.getvalue()


def main() -> None:
    INPUTS.mkdir(exist_ok=True)
    if "--digests" not in sys.argv:
        for name, data in {**one_slice(), **others()}.items():
            (INPUTS / name).write_bytes(data)
        return
    from ledger.core.digests import digest_set

    expected = {path.name: dict(digest_set(path.read_bytes()).digests) for path in sorted(INPUTS.iterdir())}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
