"""The pytest side of the two tiers: what a part of ``make test`` did, left out or could not do goes into one JSON file.

A test marked ``full`` runs in ``make test-full`` only. A test that this machine lacks a program for is skipped with a
reason that begins with ``needs``: ``tests/tiers/closing.py`` prints those in its last line.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

SLOW_SECONDS = 2.0
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def pytest_addoption(parser):
    parser.addoption("--totals", type=Path, help="write what this session did to this JSON file")
    parser.addoption("--write-pictures", action="store_true", help="make the reference pictures of the screens anew")


def pytest_configure(config):
    config.pluginmanager.register(Totals(config), "tiers-totals")


def pytest_make_parametrize_id(config, val, argname):
    """Name unreadable bytes by their place: a packed file holds the second it was made, which differs per process."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Note the processor time of a test: on a loaded machine the time on the clock says little."""
    before = _processor_seconds()
    try:
        return (yield)
    finally:
        item.user_properties.append(("processor_seconds", _processor_seconds() - before))
        marker = item.get_closest_marker("slow")
        is_stack = any(item.get_closest_marker(name) for name in ("worker", "browser"))
        item.user_properties.append(("is_slow_for_a_reason", is_stack or bool(marker and marker.kwargs.get("reason"))))


def _processor_seconds() -> float:
    """Return what this process and its ended children used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


class Totals:
    """Counts of one session; with xdist the workers count what they left out, the controller the rest."""

    def __init__(self, config):
        self.path = config.getoption("--totals")
        self.config = config
        self.left_out = 0
        self.skipped = Counter()
        self.slow = []
        self.began = time.monotonic()

    def pytest_deselected(self, items):
        self.left_out += sum(item.get_closest_marker("full") is not None for item in items)

    def pytest_sessionfinish(self):
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["left_out"] = self.left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node):
        # Every worker collects, and leaves out, the same tests.
        self.left_out = max(self.left_out, getattr(node, "workeroutput", {}).get("left_out", 0))

    def pytest_runtest_logreport(self, report):
        if report.skipped and isinstance(report.longrepr, tuple):
            self.skipped[report.longrepr[2].removeprefix("Skipped: ")] += 1
        properties = dict(report.user_properties)
        if report.when == "call" and report.duration > SLOW_SECONDS and not properties.get("is_slow_for_a_reason"):
            processor_seconds = properties.get("processor_seconds", 0.0)
            self.slow.append((report.nodeid, round(report.duration, 1), round(processor_seconds, 1)))

    def pytest_terminal_summary(self, terminalreporter, exitstatus):
        if self.path is None:
            return
        counts = {name: len(terminalreporter.stats.get(name, [])) for name in OUTCOMES}
        done = {
            "counts": counts,
            "seconds": round(time.monotonic() - self.began, 1),
            "left_out": self.left_out,
            "skipped": dict(self.skipped),
            "slow": self.slow,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(done))
