"""What one client may take of the web process."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

MEBIBYTE = 1024 * 1024
PART = re.compile(rb"/api/v1/uploads/[^/]+/parts/\d+/")
WHOLE_FILE = b"/api/v1/datasets/"
MULTIPART = b"multipart/form-data"


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds.

    Attributes:
        body: Of a request without a place of its own below.
        part: Of one part of an upload.
        file: Of a form with a whole file.
        request_seconds: Until an answer begins, and between two pieces of it.
        head_seconds: Until the head of a request is whole.
        body_grace_seconds: After this long a body must have come with at least ``body_rate`` bytes a second.
        connections: From one address; 0 for no limit.
        drain_seconds: That requests may take to finish when the process is asked to end.
        session_cookie: Name of the cookie that a person who logged in sends.
    """

    body: int
    part: int
    file: int
    session_cookie: str
    request_seconds: int = 60
    head_seconds: int = 20
    body_grace_seconds: int = 20
    body_rate: int = 4096
    connections: int = 256
    drain_seconds: int = 30
    socket_message: int = 64 * 1024
    socket_seconds: int = 12 * 3600
    waiting_messages: int = 1000

    @classmethod
    def of_settings(cls, settings: Any) -> Limits:
        """Return the limits that the settings state; forms and parts get a little for what surrounds the file."""
        return cls(
            body=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            part=settings.UPLOAD_PART_BYTES + MEBIBYTE,
            file=settings.UPLOAD_LIMIT_BYTES + MEBIBYTE,
            session_cookie=settings.SESSION_COOKIE_NAME,
            request_seconds=settings.LEPTON_REQUEST_SECONDS,
            connections=settings.LEPTON_CONNECTIONS_PER_ADDRESS,
            drain_seconds=settings.LEPTON_DRAIN_SECONDS,
        )

    def body_cap(
        self, method: bytes, target: bytes, *, content_type: bytes, has_key: bool, cookies: Container[bytes]
    ) -> int:
        """Return how many bytes the body of a request may have.

        Only who sends a session or a key, be it a wrong one, may send more than a small body.
        """
        if not (has_key or self.session_cookie.encode() in cookies):
            return self.body
        path = target.partition(b"?")[0]
        if method == b"PUT" and PART.fullmatch(path):
            return self.part
        if method == b"POST" and path == WHOLE_FILE and content_type.lower().startswith(MULTIPART):
            return self.file
        return self.body
