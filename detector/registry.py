"""The list of methods. Naming one imports it; nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from detector.errors import UnknownMethod
from detector.types import Method

SHIPPED = Path(__file__).parent / "weights"
DEFAULT = "fusion"
METHODS: Mapping[str, str] = {
    "fusion": "detector.methods.fusion:Fusion",
    "ela_cnn": "detector.methods.ela_cnn:ElaCnn",
    "srm_cnn_svm": "detector.methods.srm_cnn_svm:SrmCnnSvm",
    "lbp_source_copy": "detector.methods.lbp_source_copy:LbpSourceCopy",
    "keypoint_copymove": "detector.methods.keypoint_copymove:KeypointCopyMove",
    "sift_copymove": "detector.methods.sift_copymove:SiftCopyMove",
    "recompression_cnn": "detector.methods.recompression_cnn:RecompressionCnn",
    "vgg": "detector.methods.vgg:Vgg",
    "localizer": "detector.methods.localizer:Localizer",
    "random_forest": "detector.methods.random_forest:RandomForest",
}

PARTS: Mapping[str, tuple[str, ...]] = {"fusion": ("localizer", "sift_copymove")}
"""The methods that a method is made of: they are trained before it, into the same folder."""


def load(name: str, weights: Path = SHIPPED) -> Method:
    """The method of that name with its model from ``weights/NAME``.

    UnknownMethod lists the names there are; WeightsUnusable when a model file is missing or is another one.
    """
    if name not in METHODS:
        raise UnknownMethod(f"expected a method of {', '.join(METHODS)}, found {name[:40]!r}")
    module, _, attribute = METHODS[name].partition(":")
    made: Method = getattr(import_module(module), attribute).load(weights / name)
    return made
