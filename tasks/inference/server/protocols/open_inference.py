"""The Open Inference Protocol v2 over a program of raw columns: one tensor a column, or one matrix of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from tasks.contract.schema import Column
from tasks.inference.row_messages import in_row
from tasks.inference.rows import RowProblems
from tasks.inference.server.deployments.model_repository import LoadedEndpoint, Release
from tasks.inference.server.protocols.base import InferenceProtocol, PredictCall
from tasks.inference.server.protocols.json_errors import strange_number
from tasks.inference.server.protocols.open_inference_inputs import bad_request, parameters_of, read_columns
from tasks.inference.server.protocols.predict import answer_columns
from tasks.inference.server.protocols.request_head import MAX_LENGTH_DIGITS, ContentKind, RequestHead
from tasks.inference.server.responses import Headers, HttpError, Response, not_found
from tasks.inference.tensors import (
    BYTES,
    COLUMN_DATATYPES,
    Tensor,
    binary_of,
)

if TYPE_CHECKING:
    from tasks.inference.server.protocols.routes import Route

SERVER = {"name": "leptonweb", "version": "0.1.0", "extensions": ["binary_tensor_data"]}
PLATFORM = "leptonweb_program"
PREDICT, PROBABILITIES = "predict", "probabilities"
OCTETS = (b"content-type", b"application/octet-stream")


def metadata(release: Release) -> dict[str, Any]:
    """Return what the protocol says of a model: raw columns as inputs, and what it answers."""
    schema = release.package.raw_schema
    inputs = [{"name": c.name, "datatype": datatype_of(c), "shape": [-1]} for c in schema.each()]
    return {
        "name": release.entry.slug,
        "versions": [str(release.entry.release)],
        "platform": PLATFORM,
        "inputs": inputs,
        "outputs": _outputs(release.package.manifest),
    }


def _outputs(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = [{"name": PREDICT, "datatype": _prediction_type(manifest), "shape": [-1]}]
    if manifest["task"] == "classification":
        outputs.append({"name": PROBABILITIES, "datatype": "FP64", "shape": [-1, len(manifest["classes"])]})
    return outputs


def datatype_of(column: Column) -> str:
    """Return the protocol's name for the values of a raw column."""
    return COLUMN_DATATYPES.get(column.type, BYTES)


@dataclass(frozen=True)
class Wanted:
    """A requested output, and whether it is sent as bytes after the JSON."""

    name: str
    is_binary: bool


class OpenInferenceProtocol(InferenceProtocol):
    """Requests to ``/endpoints/{slug}/v2/...``. Bodies of any content type are taken; most clients send none."""

    content_kinds = tuple(ContentKind)

    def call(self, head: RequestHead, route: Route) -> PredictCall:
        """Return what a request wants. Raises `HttpError` 404 where the address names another model."""
        match route.rest:
            case ("models", model, "infer"):
                version = ""
            case ("models", model, "versions", version, "infer"):
                pass
            case _:
                raise not_found()
        if model != route.slug:
            raise not_found(f"There is no model “{model[:80]}” here; this endpoint's is called “{route.slug}”.")
        length = head.json_length
        if length is not None and (not length.isdigit() or len(length) > MAX_LENGTH_DIGITS):
            raise bad_request("Inference-Header-Content-Length must be a whole number.")
        header_length = None if length is None else int(length)
        return PredictCall(partial(infer, header_length=header_length), version=version)

    def format_error(self, error: HttpError) -> HttpError:
        """Return the error as the protocol writes it: a sentence and no more."""
        error.body = orjson.dumps({"error": str(error)})
        return error


def infer(release: Release, content: bytes, header_length: int | None) -> Response:
    """Return the answer to an inference request.

    Args:
        release: Who answers.
        content: The body.
        header_length: How much of it is JSON; ``None`` when all is.

    Raises:
        HttpError: 400, with a sentence that names input and row.
    """
    request, binary = _split(content, header_length)
    offered = _outputs(release.package.manifest)
    wanted = _wanted(request, [output["name"] for output in offered])
    schema = release.package.raw_schema
    columns, count = read_columns(schema, request["inputs"], binary)
    try:
        answer = answer_columns(release, columns)
    except RowProblems as error:
        raise bad_request(_sentence(error)) from None
    made = {PREDICT: _tensor(offered[0], (count,), list(answer.predictions))}
    if answer.probabilities is not None:
        flat = [share for row in answer.probabilities for share in row.values()]
        made[PROBABILITIES] = _tensor(offered[1], (count, offered[1]["shape"][1]), flat)
    fields: dict[str, Any] = {"model_name": release.entry.slug, "model_version": str(release.entry.release)}
    if request.get("id") is not None:
        fields["id"] = request["id"]
    if answer.warnings:
        fields["parameters"] = {"warnings": " ".join(answer.warnings)}
    response = _response(fields, [(made[one.name], one.is_binary) for one in wanted], count, release.package.manifest)
    return response._replace(answer=answer)


def _split(content: bytes, header_length: int | None) -> tuple[dict[str, Any], memoryview]:
    length = len(content) if header_length is None else header_length
    if not 0 <= length <= len(content):
        message = f"Inference-Header-Content-Length is {length}, but the body has {len(content)} bytes."
        raise bad_request(f"{message} It says how many of them are JSON.")
    try:
        request = orjson.loads(content[:length])
    except orjson.JSONDecodeError as error:
        _, message = strange_number(content[:length]) or ("", f"{_part(header_length)} is not JSON: {error}.")
        raise bad_request(message) from None
    if type(request) is not dict or type(request.get("inputs")) is not list:
        raise bad_request("The request must be an object with a list called “inputs”.")
    if request.get("id") is not None and type(request["id"]) is not str:
        raise bad_request("“id” must be text.")
    return request, memoryview(content)[length:]


def _part(header_length: int | None) -> str:
    if header_length is None:
        return "The request"
    return f"What Inference-Header-Content-Length says is JSON, the first {header_length} bytes,"


def _wanted(request: Mapping[str, Any], offered: Sequence[str]) -> list[Wanted]:
    is_binary = _flag(parameters_of(request, "the request"), "binary_data_output", default=False)
    requested = request.get("outputs")
    if requested is None or requested == []:
        return [Wanted(name, is_binary) for name in offered]
    if type(requested) is not list:
        raise bad_request("“outputs” must be a list.")
    wanted: dict[str, Wanted] = {}
    for output in requested:
        name = output.get("name") if type(output) is dict else None
        if type(name) is not str or name not in offered:
            raise bad_request(f"There is no output “{str(name)[:80]}”; there are {', '.join(offered)}.")
        parameters = parameters_of(output, f"output “{name}”")
        if parameters.get("classification"):
            raise bad_request("The classification extension is not offered here; ask for “probabilities”.")
        wanted[name] = Wanted(name, _flag(parameters, "binary_data", default=is_binary))
    return list(wanted.values())


def _flag(parameters: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if type(value) is not bool:
        raise bad_request(f"The parameter “{name}” must be true or false.")
    return value


def _prediction_type(manifest: Mapping[str, Any]) -> str:
    kinds = set(map(type, manifest.get("class_values") or ()))
    if manifest["task"] != "classification":
        return "FP64"
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int}:
        return "INT64"
    return "FP64" if kinds and kinds <= {int, float} else BYTES


def _tensor(offered: Mapping[str, Any], shape: tuple[int, ...], values: list[Any]) -> Tensor:
    return Tensor(offered["name"], offered["datatype"], shape, values)


def _response(
    said: dict[str, Any], outputs: Sequence[tuple[Tensor, bool]], rows: int, manifest: Mapping[str, Any]
) -> Response:
    listed: list[dict[str, Any]] = []
    behind: list[bytes] = []
    for tensor, is_binary in outputs:
        one: dict[str, Any] = {"name": tensor.name, "datatype": tensor.datatype, "shape": tensor.shape}
        if tensor.name == PROBABILITIES:
            one["parameters"] = {"labels": orjson.dumps(manifest["classes"]).decode()}
        if is_binary:
            behind.append(binary_of(tensor))
            one["parameters"] = {**one.get("parameters", {}), "binary_data_size": len(behind[-1])}
        else:
            one["data"] = tensor.values
        listed.append(one)
    head = orjson.dumps({**said, "outputs": listed})
    if not behind:
        return Response(head, rows)
    headers: Headers = (OCTETS, (b"inference-header-content-length", b"%d" % len(head)))
    return Response(b"".join([head, *behind]), rows, headers)


def _sentence(error: RowProblems) -> str:
    row, _, message = error.problems[0]
    count = f"{len(error.problems) - 1}" if error.are_all else f"At least {len(error.problems)}"
    more = f" {count} more values cannot be accepted." if len(error.problems) > 1 else ""
    return in_row(row, message) + more


def release_with_number(endpoint: LoadedEndpoint, number: str) -> Release:
    """Return the release with this number, of those that answer. Raises `HttpError` 404."""
    for release in (endpoint.release, endpoint.canary):
        if release is not None and str(release.entry.release) == number:
            return release
    raise not_found(f"There is no version “{number[:80]}” in service.")


def describe(endpoint: LoadedEndpoint, rest: Sequence[str]) -> tuple[int, bytes]:
    """Return status and body of the answer to one of the protocol's GET requests.

    Args:
        endpoint: The endpoint.
        rest: The address after ``v2``, split at its slashes.

    Raises:
        HttpError: 404, there is no such address, model or version.
    """
    is_ready = endpoint.release is not None or endpoint.is_unloaded
    match list(rest):
        case [] | [""]:
            return 200, orjson.dumps(SERVER)
        case ["health", "live"]:
            return 200, b'{"live":true}'
        case ["health", "ready"]:
            return _status_of("ready", is_ready)
        case ["models", model, *more] if model == endpoint.entry.slug:
            return _describe_model(endpoint, more, is_ready=is_ready)
        case ["models", model, *_]:
            raise not_found(f"There is no model “{model[:80]}” here; this endpoint's is “{endpoint.entry.slug}”.")
        case _:
            raise not_found()


def _describe_model(endpoint: LoadedEndpoint, more: Sequence[str], *, is_ready: bool) -> tuple[int, bytes]:
    release = endpoint.release
    if more[:1] == ["versions"] and len(more) > 1:
        release, more = release_with_number(endpoint, more[1]), more[2:]
    if list(more) == ["ready"]:
        return _status_of("ready", is_ready, name=endpoint.entry.slug)
    if more:
        raise not_found()
    if release is None:
        return 400, orjson.dumps({"error": str(endpoint.why_not_ready)})
    description = metadata(release)
    description["versions"] = [str(one.entry.release) for one in (endpoint.release, endpoint.canary) if one is not None]
    return 200, orjson.dumps(description)


def _status_of(key: str, value: bool, **more: str) -> tuple[int, bytes]:
    """Return yes as 200 and no as 400, as the protocol has it."""
    return 200 if value else 400, orjson.dumps({**more, key: value})


OPEN_INFERENCE = OpenInferenceProtocol()
