"""Screenshots of each page, of a MedSeal that is started for them on a folder of its own with the sample images.

Needs /usr/bin/chromium and the test packages (playwright). Times and ids differ from run to run, so
the files do as well.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from dashboard.launch import command
from dashboard.pages_by_role import places
from ledger.client import Client
from ledger.settings import Settings
from ledger.up.ports import answers, choose_port
from ledger.up.signing import write_secrets

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
DESK, PHONE = (1280, 900), (390, 844)
TALLEST = 1900
PATIENCE = 60_000
SECONDS = 180.0


@dataclass(frozen=True)
class Running:
    """Where everything is."""

    dashboard: str
    asking: str
    folder: Path
    client: Client

    def sample(self, name: str) -> Path:
        return self.folder / "samples" / name


@dataclass(frozen=True)
class Shot:
    """A file name, the page it needs, its width and height at the start, and how to get there."""

    name: str
    place: str
    size: tuple[int, int]
    go: Callable[[Page, Running], None]
    whole: bool = True


def verify(sample: str) -> Callable[[Page, Running], None]:
    """The verify page with this sample's verdict."""

    def go(page: Page, running: Running) -> None:
        page.goto(running.dashboard)
        page.locator("input[type=file]").first.set_input_files(running.sample(sample))
        page.locator(".ms-banner h2").wait_for()
        page.locator(".ms-check").first.wait_for()

    return go


def register(page: Page, running: Running) -> None:
    """The register page after a picture of its own was registered."""
    stream = io.BytesIO()
    with Image.open(running.sample("never-registered.png")) as picture:
        picture.rotate(90).save(stream, "PNG")
    page.goto(f"{running.dashboard}/register")
    files: Any = {"name": "slice-17.png", "mimeType": "image/png", "buffer": stream.getvalue()}
    page.locator("input[type=file]").first.set_input_files(files)
    page.get_by_role("button", name="Register 1 image").click()
    page.locator(".ms-card").first.wait_for()
    time.sleep(6)  # until it is anchored and the page has heard of it


def history(page: Page, running: Running) -> None:
    """The history of a sample that was replaced."""
    entries = running.client.history(kind="register").entries
    page.goto(f"{running.dashboard}/history?registration={entries[-1].id}")
    page.locator(".ms-timeline").wait_for()


def opened(name: str, *buttons: str) -> Callable[[Page, Running], None]:
    """A page as it opens, with these buttons pressed where they are."""

    def go(page: Page, running: Running) -> None:
        page.goto(f"{running.dashboard}/{name}")
        page.locator(".ms-head").wait_for()
        for label in buttons:
            settled(page)
            button = page.get_by_role("button", name=label).first
            if button.count():
                button.click()

    return go


def cases(page: Page, running: Running) -> None:
    """A case that was just opened."""
    opened("cases")(page, running)
    settled(page)
    page.get_by_text("Open a new case").first.click()
    page.get_by_label("Title").fill("Chest CT, doubtful nodule")
    page.get_by_label("Question").fill("Was the nodule in the upper left lobe there when the image was taken?")
    page.get_by_role("button", name="Open the case").click()
    page.get_by_role("heading", name="Chest CT, doubtful nodule").wait_for()


def sign_in(page: Page, running: Running) -> None:
    """What stands in the place of every page where each person has to sign in."""
    page.goto(running.asking)
    page.get_by_label("API key").wait_for()


SHOTS = (
    Shot("verify", "verify", DESK, verify("ct-tampered.dcm")),
    Shot("verify-authentic", "verify", DESK, verify("registered/CT_small.dcm")),
    Shot("verify-unregistered", "verify", DESK, verify("never-registered.png")),
    Shot("verify-phone", "verify", PHONE, verify("ct-tampered.dcm")),
    Shot("register", "register", DESK, register),
    Shot("history", "history", DESK, history),
    Shot("audit", "audit", DESK, opened("audit", "Run a full audit")),
    Shot("hospital", "hospital", DESK, opened("hospital")),
    Shot("cases", "cases", DESK, cases),
    Shot("sign-in", "sign_in", DESK, sign_in, whole=False),
)


def settled(page: Page) -> None:
    """The page has run to its end and drawn what it has."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=PATIENCE)
    # Placeholders of what is still being fetched, and of the run before, are no picture of the page.
    drawn = "document.querySelector('[data-testid=stSkeleton], [data-stale=true]') === null"
    page.wait_for_function(drawn, timeout=PATIENCE)
    page.wait_for_timeout(900)


def take(page: Page, shot: Shot, running: Running) -> bytes:
    """The shot as a PNG; a whole page gets a window as high as its content, up to TALLEST pixels."""
    page.set_viewport_size({"width": shot.size[0], "height": shot.size[1]})
    shot.go(page, running)
    settled(page)
    if shot.whole:
        high = int(page.evaluate("document.querySelector('.stMainBlockContainer').scrollHeight"))
        page.set_viewport_size({"width": shot.size[0], "height": max(shot.size[1], min(high, TALLEST))})
        settled(page)
    return page.screenshot(animations="disabled")


def smaller(png: bytes) -> bytes:
    """The same picture in 256 colours, chosen for it."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        few.save(stream, "PNG", optimize=True)
    return min(png, stream.getvalue(), key=len)


@contextmanager
def process(arguments: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours; it has ended afterwards."""
    with log.open("wb") as output:
        child = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(30)


def until(what: str, holds: Callable[[], bool], child: subprocess.Popen[bytes], log: Path) -> None:
    """Waits; says what it waited for, and what the log says, when that never comes or the process has ended."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > deadline or child.poll() is not None:
            sys.exit(f"screenshots: {what} did not come in {SECONDS:.0f} s; the log ends:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """MedSeal on ``folder`` with its samples anchored, and beside it a dashboard where everybody has to sign in."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MEDSEAL_")}
    free = {f"MEDSEAL_{part}_PORT": "0" for part in ("API", "DASHBOARD", "CHAIN")}
    named = {"MEDSEAL_REGISTRAR_NAME": "St. Example Hospital"}
    up, log, data = [str(Path(sys.executable).with_name("medseal")), "up"], folder / "up.log", folder / "data"
    with process([*up, "--data", str(data)], log, clean | free | named) as first:
        until("MedSeal", lambda: "all parts are up" in log.read_text(), first, log)
        urls = json.loads((data / "run.json").read_text())
        key = (data / "keys" / "dashboard.key").read_text().strip()
        port = choose_port("127.0.0.1", 0)
        asking = {"MEDSEAL_SERVER": urls["api_url"], "MEDSEAL_DASHBOARD_SIGN_IN": "required"}
        own = folder / "asking.log"
        # shown, never asked: the button that leads to an organisation's own sign-in
        issuer = Settings(oidc_issuer="https://login.example.org", oidc_client_id="medseal")
        start = command(port, write_secrets(issuer, folder / "sign-in.toml", port))
        with Client(urls["api_url"], key) as client, process(start, own, clean | asking) as second:
            address = f"http://127.0.0.1:{port}"
            until("the second dashboard", lambda: answers(address + "/_stcore/health"), second, own)
            until("anchoring", lambda: all(one.state == "final" for one in client.history().entries), first, log)
            yield Running(urls["dashboard_url"], address, data, client)


def main() -> None:
    """Every shot of a page that there is, written to --out."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"only these: {', '.join(shot.name for shot in SHOTS)}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="docs/images if not given")
    wanted = parser.parse_args()
    there = {place.name for place in places()} | {"sign_in"}
    wanted.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as all_of_it, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for shot in SHOTS:
            if wanted.names and shot.name not in wanted.names:
                continue
            if shot.place not in there:
                print(f"{shot.name}: skipped, there is no page {shot.place} yet")
                continue
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            png = smaller(take(page, shot, all_of_it))
            (wanted.out / f"{shot.name}.png").write_bytes(png)
            print(f"{shot.name}: {len(png) // 1024} kB", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
