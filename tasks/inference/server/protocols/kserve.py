"""KServe's first protocol, which TensorFlow Serving's clients speak too: ``/v1/models/{model}:predict``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.protocols import predict
from tasks.inference.server.protocols.base import InferenceProtocol, PredictCall
from tasks.inference.server.protocols.mlflow import read_matrix, read_named
from tasks.inference.server.protocols.predict import PredictRequest
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.protocols.rows_json import load_json
from tasks.inference.server.responses import HttpError, Response, not_found

if TYPE_CHECKING:
    from tasks.inference.server.protocols.routes import Route

PREDICT_VERB = ":predict"
BODIES = ("instances", "inputs")
PLACES = frozenset({*BODIES, "signature_name", "parameters"})
"""What a body may hold; the last two are what clients send along for models that have options."""


class KserveProtocol(InferenceProtocol):
    """Requests to ``/endpoints/{slug}/v1/...``. Bodies of any content type are taken; many clients send none."""

    content_kinds = tuple(ContentKind)

    def call(self, head: RequestHead, route: Route) -> PredictCall:  # noqa: ARG002
        """Return what a request wants. Raises `HttpError` 404 where the address names another model."""
        match route.rest:
            case ("models", name):
                version = ""
            case ("models", model, "versions", number):
                name, version = f"{model}{PREDICT_VERB}", number.removesuffix(PREDICT_VERB)
            case _:
                raise not_found()
        check_model(name.removesuffix(PREDICT_VERB), route.slug)
        return PredictCall(answer, version=version)

    def format_error(self, error: HttpError) -> HttpError:
        """Return the error as the protocol writes it: a sentence and no more; what it calls a bad request is 400."""
        error.body = orjson.dumps({"error": str(error)})
        if error.status == 422:
            error.status = 400
        return error


def answer(release: Release, content: bytes) -> Response:
    """Return ``{"predictions": […]}``.

    Raises:
        HttpError: 422, a sentence names row and column; 500 when the model fails.
    """
    request = _read(release, load_json(content))
    given = predict.answer(release, request).answer
    body = orjson.dumps({"predictions": given.predictions}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, request.count, answer=given)


def _read(release: Release, data: Any) -> PredictRequest:
    found = [name for name in BODIES if name in data] if type(data) is dict else []
    if len(found) != 1:
        raise _refused("", "The body must be an object with “instances”, a list of rows, or “inputs”, columns by name.")
    foreign = sorted(data.keys() - PLACES)
    if foreign:
        raise _refused(foreign[0], f"The body may not hold “{foreign[0][:80]}”.")
    body, given = found[0], data[found[0]]
    if type(given) is dict:
        return PredictRequest(columns=read_named(body, given))
    if type(given) is not list or not given:
        raise _refused(body, f"“{body}” must be a list with at least one row.")
    if any(type(row) is dict for row in given):
        return PredictRequest(rows=given)
    return PredictRequest(columns=read_matrix(release, given))


def _refused(place: str, message: str) -> HttpError:
    return HttpError(422, "invalid_rows", message, [(place, message)])


def describe(endpoint: LoadedEndpoint, rest: Sequence[str]) -> tuple[int, bytes]:
    """Return status and body of the answer to one of the protocol's GET requests.

    Args:
        endpoint: The endpoint.
        rest: The address after ``v1``, split at its slashes.

    Raises:
        HttpError: 404, there is no such address or model.
    """
    slug = endpoint.entry.slug
    match list(rest):
        case ["models"]:
            return 200, orjson.dumps({"models": [slug]})
        case ["models", model]:
            check_model(model, slug)
            is_ready = endpoint.release is not None or endpoint.is_unloaded
            return 200 if is_ready else 503, orjson.dumps({"name": slug, "ready": is_ready})
    raise not_found()


def check_model(model: str, slug: str) -> None:
    """Refuse the name of another model. Raises `HttpError` 404."""
    if model != slug:
        raise not_found(f"There is no model “{model[:80]}” here; this endpoint's is called “{slug}”.")


KSERVE = KserveProtocol()
