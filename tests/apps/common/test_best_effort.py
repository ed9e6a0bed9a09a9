"""What a request can do without is left out quietly: a full disk must not be filled further by its own warnings."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import OperationalError

from apps.common import best_effort as module


@pytest.mark.django_db
def test_a_change_that_fails_with_every_request_is_logged_once_a_minute(monkeypatch, caplog):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module, "_warned_at", {})
    monkeypatch.setattr(module.time, "monotonic", lambda: clock.now)

    def full():
        raise OperationalError("database or disk is full")

    for _ in range(50):
        module.best_effort("when a token was last used", full)
    module.best_effort("another", full)
    assert len(caplog.records) == 2
    clock.now += 61
    module.best_effort("when a token was last used", full)
    assert len(caplog.records) == 3
