"""MedSeal's default: the localizer and the search for copies, weighed by what the file tells of its save history.

Each part is a method of its own with its own figures; the fusion reads the regime from the file, weighs the two by
what they were worth there on held-out pictures (``detector.fusing``), and says in words what spoke for the score.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from detector.duplicates.siding import sided
from detector.errors import WeightsUnusable
from detector.fusing import FILE, INPUTS, Mixture, inputs
from detector.jpeg import regime
from detector.methods.localizer import Localizer
from detector.methods.sift_copymove import SiftCopyMove
from detector.pictures import usable
from detector.serving import check_manifest, model_digest, open_bytes
from detector.types import Applicability, Evidence, Finding, Regime
from detector.workers import one_thread

if TYPE_CHECKING:
    from detector.fusing import Floats
    from detector.types import HeatMap, Pixels

_WORDS = {
    Regime.JPEG_DOUBLE: "The file was saved as JPEG at least twice, so a part that missed the first save can stand out",
    Regime.JPEG: "One JPEG save is seen in the file; what an edit left in the noise below it is faint",
    Regime.LOSSLESS_JPEG_TRACE: "The file is lossless and was a JPEG before, so a part that was none can stand out",
    Regime.LOSSLESS: "The file is lossless and shows no JPEG save: only noise, detail and edges can speak",
    Regime.LOSSLESS_DEEP: "The file has more than 8 bits and shows no JPEG save: noise, detail and edges can speak",
    Regime.LOSSY: "The file was compressed in a way that nothing was measured on",
}
_SPEAKS = 0.5
"""Log odds from which a part is said to speak for a forgery."""


class Fusion:
    """Two methods and the weights that join them. Not to be shared between threads."""

    name = "fusion"

    def __init__(self, localizer: Localizer, copies: SiftCopyMove, mixture: Mixture, version: str) -> None:
        self._localizer, self._copies, self._mixture, self.version = localizer, copies, mixture, version

    @classmethod
    def load(cls, weights: Path) -> Self:
        """The fusion of the folder ``weights`` with its parts from the folders beside it, whose manifests it names.

        WeightsUnusable when a file is missing, or a part is another one than the fusion was fitted with.
        """
        manifest = check_manifest(weights)
        mixture = Mixture.read(json.loads(open_bytes(weights, FILE)))
        parts = {name: weights.parent / name for name in (Localizer.name, SiftCopyMove.name)}
        for name, folder in parts.items():
            wanted = manifest.get("training", {}).get("parts", {}).get(name)
            if model_digest(folder) != wanted:
                raise WeightsUnusable(f"expected {folder} as the fusion was fitted with it, found another model")
        localizer, copies = Localizer.load(parts[Localizer.name]), SiftCopyMove.load(parts[SiftCopyMove.name])
        return cls(localizer, copies, mixture, str(manifest["version"]))

    def applicable(self, pixels: Pixels, jpeg: bytes | None) -> Applicability:
        """Any picture of 64 to 8192 pixels a side that is not constant."""
        del jpeg
        return usable(pixels)

    def examine(self, pixels: Pixels, *, jpeg: bytes | None = None) -> Evidence:
        """``score``: log odds of *forged* at a prior of one half. ``heatmap``: the higher of the two parts' maps, where
        the localizer's map helps to tell the copy from the original.

        ``figures`` are those of the parts, with ``localizer_odds`` and ``copies_odds`` (their raw scores) and
        ``localizer_adds``, ``copies_adds`` and ``clear_copies_adds`` (what each input adds to the score).
        """
        matches, shape = self._copies.matches(pixels, jpeg=jpeg)  # while memory is freest: SIFT needs the most
        with one_thread():
            history = regime(pixels, jpeg)
            mapped = self._localizer.examine(pixels, jpeg=jpeg)
        copied = self._copies.evidence(sided(matches, shape, mapped.heatmap), shape, pixels.shape)
        found = inputs(mapped.score, copied.score)
        adds = self._mixture.parts(found, str(history))
        heat: HeatMap = np.maximum(mapped.heatmap, copied.heatmap)
        odds = {"localizer_odds": mapped.score, "copies_odds": copied.score}
        more = {f"{name}_adds": float(each) for name, each in zip(INPUTS, adds, strict=True)}
        findings = (_regime_finding(history, adds), *_spoken(adds, mapped, copied))
        return Evidence(
            self._mixture.score(found, str(history)),
            heat,
            findings,
            {**mapped.figures, **copied.figures, **odds, **more},
        )


def _spoken(adds: Floats, mapped: Evidence, copied: Evidence) -> tuple[Finding, ...]:
    """The findings of the parts that speak for a forgery, those of the one that says more of it first."""
    parts = sorted(((adds[0], mapped.findings), (adds[1] + adds[2], copied.findings)), key=lambda part: -part[0])
    return tuple(finding for says, findings in parts if says >= _SPEAKS for finding in findings)


def _regime_finding(history: Regime, adds: Floats) -> Finding:
    parts = {"the map of odd regions": adds[0], "copied content": adds[1] + adds[2]}
    spoken = [words for words, each in parts.items() if each >= _SPEAKS]
    found = " and ".join(spoken) if spoken else "nothing that was found"
    return Finding(
        "fusion-regime",
        f"{_WORDS[history]}. What speaks for a forgery: {found}.",
        "The save history decides which traces a forgery can have left, and so how far each part is believed.",
        "It is read from the file alone, and a history that left no sign is not seen. It speaks for neither answer.",
    )
