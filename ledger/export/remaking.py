"""The report made once more from a dossier's own verification, to be compared with the one that is enclosed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ledger.errors import InvalidDossier, InvalidEntry
from ledger.export.dossier import REPORT, VERIFICATION
from ledger.export.findings import report_of
from ledger.export.making import asked_from, tools
from ledger.export.model import Asked, Report, dump
from ledger.export.unpacking import read_json
from ledger.schemas import Verification

_WORDED = ("propositions", "examinations", "findings", "opinion", "limits", "repeat", "error_rates", "no_error_rates")
"""What another version of this program may say in other words; the facts behind it stand in the other fields."""
_MOST_ROWS = 200
_FACTS = ("number", "status", "result", "figures", "parameters", "weights")


@dataclass(frozen=True)
class Remade:
    """The verification and the inputs of a dossier's report, the report made of them, and both as plain values."""

    verification: Verification
    asked: Asked
    report: Report
    enclosed: Mapping[str, Any]

    @property
    def same_program(self) -> bool:
        """Whether the dossier was made by this version of the program."""
        return self.asked.tools.get("medseal") == tools()["medseal"]

    @property
    def same_tools(self) -> bool:
        """Whether all that the PDF's bytes depend on has the same version here."""
        return dict(self.asked.tools) == tools()


def remade(parts: Mapping[str, bytes]) -> Remade:
    """The report of the dossier, made anew; InvalidDossier when verification or report cannot be read as such."""
    try:
        verification = Verification.model_validate_json(parts[VERIFICATION])
        enclosed = read_json(parts[REPORT])
        asked = asked_from(enclosed)
        _bounded(verification, asked)
        return Remade(verification, asked, report_of(verification, asked), enclosed)
    except ValidationError as error:
        raise InvalidDossier(f"expected a verification in {VERIFICATION}, found another form") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InvalidDossier(f"expected a report in {REPORT}, found another form") from error


def _bounded(found: Verification, asked: Asked) -> None:
    """A stranger's report must not keep whoever draws it busy for hours."""
    item, detection, structure = asked.item, found.detection, found.structure
    counted = (found.checks, item.digests, item.facts, asked.options, asked.tools, asked.enclosures, asked.notes)
    ruled = (structure.findings, structure.rules) if structure is not None else ()
    said = (detection.findings, detection.by_modality) if detection is not None else ()
    for part in (*counted, *ruled, *said):
        if len(part) > _MOST_ROWS:
            raise InvalidDossier(f"expected at most {_MOST_ROWS} rows in each part of a report, found {len(part)}")


def same_facts(made: Report, enclosed: Mapping[str, Any]) -> bool:
    """Whether two reports agree in all but the wording of another version."""
    try:
        return _facts(json.loads(dump(made))) == _facts(enclosed)
    except (InvalidEntry, KeyError, TypeError, AttributeError):
        return False


def _facts(report: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in report.items() if name not in _WORDED}
    kept["answer"] = report["opinion"]["answer"]
    kept["structure"] = [one["code"] for one in (report.get("structure") or {}).get("findings", ())]
    kept["examined"] = [{name: each[name] for name in _FACTS} for each in report["examinations"]]
    return kept
