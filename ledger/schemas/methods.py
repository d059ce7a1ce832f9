"""What each method of the detector is, in a line, the same wherever methods are listed."""

from __future__ import annotations

from collections.abc import Mapping

METHODS: Mapping[str, str] = {
    "fusion": "the localizer and the search for copies, weighed by the file's save history",
    "localizer": "network that maps regions unlike the rest of the picture, at native resolution",
    "sift_copymove": "regions of the picture that are the same down to their grain",
    "ela_cnn": "network on error levels, the seed paper's own",
    "srm_cnn_svm": "network on patches of noise, and a support vector machine",
    "lbp_source_copy": "which of two like regions is the copy, by the texture of their borders",
    "keypoint_copymove": "regions of the picture that are the same down to their noise",
    "recompression_cnn": "network on what saving once more changes",
    "vgg": "network on the picture itself, the seed paper's baseline",
    "random_forest": "300 trees on classic figures of the picture, the seed paper's baseline",
}
