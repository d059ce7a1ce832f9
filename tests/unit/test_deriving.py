"""The use case behind ``medseal derive``, over a store of one registration and scripted comparisons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from ledger.core.change import Change, ChangedRegion, Transform
from ledger.core.entry import decode_entry
from ledger.core.images import Limits
from ledger.core.model import Appended, LogEntry, Registrar, Registration
from ledger.deriving import Declared, Derivations, Derived
from ledger.errors import Conflict, InputError, LedgerError, NotFound, StoreUnavailable
from ledger.ports import RecordStore
from ledger.registration import DigestedImage, Registrations

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HERE = Registrar("1" * 64, "Hospital", "2" * 64, NOW)
Samples = np.ndarray[Any, Any]


class OneLog:
    """A store of one log in memory: what deriving asks of a store."""

    def __init__(self) -> None:
        self.known: dict[str, Registration] = {}
        self.said: list[LogEntry] = []

    def append(self, registrar: str, drafts: list[Any], *, urgent: bool = False) -> list[Appended]:
        (draft,) = drafts
        entry = LogEntry(registrar, len(self.known), draft.id, draft.kind, draft.leaf, draft.body, draft.target, NOW)
        for one in self.known.values():
            if draft.image and one.image.digests["file/1"] == draft.image.digests["file/1"]:
                return [Appended(one.entry, one.image, created=False)]
        if draft.image:
            self.known[draft.id] = Registration(entry, draft.image)
        else:
            self.said.append(entry)
        return [Appended(entry, draft.image, created=True)]

    def registration(self, registration_id: str) -> Registration | None:
        return self.known.get(registration_id)

    def statements(self, target: str) -> list[LogEntry]:
        return [entry for entry in self.said if entry.target == target]


@dataclass
class Outcome:
    outcome: str
    change: Change | None = None
    detail: str = "as the fingerprints say"


@dataclass
class Scripted:
    """Comparisons that answer what the test says, and tell what was compared with."""

    answer: Outcome | LedgerError = field(default_factory=lambda: Outcome("incomparable"))
    asked: list[str] = field(default_factory=list)

    def against(self, registration: Registration, data: bytes, *, exact: bool) -> Outcome:
        assert not exact
        return self._answer("registration")

    def against_file(self, original: bytes, data: bytes, *, exact: bool) -> Outcome:
        assert not exact
        return self._answer("file")

    def _answer(self, what: str) -> Outcome:
        self.asked.append(what)
        if isinstance(self.answer, LedgerError):
            raise self.answer
        return self.answer


def change(*regions: ChangedRegion) -> Change:
    transform = Transform((1, 0, 0, 0, 1, 0), ("other window",), 100.0)
    return Change("trace/1", 0, 96, 96, transform, 1.5 if regions else 0.0, regions, b"", "below 4 grey levels")


REGION = ChangedRegion(32, 0, 64, 32, 1.5)


def saved(samples: Samples, file_format: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(samples).save(file, file_format, **options)
    return file.getvalue()


WHOLE = np.random.default_rng(5).integers(1, 255, (96, 128), np.uint8)
ORIGINAL = saved(WHOLE)
JPEG = saved(WHOLE, "JPEG", quality=70)


class Room:
    """A log that holds ORIGINAL as ``target``."""

    def __init__(self) -> None:
        self.store, self.alike = OneLog(), Scripted()
        store = cast(RecordStore, self.store)
        self.registrations = Registrations(store, HERE, lambda: NOW, Limits())
        self.derivations = Derivations(store, self.registrations, HERE, cast(Any, self.alike), Limits())
        self.target = self.registrations.register(ORIGINAL).entry.id

    def derive(self, data: bytes, operation: str, *, original: bytes | None = None, **said: Any) -> Derived:
        declared = Declared(operation, "teaching file", "QA", **said)
        return self.derivations.derive(self.target, data, declared, original=original)


@pytest.fixture
def room() -> Room:
    return Room()


def contradiction(made: Callable[[], object]) -> str:
    with pytest.raises(Conflict) as raised:
        made()
    assert raised.value.code == "derivation_contradicted"
    return str(raised.value)


def test_the_entry_holds_what_was_declared_and_what_was_checked(room: Room) -> None:
    made = room.derive(saved(WHOLE[32:96, 32:128]), "cropped")
    entry = decode_entry(made.appended.entry.body)
    assert made.finding.checked == "proven"
    assert made.finding.figures == {"x": 32, "y": 32, "w": 96, "h": 64}
    said = ("kind", "target", "operation", "checked", "reason", "author")
    assert [entry[name] for name in said] == ["derive", room.target, "cropped", "proven", "teaching file", "QA"]
    assert made.appended.entry.target == room.target
    assert room.alike.asked == []


def test_a_crop_between_the_tiles_is_proven_with_the_original_and_compared_without(room: Room) -> None:
    crop = saved(WHOLE[5:60, 7:90])
    room.alike.answer = Outcome("found", change())
    assert room.derive(crop, "cropped").finding.checked == "consistent"
    assert room.alike.asked == ["registration"]
    other = Room()
    assert other.derive(crop, "cropped", original=ORIGINAL).finding.checked == "proven"
    assert other.alike.asked == []


def test_a_recompressed_crop_is_compared_with_the_original_at_hand(room: Room) -> None:
    room.alike.answer = Outcome("found", change())
    crop = saved(WHOLE[5:60, 7:90], "JPEG", quality=60)
    assert room.derive(crop, "cropped", original=ORIGINAL).finding.checked == "consistent"
    assert room.alike.asked == ["file"]


def test_the_whole_image_is_no_crop(room: Room) -> None:
    assert "the whole of it" in contradiction(lambda: room.derive(saved(WHOLE, compress_level=1), "cropped"))


@pytest.mark.parametrize("operation", ["windowed", "recompressed"])
def test_the_same_samples_in_another_file_are_proven(operation: str, room: Room) -> None:
    made = room.derive(saved(WHOLE, compress_level=1), operation)
    assert (made.finding.checked, made.finding.figures) == ("proven", {"digest": "pixel/1"})


@pytest.mark.parametrize("operation", ["windowed", "recompressed", "cropped"])
def test_a_comparison_without_a_changed_region_is_consistent_and_says_its_limits(operation: str, room: Room) -> None:
    room.alike.answer = Outcome("found", change())
    found = room.derive(JPEG, operation).finding
    assert found.checked == "consistent"
    assert found.figures["limits"] == "below 4 grey levels"


@pytest.mark.parametrize("operation", ["windowed", "recompressed", "cropped"])
def test_a_changed_region_is_a_contradiction_and_registers_nothing(operation: str, room: Room) -> None:
    room.alike.answer = Outcome("found", change(REGION))
    assert "1.50 % of the image changed, at 32,0,64,32" in contradiction(lambda: room.derive(JPEG, operation))
    assert len(room.store.known) == 1


def test_another_image_is_a_contradiction(room: Room) -> None:
    room.alike.answer = Outcome("none")
    assert "found another" in contradiction(lambda: room.derive(JPEG, "recompressed"))


def test_a_crop_too_small_to_be_compared_is_declared_and_a_larger_one_is_not(room: Room) -> None:
    room.alike.answer = Outcome("none")
    small, large = saved(WHOLE[1:49, 1:97]), saved(WHOLE[1:93, 1:121])
    found = room.derive(small, "cropped").finding
    assert (found.checked, "38 % of the registered frame" in found.how) == ("declared", True)
    assert "found another" in contradiction(lambda: room.derive(large, "cropped"))
    assert "found another" in contradiction(lambda: room.derive(saved(WHOLE[2:50, 1:97]), "recompressed"))


@pytest.mark.parametrize("outcome", ["unsure", "incomparable"])
def test_what_cannot_be_compared_is_declared_and_says_why(outcome: str, room: Room) -> None:
    room.alike.answer = Outcome(outcome, detail="a plain picture")
    found = room.derive(JPEG, "windowed").finding
    assert (found.checked, found.how) == ("declared", "could not be compared: a plain picture")


def test_an_outage_of_the_comparison_registers_nothing(room: Room) -> None:
    room.alike.answer = StoreUnavailable("gone")
    with pytest.raises(StoreUnavailable):
        room.derive(JPEG, "windowed")
    assert len(room.store.known) == 1


def hidden() -> Samples:
    samples = WHOLE.copy()
    samples[0:20, 0:50] = 0
    return samples


def test_blacked_out_text_is_consistent_when_boxes_cover_the_tiles_or_with_the_original_the_pixels(room: Room) -> None:
    by_tiles = room.derive(saved(hidden()), "de-identified", hide=[(0, 0, 64, 32)])
    assert (by_tiles.finding.checked, by_tiles.finding.figures["changed_count"]) == ("consistent", 2)
    by_pixels = Room().derive(saved(hidden()), "de-identified", hide=[(0, 0, 50, 20)], original=ORIGINAL)
    assert by_pixels.finding.checked == "consistent"


@pytest.mark.parametrize("original", [None, ORIGINAL])
def test_changes_outside_the_boxes_contradict_a_de_identification(original: bytes | None, room: Room) -> None:
    samples = hidden()
    samples[80, 100] ^= 255
    image, boxes = saved(samples), [(0, 0, 64, 32)]
    said = contradiction(lambda: room.derive(image, "de-identified", hide=boxes, original=original))
    assert "96,64,32,32" in said if original is None else "100,80,1,1" in said


def test_an_original_known_by_digests_alone_leaves_a_declaration(room: Room) -> None:
    digests = {"file/1": "sha256:" + "ab" * 32}
    room.target = room.registrations.register_digests([DigestedImage(digests)])[0].entry.id
    assert room.derive(saved(hidden()), "de-identified").finding.checked == "declared"


def test_declaring_it_again_answers_the_same_entry(room: Room) -> None:
    crop = saved(WHOLE[32:96, 32:128])
    first, again = room.derive(crop, "cropped"), room.derive(crop, "cropped")
    assert again.appended.entry == first.appended.entry
    assert (again.appended.created, again.finding.checked) == (False, "proven")


def test_an_image_that_is_registered_as_something_else_cannot_be_declared(room: Room) -> None:
    crop = saved(WHOLE[32:96, 32:128])
    room.registrations.register(crop)
    with pytest.raises(Conflict, match="no derivation was declared"):
        room.derive(crop, "cropped")


def test_a_file_that_is_not_the_original_is_refused_as_one(room: Room) -> None:
    with pytest.raises(Conflict, match="found another image"):
        room.derive(JPEG, "recompressed", original=saved(hidden()))
    assert room.derive(JPEG, "recompressed", original=saved(WHOLE, compress_level=1)).finding.checked == "declared"


def test_a_withdrawn_original_has_no_derivations(room: Room) -> None:
    room.registrations.state("revoke", room.target, reason="wrong patient", author="QA")
    with pytest.raises(Conflict, match="found one that is revoked"):
        room.derive(JPEG, "recompressed")


def test_a_disputed_original_may_have_derivations(room: Room) -> None:
    room.registrations.state("dispute", room.target, reason="contested", author="QA")
    assert room.derive(JPEG, "recompressed").finding.checked == "declared"


def test_the_original_is_of_this_log(room: Room) -> None:
    with pytest.raises(NotFound):
        room.derivations.derive("9" * 32, JPEG, Declared("cropped", "r", "a"))
    own = room.store.known[room.target]
    entry = replace(own.entry, registrar="3" * 64)
    room.store.known[room.target] = Registration(entry, own.image)
    with pytest.raises(Conflict, match="another registrar"):
        room.derive(JPEG, "recompressed")


@pytest.mark.parametrize(
    ("data", "operation", "hide"),
    [(JPEG, "retouched", []), (JPEG, "cropped", [(0, 0, 1, 1)]), (b"", "cropped", []), (b"no image", "cropped", [])],
)
def test_bad_input_is_refused(data: bytes, operation: str, hide: list[Any], room: Room) -> None:
    with pytest.raises(InputError):
        room.derive(data, operation, hide=hide)
