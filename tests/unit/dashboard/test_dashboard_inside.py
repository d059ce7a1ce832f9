"""Which links lead on within the session, and what of their query is kept."""

from __future__ import annotations

import pytest

from dashboard.components.inside import page_of


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("history?registration=ab12", ("screens/history.py", {"registration": "ab12"})),
        ("history?block=17", ("screens/history.py", {"block": "17"})),
        ("cases?case=0d0d&embed=true", ("screens/cases.py", {"case": "0d0d"})),
        ("verify", ("screens/verify.py", {})),
    ],
)
def test_a_link_to_a_page_leads_there_with_what_it_asks_for(target: str, found: object) -> None:
    assert page_of(target) == found


@pytest.mark.parametrize(
    "target",
    [
        *("https://example.org/history", "//history", "javascript:alert(1)", "../history", "secret", "history" * 100),
        *("", "//[", "http://[::1", "//[x]/history", "//a]b", "//\u2100"),
    ],
)
def test_what_is_no_link_to_a_page_leads_nowhere(target: str) -> None:
    assert page_of(target) is None
