"""What a person does with the canvas, played with the pointer at the pace of a hand."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from playwright.sync_api import Page

SECONDS = 3.0
#: Pointer events a second, as a mouse sends them at least.
PACE = 60.0


def _paced(step: Callable[[float], None]) -> int:
    """Call ``step`` with the share of the gesture that is over, at the pace of a hand; return how often.

    Each waits for the page to have taken it, so a page that draws slowly is sent fewer.
    """
    began = time.monotonic()
    count = 0
    while (gone := time.monotonic() - began) < SECONDS:
        step(gone / SECONDS)
        count += 1
        time.sleep(max(began + count / PACE - time.monotonic(), 0))
    return count


def middle(page: Page) -> tuple[float, float]:
    """Return the middle of the canvas in pixels of the window."""
    box = page.get_by_test_id("canvas").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def pan(page: Page, reach: float = 260) -> int:
    """Drag the canvas in a circle with the middle button."""
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down(button="middle")
    count = _paced(lambda share: page.mouse.move(*_circle(x, y, reach, share)))
    page.mouse.move(x, y)
    page.mouse.up(button="middle")
    return count


def scroll(page: Page) -> int:
    """Turn the wheel down and up again."""
    page.mouse.move(*middle(page))
    return _paced(lambda share: page.mouse.wheel(0, 60 if share < 0.5 else -60))


def zoom(page: Page) -> int:
    """Zoom in and out again with Ctrl and the wheel."""
    page.mouse.move(*middle(page))
    page.keyboard.down("Control")
    count = _paced(lambda share: page.mouse.wheel(0, -12 if share < 0.5 else 12))
    page.keyboard.up("Control")
    return count


def drag(page: Page, node: str, reach: float = 160) -> int:
    """Drag one node in a circle and put it back where it lay."""
    box = page.get_by_test_id(f"node-{node}").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4
    page.mouse.move(x, y)
    page.mouse.down()
    count = _paced(lambda share: page.mouse.move(*_circle(x, y, reach, share)))
    page.mouse.move(x, y)
    page.mouse.up()
    return count


def rest(page: Page) -> int:
    """Do nothing and watch, as long as any other gesture takes."""
    page.wait_for_timeout(SECONDS * 1000)
    return int(SECONDS * PACE)


def _circle(x: float, y: float, reach: float, share: float) -> tuple[float, float]:
    angle = 2 * math.pi * share
    return x + reach * math.sin(angle), y + reach * (1 - math.cos(angle)) / 2
