"""Reading a request's body: its kind and size are checked before it is read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from tasks.inference.server.http.responses import JSON_TYPE, HttpError, Message, Receive, Send

Kinds: TypeAlias = frozenset[bytes]

CSV = b"text/csv"
ANY_KIND: Kinds = frozenset({b"*/*"})
DRAIN_SECONDS = 2.0
DRAIN_BYTES = 64 * 1024 * 1024


class ClientDisconnected(Exception):  # noqa: N818 - the caller hung up; nobody waits for an answer
    """The connection was closed before the whole body came."""


class TooLarge(HttpError):
    """The body is larger than allowed."""

    def __init__(self, limit_bytes: int) -> None:
        limit = f"{limit_bytes / (1024 * 1024):g} MiB"
        super().__init__(413, "too_large", f"The body is larger than {limit}. Send fewer rows at a time.")


class Head(NamedTuple):
    """What a request's headers say.

    Attributes:
        authorization: Empty when it was not sent.
        is_csv: The body is CSV.
        wants_csv: So shall be the answer.
        json_length: How much of the body is JSON, when bytes of tensors follow it.
    """

    authorization: bytes
    is_csv: bool = False
    wants_csv: bool = False
    json_length: int | None = None


def check_headers(headers: Iterable[tuple[bytes, bytes]], limit_bytes: int, kinds: Kinds = frozenset()) -> Head:
    """Return what the headers say.

    Args:
        headers: Names in lower case, and values.
        limit_bytes: The largest body.
        kinds: Content types taken beside JSON.

    Raises:
        HttpError: 413 when a larger body is announced, 415 when it is of no such kind or compressed.
    """
    authorization, too_large, refused, is_csv, wants_csv = b"", False, b"", False, False
    json_length = None
    for name, value in headers:
        if name == b"authorization":
            authorization = value
        elif name == b"content-length":
            too_large = len(value) > 15 or int(value) > limit_bytes
        elif name == b"content-type" and value != b"application/json":
            is_csv, refused = _kind_of(value, kinds, refused)
        elif name == b"accept":
            wants_csv = CSV in value
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise _compressed(value)
        elif name == b"inference-header-content-length":
            json_length = _length(value)
    if too_large:
        raise TooLarge(limit_bytes)
    if refused:
        raise _not_taken(refused, kinds)
    return Head(authorization, is_csv, wants_csv, json_length)


def _kind_of(value: bytes, kinds: Kinds, refused: bytes) -> tuple[bool, bytes]:
    """Return whether a content type is CSV, and what is refused from now on."""
    if _is_json(value) or kinds is ANY_KIND:
        return False, refused
    is_csv = CSV in kinds and _is_csv(value)
    return is_csv, refused if is_csv else value


def _not_taken(value: bytes, kinds: Kinds) -> HttpError:
    kind = value[:80].decode("latin-1")
    ways = "plain JSON with “Content-Type: application/json”" + (" or CSV with “text/csv”" if CSV in kinds else "")
    return HttpError(415, "not_json", f"Send {ways}, not “{kind}”.")


def _compressed(value: bytes) -> HttpError:
    how = value[:80].decode("latin-1")
    return HttpError(415, "compressed", f"The body must come as it is, without “Content-Encoding: {how}”.")


def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > 15:
        raise HttpError(400, "invalid_request", "Inference-Header-Content-Length must be a whole number.")
    return int(value)


def _is_csv(value: bytes) -> bool:
    kind, _, options = value.lower().partition(b";")
    return kind.strip() == CSV and options.partition(b"charset=")[2].strip(b' "') in (b"", b"utf-8", b"utf8")


def _is_json(value: bytes) -> bool:
    kind, _, options = value.lower().partition(b";")
    kind = kind.strip()
    charset = options.partition(b"charset=")[2].strip(b' "')
    is_json = kind == b"application/json" or (kind.startswith(b"application/") and kind.endswith(b"+json"))
    return is_json and charset in (b"", b"utf-8", b"utf8")


async def read(receive: Receive, limit_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        TooLarge: More came than is allowed.
        ClientDisconnected: The caller hung up.
    """
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > limit_bytes:
            raise TooLarge(limit_bytes)
        return body
    return await _read_parts(message, receive, limit_bytes)


async def _read_parts(message: Message, receive: Receive, limit_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise ClientDisconnected
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit_bytes:
            raise TooLarge(limit_bytes)
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()


async def refuse_large(send: Send, receive: Receive, refusal: TooLarge) -> None:
    """Answer a body that is too large, then close.

    The answer goes out at once. What is still coming is thrown away for a moment, because closing with unread
    bytes would reset the connection and take the answer with it.
    """
    headers = [JSON_TYPE, (b"content-length", b"%d" % len(refusal.body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body, "more_body": True})
    deadline, left = time.monotonic() + DRAIN_SECONDS, DRAIN_BYTES
    while left > 0 and time.monotonic() < deadline:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    await send({"type": "http.response.body", "body": b""})
