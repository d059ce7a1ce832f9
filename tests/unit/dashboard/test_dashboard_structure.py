"""The card on the file's structure: findings in words, the rest folded away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.components.outcome import findings_markup
from dashboard.components.structure import structure_markup
from ledger.schemas import Structure, StructureFinding, Verification
from ledger.schemas.structure import StructureRule

Make = Callable[..., Verification]


def structure(*strengths: str) -> Structure:
    findings = [
        StructureFinding.model_validate(
            {
                "code": f"png-{at}",
                "text": f"Seen <i>{at}</i>",
                "meaning": "It can show a lot.",
                "innocent": "Converters do so.",
                "limits": "Not all.",
                "strength": strength,
            }
        )
        for at, strength in enumerate(strengths)
    ]
    rules = [
        StructureRule(code="png-0", title="No editor", state="found" if findings else "passed", reason=""),
        StructureRule(code="png-9", title="Alpha", state="not-applicable", reason="there is no alpha channel"),
    ]
    return Structure(kind="png", findings=findings, rules=rules)


def test_a_finding_stands_with_its_strength_and_innocent_explanation(verification: Make) -> None:
    said = structure_markup(verification().model_copy(update={"structure": structure("notable")}))
    assert "notable" in said
    assert "Innocent explanation: Converters do so." in said
    assert "never change the verdict" in said


def test_what_a_file_says_is_no_markup(verification: Make) -> None:
    said = structure_markup(verification().model_copy(update={"structure": structure("strong")}))
    assert "Seen &lt;i&gt;0&lt;/i&gt;" in said
    assert "<i>0" not in said


def test_information_is_folded_away(verification: Make) -> None:
    said = structure_markup(verification().model_copy(update={"structure": structure("information", "information")}))
    assert said.index("<summary>2 pieces of information") < said.index("Seen &lt;i&gt;0")


def test_every_rule_is_listed_with_how_it_ended(verification: Make) -> None:
    said = structure_markup(verification().model_copy(update={"structure": structure()}))
    assert "nothing found" in said
    assert "does not apply: there is no alpha channel" in said
    assert "0 findings of 1 rule that apply" in said


@pytest.mark.parametrize("none", [None, Structure(kind="other", findings=[], rules=[])])
def test_where_no_rule_was_asked_there_is_no_card(verification: Make, none: Structure | None) -> None:
    assert structure_markup(verification().model_copy(update={"structure": none})) == ""


def test_the_card_is_among_the_findings_of_the_page(verification: Make) -> None:
    assert "File structure" in findings_markup(verification().model_copy(update={"structure": structure("notable")}))
