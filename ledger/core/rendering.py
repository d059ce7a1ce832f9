"""Attributes that say how samples become grey levels, colours and places on a screen.

When one of them differs, the pixels are the registered ones and the picture is not: no policy accepts that silently.
DICOM: PS3.3 C.7.6.3 (image pixel), C.11 (look-up tables), C.9 (overlays); PNG and TIFF: their colour and orientation
fields; JPEG: the segments by which decoders choose a colour space.
"""

from __future__ import annotations

_NAMES = frozenset(
    {
        *("PhotometricInterpretation", "SamplesPerPixel", "BitsStored", "HighBit", "PixelRepresentation"),
        *("PixelAspectRatio", "PixelSpacing", "PixelPaddingValue", "PixelPaddingRangeLimit", "NumberOfFrames"),
        *("RescaleSlope", "RescaleIntercept", "RescaleType", "ModalityLUTSequence", "VOILUTSequence"),
        *("WindowCenter", "WindowWidth", "VOILUTFunction", "PresentationLUTShape", "PresentationLUTSequence"),
        *("ICCProfile", "ColorSpace", "FrameIncrementPointer", "Laterality", "ImageLaterality"),
        *("ImageOrientationPatient", "PatientOrientation", "FrameLaterality"),
        *("Orientation", "ColorMap", "BitsPerSample", "SampleFormat", "TransferFunction", "WhitePoint"),
        *("InterColorProfile", "GrayResponseCurve", "GrayResponseUnit", "XResolution", "YResolution"),
        *("ImagePositionPatient", "MaskSubtractionSequence", "PixelIntensityRelationship"),
        *("PixelIntensityRelationshipSign", "PrimaryChromaticities", "ExtraSamples", "APP0", "APP2", "APP14"),
    }
)
_PATHS = (
    *(
        "(60",
        "(7FE0",
        "(0018,16",
        "png:pHYs",
        "png:IHDR",
        "png:PLTE",
        "png:tRNS",
        "png:gAMA",
        "png:cHRM",
        "png:sRGB",
        "png:iCCP",
        "png:sBIT",
    ),
    *("png:acTL", "png:fcTL", "png:fdAT", "png:cICP", "exif:Orientation"),
)


def changes_rendering(path: str, name: str) -> bool:
    """Whether a change of the attribute at ``path``, called ``name``, can change what a viewer shows."""
    return name in _NAMES or "PaletteColorLookupTable" in name or path.startswith(_PATHS)
