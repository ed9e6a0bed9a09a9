"""What all tests of nodes need; the contract of nodes that did not change is left to the full tier."""

from __future__ import annotations

import pytest

from tests.tiers.changes import changed_files, is_changed

CONTRACT = frozenset({"test_contract.py", "test_model_contract.py", "test_mistakes.py"})


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    changed = changed_files()
    for item in items:
        node = getattr(item, "callspec", None) and item.callspec.params.get("node")
        if item.path.name in CONTRACT and isinstance(node, type) and not is_changed(node.__module__, changed):
            item.add_marker(pytest.mark.full)
