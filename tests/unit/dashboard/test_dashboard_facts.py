"""The facts of a registration, its timeline, the table and the sidebar."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tables import history_rows

from dashboard.components.facts import interval, registration_markup, statements_markup, timeline_markup
from dashboard.components.life import moments
from dashboard.components.sidebar import health_markup
from dashboard.components.table import entries_markup
from ledger.schemas import Anchor, Health, HistoryEntry, Origin, Registration, Statement

DASHBOARD = Path(__file__).resolve().parents[3] / "dashboard"
ALLOWED = {"ledger.client", "ledger.schemas", "ledger.errors"}


def test_a_registration_names_who_when_where_and_how_surely(registration: Registration) -> None:
    markup = registration_markup(registration)
    for fact in ("St. Example Hospital", "2026-03-01 12:00:00 UTC", "<b>17</b>", "1" * 32, "in force", "final"):
        assert fact in markup


def test_without_a_block_the_facts_say_so(registration: Registration) -> None:
    markup = registration_markup(registration.model_copy(update={"anchor": None, "state": "sequenced"}))
    assert "not in a block yet" in markup
    assert "none yet" in markup


def test_a_block_that_the_chain_could_not_confirm_is_not_said_to_be_missing(registration: Registration) -> None:
    markup = registration_markup(registration.model_copy(update={"anchor": None}))
    assert "not shown: the chain could not be asked" in markup
    assert "yet" not in markup


def test_confirmations_that_could_not_be_asked_are_not_zero(registration: Registration, anchor: Anchor) -> None:
    unasked = anchor.model_copy(update={"confirmations": None})
    markup = registration_markup(registration.model_copy(update={"anchor": unasked}))
    assert "the chain could not be asked" in markup


@pytest.mark.parametrize(("state", "done", "later"), [("sequenced", 1, 3), ("anchored", 3, 1), ("final", 4, 0)])
def test_the_timeline_shows_what_is_reached_and_what_is_to_come(
    registration: Registration, state: str, done: int, later: int
) -> None:
    markup = timeline_markup(registration.model_copy(update={"state": state}))
    assert markup.count('class="done"') == done
    assert markup.count('class="now"') == 1
    assert markup.count('class="later"') == later


def test_a_side_state_stands_at_the_end_of_the_timeline_with_its_meaning(registration: Registration) -> None:
    markup = timeline_markup(registration.model_copy(update={"state": "blocked"}))
    assert 'class="now side"' in markup
    assert "an operator has to look at it" in markup


def test_statements_stand_oldest_first_and_none_leave_no_card() -> None:
    late, early = (
        Statement(
            id=digit * 32,
            kind="dispute",
            target="9" * 32,
            reason=f"reason {digit}",
            author="QA",
            time=datetime(2026, 1, int(digit), tzinfo=UTC),
            index=1,
            state="final",
        )
        for digit in "21"
    )
    markup = statements_markup([late, early])
    assert markup.index("reason 1") < markup.index("reason 2")
    assert statements_markup([]) == ""


def entry_of(anchor: Anchor) -> HistoryEntry:
    return HistoryEntry(
        id="1" * 32,
        kind="register",
        registrar="9f" * 32,
        index=3,
        time=datetime(2026, 3, 1, 12, tzinfo=UTC),
        state="final",
        leaf="aa" * 32,
        anchor=anchor,
        on_chain_event=True,
    )


def test_a_row_of_the_table_says_state_registrar_and_block_in_words(anchor: Anchor) -> None:
    entry = entry_of(anchor)
    waiting = entry.model_copy(update={"state": "sequenced", "anchor": None, "registrar": "8e" * 32})
    named, unnamed = history_rows(entries_markup([entry, waiting], {"9f" * 32: "St. Example"}))
    assert (named["State"], named["Registrar"], named["Block"]) == ("final", "St. Example", "17")
    assert (unnamed["State"], unnamed["Registrar"], unnamed["Block"]) == ("sequenced", "8e" * 6, "–")


def test_every_row_links_to_its_entry_its_block_and_its_transaction(anchor: Anchor) -> None:
    markup = entries_markup([entry_of(anchor)], {}, registration="1" * 32)
    assert f'href="history?registration={"1" * 32}&amp;entry={"1" * 32}"' in markup
    assert 'href="history?block=17"' in markup
    assert f'href="history?transaction={anchor.transaction}"' in markup


def test_the_chosen_row_is_marked_for_eyes_and_ears(anchor: Anchor) -> None:
    entry = entry_of(anchor)
    assert entries_markup([entry], {}, chosen=entry.id).count('aria-current="true"') == 1
    assert "aria-current" not in entries_markup([entry], {})


def test_while_the_chain_cannot_be_asked_nothing_is_said_to_be_final_or_in_force_but_by_the_records(
    registration: Registration, anchor: Anchor
) -> None:
    for unasked in (None, anchor.model_copy(update={"confirmations": None})):
        told = registration.model_copy(update={"anchor": unasked})
        for markup in (registration_markup(told), timeline_markup(told), moments(told, [], [])[-1].body):
            assert "as recorded" in markup
            assert "ms-good" not in markup
    row = entry_of(anchor).model_copy(update={"anchor": None})
    assert history_rows(entries_markup([row], {}))[0]["State"] == "final, as recorded"


def test_what_waits_for_the_chain_is_known_without_asking_it(registration: Registration) -> None:
    markup = registration_markup(registration.model_copy(update={"anchor": None, "state": "sequenced"}))
    assert "as recorded" not in markup


def test_the_sidebar_marks_a_part_that_is_down_by_sign_and_word() -> None:
    health = Health(status="degraded", version="0.1.0", parts={"chain": "chain_unreachable", "database": "ok"})
    markup = health_markup(health, [], "http://127.0.0.1:1")
    assert markup.count('class="down"') == 1
    assert "chain unreachable" in markup
    assert "MedSeal 0.1.0" in markup


def test_the_dashboard_imports_nothing_of_the_ledger_but_client_schemas_and_errors() -> None:
    found = set()
    for file in DASHBOARD.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
            elif isinstance(node, ast.Import):
                found.update(name.name for name in node.names)
    ours = [name.split(".") for name in found if name.split(".")[0] in {"ledger", "detector", "contracts"}]
    assert {".".join(parts[:2]) for parts in ours} == ALLOWED


def test_the_assets_name_no_address_outside() -> None:
    for file in [*DASHBOARD.rglob("*.css"), *DASHBOARD.rglob("*.svg"), *DASHBOARD.rglob("*.toml")]:
        assert "http" not in file.read_text().replace("http://www.w3.org/2000/svg", "")


def test_a_derived_image_names_its_origin_and_how_far_the_operation_was_checked(registration: Registration) -> None:
    origin = Origin(original="2" * 32, operation="cropped", checked="proven", reason="<Teaching>", author="QA")
    said = registration_markup(registration.model_copy(update={"derived": origin}))
    assert "2" * 32 in said
    assert "cropped (proven by digests or samples" in said
    assert "“&lt;Teaching&gt;”, QA" in said
    assert "Derived from" not in registration_markup(registration)


def test_the_time_interval_ends_with_the_block_and_is_open_before_there_is_one(registration: Registration) -> None:
    assert registration.anchor is not None
    later = registration.anchor.model_copy(update={"block_time": registration.registered_at + timedelta(seconds=42)})
    assert interval(registration.model_copy(update={"anchor": later})).startswith("42 s: from the registrar")
    assert "no block bounds it yet" in interval(registration.model_copy(update={"anchor": None, "state": "sequenced"}))


def test_a_block_whose_time_lies_before_the_registrars_has_words_of_its_own(registration: Registration) -> None:
    assert registration.anchor is not None

    def said(seconds: float) -> str:
        at = registration.registered_at - timedelta(seconds=seconds)
        anchor = registration.anchor.model_copy(update={"block_time": at}) if registration.anchor else None
        return interval(registration.model_copy(update={"anchor": anchor}))

    assert "contradict each other" in said(90) and "90 s before the registrar" in said(90)
    assert said(0.9).startswith("Under 1 s")
