"""The doctor asks the provider that people sign in at."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.doctor.issuer import issuer
from ledger.errors import IssuerUnreachable
from ledger.settings import Settings


def test_no_provider_is_nothing_to_look_at() -> None:
    assert list(issuer(Settings())) == []


def test_a_provider_that_answers_is_well(provider: Any) -> None:
    (finding,) = issuer(Settings(oidc_issuer=provider.url, oidc_audience="a"))
    assert finding.ok
    assert provider.url in finding.detail


def test_a_provider_that_is_silent_is_named() -> None:
    with pytest.raises(IssuerUnreachable, match=r"127\.0\.0\.1:9, found no answer"):
        list(issuer(Settings(oidc_issuer="http://127.0.0.1:9", oidc_audience="a")))
