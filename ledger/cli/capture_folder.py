"""``medseal watch`` and ``medseal agent``: a folder whose files are registered, with or without leaving the machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.capture_shared import ATTEMPTS_ONCE, Once, Source, Teller, anchoring_beside, stopping, summary
from ledger.cli.edge import UNDETERMINED, YES, Data, Json, Ledger, Server, Verbose, opened, settings_for, worst
from ledger.errors import InputError

if TYPE_CHECKING:
    import threading

    from ledger.ingest.feed import Feed
    from ledger.ingest.folder import FolderWatch
    from ledger.ingest.tally import Tally
    from ledger.settings import Settings

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder; its sub-folders are watched too.")]
QuarantineDir = Annotated[
    Path | None,
    typer.Option("--quarantine", metavar="DIR", help="Where what cannot be read is set aside; DIR/quarantine."),
]
Leave = Annotated[
    bool, typer.Option("--leave", help="Leave what cannot be read where it is; only the reason goes to the quarantine.")
]
Settle = Annotated[
    float, typer.Option("--settle", min=0.1, metavar="S", help="A file is whole when nothing changed for S seconds.")
]
Patience = Annotated[
    float, typer.Option("--patience", min=0, metavar="S", help="Seconds until one that cannot be read is set aside.")
]
Rescan = Annotated[
    float, typer.Option("--rescan", min=1, metavar="S", help="Seconds between scans, for shares that tell no changes.")
]


@dataclass(frozen=True)
class _Manner:
    """How a folder is watched, as the options say."""

    source: str
    quarantine: Path
    leave: bool
    settle: float
    patience: float
    rescan: float
    once: bool
    as_json: bool


def watch(
    folder: Folder,
    source: Source = None,
    once: Once = False,
    quarantine: QuarantineDir = None,
    leave: Leave = False,
    settle: Settle = 2.0,
    patience: Patience = 30.0,
    rescan: Rescan = 300.0,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """Register each file that arrives in a folder, once it is whole. The files stay where and as they are.

    Runs until Ctrl-C. What cannot be read is moved to the quarantine, with the reason beside it.
    """
    from ledger.ingest.feed import images

    settings = settings_for(data, server, verbose)
    manner = _manner(folder, source, quarantine, leave, settle, patience, rescan, once, as_json)
    with opened(settings) as ledger:
        code = _work(folder, settings, ledger, images(ledger.gateway), manner)
    raise typer.Exit(code)


def agent(
    folder: Folder,
    source: Source = None,
    once: Once = False,
    quarantine: QuarantineDir = None,
    leave: Leave = False,
    settle: Settle = 2.0,
    patience: Patience = 30.0,
    rescan: Rescan = 300.0,
    as_json: Json = False,
    data: Data = None,
    server: Server = None,
    verbose: Verbose = False,
) -> None:
    """As watch, but the images stay on this machine: digests are made here, and they alone are sent.

    Needs a server (--server or MEDSEAL_SERVER); --data is where it remembers what is done.
    """
    from ledger.core.images import Limits
    from ledger.ingest.feed import digests_only

    settings = settings_for(data, server, verbose)
    if not settings.server:
        raise InputError("expected a server to send digests to, found none", advice="Give --server or MEDSEAL_SERVER.")
    limits = Limits(settings.max_upload_mb << 20, settings.max_pixels, settings.max_frames)
    manner = _manner(folder, source, quarantine, leave, settle, patience, rescan, once, as_json)
    with opened(settings) as ledger:
        code = _work(folder, settings, ledger, digests_only(ledger.gateway, limits), manner)
    raise typer.Exit(code)


def _manner(
    folder: Path,
    source: str | None,
    quarantine: Path | None,
    leave: bool,
    settle: float,
    patience: float,
    rescan: float,
    once: bool,
    as_json: bool,
) -> _Manner:
    from ledger.core.sources import source_name

    if not folder.is_dir():
        raise InputError(f"expected a folder at {folder}, found none", code="unusable_file", advice="Make it first.")
    name = source_name(source or folder.absolute().name or "folder")
    aside = (quarantine or folder / "quarantine").absolute()
    return _Manner(name, aside, leave, settle, patience, rescan, once, as_json)


def _work(folder: Path, settings: Settings, ledger: Ledger, feed: Feed, manner: _Manner) -> int:
    from ledger.ingest.folder import FolderPlan, FolderWatch
    from ledger.ingest.memory import Memory, memory_path
    from ledger.ingest.quarantine import Quarantine
    from ledger.ingest.tally import Tally

    root = folder.absolute()
    plan = FolderPlan(
        root, manner.quarantine, manner.settle, manner.patience, manner.rescan, settings.max_upload_mb << 20
    )
    tally = Tally(ledger.gateway.sources, manner.source)
    aside = Quarantine(root, manner.quarantine, leave=manner.leave)
    attempts = ATTEMPTS_ONCE if manner.once else None
    with stopping() as stop, Memory(memory_path(settings.data, "folder", str(root))) as memory:
        watched = FolderWatch(plan, feed, memory, tally, aside, Teller(manner.as_json, "file"), stop, attempts)
        return _watch(watched, ledger, settings, tally, manner, stop)


def _watch(
    watched: FolderWatch, ledger: Ledger, settings: Settings, tally: Tally, manner: _Manner, stop: threading.Event
) -> int:
    from ledger.cli.images import wait_until_anchored
    from ledger.cli.output import clean, progress, say

    with progress() as bars:
        task = bars.add_task("scanning", total=watched.size())

        def show(done: int) -> None:
            bars.update(task, completed=done)

        if manner.once:
            watched.once(show)
        else:
            with anchoring_beside(ledger, settings):
                say(f"watching as {clean(manner.source)}; Ctrl-C ends it")
                watched.run(show)
    code = summary(tally, manner.source)
    if manner.once and not stop.is_set():
        code = worst([code, YES if wait_until_anchored(ledger) else UNDETERMINED])
    return worst([code, UNDETERMINED]) if manner.once and stop.is_set() else code
