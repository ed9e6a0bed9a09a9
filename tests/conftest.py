"""The cast: alice owns a workspace, bob is an analyst in it, vera a viewer, charlie a stranger with his own; admin."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import pytest
from rest_framework.test import APIClient

from tests.factories import PASSWORD, make_person, make_workspace
from tests.stack import Stack, stack_environment

__all__ = ["PASSWORD"]

pytest_plugins = ["tests.tiers.plugin"]
# `manage.py`, started by a test, does not read the settings of whoever works in this folder.
os.environ["LEPTON_ENV_FILE"] = ""


@pytest.fixture(scope="session")
def stack_with(tmp_path_factory):
    """Return the running stack with these variables, which all tests share that ask for the same.

    One that kills its parts, or counts what is there, starts its own.
    """
    with ExitStack() as running:
        stacks: dict[frozenset[tuple[str, str]], Stack] = {}

        def stack_with(**variables: str) -> Stack:
            key = frozenset(variables.items())
            if key not in stacks:
                environment = stack_environment(tmp_path_factory.mktemp("stack"), **variables)
                stacks[key] = running.enter_context(Stack(environment))
            return stacks[key]

        yield stack_with


@pytest.fixture(autouse=True)
def no_earlier_sign_ins():
    """No test is refused a sign-in for those of earlier tests in this process."""
    login = sys.modules.get("apps.accounts.login")
    if login is not None:
        login._limiters.cache_clear()


@pytest.fixture
def workspace(db):
    return make_workspace("Wonderland")


@pytest.fixture
def alice(workspace):
    return make_person("alice", workspace, "owner")


@pytest.fixture
def bob(workspace):
    return make_person("bob", workspace, "analyst")


@pytest.fixture
def vera(workspace):
    return make_person("vera", workspace, "viewer")


@pytest.fixture
def elsewhere(db):
    return make_workspace("Elsewhere")


@pytest.fixture
def charlie(elsewhere):
    return make_person("charlie", elsewhere, "owner")


@pytest.fixture
def admin(db):
    return make_person("admin", is_superuser=True)


def _client(person) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def as_alice(alice) -> APIClient:
    return _client(alice)


@pytest.fixture
def as_bob(bob) -> APIClient:
    return _client(bob)


@pytest.fixture
def as_vera(vera) -> APIClient:
    return _client(vera)


@pytest.fixture
def as_charlie(charlie) -> APIClient:
    return _client(charlie)


@pytest.fixture
def as_admin(admin) -> APIClient:
    return _client(admin)


@pytest.fixture
def data_folder(tmp_path, settings):
    """The folders of this test: nothing is written elsewhere."""
    settings.LEPTON_DATA_DIR = tmp_path
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.LEPTON_ARTIFACTS_URL = str(tmp_path / "artifacts")
    return tmp_path


@pytest.fixture
def sent_jobs(monkeypatch, django_capture_on_commit_callbacks):
    """Jobs that would have been sent, as ``(name, ids)``; commits count as made when ``with sent_jobs():`` ends."""
    sent: list[tuple[str, dict[str, str]]] = []

    def remember(job, *, queue="cpu", **ids):
        sent.append((str(job), {name: str(value) for name, value in ids.items()}))
        return True

    monkeypatch.setattr("apps.common.jobs.send", remember)

    class Sent(list):
        def __call__(self):
            return django_capture_on_commit_callbacks(execute=True)

        def __iter__(self):
            return iter(sent)

        def __len__(self):
            return len(sent)

        def __eq__(self, other):
            return sent == other

        __hash__ = None

    return Sent()
