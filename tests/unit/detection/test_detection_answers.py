"""What crosses from the worker's process: data that is checked, never objects."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest

from ledger.core.detection import Detection, TraceFinding, TracePictures
from ledger.detection.answers import detection, message, plain, received
from ledger.errors import DetectorUnavailable, LimitExceeded

PNG = b"\x89PNG\r\n\x1a\n"
FOUND = Detection(
    method="ela_cnn",
    version="1",
    applicable=True,
    reason="large enough",
    regime="jpeg",
    band="altered",
    seconds=0.1,
    frame=2,
    frames=40,
    examined=8,
    width=96,
    height=64,
    score=-3.5,
    probability=0.9,
    likelihood_ratio=6.0,
    likelihood_bounds=(0.25, 6.0),
    area_percent=3.0,
    area_interval=(1.0, 6.0),
    ela_mean_percent=0.1,
    findings=(TraceFinding("a", "b", "c", "d", (1, 2, 3, 4)), TraceFinding("e", "f", "g", "h")),
    figures={"half": 0.5},
    rates={"false_alarm": 0.05, "n_pristine": 40, "regime": "jpeg"},
    pictures=TracePictures(PNG + b"heat", PNG + b"mask", PNG + b"ela"),
)


@pytest.mark.parametrize(
    "found", [FOUND, replace(FOUND, pictures=None, area_interval=None, likelihood_ratio=None, likelihood_bounds=None)]
)
def test_an_answer_arrives_as_it_was(found: Detection) -> None:
    assert detection(received(message(plain(found)))) == found


def test_an_error_arrives_with_its_kind_code_and_advice() -> None:
    with pytest.raises(LimitExceeded, match="too large") as caught:
        received(message(LimitExceeded("too large", advice="Cut it.", code="own_code")))
    assert (caught.value.advice, caught.value.code) == ("Cut it.", "own_code")


@pytest.mark.parametrize(
    "sent",
    [
        pickle.dumps({"answer": 1}),
        b"",
        b"7",
        b"[]",
        b"{}",
        b"\xff",
        b'{"answer": NaN}',
        b'{"answer": 1e999}',
        b'{"answer": ' + b"9" * 40 + b"}",
        b"[" * 100_000,
        b'{"error": {}}',
        b'{"error": "text"}',
        json.dumps({"error": {"type": "annotations", "said": "", "advice": "", "code": ""}}).encode(),
        json.dumps({"error": {"type": "LedgerError", "said": 1, "advice": "", "code": ""}}).encode(),
    ],
)
def test_what_is_no_answer_is_an_outage(sent: bytes) -> None:
    with pytest.raises(DetectorUnavailable) as caught:
        received(sent)
    assert caught.value.code == "detector_answer"


@pytest.mark.parametrize(
    "wrong",
    [
        {"band": "authentic"},
        {"method": 7},
        {"frame": 40},
        {"examined": 41},
        {"width": 0},
        {"probability": 1.5},
        {"area_percent": -1.0},
        {"area_interval": [0.0, 1.0, 2.0]},
        {"likelihood_ratio": 7.0},
        {"likelihood_ratio": None},
        {"likelihood_bounds": None},
        {"likelihood_bounds": [0.0, 6.0]},
        {"likelihood_bounds": [2.0, 8.0]},
        {"findings": [{"code": "a"}]},
        {"rates": {"a": []}},
        {"pictures": {"heatmap": "no base64!", "mask": "", "ela": ""}},
        {"pictures": {"heatmap": "aGVhdA==", "mask": "aGVhdA==", "ela": "aGVhdA=="}},
        {"pictures": []},
    ],
)
def test_a_field_that_is_not_what_it_has_to_be_is_an_outage(wrong: dict[str, Any]) -> None:
    with pytest.raises(DetectorUnavailable) as caught:
        detection((plain(FOUND) or {}) | wrong)
    assert caught.value.code == "detector_answer"


@pytest.mark.parametrize("value", [None, "text", [], {}, {"pictures": None}])
def test_what_is_no_detection_is_an_outage(value: Any) -> None:
    with pytest.raises(DetectorUnavailable):
        detection(value)
