"""What the contract's administrator does: deploy it on any EVM network, and keep its directory of registrars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ledger import bootstrap
from ledger.chain.deploy import Deployment, Directory, balance
from ledger.chain.keys import SecretBytes, load_or_create_sender_key, load_or_create_signing_key
from ledger.chain.rpc import Rpc
from ledger.chain.transactions import address_of
from ledger.core.model import Registrar
from ledger.errors import ChainMismatch, ChainRejected, Conflict, InputError, SettingsError
from ledger.folder import Folder
from ledger.naming import REGISTRAR_ID, registrar_named
from ledger.settings import Settings
from ledger.store import SqlStore

WEI = 10**18
"""Of one ether."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True)
class Account:
    """Who pays, and what is there to pay with, in wei."""

    role: str
    address: str
    wei: int

    def __str__(self) -> str:
        return f"{self.role} {self.address} holds {ether(self.wei)}"


def ether(wei: int) -> str:
    """A sum for people."""
    return f"{wei / WEI:.6g} ether"


def deploy_to(
    settings: Settings, url: str, key_file: Path | None, funds: int, say: Callable[[str], None]
) -> tuple[Deployment, tuple[Account, Account]]:
    """The contract runs at ``url`` with this ledger as a registrar, and the folder knows it.

    The administrator is ``key_file``, else ``keys/admin.key``, and needs ether there. It brings the sender's balance
    to at least ``funds`` wei; what that takes is said before anything is sent. ``say`` gets a line a step. Answers the
    record, and the administrator's and the sender's accounts as they are afterwards.

    Conflict when the folder has a deployment already; ``insufficient_funds`` when the administrator has less than the
    sum; ChainRejected when the network refuses a transaction.
    """
    folder = Folder(settings.data.absolute())
    if folder.deployment.exists():
        raise Conflict(
            f"expected no deployment yet, found {folder.deployment}",
            advice="Give another folder with --data: a log belongs to one contract for ever.",
        )
    folder.create()
    admin_key = _key_for_deploying(folder, key_file)
    sender_key = load_or_create_sender_key(settings.sender_key_file or folder.keys / "sender.key")
    _announce(*_accounts(url, admin_key, sender_key), funds, say)
    identity = load_or_create_signing_key(folder.keys / "signing.key").public_key().public_bytes_raw()
    registrar = Registrar(
        bootstrap.registrar_id(identity), settings.registrar_name, identity.hex(), bootstrap.utc_now()
    )
    record = bootstrap.establish(folder, url, registrar, sender_key, admin_key, funds=funds, progress=say)
    bootstrap.prepare(settings.model_copy(update={"chain_url": url})).close()
    return record, _accounts(url, admin_key, sender_key)


def _accounts(url: str, admin_key: SecretBytes, sender_key: SecretBytes) -> tuple[Account, Account]:
    rpc, admin, sender = Rpc(url), address_of(admin_key), address_of(sender_key)
    return Account("administrator", admin, balance(rpc, admin)), Account("sender", sender, balance(rpc, sender))


def _announce(admin: Account, sender: Account, funds: int, say: Callable[[str], None]) -> None:
    say(f"{admin}; it pays for the deployment")
    say(f"{sender}; it pays for every batch")
    missing = funds - sender.wei
    if missing > admin.wei:
        raise InputError(
            f"expected the administrator {admin.address} to hold {ether(missing)} for the sender and the deployment's "
            f"gas, found {ether(admin.wei)}",
            code="insufficient_funds",
            advice="Send it ether, or give a smaller sum with --fund-sender ETHER (0: the sender is not funded).",
        )
    if missing > 0:
        say(f"the administrator will send the sender {ether(missing)} (--fund-sender)")
    elif sender.wei == 0:
        say(f"nothing can be anchored before you send ether to {sender.address}")


def _key_for_deploying(folder: Folder, key_file: Path | None) -> SecretBytes:
    if key_file is not None:
        return _existing_key(key_file)
    return load_or_create_sender_key(folder.keys / "admin.key")


def _existing_key(path: Path) -> SecretBytes:
    if not path.is_file():
        raise SettingsError(
            f"expected the administrator's key file, found none at {path}", advice="Check the path of --key-file."
        )
    return load_or_create_sender_key(path)


@contextmanager
def administration(settings: Settings, key_file: Path | None) -> Iterator[Directory]:
    """The contract's directory in the hands of ``key_file``, else of ``keys/admin.key``, which must be there.

    What is changed inside stands in the folder's trust file afterwards, if there is one.
    """
    folder = Folder(settings.data.absolute())
    if not folder.deployment.is_file():
        raise ChainMismatch(
            f"expected {folder.deployment}, found none", advice="Copy deployment.json of the contract here."
        )
    key = _existing_key(key_file or folder.keys / "admin.key")
    deployment = Deployment.from_json(folder.deployment.read_text())
    with ExitStack() as closing:
        try:
            yield Directory(bootstrap.chain_of(settings, folder, closing), deployment, key)
        except ChainRejected as error:
            raise ChainRejected(
                str(error),
                advice=f"Read the reason. Only the contract's administrator may do this and pays for it; "
                f"the key is that of {address_of(key)}.",
            ) from error
    if folder.trust.exists():
        with bootstrap.prepare(settings) as parts:
            parts.write_trust()


def registrar_for(settings: Settings, wanted: str | None) -> str:
    """The id that ``wanted`` names: an id as it is, a name as the folder's records know it, None the folder's own."""
    if wanted is not None and REGISTRAR_ID.fullmatch(wanted):
        return wanted
    folder = Folder(settings.data.absolute())
    if wanted is None:
        signing_key = folder.keys / "signing.key"
        if not signing_key.is_file():
            raise InputError(f"expected --registrar, as {folder.root} is no registrar's folder")
        return bootstrap.registrar_id(load_or_create_signing_key(signing_key).public_key().public_bytes_raw())
    with SqlStore.open(bootstrap.database_url(settings, folder)) as store:
        return registrar_named(store.registrars(), wanted)


def sender_address(text: str) -> str:
    """``text`` as a lower-case address; InputError when it is none."""
    if not _ADDRESS.fullmatch(text):
        raise InputError(f"expected an address of 0x and 40 hex digits, found {text[:80]!r}")
    return text.lower()


def seconds_since_1970(moment: datetime) -> int:
    """``moment`` as the contract counts, rounded down: what was said in that very second counts as compromised."""
    seconds = int(moment.timestamp())
    if seconds <= 0:
        raise InputError(f"expected a time after 1970, found {moment.isoformat()}")
    return seconds
