"""Registering derived images over the API, by hand and with the typed client."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ledger.client import Client
from ledger.errors import DerivationContradicted
from ledger.schemas import Derivation, DerivationRequest, Problem

SAID = {"operation": "recompressed", "reason": "teaching file", "author": "Radiology QA"}


def samples_of(image: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(image)))


def saved(samples: np.ndarray[Any, Any]) -> bytes:
    """The samples in another file than the original's."""
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG", compress_level=1)
    return file.getvalue()


@dataclass
class Original:
    image: bytes
    id: str


@pytest.fixture
def original(api, bearer, images) -> Original:
    image = images.png()
    answer = api.post("/v1/registrations", files={"file": ("image", image)}, headers=bearer("register"))
    return Original(image, answer.json()["registration_id"])


@pytest.fixture
def derive(api, bearer, original):
    def send(image: bytes, scope: str = "register", whole: bytes | None = None, **form: Any) -> Any:
        files = {"file": ("image", image)} | ({"original": ("image", whole)} if whole is not None else {})
        path = f"/v1/registrations/{original.id}/derivations"
        return api.post(path, files=files, data=SAID | form, headers=bearer(scope))

    return send


def test_a_derived_image_is_registered_and_found_at_its_location(derive, original, api, bearer) -> None:
    image = saved(samples_of(original.image))
    first, again = derive(image), derive(image)
    assert (first.status_code, again.status_code) == (201, 200)
    made = Derivation.model_validate(first.json())
    assert (made.checked, made.registration.created) == ("proven", True)
    assert made.registration.derived is not None
    assert made.registration.derived.original == original.id
    found = api.get(first.headers["location"], headers=bearer("history")).json()
    assert found["derived"]["operation"] == "recompressed"
    assert found["registration_id"] == again.json()["registration"]["registration_id"]


def test_a_contradiction_is_a_conflict_with_its_own_code(derive, original) -> None:
    changed = samples_of(original.image).copy()
    changed[0, 0] ^= 1
    answer = derive(saved(changed), operation="de-identified")
    assert answer.status_code == 409
    assert Problem.model_validate(answer.json()).code == "derivation_contradicted"


def test_boxes_and_the_original_are_sent_along(derive, original) -> None:
    changed = samples_of(original.image).copy()
    changed[2:4, 5:9] = 0
    image = saved(changed)
    outside = derive(image, operation="de-identified", hide=["5,2,3,2"], whole=original.image)
    assert outside.status_code == 409
    made = derive(image, operation="de-identified", hide=["5,2,3,2", "8,2,1,2"], whole=original.image)
    assert (made.status_code, made.json()["checked"]) == (201, "consistent")


@pytest.mark.parametrize(
    ("form", "status"),
    [({"operation": "retouched"}, 422), ({"author": " "}, 422), ({"hide": "1,2,3"}, 422), ({"hide": "a,b,c,d"}, 422)],
)
def test_a_malformed_declaration_is_refused(derive, original, form: dict[str, str], status: int) -> None:
    answer = derive(saved(samples_of(original.image)), **form)
    assert answer.status_code == status
    Problem.model_validate(answer.json())


@pytest.mark.parametrize("scope", ["verify", "history", "audit"])
def test_only_who_may_register_may_derive(derive, original, scope: str) -> None:
    assert derive(saved(samples_of(original.image)), scope).status_code == 403


def test_an_empty_file_is_named_as_one(derive) -> None:
    assert derive(b"").json()["code"] == "empty_file"


def test_the_typed_client_sends_all_of_it(url, secrets, original) -> None:
    changed = samples_of(original.image).copy()
    changed[0:8, 0:8] = 7
    said = {**SAID, "operation": "de-identified"}
    with Client(url, secrets["register"]) as client:
        with pytest.raises(DerivationContradicted, match="1 tile differs"):
            client.derive(original.id, saved(changed), DerivationRequest.model_validate(said))
        request = DerivationRequest.model_validate(said | {"hide": [(0, 0, 8, 4), (0, 4, 8, 4)]})
        made = client.derive(original.id, saved(changed), request, original=original.image)
    assert (made.checked, made.registration.created) == ("consistent", True)
