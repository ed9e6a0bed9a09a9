"""What all tests of nodes need."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")
