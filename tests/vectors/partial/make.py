"""Makes the golden partial receipts of this folder with a key, a salt and a time that stand here.

    .venv/bin/python tests/vectors/partial/make.py

A changed file is a changed format: it gets a new version (``medseal/partial/2``) instead. No ledger is asked: the
registrar signs a pending receipt, whose salt and key are written below and must be used nowhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from ledger.core.digests import digest_set
from ledger.core.entry import VERSION, commitment_key, commitments, encode_entry, timestamp
from ledger.core.model import Registrar, Standing
from ledger.core.partial import Box
from ledger.core.partial_making import disclose
from ledger.core.receipt import Opening, issue
from ledger.core.trust import Trust, TrustedChain, TrustedKey, TrustedRegistrar, dump_trust

HERE = Path(__file__).parent
KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"partial receipts, golden key").digest())
SALT = sha256(b"partial receipts, golden salt").digest()
TIME = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def picture() -> bytes:
    """A 100×70 grey PNG of 16 bits: a gradient, and a bright bar in the upper right corner where a name would be."""
    y, x = np.mgrid[:70, :100]
    samples = (x * 300 + y * 500).astype(np.uint16)
    samples[4:20, 66:98] = 60_000
    file = BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


def registrar() -> Registrar:
    """The hospital of these vectors."""
    public_key = KEY.public_key().public_bytes_raw().hex()
    return Registrar(sha256(b"partial receipts, registrar").hexdigest(), "Golden Hospital", public_key, TIME)


def receipt_of(image: bytes) -> bytes:
    """A pending receipt of ``image``, the same bytes each time."""
    digests = {name: digest for name, digest in digest_set(image).digests.items() if name != "view/1"}
    entry = {
        "version": VERSION,
        "kind": "register",
        "id": "00" * 16,
        "registrar": registrar().id,
        "time": timestamp(TIME),
        "commitments": commitments(SALT, digests),
    }
    openings = {name: Opening(digest, commitment_key(SALT, name)) for name, digest in digests.items()}
    return issue(
        registrar(), encode_entry(entry), 1, openings, issued_at=TIME, standing=Standing.IN_FORCE, sign=KEY.sign
    )


def trust() -> bytes:
    """The trust file that pins the hospital and its key; no chain of these vectors exists."""
    key = TrustedKey(registrar().public_key, timestamp(TIME))
    chain = TrustedChain(1337, "0x" + "00" * 32, "0x" + "00" * 20, 4)
    return dump_trust(Trust(chain, (TrustedRegistrar(registrar().id, registrar().name, (key,)),), {})).encode()


def main() -> None:
    image = picture()
    receipt = receipt_of(image)
    crop = disclose(receipt, image, "crop", [Box(40, 40, 10, 10)])
    redacted = disclose(receipt, image, "redacted", [Box(70, 4, 28, 16)])
    files = {
        "image.png": image,
        "receipt.json": receipt,
        "trust.json": trust(),
        "crop.partial.json": crop.partial,
        "crop.png": crop.picture,
        "redacted.partial.json": redacted.partial,
        "redacted.png": redacted.picture,
    }
    for name, data in files.items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
