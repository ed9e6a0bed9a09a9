"""Pictures of screens: what varies is made the same, and two pictures are compared by the share of pixels that differ.

A reference is small: half the size on a desktop, WebP. The browser itself makes and compares them, so nothing else is
installed for it. A letter is drawn a little differently by each version of Chromium and each set of fonts, so the
references say what made them, and are not compared with what something else draws.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute

FOLDER = Path(__file__).parent / "references"
MADE_BY = FOLDER / "made_by.json"
QUALITY = 0.6
#: Of 255, in any of the three colours: less is the noise of compression.
COLOUR_TOLERANCE = 32
#: Of all pixels. A line of text that moved by a pixel is more than that.
SHARE_TOLERANCE = 0.002

NOW = datetime.fromisoformat("2026-03-02T09:05:00+00:00")
#: What each installation or run makes anew, in answers and events of the server, and what is shown in its place.
STEADIED = (
    (re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "2026-03-02T09:00:00Z"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:8001"),
    (re.compile(r'"prefix":\s*"[^"]*"'), '"prefix": "lep_0123"'),
    (re.compile(r'"(\w*seconds)":\s*[\d.e+-]+'), r'"\1": 2.5'),
    (re.compile(r'"(\w*bytes)":\s*\d+'), r'"\1": 2500000'),
    (re.compile(r"[\d.]+ ms per row"), "0.5 ms per row"),
)

FONTS = """() => {
  const context = document.createElement('canvas').getContext('2d')
  return ['sans-serif', 'monospace', 'Inter Variable'].map((family) => {
    context.font = `16px "${family}", ${family.includes(' ') ? 'serif' : family}`
    return context.measureText('Sphinx of black quartz, judge my vow: 0123456789').width.toFixed(2)
  })
}"""

#: Returns the screenshot as a small WebP, the share of pixels that differ from the reference, and a picture of those.
COMPARE = """async ([screenshot, reference, scale, quality, tolerance]) => {
  const drawn = async (url, scale) => {
    const picture = await createImageBitmap(await (await fetch(url)).blob())
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(picture.width * scale)
    canvas.height = Math.round(picture.height * scale)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context.imageSmoothingQuality = 'high'
    context.drawImage(picture, 0, 0, canvas.width, canvas.height)
    return { canvas, context, data: context.getImageData(0, 0, canvas.width, canvas.height) }
  }
  const small = (await drawn(screenshot, scale)).canvas.toDataURL('image/webp', quality)
  if (!reference) return { small, share: 1, difference: null }
  // Both went through the same compression.
  const [now, before] = [await drawn(small, 1), await drawn(reference, 1)]
  if (now.canvas.width !== before.canvas.width || now.canvas.height !== before.canvas.height)
    return { small, share: 1, difference: null }
  const [a, b] = [now.data.data, before.data.data]
  let different = 0
  for (let at = 0; at < a.length; at += 4) {
    const most = Math.max(Math.abs(a[at] - b[at]), Math.abs(a[at + 1] - b[at + 1]), Math.abs(a[at + 2] - b[at + 2]))
    if (most > tolerance) {
      different += 1
      a.set([255, 0, 80, 255], at)
    } else a.set([a[at] / 3 + 160, a[at + 1] / 3 + 160, a[at + 2] / 3 + 160, 255], at)
  }
  now.context.putImageData(now.data, 0, 0)
  return { small, share: different / (a.length / 4), difference: now.canvas.toDataURL('image/webp', 0.8) }
}"""


@dataclass(frozen=True)
class Compared:
    """A screenshot as a reference is kept, and how it differs from one."""

    picture: bytes
    share: float
    difference: bytes | None


def steady(context: BrowserContext) -> None:
    """Make every page of the context show the same times, durations and addresses whenever it is opened."""
    context.route(re.compile(r"/api/v1/"), _answer_steadily)
    context.route_web_socket(re.compile(r"/ws/"), _tell_steadily)


def _answer_steadily(route: Route) -> None:
    response = route.fetch()
    is_json = "json" in response.headers.get("content-type", "")
    route.fulfill(response=response, **({"body": _steadied(response.text())} if is_json else {}))


def _tell_steadily(socket: WebSocketRoute) -> None:
    server = socket.connect_to_server()
    server.on_message(lambda message: socket.send(_steadied(str(message))))


def _steadied(text: str) -> str:
    for varying, shown in STEADIED:
        text = varying.sub(shown, text)
    return text


def take(page: Page, blank: Page, reference: Path, scale: float) -> Compared:
    """Take a picture of the page and compare it with the reference; ``blank``: a page that compares."""
    page.evaluate("document.fonts.ready")
    screenshot = b""
    while screenshot != (screenshot := page.screenshot(animations="disabled", caret="hide")):
        pass  # what is drawn late, charts most of all, is there once two pictures are the same
    known = _as_url(reference.read_bytes(), "webp") if reference.exists() else None
    found: dict[str, Any] = blank.evaluate(
        COMPARE, [_as_url(screenshot, "png"), known, scale, QUALITY, COLOUR_TOLERANCE]
    )
    return Compared(_of_url(found["small"]), found["share"], found["difference"] and _of_url(found["difference"]))


def drawn_by(blank: Page) -> dict[str, Any]:
    """Return what draws the pictures here: the major version of Chromium and how wide its fonts are."""
    assert blank.context.browser is not None
    return {"chromium": blank.context.browser.version.partition(".")[0], "fonts": blank.evaluate(FONTS)}


def references_drawn_by() -> dict[str, Any]:
    """Return what drew the references; empty when there are none."""
    made: dict[str, Any] = json.loads(MADE_BY.read_text()) if MADE_BY.exists() else {}
    return made


def _as_url(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _of_url(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])
