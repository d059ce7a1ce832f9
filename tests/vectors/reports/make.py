"""Makes the golden report of this folder from the golden verification beside it.

    .venv/bin/python tests/vectors/reports/make.py

``verification.json`` is what a real ledger answered about an altered copy; it is kept. ``report.json`` is what this
version of the program says of it: making it again is right when the words of reports change on purpose, and its format
(``medseal/report/1``) never changes.
"""

from __future__ import annotations

from pathlib import Path

from ledger.export.findings import report_of
from ledger.export.model import Asked, Item, dump
from ledger.schemas import Verification

HERE = Path(__file__).parent
ASKED = Asked(
    question="Is the item the image that was registered, and does it show signs of having been altered?",
    item=Item("patched.jpg", 4637, {"file/1": "sha256:" + "b3" * 32}, {"media_type": "image/jpeg", "rows": 256}),
    options={"examine": False},
    tools={"medseal": "0.2.0", "reportlab": "5.1.0", "zlib": "1.2.13"},
    enclosures={"receipt.json": "33" * 32, "trust.json": "44" * 32},
    notes=(),
)


def main() -> None:
    found = Verification.model_validate_json((HERE / "verification.json").read_bytes())
    (HERE / "report.json").write_bytes(dump(report_of(found, ASKED)))


if __name__ == "__main__":
    main()
