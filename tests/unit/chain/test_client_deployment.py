"""The deployment record as a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ledger.chain.deploy import Deployment
from ledger.errors import SettingsError

RECORD = Deployment(
    chain_id=1337,
    contract="0x" + "12" * 20,
    genesis_hash="0x" + "ab" * 32,
    deployer="0x" + "34" * 20,
    transaction="0x" + "cd" * 32,
    block_number=1,
    artifact_digest="sha256:" + "ef" * 32,
    deployed_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
)


def test_a_record_comes_back_as_it_was_written() -> None:
    assert Deployment.from_json(RECORD.to_json()) == RECORD


@pytest.mark.parametrize("field", list(json.loads(RECORD.to_json())))
def test_a_record_without_one_of_its_fields_is_refused(field: str) -> None:
    value = json.loads(RECORD.to_json())
    del value[field]
    with pytest.raises(SettingsError, match="deployment record"):
        Deployment.from_json(json.dumps(value))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"type": "medseal/deployment/2"}'])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="deployment record"):
        Deployment.from_json(text)


@pytest.mark.parametrize(("field", "value"), [("chain_id", "1"), ("block_number", True), ("contract", 5), ("more", 1)])
def test_a_field_of_the_wrong_kind_is_refused(field: str, value: object) -> None:
    with pytest.raises(SettingsError, match="deployment record"):
        Deployment.from_json(json.dumps({**json.loads(RECORD.to_json()), field: value}))
