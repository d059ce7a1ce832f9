"""Python, packages, decoders and the detector's model."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator

from ledger.doctor.finding import Finding
from ledger.settings import Settings

_PACKAGES = ("medseal", "pydicom", "numpy", "opencv-python", "ai-edge-litert", "web3", "py-evm", "fastapi", "streamlit")
_DECODERS = ("pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "python-gdcm")


def versions(_settings: Settings) -> Iterator[Finding]:
    """Python, the packages, and whether OpenCV loads."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", sys.version_info >= (3, 11), found, "Python 3.11 or newer is needed.")
    yield _installed("packages", _PACKAGES)
    try:
        import cv2
    except ImportError as error:
        yield Finding("opencv", False, str(error), "On Debian and Ubuntu: apt-get install libgl1 libglib2.0-0.")
    else:
        yield Finding("opencv", True, f"OpenCV {cv2.__version__} loads")


def _installed(name: str, packages: tuple[str, ...]) -> Finding:
    found, missing = [], []
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    detail = ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else "")
    return Finding(name, not missing, detail, "Run scripts/setup again.")


def decoders(_settings: Settings) -> Iterator[Finding]:
    """Whether every compressed transfer syntax can be read."""
    yield _installed("decoder packages", _DECODERS)
    from pydicom import uid
    from pydicom.pixels import get_decoder

    wanted = (
        uid.RLELossless,
        uid.JPEGBaseline8Bit,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEG2000Lossless,
        uid.JPEG2000,
    )
    lacking = [syntax.name for syntax in wanted if not get_decoder(syntax).is_available]
    detail = f"no decoder for {', '.join(lacking)}" if lacking else f"all {len(wanted)} compressed kinds can be read"
    yield Finding("transfer syntaxes", not lacking, detail, "Run scripts/setup again.")


def detector(settings: Settings) -> Iterator[Finding]:
    """Whether the detector's model is there, and is the one its manifest names."""
    from detector.errors import DetectorError
    from ledger.detection import NONE

    if settings.detector == NONE:
        yield Finding("detector", True, "turned off (MEDSEAL_DETECTOR is none): check 10 is skipped")
        return
    from detector.predict import Analyzer

    try:
        found = Analyzer(settings.detector)
        yield Finding("detector", True, f"{found.name} {found.version}: its model is there, with the right digests")
    except DetectorError as error:
        yield Finding("detector", False, f"{settings.detector}: {error} ({error.code})", error.advice)
