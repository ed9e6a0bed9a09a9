"""What comes in from the network, read into one piece of memory; what has a known head seldom meets the parser.

Callers send the same head again and again. What the parser made of one is remembered by its bytes. So a usual request
that came whole is a look-up and the answer; under overload a refusal is a look-up, a look at the row and one write, and
its body is counted, not read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tasks.inference.server.http.connection import Protocol
from tasks.inference.server.http.discard import drain

MEMORY = memoryview(bytearray(256 * 1024))
"""Where every connection's bytes are read to: they are taken from here before the next connection is looked at."""

HEAD_MEMORY = MEMORY[:4096]
"""The same while requests are refused: enough for a head, and the rest of a body can be left unread."""

MOST_HEAD_BYTES = 2048
"""A longer head is not remembered."""

REMEMBERED = 1000
"""Heads that are remembered; with more it begins anew."""

END = b"\r\n\r\n"

DRAIN = drain()


class BufferedProtocol(asyncio.BufferedProtocol):
    """One connection, as the network sees it.

    Attributes:
        protocol: The connection, as HTTP sees it.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.protocol = Protocol(*arguments, **named)
        self._heads = self.protocol.heads
        self._left = 0  # bytes to come of a body that is thrown away
        self._number = -1  # of the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        connection = transport.get_extra_info("socket")
        self._number = connection.fileno() if DRAIN is not None and connection is not None else -1
        self.protocol.connection_made(transport)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._number = -1
        self.protocol.connection_lost(exc)

    def eof_received(self) -> None:
        """Note that nothing more comes."""
        self.protocol.eof_received()

    def pause_writing(self) -> None:
        """Write no more: the caller does not read."""
        self.protocol.pause_writing()

    def resume_writing(self) -> None:
        """Write again."""
        self.protocol.resume_writing()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - as asyncio wants it
        """Return where to read to, after what nobody will read was thrown away.

        The last byte of a body is always read, so that what follows from its end happens where bytes are taken.
        """
        if self._left > 1 and self._number >= 0 and DRAIN is not None:
            self._left -= DRAIN(self._number, self._left - 1)
        return HEAD_MEMORY if self.protocol.is_crowded() else MEMORY

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        at = self._throw_away(0, nbytes) if self._left else 0
        while at < nbytes:
            if self.protocol.hurry is not None:  # the next one came before the answer to the last
                self.protocol.hurry()
            if not self.protocol.is_between:
                self.protocol.data_received(MEMORY[at:nbytes])  # type: ignore[arg-type]  # the parser takes both
                return
            at = self._begun(at, nbytes)

    def _begun(self, at: int, until: int) -> int:
        """Take the beginning of a request; return where what was not taken begins."""
        protocol = self.protocol
        start = bytes(MEMORY[at : min(at + MOST_HEAD_BYTES, until)])
        length = start.find(END) + len(END)
        if length >= len(END):
            head = start[:length]
            known = self._heads.get(head)
            if known is None:
                protocol.data_received(head)
                # Only what the parser, too, took for a whole head and nothing else.
                if (learned := protocol.learned()) is not None:
                    if len(self._heads) >= REMEMBERED:
                        self._heads.clear()
                    self._heads[head] = learned
                return until if protocol.transport.is_closing() else at + length
            if protocol.is_free():
                body, end = at + length, at + length + known.size
                if protocol.refuses(known):
                    self._left = known.size
                    return self._throw_away(body, until)
                if end <= until and (door := protocol.door(known)) is not None:
                    protocol.answer(door, known, head, bytes(MEMORY[body:end]))
                    return end
        protocol.data_received(MEMORY[at:until])  # type: ignore[arg-type]
        return until

    def _throw_away(self, at: int, until: int) -> int:
        """Count bytes of a body that nobody reads; return where what follows it begins."""
        thrown = min(self._left, until - at)
        self._left -= thrown
        if not self._left:
            self.protocol.on_message_complete()
        return at + thrown
