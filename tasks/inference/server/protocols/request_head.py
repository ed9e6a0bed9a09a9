"""The head of an inference request, read from its headers once and remembered by its bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from tasks.inference.server.protocols.charsets import UTF8_CHARSETS, encoding_of
from tasks.inference.server.responses import HttpError

if TYPE_CHECKING:
    from tasks.inference.server.protocols.base import PredictCall
    from tasks.inference.server.protocols.routes import Route

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Names in lower case, and values."""

JSON_TYPE, CSV_TYPE = b"application/json", b"text/csv"
JSON_LINES_TYPES = frozenset(
    {b"application/x-ndjson", b"application/ndjson", b"application/jsonl", b"application/x-jsonlines"}
)
MAX_LENGTH_DIGITS = 15
MAX_DEADLINE_DIGITS = 9
UNKNOWN_LENGTH_HEADERS = frozenset({b"transfer-encoding", b"upgrade"})
"""With one of these the length of the body is not known before it has come."""


class ContentKind(StrEnum):
    """What a content type says of the body."""

    JSON = "json"
    JSON_LINES = "json_lines"
    CSV = "csv"
    UNKNOWN_CHARSET = "unknown_charset"
    OTHER = "other"


@dataclass(slots=True, eq=False)
class RequestHead:
    """What any step of the request's path needs of its head. Nothing but ``call`` changes once it was read.

    Attributes:
        route: What the address means; ``None`` where it is not that of an endpoint's protocol.
        authorization: The header; empty when it was not sent.
        content_length: Bytes of the body; 0 when it is not announced.
        content_type: The header; JSON when it was not sent.
        content_kind: What it means.
        charset: The encoding of a CSV body; empty for UTF-8.
        content_encoding: Empty for a body as it is.
        accepts_csv: The answer shall be CSV.
        request_id: ``X-Request-Id``, which assigns a request to a canary; ``None`` when it was not sent.
        deadline_ms: ``X-Deadline-Ms`` as sent; ``None`` when it was not.
        json_length: ``Inference-Header-Content-Length`` as sent, how many bytes of the body are JSON.
        origin: The site of the page that asks from a browser; empty for other clients.
        expects_continue: The client waits for ``100 Continue`` before it sends the body.
        call: What address and head ask for; ``None`` until they were checked.
    """

    route: Route | None
    authorization: bytes = b""
    content_length: int = 0
    content_type: bytes = JSON_TYPE
    content_kind: ContentKind = ContentKind.JSON
    charset: str = ""
    content_encoding: bytes = b""
    accepts_csv: bool = False
    request_id: bytes | None = None
    deadline_ms: bytes | None = None
    json_length: bytes | None = None
    origin: bytes = b""
    expects_continue: bool = False
    call: PredictCall | None = None

    def latest_start(self, started: float) -> float:
        """Return until when the client waits for an answer, as `perf_counter` time; infinity without a deadline.

        Args:
            started: When the request came, in the same time.

        Raises:
            HttpError: 400, the deadline is not a whole number.
        """
        value = self.deadline_ms
        if value is None:
            return math.inf
        if not value.isdigit() or len(value) > MAX_DEADLINE_DIGITS:
            message = "“X-Deadline-Ms” is how many milliseconds you wait: a whole number."
            raise HttpError(400, "bad_deadline", message)
        return started + int(value) / 1000


def read_head(route: Route | None, headers: Headers) -> RequestHead:
    """Return what the headers say; nothing is refused yet. Of a header that was sent twice the last one counts."""
    given = dict(headers)
    length = b"0" if UNKNOWN_LENGTH_HEADERS & given.keys() else given.get(b"content-length", b"0")
    content_type = given.get(b"content-type", JSON_TYPE)
    encoding = given.get(b"content-encoding", b"")
    kind, charset = content_kind(content_type)
    return RequestHead(
        route,
        authorization=given.get(b"authorization", b""),
        content_length=int(length) if len(length) <= MAX_LENGTH_DIGITS else 10**MAX_LENGTH_DIGITS,
        content_type=content_type,
        content_kind=kind,
        charset=charset,
        content_encoding=b"" if encoding.lower() == b"identity" else encoding,
        accepts_csv=prefers_csv(given.get(b"accept", b"")),
        request_id=given.get(b"x-request-id"),
        deadline_ms=given.get(b"x-deadline-ms"),
        json_length=given.get(b"inference-header-content-length"),
        origin=given.get(b"origin", b""),
        expects_continue=b"expect" in given,
    )


def content_kind(value: bytes) -> tuple[ContentKind, str]:
    """Return what a content type means, and the encoding of CSV, empty for UTF-8.

    JSON in a character set other than UTF-8 is not read, and neither is CSV without names of its columns.
    """
    if value == JSON_TYPE:
        return ContentKind.JSON, ""
    kind, options = _parameters(value)
    charset = options.get(b"charset", b"")
    if kind == CSV_TYPE and options.get(b"header") != b"absent":
        try:
            return ContentKind.CSV, encoding_of(charset)
        except LookupError:
            return ContentKind.UNKNOWN_CHARSET, ""
    if charset not in UTF8_CHARSETS:
        return ContentKind.OTHER, ""
    if kind in JSON_LINES_TYPES:
        return ContentKind.JSON_LINES, ""
    is_json = kind == JSON_TYPE or (kind.startswith(b"application/") and kind.endswith(b"+json"))
    return (ContentKind.JSON if is_json and options.get(b"header") != b"absent" else ContentKind.OTHER), ""


def prefers_csv(accept: bytes) -> bool:
    """Return whether an ``Accept`` header names CSV, and JSON with no higher weight (RFC 9110, 12.5.1)."""
    if CSV_TYPE not in accept.lower():
        return False
    weights = {}
    for part in accept.split(b","):
        kind, options = _parameters(part)
        try:
            weights[kind] = float(options.get(b"q", b"1"))
        except ValueError:
            weights[kind] = 0.0
    csv = weights.get(CSV_TYPE, 0.0)
    json = next((weights[kind] for kind in (JSON_TYPE, b"application/*", b"*/*") if kind in weights), 0.0)
    return csv > 0 and csv >= json


def _parameters(value: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """Return a media type in lower case and its parameters."""
    kind, *options = value.lower().split(b";")
    pairs = (option.partition(b"=") for option in options)
    return kind.strip(), {name.strip(): content.strip(b' \t"') for name, _, content in pairs}
