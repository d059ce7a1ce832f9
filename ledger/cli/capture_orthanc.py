"""``medseal orthanc``: what an Orthanc server holds and gets, registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.capture_shared import ATTEMPTS_ONCE, Once, Source, Teller, anchoring_beside, stopping, summary
from ledger.cli.edge import UNDETERMINED, Data, Json, Ledger, Server, Verbose, opened, settings_for, worst

if TYPE_CHECKING:
    import threading

    from ledger.ingest.pulling import Pull
    from ledger.ingest.tally import Tally
    from ledger.settings import Settings


def orthanc(
    url: Annotated[str, typer.Argument(metavar="URL", help="Orthanc's REST API, as https://orthanc.example:8042.")],
    source: Source = None,
    backfill: Annotated[
        bool, typer.Option("--backfill", help="Go through all that it holds, then end; Ctrl-C pauses, again resumes.")
    ] = False,
    once: Once = False,
    interval: Annotated[
        float, typer.Option("--interval", min=0.1, metavar="S", help="Seconds between looks at the change log.")
    ] = 5.0,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Register what the ledger lacks of an Orthanc server, by its change log: what a forward lost is found.

    User and password are settings (MEDSEAL_ORTHANC_USER, MEDSEAL_ORTHANC_PASSWORD). Runs until Ctrl-C, and goes on
    where it was. With a server the key needs the scopes register and history.
    """
    from ledger.core.sources import source_name

    settings = settings_for(data, server, verbose)
    name = source_name(source or "orthanc")
    with opened(settings) as ledger:
        code = _pull(url, settings, ledger, name, backfill=backfill, once=once, interval=interval, as_json=as_json)
    raise typer.Exit(code)


def _pull(
    url: str,
    settings: Settings,
    ledger: Ledger,
    name: str,
    *,
    backfill: bool,
    once: bool,
    interval: float,
    as_json: bool,
) -> int:
    from ledger.core.images import Limits
    from ledger.ingest.feed import missing_objects
    from ledger.ingest.memory import Memory, memory_path
    from ledger.ingest.orthanc import Orthanc
    from ledger.ingest.pulling import Pull
    from ledger.ingest.tally import Tally

    most = settings.max_upload_mb << 20
    limits = Limits(most, settings.max_pixels, settings.max_frames)
    password = settings.orthanc_password.get_secret_value() if settings.orthanc_password else None
    tally = Tally(ledger.gateway.sources, name)
    with (
        Orthanc(
            url, user=settings.orthanc_user, password=password, trusted=settings.orthanc_ca, most_bytes=most
        ) as archive,
        stopping() as stop,
        Memory(memory_path(settings.data, "orthanc", archive.url)) as memory,
        anchoring_beside(ledger, settings),
    ):
        attempts = ATTEMPTS_ONCE if once or backfill else None
        feed = missing_objects(ledger.gateway, limits)
        pull = Pull(archive, feed, memory, tally, Teller(as_json, "instance"), stop, attempts)
        whole = _run(pull, stop, name, backfill=backfill, once=once, interval=interval)
    code = _summary(pull, tally, name)
    if backfill and not whole:
        return worst([code, UNDETERMINED])
    return code


def _run(pull: Pull, stop: threading.Event, name: str, *, backfill: bool, once: bool, interval: float) -> bool:
    """Whether everything that was asked for is done."""
    from ledger.cli.output import clean, progress, say

    with progress() as bars:
        task = bars.add_task("back-fill" if backfill else "changes", total=None)

        def show(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        if backfill:
            whole = pull.backfill(show)
            if not whole:
                say("paused; the same command goes on where it was")
            return whole
        if not once:
            say(f"following as {clean(name)}; Ctrl-C ends it")
        pull.follow(once=once, interval=interval, on_progress=show)
        return not stop.is_set()


def _summary(pull: Pull, tally: Tally, name: str) -> int:
    from ledger.cli.output import say

    if pull.gone:
        say(f"{pull.gone} deleted there before they were read")
    return summary(tally, name)
