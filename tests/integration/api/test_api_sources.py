"""Sources and metrics over HTTP, against a real ledger."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.client import Client
from ledger.errors import InputError, NotAllowed, NotFound
from ledger.schemas.sources import SourceCount
from ledger.service import Service


@pytest.fixture
def sender(url: str, secrets: dict[str, str]) -> Any:
    with Client(url, secrets["register"]) as client:
        yield client


@pytest.fixture
def auditor(url: str, secrets: dict[str, str]) -> Any:
    with Client(url, secrets["audit"]) as client:
        yield client


def test_what_a_sender_tells_an_auditor_reads(sender: Client, auditor: Client, ledger: Service) -> None:
    sender.sources.add(
        [
            SourceCount(source="MR 1", outcome="received", number=5),
            SourceCount(source="MR 1", outcome="registered", number=3),
            SourceCount(source="MR 1", outcome="failed", reason="unreadable_image"),
            SourceCount(source="MR 1", outcome="waiting", number=1, exact=True),
        ]
    )
    (there,) = (one for one in auditor.sources.all() if one.name == "MR 1")
    assert (there.received, there.registered, there.failed, there.waiting) == (5, 3, 1, 1)
    assert there.reason == "unreadable_image" and there.quiet is None
    (here,) = (one for one in ledger.sources.all() if one.name == "MR 1")
    assert here.model_dump(exclude={"waiting_seconds"}) == there.model_dump(exclude={"waiting_seconds"})
    assert "MR 1" in [one.name for one in auditor.operations.status().sources]
    sender.sources.add([SourceCount(source="MR 1", outcome="waiting", number=0, exact=True)])
    (there,) = (one for one in auditor.sources.all() if one.name == "MR 1")
    assert (there.waiting, there.waiting_since) == (0, None)


def test_a_source_with_any_printable_name_can_be_forgotten_by_an_admin(
    sender: Client, auditor: Client, url: str, secrets: dict[str, str]
) -> None:
    name = "Raum 2/3 & Ä?#"
    sender.sources.add([SourceCount(source=name, outcome="received")])
    with pytest.raises(NotAllowed):
        sender.sources.forget(name)
    with Client(url, secrets["admin"]) as admin:
        admin.sources.forget(name)
        with pytest.raises(NotFound):
            admin.sources.forget(name)
    assert name not in [one.name for one in auditor.sources.all()]


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "", "outcome": "received"},
        {"source": "CT", "outcome": "lost"},
        {"source": "CT", "outcome": "failed", "reason": "Mustermann^Max is no image"},
        {"source": "CT", "outcome": "received", "exact": True},
        {"source": "CT", "outcome": "received", "number": -1},
        {"source": "CT", "outcome": "received", "entries": ["0d" * 16]},
        {"source": "CT", "outcome": "registered", "entries": ["Mustermann"]},
    ],
)
def test_a_count_that_is_none_is_refused_without_repeating_it(api: TestClient, bearer: Any, wrong: Any) -> None:
    answer = api.post("/v1/sources/counts", json={"counts": [wrong]}, headers=bearer("register"))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "Mustermann" not in answer.text


def test_a_name_with_control_characters_is_refused(sender: Client) -> None:
    with pytest.raises(InputError) as caught:
        sender.sources.add([SourceCount(source="a\x1bb", outcome="received")])
    assert caught.value.code == "invalid_source"


def test_metrics_are_for_keys_that_may_watch(api: TestClient, bearer: Any) -> None:
    assert api.get("/metrics").status_code == 401
    assert api.get("/metrics", headers=bearer("register")).status_code == 403
    answer = api.get("/metrics", headers=bearer("history"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_metrics_count_verifications_and_say_nothing_about_images(
    api: TestClient, sender: Client, images: Any, bearer: Any
) -> None:
    image = images.png()
    made = sender.register(image)
    sender.sources.add([SourceCount(source="metered", outcome="received", number=7)])
    api.post("/v1/verifications", files={"file": ("Mustermann^Max.png", image)}, headers=bearer("verify"))
    text = api.get("/metrics", headers=bearer("audit")).text
    assert 'medseal_source_received_total{source="metered"} 7' in text.splitlines()
    assert 'medseal_verifications_total{verdict="authentic"}' in text
    assert "Mustermann" not in text and made.registration_id not in text
    assert made.digests["file/1"].removeprefix("sha256:") not in text
