"""What comes in from the network, read into one piece of memory; requests with a known head skip the parser.

Clients send the same head again and again. What the parser made of a head is therefore remembered by its bytes, and a
request that came whole is a look-up and its response. Under overload a refusal is a look-up, a look at the queue and
one write, and its body is counted, not read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tasks.inference.server.http.connection import HttpConnection
from tasks.inference.server.http.discard import find_discard

MEMORY = memoryview(bytearray(256 * 1024))
"""Where the bytes of every connection are read to: they are taken from here before the next connection is served."""

HEAD_MEMORY = MEMORY[:4096]
"""The same while requests are refused: enough for a head, and the rest of a body can be left unread."""

MAX_HEAD_BYTES = 2048
"""A longer head is not remembered."""

REMEMBERED_HEADS = 1000
"""With more, all are forgotten."""

END = b"\r\n\r\n"

DISCARD = find_discard()


class BufferedProtocol(asyncio.BufferedProtocol):
    """One connection, as the event loop sees it.

    Attributes:
        connection: The same connection, as HTTP sees it.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.connection = HttpConnection(*arguments, **named)
        self._heads = self.connection.heads
        self._precheck = self.connection.precheck
        self._left = 0  # bytes to come of a body that is discarded
        self._socket_number = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        socket = transport.get_extra_info("socket")
        self._socket_number = socket.fileno() if DISCARD is not None and socket is not None else -1
        self.connection.connection_made(transport)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._socket_number = -1
        self.connection.connection_lost(exc)

    def eof_received(self) -> None:
        """Note that nothing more comes."""
        self.connection.eof_received()

    def pause_writing(self) -> None:
        """Write no more: the client does not read."""
        self.connection.pause_writing()

    def resume_writing(self) -> None:
        """Write again."""
        self.connection.resume_writing()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - as asyncio wants it
        """Return where to read to, after unneeded bytes were discarded.

        The last byte of a body is always read, so that what follows from its end happens where bytes are taken.
        """
        if self._left > 1 and self._socket_number >= 0 and DISCARD is not None:
            self._left -= DISCARD(self._socket_number, self._left - 1)
        return HEAD_MEMORY if self._precheck.is_overloaded() and self.connection.needs_head() else MEMORY

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        at = self._discard(0, nbytes) if self._left else 0
        while at < nbytes:
            if not self.connection.is_between:
                self.connection.data_received(MEMORY[at:nbytes])  # type: ignore[arg-type]  # the parser takes both
                self.connection.refuse_long_head(nbytes - at)
                return
            at = self._take_request(at, nbytes)

    def _take_request(self, at: int, until: int) -> int:
        """Take the beginning of a request; return where what was not taken begins."""
        connection = self.connection
        start = bytes(MEMORY[at : min(at + MAX_HEAD_BYTES, until)])
        length = start.find(END) + len(END)
        if length >= len(END):
            raw_head = start[:length]
            head = self._heads.get(raw_head)
            if head is None:
                connection.data_received(raw_head)
                # Remembered only if the parser, too, took these bytes for a head and nothing else.
                if (learned := connection.learned_head()) is not None:
                    if len(self._heads) >= REMEMBERED_HEADS:
                        self._heads.clear()
                    self._heads[raw_head] = learned
                return until if connection.transport.is_closing() else at + length
            if connection.is_free():
                body, end = at + length, at + length + head.content_length
                # `FastPath` refuses, too; this saves time where much must be refused, or the body is still to come.
                if (end > until or self._precheck.may_refuse()) and connection.refuses(head):
                    self._left = head.content_length
                    return self._discard(body, until)
                if end <= until:
                    connection.answer(head, bytes(MEMORY[body:end]))
                    return end
        connection.data_received(MEMORY[at:until])  # type: ignore[arg-type]
        connection.refuse_long_head(until - at)
        return until

    def _discard(self, at: int, until: int) -> int:
        """Count bytes of a body that is discarded; return where the rest begins."""
        discarded = min(self._left, until - at)
        self._left -= discarded
        if not self._left:
            self.connection.on_message_complete()
        return at + discarded
