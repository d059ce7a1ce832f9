"""People sign in, by key and at a real OpenID provider, in a browser: what each role sees, and when it ends."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openid_provider
import pytest
from browsing import PATIENCE, still
from openid_provider import CLIENT, SECRET, Provider
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr
from running import a_dashboard, an_api, free_port

from dashboard.pages_by_role import places
from ledger.api.app import create_app
from ledger.schemas import ROLES, scopes_of
from ledger.settings import Settings
from ledger.up.signing import environment, write_secrets

pytestmark = pytest.mark.needs_browser
Arrive = Callable[..., Page]


@dataclass(frozen=True)
class SigningIn:
    """A dashboard where everybody has to sign in, by key or at the provider; its address and its log."""

    url: str
    provider: Provider
    log: Path


@pytest.fixture(scope="module")
def signing_in(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigningIn]:
    """The stack behind a second API that knows an OpenID provider, with a dashboard that has no key of its own."""
    folder, port = tmp_path_factory.mktemp("signing-in"), free_port()
    with openid_provider.running() as provider:
        provider.people = {
            f"Sign in as {role}": {"sub": role, "name": f"Kim {role.title()}", "roles": [role]} for role in ROLES
        }
        own = Settings(
            data=folder,
            oidc_issuer=provider.url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SecretStr(SECRET),
            dashboard_sign_in="required",
        )
        secrets = write_secrets(own, folder / "sign-in.toml", port)
        with an_api(create_app(stack.service, own)) as api:
            given = environment(own, api, "")
            with a_dashboard(port, folder / "log", secrets, **given) as url:
                yield SigningIn(url, provider, folder / "log")


@pytest.fixture
def arrive(browser: Browser, signing_in: Any) -> Iterator[Arrive]:
    """A browser that nobody used yet comes to a path of the dashboard."""
    context = browser.new_context(viewport={"width": 1280, "height": 850})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()

    def at(path: str = "") -> Page:
        page.goto(f"{signing_in.url}/{path}")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_label("API key")).to_be_visible()
        still(page)
        return page

    yield at
    context.close()


@pytest.fixture
def key(stack: Any) -> Callable[[str], str]:
    return lambda role: str(stack.service.keys.create(f"{role} in the browser", scopes_of([role]))[1])


def by_key(page: Page, key: str) -> None:
    box = page.get_by_label("API key")
    box.fill(key)
    expect(box).to_have_value(key)
    box.press("Enter")


def by_provider(page: Page, role: str) -> None:
    page.get_by_role("button", name="Sign in with your organisation").click()
    page.get_by_role("link", name=f"Sign in as {role}").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text(f"Kim {role.title()}")


def heading(page: Page, words: str) -> Any:
    return expect(page.get_by_role("heading", name=re.compile(words)).first)


def pages_of(role: str) -> list[str]:
    return [one.title for one in places() if role == "admin" or {*one.scopes} & {*scopes_of([role])}]


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_signs_in_by_key_and_sees_its_own_pages_only(
    arrive: Arrive, key: Callable[[str], str], role: str
) -> None:
    page = arrive()
    by_key(page, key(role))
    navigation = page.get_by_test_id("stSidebarNavLink")
    expect(navigation.first).to_be_visible()
    expect(navigation).to_have_text([re.compile(title) for title in pages_of(role)])
    heading(page, {"registrar": "Register images"}.get(role, "Verify an image")).to_be_visible()
    assert "ms_" not in page.url
    assert not any("ms_" in cookie.get("value", "") for cookie in page.context.cookies())


def test_a_link_to_a_page_of_another_role_says_which_role_it_takes(arrive: Arrive, key: Callable[[str], str]) -> None:
    page = arrive("register?from=mail")
    by_key(page, key("reviewer"))
    heading(page, "Your role does not open this page").to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("takes the role registrar or admin")
    page.get_by_role("link", name="History").click()
    heading(page, "History").to_be_visible()
    expect(page.get_by_text("Revoke, supersede or dispute")).to_have_count(0)


def test_a_link_leads_on_to_what_it_names_after_signing_in(arrive: Arrive, key: Callable[[str], str]) -> None:
    page = arrive(f"history?registration={'1' * 32}")
    by_key(page, key("auditor"))
    expect(page.get_by_label("Registration id").first).to_have_value("1" * 32)


@pytest.mark.parametrize("role", ["reviewer", "registrar"])
def test_a_person_signs_in_at_the_provider_and_out_again(arrive: Arrive, role: str) -> None:
    page = arrive()
    by_provider(page, role)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_contain_text("by your organisation")
    expect(sidebar).to_contain_text(re.compile("until .* UTC"))
    page.reload()
    expect(sidebar).to_contain_text(f"Kim {role.title()}")
    with page.expect_navigation():  # the way past the provider: a reload before its end would cut it short
        page.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in").to_be_visible()
    page.reload()
    heading(page, "Sign in").to_be_visible()


def test_the_end_of_a_sign_in_is_said_in_words_and_a_new_one_helps(arrive: Arrive, signing_in: Any) -> None:
    page = arrive()
    signing_in.provider.seconds = -5  # good for five seconds more, since ten are allowed for clocks that differ
    try:
        by_provider(page, "auditor")
        page.wait_for_timeout(5500)
        page.get_by_role("link", name="History").click()
        heading(page, "Your sign-in has expired").to_be_visible()
        expect(page.get_by_text("sign_in_expired")).to_be_visible()
    finally:
        signing_in.provider.seconds = 600
    by_provider(page, "auditor")
    page.get_by_role("link", name="History").click()
    heading(page, "History").to_be_visible()


def test_a_link_that_names_the_first_page_leads_there_with_its_query(arrive: Arrive, key: Callable[[str], str]) -> None:
    page = arrive(f"verify?file=sha256:{'a' * 64}")
    by_key(page, key("reviewer"))
    heading(page, "Drop this file again").to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_a_link_survives_the_way_to_the_provider_and_back(arrive: Arrive) -> None:
    page = arrive(f"history?registration={'2' * 32}")
    by_provider(page, "auditor")
    expect(page.get_by_label("Registration id").first).to_have_value("2" * 32)


def test_tokens_and_keys_are_not_in_the_dashboards_log(
    arrive: Arrive, signing_in: Any, key: Callable[[str], str]
) -> None:
    page = arrive()
    by_provider(page, "reviewer")
    page.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in").to_be_visible()
    by_key(page, key("reviewer"))
    heading(page, "Verify an image").to_be_visible()
    log = signing_in.log.read_text()
    assert "You can now view your Streamlit app" in log
    assert "eyJ" not in log
    assert "ms_" not in log


def test_the_keyboard_alone_signs_in(arrive: Arrive, key: Callable[[str], str]) -> None:
    page = arrive()
    box = page.get_by_label("API key")
    for _ in range(30):
        page.keyboard.press("Tab")
        if box.evaluate("box => document.activeElement === box"):
            break
    expect(box).to_be_focused()
    given = key("reviewer")
    page.keyboard.type(given)
    expect(box).to_have_value(given)
    page.keyboard.press("Enter")
    heading(page, "Verify an image").to_be_visible()


@pytest.mark.parametrize("seconds", [0.3, 2])
def test_a_key_typed_while_the_page_still_asks_how_the_ledger_is_is_kept_whole(
    browser: Browser, signing_in: Any, key: Any, stack: Any, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    health = type(stack.service).health

    def late(self: Any) -> Any:
        time.sleep(seconds)
        return health(self)

    monkeypatch.setattr(type(stack.service), "health", late)
    page, given = browser.new_page(), key("reviewer")
    page.set_default_timeout(PATIENCE)
    page.goto(signing_in.url)
    box = page.get_by_label("API key")
    box.focus()
    page.keyboard.type(given, delay=10)
    still(page)
    expect(box).to_have_value(given)
    page.keyboard.press("Enter")
    heading(page, "Verify an image").to_be_visible()
    page.close()


def test_the_sign_in_fits_a_phone(browser: Browser, signing_in: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(signing_in.url)
    expect(page.get_by_role("button", name="Sign in with your organisation")).to_be_visible()
    assert page.evaluate("document.querySelector('.stMain').scrollWidth <= window.innerWidth")
    page.close()
