"""The ways of speaking to an endpoint: which one an address means, what it takes, and how it says no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import thread_time
from typing import TypeAlias

import orjson

from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.http.body import ANY_KIND, Head
from tasks.inference.server.http.responses import HttpError, Message, Response, not_found
from tasks.inference.server.protocols import mlflow, open_inference, rows_json

Answerer: TypeAlias = Callable[[Release, bytes], Response]

CSV_KINDS = frozenset({rows_json.CSV_KIND})
MLFLOW_CODES = {404: "RESOURCE_DOES_NOT_EXIST", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 500: "INTERNAL_ERROR"}


@dataclass(frozen=True)
class Work:
    """What a request asks of a release.

    Attributes:
        answer: Makes the answer.
        is_heavy: It may take long though its body is short.
        is_plain: It is the usual request, which may be answered together with others.
        version: The release that was asked for by number; empty for whichever answers.
    """

    answer: Answerer
    is_heavy: bool = False
    is_plain: bool = False
    version: str = ""

    def measured(self, release: Release, content: bytes) -> Response:
        """Return the answer; note what it took, by the processor's time: waiting for the interpreter is not its own."""
        begun = thread_time()
        answer = self.answer(release, content)
        release.package.cost.record(len(content), thread_time() - begun)
        return answer

    def named(self, endpoint: LoadedEndpoint) -> Release:
        """Return the release that was asked for by number. Raises `HttpError` 404."""
        return named(endpoint, self.version)


@dataclass(frozen=True, eq=False)
class InferenceProtocol:
    """One way of speaking.

    Attributes:
        kinds: Content types that are taken beside JSON.
        work: Reads what the address and the headers say. Raises `HttpError`.
        refused: Puts a refusal into the dialect's own form.
    """

    kinds: frozenset[bytes]
    work: Callable[[Head, Message, Sequence[str]], Work]
    refused: Callable[[HttpError], HttpError]


def find(parts: Sequence[str]) -> InferenceProtocol | None:
    """Return the dialect of an address such as ``/endpoints/house/predict``, split at its slashes."""
    if len(parts) < 4 or parts[1] != "endpoints":
        return None
    if len(parts) == 4:
        return _BY_NAME.get(parts[3])
    return OPEN_INFERENCE if parts[3] == "v2" else None


def named(endpoint: LoadedEndpoint, version: str) -> Release:
    """Return the release with this number, of those that answer. Raises `HttpError` 404."""
    for release in (endpoint.release, endpoint.canary):
        if release is not None and str(release.entry.release) == version:
            return release
    raise not_found(f"There is no version “{version[:80]}” in service.")


PLAIN_WORK = Work(rows_json.answer_rows, is_plain=True)


def _plain_work(head: Head, scope: Message, _: Sequence[str]) -> Work:
    query = scope.get("query_string", b"")
    if not (head.is_csv or head.wants_csv or query):
        return PLAIN_WORK
    answer = partial(rows_json.answer, query=query, is_csv=head.is_csv, wants_csv=head.wants_csv)
    return Work(answer, is_heavy=b"explain" in query)


def _mlflow_work(head: Head, _: Message, __: Sequence[str]) -> Work:
    return Work(partial(mlflow.answer, is_csv=head.is_csv))


def _oip_work(head: Head, _: Message, parts: Sequence[str]) -> Work:
    match parts[4:]:
        case ["models", model, "infer"]:
            version = ""
        case ["models", model, "versions", version, "infer"]:
            pass
        case _:
            raise not_found()
    if model != parts[2]:
        raise not_found(f"There is no model “{model[:80]}” here; this endpoint's is called “{parts[2]}”.")
    return Work(partial(open_inference.infer, header_length=head.json_length), version=version)


def _unchanged(refusal: HttpError) -> HttpError:
    return refusal


def _as_error(refusal: HttpError) -> HttpError:
    refusal.body = orjson.dumps({"error": str(refusal)})
    return refusal


def _with_error_code(refusal: HttpError) -> HttpError:
    """Add what MLflow's clients look for; what they call a bad request is 400."""
    code = MLFLOW_CODES.get(refusal.status, "BAD_REQUEST")
    refusal.body = orjson.dumps({"error_code": code, **orjson.loads(refusal.body)})
    if refusal.status == 422:
        refusal.status = 400
    return refusal


PLAIN = InferenceProtocol(CSV_KINDS, _plain_work, _unchanged)
MLFLOW = InferenceProtocol(CSV_KINDS, _mlflow_work, _with_error_code)
OPEN_INFERENCE = InferenceProtocol(ANY_KIND, _oip_work, _as_error)
_BY_NAME = {"predict": PLAIN, "invocations": MLFLOW, "v2": OPEN_INFERENCE}


def say(endpoint: LoadedEndpoint, rest: Sequence[str]) -> tuple[int, bytes]:
    """Return status and body of a question of the Open Inference Protocol.

    Args:
        endpoint: The endpoint.
        rest: The address behind ``v2``, split at its slashes.

    Raises:
        HttpError: 404, there is no such address, model or version.
    """
    is_ready = endpoint.release is not None or endpoint.is_unloaded
    match list(rest):
        case [] | [""]:
            return 200, orjson.dumps(open_inference.SERVER)
        case ["health", "live"]:
            return 200, b'{"live":true}'
        case ["health", "ready"]:
            return _truth("ready", is_ready)
        case ["models", model, *more] if model == endpoint.entry.slug:
            return _say_of_model(endpoint, more, is_ready=is_ready)
        case ["models", model, *_]:
            raise not_found(f"There is no model “{model[:80]}” here; this endpoint's is “{endpoint.entry.slug}”.")
        case _:
            raise not_found()


def _say_of_model(endpoint: LoadedEndpoint, more: Sequence[str], *, is_ready: bool) -> tuple[int, bytes]:
    release = endpoint.release
    if more[:1] == ["versions"] and len(more) > 1:
        release, more = named(endpoint, more[1]), more[2:]
    if list(more) == ["ready"]:
        return _truth("ready", is_ready, name=endpoint.entry.slug)
    if more:
        raise not_found()
    if release is None:
        return 400, orjson.dumps({"error": f"The model is not ready yet. {endpoint.failure}".strip()})
    said = open_inference.metadata(release)
    said["versions"] = [str(one.entry.release) for one in (endpoint.release, endpoint.canary) if one is not None]
    return 200, orjson.dumps(said)


def _truth(key: str, value: bool, **more: str) -> tuple[int, bytes]:
    """Return yes as 200 and no as 400, as the protocol wants it."""
    return 200 if value else 400, orjson.dumps({**more, key: value})
