"""The one form of every error: ``{"code", "message", "problems": [{"at", "message"}]}``.

Beside each ``message``, in English, lie ``message_id`` and ``message_params``, with which the page translates it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from apps.common.disk_space import can_delete, is_disk_full, is_unwritable
from apps.common.field_messages import field_message
from tasks.graph.messages import Message, Term, message_json

logger = logging.getLogger(__name__)


class FieldProblem(TypedDict):
    """What is wrong at one place of the request; the sentence is a `Message` where the page can translate it."""

    at: str
    message: str


class ApplicationError(Exception):
    """A refusal that the person who asked can understand and act on.

    Args:
        code: One word for programs, such as ``conflict``.
        message: A sentence: the rule, the value, the way out.
        status: HTTP status.
        problems: Faults by place.
        details: More members of the answer, such as the document that is there now.
        retry_after_seconds: Sent as ``Retry-After``.
    """

    def __init__(
        self,
        code: str,
        message: Message,
        status: int = 400,
        problems: Iterable[FieldProblem] = (),
        *,
        details: Mapping[str, Any] | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.problems = list(problems)
        self.details = dict(details or {})
        self.retry_after_seconds = retry_after_seconds


def invalid(problems: Sequence[FieldProblem]) -> ApplicationError:
    """Return the refusal of values, each with its place; there is at least one."""
    first = problems[0]["message"]
    message = Message("request.invalid", "Some values cannot be accepted.")
    if len(problems) == 1 and isinstance(first, Message):
        message = first
    return ApplicationError("invalid", message, 400, problems)


def not_found(what: str) -> ApplicationError:
    """Return the refusal for something that is not there or may not be seen.

    Args:
        what: What was asked for, in English; the page says ``thing.<what>`` in its language.
    """
    message = Message("request.not_found", "There is no such {thing}.", thing=Term(f"thing.{what}", what))
    return ApplicationError("not_found", message, 404)


def too_large() -> ApplicationError:
    """Return the refusal of a body above the size that is read into memory."""
    message = Message(
        "request.too_large",
        "The request has more than the {limit:.1f} MB this call takes.",
        limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2,
    )
    return ApplicationError("too_large", message, 413)


def disk_full() -> ApplicationError:
    """Return the refusal of a change for which the server's disk has no room."""
    message = Message(
        "server.disk_full",
        "The server's disk is full, so nothing was changed. Delete data sets you no longer need, or ask the "
        "administrator to make room, then try again.",
    )
    if not can_delete():
        message = Message(
            "server.disk_too_full",
            "The server's disk is full to the last, so nothing was changed, and nothing can be deleted either. Ask the "
            "administrator to make room on the disk, then try again.",
        )
    return ApplicationError("disk_full", message, 507)


def storage_unwritable() -> ApplicationError:
    """Return the refusal of a change to files that this process may not write."""
    message = Message(
        "server.storage_unwritable",
        "The server may not write to its own files: they are read-only, or another user's. Nothing was changed. Ask "
        "the administrator to make its data folder writable, then try again.",
    )
    return ApplicationError("storage_unwritable", message, 503)


def error_body(code: str, message: str, problems: Iterable[FieldProblem] = ()) -> dict[str, Any]:
    """Return the body of an error answer."""
    listed = [{**problem, **message_json(problem["message"])} for problem in problems]
    return {"code": code, **message_json(message), "problems": listed}


def error_response(error: Exception, context: Mapping[str, Any]) -> Response | None:  # noqa: ARG001
    """Return the answer to an exception raised in a view, ``None`` for our own mistakes (a plain 500)."""
    if isinstance(error, RequestDataTooBig):
        error = too_large()
    elif not isinstance(error, ApplicationError) and is_disk_full(error):
        logger.error("a request found the disk full: %s", error)
        error = disk_full()
    elif not isinstance(error, ApplicationError) and is_unwritable(error):
        logger.error("a request found files that may not be written: %s", error)
        error = storage_unwritable()
    if isinstance(error, ApplicationError):
        body = {**error.details, **error_body(error.code, error.message, error.problems)}
        wait = error.retry_after_seconds
        return Response(body, status=error.status, headers={"Retry-After": str(wait)} if wait else None)
    if isinstance(error, Http404):
        message = Message("request.nothing_here", "There is nothing here, or you may not see it.")
        return Response(error_body("not_found", message), status=404)
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    return _framework_response(error)


def _framework_response(error: exceptions.APIException) -> Response:
    headers = {}
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.ValidationError):
        problems = list(_problems(error.detail, ""))
        several = Message("request.invalid", "Some values cannot be accepted.")
        message = problems[0]["message"] if len(problems) == 1 else several
        return Response(error_body("invalid", message, problems), status=error.status_code)
    code = error.get_codes()
    return Response(
        error_body(code if isinstance(code, str) else "refused", str(error.detail)),
        status=error.status_code,
        headers=headers or None,
    )


def _problems(detail: Any, at: str) -> Iterator[FieldProblem]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            place = "" if name == "non_field_errors" else str(name)
            yield from _problems(inner, ".".join(part for part in (at, place) if part))
    elif isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        for index, inner in enumerate(detail):
            yield from _problems(inner, f"{at}.{index}" if at else str(index))
    elif isinstance(detail, list):
        for inner in detail:
            yield {"at": at, "message": field_message(str(inner), getattr(inner, "code", ""))}
    else:
        yield {"at": at, "message": field_message(str(detail), getattr(detail, "code", ""))}
