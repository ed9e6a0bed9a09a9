"""What a node reports reaches the parent process as JSON, whatever numbers it computed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tasks.engine.event_batch import EventBatch
from tasks.graph.messages import Message


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
