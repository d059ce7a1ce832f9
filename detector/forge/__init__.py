"""Forgeries with exact masks, made from pristine pictures: the material that detectors are trained and measured on.

The classes are those of the seed paper (copy-paste cloning, splicing with hidden seams, modification of existing
regions) and removal by inpainting. :func:`forge` makes one; the save history is none of its business.
"""

from __future__ import annotations

from detector.forge.making import LARGEST, SMALLEST, Forged, forge, forge_with

__all__ = ["LARGEST", "SMALLEST", "Forged", "forge", "forge_with"]
