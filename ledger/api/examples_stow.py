"""Examples of STOW-RS requests and answers in the OpenAPI document."""

from __future__ import annotations

from typing import Any

_CT = "1.2.840.10008.5.1.4.1.1.2"
_JSON = "application/dicom+json"


def _item(instance: str, reason: int | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "00081150": {"vr": "UI", "Value": [_CT]},
        "00081155": {"vr": "UI", "Value": [instance]},
    }
    return said | ({"00081190": {"vr": "UR"}} if reason is None else {"00081197": {"vr": "US", "Value": [reason]}})


def _answer(description: str, stored: list[Any], failed: list[Any]) -> dict[str, Any]:
    example: dict[str, Any] = {"00081190": {"vr": "UR"}}
    for tag, items in (("00081199", stored), ("00081198", failed)):
        if items:
            example[tag] = {"vr": "SQ", "Value": items}
    return {"description": description, "content": {_JSON: {"schema": {"type": "object"}, "example": example}}}


_STORED, _FAILED = _item("1.2.826.0.1.3680043.2.1"), _item("1.2.826.0.1.3680043.2.2", 0xC000)
STORED = _answer("All instances are registered (ReferencedSOPSequence)", [_STORED], [])
PARTLY = _answer("Some are; FailedSOPSequence names the others with a reason", [_STORED], [_FAILED])
NONE = _answer("None is registered", [], [_FAILED])
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": 'multipart/related; type="application/dicom", each part a DICOM file',
        "content": {
            'multipart/related; type="application/dicom"': {
                "schema": {"type": "string"},
                "example": "--boundary\r\nContent-Type: application/dicom\r\n\r\n<the file>\r\n--boundary--",
            }
        },
    }
}
