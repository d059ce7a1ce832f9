"""The data folder: rights, space, keys, the database, and what waits in it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.doctor.finding import Finding
from ledger.errors import LedgerError, SettingsError, TraceUnreadable
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.store import SqlStore

_LEAST_FREE = 1 << 30
_SECRET_FILES = ("signing.key", "sender.key", "admin.key", "dashboard.key", "dashboard-sign-in.toml")
_LONGEST_WAIT = 900.0
"""Seconds after which an entry that waits for a batch is a sign that nobody anchors."""


def folder(settings: Settings) -> Iterator[Finding]:
    """Whether the folder can be written to, and has space."""
    folder = settings.data.absolute()
    if not folder.exists():
        yield Finding("data folder", True, f"{folder} is not there yet; the first command makes it")
        return
    rights = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    yield Finding("data folder", folder.is_dir() and rights, str(folder), "It must be a folder that you can write to.")
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):.1f} GB free"
    yield Finding("disk", free >= _LEAST_FREE, detail, "Free some space: at least 1 GB.")


def keys(settings: Settings) -> Iterator[Finding]:
    """Whether the keys are there, closed to others, and keys at all."""
    folder = settings.data.absolute() / "keys"
    named = [path for path in (settings.sender_key_file, settings.trace_key_file) if path]
    files = [folder / name for name in _SECRET_FILES] + named
    if (settings.data / "deployment.json").exists():
        needed = [folder / "signing.key", settings.sender_key_file or folder / "sender.key"]
        missing = ", ".join(str(path) for path in needed if not path.exists())
        if missing:
            yield Finding("keys", False, f"missing: {missing}", "Restore keys/ from its backup.")
    files = [path for path in files if path.exists()]
    open_to_others = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    names = ", ".join(str(path) for path in open_to_others)
    detail = f"others can read {names}" if names else f"{len(files)} key files, closed to others"
    yield Finding("key files", not open_to_others, detail, f"Run: chmod 600 {names}")
    if not open_to_others:
        _load_keys(folder, settings)


def _load_keys(folder: Path, settings: Settings) -> None:
    """Read the keys that are there; SettingsError names the first file that holds none."""
    from ledger.bootstrap import trace_key
    from ledger.chain.keys import load_or_create_sender_key, load_or_create_signing_key

    trace_key(settings)
    for path in (folder / "sender.key", folder / "admin.key", settings.sender_key_file):
        if path is not None and path.exists():
            load_or_create_sender_key(path)
    if (folder / "signing.key").exists():
        load_or_create_signing_key(folder / "signing.key")


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it answers, and what its registrars wait for."""
    from ledger.bootstrap import database_url
    from ledger.folder import Folder
    from ledger.store import SqlStore

    folder = Folder(settings.data.absolute())
    if settings.database_url is None and not folder.database.exists():
        yield Finding("database", True, "not there yet; the first command makes it")
        return
    kind = f"SQLite in {folder.database}" if settings.database_url is None else "the database of MEDSEAL_DATABASE_URL"
    try:
        with SqlStore.open(database_url(settings, folder), trace_key=_usable_trace_key(settings)) as store:
            store.ping()
            entries = sum(store.log_size(registrar.id) for registrar in store.registrars())
            yield Finding("database", True, f"{kind} answers, {entries} entries")
            yield _fingerprints(store)
            yield from _anchoring(store)
    except LedgerError as error:
        yield Finding("database", False, f"{kind}: {error} ({error.code})", error.advice)


def _usable_trace_key(settings: Settings) -> bytes | None:
    from ledger.bootstrap import trace_key

    try:
        return trace_key(settings)
    except SettingsError:
        return None  # named among the keys


def _fingerprints(store: SqlStore) -> Finding:
    """How many are stored, and whether they are encrypted and can be read."""
    sealed, plain = store.traces_kept()
    unset = "" if store.seal.active else "; MEDSEAL_TRACE_KEY_FILE names no key, so new ones are stored in clear"
    detail = f"{sealed} encrypted, {plain} in clear{unset}"
    try:
        store.check_trace_key()
    except TraceUnreadable as error:
        return Finding("fingerprints", False, f"{detail}: {error} ({error.code})", error.advice)
    return Finding("fingerprints", True, detail)


def _anchoring(store: SqlStore) -> Iterator[Finding]:
    """For each registrar what waits, since when, and what is blocked, why."""
    for registrar in store.registrars():
        batches = store.batches(registrar.id, open_only=True)
        blocked = [batch for batch in batches if batch.state == "blocked"]
        for batch in blocked:
            detail = f"batch {batch.sequence} of {registrar.name} is blocked: {batch.reason}"
            yield Finding("anchoring", False, detail, "Remove the reason; anchoring then goes on by itself.")
        pending, now = store.pending(registrar.id), datetime.now(UTC)
        under_way = f"batches on their way: {len(batches) - len(blocked)}"
        if pending is None:
            yield Finding("anchoring", True, f"{registrar.name}: nothing waits, {under_way}")
            continue
        age = (now - pending.oldest).total_seconds()
        detail = (
            f"{registrar.name}: entries waiting: {pending.size - pending.first}, the oldest {age:,.0f} s; {under_way}"
        )
        advice = "Start medseal up, or register something: the command anchors what waits."
        yield Finding("anchoring", age <= _LONGEST_WAIT, detail, advice)
