"""The web process with other limits, and an application that does what tests need of one.

``python -m tests.web.stand_in PORT LIMITS [FOLDER]``: with a folder, the stand-in application; else the real one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")

from daphne.server import Server  # noqa: F401

from leptonweb.asgi import application

MESSAGE = "x" * 32_768


class StandIn:
    """Answers after it was told to by a file ``go`` in its folder, and sends without end on websockets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["path"] == "/slow":
            (self.folder / "begun").touch()
            while not (self.folder / "go").exists():
                await asyncio.sleep(0.02)
            await _answer(send, b"done")
        elif scope["path"] == "/large":
            await _answer(send, *[b"x" * 65_536] * 4096)
        else:
            head = {"root_path": scope["root_path"], "bytes": await _size(receive)}
            await _answer(send, json.dumps(head).encode())

    async def _socket(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if scope["path"] == "/try-again":
            await send({"type": "websocket.close", "code": 1013})
        while scope["path"] == "/flood":
            await send({"type": "websocket.send", "text": MESSAGE})
        while (await receive())["type"] != "websocket.disconnect":
            if scope["path"] == "/never-reads":
                await asyncio.Event().wait()


async def _size(receive: Any) -> int:
    size, has_more = 0, True
    while has_more:
        message = await receive()
        size += len(message.get("body", b""))
        has_more = message.get("more_body", False)
    return size


async def _answer(send: Any, *pieces: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


def main() -> None:
    from django.conf import settings

    from leptonweb.web.limits import Limits
    from leptonweb.web.loop_lag import measure_loop_lag
    from leptonweb.web.server import WebServer

    port, changed, *folder = sys.argv[1:]
    limits = replace(Limits.of_settings(settings), **json.loads(changed))
    served = StandIn(Path(folder[0])) if folder else application
    server = WebServer(served, [f"tcp:port={port}:interface=127.0.0.1:backlog=1024"], limits)
    sys.exit(0 if server.run(begin=measure_loop_lag) else 1)


if __name__ == "__main__":
    main()
