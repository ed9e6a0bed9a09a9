"""Batches the events of a running node, so that the parent process reads at most ten lines a second."""

from __future__ import annotations

import json
import math
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

from tasks.engine.channel import NOT_JSON, Channel
from tasks.graph.messages import Message, parts_of

SECONDS_BETWEEN_LINES = 0.1


class EventBatch:
    """Progress, points, log lines and trials not sent yet. Only progress is replaced by newer progress."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._changed = threading.Condition()
        self._progress: dict[str, Any] | None = None
        self._points: list[dict[str, Any]] = []
        self._lines: list[tuple[str, dict[str, Any] | None]] = []
        self._trials: list[dict[str, Any]] = []

    def start(self) -> None:
        """Start the thread that sends."""
        threading.Thread(target=self._run, name="events", daemon=True).start()

    def progress(self, share: float, text: str) -> None:
        """Set the progress of the node: a share from 0 to 1 (NaN counts as 0) and a line about it, as in a log."""
        with self._changed:
            # A float, as JSON can hold it: a node may report NumPy's numbers, or NaN.
            shown = 0.0 if math.isnan(share) else min(max(float(share), 0.0), 1.0)
            self._progress = {"event": "progress", "share": shown, "text": text, "parts": parts_of(text)}
            self._changed.notify()

    def point(self, name: str, value: float, step: float) -> None:
        """Add a point of a curve; a value that is no number leaves a gap in it."""
        with self._changed:
            shown = float(value) if math.isfinite(value) else None
            self._points.append({"name": name, "step": float(step), "value": shown})
            self._changed.notify()

    def line(self, text: str) -> None:
        """Add a line to the log; a `Message` where the page can translate it."""
        # Here, in the thread of the node: a parameter that cannot be shown is an error of the node.
        line = (text if isinstance(text, str) else str(text), parts_of(text))
        with self._changed:
            self._lines.append(line)
            self._changed.notify()

    def trial(self, trial: dict[str, Any]) -> None:
        """Add a try of a search."""
        with self._changed:
            self._trials.append(trial)
            self._changed.notify()

    def flush(self) -> None:
        """Send the batch now. An event that is no JSON is dropped alone, and the log says so."""
        with self._changed:
            events = self._take()
            if not events:
                return
            try:
                self._channel.send({"events": events})
            except NOT_JSON:
                self._channel.send({"events": [_or_fault(event) for event in _singly(events)]})

    def _take(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = [{"event": "trial", "trial": trial} for trial in self._trials]
        if self._points:
            events.append({"event": "metric", "points": self._points})
        if self._lines:
            lines, parts = ([*column] for column in zip(*self._lines, strict=True))
            events.append({"event": "log", "lines": lines, "parts": parts if any(parts) else []})
        if self._progress:
            events.append(self._progress)
        self._progress, self._points, self._lines, self._trials = None, [], [], []
        return events

    def _is_empty(self) -> bool:
        return not (self._progress or self._points or self._lines or self._trials)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._is_empty())
            try:
                self.flush()
            except Exception:  # noqa: BLE001 - nobody restarts this thread: the next events are to be sent
                traceback.print_exc()
            time.sleep(SECONDS_BETWEEN_LINES)


def _singly(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Return the events with one point or line each."""
    for event in events:
        if event["event"] == "metric":
            yield from ({**event, "points": [point]} for point in event["points"])
        elif event["event"] == "log":
            for at, line in enumerate(event["lines"]):
                yield {**event, "lines": [line], "parts": event["parts"][at : at + 1]}
        else:
            yield event


def _or_fault(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event, or the log line that it cannot be shown."""
    try:
        json.dumps(event, allow_nan=False)
    except NOT_JSON as error:
        fault = Message(
            "engine.event_lost", "Something that the node reported cannot be shown: {error}", error=str(error)
        )
        return {"event": "log", "lines": [fault], "parts": [parts_of(fault)]}
    return event
