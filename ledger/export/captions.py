"""Names of a dossier's pictures, and what stands below them. Imports nothing: a ledger opens without OpenCV."""

from __future__ import annotations

from collections.abc import Mapping

ITEM, CHANGED, MASK = "picture.png", "changed.png", "changed-mask.png"
HEAT, HEATMAP, HEATMASK, ELA = "traces.png", "traces-heatmap.png", "traces-mask.png", "traces-ela.png"
CAPTIONS: Mapping[str, str] = {
    ITEM: "The item as it was given, in 8 bits.",
    CHANGED: "Tinted and outlined in red: differs from the registered original (examination 9).",
    HEAT: "Heat map of the forgery detector, yellow to red as suspicion rises; outlined: the marked area.",
    ELA: "Error levels, stretched: what each place loses when saved as a JPEG once more. Edges shine in any picture.",
}
"""Those that the PDF shows, in its order; the others are data."""
UNDECIDED = (
    "The forgery detector cannot tell. Its heat map shows where it looked, which is no finding, so it is not printed; a"
    f" dossier encloses it as {HEATMAP}."
)
"""In the place of the heat map of an inconclusive answer."""
