"""Signing in and out, and what each role may open, run without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access
from dashboard.backoff import Backoff
from dashboard.pages_by_role import places
from ledger.schemas import scopes_of

APP = Path(__file__).resolve().parents[3] / "dashboard" / "app.py"
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _no_failures_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.components.sign_in.ATTEMPTS", Backoff())
    monkeypatch.setattr("dashboard.components.sign_in.whence", lambda: "this test")


@pytest.fixture
def key(stack: Any) -> Callable[..., str]:
    """Makes a key of a role."""

    def make(*roles: str, scopes: tuple[str, ...] = ()) -> str:
        return str(stack.service.keys.create(f"the {' and '.join(roles)}", [*scopes_of(roles), *scopes])[1])

    return make


@pytest.fixture
def open_app(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page, where each person has to sign in unless ``common`` gives a key for everybody."""

    def at(page: str | None = None, *, common: str = "", server: str = stack.url, **query: str) -> AppTest:
        monkeypatch.setenv("MEDSEAL_SERVER", server)
        monkeypatch.setenv("MEDSEAL_API_KEY", common)
        monkeypatch.setenv("MEDSEAL_DASHBOARD_SIGN_IN", "optional" if common else "required")
        app = AppTest.from_file(APP, default_timeout=30).run()
        return go(app, page, **query) if page else app

    return at


def go(app: AppTest, page: str, **query: str) -> AppTest:
    app.switch_page(f"screens/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def enter(app: AppTest, key: str) -> AppTest:
    app.text_input[0].set_value(key)
    app.button[0].click().run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.main.get("html"))


def titles(app: AppTest) -> list[str]:
    return re.findall(r"<h[123][^>]*>(.*?)</h[123]>", said(app))


def beside(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.sidebar.get("html"))


def test_where_sign_in_is_required_nothing_is_shown_before_it_even_with_a_key_in_the_environment(
    open_app: Open, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    monkeypatch.setenv("MEDSEAL_API_KEY", stack.key)
    for page in places():
        assert titles(go(app, page.name)) == ["Sign in"]
    assert "St. Example Hospital" not in beside(app)


@pytest.mark.parametrize("role", ["registrar", "reviewer", "auditor", "admin"])
def test_a_role_opens_its_pages_and_is_told_of_the_others_which_role_they_take(
    open_app: Open, key: Callable[..., str], role: str
) -> None:
    app = enter(open_app("history"), key(role))
    assert f"the {role}" in beside(app)
    for place in places():
        go(app, place.name, link="x")
        if role == "admin" or {*scopes_of([role])} & {*place.scopes}:
            assert "Your role does not open this page" not in titles(app), place.name
        else:
            assert titles(app)[:2] == [place.title, "Your role does not open this page"]
            assert f"signed in as the {role} ({role})" in said(app)


def test_who_signs_in_as_somebody_else_comes_to_the_page_that_was_refused(
    open_app: Open, key: Callable[..., str]
) -> None:
    app = enter(open_app("history"), key("registrar"))
    go(app, "cases", case="0d" * 16)
    assert "Your role does not open this page" in titles(app)
    go(app, "sign_in")
    app.text_input[0].set_value(key("reviewer"))
    next(button for button in app.button if button.label == "Sign in").click().run()
    assert not app.exception
    assert "There is no such case" in said(app)
    assert "".join(app.query_params["case"]) == "0d" * 16


def test_the_bare_address_leads_to_the_first_page_that_a_role_may_use(open_app: Open, key: Callable[..., str]) -> None:
    app = enter(open_app(), key("registrar"))
    assert titles(app)[0] == "Register images"


def test_somebody_without_any_role_is_told_so(open_app: Open, key: Callable[..., str]) -> None:
    app = enter(open_app("history"), key())
    assert "no role of this ledger was given to you" in said(app)


def test_buttons_are_there_for_those_who_may_press_them(open_app: Open, key: Callable[..., str]) -> None:
    app = enter(open_app("history"), key("auditor"))
    assert not any("Revoke" in one.label for one in app.expander)
    app = enter(open_app("history"), key("registrar"))
    assert any("Revoke" in one.label for one in app.expander)


def test_after_signing_in_the_page_that_was_asked_for_stands_there_with_its_link(
    open_app: Open, key: Callable[..., str]
) -> None:
    app = enter(open_app("history", registration="1" * 32), key("auditor"))
    assert titles(app)[0] == "History"
    assert app.text_input(key="history.id").value == "1" * 32


def test_a_key_is_nowhere_but_in_the_sessions_state(open_app: Open, key: Callable[..., str]) -> None:
    secret = key("reviewer")
    app = enter(open_app(), secret)
    assert app.session_state["access.key"] == secret
    drawn = [str(element) for element in (*app.main, *app.sidebar)]
    assert drawn
    assert not any(secret in element for element in drawn)
    assert not any(secret in str(value) for value in app.query_params.values())


def test_signing_out_leaves_nothing_of_the_session(open_app: Open, key: Callable[..., str]) -> None:
    app = enter(open_app("verify"), key("reviewer"))
    app.file_uploader(key="verify.file").set_value(("a.png", b"no image", "image/png")).run()
    assert "Undetermined" in titles(app)
    app.button(key="access.out").click().run()
    assert titles(app) == ["Sign in", "You are signed out"]
    for name in ("access.key", "access.client", "access.standing", "verify.file", "verify.outcome"):
        assert name not in app.session_state


@pytest.mark.parametrize(
    ("text", "title"), [("", "That is not an API key"), ("hello", "That is not an API key"), ("ms_x_y", "not accepted")]
)
def test_a_key_of_no_use_is_refused_in_words(open_app: Open, text: str, title: str) -> None:
    app = enter(open_app(), text)
    assert title in titles(app)[-1]
    assert "access.key" not in app.session_state


def test_after_several_failed_sign_ins_the_next_has_to_wait_and_a_right_key_is_not_sent(
    open_app: Open, key: Callable[..., str]
) -> None:
    app = open_app()
    for _ in range(3):
        enter(app, "ms_x_wrong")
    enter(app, key("admin"))
    assert titles(app)[-1] == "Too many failed sign-ins"
    assert "access.key" not in app.session_state


def test_an_outage_is_no_refusal_of_a_key(open_app: Open, silent_url: str) -> None:
    for _ in range(5):
        app = enter(open_app(server=silent_url), "ms_x_y")
        assert titles(app)[-1] == "The MedSeal server does not answer"


def test_a_revoked_key_leads_back_to_the_sign_in(
    open_app: Open, stack: Any, monkeypatch: pytest.MonkeyPatch, key: Callable[..., str]
) -> None:
    monkeypatch.setattr("ledger.api.auth.CACHE_SECONDS", 0.0)
    app = enter(open_app("history"), key("auditor"))
    newest = stack.service.keys.list()[-1]
    stack.service.keys.revoke(newest.id)
    monkeypatch.setattr(access, "FRESH_SECONDS", 0.0)
    app.run()
    assert titles(app) == ["Sign in", "The server refused this API key"]


def test_with_a_common_key_the_pages_are_open_and_say_that_nobody_is_signed_in(open_app: Open, stack: Any) -> None:
    app = open_app(common=stack.key)
    assert titles(app)[0] == "Verify an image"
    assert "Not signed in" in beside(app)
    assert "Everybody at this dashboard may act as" in beside(app)


def test_somebody_may_sign_in_over_the_common_key_and_leave_again(
    open_app: Open, stack: Any, key: Callable[..., str]
) -> None:
    app = enter(open_app("sign_in", common=stack.key), key("auditor"))
    assert "the auditor" in beside(app)
    app.button(key="access.out").click().run()
    assert titles(app) == ["Sign in", "You are signed out"]
    next(one for one in app.button if one.label == "Go on without signing in").click().run()
    assert "Not signed in" in beside(app)


def test_two_sessions_never_share_a_client(open_app: Open, key: Callable[..., str]) -> None:
    one, other = enter(open_app(), key("reviewer")), enter(open_app(), key("auditor"))
    assert one.session_state["access.client"].client is not other.session_state["access.client"].client
    assert "the reviewer" in beside(one.run())
    assert "the auditor" in beside(other.run())
