"""Examples of asking a file by itself, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from ledger.api.examples import REGISTRATION

FILE: dict[str, Any] = {"file": "<the bytes of slice-17.dcm>"}
FORM: dict[str, Any] = {**FILE, "method": "keypoint_copymove"}
DIGESTS: dict[str, Any] = {"digests": REGISTRATION["digests"]}
METHODS: dict[str, Any] = {"names": ["fusion", "ela_cnn", "keypoint_copymove"], "default": "fusion", "seconds": 20.0}
DETECTION: dict[str, Any] = {
    "method": "keypoint_copymove",
    "version": "1",
    "applicable": True,
    "reason": "enough structure to find copies by",
    "regime": "lossless",
    "band": "inconclusive",
    "score": 3.0,
    "probability": 0.47,
    "likelihood_ratio": 0.887,
    "likelihood_bounds": [0.885, 10.0],
    "seconds": 0.61,
    "frame": 0,
    "frames": 1,
    "examined": 1,
    "width": 512,
    "height": 512,
    "modality": "CT",
    "by_modality": [
        {
            "modality": "CT",
            "codes": ["CT"],
            "pristine": 20,
            "false_alarms": 0,
            "false_alarm_interval": [0.0, 0.1684],
            "forged": 20,
            "caught": 0,
            "caught_interval": [0.0, 0.1684],
            "auc": [0.57, 0.46, 0.67],
        }
    ],
}
