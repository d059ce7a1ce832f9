"""Time from a drop to the verdict in a real browser: a whole ``medseal up`` on a folder of its own, Chromium, a PNG.

Printed, not asserted: a 512 × 512 grey PNG, registered or not, until the verdict and until the picture stand there.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from ledger.client import Client

_SIDE, _REPEATS, _PATIENCE = 512, 5, 60_000
_CHROMIUM = "/usr/bin/chromium"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip


def picture(seed: int) -> bytes:
    """A grey PNG with structure at several scales, the same for the same seed."""
    random = np.random.default_rng(seed)
    total = np.full((_SIDE, _SIDE), 128.0)
    for cells, weight in ((4, 60), (16, 35), (64, 18), (256, 8)):
        coarse = Image.fromarray(random.uniform(-1, 1, (cells, cells)).astype(np.float32))
        total += weight * np.asarray(coarse.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC))
    stream = io.BytesIO()
    Image.fromarray(np.clip(total, 0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@contextmanager
def running(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """``medseal up`` on ``folder`` with free ports; what run.json says, and the admin key."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEDSEAL_")}
    environment |= {f"MEDSEAL_{part}_PORT": "0" for part in ("API", "DASHBOARD", "CHAIN")}
    command = [Path(sys.executable).with_name("medseal"), "up", "--data", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    printed: Any = process.stdout
    try:
        key = next(line.split(": ")[1].strip() for line in printed if line.startswith("Admin API key"))
        yield json.loads((folder / "run.json").read_text()), key
    finally:
        process.terminate()
        process.wait(30)


def dropped(browser: Browser, url: str, data: bytes, *, examine: bool = False) -> tuple[float, float, str]:
    """Seconds from the drop until the verdict stands there, until the picture does, and the verdict's word."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    page.set_default_timeout(_PATIENCE)
    try:
        page.goto(url)
        place = page.locator("input[type=file]").first
        place.wait_for(state="attached")
        if examine:
            page.get_by_text("Examine registered images as well").click()
            page.wait_for_timeout(1000)
        file: Any = {"name": "image.png", "mimeType": "image/png", "buffer": data}
        began = time.perf_counter()
        place.set_input_files(file)
        verdict = page.locator(".ms-banner h2")
        verdict.wait_for()
        said = time.perf_counter() - began
        page.locator(".v-status", has_text="Zoom").wait_for()
        return said, time.perf_counter() - began, verdict.inner_text()
    finally:
        page.close()


def report(name: str, times: list[tuple[float, float, str]]) -> None:
    """One line: the first drop, the median of the others, and the verdicts that were read."""
    words = ", ".join(sorted({word for _, _, word in times}))
    first, rest = times[0], times[1:]
    print(f"{name}: first {first[0]:.2f} s (picture {first[1]:.2f} s)", end="")
    if rest:
        verdicts, pictures = (statistics.median(one[part] for one in rest) for part in (0, 1))
        print(f", then {verdicts:.2f} s (picture {pictures:.2f} s), median of {len(rest)}", end="")
    print(f"; verdict read: {words}", flush=True)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as (run, key):
        registered = [picture(seed) for seed in range(_REPEATS + 1)]
        with Client(run["api_url"], key) as client:
            for data in registered:
                client.register(data)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
            url = run["dashboard_url"]
            report("registered", [dropped(browser, url, data) for data in registered])
            unknown = [picture(100 + seed) for seed in range(_REPEATS + 1)]
            report("unregistered, with the detector", [dropped(browser, url, data) for data in unknown])
            report(
                "registered, with the detector", [dropped(browser, url, data, examine=True) for data in registered[:3]]
            )
            browser.close()


if __name__ == "__main__":
    main()
