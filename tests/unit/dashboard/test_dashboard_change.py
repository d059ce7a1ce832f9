"""The words and the table of a change map, and those of a search without a find."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_args

import pytest

from dashboard.components.change import change_markup, ordered, percent, search_markup
from dashboard.components.downloads import verification_json
from dashboard.words import BASES, meaning_of
from ledger.core.change import Basis
from ledger.schemas import Change, ChangedRegion, Registration, Transform, Verification

Make = Callable[..., Verification]
SMALL = ChangedRegion(x=8, y=16, w=24, h=32, area_percent=0.25)
LARGE = ChangedRegion(x=100, y=120, w=64, h=40, area_percent=2.5)

LIES = Transform(matrix=(0.75, 0, 0, 0, 0.75, 0), words=["resized to 0.75", "mirrored"], shown_percent=93)


def change(*regions: ChangedRegion, **other: Any) -> Change:
    values: dict[str, Any] = {
        "original": "1" * 32, "basis": "trace/1", "frame": 0, "width": 512, "height": 400,
        "transform": LIES,
        "changed_percent": sum(region.area_percent for region in regions), "regions": list(regions),
        "limits": "less than 4 <grey> levels may stay unseen",
    }  # fmt: skip
    return Change(**(values | other))


def test_the_card_says_against_what_how_it_lies_how_much_and_what_stays_unseen(registration: Registration) -> None:
    said = change_markup(change(SMALL, LARGE), registration)
    assert "<b>2.75 %</b>" in said
    assert "in 2 regions" in said
    assert "1" * 32 in said
    assert "St. Example Hospital" in said
    assert "2026-03-01 12:00:00 UTC" in said
    assert "resized to 0.75, mirrored" in said
    assert "93.0 % of the registered picture" in said
    assert "robust fingerprint" in said
    assert "less than 4 &lt;grey&gt; levels" in said


def test_the_limits_of_a_change_map_are_behind_a_click_and_those_of_no_change_in_sight(
    registration: Registration,
) -> None:
    shown, folded = change_markup(change(SMALL), registration).split("<details")
    assert "less than 4" in folded and "less than 4" not in shown
    assert "less than 4" in change_markup(change(), registration).split("<details")[0]


def test_the_table_lists_the_largest_region_first(registration: Registration) -> None:
    said = change_markup(change(SMALL, LARGE), registration)
    cells = re.findall(r"<td>(.*?)</td>", said)
    assert cells == ["1", "100", "120", "64", "40", "2.50 %", "2", "8", "16", "24", "32", "0.25 %"]
    assert ordered([SMALL, LARGE]) == [LARGE, SMALL]


def test_of_very_many_regions_the_rest_is_counted(registration: Registration) -> None:
    said = change_markup(change(*[SMALL] * 45), registration)
    assert said.count("<tr>") == 41
    assert "5 smaller ones stand in the JSON" in said


def test_no_region_is_a_calm_note_with_the_limits_and_no_table(registration: Registration) -> None:
    said = change_markup(change(), registration)
    assert "No change found above these limits" in said
    assert "less than 4" in said
    assert "<table" not in said
    assert "ms-bad" not in said


def test_another_registration_lends_its_registrar_to_no_original(registration: Registration) -> None:
    said = change_markup(change(SMALL, original="2" * 32), registration)
    assert "2" * 32 in said
    assert registration.registrar_name not in said


def test_a_copy_without_change_is_not_said_to_have_the_registered_pixels(verification: Make) -> None:
    found = verification("authentic-reencoded", accepted=False).model_copy(update={"change": change()})
    assert "These pixels are registered" not in meaning_of(found)
    assert "a smaller one may be hidden" in meaning_of(found)


def test_every_basis_has_words() -> None:
    assert set(BASES) == set(get_args(Basis))


@pytest.mark.parametrize(
    ("status", "figures", "title"),
    [
        ("failed", {"outcome": "none", "searched": 12345}, "No registered original was found among 12,345 images"),
        ("failed", {"outcome": "none", "searched": 1}, "among 1 image<"),
        ("undetermined", {"outcome": "unsure"}, "could not be confirmed as the original"),
        ("undetermined", {"outcome": "damaged"}, "not all registered images could be searched"),
        ("undetermined", {"code": "store_unavailable", "advice": "Start it."}, "undetermined, not unregistered"),
        ("skipped", {"code": "incomparable"}, "cannot be compared with registered ones"),
        ("skipped", {"code": "none_registered"}, "No image is registered yet"),
        ("passed", {"registration": "1" * 32}, "what differs could not be shown"),
    ],
)
def test_a_search_without_a_find_says_how_it_ended(
    verification: Make, status: str, figures: dict[str, Any], title: str
) -> None:
    said = search_markup(verification("unregistered", statuses={8: status}, figures={8: figures}))
    assert title in said
    assert "<p>detail 8.</p>" in said
    assert ("code: " in said) == ("advice" in figures)


def test_a_search_that_was_not_made_or_found_the_original_says_nothing(verification: Make) -> None:
    assert search_markup(verification(statuses={8: "skipped"}, figures={8: {"code": "not_needed"}})) == ""
    found = verification("altered", statuses={8: "undetermined"}).model_copy(update={"change": change(SMALL)})
    assert search_markup(found) == ""


def test_the_json_to_take_along_holds_the_regions_and_not_the_mask(verification: Make) -> None:
    found = verification("altered").model_copy(update={"change": change(SMALL, mask_png="AAAA")})
    saved = verification_json(found)
    assert '"area_percent": 0.25' in saved
    assert "AAAA" not in saved


@pytest.mark.parametrize(
    ("share", "said"), [(0, "0.00 %"), (0.001, "under 0.01 %"), (0.256, "0.26 %"), (12.34, "12.3 %")]
)
def test_a_small_share_is_never_said_to_be_none(share: float, said: str) -> None:
    assert percent(share) == said
