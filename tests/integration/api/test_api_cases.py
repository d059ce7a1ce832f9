"""Cases over the API, by hand and with the typed client."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.client import Client
from ledger.errors import CaseClosed, InputError, NotFound
from ledger.schemas import Bookmark, CaseClosing, CaseNote, CaseOpening, ItemAddition, ItemJudgement

FILE = "sha256:" + "5f" * 32


@pytest.fixture
def case_id(api, bearer) -> str:
    answer = api.post("/v1/cases", json={"title": "A case"}, headers=bearer("review"))
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/cases/{answer.json()['id']}"
    return str(answer.json()["id"])


@pytest.fixture
def say(api, bearer, case_id):
    """Sends an event to the case."""
    return lambda **said: api.post(f"/v1/cases/{case_id}/events", json=said, headers=bearer("review"))


def test_who_writes_is_known_by_the_key_and_may_name_an_author(say) -> None:
    answer = say(event="note", text="seen", author="Dr. Example")
    assert answer.status_code == 201
    opened, note = answer.json()["events"]
    assert (opened["by"], opened["author"]) == ("review", None)
    assert (note["by"], note["author"], note["content"]) == ("review", "Dr. Example", {"text": "seen"})


def test_the_trail_keeps_the_id_of_the_key_and_not_its_label_alone(api, ledger) -> None:
    made = [ledger.keys.create(label, ["review"]) for label in ("room 2", "room 2", " ")]
    said = []
    for _, secret in made:
        bearer = {"Authorization": f"Bearer {secret}"}
        said += api.post("/v1/cases", json={"title": "x"}, headers=bearer).json()["events"]
    assert [event["by_id"] for event in said] == [f"key:{key_id}" for key_id, _ in made]
    assert [event["by"] for event in said] == ["room 2", "room 2", made[2][0]]


def test_an_auditor_reads_cases_and_does_not_write_them(api, bearer, case_id) -> None:
    for path in ("/v1/cases", f"/v1/cases/{case_id}"):
        assert api.get(path, headers=bearer("audit")).status_code == 200
    for path, body in (("/v1/cases", {"title": "x"}), (f"/v1/cases/{case_id}/events", {"event": "note", "text": "x"})):
        answer = api.post(path, json=body, headers=bearer("audit"))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"event": "note", "text": "x", "item": 4}, 404, "unknown_item"),
        ({"event": "reopen", "reason": "x"}, 409, "case_open"),
        ({"event": "bookmark", "item": 1, "evidence": "region", "method": "m", "comment": "c", "region": [0, 0, 0, 0]},
         422, "invalid_case"),
        ({"event": "note", "text": ""}, 422, "invalid_request"),
        ({"event": "erase"}, 422, "invalid_request"),
        ({"text": "x"}, 422, "invalid_request"),
    ],
)  # fmt: skip
def test_what_may_not_be_said_is_refused_with_its_code(say, said: dict[str, Any], status: int, code: str) -> None:
    answer = say(**said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_refusal_names_the_field_and_repeats_nothing_that_was_sent(say) -> None:
    answer = say(event="note", text="Jane Doe " * 2000, Jane=1)
    assert "body.note.text" in answer.json()["detail"]
    assert "Jane" not in answer.text


def test_a_closed_case_is_a_conflict_until_it_is_reopened(say) -> None:
    assert say(event="close", conclusion="done").json()["status"] == "closed"
    refused = say(event="note", text="late")
    assert (refused.status_code, refused.json()["code"]) == (409, "case_closed")
    assert "reopen" in refused.json()["advice"]
    assert say(event="reopen", reason="more came").json()["status"] == "open"


def test_a_repeated_event_id_is_answered_and_not_written_again(say) -> None:
    first, again = (say(event="note", text="once", event_id="ef" * 16) for _ in range(2))
    assert first.json() == again.json()
    assert len(again.json()["events"]) == 2


def test_a_list_is_filtered_by_status(api, bearer, case_id, say) -> None:
    say(event="close", conclusion="done")
    asked = {status: api.get("/v1/cases", params={"status": status}, headers=bearer("review")).json()["cases"]
             for status in ("open", "closed")}  # fmt: skip
    assert case_id in [one["id"] for one in asked["closed"]]
    assert case_id not in [one["id"] for one in asked["open"]]
    assert api.get("/v1/cases", params={"status": "lost"}, headers=bearer("review")).status_code == 422


def test_the_typed_client_asks_and_answers_as_the_ledger_in_process(url, secrets, ledger) -> None:
    with Client(url, secrets["review"]) as client:
        made = client.cases.open(CaseOpening(title="A case", question="Altered?", author="Dr. Example"))
        for action in (
            ItemAddition(name="slice 17", file=FILE),
            CaseNote(text="on the item", item=1),
            Bookmark(item=1, evidence="check", method="check 9", comment="see", parameters={"level": 0.5, "n": 3}),
            ItemJudgement(item=1, status="cannot-tell", reason="too small"),
        ):
            found = client.cases.append(made.id, action)
        assert found == client.cases.get(made.id) == ledger.cases.get(made.id)
        assert found.items[0].status == "cannot-tell"
        assert found.events[3].content["parameters"] == {"level": 0.5, "n": 3}
        assert made.id in [line.id for line in client.cases.find(status="open", limit=500).cases]
        client.cases.append(made.id, CaseClosing(conclusion="x"))
        with pytest.raises(CaseClosed):
            client.cases.append(made.id, CaseNote(text="late"))
        with pytest.raises(NotFound):
            client.cases.get("0" * 32)
        with pytest.raises(InputError, match="case_id"):
            client.cases.append("../keys", CaseNote(text="x"))


def test_history_can_be_asked_for_case_entries(api, bearer, case_id) -> None:
    found = api.get("/v1/history", params={"kind": "case", "registration": case_id}, headers=bearer("history"))
    assert [entry["event"] for entry in found.json()["entries"]] == ["open"]
