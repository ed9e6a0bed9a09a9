"""One stack for all tests but the story, which begins where nobody has an account, and one browser a file."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import CHROMIUM, DESKTOP, QUIET
from tests.stack import PASSWORD, USERNAME


@pytest.fixture(scope="session")
def stack(stack_with):
    return stack_with()


@pytest.fixture(scope="session")
def account(stack):
    """The first account."""
    return stack.signed_in()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)


@pytest.fixture(scope="module")
def signed_in(browser, stack, account):
    """What the browser keeps of a person who signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(stack.address)
    page.get_by_label("User name").fill(USERNAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Graphs").first.wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(browser, stack, signed_in):
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", storage_state=signed_in)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.address)
    faults = []
    context.on("page", lambda page: page.on("pageerror", lambda error: faults.append(error.message)))
    yield context
    context.close()
    assert faults == [], "the page threw errors"


@pytest.fixture
def page(context) -> Page:
    return context.new_page()
