"""One stack for all tests in a browser. Nobody has an account at first: the story begins with the set-up link."""

from __future__ import annotations

import pytest

from tests.stack import PASSWORD, USERNAME, Stack, stack_environment


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    empty = {"LEPTON_ADMIN_USERNAME": "", "LEPTON_ADMIN_PASSWORD": ""}
    with Stack(stack_environment(tmp_path_factory.mktemp("browser"), **empty)) as stack:
        yield stack


@pytest.fixture(scope="session")
def account(stack):
    """The first account: the one of the story when that was told before, a new one otherwise."""
    page = stack.browser()
    if page.get("/session/")["needs_setup"]:
        token = stack.wait_for_line("setup?token=").partition("token=")[2].split()[0]
        page.post("/setup/", {"token": token, "username": USERNAME, "password": PASSWORD})
    return stack.signed_in()
