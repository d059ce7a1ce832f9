"""``medseal deploy``: the contract on any EVM network, this ledger in its directory, and the record of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ledger import bootstrap
from ledger.chain.deploy import Deployment
from ledger.chain.keys import SecretBytes, load_or_create_sender_key, load_or_create_signing_key
from ledger.chain.transactions import address_of
from ledger.core.model import Registrar
from ledger.errors import Conflict, SettingsError
from ledger.settings import Settings


def deploy_to(settings: Settings, url: str, key_file: Path | None, say: Callable[[str], None]) -> Deployment:
    """The contract runs at ``url`` with this ledger as a registrar, and the folder knows it.

    The administrator is ``key_file``, else ``keys/admin.key``, and needs ether there. ``say`` gets a line a step.
    Conflict when the folder has a deployment already; ChainRejected when the network refuses a transaction.
    """
    folder = bootstrap.Folder(settings.data.absolute())
    if folder.deployment.exists():
        raise Conflict(
            f"expected no deployment yet, found {folder.deployment}",
            advice="Give another folder with --data: a log belongs to one contract for ever.",
        )
    folder.create()
    admin_key = _admin_key(folder, key_file)
    sender_key = load_or_create_sender_key(settings.sender_key_file or folder.keys / "sender.key")
    signing_key = load_or_create_signing_key(folder.keys / "signing.key")
    say(f"administrator {address_of(admin_key)}, sender {address_of(sender_key)}: both pay for gas there")
    local = bootstrap.is_local(url)
    public_key = signing_key.public_key().public_bytes_raw()
    identity = bootstrap.registrar_id(public_key)
    registrar = Registrar(identity, settings.registrar_name, public_key.hex(), bootstrap.utc_now())
    record = bootstrap.establish(folder, url, registrar, sender_key, admin_key, fund_sender=local, progress=say)
    bootstrap.prepare(settings.model_copy(update={"chain_url": url})).close()
    return record


def _admin_key(folder: bootstrap.Folder, key_file: Path | None) -> SecretBytes:
    if key_file is not None and not key_file.is_file():
        raise SettingsError(f"expected a key file, found none at {key_file}", advice="Check the path of --key-file.")
    return load_or_create_sender_key(key_file or folder.keys / "admin.key")
