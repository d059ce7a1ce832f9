"""How often an issuer is asked for its keys, and what its silence means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger.errors import IssuerUnreachable
from ledger.oidc.issuer import KEYS_SECONDS, PAUSE_SECONDS, STALE_SECONDS, Issuer, secure


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(provider: Any, clock: Clock) -> Issuer:
    return Issuer(provider.url, clock)


def test_keys_are_asked_for_once_and_then_remembered(provider: Any, issuer: Issuer) -> None:
    for _ in range(5):
        assert issuer.key("first") == provider.keys[0].public
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_rotated_key_is_found_without_waiting_for_the_old_ones_to_age(
    provider: Any, issuer: Issuer, clock: Clock, signing_key: Callable[..., Any]
) -> None:
    issuer.key("first")
    provider.keys = [signing_key("second")]
    clock.now += PAUSE_SECONDS
    assert issuer.key("second") == provider.keys[0].public
    assert issuer.key("first") is None


def test_made_up_key_names_do_not_make_us_knock_again_and_again(provider: Any, issuer: Issuer, clock: Clock) -> None:
    issuer.key("first")
    for name in range(50):
        assert issuer.key(f"made up {name}") is None
    assert provider.asked.count("/keys") == 1
    clock.now += PAUSE_SECONDS
    assert [issuer.key("made up") for _ in range(5)] == [None] * 5
    assert provider.asked.count("/keys") == 2


def test_a_withdrawn_key_is_believed_no_longer_than_keys_are_kept(provider: Any, issuer: Issuer, clock: Clock) -> None:
    issuer.key("first")
    provider.keys = []
    clock.now += KEYS_SECONDS - 1
    assert issuer.key("first") is not None
    clock.now += 1
    assert issuer.key("first") is None


def test_keys_outlast_a_short_silence_of_the_issuer_but_not_a_long_one(
    provider: Any, issuer: Issuer, clock: Clock
) -> None:
    issuer.key("first")
    provider.named = "https://somebody.else.example"
    clock.now += STALE_SECONDS - 1
    assert issuer.key("first") is not None
    clock.now += 1 + PAUSE_SECONDS
    with pytest.raises(IssuerUnreachable, match="names another issuer"):
        issuer.key("first")


def test_an_issuer_that_is_silent_is_an_outage_and_is_not_asked_for_each_request(clock: Clock) -> None:
    issuer = Issuer("http://127.0.0.1:9", clock)
    for _ in range(3):
        with pytest.raises(IssuerUnreachable, match="no answer") as caught:
            issuer.key("first")
    assert (caught.value.code, caught.value.status) == ("issuer_unreachable", 503)


def test_a_key_for_encryption_is_no_key_for_signatures(provider: Any, issuer: Issuer) -> None:
    provider.keys[0].public["use"] = "enc"
    assert issuer.key("first") is None


def test_a_token_that_names_no_key_fits_a_lone_key_only(
    provider: Any, issuer: Issuer, clock: Clock, signing_key: Callable[..., Any]
) -> None:
    assert issuer.key(None) == provider.keys[0].public
    provider.keys.append(signing_key("second"))
    clock.now += KEYS_SECONDS
    assert issuer.key(None) is None


@pytest.mark.parametrize("url", ["http://login.example.org", "ftp://127.0.0.1", "https://", "file:///etc/passwd", "x"])
def test_keys_come_over_https_or_from_this_machine(url: str) -> None:
    assert not secure(url)
    assert secure("https://login.example.org/keys")
    assert secure("http://127.0.0.1:8080/keys")
