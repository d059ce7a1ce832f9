"""Key files: 64 hex digits (0x may stand before them), readable by their owner alone, created whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import SettingsError, StorageFull

KEY_BYTES = 32
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1 (SEC 2, section 2.4.1): a private key is below it and not zero."""


class SecretBytes(bytes):
    """A private key. It prints as nothing but its length, wherever it ends up; ``bytes(key)`` is the key itself."""

    def __repr__(self) -> str:
        return f"<secret of {len(self)} bytes>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


def load_or_create_sender_key(path: Path) -> SecretBytes:
    """The secp256k1 key in ``path``, made there if there is no file. SettingsError if the file is not safe to use."""
    key = _load_or_create(path, _new_sender_key)
    if not 0 < int.from_bytes(key, "big") < _ORDER:
        raise SettingsError(f"the key in {path} is no secp256k1 key", advice="Restore the file from its backup.")
    return key


def load_or_create_signing_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key (RFC 8032 seed) in ``path``, made there if there is no file. SettingsError as above."""
    return Ed25519PrivateKey.from_private_bytes(bytes(_load_or_create(path, lambda: secrets.token_bytes(KEY_BYTES))))


def _new_sender_key() -> bytes:
    return (secrets.randbelow(_ORDER - 1) + 1).to_bytes(KEY_BYTES, "big")


def _load_or_create(path: Path, make: Callable[[], bytes]) -> SecretBytes:
    try:
        if not path.exists():
            _create(path, make().hex())
        return _read(path)
    except OSError as error:
        raise _unusable(path, error) from error


def _read(path: Path) -> SecretBytes:
    with path.open("rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise SettingsError(
                f"others can read or write the key file {path}: expected mode 0600, found {mode:04o}",
                advice=f"Run: chmod 600 {path} (and make a new key if somebody else may have read this one).",
            )
        content = file.read(1024).strip()
    digits = re.fullmatch(rb"(?:0[xX])?([0-9a-fA-F]{64})", content)
    if digits is None:
        raise SettingsError(
            f"expected 64 hex digits in the key file {path}, found {len(content)} other bytes",
            advice="Give the key as 64 hex digits; one that is damaged comes back from its backup alone.",
        )
    return SecretBytes(bytes.fromhex(digits[1].decode()))


def _create(path: Path, text: str) -> None:
    """Write ``text`` to a new file: complete, on the disk and private before it has its name.

    A link, not a rename: if somebody else creates the file at the same moment theirs stays, and is read afterwards.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _unusable(path: Path, error: OSError) -> SettingsError | StorageFull:
    if error.errno == 28:
        return StorageFull(f"no space for the key file {path}")
    return SettingsError(
        f"the key file {path} can't be used: {error.strerror or error}",
        advice="Check the path and the rights of its folder.",
    )
