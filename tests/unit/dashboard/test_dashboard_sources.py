"""The card of the sources: figures, alarm words, and nothing that is read as markup."""

from __future__ import annotations

from typing import Any

from dashboard.components.sources import alarms_markup, sources_markup
from ledger.api.examples_operations import STATUS
from ledger.api.examples_sources import QUIET, SOURCE
from ledger.schemas.operations import OperationsStatus


def status(*sources: dict[str, Any]) -> OperationsStatus:
    return OperationsStatus.model_validate({**STATUS, "sources": list(sources)})


def test_each_source_has_its_row_of_figures() -> None:
    said = sources_markup(status(SOURCE, QUIET))
    for figure in ("CT-ROOM-2", "412", "409", "203", "for 4 seconds", "unreadable image"):
        assert figure in said
    assert said.count("gone quiet") == 1


def test_an_alarm_says_who_is_quiet_since_when_and_what_to_do() -> None:
    said = alarms_markup(status(SOURCE, QUIET))
    assert "1 source has gone quiet" in said
    assert "archive: nothing for 2 days" in said
    assert "medseal sources --forget NAME" in said
    two = alarms_markup(status(QUIET, QUIET | {"name": "ultrasound"}))
    assert "2 sources have gone quiet" in two


def test_without_an_alarm_nothing_is_drawn() -> None:
    assert alarms_markup(status(SOURCE)) == ""


def test_a_hospital_without_sources_is_told_how_images_come_in() -> None:
    said = sources_markup(status())
    assert "medseal watch" in said and "<table" not in said


def test_what_has_no_source_is_said_to_be_counted_elsewhere() -> None:
    for said in (sources_markup(status()), sources_markup(status(SOURCE))):
        assert "registered by a command, on a page or through the API have no source" in said


def test_a_name_is_never_markup() -> None:
    evil = "<img src=x onerror=alert(1)>"
    for said in (sources_markup(status(QUIET | {"name": evil})), alarms_markup(status(QUIET | {"name": evil}))):
        assert "<img" not in said and "&lt;img" in said
