"""Names of software in metadata: picture editors, and toolkits and converters that write medical files.

Own lists. A name is looked for as a word, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

EDITORS: Mapping[str, str] = {
    "photoshop": "Adobe Photoshop",
    "lightroom": "Adobe Lightroom",
    "adobe fireworks": "Adobe Fireworks",
    "adobe illustrator": "Adobe Illustrator",
    "gimp": "GIMP",
    "paint.net": "Paint.NET",
    "krita": "Krita",
    "affinity": "Affinity Photo",
    "pixelmator": "Pixelmator",
    "snapseed": "Snapseed",
    "picasa": "Picasa",
    "photoscape": "PhotoScape",
    "photopea": "Photopea",
    "pixlr": "Pixlr",
    "corel": "Corel",
    "paintshop": "PaintShop Pro",
    "paint shop pro": "Paint Shop Pro",
    "acdsee": "ACDSee",
    "irfanview": "IrfanView",
    "xnview": "XnView",
    "inkscape": "Inkscape",
    "imagej": "ImageJ",
    "fiji": "Fiji (ImageJ)",
    "picsart": "PicsArt",
    "canva": "Canva",
    "facetune": "Facetune",
    "dall-e": "DALL-E",
    "midjourney": "Midjourney",
    "stable diffusion": "Stable Diffusion",
    "comfyui": "ComfyUI",
    "automatic1111": "Stable Diffusion web UI",
    "firefly": "Adobe Firefly",
}
"""Programs made for changing pictures, or for making them up."""

CONVERTERS: Mapping[str, str] = {
    "imagemagick": "ImageMagick",
    "graphicsmagick": "GraphicsMagick",
    "gd-jpeg": "the GD library",
    "lavc": "FFmpeg",
    "lead technologies": "LEADTOOLS",
    "leadtools": "LEADTOOLS",
    "opencv": "OpenCV",
    "pillow": "Pillow",
    "matplotlib": "Matplotlib",
    "matlab": "MATLAB",
    "jpegtran": "jpegtran",
    "mozjpeg": "MozJPEG",
    "guetzli": "Guetzli",
    "pydicom": "pydicom",
    "pynetdicom": "pynetdicom",
    "dcmtk": "DCMTK",
    "offis": "DCMTK",
    "gdcm": "GDCM",
    "dcm4che": "dcm4che",
    "fo-dicom": "fo-dicom",
    "orthanc": "Orthanc",
    "osirix": "OsiriX",
    "horos": "Horos",
    "mevislab": "MeVisLab",
    "clearcanvas": "ClearCanvas",
    "itk": "ITK",
    "simpleitk": "SimpleITK",
    "highdicom": "highdicom",
    "screenshot": "a screenshot program",
}
"""Programs and libraries that write files without being made for retouching."""

UID_ROOTS: Mapping[str, str] = {
    "1.2.826.0.1.3680043.8.498.": "pydicom",
    "1.2.276.0.7230010.3.": "DCMTK",
    "1.2.826.0.1.3680043.2.1143.": "GDCM",
    "1.2.40.0.13.1.": "dcm4che",
    "1.3.6.1.4.1.9590.100.1.": "MATLAB",
    "1.3.6.1.4.1.19291.2.1.": "OsiriX",
    "1.3.6.1.4.1.30071.8.": "fo-dicom",
    "1.3.6.1.4.1.25403.": "ClearCanvas",
    "1.2.826.0.1.3680043.10.43.": "highdicom",
    "1.2.826.0.1.3680043.9.3811.": "pynetdicom",
    "2.25.": "any program (a UUID)",
}
"""Whose programs make up UIDs below these roots, for files that no scanner made."""


def editor_in(texts: Iterable[str]) -> str | None:
    """The first picture editor that one of ``texts`` names, or None."""
    return _named(texts, EDITORS)


def converter_in(texts: Iterable[str]) -> str | None:
    """The first converter or toolkit that one of ``texts`` names, or None."""
    return _named(texts, CONVERTERS)


def toolkit_of(uid: str) -> str | None:
    """The toolkit below whose root ``uid`` lies, or None."""
    return next((name for root, name in UID_ROOTS.items() if uid.startswith(root)), None)


def _named(texts: Iterable[str], names: Mapping[str, str]) -> str | None:
    for text in texts:
        low = text.lower()
        for word, name in names.items():
            if word in low and re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", low):
                return name
    return None
