"""Waiting for a release: what the serving processes say of the snapshot that names it, and nothing older."""

from __future__ import annotations

import pytest

from apps.serving import serving_client

REFUSED = {"release": 1, "failures": {"release": "no model"}}


@pytest.fixture
def says(monkeypatch):
    """Have the processes report these in turn, each a list of pairs of revision and endpoint."""
    monkeypatch.setattr(serving_client, "POLL_SECONDS", 0.0)

    def set_up(*turns):
        remaining = [[{"revision": at, "endpoints": {"houses": reported}} for at, reported in turn] for turn in turns]
        monkeypatch.setattr(serving_client, "reports", lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0])

    return set_up


def state(**more):
    now = serving_client.wait_for("houses", 3, revision=8, **{"seconds": 60, **more})
    return now.state, now.failure


def test_a_failure_from_before_the_snapshot_is_not_taken_for_the_answer(says):
    says([(7, REFUSED)], [(8, {"release": 3})])
    assert state() == ("ready", "")


def test_a_failure_to_load_the_release_is(says):
    says([(7, {"release": 1})], [(8, REFUSED)])
    assert state() == ("failed", "no model")


def test_the_reason_keeps_what_the_page_needs_to_say_it_in_its_language(says):
    parts = {"id": "load.failed", "params": {"error": "no model"}}
    says([(8, {**REFUSED, "failure_parts": {"release": parts}})])
    now = serving_client.wait_for("houses", 3, revision=8, seconds=60)
    assert (now.failure, now.failure_parts) == ("no model", parts)


def test_the_reason_of_a_process_of_the_former_version_is_shown_as_it_is(says):
    says([(8, REFUSED)])
    assert serving_client.wait_for("houses", 3, revision=8, seconds=60).failure_parts is None


def test_one_process_that_cannot_load_it_is_enough_while_another_has_not_taken_the_snapshot(says):
    says([(7, {"release": 3}), (8, REFUSED)])
    assert state() == ("failed", "no model")


def test_every_process_must_have_taken_the_snapshot_before_the_release_is_ready(says):
    says([(7, {"release": 3}), (8, {"release": 3})])
    assert state(seconds=0) == ("starting", "")


def test_without_processes_nobody_waits_for_an_old_one(says):
    says([])
    assert state(seconds=0) == ("offline", "")
