"""What hostile clients cost the web process: large bodies, slow connections, websockets that never read.

Starts the web process alone, on a free port with an empty folder. The slow connections come from another address of
this machine (127.0.0.2) than the person who looks at the page meanwhile, then from the same one.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.web.process import Web, send_body

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE
POST = "POST /api/v1/datasets/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
UNFINISHED = b"GET /api/v1/session/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_CONNECTIONS = 1000
SILENT_SOCKETS = 200
LOOKS = 200
MOST_ANSWER_SECONDS = 0.1
MOST_BODY_MEBIBYTES = 20
MOST_SOCKET_MEBIBYTES = 50


def look(web: Web) -> tuple[int, float, float]:
    """Ask for the page's session again and again; return failures, median and worst milliseconds."""
    failures, times = 0, []
    for _ in range(LOOKS):
        began = time.perf_counter()
        try:
            failures += web.call("GET", "/api/v1/session/")[0] != 200
        except OSError:
            failures += 1
        times.append((time.perf_counter() - began) * 1000)
    return failures, statistics.median(times), max(times)


def upload(web: Web, *, is_chunked: bool) -> bool:
    """Send 1 GiB as nobody and print what came of it."""
    before = web.resident_bytes()
    sent = send_body(web, POST, size=GIBIBYTE, is_chunked=is_chunked)
    grown = (sent.most_resident - before) / MEBIBYTE
    how = "chunked" if is_chunked else "declared"
    print(
        f"anonymous 1 GiB, {how}: {sent.status} after {sent.seconds * 1000:.0f} ms and {sent.bytes / MEBIBYTE:.1f} MiB "
        f"sent; memory +{grown:.1f} MiB"
    )
    return sent.status == 413 and sent.seconds < MOST_ANSWER_SECONDS and grown < MOST_BODY_MEBIBYTES


def slow(web: Web, source: str, note: str = "") -> bool:
    """Hold 1,000 connections whose heads never end, and look at the page meanwhile."""
    before = web.resident_bytes()
    connections = [web.connect(UNFINISHED, source=source) for _ in range(SLOW_CONNECTIONS)]
    failures, median, worst = look(web)
    grown = (web.resident_bytes() - before) / MEBIBYTE
    for connection in connections:
        connection.close()
    print(
        f"{SLOW_CONNECTIONS} slow connections from {source}{note}: {LOOKS} looks at the page from 127.0.0.1, "
        f"{failures} failed, median {median:.1f} ms, worst {worst:.1f} ms; memory +{grown:.1f} MiB"
    )
    return failures == 0


def silent(folder: Path) -> bool:
    """Open 200 websockets that are sent to without end and never read."""
    with Web.start(folder, stand_in=True, limits={"connections": 0}) as web:
        web.call("GET", "/")
        before = web.resident_bytes()
        sockets = [web.open_socket("/flood") for _ in range(SILENT_SOCKETS)]
        failures = sum(web.call("GET", "/")[0] != 200 for _ in range(LOOKS))
        grown = (web.resident_bytes() - before) / MEBIBYTE
        print(
            f"{len(sockets)} websockets that never read: memory +{grown:.1f} MiB; {failures} of {LOOKS} requests failed"
        )
        return grown < MOST_SOCKET_MEBIBYTES and not failures


def main() -> int:
    """Print a line for each attack; return 1 when a target is missed."""
    print(describe_machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Web.start(folder / "page") as web:
            failures, median, worst = look(web)
            print(f"nothing else: {LOOKS} looks, {failures} failed, median {median:.1f} ms, worst {worst:.1f} ms")
            results = [upload(web, is_chunked=False), upload(web, is_chunked=True)]
            results += [slow(web, "127.0.0.2"), slow(web, "127.0.0.1")]
        with Web.start(folder / "unlimited", limits={"connections": 0}) as web:
            look(web)
            results.append(slow(web, "127.0.0.1", " without a limit per address"))
        results.append(silent(folder / "sockets"))
    return 0 if all(results) else 1


if __name__ == "__main__":
    run_program(main)
