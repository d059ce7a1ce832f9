"""Registrars, appending and finding, over both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import Conflict, InvalidEntry, NotFound
from ledger.ports import Pending, RecordStore
from ledger.store import SqlStore


def test_the_store_is_a_record_store(store: SqlStore) -> None:
    port: RecordStore = store
    assert all(callable(getattr(port, name)) for name in dir(RecordStore) if not name.startswith("_"))


def test_a_new_registrar_has_its_genesis_at_index_0_and_on_the_outbox(store: SqlStore, maker: Any) -> None:
    registrar, genesis = maker.registrar(), maker.draft("genesis")
    entry = store.add_registrar(registrar, genesis)
    assert (entry.index, entry.id, entry.leaf, entry.time) == (0, genesis.id, genesis.leaf, genesis.time)
    assert store.registrar(registrar.id) == registrar
    assert store.log_size(registrar.id) == 1
    assert store.pending(registrar.id) == Pending(0, 1, genesis.time, False)


def test_a_known_registrar_is_returned_as_it_is(store: SqlStore, maker: Any) -> None:
    registrar = maker.registrar()
    first = store.add_registrar(registrar, maker.draft("genesis"))
    again = store.add_registrar(replace(registrar, name="Another name"), maker.draft("genesis"))
    assert again == first
    assert store.registrars() == [registrar]
    assert store.log_size(registrar.id) == 1


def test_registrars_come_oldest_first_and_unknown_ones_are_none(store: SqlStore, maker: Any) -> None:
    ids = [maker.log(store, name=name) for name in ("zeta", "alpha", "mid")]
    assert [registrar.id for registrar in store.registrars()] == ids
    assert store.registrar("unknown") is None
    assert store.log_size("unknown") == 0


def test_appended_drafts_get_consecutive_indexes_in_order(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    drafts = [maker.register(at) for at in range(5)]
    answers = store.append(log, drafts[:2]) + store.append(log, drafts[2:])
    assert [answer.entry.index for answer in answers] == [1, 2, 3, 4, 5]
    assert [answer.entry.id for answer in answers] == [draft.id for draft in drafts]
    assert all(answer.created for answer in answers)
    assert store.log_size(log) == 6


def test_what_was_appended_reads_back_equal(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    more = {"pixel/1": maker.digest("pixels"), "dataset/1": maker.digest("data set")}
    draft = maker.register("scan", key="k", more=more, instance="ab" * 32, details=bytes(range(256)))
    (made,) = store.append(log, [draft])
    stored = store.registration(draft.id)
    assert stored is not None
    assert stored.image == draft.image
    assert stored.entry == made.entry == store.entry(draft.id)


def test_appending_nothing_changes_nothing(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    assert store.append(log, []) == []
    assert store.log_size(log) == 1


def test_a_registered_image_is_answered_and_not_appended_again(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    (first,) = store.append(log, [maker.register("scan", more={"pixel/1": maker.digest("p")})])
    (again,) = store.append(log, [maker.register("scan")])
    assert again == replace(first, created=False)
    assert store.log_size(log) == 2


def test_a_known_idempotency_key_answers_its_registration(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    (first,) = store.append(log, [maker.register("scan", key="order 7")])
    (again,) = store.append(log, [maker.register("scan", key="order 7")])
    assert again == replace(first, created=False)


def test_a_key_of_another_image_is_a_conflict_that_changes_nothing(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    store.append(log, [maker.register("scan", key="order 7")])
    with pytest.raises(Conflict):
        store.append(log, [maker.register("fine"), maker.register("another scan", key="order 7")])
    assert store.log_size(log) == 2
    assert store.find({"file/1": maker.digest("fine")}) == []


def test_a_registered_image_under_another_images_key_is_a_conflict(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    store.append(log, [maker.register("one", key="a"), maker.register("two", key="b")])
    with pytest.raises(Conflict):
        store.append(log, [maker.register("one", key="b")])


def test_repeats_within_a_call_answer_like_consecutive_calls(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    drafts = [maker.register("a", key="k"), maker.register("b"), maker.register("a"), maker.register("a", key="k")]
    answers = store.append(log, drafts)
    assert [answer.created for answer in answers] == [True, True, False, False]
    assert [answer.entry.index for answer in answers] == [1, 2, 1, 1]
    assert answers[2].image == drafts[0].image


def test_one_key_for_two_images_within_a_call_is_a_conflict(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    with pytest.raises(Conflict):
        store.append(log, [maker.register("a", key="k"), maker.register("b", key="k")])
    assert store.log_size(log) == 1


def test_two_registrars_can_register_the_same_image(store: SqlStore, maker: Any) -> None:
    one, two = maker.log(store, name="one"), maker.log(store, name="two")
    (first,) = store.append(one, [maker.register("scan", key="k")])
    (second,) = store.append(two, [maker.register("scan", key="k")])
    assert first.created
    assert second.created
    found = store.find({"file/1": maker.digest("scan")})
    assert [(r.entry.registrar, r.entry.index) for r in found] == [(one, 1), (two, 1)]


def test_statements_are_always_appended(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=1)
    (target,) = list(store.entries(log, 1))
    answers = store.append(log, [maker.draft("dispute", target.id), maker.draft("dispute", target.id)])
    assert [(answer.entry.index, answer.created, answer.image) for answer in answers] == [
        (2, True, None),
        (3, True, None),
    ]


def test_statements_about_a_registration_come_oldest_first(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=2)
    target, other = (entry.id for entry in store.entries(log, 1))
    kinds = ("dispute", "supersede", "revoke")
    store.append(log, [maker.draft(kind, target) for kind in kinds] + [maker.draft("revoke", other)])
    assert [entry.kind for entry in store.statements(target)] == list(kinds)


def test_an_entry_id_that_is_stored_already_is_a_conflict_that_changes_nothing(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=1)
    (entry,) = list(store.entries(log, 1))
    twin = replace(maker.draft("revoke", entry.id), id=entry.id)
    with pytest.raises(Conflict):
        store.append(log, [maker.register("new"), twin])
    assert store.log_size(log) == 2


def test_appending_to_an_unknown_registrar_is_not_found(store: SqlStore, maker: Any) -> None:
    with pytest.raises(NotFound):
        store.append("0" * 64, [maker.register("scan")])


def test_a_registration_without_a_file_digest_is_refused(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    draft = maker.register("scan")
    assert draft.image is not None
    bare = replace(draft, image=replace(draft.image, digests={"pixel/1": maker.digest("p")}))
    with pytest.raises(InvalidEntry, match="file/1"):
        store.append(log, [bare])


def test_entries_and_leaves_answer_half_open_ranges(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=9)
    indexes = [entry.index for entry in store.entries(log, 3, 7)]
    assert indexes == [3, 4, 5, 6]
    assert store.leaves(log, 3, 7) == [entry.leaf for entry in store.entries(log, 3, 7)]
    assert len(store.leaves(log)) == len(list(store.entries(log))) == 10
    assert store.leaves(log, 8) == [entry.leaf for entry in store.entries(log, 8)]
    assert store.leaves(log, 10) == store.leaves(log, 4, 4) == list(store.entries(log, 9, 40))[1:] == []


def test_entries_go_on_beyond_one_piece_of_reading(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=1200)
    assert [entry.index for entry in store.entries(log)] == list(range(1201))


def test_find_matches_any_digest_by_name_and_answers_each_once(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    pixels = maker.digest("pixels")
    first, second, _ = store.append(
        log,
        [
            maker.register("raw", more={"pixel/1": pixels}),
            maker.register("rle", more={"pixel/1": pixels}),
            maker.register("other", more={"dataset/1": pixels}),
        ],
    )
    found = store.find({"file/1": maker.digest("raw"), "pixel/1": pixels})
    assert [registration.id for registration in found] == [first.entry.id, second.entry.id]
    assert found[0].image == first.image
    assert store.find({"codestream/1": pixels}) == store.find({}) == []


def test_find_instance_answers_the_same_sop_instance(store: SqlStore, maker: Any) -> None:
    log = maker.log(store)
    drafts = [maker.register(at, instance="ab" * 32) for at in range(2)] + [maker.register("no instance")]
    store.append(log, drafts)
    assert [found.id for found in store.find_instance("ab" * 32)] == [draft.id for draft in drafts[:2]]
    assert store.find_instance("cd" * 32) == []


def test_unknown_ids_are_none(store: SqlStore) -> None:
    assert store.entry("no such id") is None
    assert store.registration("no such id") is None
    assert store.statements("no such id") == []


def test_a_statement_is_no_registration(store: SqlStore, maker: Any) -> None:
    log = maker.log(store, images=1)
    (made,) = store.append(log, [maker.draft("revoke", "x")])
    assert store.registration(made.entry.id) is None
    assert store.entry(made.entry.id) == made.entry
