"""The README's table of settings is the whole of them."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.settings import Settings

README = Path(__file__).parents[3] / "README.md"


def test_the_readme_lists_every_setting_and_no_other():
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `MEDSEAL_")]
    named = [name for row in rows for name in re.findall(r"`MEDSEAL_(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(field.upper() for field in Settings.model_fields)
