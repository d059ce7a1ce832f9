"""``medseal listen``: a DICOM listener, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.edge import YES, Data, Ledger, Server, Verbose, opened, settings_for

if TYPE_CHECKING:
    from ledger.ingest.counting import Counting
    from ledger.service import Service
    from ledger.settings import Settings


def listen(
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", min=0, max=65535, help="TCP port (MEDSEAL_DICOM_PORT)")
    ] = None,
    ae_title: Annotated[
        str | None,
        typer.Option("--ae-title", metavar="AE", help="Its AE title (MEDSEAL_DICOM_AE_TITLE)"),
    ] = None,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Register what DICOM senders store here: C-STORE, C-ECHO, storage commitment and MPPS, until Ctrl-C or SIGTERM.

    Who may send is in MEDSEAL_DICOM_PEERS; without it, programs on this machine alone.
    """
    from ledger.cli import output
    from ledger.errors import OutageError
    from ledger.ingest.dicom.listener import Listener
    from ledger.logs import configure

    settings = _with(settings_for(data, server, verbose), port, ae_title)
    configure(json_lines=True, verbose=verbose)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opened(settings) as ledger, ExitStack() as running:
        if ledger.service is None:
            with suppress(OutageError):  # a server that is away comes back; a key that will not do is said now
                ledger.gateway.studies.states([])
        commitments = ledger.service.commitments if ledger.service else None
        counting = _counting(ledger, running)
        listener = Listener(ledger.gateway, settings, commitments=commitments, counting=counting)
        if ledger.service is not None:
            running.enter_context(_working(ledger.service, settings))
        running.callback(listener.stop)
        listener.start()
        senders = settings.dicom_peers or "programs on this machine"
        where = f"{settings.dicom_ae_title} listens on {settings.dicom_host}, port {listener.port}"
        output.say(f"{where}, for {senders}; Ctrl-C ends it")
        sys.stderr.flush()
        stop.wait()
        output.say("finishing the associations that are open …")
    raise typer.Exit(YES)


def _counting(ledger: Ledger, running: ExitStack) -> Counting:
    """Where objects are counted by their sender's AE title."""
    from ledger.ingest.counting import CountsHere, CountsThere

    if ledger.service is not None:
        sources = ledger.service.sources
        return CountsHere(lambda: sources)
    there = CountsThere(ledger.gateway.sources)
    running.callback(there.close)
    return there


def _with(settings: Settings, port: int | None, ae_title: str | None) -> Settings:
    from pydantic import ValidationError

    from ledger.errors import SettingsError

    given = {"dicom_port": port, "dicom_ae_title": ae_title}
    values = settings.model_dump() | {name: value for name, value in given.items() if value is not None}
    try:
        return type(settings).model_validate(values)
    except ValidationError as error:
        raise SettingsError(f"expected an AE title of 1 to 16 characters, found {str(ae_title)[:40]!r}") from error


def _working(service: Service, settings: Settings) -> ExitStack:
    """What goes on beside the listener: anchoring, unless a worker has this folder, closing quiet studies, and letting
    other commands use the embedded chain."""
    from ledger.ingest.background import Background
    from ledger.ingest.looking import Looking
    from ledger.ingest.warming import warm
    from ledger.up.sharing import shared_chain

    stack = ExitStack()
    service.parts.look = looking = Looking()
    stack.callback(looking.close)
    warm(looking)
    stack.enter_context(shared_chain(service.parts))
    background = Background(service, settings)
    background.start()
    stack.callback(background.stop)
    return stack
