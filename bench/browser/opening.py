"""How a page opens: bytes of script, first paint, and when it answers."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

QUIET_MS = 500

#: Long tasks, and the moment the nodes were on the screen, are noted from before the page's own scripts.
NOTE = """
window.leptonLong = []
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.leptonLong.push([one.startTime, one.duration])
}).observe({ type: 'longtask', buffered: true })
window.leptonSeen = 0
const look = () => {
  const node = document.querySelector('.react-flow__node')
  if (node && node.style.visibility !== 'hidden') window.leptonSeen = performance.now()
  else requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""
QUIET = """(quiet) => {
  const last = window.leptonLong.reduce((end, [start, length]) => Math.max(end, start + length), window.leptonSeen)
  return window.leptonSeen > 0 && performance.now() - last > quiet
}"""
FIGURES = """() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0]
  const end = window.leptonLong.reduce((end, [start, length]) => Math.max(end, start + length), window.leptonSeen)
  const scripts = performance.getEntriesByType('resource')
    .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
    .map(({ name, encodedBodySize }) => [new URL(name).pathname.split('/').at(-1), encodedBodySize])
  return { paint: paint?.startTime ?? 0, seen: window.leptonSeen, ready: end, scripts }
}"""


@dataclass(frozen=True)
class Opening:
    """Seconds from the address to the first paint, the nodes, and the last long task; kilobytes of script sent."""

    paint: float
    seen: float
    ready: float
    scripts: dict[str, float]


def open_graph(page: Page, address: str, *, not_counted: str) -> Opening:
    """Open a graph and return when everything was there; ``page`` was prepared with :data:`NOTE`."""
    page.goto(address)
    page.wait_for_function(QUIET, arg=QUIET_MS, timeout=60_000)
    figures = page.evaluate(FIGURES)
    return Opening(
        paint=figures["paint"] / 1000,
        seen=figures["seen"] / 1000,
        ready=figures["ready"] / 1000,
        scripts={name: size / 1000 for name, size in figures["scripts"] if not_counted not in name},
    )
