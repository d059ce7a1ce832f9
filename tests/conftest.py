"""Skips, with a reason that names what is missing, the tests whose marker asks for more than this machine has."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openid_provider import provider, signing_key

__all__ = ["provider", "signing_key"]
ROOT = Path(__file__).resolve().parents[1]
NODE_MODULES = ROOT / "contracts" / "node_modules"


@pytest.fixture(autouse=True)
def _main_stays_main() -> Iterator[None]:
    """Streamlit's AppTest puts the page in the place of ``__main__`` and leaves it there; process pools that a later
    test starts would run that page in each of their processes."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def _node() -> str | None:
    if shutil.which("node") is None:
        return "Node.js is missing (node is not on the PATH)"
    if not (NODE_MODULES / "solc" / "package.json").is_file():
        return "the npm packages are missing (npm ci in contracts/)"
    return None


def _anvil() -> str | None:
    if any((NODE_MODULES / "@foundry-rs").glob("anvil-*/bin/anvil*")):
        return None
    return "anvil is missing (npm ci in contracts/)"


def _postgres() -> str | None:
    folders = [*Path("/usr/lib/postgresql").glob("*/bin")]
    for program in ("initdb", "postgres"):
        if shutil.which(program) is None and not any((folder / program).is_file() for folder in folders):
            return f"PostgreSQL is missing (no {program} on the PATH or in /usr/lib/postgresql)"
    return None


def _browser() -> str | None:
    return None if Path("/usr/bin/chromium").is_file() else "Chromium is missing (/usr/bin/chromium)"


def _dcmtk() -> str | None:
    missing = [name for name in ("storescu", "dcmsend", "echoscu", "dcmcjpls") if shutil.which(name) is None]
    return f"dcmtk is missing ({', '.join(missing)} not on the PATH; Debian has them in dcmtk)" if missing else None


def _orthanc() -> str | None:
    found = shutil.which("Orthanc") or Path("/usr/sbin/Orthanc").is_file()
    return None if found else "Orthanc is missing (no Orthanc on the PATH or in /usr/sbin; Debian: orthanc)"


def _image_folder() -> Path:
    # Beside the checkout, developers may keep images that everyone's tests read.
    return Path(os.environ.get("MEDSEAL_TEST_IMAGES") or ROOT.parent / "shared" / "data")


def _images() -> str | None:
    return None if _image_folder().is_dir() else "set MEDSEAL_TEST_IMAGES to a folder of real DICOM files and pictures"


LACKS = {
    "needs_node": _node,
    "needs_anvil": _anvil,
    "needs_postgres": _postgres,
    "needs_browser": _browser,
    "needs_dcmtk": _dcmtk,
    "needs_orthanc": _orthanc,
    "needs_images": _images,
}


@pytest.fixture(scope="session")
def test_images() -> Path:
    """A folder of real images; for tests that are marked ``needs_images``."""
    return _image_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn each marker whose need is not met into a skip with the reason."""
    reasons = {marker: reason for marker, lacks in LACKS.items() if (reason := lacks()) is not None}
    for item in items:
        for marker, reason in reasons.items():
            if item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=f"{marker}: {reason}"))
