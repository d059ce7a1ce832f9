"""Copies of registered images in verification, over a search of scripted answers: who is asked, and what it means."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ledger.bootstrap import prepare
from ledger.core.change import Change, ChangedRegion, Transform
from ledger.core.digests import digest_file
from ledger.core.model import Registration
from ledger.errors import Conflict, LedgerError, StoreUnavailable, UnreadableImage
from ledger.schemas import CheckResult, Verification
from ledger.service import Service
from ledger.similarity import Search

SMALLER = Transform((0.5, 0, 0, 0, 0.5, 0), ("resized to 0.5",), 100.0)
SAME = Change("trace/1", 0, 48, 32, SMALLER, 0.0, (), b"png", "nothing below 8 pixels")
CHANGED = replace(SAME, changed_percent=2.0, regions=(ChangedRegion(8, 4, 6, 5, 2.0),))
NONE = Search("none", "none of 2 registered images is its original", None, None, {"searched": 2})
UNSURE = Search("unsure", "too little of it is left to say", None, None, {"searched": 2})
INCOMPARABLE = Search("incomparable", "no fingerprint", None, None, {})
FOUND = Search("found", "resized to 0.5", None, SAME, {"agreement": 0.99})


@dataclass
class ScriptedLookAlikes:
    """Answers each way of asking as told, and remembers how it was asked."""

    service: Service | None = None
    answers: dict[str, Search | LedgerError] = field(default_factory=dict)
    original: str | None = None
    asked: list[str] = field(default_factory=list)

    def find(self, data: bytes) -> Search:
        search = self._answer("find")
        found = self.service.store.registration(self.original) if self.service and self.original else None
        return replace(search, registration=found)

    def against(self, registration: Registration, data: bytes) -> Search:
        return replace(self._answer("against"), registration=registration)

    def against_file(self, original: bytes, data: bytes) -> Search:
        return self._answer("against_file")

    def _answer(self, way: str) -> Search:
        self.asked.append(way)
        answer = self.answers.get(way, NONE)
        if isinstance(answer, LedgerError):
            raise answer
        return answer


@pytest.fixture
def alike() -> ScriptedLookAlikes:
    return ScriptedLookAlikes()


@pytest.fixture
def searching(hospital: Any, alike: ScriptedLookAlikes) -> Any:
    """A hospital with this search in the real one's place."""
    hospital.service.close()
    hospital.service = alike.service = Service(prepare(hospital.settings), None, alike)  # type: ignore[arg-type]
    return hospital


@pytest.fixture
def original(searching: Any, alike: ScriptedLookAlikes) -> Any:
    """An anchored picture, which the search finds as soon as it is told to find."""
    registration = searching.anchored(searching.picture(1))
    alike.original = registration.registration_id
    return registration


def check(result: Verification, number: int) -> CheckResult:
    return result.checks[number]


def statuses(result: Verification) -> tuple[str, str]:
    return check(result, 8).status, check(result, 9).status


def copy(hospital: Any) -> bytes:
    found: bytes = hospital.picture(1, "JPEG", quality=70)
    return found


def test_a_changed_copy_is_altered_and_its_original_proven(
    searching: Any, alike: ScriptedLookAlikes, original: Any
) -> None:
    alike.answers["find"] = replace(FOUND, change=CHANGED)
    result = searching.verify(copy(searching))
    assert (result.verdict, result.accepted, statuses(result)) == ("altered", False, ("passed", "failed"))
    assert result.registration.registration_id == original.registration_id
    assert [check(result, number).status for number in (4, 5, 6, 7)] == ["passed"] * 4
    assert result.change.original == original.registration_id
    assert result.change.regions[0].model_dump() == {"x": 8, "y": 4, "w": 6, "h": 5, "area_percent": 2.0}
    assert result.change.transform.words == ["resized to 0.5"]


def test_an_unchanged_copy_is_reencoded_and_not_accepted(
    searching: Any, alike: ScriptedLookAlikes, original: Any
) -> None:
    alike.answers["find"] = FOUND
    result = searching.verify(copy(searching), "strict")
    assert (result.verdict, result.accepted) == ("authentic-reencoded", False)
    assert "smaller changes may be there, so no policy accepts it" in result.reason
    assert result.change.limits == "nothing below 8 pixels"


def test_the_mask_comes_when_pictures_are_asked_for(searching: Any, alike: ScriptedLookAlikes, original: Any) -> None:
    alike.answers["find"] = replace(FOUND, change=CHANGED)
    assert searching.verify(copy(searching)).change.mask_png is None
    assert searching.verify(copy(searching), pictures=True).change.mask_png == b64encode(b"png").decode()


def test_registered_bytes_samples_digests_and_unreadable_files_are_not_searched_for(
    searching: Any, alike: ScriptedLookAlikes
) -> None:
    searching.anchored(searching.capture())
    codes = [
        check(searching.verify(image), 8).figures["code"]
        for image in (searching.capture(), searching.resend_as_rle(searching.capture()), searching.capture()[:3000])
    ]
    digests = {"file/1": digest_file(b"another")}
    codes.append(check(searching.service.verify_digests(digests), 8).figures["code"])
    assert codes == ["not_needed", "not_needed", "unreadable", "no_image"]
    assert alike.asked == []


def test_a_claimed_original_is_compared_with_before_all_others(searching: Any, alike: ScriptedLookAlikes) -> None:
    claimed = searching.anchored(searching.capture())
    alike.answers["against"] = replace(FOUND, change=replace(CHANGED, basis="tile/1"))
    result = searching.verify(searching.tamper_region(searching.capture()))
    assert (result.verdict, alike.asked) == ("altered", ["against"])
    assert result.reason == check(result, 2).detail
    assert result.change.original == claimed.registration_id


@pytest.mark.parametrize("first", [INCOMPARABLE, NONE])
def test_all_are_searched_when_the_named_one_is_not_the_original(
    searching: Any, alike: ScriptedLookAlikes, original: Any, first: Search
) -> None:
    other = searching.register(searching.picture(2))
    alike.answers |= {"against": first, "find": FOUND}
    result = searching.verify(copy(searching), against=other.registration_id)
    assert alike.asked == ["against", "find"]
    assert result.registration.registration_id == original.registration_id
    assert other.registration_id in check(result, 8).detail


def test_a_picture_that_is_no_copy_of_the_named_one_is_unregistered(searching: Any, original: Any) -> None:
    result = searching.verify(searching.picture(7, "JPEG"), against=original.registration_id)
    assert (result.verdict, result.registration, result.change) == ("unregistered", None, None)
    assert "none of 2 registered images" in result.reason


def test_a_search_that_is_not_sure_is_undetermined(searching: Any, alike: ScriptedLookAlikes) -> None:
    alike.answers["find"] = UNSURE
    result = searching.verify(copy(searching))
    assert (result.verdict, statuses(result)) == ("undetermined", ("undetermined", "undetermined"))


@pytest.mark.parametrize("way", ["find", "against"])
def test_an_outage_of_the_search_is_undetermined_and_named(
    searching: Any, alike: ScriptedLookAlikes, original: Any, way: str
) -> None:
    alike.answers[way] = StoreUnavailable("the database does not answer")
    named = {"against": original.registration_id} if way == "against" else {}
    result = searching.verify(copy(searching), **named)
    assert (result.verdict, statuses(result)) == ("undetermined", ("undetermined", "undetermined"))
    assert check(result, 8).figures["code"] == "store_unavailable"


def test_an_empty_index_is_a_reason_and_no_finding(searching: Any, alike: ScriptedLookAlikes) -> None:
    alike.answers["find"] = replace(INCOMPARABLE, figures={"searched": 0})
    result = searching.verify(copy(searching))
    assert (result.verdict, check(result, 8).figures["code"]) == ("unregistered", "none_registered")


def test_a_picture_that_has_no_fingerprint_is_not_said_to_be_searched(
    searching: Any, alike: ScriptedLookAlikes
) -> None:
    alike.answers["find"] = INCOMPARABLE
    result = searching.verify(copy(searching))
    assert (result.verdict, statuses(result)) == ("unregistered", ("skipped", "skipped"))


@pytest.mark.parametrize(
    ("kind", "change", "verdict"),
    [("revoke", CHANGED, "altered"), ("revoke", SAME, "withdrawn"), ("dispute", SAME, "undetermined")],
)
def test_a_statement_about_the_original_counts_for_its_copies(
    searching: Any, alike: ScriptedLookAlikes, original: Any, kind: str, change: Change, verdict: str
) -> None:
    searching.say(kind, original)
    alike.answers["find"] = replace(FOUND, change=change)
    result = searching.verify(copy(searching))
    assert result.verdict == verdict
    assert "wrong patient" in result.reason


def test_a_registered_original_in_hand_is_compared_with_pixel_by_pixel(
    searching: Any, alike: ScriptedLookAlikes, original: Any
) -> None:
    alike.answers["against_file"] = replace(FOUND, change=replace(CHANGED, basis="original"))
    result = searching.verify(copy(searching), original=searching.picture(1))
    assert (result.verdict, result.change.basis, alike.asked) == ("altered", "original", ["against_file"])
    assert result.registration.registration_id == original.registration_id


def nine(result: Any) -> str:
    return str(next(one.detail for one in result.checks if one.number == 9))


def test_an_original_that_is_not_registered_proves_nothing(searching: Any, alike: ScriptedLookAlikes) -> None:
    alike.answers["against_file"] = replace(FOUND, change=CHANGED)
    result = searching.verify(copy(searching), original=searching.picture(1))
    assert (result.verdict, result.change, alike.asked) == ("unregistered", None, ["find"])
    assert "the original given is not registered" in result.reason
    assert nine(result) == (
        "the original given is not registered: expected a registered image; no other was found to compare with"
    )


def test_a_registered_original_that_does_not_fit_is_said_so_and_the_verdict_keeps_what_the_search_found(
    searching: Any, alike: ScriptedLookAlikes, original: Any
) -> None:
    result = searching.verify(copy(searching), original=searching.picture(1))
    assert alike.asked == ["against_file", "find"]
    assert nine(result) == (
        f"the original given does not fit: expected a copy of registration {original.registration_id}, found another"
        " picture; no other was found to compare with"
    )
    eight = next(one for one in result.checks if one.number == 8)
    assert (eight.status, eight.figures["original_given"]) == ("failed", original.registration_id)
    assert eight.detail in result.reason


def test_an_original_that_does_not_fit_is_told_from_none_at_all(searching: Any, alike: ScriptedLookAlikes) -> None:
    result = searching.verify(copy(searching))
    assert (result.verdict, alike.asked) == ("unregistered", ["find"])
    assert nine(result) == "no original to compare with"


def test_an_original_that_cannot_be_read_is_refused(searching: Any) -> None:
    with pytest.raises(UnreadableImage, match="the original given"):
        searching.verify(copy(searching), original=searching.capture()[:3000])


def test_two_originals_to_compare_with_are_a_conflict(searching: Any, original: Any) -> None:
    with pytest.raises(Conflict):
        searching.verify(copy(searching), original=searching.picture(1), against=original.registration_id)


def test_what_the_search_says_is_kept_among_the_figures(
    searching: Any, alike: ScriptedLookAlikes, original: Any
) -> None:
    alike.answers["find"] = FOUND
    figures = check(searching.verify(copy(searching)), 8).figures
    assert figures["registration"] == original.registration_id
    assert (figures["outcome"], figures["agreement"], figures["transform"]) == ("found", 0.99, ["resized to 0.5"])
