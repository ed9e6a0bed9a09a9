"""What a node reports reaches the parent process as JSON, whatever numbers it computed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from tasks.engine.event_batch import EventBatch


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
    assert lines.sent == [{"event": "progress", "share": shown, "text": "half"}]
