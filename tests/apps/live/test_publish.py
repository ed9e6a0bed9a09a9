"""What is published of committed events: one message for those that follow on one another, in order."""

from __future__ import annotations

from apps.live import publish
from apps.live.publish import Events, messages_of


def test_events_of_one_run_go_out_in_one_message_whatever_order_their_transactions_came_in():
    batch = [Events("run:1", 4, ("d",)), Events("run:1", 1, ("a", "b")), Events("run:1", 3, ("c",))]
    assert list(messages_of(batch)) == [("run:1", b"1\na\nb\nc\nd")]


def test_runs_do_not_share_a_message():
    batch = [Events("run:1", 1, ("a",)), Events("run:2", 2, ("x",)), Events("run:1", 2, ("b",))]
    assert list(messages_of(batch)) == [("run:1", b"1\na\nb"), ("run:2", b"2\nx")]


def test_a_gap_begins_a_new_message_as_every_message_numbers_its_events_from_the_first():
    batch = [Events("run:1", 1, ("a",)), Events("run:1", 3, ("c",))]
    assert list(messages_of(batch)) == [("run:1", b"1\na"), ("run:1", b"3\nc")]


def test_a_message_that_would_be_too_long_for_a_socket_is_split(monkeypatch):
    monkeypatch.setattr(publish, "MAX_MESSAGE_BYTES", 3)
    batch = [Events("run:1", 1, ("aa",)), Events("run:1", 2, ("b",)), Events("run:1", 3, ("c", "dddd"))]
    assert list(messages_of(batch)) == [("run:1", b"1\naa\nb"), ("run:1", b"3\nc\ndddd")]
