"""The words of history, audit and hospital: what is complete, what is not known, what waits."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import ledger
from dashboard.components.audits import CODES, outcome, progress_of, result_markup
from dashboard.components.chain import block_link, is_block, transaction_link, transaction_markup
from dashboard.components.hospital import age, chain_markup, cost_markup, queue_markup, registrar_markup, tiles_markup
from dashboard.components.life import moments
from dashboard.components.markup import counted
from dashboard.components.whole import completeness, shown_words
from dashboard.components.witness import span_of, witness_markup
from ledger.api import examples_operations as examples
from ledger.audit import STAGES
from ledger.ports import MALFORMED
from ledger.schemas import Audit, Difference, History, HistoryEntry, Registration
from ledger.schemas.operations import AuditRun, BatchCost, OperationsStatus, TransactionInfo, VerificationNote, Witness

MakeStatus = Callable[..., OperationsStatus]


@pytest.fixture
def status() -> MakeStatus:
    """A status of one registrar; options change its log, ``chain`` its chain."""

    def make(chain: dict[str, Any] | None = None, **log: Any) -> OperationsStatus:
        whole = examples.STATUS
        logs = [whole["logs"][0] | log]
        return OperationsStatus.model_validate(whole | {"logs": logs, "chain": whole["chain"] | (chain or {})})

    return make


@pytest.fixture
def entries(registration: Registration) -> Callable[[int], list[HistoryEntry]]:
    def make(count: int) -> list[HistoryEntry]:
        one = HistoryEntry(
            id=registration.registration_id,
            kind="register",
            registrar=registration.registrar,
            index=3,
            time=registration.registered_at,
            state="final",
            leaf="ab" * 32,
            anchor=registration.anchor,
            on_chain_event=True,
        )
        return [one] * count

    return make


def page(entries: list[HistoryEntry], *, offset: int = 0, more: bool = False) -> History:
    return History(entries=entries, limit=25, offset=offset, more=more)


# completeness


def test_an_answer_is_complete_when_all_is_shown_and_the_heads_are_equal(status: MakeStatus, entries: Any) -> None:
    found = completeness(page(entries(4)), status(), None)
    assert (found.title, found.tone) == ("This answer is complete", "good")
    assert found.lines[0] == "All 4 entries that fit are shown."
    assert "all 41 entries of the log; its head equals the contract's head 4 as of block 14" in found.lines[1]


def test_one_page_of_several_says_so(status: MakeStatus, entries: Any) -> None:
    found = completeness(page(entries(25), offset=25, more=True), status(), None)
    assert found.title == "One page of a complete log"
    assert found.lines[0] == "Entries 26 to 50 of those that fit are shown; older ones follow."


@pytest.mark.parametrize(
    ("log", "tone", "word"),
    [
        ({"comparison": "ahead", "log_size": 44}, "near", "3 entries"),
        ({"comparison": "short", "log_size": 40}, "bad", "ENTRIES ARE MISSING"),
        ({"comparison": "differs"}, "bad", "RECORDS WERE CHANGED"),
        ({"comparison": "unknown"}, "open", "not known"),
    ],
)
def test_what_is_wrong_or_unknown_of_the_log_colours_the_answer(
    status: MakeStatus, entries: Any, log: dict[str, Any], tone: str, word: str
) -> None:
    found = completeness(page(entries(1)), status(**log), None)
    assert found.tone == tone
    assert word in found.lines[1]


def test_an_outage_is_not_known_and_never_complete(status: MakeStatus, entries: Any) -> None:
    down = status(chain={"code": "chain_unreachable", "height": None}, comparison="unknown", head_sequence=None)
    found = completeness(page(entries(1)), down, None)
    assert found.tone == "open"
    assert "chain_unreachable" in found.lines[1]
    assert completeness(page(entries(1)), None, None).tone == "open"


def test_only_the_registrar_that_was_asked_for_counts(status: MakeStatus, entries: Any) -> None:
    found = completeness(page(entries(1)), status(comparison="differs"), "00" * 32)
    assert found.tone == "good"
    assert found.lines == ("The one entry that fits is shown.",)


def test_a_search_by_digest_says_whose_word_it_is(status: MakeStatus) -> None:
    assert "own records" in completeness(page([]), status(), None, by_digest=True).lines[-1]
    assert shown_words(page([])) == "No entry fits."


# the life of an image


def test_the_life_of_an_image_is_in_order_and_ends_today(registration: Registration, entries: Any) -> None:
    (made,) = entries(1)
    later = made.time + timedelta(hours=2)
    dispute = made.model_copy(
        update={"id": "2" * 32, "kind": "dispute", "time": later, "reason": "<contested>", "author": "QA"}
    )
    note = VerificationNote.model_validate(examples.NOTE).model_copy(update={"time": made.time + timedelta(hours=1)})
    disputed = registration.model_copy(update={"standing": "disputed"})
    found = moments(disputed, [dispute, made], [note])
    assert [one.title for one in found] == ["Registered", "Anchored on the chain", "Verified", "Disputed", "Today"]
    assert [one.who for one in found] == ["St. Example Hospital", "", "reviewer desk 2", "QA", ""]
    assert "&lt;contested&gt;" in found[3].body
    assert "block=17" in found[1].body
    assert "disputed" in found[-1].body


def test_a_registration_that_waits_has_no_anchor_in_its_life(registration: Registration) -> None:
    waits = registration.model_copy(update={"anchor": None, "state": "sequenced"})
    assert [one.title for one in moments(waits, [], [])] == ["Registered", "Today"]


# chain


def test_links_lead_to_live_details(anchor: Any) -> None:
    assert block_link(17) == '<a href="history?block=17">block 17</a>'
    assert block_link(None) == transaction_link(None) == "–"
    assert f"history?transaction={anchor.transaction}" in transaction_link(anchor.transaction)


def test_a_transaction_says_how_many_events_are_not_shown() -> None:
    said = transaction_markup(TransactionInfo.model_validate(examples.TRANSACTION))
    assert "32 events of the contract, 31 more not shown" in said
    assert "sequence 4" in said


def test_a_transaction_in_no_block_waits() -> None:
    mined = ("block_number", "block_hash", "block_time", "confirmations", "gas_used", "fee_ether", "events")
    waiting = {name: value for name, value in examples.TRANSACTION.items() if name not in mined}
    said = transaction_markup(TransactionInfo.model_validate(waiting | {"status": "waiting", "events_total": 0}))
    assert "waiting" in said and "in no block yet" in said


def test_a_block_is_a_number_that_the_api_takes() -> None:
    assert is_block("0") and is_block(str(2**53))
    assert not any(map(is_block, ("", "-1", "1.5", "١٢", "ten", str(2**53 + 1), "9" * 5000)))


# audit


def run(**changes: Any) -> AuditRun:
    return AuditRun.model_validate(examples.RUN | changes)


def test_progress_only_grows_through_the_stages_and_has_words() -> None:
    shares = [progress_of(run(stage=stage, done=done, of=4)) for stage in STAGES for done in (0, 2, 4)]
    assert [share for share, _ in shares] == sorted(share for share, _ in shares)
    assert shares[-1][0] == 1.0
    assert all(len(words) > 10 for _, words in shares)
    assert progress_of(run())[1] == "Hashing every entry again and comparing its record: 20,500 of 41,000"
    assert progress_of(run(stage="", done=0, of=0)) == (0.0, "Starting")


def test_a_result_has_three_outcomes_and_names_each_difference() -> None:
    sound = Audit.model_validate(examples.RUN_DONE["result"])
    wrong = Difference(code="root_differs", registrar="9f" * 32, sequence=4, expected="aa", found="<bb>")
    differs = sound.model_copy(update={"consistent": False, "differences": [wrong]})
    partial = sound.model_copy(update={"complete": False, "not_checked": ["everything on the chain"]})
    assert [outcome(one)[3] for one in (sound, differs, partial)] == ["good", "bad", "open"]
    said = result_markup(AuditRun.model_validate(examples.RUN_DONE), differs)
    assert CODES["root_differs"] in said and "head 4" in said and "&lt;bb&gt;" in said
    assert "everything on the chain" in result_markup(run(), partial)


def test_every_code_that_an_audit_can_answer_has_words() -> None:
    home = Path(ledger.__file__).parent
    sources = [home / "audit.py", *home.glob("auditing_*.py"), home / "store" / "faults.py"]
    shape = r'"([a-z]+(?:_[a-z]+)*_(?:differs?|missing|malformed|misplaced|stray|unknown|short)(?:_on_chain)?)"'
    found = {code for source in sources for code in re.findall(shape, source.read_text())}
    assert {"case_differs", "row_stray", "log_too_short"} <= found
    assert {*CODES} == (found | {MALFORMED}) - {"content_missing"}


# witness


def test_the_slider_reaches_from_the_log_s_beginning_to_now_in_steps_that_fit(status: MakeStatus) -> None:
    found = status()
    begin = found.at - timedelta(days=300)
    first, last, step = span_of(found.logs[0].model_copy(update={"created_at": begin}), found)
    assert (last - first) >= timedelta(days=300)
    assert step == timedelta(days=1)
    first, last, step = span_of(found.logs[0], found)
    assert first < last and step == timedelta(seconds=1)


@pytest.mark.parametrize("age", [timedelta(seconds=461), timedelta(hours=7, seconds=1), timedelta(days=40, minutes=3)])
def test_the_slider_s_right_end_is_a_whole_number_of_steps_away_and_not_before_now(
    status: MakeStatus, age: timedelta
) -> None:
    found = status()
    begin = max(found.at, found.chain.block_time or found.at) - age
    first, last, step = span_of(found.logs[0].model_copy(update={"created_at": begin}), found)
    assert (last - first) % step == timedelta(0)
    assert last >= (begin + age).replace(tzinfo=None, microsecond=0) and last - first < age + 2 * step


def test_a_witness_shows_both_heads_and_an_undetermined_one_none() -> None:
    found = Witness.model_validate(examples.WITNESS)
    said = witness_markup(found)
    assert "Append-only: proven" in said and "Head 3, 10 entries" in said and "Head 4, 41 entries" in said
    assert said.count("3b" * 32) >= 1
    unknown = found.model_copy(update={"result": "undetermined", "old": None, "new": None, "proof": []})
    assert "Undetermined" in witness_markup(unknown) and "Head 4" not in witness_markup(unknown)


# hospital


def test_what_waits_is_the_first_thing_to_see(status: MakeStatus) -> None:
    waits = status(
        states={"final": 39, "sequenced": 2},
        oldest_id="1" * 32,
        oldest_index=39,
        oldest_seconds=130.0,
        comparison="ahead",
    )
    assert "2 minutes" in tiles_markup(waits) and "2 entries in no block yet" in tiles_markup(waits)
    assert f"history?registration={'1' * 32}" in queue_markup(waits.logs[0])
    assert "every entry is in a block" in tiles_markup(status())


def test_a_chain_that_does_not_answer_is_said_without_figures(status: MakeStatus) -> None:
    down = status(chain={"code": "chain_unreachable", "height": None, "gas_price_wei": None}, status=None, senders=[])
    assert "No answer" in tiles_markup(down)
    assert "Nothing is lost" in chain_markup(down) and "gwei" not in chain_markup(down)
    assert "not asked" in registrar_markup(down.logs[0])


def test_cost_and_balance_say_how_many_images_they_are_enough_for(status: MakeStatus) -> None:
    said = cost_markup(status())
    assert "3,110" in said and "0.000005831" in said
    assert f"about {int(999.99871 / 0.0000058306):,} images" in said


def test_the_gas_of_an_image_counts_images_alone(status: MakeStatus) -> None:
    one = examples.STATUS["recent"][0]
    costs = [one | {"images": 10, "gas_per_entry": 3000.0}, one | {"images": 0, "gas_per_entry": 90000.0}]
    said = cost_markup(status().model_copy(update={"recent": [BatchCost.model_validate(cost) for cost in costs]}))
    assert "<b>3,000</b> <small>mean of 10 images in 1 batch</small>" in said


def test_retired_senders_and_a_compromise_stand_out(status: MakeStatus) -> None:
    sender = examples.STATUS["logs"][0]["senders"][0]
    retired = sender | {"own": False, "retired_at": examples.STATUS["at"]}
    said = registrar_markup(status(senders=[sender, retired], compromised_since=examples.STATUS["at"]).logs[0])
    assert "in use" in said and "retired" in said and "Compromised since" in said


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0.4, "under a second"), (1, "1 second"), (59, "59 seconds"), (3700, "1 hour"), (200_000, "2 days")],
)
def test_ages_are_in_their_largest_unit(seconds: float | None, words: str) -> None:
    assert age(seconds) == words


def test_things_are_counted_in_words() -> None:
    said = [counted(1, "entry"), counted(2_000, "entry"), counted(2, "batch", "batches")]
    assert said == ["1 entry", "2,000 entries", "2 batches"]
