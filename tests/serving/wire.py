"""Connections to the serving plane in memory, byte by byte, with a count of the requests that go over ASGI."""

from __future__ import annotations

import asyncio
import re

from uvicorn import Config
from uvicorn.server import ServerState

from tasks.inference.server.http.application import Application
from tasks.inference.server.http.buffered_protocol import BufferedProtocol
from tasks.inference.server.process.settings import Settings
from tests.serving.plane import KEY


class CountingApplication(Application):
    """Counts the requests that come to it over ASGI."""

    asgi_requests = 0

    async def __call__(self, scope, receive, send):
        self.asgi_requests += 1
        await super().__call__(scope, receive, send)


class MemoryTransport(asyncio.Transport):
    """A transport that stores what is written."""

    def __init__(self):
        super().__init__()
        self.written, self.is_closed, self.news = b"", False, asyncio.Event()

    def write(self, data):
        self.written += data
        self.news.set()

    def writelines(self, parts):
        self.write(b"".join(parts))

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    def get_extra_info(self, name, default=None):
        return default

    def get_write_buffer_size(self):
        return 0

    def abort(self):
        self.is_closed = True

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class MemoryConnection:
    """One connection to an application."""

    def __init__(self, application):
        config = Config(
            application,
            http=BufferedProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            log_config=None,
        )
        config.load()
        config.loaded_app = application
        self.buffered = BufferedProtocol(config, ServerState(), {}, asyncio.get_running_loop())
        self.connection = self.buffered.connection
        self.transport = MemoryTransport()
        self.buffered.connection_made(self.transport)

    async def ask(self, *requests):
        """Return the answers to requests that are sent at once."""
        self.send(b"".join(requests))
        answers = []
        while len(answers) < len(requests):
            answers.append(await asyncio.wait_for(self.answer(), 20))
        return answers if len(requests) > 1 else answers[0]

    def send(self, data):
        """Receive bytes, as many at once as the buffer takes."""
        at = 0
        while at < len(data):
            room = self.buffered.get_buffer(-1)
            size = min(len(room), len(data) - at)
            room[:size] = data[at : at + size]
            self.buffered.buffer_updated(size)
            at += size

    async def answer(self):
        """Return the next answer."""
        while True:
            written = self.transport.written
            end = written.find(b"\r\n\r\n") + 4
            length = re.search(rb"content-length: (\d+)", written[:end])
            if length and len(written) >= end + int(length[1]):
                self.transport.written = written[end + int(length[1]) :]
                return written[: end + int(length[1])]
            self.transport.news.clear()
            await self.transport.news.wait()


def application(redis_url="redis://127.0.0.1:1/0", **settings):
    return CountingApplication(Settings(redis_url=redis_url, **settings), load=lambda address: None)


def request(body, **headers):
    """Return the bytes of a request; underlines in names of headers are dashes."""
    lines = {"Host": "x", "Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"POST /endpoints/house/predict HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def over_asgi(body, **headers):
    """Return the same request with its body in chunks, which sends it over ASGI."""
    head = request(b"", Transfer_Encoding="chunked", **headers).replace(b"Content-Length: 0\r\n", b"")
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return head + chunk + b"0\r\n\r\n"
