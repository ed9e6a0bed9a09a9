"""Clients of a serving plane: one request on a connection, and a client that retries on a new connection."""

from __future__ import annotations

import json
import re
import socket
import threading

from tests.serving.plane import KEY

ROW = {"size": 10, "rooms": 2}


def exchange(connection, request):
    """Send bytes and return the whole answer."""
    connection.sendall(request)
    answer = b""
    while True:
        part = connection.recv(65536)
        assert part, f"the connection ended after {answer!r}"
        answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if length and len(body) == int(length[1]):
            return answer


class RetryingClient:
    """A thread that sends requests on one connection, and retries once on a new one when it breaks."""

    def __init__(self, port):
        self.port, self.connection, self.failed, self.answered = port, None, [], 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def _run(self):
        while not self.stopping.is_set():
            try:
                answer = self._request()
            except (OSError, AssertionError):
                self.connection = None
                try:
                    answer = self._request()
                except (OSError, AssertionError) as fault:
                    self.failed.append(fault)
                    continue
            self.answered += b"[23.0]" in answer

    def _request(self):
        body = json.dumps({"rows": [ROW]}).encode()
        head = f"POST /endpoints/house/predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
        request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        self.connection = self.connection or socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return exchange(self.connection, request)
