"""Answers as bytes: the one error form, status and headers ready to send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson

if TYPE_CHECKING:
    from tasks.inference.server.deployments.package import Answer

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

JSON_TYPE = (b"content-type", b"application/json")
PROBLEMS_SHOWN = 100


class Response(NamedTuple):
    """A good answer, ready to send.

    Attributes:
        body: What is sent.
        rows: How many were answered.
        headers: The kind of the body.
        given: What the program answered, whatever the dialect made of it.
    """

    body: bytes
    rows: int
    headers: Headers = (JSON_TYPE,)
    given: Answer | None = None


class HttpError(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is answered with an error.

    Args:
        status: HTTP status.
        code: One word for programs.
        message: A sentence: the rule, the value, the way out.
        problems: Faults as place and sentence.
        headers: Sent along.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        problems: Iterable[tuple[str, str]] = (),
        *,
        headers: Headers = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.release = 0  # the release that was at work, when one was
        listed = [{"at": at, "message": text} for at, text in problems]
        self.body = orjson.dumps({"code": code, "message": message, "problems": listed[:PROBLEMS_SHOWN]})


def not_found(message: str = "There is nothing here.") -> HttpError:
    """Return the answer for an address that does not exist."""
    return HttpError(404, "not_found", message)


def unauthorized() -> HttpError:
    """Return the answer for a missing, wrong or revoked key."""
    message = "This endpoint needs one of its keys: send the header “Authorization: Bearer <key>”."
    return HttpError(401, "unauthorized", message, headers=((b"www-authenticate", b"Bearer"),))


def come_again(status: int, code: str, message: str) -> HttpError:
    """Return the answer for a request that will do better in a second."""
    return HttpError(status, code, message, headers=((b"retry-after", b"1"),))


def whole(body: bytes) -> bytes:
    """Return a good answer in JSON with its head, as `reply` has it sent."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def whole_refusal(refusal: HttpError) -> bytes:
    """Return a refusal with its head, as `reply` has it sent."""
    lines = [
        b"HTTP/1.1 %d %b" % (refusal.status, HTTPStatus(refusal.status).phrase.encode()),
        b"content-type: application/json",
        b"content-length: %d" % len(refusal.body),
        *(name + b": " + value for name, value in refusal.headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + refusal.body


async def reply(send: Send, status: int, body: bytes, headers: Headers = (), kind: Headers = (JSON_TYPE,)) -> None:
    """Send an answer. ``kind``: the headers that say what the body is."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*kind, length, *headers]})
    await send({"type": "http.response.body", "body": body})
