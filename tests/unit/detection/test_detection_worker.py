"""The worker process: what it may not do to the one that asks it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.detection.process import Worker
from ledger.errors import DetectorUnavailable, UnreadableImage

WORK = """
import os, time
from ledger.errors import UnreadableImage

def open_work(word):
    def work(payload, *, shout=False):
        if payload == b"pid":
            return os.getpid()
        if payload == b"crash":
            os._exit(7)
        if payload == b"hang":
            time.sleep(60)
        if payload.startswith(b"wait"):
            open(payload[5:].decode(), "w").close()
            time.sleep(0.6)
        if payload == b"memory":
            return len(bytearray(4 << 30))
        if payload == b"long":
            return "x" * (9 << 20)
        if payload == b"object":
            return object()
        if payload == b"unreadable":
            raise UnreadableImage("expected a picture", advice="Send another.")
        if payload == b"wrong":
            raise ValueError("Somebody^Secret")
        answer = f"{word} {len(payload)}"
        return answer.upper() if shout else answer
    return work

def open_nothing():
    raise UnreadableImage("no model")
"""


@pytest.fixture
def open_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Worker]]:
    """Opens a worker on the module above; ``seconds``, ``waiting`` and ``target`` as asked."""
    (tmp_path / "detector_work_of_tests.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    opened: list[Worker] = []

    def make(seconds: float = 10.0, waiting: int = 1, target: str = "open_work", *arguments: object) -> Worker:
        given = arguments or (("bytes",) if target == "open_work" else ())
        name = f"detector_work_of_tests:{target}"
        opened.append(Worker(name, given, seconds=seconds, waiting=waiting, memory=1 << 30))
        return opened[-1]

    yield make
    for worker in opened:
        worker.close()


def code_of(worker: Worker, payload: bytes) -> str:
    with pytest.raises(DetectorUnavailable) as caught:
        worker.ask(payload)
    return caught.value.code


def test_a_question_is_answered_in_another_process_that_stays(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker()
    first, second = worker.ask(b"pid"), worker.ask(b"pid")
    assert first == second != os.getpid()


def test_a_large_payload_and_its_options_arrive(open_worker: Callable[..., Worker]) -> None:
    assert open_worker().ask(bytes(20_000_000), shout=True) == "BYTES 20000000"


def test_a_process_that_ends_is_an_outage_and_the_next_question_has_another(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker()
    before = worker.ask(b"pid")
    assert code_of(worker, b"crash") == "detector_ended"
    assert worker.ask(b"pid") != before


def test_a_process_that_is_killed_between_questions_is_replaced(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker()
    os.kill(worker.ask(b"pid"), signal.SIGKILL)
    time.sleep(0.1)
    assert worker.ask(b"a") == "bytes 1"


def test_a_question_that_takes_too_long_is_ended_in_time(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker(seconds=1.0)
    before, began = worker.ask(b"pid"), time.monotonic()
    assert code_of(worker, b"hang") == "detector_timeout"
    assert time.monotonic() - began < 5
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert worker.ask(b"a") == "bytes 1"


def test_too_much_memory_is_refused_and_the_process_goes_on(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker()
    before = worker.ask(b"pid")
    assert code_of(worker, b"memory") == "detector_memory"
    assert worker.ask(b"pid") == before


def test_more_questions_than_may_wait_are_refused_at_once(open_worker: Callable[..., Worker], tmp_path: Path) -> None:
    worker, begun = open_worker(waiting=1), tmp_path / "begun"
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(worker.ask(f"wait {begun}".encode()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    while not begun.exists():
        time.sleep(0.01)
    time.sleep(0.1)
    began = time.monotonic()
    assert code_of(worker, b"a") == "detector_busy"
    assert time.monotonic() - began < 0.3
    for thread in threads:
        thread.join(10)
    assert len(answers) == 2
    assert worker.ask(b"a") == "bytes 1"


def test_an_answer_longer_than_any_can_be_is_not_taken_and_its_process_is_gone(
    open_worker: Callable[..., Worker],
) -> None:
    worker = open_worker()
    before = worker.ask(b"pid")
    assert code_of(worker, b"long") == "detector_answer"
    assert worker.ask(b"pid") != before


def test_only_plain_data_is_an_answer(open_worker: Callable[..., Worker]) -> None:
    assert code_of(open_worker(), b"object") == "detector_failed"


def test_an_error_of_the_ledgers_tree_comes_through_as_it_is(open_worker: Callable[..., Worker]) -> None:
    with pytest.raises(UnreadableImage, match="expected a picture") as caught:
        open_worker().ask(b"unreadable")
    assert caught.value.advice == "Send another."


def test_any_other_error_says_type_and_place_and_quotes_nothing(open_worker: Callable[..., Worker]) -> None:
    with pytest.raises(DetectorUnavailable, match=r"ValueError in detector_work_of_tests\.py:\d+") as caught:
        open_worker().ask(b"wrong")
    assert "Secret" not in str(caught.value)


def test_what_cannot_be_opened_is_tried_again_with_the_next_question(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker(10.0, 1, "open_nothing")
    for _ in range(2):
        with pytest.raises(UnreadableImage, match="no model"):
            worker.ask(b"a")


def test_a_module_that_is_not_there_is_an_outage(open_worker: Callable[..., Worker]) -> None:
    assert code_of(open_worker(10.0, 1, "open_absent"), b"a") == "detector_failed"


def test_a_closed_worker_has_no_process_and_answers_no_more(open_worker: Callable[..., Worker]) -> None:
    worker = open_worker()
    process = worker.ask(b"pid")
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert code_of(worker, b"a") == "detector_ended"
