"""Rules on the file's structure: from the worker to check 10 and the wire, without a say in the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structured import dicom, png, put, scene

from ledger import schemas
from ledger.core.detection import Detection, Structure, detection_check
from ledger.core.images import Limits
from ledger.detection import examining
from ledger.detection.answers import detection, message, plain, received
from ledger.detection.examining import Examiner
from ledger.errors import DetectorUnavailable


@pytest.fixture(scope="module")
def found() -> Detection:
    """What the shipped detector says of a picture whose header names an editor."""
    answer = Examiner("keypoint_copymove", Limits())(dicom(put(SoftwareVersions="GIMP 2.10")))
    assert answer is not None
    return answer


def structure_of(found: Detection) -> Structure:
    assert found.structure is not None
    return found.structure


def test_what_the_rules_found_comes_with_the_answer(found: Detection) -> None:
    seen = structure_of(found)
    assert (seen.kind, [one.code for one in seen.findings]) == ("dicom", ["dicom-editor"])
    assert {rule.state for rule in seen.rules} <= {"found", "passed", "not-applicable"}


def test_it_crosses_the_worker_as_it_was(found: Detection) -> None:
    assert detection(received(message(plain(found)))) == found


@pytest.mark.parametrize(("part", "field"), [("findings", "strength"), ("rules", "state")])
def test_a_word_of_another_kind_does_not_cross(found: Detection, part: str, field: str) -> None:
    seen = structure_of(found)
    wrong = tuple(replace(one, **{field: "certain"}) for one in getattr(seen, part))
    with pytest.raises(DetectorUnavailable):
        detection(received(message(plain(replace(found, structure=replace(seen, **{part: wrong}))))))


def test_check_10_names_the_codes_and_keeps_its_status_and_words(found: Detection) -> None:
    with_rules, without = detection_check(found), detection_check(replace(found, structure=None))
    assert with_rules.figures["structure"] == ["dicom-editor"]
    assert (with_rules.status, with_rules.detail) == (without.status, without.detail)


def test_information_is_no_figure_of_check_10() -> None:
    answer = Examiner("keypoint_copymove", Limits())(png(scene()))
    assert answer is not None
    assert "structure" not in detection_check(answer).figures


def test_the_wire_has_every_finding_and_every_rule(found: Detection) -> None:
    sent = schemas.Structure.model_validate(found.structure)
    assert schemas.Structure.model_validate_json(sent.model_dump_json()) == sent
    assert [one.innocent for one in sent.findings] == [one.innocent for one in structure_of(found).findings]
    assert len(sent.rules) == len(structure_of(found).rules)


def test_rules_that_break_leave_the_answer_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(file: object) -> str:
        raise RuntimeError("a rule stumbles")

    from detector.structure import inspecting

    rules = tuple(replace(rule, ask=broken) for rule in inspecting._BOOKS["png"])
    monkeypatch.setitem(inspecting._BOOKS, "png", rules)  # type: ignore[arg-type]
    answer = examining.Examiner("keypoint_copymove", Limits())(png(scene()))
    assert answer is not None
    assert {rule.state for rule in structure_of(answer).rules if rule.code.startswith("png-")} == {"failed"}
