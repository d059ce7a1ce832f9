"""The detector's answer stands and comes in time, however long the rules on the file's structure take."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from structured import png, scene

from detector.structure import inspecting
from ledger.core.detection import Structure
from ledger.core.images import Limits
from ledger.detection import ruling
from ledger.detection.examining import Examiner
from ledger.detection.ruling import Ruler

FILE = png(scene())


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The first rule on PNG files does not end before this is set."""
    event = threading.Event()

    def endless(_file: object) -> None:
        event.wait(60)

    first, *rest = inspecting._BOOKS["png"]
    monkeypatch.setitem(inspecting._BOOKS, "png", (replace(first, ask=endless), *rest))  # type: ignore[arg-type]
    yield event
    event.set()


def not_asked(seen: Structure | None) -> set[bool]:
    assert seen is not None
    assert seen.kind == "png"
    return {(rule.state, rule.reason) == ("failed", inspecting.NOT_ASKED) for rule in seen.rules}


def test_an_answer_of_the_detector_stands_when_a_rule_does_not_end(released: threading.Event) -> None:
    examiner = Examiner("keypoint_copymove", Limits(), 6.0)
    examiner(b"")
    began = time.monotonic()
    found = examiner(FILE)
    assert time.monotonic() - began < 6.0
    assert not released.is_set()
    assert found is not None
    assert found.method == "keypoint_copymove"
    assert not_asked(found.structure) == {True}


def test_while_a_rule_does_not_end_no_second_file_is_asked_about(released: threading.Event) -> None:
    ruler = Ruler()
    assert not_asked(ruler.ask(FILE, 0.05)) == {True}
    threads = threading.active_count()
    assert not_asked(ruler.ask(FILE, 5.0)) == {True}
    assert threading.active_count() == threads


def test_once_it_has_ended_the_rules_are_asked_again(released: threading.Event) -> None:
    ruler = Ruler()
    ruler.ask(FILE, 0.05)
    released.set()
    assert ruler._asking is not None
    ruler._asking.join(30)
    assert not_asked(ruler.ask(FILE, 60.0)) == {False}


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_when_the_detector_left_no_time_no_rule_is_asked(seconds: float) -> None:
    assert not_asked(Ruler().ask(FILE, seconds)) == {True}


def test_the_rules_have_no_more_than_their_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []

    def seen(_image: bytes, *, seconds: float) -> inspecting.Inspection:
        given.append(seconds)
        return inspecting.Inspection("other", (), ())

    monkeypatch.setattr(ruling, "inspect", seen)
    Ruler().ask(FILE, 600.0)
    Ruler().ask(FILE, 2.0)
    assert given == pytest.approx([0.8 * ruling.MOST_SECONDS, 1.6])


def test_where_no_thread_can_start_the_rules_say_that_they_were_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert not_asked(Ruler().ask(FILE, 5.0)) == {True}
