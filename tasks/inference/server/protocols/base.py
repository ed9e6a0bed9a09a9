"""The interface that every request format of an endpoint implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from time import thread_time
from typing import TYPE_CHECKING, ClassVar

from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.traffic_split import Answerer
from tasks.inference.server.responses import HttpError, Response

if TYPE_CHECKING:
    from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
    from tasks.inference.server.protocols.routes import Route


@dataclass(frozen=True)
class PredictCall:
    """What one request wants of a release.

    Attributes:
        answer: Reads the body and makes the response. Raises `HttpError`.
        is_expensive: It may take long although its body is short.
        is_rows_json: The body is JSON as `rows_json` reads it, so that a single row may be answered with others.
        version: The number of the requested release; empty for whichever answers.
    """

    answer: Answerer
    is_expensive: bool = False
    is_rows_json: bool = False
    version: str = ""

    def answer_measured(self, release: Release, content: bytes, parse_seconds: float = 0.0) -> Response:
        """Return the response and record its cost in processor time: waiting for the interpreter is not its own.

        Args:
            release: What answers.
            content: The body.
            parse_seconds: What parsing the body took, where ``answer`` does not parse it.
        """
        begun = thread_time()
        response = self.answer(release, content)
        release.package.cost.record(len(content), thread_time() - begun + parse_seconds)
        return response


class InferenceProtocol(ABC):
    """One request format. Its instances hold no state.

    Attributes:
        content_kinds: Kinds of bodies that it takes.
    """

    content_kinds: ClassVar[tuple[ContentKind, ...]]

    @abstractmethod
    def call(self, head: RequestHead, route: Route) -> PredictCall:
        """Return what a request wants, as far as address and head say it.

        Raises:
            HttpError: They contradict the protocol.
        """

    def format_error(self, error: HttpError) -> HttpError:
        """Return an error in the protocol's own form."""
        return error
