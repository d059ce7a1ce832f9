"""Checks 8 and 9 as values."""

from __future__ import annotations

from ledger.core.change import Change, ChangedRegion, Transform
from ledger.core.comparing import change_check, copy_of, no_answer, no_original, not_compared
from ledger.core.verdict import Status

AS_IT_WAS = Transform((1, 0, 0, 0, 1, 0), ("resized to 0.75",), 100.0)
REGION = ChangedRegion(8, 16, 24, 32, 1.5)


def change(*regions: ChangedRegion) -> Change:
    return Change("trace/1", 0, 96, 64, AS_IT_WAS, 1.5 * len(regions), regions, b"png", "changes under 8 pixels")


def test_a_change_map_without_regions_passes_and_states_its_limits() -> None:
    check = change_check(change())
    assert (check.number, check.status) == (9, Status.PASSED)
    assert check.figures["limits"] == "changes under 8 pixels"


def test_a_changed_region_fails_and_is_named_by_its_place_and_share() -> None:
    check = change_check(change(REGION))
    assert check.status is Status.FAILED
    assert check.detail.startswith("1 region differs, 1.50 % of the picture (x 8 to 31, y 16 to 47)")
    assert check.figures["regions"] == [{"x": 8, "y": 16, "w": 24, "h": 32, "area_percent": 1.5}]


def test_many_regions_are_counted_and_not_all_spelled_out() -> None:
    check = change_check(change(*[REGION] * 300))
    assert "300 regions differ" in check.detail
    assert "and more" in check.detail
    assert (check.figures["count"], len(check.figures["regions"])) == (300, 200)


def test_a_copy_names_its_original_and_how_it_lies() -> None:
    alike, changed = copy_of("0d" * 16, "a copy of this one", {"agreement": 0.99}, change(REGION))
    assert (alike.status, changed.status) == (Status.PASSED, Status.FAILED)
    assert alike.detail == "a copy of this one, resized to 0.75"
    assert alike.figures["registration"] == "0d" * 16
    assert alike.figures["transform"] == ["resized to 0.75"]


def test_a_copy_that_cannot_be_compared_in_detail_has_an_undetermined_map() -> None:
    alike, changed = copy_of("0d" * 16, "turned", {}, None)
    assert (alike.status, changed.status) == (Status.PASSED, Status.UNDETERMINED)


def test_what_was_not_found_what_was_not_answered_and_what_was_not_asked_differ() -> None:
    pairs = no_original("none of 3", {}), no_answer("no store", {"code": "x"}), not_compared("no_image", "none")
    assert [tuple(check.status.value for check in pair) for pair in pairs] == [
        ("failed", "skipped"),
        ("undetermined", "undetermined"),
        ("skipped", "skipped"),
    ]
    assert pairs[1][0].figures["code"] == "x"
    assert pairs[2][1].figures["code"] == "no_image"
