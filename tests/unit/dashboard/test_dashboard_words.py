"""The dashboard's words cover what the ledger can say, and say no more than was found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dashboard.components.banner import banner_markup
from dashboard.components.icons import PATHS, icon
from dashboard.words import (
    KINDS,
    POLICIES,
    STANDINGS,
    STATES,
    VERDICTS,
    acceptance_of,
    meaning_of,
    state_words,
    verdict_words,
)
from ledger.core.entry import KINDS as LEDGER_KINDS
from ledger.core.model import Standing, State
from ledger.core.verdict import POLICIES as LEDGER_POLICIES
from ledger.core.verdict import Verdict
from ledger.schemas import Change, Transform, Verification

Make = Callable[..., Verification]


def test_every_verdict_state_standing_and_policy_has_words() -> None:
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}
    assert set(STATES) == {state.value for state in State}
    assert set(STANDINGS) == {standing.value for standing in Standing}
    assert set(POLICIES) == set(LEDGER_POLICIES)


def test_verdicts_differ_by_word_and_icon_and_not_by_colour_alone() -> None:
    assert len({words.title for words in VERDICTS.values()}) == len(VERDICTS)
    assert len({words.icon for words in VERDICTS.values()}) == len(VERDICTS)
    assert len({words.tone for words in VERDICTS.values()}) == len(VERDICTS)
    assert len({PATHS[words.icon] for words in VERDICTS.values()}) == len(VERDICTS)


def test_unregistered_is_no_proof_of_authenticity_nor_of_forgery(verification: Make) -> None:
    found = verification("unregistered", accepted=False)
    assert "not proof of authenticity, nor of forgery" in meaning_of(found)


def test_a_detector_that_did_not_run_found_no_absence_of_forgery(verification: Make) -> None:
    found = verification("unregistered", accepted=False, statuses={10: "skipped"})
    assert "no trace of forgery" not in meaning_of(found)
    assert "did not run" in meaning_of(found)


@pytest.mark.parametrize(
    ("verdict", "accepted", "word"),
    [("authentic", True, "Accepted"), ("altered", False, "Not accepted"), ("undetermined", False, "No decision")],
)
def test_the_banner_names_the_policy_and_what_it_answers(
    verification: Make, verdict: str, accepted: bool, word: str
) -> None:
    found = verification(verdict, accepted=accepted)
    assert acceptance_of(found) == f"{word} under the clinical policy"
    assert acceptance_of(found) in banner_markup(found, "a.png")


def test_an_unknown_verdict_or_state_is_shown_by_its_own_name() -> None:
    assert verdict_words("half-true").title == "Half-true"
    assert state_words("parked").label == "parked"


def test_a_file_name_is_never_markup_in_the_banner(verification: Make) -> None:
    assert "<img" not in banner_markup(verification(), "<img src=x>.png")


def test_an_icon_that_is_not_drawn_is_an_error() -> None:
    with pytest.raises(KeyError):
        icon("unicorn")


def test_the_kinds_to_filter_by_are_those_that_entries_have() -> None:
    assert set(KINDS) == set(LEDGER_KINDS)


def test_a_copy_of_a_withdrawn_image_is_not_called_registered(verification: Make) -> None:
    found = verification("withdrawn", accepted=False)
    assert meaning_of(found).startswith("Registered")
    transform = Transform(matrix=[1, 0, 0, 0, 1, 0], words=[], shown_percent=100)
    facts = {
        "original": "0d" * 16,
        "basis": "trace/1",
        "frame": 0,
        "width": 8,
        "height": 8,
        "limits": "",
        "figures": {},
    }
    change = Change(**facts, transform=transform, changed_percent=0, regions=[], mask=None)
    assert "never registered" in meaning_of(found.model_copy(update={"change": change}))
