"""What the committed digests of an image say about it, so that stored facts can be held against them.

A registration's facts are not in its entry. Its details are bound by ``dataset/1`` and ``tile/1``, though: from them
follow the shape of the samples and the kind of file. ``codestream/1`` exists for lossy data and for no other.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.core.digests import DigestSet
from ledger.core.digests.model import Fact

_DICOM, _PNG, _JPEG, _TIFF = "application/dicom", "image/png", "image/jpeg", "image/tiff"


def facts_committed(details: bytes, digests: Mapping[str, str]) -> dict[str, tuple[Fact, ...]]:
    """What each fact may be that ``details``, which must lead to ``digests``, speak of, by the fact's name."""
    attributes, tiles = DigestSet.from_blob(details)
    kind, samples, _width = tiles.kind.rsplit("/", 2)
    lossy = "codestream/1" in digests
    return {
        "rows": (tiles.rows,),
        "columns": (tiles.columns,),
        "frames": (tiles.frames,),
        "samples": (int(samples),),
        "photometric": (kind,),
        "lossy": (lossy,),
        "media_type": _media_types({attribute.path for attribute in attributes}, lossy=lossy),
    }


def has_instance(details: bytes) -> bool:
    """Whether the image had a SOP Instance UID."""
    return any(attribute.path == "(0008,0018)" for attribute in DigestSet.from_blob(details)[0])


def _media_types(paths: set[str], *, lossy: bool) -> tuple[Fact, ...]:
    if "(7FE0,0010)" in paths:
        return (_DICOM,)
    if "png:IHDR" in paths:
        return (_PNG,)
    return (_JPEG, _TIFF) if lossy else (_TIFF,)
