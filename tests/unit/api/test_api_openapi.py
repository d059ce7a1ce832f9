"""The OpenAPI document is complete, true to the wire types, and readable offline."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from ledger.api.app import create_app
from ledger.core.entry import canonical
from ledger.core.receipt import parse
from ledger.core.trust import load_trust
from ledger.schemas import Problem
from ledger.settings import Settings

VERBS = {"get", "post", "put", "delete", "patch"}
OPEN = {"/health", "/ready"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(SimpleNamespace(keys=None), Settings()).openapi()  # type: ignore[arg-type]  # never asked


def test_the_document_is_served_as_it_is_made(serve, document) -> None:
    assert serve().get("/openapi.json").json() == json.loads(json.dumps(document))


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, verb, one) for path, verbs in document["paths"].items() for verb, one in verbs.items()]


def json_of(response: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = response["content"]["application/json"]
    return found


def test_every_route_says_what_it_does_and_under_which_subject(document) -> None:
    for path, verb, operation in operations(document):
        assert verb in VERBS
        assert operation["summary"], path
        assert len(operation["description"]) > 20, path
        assert len(operation["tags"]) == 1, path
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def test_every_route_but_health_asks_for_a_key(document) -> None:
    assert document["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"
    for path, _, operation in operations(document):
        assert ("security" not in operation) if path in OPEN else operation["security"] == [{"ApiKey": []}]
        assert path in OPEN or ("Needs a key" in operation["description"] and "401" in operation["responses"])


def test_every_error_is_documented_as_a_problem_with_an_example(document) -> None:
    for path, _, operation in operations(document):
        assert "500" in operation["responses"], path
        assert "HTTPValidationError" not in str(operation)
        for status, response in operation["responses"].items():
            if int(status) < 400 or (path, status) == ("/ready", "503"):
                continue
            if list(response["content"]) == ["application/dicom+json"]:
                continue  # DICOMweb's own answer: the instances that failed, with reasons
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert Problem.model_validate(content["example"]).status == int(status)


def test_a_route_with_input_documents_what_wrong_input_gives(document) -> None:
    for path, verb, operation in operations(document):
        if operation.get("parameters") or "requestBody" in operation:
            assert "422" in operation["responses"], (path, verb)
        if "requestBody" in operation:
            assert {"400", "413"} <= set(operation["responses"]), (path, verb)


def test_every_answer_and_every_request_has_an_example_that_fits_its_schema(document) -> None:
    for path, verb, operation in operations(document):
        done = [response for status, response in operation["responses"].items() if int(status) < 300]
        contents = [content for response in done for content in response.get("content", {}).values()]
        contents = [content for content in contents if content.get("schema", {}).get("format") != "binary"]
        assert contents or verb == "delete", path
        bodies = operation.get("requestBody", {}).get("content", {}).values()
        for content in [*contents, *bodies]:
            examples = [one["value"] for one in content.get("examples", {}).values()] or [content["example"]]
            for example in examples:
                check(document, content.get("schema", {}), example)


def test_the_examples_of_files_can_be_read(document) -> None:
    examples = {
        path: json_of(document["paths"][path]["get"]["responses"]["200"])["example"]
        for path in ("/v1/receipts/{registration_id}", "/v1/trust")
    }
    receipt, trust = (canonical(example) for example in examples.values())
    assert parse(receipt).entry["kind"] == "register"
    assert load_trust(trust).chain.chain_id == 31337


def check(document: dict[str, Any], schema: dict[str, Any], example: Any) -> None:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": document["components"]}
    jsonschema.Draft202012Validator(whole | schema).validate(example)


def test_the_document_is_structurally_sound(document) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert {"title", "version", "description"} <= set(document["info"])
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for path, verb, operation in operations(document):
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path)), (path, verb)
        assert all("description" in response for response in operation["responses"].values())
    for reference in re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(document)):
        assert reference in document["components"]["schemas"]


def test_the_docs_page_loads_nothing_from_elsewhere(serve) -> None:
    page = serve().get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "http:" not in page.text and "https:" not in page.text and 'src="//' not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("/redoc", "/docs/oauth2-redirect"):
        assert serve().get(path).status_code == 404
