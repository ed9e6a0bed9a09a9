"""Responses: the successful one, the one form of errors, and both as bytes or over ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeAlias

import orjson

from tasks.graph.messages import message_json

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

JSON_HEADER = (b"content-type", b"application/json")
JSON_HEADERS: Headers = (JSON_HEADER,)
SAFETY_HEADERS: Headers = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
"""In every response: what a caller sent stands in some of them, which no browser may take for a page, nor keep."""
PROBLEMS_SHOWN = 100


class Answer(Protocol):
    """What a program gives for rows."""

    @property
    def predictions(self) -> Sequence[Any]:
        """One value per row."""
        ...

    @property
    def probabilities(self) -> Sequence[Mapping[str, float]] | None:
        """Classification: per row, class to probability."""
        ...

    @property
    def warnings(self) -> list[str]:
        """Sentences about what was ignored or not seen in training."""
        ...

    @property
    def columns(self) -> Mapping[str, Any] | None:
        """The raw columns that were read, each array of shape (rows,); ``None`` where none were made."""
        ...

    @property
    def rows(self) -> Sequence[Mapping[str, Any]] | None:
        """The raw rows where no columns were made of them."""
        ...


class Response(NamedTuple):
    """A successful response.

    Attributes:
        body: What is sent.
        row_count: How many rows it answers.
        headers: The kind of the body.
        answer: What the program answered, whichever protocol it was written in.
        rows: The raw rows of the request, where ``answer`` does not hold them.
    """

    body: bytes
    row_count: int
    headers: Headers = JSON_HEADERS
    answer: Answer | None = None
    rows: Sequence[Mapping[str, Any]] | None = None


class HttpError(Exception):
    """A request that is answered with an error.

    Args:
        status: HTTP status.
        code: One word for programs.
        message: A sentence: the rule, the value, the way out; a `tasks.graph.messages.Message` where the page can
            translate it.
        problems: Faults as location and sentence, of which the first hundred are sent.
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
        listed = [{"at": at, **message_json(text)} for at, text in islice(problems, PROBLEMS_SHOWN)]
        self.body = orjson.dumps({"code": code, **message_json(message), "problems": listed})


Result: TypeAlias = Response | HttpError
"""What becomes of a request."""


def not_found(message: str = "There is nothing here.") -> HttpError:
    """Return the error for an address that does not exist."""
    return HttpError(404, "not_found", message)


def no_endpoint(slug: str) -> HttpError:
    """Return the error for an endpoint that does not exist."""
    return not_found(f"There is no endpoint “{slug[:80]}”.")


def wrong_method(allowed: str) -> HttpError:
    """Return the error for a request with another method."""
    message = f"This address takes {allowed} only."
    return HttpError(405, "method_not_allowed", message, headers=((b"allow", allowed.encode()),))


def unauthorized() -> HttpError:
    """Return the error for a missing, wrong or revoked key."""
    message = "This endpoint needs one of its keys: send the header “Authorization: Bearer <key>”."
    return HttpError(401, "unauthorized", message, headers=((b"www-authenticate", b"Bearer"),))


def retry_later(status: int, code: str, message: str) -> HttpError:
    """Return the error for a request that may succeed in a second."""
    return HttpError(status, code, message, headers=((b"retry-after", b"1"),))


USUAL_RESPONSE = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-content-type-options: nosniff\r\n"
    b"cache-control: no-store\r\n"
    b"content-length: %d\r\n\r\n%b"
)


def with_headers(response: bytes, headers: Headers) -> bytes:
    """Return an encoded response with more headers."""
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return response.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1)


def encode(result: Result) -> bytes:
    """Return a response with its head, byte for byte as `send_result` has it sent."""
    body = result.body
    if isinstance(result, HttpError):
        length = (b"content-length", b"%d" % len(body))
        status, headers = result.status, (JSON_HEADER, *SAFETY_HEADERS, length, *result.headers)
    elif result.headers is JSON_HEADERS:
        return USUAL_RESPONSE % (len(body), body)
    else:
        status, headers = 200, (*result.headers, *SAFETY_HEADERS, (b"content-length", b"%d" % len(body)))
    lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def send_result(send: Send, result: Result, headers: Headers = ()) -> None:
    """Send what became of a request over ASGI, with more headers."""
    if isinstance(result, HttpError):
        await reply(send, result.status, result.body, (*result.headers, *headers))
    else:
        await reply(send, 200, result.body, headers, kind=result.headers)


async def reply(send: Send, status: int, body: bytes, headers: Headers = (), kind: Headers = JSON_HEADERS) -> None:
    """Send a response. ``kind``: the headers that say what the body is."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *SAFETY_HEADERS, length, *headers]})
    await send({"type": "http.response.body", "body": body})
