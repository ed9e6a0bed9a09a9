"""A request's body: what its head announces is checked before it is read."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tasks.inference.server.http.content_encoding import ENCODINGS
from tasks.inference.server.protocols.charsets import ENCODINGS as CHARSETS
from tasks.inference.server.protocols.request_head import CSV_TYPE, ContentKind, RequestHead
from tasks.inference.server.responses import (
    JSON_HEADER,
    SAFETY_HEADERS,
    Headers,
    HttpError,
    Message,
    Receive,
    Send,
    wrong_method,
)

DISCARD_SECONDS = 2.0
DISCARD_BYTES = 64 * 1024 * 1024
SHOWN_BYTES = 80


class ClientDisconnected(Exception):  # noqa: N818 - nobody waits for an answer, so nothing is at fault
    """The client closed the connection before its answer."""


class TooLarge(HttpError):
    """The body is larger than allowed."""

    def __init__(self, limit_bytes: int) -> None:
        limit = f"{limit_bytes / (1024 * 1024):g} MiB"
        super().__init__(413, "too_large", f"The body is larger than {limit}. Send fewer rows at a time.")


def check_head(method: str, head: RequestHead, limit_bytes: int, content_kinds: Sequence[ContentKind]) -> None:
    """Refuse a request for a prediction by its head.

    Args:
        method: The HTTP method.
        head: The head.
        limit_bytes: The largest body.
        content_kinds: Kinds that the protocol takes.

    Raises:
        HttpError: 405 for any method but POST, 413 when a larger body is announced, 415 when it is of no such kind or
            compressed in a way that is not read.
    """
    if method != "POST":
        raise wrong_method("POST")
    if head.content_encoding and head.content_encoding.lower() not in ENCODINGS:
        encoding = head.content_encoding[:SHOWN_BYTES].decode("latin-1")
        message = f"The body may come as it is, or with gzip or deflate, not with “Content-Encoding: {encoding}”."
        raise HttpError(415, "compressed", message, headers=((b"accept-encoding", b"gzip, deflate"),))
    if head.content_length > limit_bytes:
        raise TooLarge(limit_bytes)
    if head.content_kind is ContentKind.UNKNOWN_CHARSET and ContentKind.CSV in content_kinds:
        kind = head.content_type[:SHOWN_BYTES].decode("latin-1")
        message = f"The charset of “{kind}” is none that is read. Send UTF-8, or name one of {', '.join(CHARSETS)}."
        raise HttpError(415, "unknown_charset", message)
    if head.content_kind not in content_kinds:
        kind = head.content_type[:SHOWN_BYTES].decode("latin-1")
        ways = "plain JSON with “Content-Type: application/json”"
        if ContentKind.CSV in content_kinds:
            ways += f" or CSV with “{CSV_TYPE.decode()}”"
        if ContentKind.JSON_LINES in content_kinds:
            ways += " or JSON lines with “application/x-ndjson”"
        raise HttpError(415, "not_json", f"Send {ways}, not “{kind}”.")


async def read(receive: Receive, limit_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        TooLarge: More came than is allowed.
        ClientDisconnected: The client closed the connection.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit_bytes:
            raise TooLarge(limit_bytes)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def has_disconnected(receive: Receive) -> bool:
    """Return whether the connection is closed, without waiting: after a whole body nothing else can come."""
    coroutine = receive()
    try:
        coroutine.send(None)  # type: ignore[attr-defined]  # a coroutine, as ASGI servers make it
    except StopIteration:
        return True
    coroutine.close()  # type: ignore[attr-defined]
    return False


async def refuse_large(send: Send, receive: Receive, error: HttpError, more_headers: Headers = ()) -> None:
    """Answer a body that is too large, with more headers, then close.

    The answer goes out at once. What still comes is discarded for a moment: closing with unread bytes would reset the
    connection, and the reset would overtake the answer.
    """
    length = (b"content-length", b"%d" % len(error.body))
    headers = [JSON_HEADER, *SAFETY_HEADERS, length, (b"connection", b"close"), *more_headers]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": error.body, "more_body": True})
    deadline, left = time.monotonic() + DISCARD_SECONDS, DISCARD_BYTES
    while left > 0 and time.monotonic() < deadline:
        message: Message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    await send({"type": "http.response.body", "body": b""})
