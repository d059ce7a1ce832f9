"""A dossier: the report with all its evidence in one zip, the same bytes each time, checked without any server.

Parts: ``report.pdf``, ``report.json`` (canonical), ``verification.json`` (canonical, what the ledger answered), where a
registration was found ``receipt.json`` and ``trust.json``, pictures as PNG, ``README.txt``; ``manifest.json`` has the
SHA-256 of each of them, and ``signature.json`` the ledger's Ed25519 signature over ``"medseal/dossier/1\\n"`` and it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256

from ledger.core.entry import canonical
from ledger.core.model import Registrar
from ledger.export.captions import CAPTIONS, CHANGED, ELA, HEAT, HEATMAP, HEATMASK, ITEM, MASK
from ledger.export.findings import RECEIPT, TRUST
from ledger.export.model import Report

TYPE, SIGNATURE_TYPE = "medseal/dossier/1", "medseal/dossier-signature/1"
DOMAIN = b"medseal/dossier/1\n"
PDF, REPORT, VERIFICATION, README = "report.pdf", "report.json", "verification.json", "README.txt"
MANIFEST, SIGNATURE = "manifest.json", "signature.json"
PICTURES = (ITEM, CHANGED, MASK, HEAT, HEATMAP, HEATMASK, ELA)
NAMES = (README, PDF, REPORT, VERIFICATION, RECEIPT, TRUST, *PICTURES, MANIFEST, SIGNATURE)
"""Every name that a dossier may hold, in its order."""
_TIME = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
assert set(CAPTIONS) <= set(PICTURES)  # noqa: S101  what the PDF draws is enclosed

Sign = Callable[[bytes], bytes]


def pack(parts: Mapping[str, bytes], identity: str, registrar: Registrar, sign: Sign) -> bytes:
    """The dossier of these parts (all but manifest and signature), as zip: stored, in fixed order, with no times."""
    manifest = manifest_of(parts, identity)
    whole = {**parts, MANIFEST: manifest, SIGNATURE: _signature(manifest, registrar, sign)}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in NAMES:
            if name in whole:
                info = zipfile.ZipInfo(name, _TIME)
                info.create_system, info.external_attr = 3, _PLAIN_FILE
                archive.writestr(info, whole[name])
    return file.getvalue()


def manifest_of(parts: Mapping[str, bytes], identity: str) -> bytes:
    """The manifest: canonical JSON with the report's id and each part's SHA-256."""
    return canonical({"type": TYPE, "report": identity, "parts": digests(parts)})


def digests(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 (hex) of each part by name."""
    return {name: sha256(data).hexdigest() for name, data in parts.items()}


def _signature(manifest: bytes, registrar: Registrar, sign: Sign) -> bytes:
    who = {"id": registrar.id, "name": registrar.name, "public_key": registrar.public_key}
    return canonical({"type": SIGNATURE_TYPE, "registrar": who, "signature": sign(DOMAIN + manifest).hex()})


def readme(report: Report, identity: str) -> bytes:
    """What the recipient reads first: what this is and how it is checked."""
    return f"""MedSeal dossier
report {identity}

Item:     {report.item.name}
Verdict:  {report.verdict} (policy {report.policy})
Opinion:  {report.opinion.words}

Read report.pdf. Check this dossier without any server and without a network:

    medseal report verify THIS.zip ITEM --trust TRUST

ITEM is the examined file. TRUST is a trust file that you have from the hospital by a way that you trust. Without
--trust the trust file enclosed here is used: it tells whether the dossier is consistent in itself, not who made it.

report.json        the report, canonical JSON; its SHA-256 is the report's id
verification.json  what the ledger answered, check by check
receipt.json       the proof of the registration that was found, if one was
trust.json         the ledger's own trust file at that time
*.png              pictures of the item and of what was found in it
manifest.json      the SHA-256 of each part; signature.json signs it
""".encode()
