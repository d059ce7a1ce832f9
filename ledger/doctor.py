"""``medseal doctor``: is everything here that a ledger needs? It reads, and makes nothing."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import LedgerError
from ledger.settings import Settings

if TYPE_CHECKING:
    from ledger.chain.client import Web3Registry
    from ledger.store import SqlStore

_LEAST_FREE = 1 << 30
_SECRET_FILES = ("signing.key", "sender.key", "admin.key", "dashboard.key")
_LEAST_BATCHES = 100
_BATCH_GAS = 200_000
"""What a batch is taken to cost before there is one: about fifty images in register mode."""
_LONGEST_WAIT = 900.0
"""Seconds after which an entry that waits for a batch is a sign that nobody anchors."""
_PACKAGES = ("medseal", "pydicom", "numpy", "opencv-python", "ai-edge-litert", "web3", "py-evm", "fastapi", "streamlit")
_DECODERS = ("pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "python-gdcm")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``advice`` is the next step where it is not ok."""

    name: str
    ok: bool
    detail: str
    advice: str | None = None


def examine(settings: Settings) -> list[Finding]:
    """Findings on Python, decoders, detector, folder, keys, database, anchoring, chain, contract, sender and server.

    A data folder that is not there yet is fine: the first command makes it.
    """
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _versions,
        _decoders,
        _detector,
        _folder,
        _keys,
        _database,
        _chain,
        _server,
    )
    findings = []
    for check in checks:
        try:
            findings += list(check(settings))
        except LedgerError as error:
            findings.append(Finding(check.__name__.strip("_"), False, f"{error} ({error.code})", error.advice))
        except OSError as error:
            advice = "Check the rights of the data folder and of what is in it."
            findings.append(Finding(check.__name__.strip("_"), False, str(error), advice))
    return findings


def _versions(_settings: Settings) -> Iterator[Finding]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", sys.version_info >= (3, 11), found, "Python 3.11 or newer is needed.")
    yield _installed("packages", _PACKAGES)
    try:
        import cv2
    except ImportError as error:
        yield Finding("opencv", False, str(error), "On Debian and Ubuntu: apt-get install libgl1 libglib2.0-0.")
    else:
        yield Finding("opencv", True, f"OpenCV {cv2.__version__} loads")


def _installed(name: str, packages: tuple[str, ...]) -> Finding:
    found, missing = [], []
    for package in packages:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    detail = ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else "")
    return Finding(name, not missing, detail, "Run scripts/setup again.")


def _decoders(_settings: Settings) -> Iterator[Finding]:
    yield _installed("decoder packages", _DECODERS)
    from pydicom import uid
    from pydicom.pixels import get_decoder

    wanted = (
        uid.RLELossless,
        uid.JPEGBaseline8Bit,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEG2000Lossless,
        uid.JPEG2000,
    )
    lacking = [syntax.name for syntax in wanted if not get_decoder(syntax).is_available]
    detail = f"no decoder for {', '.join(lacking)}" if lacking else f"all {len(wanted)} compressed kinds can be read"
    yield Finding("transfer syntaxes", not lacking, detail, "Run scripts/setup again.")


def _detector(settings: Settings) -> Iterator[Finding]:
    """Whether the detector's model is there, and is the one its manifest names."""
    from detector.errors import DetectorError
    from ledger.detection import NONE

    if settings.detector == NONE:
        yield Finding("detector", True, "turned off (MEDSEAL_DETECTOR is none): check 10 is skipped")
        return
    from detector.predict import Analyzer

    try:
        found = Analyzer(settings.detector)
        yield Finding("detector", True, f"{found.name} {found.version}: its model is there, with the right digests")
    except DetectorError as error:
        yield Finding("detector", False, f"{settings.detector}: {error} ({error.code})", error.advice)


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.absolute()
    if not folder.exists():
        yield Finding("data folder", True, f"{folder} is not there yet; the first command makes it")
        return
    rights = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    yield Finding("data folder", folder.is_dir() and rights, str(folder), "It must be a folder that you can write to.")
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):.1f} GB free"
    yield Finding("disk", free >= _LEAST_FREE, detail, "Free some space: at least 1 GB.")


def _keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.data.absolute() / "keys"
    files = [folder / name for name in _SECRET_FILES] + [path for path in [settings.sender_key_file] if path]
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
        _load_keys(folder, settings.sender_key_file)


def _load_keys(folder: Path, sender_key_file: Path | None) -> None:
    """Read the keys that are there; SettingsError names the first file that holds none."""
    from ledger.chain.keys import load_or_create_sender_key, load_or_create_signing_key

    for path in (folder / "sender.key", folder / "admin.key", sender_key_file):
        if path is not None and path.exists():
            load_or_create_sender_key(path)
    if (folder / "signing.key").exists():
        load_or_create_signing_key(folder / "signing.key")


def _database(settings: Settings) -> Iterator[Finding]:
    from ledger.bootstrap import database_url
    from ledger.folder import Folder
    from ledger.store import SqlStore

    folder = Folder(settings.data.absolute())
    if settings.database_url is None and not folder.database.exists():
        yield Finding("database", True, "not there yet; the first command makes it")
        return
    kind = f"SQLite in {folder.database}" if settings.database_url is None else "the database of MEDSEAL_DATABASE_URL"
    try:
        with SqlStore.open(database_url(settings, folder)) as store:
            store.ping()
            entries = sum(store.log_size(registrar.id) for registrar in store.registrars())
            yield Finding("database", True, f"{kind} answers, {entries} entries")
            yield from _anchoring(store)
    except LedgerError as error:
        yield Finding("database", False, f"{kind}: {error} ({error.code})", error.advice)


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


def _chain(settings: Settings) -> Iterator[Finding]:
    from ledger.bootstrap import running_chain
    from ledger.chain.client import Web3Registry
    from ledger.chain.deploy import Deployment
    from ledger.folder import Folder

    folder = Folder(settings.data.absolute())
    url = settings.chain_url or running_chain(folder)
    if url is None:
        yield Finding("chain", True, "the embedded one, which no process serves now")
    if not folder.deployment.is_file():
        advice = "Run medseal deploy --rpc URL, or copy deployment.json into the data folder."
        yield Finding("contract", settings.chain_url is None, "not deployed yet", advice)
        return
    try:
        deployment = Deployment.from_json(folder.deployment.read_text())
    except LedgerError as error:
        yield Finding("contract", False, f"{folder.deployment}: {error} ({error.code})", error.advice)
        return
    if url is None:
        yield Finding("contract", True, f"deployed at {deployment.contract} on chain {deployment.chain_id}")
        return
    registry = Web3Registry.connect(
        url, chain_id=deployment.chain_id, address=deployment.contract, timeout=settings.chain_timeout
    )
    yield Finding("chain", True, f"chain id {deployment.chain_id}, newest block {registry.block().number}")
    yield Finding("contract", True, f"ImageRegistry answers at {deployment.contract}")
    yield from _sender(settings, folder.keys / "sender.key", url, registry)


def _sender(settings: Settings, usual: Path, url: str, registry: Web3Registry) -> Iterator[Finding]:
    """Whether the sender may write, and for how many batches its ether lasts."""
    from ledger.chain.deploy import balance
    from ledger.chain.keys import load_or_create_sender_key
    from ledger.chain.rpc import Rpc
    from ledger.chain.transactions import address_of
    from ledger.deploying import ether

    path = settings.sender_key_file or usual
    if not path.exists():
        yield Finding("sender", True, f"no key yet at {path}; the first command makes it")
        return
    sender = address_of(load_or_create_sender_key(path))
    registrar = registry.registrar_of(sender)
    status = registry.directory(registrar).status if registrar else "unknown or retired"
    advice = "The contract's administrator can mend it: medseal registrar status, or medseal registrar add-sender."
    yield Finding("directory", status == "active", f"sender {sender} writes for a registrar that is {status}", advice)
    gas, wei = _batch_gas(settings), balance(Rpc(url, settings.chain_timeout), sender)
    cost = gas * registry.gas_price()
    lasts = f"enough for about {wei // cost:,} batches of {gas:,} gas" if cost else "and gas costs nothing here"
    detail = f"{sender} holds {ether(wei)}, {lasts} at the present price"
    advice = f"Send ether to {sender}, at least {ether(_LEAST_BATCHES * cost)} for {_LEAST_BATCHES} batches."
    yield Finding("sender", wei >= _LEAST_BATCHES * cost, detail, advice)


def _batch_gas(settings: Settings) -> int:
    """The mean of the newest batches, a usual one's gas where there are none or they cannot be read."""
    from ledger.bootstrap import database_url
    from ledger.folder import Folder
    from ledger.store import SqlStore

    folder = Folder(settings.data.absolute())
    if settings.database_url is None and not folder.database.exists():
        return _BATCH_GAS
    try:
        with SqlStore.open(database_url(settings, folder)) as store:
            used = [batch.gas_used for batch in store.batches(limit=_LEAST_BATCHES) if batch.gas_used]
    except (LedgerError, OSError):
        return _BATCH_GAS
    return sum(used) // len(used) if used else _BATCH_GAS


def _server(settings: Settings) -> Iterator[Finding]:
    url = settings.server or _running_api(settings.data)
    if url is None:
        yield Finding("server", True, "none runs on this folder")
        return
    from ledger.client import Client

    with Client(url, None, timeout=10) as client:
        health = client.health()
    parts = ", ".join(f"{name} {state}" for name, state in health.parts.items())
    yield Finding("server", health.status == "ok", f"{url}: {health.status} {parts}".strip(), "Read its log.")


def _running_api(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / "run.json").read_text())["api_url"])
    except (OSError, ValueError, KeyError):
        return None
