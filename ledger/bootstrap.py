"""First use and every later one: keys, chain, contract, registrar and log are there, made where they are missing.

The embedded testnet is MedSeal's own, so the contract is deployed on it without asking. On any other network the
contract is deployed by an administrator (``medseal deploy``), and what is missing there is an error with that advice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.chain.abi import interface
from ledger.chain.client import Web3Registry
from ledger.chain.deploy import Deployment, Directory, deploy, fund
from ledger.chain.keys import SecretBytes, load_or_create_sender_key, load_or_create_signing_key
from ledger.chain.late import Occupied
from ledger.chain.rpc import SECONDS, Provider, Rpc
from ledger.chain.transactions import address_of
from ledger.core.model import Registrar
from ledger.core.trust import TrustedChain, dump_trust
from ledger.errors import ChainMismatch, ChainSilent, ChainUnreachable, Conflict, SettingsError
from ledger.files import write_atomically
from ledger.folder import Folder
from ledger.registration import draft_entry
from ledger.settings import Settings
from ledger.store import SqlStore
from ledger.store.sealing import load_trace_key
from ledger.trusting import trust_of

if TYPE_CHECKING:
    from ledger.chain.testnet import LocalTestnet
    from ledger.core.digests.looks import Look

LOCAL_CHAIN_ID = 1337
LOCAL_CLIENT = "medseal"
SENDER_FUNDS = 1000 * 10**18
_LOCK_SECONDS, _RUNNING_SECONDS = 15.0, 3.0
_LOCAL_CONFIRMATIONS, _CONFIRMATIONS = 1, 12


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass
class Parts:
    """Everything that a ledger runs on. Close it to release the embedded chain and the database."""

    settings: Settings
    folder: Folder
    store: SqlStore
    registry: Web3Registry
    deployment: Deployment
    registrar: Registrar
    signing_key: Ed25519PrivateKey
    confirmations: int
    closing: ExitStack
    testnet: LocalTestnet | None = None
    look: Look | None = None

    def close(self) -> None:
        """The database and the embedded chain are released."""
        self.closing.close()

    def trust(self) -> str:
        """The trust file as of now: this chain, its contract, the registrars' keys and the final blocks."""
        made = self.deployment
        chain = TrustedChain(made.chain_id, made.genesis_hash, made.contract, interface().roots_slot)
        return dump_trust(trust_of(self.store, self.registry, chain))

    def write_trust(self) -> None:
        """``trust.json`` in the data folder says what :meth:`trust` says now."""
        write_atomically(self.folder.trust, self.trust(), mode=0o644)

    def __enter__(self) -> Parts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def prepare(settings: Settings, *, patient: bool = False) -> Parts:
    """The parts, each made on first use. SettingsError, ChainMismatch or an OutageError says what is in the way.

    ``patient``: where the contract is known, a chain that does not answer is no obstacle; what needs it raises then.
    """
    folder = Folder(settings.data.absolute())
    folder.create()
    with ExitStack() as closing:
        store = closing.enter_context(SqlStore.open(database_url(settings, folder), trace_key=trace_key(settings)))
        signing_key = _signing_key(folder)
        sender_key = load_or_create_sender_key(settings.sender_key_file or folder.keys / "sender.key")
        provider, local = _node(settings, folder, closing, patient=patient and folder.deployment.exists())
        registrar = _registrar(settings, store, signing_key)
        _same_ledger(folder, store, registrar)
        deployment = _deployment(folder, provider, registrar, sender_key, local=bool(local))
        connect = Web3Registry.connect_later if local is None else Web3Registry.connect
        local = deployment.chain_id == LOCAL_CHAIN_ID if local is None else local
        registry = connect(
            provider,
            chain_id=deployment.chain_id,
            address=deployment.contract,
            sender_key=sender_key,
            timeout=settings.chain_timeout,
        )
        _open_log(store, registrar, deployment)
        confirmations = settings.confirmations or (_LOCAL_CONFIRMATIONS if local else _CONFIRMATIONS)
        found = (settings, folder, store, registry, deployment, registrar, signing_key, confirmations)
        parts = Parts(*found, closing=closing, testnet=getattr(provider, "node", None))
        if not folder.trust.exists():
            parts.write_trust()
        parts.closing = closing.pop_all()
        return parts


def database_url(settings: Settings, folder: Folder) -> str:
    """The configured database, or SQLite in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{folder.database}"


def trace_key(settings: Settings) -> SecretBytes | None:
    """The key that stored fingerprints are encrypted with, None if none is set; SettingsError for a bad file."""
    return None if settings.trace_key_file is None else SecretBytes(load_trace_key(settings.trace_key_file))


def is_local(provider: Provider, timeout: float = SECONDS) -> bool:
    """Whether the node is MedSeal's embedded testnet, which its operator owns entirely."""
    return str(Rpc(provider, timeout).call("web3_clientVersion")).lower().startswith(LOCAL_CLIENT)


def running_chain(folder: Folder) -> str | None:
    """The URL of the chain that a running ``medseal up``, or a command without it, serves from this folder; also of one
    that hangs."""
    try:
        url = str(json.loads(folder.running.read_text())["chain_url"])
        Rpc(url, timeout=_RUNNING_SECONDS).call("eth_chainId")
    except ChainSilent:
        return url
    except (OSError, ValueError, KeyError, TypeError, ChainUnreachable):
        return None
    return url


def open_testnet(folder: Folder, funded: list[str], *, wait: float = _LOCK_SECONDS) -> LocalTestnet:
    """The embedded chain of the folder; waits a little for another command that has it open."""
    from ledger.chain.testnet import LocalTestnet

    deadline = time.monotonic() + wait
    while True:
        try:
            return LocalTestnet(folder.chain, chain_id=LOCAL_CHAIN_ID, funded=funded)
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def funded_addresses(folder: Folder, settings: Settings) -> list[str]:
    """The accounts that hold ether from the embedded chain's genesis: administrator and sender."""
    folder.create()
    sender = load_or_create_sender_key(settings.sender_key_file or folder.keys / "sender.key")
    return [address_of(load_or_create_sender_key(folder.keys / "admin.key")), address_of(sender)]


def chain_of(settings: Settings, folder: Folder, closing: ExitStack) -> Provider:
    """The configured chain, else the one that is running, else the embedded one until ``closing`` ends."""
    url = settings.chain_url or running_chain(folder)
    if url:
        return url
    from ledger.chain.testnet import LocalProvider

    node = open_testnet(folder, funded_addresses(folder, settings))
    closing.callback(node.close)
    return LocalProvider(node)


def _node(settings: Settings, folder: Folder, closing: ExitStack, *, patient: bool) -> tuple[Provider, bool | None]:
    """The chain, and whether it is the embedded one; None for a patient caller when it does not answer."""
    try:
        provider = chain_of(settings, folder, closing)
    except Conflict as error:
        if not patient:
            raise
        return Occupied(error), None
    try:
        return provider, is_local(provider, settings.chain_timeout)
    except ChainUnreachable:
        if not patient:
            raise
        return provider, None


def registrar_id(public_key: bytes) -> str:
    """A registrar's id names its first signing key, so that nobody can claim another's."""
    return sha256(b"medseal/registrar/1\n" + public_key).hexdigest()


def _signing_key(folder: Folder) -> Ed25519PrivateKey:
    path = folder.keys / "signing.key"
    if folder.deployment.exists() and not path.exists():
        raise SettingsError(
            f"expected the signing key of this ledger in {path}, found none",
            advice="Restore keys/ from its backup; a new key would be another identity with an empty log.",
        )
    return load_or_create_signing_key(path)


def _same_ledger(folder: Folder, store: SqlStore, registrar: Registrar) -> None:
    """A log that was opened belongs to its contract; without the record of it a second one would be deployed."""
    if store.registrar(registrar.id) is not None and not folder.deployment.exists():
        raise SettingsError(
            f"expected the deployment of this ledger in {folder.deployment}, found none",
            advice="Restore deployment.json from its backup; another contract would hold another log.",
        )


def _registrar(settings: Settings, store: SqlStore, signing_key: Ed25519PrivateKey) -> Registrar:
    """The registrar of the key: as the log knows it already, else under the name in the settings."""
    public_key = signing_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    identity = registrar_id(public_key)
    return store.registrar(identity) or Registrar(identity, settings.registrar_name, public_key.hex(), utc_now())


def _deployment(
    folder: Folder, provider: Provider, registrar: Registrar, sender_key: SecretBytes, *, local: bool
) -> Deployment:
    try:
        return Deployment.from_json(folder.deployment.read_text())
    except FileNotFoundError:
        if not local:
            raise ChainMismatch(
                f"expected {folder.deployment}, found none: no contract is known on this chain",
                advice="Run medseal deploy --rpc URL with a funded key, or copy deployment.json here.",
            ) from None
    admin_key = load_or_create_sender_key(folder.keys / "admin.key")
    return establish(folder, provider, registrar, sender_key, admin_key, funds=SENDER_FUNDS)


def establish(
    folder: Folder,
    provider: Provider,
    registrar: Registrar,
    sender_key: SecretBytes,
    admin_key: SecretBytes,
    *,
    funds: int = 0,
    progress: Callable[[str], None] = lambda _step: None,
) -> Deployment:
    """Deploy the contract, enter the registrar with its sender, and record it in ``deployment.json``.

    The administrator's account brings the sender's balance to at least ``funds`` wei.
    """
    progress("deploying the contract")
    deployment = deploy(provider, admin_key)
    sender = address_of(sender_key)
    fund(provider, admin_key, sender, funds)
    progress("entering the registrar in the directory")
    Directory(provider, deployment, admin_key).add_registrar(registrar.id, registrar.name, sender)
    write_atomically(folder.deployment, deployment.to_json(), mode=0o644)
    return deployment


def _open_log(store: SqlStore, registrar: Registrar, deployment: Deployment) -> None:
    if store.registrar(registrar.id) is not None:
        return
    fields = {
        "name": registrar.name,
        "public_key": registrar.public_key,
        "chain_id": deployment.chain_id,
        "contract": deployment.contract,
    }
    store.add_registrar(registrar, draft_entry(registrar.id, "genesis", fields, lambda: registrar.created_at))
