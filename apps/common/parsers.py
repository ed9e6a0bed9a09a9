"""Bodies: JSON of a bounded size, and plain bytes."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser

from apps.common.errors import ApplicationError, FieldProblem, too_large
from apps.common.json_values import unstorable_paths
from tasks.graph.messages import Message

# How JSON spells what cannot be stored, and more: whole pairs of surrogates too. Most bodies have none of it, and a
# search is twenty times faster than a walk over their values.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[eE]\+?\d{3}|\d{300}")
MOST_PLACES = 20
# Drawn graphs need about ten. Far deeper ones would end the recursion of whatever walks over them later.
MOST_LEVELS = 64


class BoundedJSON(JSONParser):
    """Reads JSON up to the size that settings allow for a body in memory.

    Nesting without end is a plain error, and so is what no database could store, wherever it stands.
    """

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the data.

        Raises:
            ApplicationError: 413 too large; 415 compressed; 400 with the place of each value that cannot be stored.
        """
        request = (parser_context or {})["request"]
        _refuse_compressed(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise too_large()
        content = stream.read()
        is_utf8 = str((parser_context or {}).get("encoding") or "utf-8").lower() in {"utf-8", "utf8"}
        if is_utf8:
            content = content.removeprefix(codecs.BOM_UTF8)  # which some editors and spreadsheets write
        try:
            data = super().parse(io.BytesIO(content), media_type, parser_context)
            if _is_deeper(data, MOST_LEVELS):
                raise RecursionError
            if not is_utf8 or _SUSPECT.search(content):
                _refuse_unstorable(data)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        return data


def _refuse_compressed(request: Any) -> None:
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip()
    if encoding.lower() not in {"", "identity"}:
        message = Message(
            "request.compressed",
            "The body is compressed (“Content-Encoding: {encoding}”), which is not read here. Send it as it is.",
            encoding=encoding[:80],
        )
        raise ApplicationError("compressed", message, 415)


def _is_deeper(data: Any, levels: int) -> bool:
    level = [data]
    for _ in range(levels):
        inner = [one for one in level if isinstance(one, dict | list)]
        if not inner:
            return False
        level = [each for one in inner for each in (one.values() if isinstance(one, dict) else one)]
    return any(isinstance(one, dict | list) for one in level)


def _refuse_unstorable(data: Any) -> None:
    message = Message(
        "request.unstorable",
        "A text with half a character or with the character NUL, or a number without end, cannot be stored. Remove it.",
    )
    problems: list[FieldProblem] = [
        {"at": place, "message": message} for place, _ in zip(unstorable_paths(data), range(MOST_PLACES), strict=False)
    ]
    if problems:
        raise ApplicationError("invalid", message, 400, problems)


class RawBody(BaseParser):
    """Hands the unread body on, whatever its type says."""

    media_type = "*/*"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,  # noqa: ARG002
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the stream itself. Raises ``ApplicationError`` 415 for a compressed one."""
        _refuse_compressed((parser_context or {})["request"])
        return stream
