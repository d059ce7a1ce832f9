"""Makes the golden receipts of this folder with a real ledger on the embedded chain.

    .venv/bin/python tests/vectors/receipts/make.py

They are made once for a released version and then kept: running this again makes others, with other keys, and is only
right when the format gets a new version. A small grey PNG is registered, once with its receipt taken before the
anchor and once after.
"""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from ledger.service import Service
from ledger.settings import Settings

HERE = Path(__file__).parent


def picture() -> bytes:
    """A 48×40 grey PNG with a gradient and a bright square."""
    pixels = np.add.outer(np.arange(40), np.arange(48)).astype(np.uint8)
    pixels[10:20, 12:30] = 200
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def main() -> None:
    image = picture()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), registrar_name="Golden Hospital", chain_url=None, database_url=None)
        with Service.open(settings) as service:
            registration = service.register(image)
            (HERE / "pending.json").write_bytes(service.receipt(registration.registration_id))
            service.anchor_pending(60)
            service.register(image + b"\0")
            service.anchor_pending(60)
            (HERE / "anchored.json").write_bytes(service.receipt(registration.registration_id))
            (HERE / "trust.json").write_text(service.trust())
    (HERE / "image.png").write_bytes(image)


if __name__ == "__main__":
    main()
