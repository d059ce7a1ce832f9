"""What a verification asks of the detector through the API, and that nobody else waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ledger.api.backend import DETECTOR_THREADS
from ledger.client import Client
from ledger.detection.adapter import WAITING
from ledger.schemas import Detection, DetectionPictures, Registration, Verification

Bearer = Callable[[str], dict[str, str]]
ANSWER = Verification.model_validate(
    {
        "verdict": "suspect",
        "accepted": False,
        "policy": "clinical",
        "reason": "not registered",
        "checks": [],
        "detection": Detection(
            method="ela_cnn",
            version="1",
            applicable=True,
            reason="large enough",
            regime="jpeg",
            band="altered",
            probability=0.9,
            area_interval=(1.0, 6.0),
            seconds=0.1,
            frame=0,
            frames=1,
            examined=1,
            width=96,
            height=64,
            pictures=DetectionPictures(heatmap_png="aGVhdA==", mask_png="bQ==", ela_png="ZQ=="),
        ).model_dump(),
        "checked_at": "2026-03-02T09:15:00Z",
    }
)


@pytest.mark.parametrize("asked", [{}, {"examine": True}, {"pictures": True}, {"examine": True, "pictures": True}])
def test_the_client_asks_for_an_examination_and_for_pictures(url: str, scripted: Any, asked: dict[str, bool]) -> None:
    seen: list[dict[str, Any]] = []

    def verify(_data: bytes, **options: Any) -> Verification:
        seen.append(options)
        return ANSWER

    scripted.script["verify"] = verify
    with Client(url, "ms_verify") as client:
        assert client.verify(b"image", against="0d" * 16, **asked) == ANSWER
    rest = {"original": None, "examine": False, "pictures": False}
    assert seen == [{"policy": "clinical", "against": "0d" * 16} | rest | asked]


def test_an_examination_is_asked_for_by_yes_or_no(serve: Any, bearer: Bearer) -> None:
    files, data = {"file": ("i", b"image")}, {"examine": "perhaps"}
    answer = serve().post("/v1/verifications", files=files, data=data, headers=bearer("verify"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "body.examine" in answer.json()["detail"]


def test_registering_and_reading_go_on_while_every_verification_waits_for_the_detector(
    url: str, scripted: Any, bearer: Bearer, a_registration: Registration
) -> None:
    freed, waiting = threading.Event(), threading.Semaphore(0)

    def verify(_data: bytes, **_options: Any) -> Verification:
        waiting.release()
        freed.wait(20)
        return ANSWER

    scripted.script |= {"verify": verify, "register": a_registration, "registration": a_registration}
    verdicts: list[str] = []

    def ask() -> None:
        with Client(url, "ms_verify") as client:
            verdicts.append(client.verify(b"image").verdict)

    threads = [threading.Thread(target=ask) for _ in range(DETECTOR_THREADS)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=10)
    began = time.monotonic()
    with httpx.Client(base_url=url, timeout=5) as http:
        assert http.get("/health").status_code == 200
        made = http.post("/v1/registrations", files={"file": ("i", b"image")}, headers=bearer("register"))
        assert made.status_code == 201
    assert time.monotonic() - began < 5
    freed.set()
    for thread in threads:
        thread.join(10)
    assert verdicts == ["suspect"] * DETECTOR_THREADS


def test_a_full_queue_of_the_detector_leaves_threads_for_other_verifications() -> None:
    assert DETECTOR_THREADS >= WAITING + 1
