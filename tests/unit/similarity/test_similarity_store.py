"""Searches over a store that is away, sealed or damaged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from ledger import similarity
from ledger.core.images import Limits
from ledger.errors import OutageError, StoreUnavailable, TraceUnreadable
from ledger.lookalikes import FlatIndex
from ledger.similarity import LookAlikes
from ledger.store import SqlStore
from ledger.store.models import IMAGE, TRACE

KEY = bytes(range(32))


@pytest.mark.parametrize("method", ["codes", "trace", "registration"])
def test_a_store_that_does_not_answer_is_an_outage(ledger: Any, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    ledger.register(ledger.png(ledger.made(1)))

    def away(*_: Any) -> Any:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr(ledger.store, method, away)
    with pytest.raises(OutageError):
        ledger.search.find(ledger.jpeg(ledger.made(1)))


def test_sealed_fingerprints_without_the_key_are_an_outage_that_names_the_key(url: str, opened: Any) -> None:
    with SqlStore.open(url, trace_key=KEY) as sealing, SqlStore.open(url) as reading:
        ledger = opened(sealing)
        original = ledger.register(ledger.png(ledger.made(1)))
        assert ledger.search.find(ledger.jpeg(ledger.made(1))).registration == original
        search = LookAlikes(reading, FlatIndex(reading), Limits())
        for ask in (search.find, lambda data: search.against(original, data)):
            with pytest.raises(TraceUnreadable, match="key"):
                ask(ledger.jpeg(ledger.made(1)))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda blob: blob[: len(blob) // 2],
    "nothing": lambda _: b"",
    "a frame beyond the last": lambda blob: blob[:5] + b"\x09" + blob[6:],
    "other pixels": lambda blob: blob[:200] + bytes(octet ^ 255 for octet in blob[200:260]) + blob[260:],
}


@pytest.mark.parametrize("change", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_fingerprint_names_no_original_and_does_not_hide_another(
    ledger: Any, change: Callable[[bytes], bytes]
) -> None:
    damaged, other = ledger.register(ledger.png(ledger.made(1))), ledger.register(ledger.png(ledger.made(2)))
    ledger.damage(damaged, change)
    assert ledger.search.find(ledger.jpeg(ledger.made(1))).outcome == "unsure"
    assert ledger.search.find(ledger.jpeg(ledger.made(2))).registration == other
    assert ledger.search.against(damaged, ledger.jpeg(ledger.made(1))).outcome == "incomparable"


@pytest.mark.parametrize("codes", [b"torn", b""], ids=["torn", "emptied"])
def test_damaged_codes_hide_no_other_original_and_make_no_original_an_open_answer(ledger: Any, codes: bytes) -> None:
    damaged, other = ledger.register(ledger.png(ledger.made(1))), ledger.register(ledger.png(ledger.made(2)))
    with ledger.store.write() as connection:
        connection.execute(update(TRACE).where(TRACE.c.id == damaged.id).values(codes=codes))
    found = ledger.search.find(ledger.jpeg(ledger.made(2)))
    assert (found.registration, found.figures["damaged"]) == (other, 1)
    missed = ledger.search.find(ledger.jpeg(ledger.made(1)))
    assert (missed.outcome, missed.registration) == ("damaged", None)
    assert "1 more are damaged" in missed.detail


def test_damaged_tile_digests_are_not_compared_and_the_fingerprint_is(ledger: Any) -> None:
    original = ledger.register(ledger.png(ledger.made(1)))
    with ledger.store.write() as connection:
        damaged = bytes(octet ^ (255 if at > 200 else 0) for at, octet in enumerate(original.image.details))
        connection.execute(update(IMAGE).where(IMAGE.c.id == original.id).values(details=damaged))
    found = ledger.search.find(ledger.png(ledger.lesion(ledger.made(1))))
    assert found.change is not None
    assert (found.change.basis, len(found.change.regions)) == ("trace/1", 1)


def test_no_more_candidates_are_aligned_than_the_limit(ledger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        ledger.register(ledger.png(ledger.made(seed, anatomy=1)))
    monkeypatch.setattr(similarity, "CANDIDATES", 1)
    asked: list[str] = []

    def trace(registration: str) -> None:
        asked.append(registration)

    monkeypatch.setattr(ledger.store, "trace", trace)
    assert ledger.search.find(ledger.jpeg(ledger.made(9, anatomy=1))).outcome == "none"
    assert len(asked) == 1
