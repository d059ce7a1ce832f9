"""What the commands of capture share: stopping gracefully, anchoring beside the work, and what is said of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import BAD_INPUT, YES, Ledger
from ledger.cli.wording import advice_of
from ledger.errors import LedgerError, OutageError

if TYPE_CHECKING:
    from ledger.ingest.feed import Fed
    from ledger.ingest.tally import Tally
    from ledger.settings import Settings

ATTEMPTS_ONCE = 5
"""With --once an outage is waited out for so many tries, half a minute; a service waits for ever."""

Source = Annotated[
    str | None, typer.Option("--source", metavar="NAME", help="What the source is called in counts; shown to people.")
]
Once = Annotated[bool, typer.Option("--once", help="End when everything that is there now is settled.")]


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second one ends at once. Signals are as before afterwards."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise typer.Exit(128 + number)
        stop.set()
        from ledger.cli.output import say

        say("stopping after the object at hand …")

    for number in before:
        signal.signal(number, end)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def anchoring_beside(ledger: Ledger, settings: Settings) -> Iterator[None]:
    """In process, what is registered inside is anchored, unless the worker of `medseal up` does it, and quiet studies
    are closed; behind a server that is the server's."""
    if ledger.service is None:
        yield
        return
    from ledger.ingest.background import Background
    from ledger.up.sharing import shared_chain

    background = Background(ledger.service, settings)
    with shared_chain(ledger.service.parts):
        background.start()
        try:
            yield
        finally:
            background.stop()


class Teller:
    """Says what became of each object. Names are printed in JSON alone, where they were asked for: they often hold a
    patient's, and what a service prints is kept by others."""

    def __init__(self, as_json: bool, name: str) -> None:
        self._as_json = as_json
        self._name = name
        self._outage: str | None = None

    def __call__(self, what: object, outcome: Fed | LedgerError) -> None:
        """One line; an outage is said once, and its end."""
        from ledger.cli import output

        if isinstance(outcome, OutageError):
            if self._outage != outcome.code:
                output.say(f"waiting: {outcome} ({outcome.code}). {advice_of(outcome)}")
            self._outage = outcome.code
            return
        if self._outage:
            output.say("going on")
            self._outage = None
        if self._as_json:
            output.emit({self._name: str(what), **_facts(outcome)})
        elif isinstance(outcome, LedgerError):
            output.say(f"not registered: {outcome} ({outcome.code})")
        else:
            typer.echo(f"{'registered' if outcome.created else 'was there'}  {outcome.registration_id}")


def _facts(outcome: Fed | LedgerError) -> dict[str, object]:
    from ledger.cli.output import error_object

    if isinstance(outcome, LedgerError):
        return {"error": error_object(outcome)}
    return {"registration_id": outcome.registration_id, "created": outcome.created}


def summary(tally: Tally, name: str) -> int:
    """Says what came of it all; the exit code."""
    from ledger.cli.output import clean, say

    totals = tally.totals
    say(
        f"{clean(name)}: {totals['received']} received, {totals['registered']} in the ledger, "
        f"{totals['failed']} not registered"
    )
    return BAD_INPUT if totals["failed"] else YES
