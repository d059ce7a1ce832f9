"""History as FHIR: what a server of R4 or R5 accepts, with no word about a patient."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.auditevent import AuditEvent as AuditEventR5
from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.provenance import Provenance as ProvenanceR5
from fhir.resources.R4B.auditevent import AuditEvent as AuditEventR4
from fhir.resources.R4B.bundle import Bundle as BundleR4
from fhir.resources.R4B.provenance import Provenance as ProvenanceR4

from ledger.export.fhir import Version, bundle
from ledger.schemas import HistoryEntry

Entry = Callable[..., HistoryEntry]
MODELS: dict[Version, dict[str, Any]] = {
    "R4": {"Bundle": BundleR4, "Provenance": ProvenanceR4, "AuditEvent": AuditEventR4},
    "R5": {"Bundle": BundleR5, "Provenance": ProvenanceR5, "AuditEvent": AuditEventR5},
}
VERSIONS: list[Version] = ["R4", "R5"]


@pytest.fixture
def entries(entry: Entry) -> list[HistoryEntry]:
    said = {"target": "1" * 32, "reason": "wrong patient", "author": "Radiology QA"}
    return [
        entry("genesis", id="0" * 32),
        entry(),
        entry("derive", id="4" * 32, operation="cropped", checked="proven", **said),
        entry("revoke", id="5" * 32, **said),
        entry("dispute", id="6" * 32, **said),
        entry("supersede", id="7" * 32, replacement="2" * 32, **said),
        entry(id="8" * 32, anchor=None, state="sequenced", on_chain_event=False),
    ]


def read(entries: list[HistoryEntry], version: Version) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"".join(bundle(entries, version)))
    return found


def resources(entries: list[HistoryEntry], version: Version, kind: str) -> list[dict[str, Any]]:
    found = [one["resource"] for one in read(entries, version)["entry"]]
    return [resource for resource in found if resource["resourceType"] == kind]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_bundle_and_all_its_resources_are_valid(entries: list[HistoryEntry], version: Version):
    found = read(entries, version)
    MODELS[version]["Bundle"].model_validate(found)
    for one in found["entry"]:
        resource = one["resource"]
        MODELS[version][resource["resourceType"]].model_validate(resource)
        assert one["fullUrl"] == f"urn:uuid:{resource['id']}"


@pytest.mark.parametrize("version", VERSIONS)
def test_no_entries_are_a_valid_bundle_without_any(version: Version):
    MODELS[version]["Bundle"].model_validate(read([], version))


def test_an_audit_event_of_one_version_is_none_of_the_other(entries: list[HistoryEntry]):
    (first, *_), (other, *_) = (resources(entries, version, "AuditEvent") for version in VERSIONS)
    with pytest.raises(ValueError, match="validation error"):
        AuditEventR5.model_validate(first)
    with pytest.raises(ValueError, match="validation error"):
        AuditEventR4.model_validate(other)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_entry_is_one_provenance_and_one_audit_event(entries: list[HistoryEntry], version: Version):
    for kind in ("Provenance", "AuditEvent"):
        assert len(resources(entries, version, kind)) == len(entries)


def test_ids_are_each_ones_own_and_the_same_in_every_export(entries: list[HistoryEntry]):
    ids = [one["resource"]["id"] for one in read(entries, "R4")["entry"]]
    assert len(set(ids)) == len(ids) == 2 * len(entries)
    assert ids == [one["resource"]["id"] for one in read(entries, "R5")["entry"]]


def test_a_statement_is_about_its_target_and_a_registration_about_itself(entries: list[HistoryEntry]):
    targets = [one["target"][0]["identifier"] for one in resources(entries, "R4", "Provenance")]
    assert [one["value"][0] for one in targets] == list("0141118")
    assert [one["system"].rpartition(":")[2] for one in targets] == ["entry"] + ["registration"] * 6


def test_a_derived_image_names_its_source_and_a_supersession_its_replacement(entries: list[HistoryEntry]):
    found = [one.get("entity") for one in resources(entries, "R4", "Provenance")]
    assert found[2][0]["role"] == "source"
    assert found[2][0]["what"]["identifier"]["value"] == "1" * 32
    assert found[5][0]["what"]["identifier"]["value"] == "2" * 32
    assert found[1] is None


def test_block_and_transaction_are_details_of_the_audit_event(entries: list[HistoryEntry]):
    details = resources(entries, "R4", "AuditEvent")[1]["entity"][0]["detail"]
    said = {one["type"]: one["valueString"] for one in details}
    assert said["block"] == "17"
    assert said["transaction"] == "0x" + "ab" * 32


DCM = "http://dicom.nema.org/resources/ontology/DCM"
OURS = "urn:medseal:audit-event"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_type_of_an_audit_event_is_a_code_that_exists(entries: list[HistoryEntry], version: Version):
    """DCM 110107 (PS3.16 CID 400) where an image is taken in; for what is said of one, a code of our own system."""
    events = resources(entries, version, "AuditEvent")
    types = [one["type"] if version == "R4" else one["category"][0]["coding"][0] for one in events]
    said = [(one["system"], one["code"], one["display"]) for one in types]
    taken_in, written = (DCM, "110107", "Import"), (OURS, "log-entry", "Entry of the provenance log")
    assert said == [written, taken_in, taken_in, written, written, written, taken_in]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_kind_of_an_entry_is_a_code_of_our_own_system(entries: list[HistoryEntry], version: Version):
    events = resources(entries, version, "AuditEvent")
    kinds = [one["subtype"][0] if version == "R4" else one["code"]["coding"][0] for one in events]
    assert [(one["system"], one["code"]) for one in kinds] == [("urn:medseal:kind", entry.kind) for entry in entries]
    assert "audit-event-type" not in json.dumps(events)


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_refers_to_a_patient(entries: list[HistoryEntry], version: Version):
    text = json.dumps(read(entries, version))
    for word in ("Patient/", '"patient"', '"subject"', "ImagingStudy"):
        assert word not in text
