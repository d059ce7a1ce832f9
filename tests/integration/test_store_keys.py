"""API keys, over both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ledger.errors import NotFound
from ledger.store import SqlStore
from ledger.store.keys import ApiKeys
from ledger.store.models import KEY


@pytest.fixture
def keys(store: SqlStore) -> ApiKeys:
    return ApiKeys(store)


def test_a_key_opens_with_its_secret_and_its_scopes(keys: ApiKeys) -> None:
    key_id, secret = keys.create("front desk", ["register", "verify"])
    found = keys.authenticate(secret)
    assert found is not None
    assert (found.id, found.label, found.scopes, found.revoked_at) == (
        key_id,
        "front desk",
        ("register", "verify"),
        None,
    )
    assert secret.startswith(f"ms_{key_id}_")
    assert len(secret.removeprefix(f"ms_{key_id}_")) == 43


def test_any_other_text_opens_nothing(keys: ApiKeys) -> None:
    key_id, secret = keys.create("a", [])
    _, other = keys.create("b", [])
    mixed = f"ms_{key_id}_" + other.split("_", 2)[2]
    changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for text in (
        "",
        "ms_",
        "ms__",
        key_id,
        secret[3:],
        secret + "x",
        changed,
        mixed,
        secret.upper(),
        "ms_\0_x",
        "ms_\ud800_x",
    ):
        assert keys.authenticate(text) is None, text


def test_a_revoked_key_opens_nothing_and_keeps_its_first_time(keys: ApiKeys) -> None:
    key_id, secret = keys.create("a", [])
    keys.revoke(key_id)
    (first,) = keys.list()
    keys.revoke(key_id)
    assert keys.list() == [first]
    assert first.revoked_at is not None
    assert first.revoked_at >= first.created_at
    assert keys.authenticate(secret) is None


def test_any_tells_whether_a_key_is_in_force(keys: ApiKeys) -> None:
    assert not keys.any()
    key_id, _ = keys.create("a", [])
    assert keys.any()
    keys.revoke(key_id)
    assert not keys.any()


def test_keys_are_listed_oldest_first(keys: ApiKeys) -> None:
    made = [keys.create(label, [])[0] for label in ("a", "b", "c")]
    assert [key.id for key in keys.list()] == made


def test_an_unknown_key_cannot_be_revoked(keys: ApiKeys) -> None:
    with pytest.raises(NotFound):
        keys.revoke("nothing")


def test_no_secret_is_stored(store: SqlStore, keys: ApiKeys) -> None:
    _, secret = keys.create("a", ["admin"])
    with store.read() as connection:
        (row,) = connection.execute(select(KEY)).all()
    random_part = secret.split("_", 2)[2]
    assert not any(random_part in str(value) or random_part.encode() == value for value in row)
