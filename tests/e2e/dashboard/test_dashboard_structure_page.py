"""The verify page with what rules on the file's structure found, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import chromium
from playwright.sync_api import expect
from structured import dicom, put

from ledger.core.images import Limits
from ledger.detection.examining import Examiner

pytestmark = pytest.mark.needs_browser


def test_findings_are_in_sight_and_all_rules_a_click_away(dashboard, detector, tmp_path: Path) -> None:
    data = dicom(put(SoftwareVersions="GIMP 2.10"))
    file = tmp_path / "slice.dcm"
    file.write_bytes(data)
    detector.answer = Examiner("keypoint_copymove", Limits())(data, pictures=True)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.goto(dashboard)
        page.locator('input[type="file"]').first.set_input_files(str(file))
        card = page.locator("section.ms-card", has_text="File structure")
        expect(card).to_contain_text("names GIMP, a picture editor", timeout=60_000)
        expect(card).to_contain_text("Innocent explanation")
        expect(card.get_by_text("Pixel data is as long as the header says")).not_to_be_visible()
        card.get_by_text("All rules").click()
        expect(card.get_by_text("Pixel data is as long as the header says")).to_be_visible()
