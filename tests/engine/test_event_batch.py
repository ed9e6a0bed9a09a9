"""What a node reports reaches the parent process as JSON, whatever numbers it computed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tasks.engine.event_batch import EventBatch
from tasks.graph.messages import Message, Names, Term, from_json, message_json
from tests.worker.stack import wait_until


class Lines:
    """A channel that keeps the lines it would write."""

    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent += json.loads(json.dumps(message, allow_nan=False))["events"]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.5, 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(1), 1.0),
        (math.nan, 0.0),
        (np.float32("nan"), 0.0),
        (7, 1.0),
        (-1, 0.0),
    ],
)
def test_progress_is_a_share_from_0_to_1_whatever_number_a_node_reports(share, shown):
    lines = Lines()
    events = EventBatch(lines)
    events.progress(share, "half")
    events.flush()
    assert lines.sent == [{"event": "progress", "share": shown, "text": "half", "parts": None}]


def test_progress_carries_what_the_page_needs_to_say_it_in_its_language():
    lines = Lines()
    events = EventBatch(lines)
    events.progress(0.5, Message("progress.epoch", "Epoch {epoch:,} of {count:,}", epoch=np.int64(2), count=4))
    events.flush()
    assert lines.sent[0]["text"] == "Epoch 2 of 4"
    assert lines.sent[0]["parts"] == {"id": "progress.epoch", "params": {"epoch": 2, "count": 4}}


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("-inf"), np.array([1.0, math.nan])])
def test_a_parameter_that_is_no_number_reaches_the_page_as_text(value):
    lines = Lines()
    events = EventBatch(lines)
    events.line(Message("x.y", "It is {value}.", value=value))
    events.flush()
    assert lines.sent[0]["lines"] == [f"It is {value}."]
    assert lines.sent[0]["parts"][0]["params"] == {"value": str(value)}


def test_a_message_that_was_stored_keeps_its_parameters_when_it_is_stored_again():
    inner = Message("a.b", "{x}", x=math.nan)
    made = Message("x.y", "{a} {b} {c}", a=Term("type.date", "date"), b=Names(["p", "q"]), c=inner)
    stored = json.dumps(message_json(made), allow_nan=False)
    assert json.dumps(message_json(from_json(json.loads(stored)))) == stored


def test_an_event_that_is_no_json_is_dropped_alone_and_the_log_says_so():
    lines = Lines()
    events = EventBatch(lines)
    events.start()
    events.point("loss", 1.0, math.inf)
    events.point("loss", 2.0, 1.0)
    events.line("before")
    events.trial({"number": {1}})
    events.flush()
    events.line("after")
    wait_until(lambda: ["after"] in [event.get("lines") for event in lines.sent], "the thread goes on", 10)
    assert [event["points"] for event in lines.sent if event["event"] == "metric"] == [
        [{"name": "loss", "step": 1.0, "value": 2.0}]
    ]
    said = [event["lines"][0] for event in lines.sent if event["event"] == "log"]
    assert sum(line.startswith("Something that the node reported cannot be shown") for line in said) == 2
    assert "before" in said
    assert not [event for event in lines.sent if event["event"] == "trial"]
