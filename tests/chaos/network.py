"""A wire between one part of an installation and a server, that can be slow, torn, silent or half open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
CHUNK_BYTES = 65536


class Wire:
    """Forwards TCP connections from a port of its own.

    Attributes:
        port: Where it listens.
        delay_seconds: Each piece waits this long, in each direction.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._loop = asyncio.new_event_loop()
        self._pairs: dict[asyncio.StreamWriter, asyncio.StreamWriter | None] = {}
        self._passing = asyncio.Event()
        self._passing.set()
        self._is_torn = False
        self._is_half_open = False
        self.delay_seconds = 0.0
        self.port = 0
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="wire", daemon=True)
        self._thread.start()
        listening.wait()

    def slow_down(self, seconds: float) -> None:
        """Let each piece wait."""
        self.delay_seconds = seconds

    def tear(self) -> None:
        """Reset every connection, and each new one, until healed."""
        self._do(self._tear)

    def hold(self) -> None:
        """Let nothing through and close nothing; what was sent meanwhile arrives after healing, as lost packets do."""
        self._do(self._passing.clear)

    def half_open(self) -> None:
        """The server's side is closed and the other is not told: it waits for answers until healed, then is reset."""
        self._do(self._half_open)

    def heal(self) -> None:
        """Be a wire again."""
        self.delay_seconds = 0.0
        self._do(self._heal)

    def close(self) -> None:
        """End everything."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    # -- in the thread of the loop ------------------------------------------------------------------------------

    def _run(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        self._loop.run_forever()
        server.close()
        self._tear()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _do(self, work: Callable[[], None]) -> None:
        done = threading.Event()

        def and_tell() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(and_tell)
        done.wait()

    def _tear(self) -> None:
        self._is_torn = True
        self._reset_all()

    def _half_open(self) -> None:
        self._is_half_open = True
        self._passing.clear()
        for far in self._pairs.values():
            if far is not None:
                _reset(far)

    def _heal(self) -> None:
        if self._is_half_open:
            self._reset_all()
        self._is_torn = self._is_half_open = False
        self._passing.set()

    def _reset_all(self) -> None:
        for near, far in self._pairs.items():
            _reset(near)
            if far is not None:
                _reset(far)

    async def _accept(self, from_near: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        if self._is_torn:
            _reset(near)
            return
        self._pairs[near] = None
        try:
            await self._passing.wait()
            from_far, far = await asyncio.open_connection(*self._target)
            self._pairs[near] = far
            await asyncio.gather(self._pump(from_near, far), self._pump(from_far, near))
        except OSError:
            _reset(near)
        finally:
            far_end = self._pairs.pop(near)
            for end in (near, far_end):
                if end is not None:
                    end.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(CHUNK_BYTES):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self._passing.wait()
                sink.write(piece)
                await sink.drain()
        # The end of one side reaches the other only while the wire is whole.
        await self._passing.wait()
        sink.close()


def _reset(end: asyncio.StreamWriter) -> None:
    sock = end.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    end.transport.abort()
