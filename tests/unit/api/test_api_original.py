"""The original to compare with, on its way from the typed client to the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.client import Client
from ledger.schemas import Verification

Bearer = Callable[..., dict[str, str]]
ANSWER = Verification.model_validate(
    {
        "verdict": "unregistered",
        "accepted": False,
        "policy": "clinical",
        "reason": "not registered",
        "checks": [],
        "checked_at": "2026-03-02T09:15:00Z",
    }
)


def test_the_client_sends_the_original_beside_the_image(url: str, scripted: Any) -> None:
    seen: list[tuple[bytes, Any]] = []

    def verify(data: bytes, **options: Any) -> Verification:
        seen.append((data, options["original"]))
        return ANSWER

    scripted.script["verify"] = verify
    with Client(url, "ms_verify") as client:
        assert client.verify(b"image") == ANSWER
        assert client.verify(b"image", original=b"as it was") == ANSWER
    assert seen == [(b"image", None), (b"image", b"as it was")]


def test_an_empty_original_is_refused(serve: Any, scripted: Any, bearer: Bearer) -> None:
    scripted.script["verify"] = ANSWER
    files = {"file": ("i", b"image"), "original": ("o", b"")}
    answer = serve().post("/v1/verifications", files=files, headers=bearer("verify"))
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")


def test_a_third_file_is_refused(serve: Any, scripted: Any, bearer: Bearer) -> None:
    scripted.script["verify"] = ANSWER
    files = {"file": ("i", b"image"), "original": ("o", b"as it was"), "mask": ("m", b"png")}
    assert serve().post("/v1/verifications", files=files, headers=bearer("verify")).status_code == 400
