"""The detector in verification: what it adds, and what it cannot touch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from detector.registry import DEFAULT, SHIPPED
from ledger.bootstrap import prepare
from ledger.core.detection import Detection, TraceFinding, TracePictures
from ledger.errors import DetectorUnavailable, LedgerError
from ledger.schemas import CheckResult, Verification
from ledger.service import Service
from ledger.settings import Settings

WEIGHTS = SHIPPED / DEFAULT / "calibration.json"
ALTERED = Detection(
    method="ela_cnn",
    version="1",
    applicable=True,
    reason="large enough",
    regime="lossless",
    band="altered",
    seconds=0.05,
    frame=0,
    frames=1,
    examined=1,
    width=96,
    height=64,
    score=2.0,
    probability=0.9,
    area_percent=3.0,
    area_interval=(1.0, 6.0),
    ela_mean_percent=0.143,
    findings=(TraceFinding("ela", "loss differs", "edited", "texture too", (1, 2, 3, 4)),),
    rates={"false_alarms": 0.08},
)
PICTURES = TracePictures(b"heat", b"mask", b"ela")


@dataclass
class ScriptedDetector:
    """Answers what it is told to, and counts how often it is asked."""

    answer: Detection | LedgerError = ALTERED
    asked: list[bool] = field(default_factory=list)

    def examine(self, image: bytes, *, pictures: bool = False) -> Detection:
        self.asked.append(pictures)
        if isinstance(self.answer, LedgerError):
            raise self.answer
        return replace(self.answer, pictures=PICTURES if pictures else None)

    def warm(self) -> None:
        """Nothing to load."""


@pytest.fixture
def detector() -> ScriptedDetector:
    return ScriptedDetector()


@pytest.fixture
def watched(hospital: Any, detector: ScriptedDetector) -> Any:
    """A hospital with this detector in the real one's place."""
    hospital.service.close()
    hospital.service = Service(prepare(hospital.settings), detector)
    return hospital


def check(result: Verification) -> CheckResult:
    return result.checks[10]


def test_an_unregistered_image_with_traces_is_suspect_and_shows_what_was_found(watched: Any) -> None:
    result = watched.verify(watched.picture(1))
    assert (result.verdict, result.accepted, check(result).status) == ("suspect", False, "failed")
    found = result.detection
    assert (found.probability, found.area_percent, found.area_interval) == (0.9, 3.0, (1.0, 6.0))
    assert found.ela_mean_percent == 0.143
    assert (found.findings[0].meaning, found.findings[0].region) == ("edited", (1, 2, 3, 4))
    assert found.rates == {"false_alarms": 0.08}


def test_pictures_come_when_they_are_asked_for(watched: Any, detector: ScriptedDetector) -> None:
    assert watched.verify(watched.picture(1)).detection.pictures is None
    assert watched.verify(watched.picture(1), pictures=True).detection.pictures.heatmap_png == "aGVhdA=="
    assert detector.asked == [False, True]


def test_a_registered_image_is_not_examined(watched: Any, detector: ScriptedDetector) -> None:
    watched.anchored(watched.capture())
    for image in (watched.capture(), watched.resend_as_rle(watched.capture())):
        result = watched.verify(image)
        assert (result.accepted, result.detection, check(result).status) == (True, None, "skipped")
        assert check(result).figures["code"] == "not_needed"
    assert detector.asked == []


def test_a_registered_image_stays_authentic_whatever_the_detector_says_when_asked(watched: Any) -> None:
    watched.anchored(watched.capture())
    for image, verdict in (
        (watched.capture(), "authentic"),
        (watched.resend_as_rle(watched.capture()), "authentic-reencoded"),
    ):
        result = watched.verify(image, examine=True)
        assert (result.verdict, result.accepted, check(result).status) == (verdict, True, "failed")
        assert result.detection is not None


def test_an_altered_image_is_altered_by_its_tiles_and_examined_as_well(watched: Any) -> None:
    watched.anchored(watched.capture())
    result = watched.verify(watched.tamper_region(watched.capture()))
    assert (result.verdict, result.detection.band) == ("altered", "altered")


def test_an_inconclusive_answer_is_undetermined(watched: Any, detector: ScriptedDetector) -> None:
    detector.answer = replace(ALTERED, band="inconclusive", probability=0.4)
    result = watched.verify(watched.picture(1))
    assert (result.verdict, check(result).status) == ("undetermined", "undetermined")
    assert "cannot tell" in result.reason


def test_no_trace_is_unregistered_and_no_proof(watched: Any, detector: ScriptedDetector) -> None:
    detector.answer = replace(ALTERED, band="no-trace", probability=0.05)
    result = watched.verify(watched.picture(1))
    assert (result.verdict, check(result).status) == ("unregistered", "passed")
    assert "neither forgery nor authenticity" in result.reason


def test_an_outage_of_the_detector_is_no_finding_and_the_rest_works(watched: Any, detector: ScriptedDetector) -> None:
    detector.answer = DetectorUnavailable("the forgery detector is busy: its queue is full", code="detector_busy")
    result = watched.verify(watched.picture(1))
    assert (result.verdict, result.detection, check(result).status) == ("unregistered", None, "undetermined")
    assert check(result).figures["code"] == "detector_busy"
    assert "busy" in result.reason
    watched.anchored(watched.picture(1))
    assert watched.verify(watched.picture(1), examine=True).verdict == "authentic"


def test_digests_alone_and_unreadable_files_are_not_examined(watched: Any, detector: ScriptedDetector) -> None:
    digests = {"file/1": "sha256:" + "ab" * 32}
    assert check(watched.service.verify_digests(digests)).figures["code"] == "no_image"
    assert check(watched.verify(watched.capture()[:3000])).figures["code"] == "unreadable"
    assert detector.asked == []


def test_a_detector_that_is_turned_off_is_named_as_the_reason(hospital: Any) -> None:
    result = hospital.verify(hospital.picture(1), examine=True)
    assert (result.verdict, check(result).figures["code"]) == ("unregistered", "detector_off")
    assert "MEDSEAL_DETECTOR" in check(result).detail


def test_a_method_that_is_not_there_is_an_outage_that_names_those_there_are(open_hospital: Any) -> None:
    hospital = open_hospital(detector="crystal_ball")
    result = hospital.verify(hospital.picture(1))
    assert (result.verdict, check(result).status) == ("unregistered", "undetermined")
    assert check(result).figures["code"] == "detector_unknown"
    assert DEFAULT in check(result).detail


def test_neither_opening_a_ledger_nor_verifying_by_hash_imports_the_detector(tmp_path: Path, founded: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from ledger.api import app\n"
        "from ledger.service import Service; from ledger.settings import Settings\n"
        "with Service.open(Settings(data=Path(sys.argv[1]))) as service:\n"
        "    assert service.verify_digests({'file/1': 'sha256:' + 'ab' * 32}).verdict == 'unregistered'\n"
        "print([n for n in sys.modules if n.split('.')[0] in ('detector', 'tensorflow', 'ai_edge_litert', 'cv2')])\n"
    )
    data = shutil.copytree(founded, tmp_path / "data")
    ran = subprocess.run([sys.executable, "-c", program, str(data)], capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == "[]", ran.stderr


@pytest.fixture
def detecting(tmp_path: Path, founded: Path) -> Iterator[Service]:
    """A ledger with the detector as it is shipped."""
    if not WEIGHTS.is_file():
        pytest.skip(f"the shipped model is missing ({WEIGHTS.parent.relative_to(SHIPPED.parent.parent)})")
    with Service.open(Settings(data=Path(shutil.copytree(founded, tmp_path / "detecting")))) as service:
        service.warm()
        yield service


def test_the_shipped_detector_answers_in_full(detecting: Service, hospital: Any) -> None:
    result = detecting.verify(hospital.picture(5), pictures=True)
    found = result.detection
    assert found is not None
    assert (found.method, found.applicable, found.width, found.height) == (DEFAULT, True, 96, 64)
    assert found.pictures is not None
    assert found.rates
    expected = {"altered": "suspect", "inconclusive": "undetermined", "no-trace": "unregistered"}
    assert result.verdict == expected[found.band]
