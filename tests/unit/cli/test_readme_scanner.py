"""The README's section on scanners says what the guide says, and its links go somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
README, GUIDE = ROOT / "README.md", ROOT / "docs/guides/scanner.md"
GUIDES = sorted((ROOT / "docs/guides").glob("*.md"))


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)^## ", README.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"no section {heading}"
    return found[1]


def commands(text: str) -> list[str]:
    """The commands of all consoles, without what is said about them."""
    return [line[2:].partition(" #")[0].strip() for line in text.splitlines() if line.startswith("$ ")]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_connect_a_scanner_has_the_commands_of_its_guide() -> None:
    said = commands(section("Connect a scanner"))
    assert [command.split()[0] for command in said[:3]] == ["medseal", "echoscu", "storescu"]
    assert set(said) <= set(commands(GUIDE.read_text()))


@pytest.mark.parametrize("page", [README, *GUIDES], ids=lambda page: page.name)
def test_links_within_the_documentation_go_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text()):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"
