"""Frames of a page: how many were drawn during a gesture, and what its main thread computed."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page

COUNT_FRAMES = """() => {
  const frames = []
  const tick = (now) => { frames.push(now); window.leptonFrame = requestAnimationFrame(tick) }
  window.leptonFrames = frames
  window.leptonFrame = requestAnimationFrame(tick)
}"""
TAKE_FRAMES = "() => { cancelAnimationFrame(window.leptonFrame); return window.leptonFrames }"

CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"]
STYLE = {
    "UpdateLayoutTree",
    "Layout",
    "RecalculateStyles",
    "InvalidateLayout",
    "HitTest",
    "IntersectionObserverController::computeIntersections",
}
PAINT = {"PrePaint", "Paint", "Layerize", "UpdateLayer", "UpdateLayerTree", "Commit", "CompositeLayers", "PaintImage"}
SCRIPT = {
    "FunctionCall",
    "EvaluateScript",
    "EventDispatch",
    "TimerFire",
    "FireAnimationFrame",
    "FireIdleCallback",
    "RunMicrotasks",
    "MinorGC",
    "MajorGC",
    "V8.GCScavenger",
    "V8.GC_MC_INCREMENTAL",
    "v8.compile",
    "v8.callFunction",
    "v8.run",
    "XHRReadyStateChange",
    "WebSocketReceive",
}


@dataclass(frozen=True)
class Work:
    """What the page's main thread computed, in milliseconds of processor time for each step of the gesture."""

    script: float
    style: float
    paint: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.script + self.style + self.paint


@dataclass(frozen=True)
class Gesture:
    """One gesture, played twice: once for its frames, once for what they cost."""

    name: str
    per_second: float
    median: float
    p95: float
    work: Work

    def line(self) -> str:
        """Return it as a row of the table."""
        return (
            f"{self.name:<34}{self.per_second:>7.1f}{self.median:>9.1f}{self.p95:>8.1f}"
            f"{self.work.script:>10.1f}{self.work.style:>8.1f}{self.work.paint:>8.1f}"
        )


HEADING = f"{'gesture':<34}{'frames/s':>7}{'median':>8}{'p95':>8}{'script':>10}{'style':>8}{'paint':>8}"


def watch(browser: Browser, page: Page, name: str, play: Callable[[], int]) -> Gesture:
    """Play a gesture twice and return its frames and their cost; intervals in milliseconds."""
    intervals, _ = _intervals(page, play)
    browser.start_tracing(page=page, categories=CATEGORIES)
    _, steps = _intervals(page, play)
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    spent = _spent(events)
    return Gesture(
        name=name,
        per_second=1000 * len(intervals) / sum(intervals),
        median=statistics.median(intervals),
        p95=sorted(intervals)[int(len(intervals) * 0.95)],
        work=Work(
            script=sum(spent[name] for name in SCRIPT) / steps,
            style=sum(spent[name] for name in STYLE) / steps,
            paint=sum(spent[name] for name in PAINT) / steps,
        ),
    )


def _intervals(page: Page, play: Callable[[], int]) -> tuple[list[float], int]:
    page.evaluate(COUNT_FRAMES)
    steps = play()
    frames: list[float] = page.evaluate(TAKE_FRAMES)
    return [after - before for before, after in zip(frames, frames[1:], strict=False)], steps


def _spent(events: list[dict[str, Any]]) -> dict[str, float]:
    """Return milliseconds of processor time by name on the page's main thread, each without what it contains."""
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"].get("name") == "CrRendererMain"
    }
    spent: dict[str, float] = defaultdict(float)
    for thread in threads:
        own = [event for event in events if event["ph"] == "X" and (event["pid"], event["tid"]) == thread]
        own.sort(key=lambda event: (event["ts"], -event.get("dur", 0)))
        within: list[dict[str, Any]] = []
        for event in own:
            while within and within[-1]["ts"] + within[-1].get("dur", 0) <= event["ts"]:
                within.pop()
            time = event.get("tdur", 0) / 1000
            spent[event["name"]] += time
            if within:
                spent[within[-1]["name"]] -= time
            within.append(event)
    return spent
