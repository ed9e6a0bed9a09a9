"""The body of a request as the application receives it: piece by piece from its file, never whole in memory."""

from __future__ import annotations

import asyncio
from typing import Any, BinaryIO

PIECE_BYTES = 64 * 1024


class SpooledBody:
    """Stands where daphne has a queue. Daphne puts the whole body there; what it puts is left out, but for the end.

    Args:
        content: The received bytes, at their beginning; closed when they are read.
    """

    def __init__(self, content: BinaryIO) -> None:
        self._content: BinaryIO | None = content
        self._is_gone = asyncio.Event()

    def put_nowait(self, message: dict[str, Any]) -> None:
        """Take note that the client went away."""
        if message["type"] == "http.disconnect":
            self._is_gone.set()

    async def get(self) -> dict[str, Any]:
        """Return the next piece; after the last, wait for the end of the conversation."""
        if self._content is not None and not self._is_gone.is_set():
            return await self._next_piece(self._content)
        await self._is_gone.wait()
        self._close()
        return {"type": "http.disconnect"}

    async def _next_piece(self, content: BinaryIO) -> dict[str, Any]:
        piece = content.read(PIECE_BYTES)
        has_more = len(piece) == PIECE_BYTES
        if has_more:
            await asyncio.sleep(0)  # a large body must not keep everybody else waiting
        else:
            self._close()
        return {"type": "http.request", "body": piece, "more_body": has_more}

    def _close(self) -> None:
        if self._content is not None:
            self._content.close()
            self._content = None
