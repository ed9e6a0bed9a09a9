"""Databases differ most in locks, leases and clocks: all tests of those run on PostgreSQL too; others say so."""

from __future__ import annotations

import pytest

FOLDERS = frozenset({"runs", "compute"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name in FOLDERS:
            item.add_marker(pytest.mark.postgresql)
