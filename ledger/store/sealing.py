"""Fingerprints at rest: AES-256-GCM (NIST SP 800-38D) under the hospital's key, bound to their row and column."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import SettingsError, TraceUnreadable
from ledger.ports import TRACE_DAMAGED

KEY_BYTES = 32
_DOMAIN = b"medseal/trace/seal/1\n"
_KEY_DOMAIN = b"medseal/trace/key/1\n"
_NAME_BYTES, _NONCE_BYTES, _TAG_BYTES = 8, 12, 16
SEAL_BYTES = _NAME_BYTES + _NONCE_BYTES + _TAG_BYTES
"""What sealing adds to a value."""


def load_trace_key(path: Path) -> bytes:
    """The 32 bytes in ``path``, raw or as 64 hex digits. SettingsError if others can read it or it holds no key."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(1024)
    except OSError as error:
        raise SettingsError(
            f"the key file {path} can't be used: {error.strerror or error}",
            advice="Check MEDSEAL_TRACE_KEY_FILE and the rights of its folder.",
        ) from error
    if mode & 0o077:
        raise SettingsError(
            f"others can read or write the key file {path}: expected mode 0600, found {mode:04o}",
            advice=f"Run: chmod 600 {path} (and make a new key if somebody else may have read this one).",
        )
    if len(content) == KEY_BYTES:
        return content
    digits = re.fullmatch(rb"(?:0[xX])?([0-9a-fA-F]{64})", content.strip())
    if digits is None:
        raise SettingsError(
            f"expected 32 bytes or 64 hex digits in the key file {path}, found {len(content)} other bytes",
            advice=f"Make a key with: openssl rand -hex 32 > {path}",
        )
    return bytes.fromhex(digits[1].decode())


class TraceSeal:
    """Seals what is written and opens what was sealed; without a key it writes plain and opens nothing.

    Sealed bytes are the key's name (8 bytes of its SHA-256), a random nonce of 12 bytes, and the ciphertext with its
    tag of 16. The associated data name the registration and the column, so that no row can stand in for another.
    """

    def __init__(self, key: bytes | None) -> None:
        self._cipher = None if key is None else AESGCM(key)
        self._name = b"" if key is None else hashlib.sha256(_KEY_DOMAIN + key).digest()[:_NAME_BYTES]

    @property
    def active(self) -> bool:
        """Whether there is a key, so that rows are written sealed."""
        return self._cipher is not None

    def seal(self, registration: str, column: str, value: bytes) -> bytes:
        """``value`` as it is stored: sealed with a key, as it is without one."""
        if self._cipher is None:
            return value
        nonce = os.urandom(_NONCE_BYTES)
        return self._name + nonce + self._cipher.encrypt(nonce, value, _place(self._name, registration, column))

    def open(self, registration: str, column: str, stored: bytes) -> bytes:
        """What was sealed; TraceUnreadable without the key, with another one, or for bytes of another place."""
        if self._cipher is None:
            raise TraceUnreadable(f"expected the key of the fingerprint of {registration}, found no key set")
        if stored[:_NAME_BYTES] != self._name:
            raise TraceUnreadable(f"expected the key of the fingerprint of {registration}, found another key")
        nonce, sealed = stored[_NAME_BYTES:][:_NONCE_BYTES], stored[_NAME_BYTES + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, _place(self._name, registration, column))
        except (InvalidTag, ValueError):
            raise TraceUnreadable(
                f"expected the fingerprint of {registration} as it was stored, found other bytes",
                advice="Run medseal audit; it names every fingerprint that was changed. Restore it from a backup.",
                code=TRACE_DAMAGED,
            ) from None


def _place(name: bytes, registration: str, column: str) -> bytes:
    return _DOMAIN + name + f"{registration}\n{column}".encode()
