"""kill -9 of the worker between any two of its calls to store and chain: nothing lost, nothing double."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

MOST_STEPS = 80


class KilledAt:
    """A port that kills the process before its n-th call, counted over all ports that share ``left``."""

    def __init__(self, port: Any, left: list[int]) -> None:
        self._port, self._left = port, left

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:
            self._left[0] -= 1
            if self._left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return found(*arguments, **options)

        return call


@pytest.mark.parametrize(("mode", "stride"), [("register", 1), ("anchor", 3)])
def test_a_worker_killed_between_any_two_steps_loses_nothing_and_doubles_nothing(
    mode: str,
    stride: int,
    http_node: Any,
    hospital_on: Callable[..., Any],
    in_child: Callable[[Callable[[], None]], int],
) -> None:
    hospital = hospital_on(http_node.url)
    assert hospital.anchorer(mode=mode).drain(10)

    def work(step: int) -> None:
        left = [step]
        store, registry = KilledAt(hospital.open_store(), left), KilledAt(hospital.registry(), left)
        assert hospital.anchorer(store=store, registry=registry, mode=mode).drain(20)

    killed = 0
    for step in range(1, MOST_STEPS, stride):
        hospital.append(2)
        hospital.store.close()
        code = in_child(lambda step=step: work(step))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
        assert hospital.anchorer(mode=mode).drain(20)
        hospital.check_exactly_once(mode)
    else:
        pytest.fail("the worker takes more steps than the test kills")
    hospital.check_exactly_once(mode)
    assert killed > 20 / stride


def test_a_worker_killed_twice_in_a_row_still_recovers(
    http_node: Any, hospital_on: Callable[..., Any], in_child: Callable[[Callable[[], None]], int]
) -> None:
    hospital = hospital_on(http_node.url)

    def work(step: int) -> None:
        left = [step]
        store, registry = KilledAt(hospital.open_store(), left), KilledAt(hospital.registry(), left)
        hospital.anchorer(store=store, registry=registry).drain(20)

    for first, second in ((11, 5), (13, 4), (15, 6), (16, 16)):
        hospital.append(3)
        hospital.store.close()
        for step in (first, second):
            in_child(lambda step=step: work(step))
            hospital.append(1)
        assert hospital.anchorer().drain(20)
        hospital.check_exactly_once()
