"""The Open Inference Protocol v2 over a program of raw columns: one tensor a column, or one matrix of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tasks.contract.schema import Column, ColumnType, Schema
from tasks.inference.rows import RowProblems
from tasks.inference.server.answers import JSON_TYPE, Headers, Refusal
from tasks.inference.server.asking import answer_columns
from tasks.inference.server.replies import Reply
from tasks.inference.server.shelf import Release
from tasks.inference.tensors import (
    BYTES,
    COLUMN_DATATYPES,
    DATATYPES,
    BadTensor,
    Tensor,
    binary_of,
    read_binary_tensor,
    read_json_tensor,
    shape_of,
)

SERVER = {"name": "leptonweb", "version": "0.1.0", "extensions": ["binary_tensor_data"]}
PLATFORM = "leptonweb_program"
PREDICT, PROBABILITIES, MATRIX = "predict", "probabilities", "rows"
OCTETS = (b"content-type", b"application/octet-stream")
MOST_COLUMNS = 10_000


def bad_request(message: str) -> Refusal:
    """Return the answer to a request that contradicts the protocol or the model."""
    return Refusal(400, "invalid_request", message)


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
    """An output that was asked for, and whether as bytes behind the JSON."""

    name: str
    is_binary: bool


def infer(release: Release, content: bytes, header_length: int | None) -> Reply:
    """Return the answer to an inference request.

    Args:
        release: Who answers.
        content: The body.
        header_length: How much of it is JSON; ``None`` when all is.

    Raises:
        Refusal: 400, with a sentence that names input and row.
    """
    request, binary = _split(content, header_length)
    offered = _outputs(release.package.manifest)
    wanted = _wanted(request, [output["name"] for output in offered])
    schema = release.package.raw_schema
    try:
        columns, count = _columns(schema, _inputs(request, binary))
    except BadTensor as error:
        raise bad_request(str(error)) from None
    try:
        answer = answer_columns(release, columns)
    except RowProblems as error:
        raise bad_request(_sentence(error)) from None
    made = {PREDICT: _tensor(offered[0], (count,), list(answer.predictions))}
    if answer.probabilities is not None:
        flat = [share for row in answer.probabilities for share in row.values()]
        made[PROBABILITIES] = _tensor(offered[1], (count, offered[1]["shape"][1]), flat)
    said: dict[str, Any] = {"model_name": release.entry.slug, "model_version": str(release.entry.release)}
    if "id" in request:
        said["id"] = request["id"]
    if answer.warnings:
        said["parameters"] = {"warnings": " ".join(answer.warnings)}
    reply = _reply(said, [(made[one.name], one.is_binary) for one in wanted], count, release.package.manifest)
    return reply._replace(given=answer)


def _split(content: bytes, header_length: int | None) -> tuple[dict[str, Any], memoryview]:
    length = len(content) if header_length is None else header_length
    if not 0 <= length <= len(content):
        raise bad_request(f"Inference-Header-Content-Length is {length}, but the body has {len(content)} bytes.")
    try:
        request = orjson.loads(content[:length])
    except orjson.JSONDecodeError as error:
        raise bad_request(f"The request is not JSON: {error}.") from None
    if type(request) is not dict or type(request.get("inputs")) is not list:
        raise bad_request("The request must be an object with a list called “inputs”.")
    if "id" in request and type(request["id"]) is not str:
        raise bad_request("“id” must be text.")
    return request, memoryview(content)[length:]


def _parameters(owner: Mapping[str, Any], where: str) -> dict[str, Any]:
    given = owner.get("parameters", {})
    if type(given) is not dict:
        raise bad_request(f"“parameters” of {where} must be an object.")
    if "shared_memory_region" in given:
        raise bad_request(f"{where}: shared memory is not offered here; send the values.")
    return given


def _wanted(request: Mapping[str, Any], offered: Sequence[str]) -> list[Wanted]:
    is_binary = _flag(_parameters(request, "the request"), "binary_data_output", default=False)
    asked = request.get("outputs")
    if asked is None or asked == []:
        return [Wanted(name, is_binary) for name in offered]
    if type(asked) is not list:
        raise bad_request("“outputs” must be a list.")
    wanted: dict[str, Wanted] = {}
    for output in asked:
        name = output.get("name") if type(output) is dict else None
        if type(name) is not str or name not in offered:
            raise bad_request(f"There is no output “{str(name)[:80]}”; there are {', '.join(offered)}.")
        parameters = _parameters(output, f"output “{name}”")
        if parameters.get("classification"):
            raise bad_request("The classification extension is not offered here; ask for “probabilities”.")
        wanted[name] = Wanted(name, _flag(parameters, "binary_data", default=is_binary))
    return list(wanted.values())


def _flag(parameters: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = parameters.get(name, default)
    if type(value) is not bool:
        raise bad_request(f"The parameter “{name}” must be true or false.")
    return value


def _inputs(request: Mapping[str, Any], binary: memoryview) -> dict[str, Tensor]:
    if not 0 < len(request["inputs"]) <= MOST_COLUMNS:
        raise bad_request("“inputs” must hold at least one tensor.")
    made: dict[str, Tensor] = {}
    at = 0
    for given in request["inputs"]:
        name = given.get("name") if type(given) is dict else None
        if type(name) is not str or not name:
            raise bad_request("Each input must be an object with a name.")
        if name in made:
            raise bad_request(f"Input “{name[:80]}” came twice.")
        datatype = given.get("datatype")
        if datatype not in DATATYPES:
            raise bad_request(f"Input “{name[:80]}”: the datatype must be one of {', '.join(DATATYPES)}.")
        shape = shape_of(name[:80], given.get("shape"))
        size = _parameters(given, f"input “{name[:80]}”").get("binary_data_size")
        if size is None:
            made[name] = read_json_tensor(name, datatype, shape, given.get("data"))
            continue
        if type(size) is not int or size < 0 or at + size > len(binary) or "data" in given:
            raise bad_request(f"Input “{name[:80]}”: binary_data_size does not fit what came behind the JSON.")
        made[name] = read_binary_tensor(name, datatype, shape, binary[at : at + size])
        at += size
    if at != len(binary):
        raise bad_request(f"{len(binary) - at} bytes came behind the JSON that belong to no input.")
    return made


def _columns(schema: Schema, inputs: Mapping[str, Tensor]) -> tuple[dict[str, list[Any]], int]:
    """Return raw columns and the number of rows."""
    if len(inputs) == 1:
        tensor = next(iter(inputs.values()))
        if tensor.name not in schema and len(tensor.shape) == 2:
            return _matrix(schema, tensor), tensor.shape[0]
    unknown = [name for name in inputs if name not in schema]
    if unknown:
        raise BadTensor(f"There is no input “{unknown[0][:80]}”; there are {_listed(schema.names)}.")
    absent = [name for name in schema.names if name not in inputs]
    if absent:
        raise BadTensor(f"Input {_listed(absent)} is absent.")
    counts = {tensor.shape[0] for tensor in inputs.values()}
    for tensor in inputs.values():
        if len(tensor.shape) > 2 or tensor.shape[1:] not in ((), (1,)):
            raise BadTensor(f"Input “{tensor.name}” must have shape [rows] or [rows, 1], not {list(tensor.shape)}.")
    if len(counts) > 1:
        raise BadTensor("All inputs must have the same number of rows.")
    return {column.name: _values(column, inputs[column.name]) for column in schema.each()}, counts.pop()


def _matrix(schema: Schema, tensor: Tensor) -> dict[str, list[Any]]:
    width = len(schema)
    if tensor.datatype == BYTES or not all(column.type.is_numeric for column in schema.each()):
        raise BadTensor(f"There is no input “{tensor.name[:80]}”; there are {_listed(schema.names)}.")
    if tensor.shape[1] != width:
        raise BadTensor(
            f"Input “{tensor.name[:80]}” must have {width} values a row, in the order {_listed(schema.names)}, "
            f"not {tensor.shape[1]}."
        )
    return {name: list(tensor.values[at::width]) for at, name in enumerate(schema.names)}


def _values(column: Column, tensor: Tensor) -> list[Any]:
    """Return the values as JSON would bring them. The protocol has no null for BYTES: empty is missing but in text."""
    if tensor.datatype == BYTES and column.type in (ColumnType.CATEGORY, ColumnType.DATE) and column.nullable:
        empty_is_known = column.categories is not None and "" in column.categories
        return list(tensor.values) if empty_is_known else [value or None for value in tensor.values]
    return list(tensor.values)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(f"“{name}”" for name in names[:10]) + more


def _sentence(error: RowProblems) -> str:
    row, column, message = error.problems[0]
    count = f"{len(error.problems) - 1}" if error.are_all else f"At least {len(error.problems)}"
    more = f" {count} more values cannot be accepted." if len(error.problems) > 1 else ""
    place = f"Input “{column}”, row {row}" if column else f"Row {row}"
    return f"{place}: {message}{more}"


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


def _reply(
    said: dict[str, Any], outputs: Sequence[tuple[Tensor, bool]], rows: int, manifest: Mapping[str, Any]
) -> Reply:
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
        return Reply(head, rows)
    headers: Headers = (OCTETS, (b"inference-header-content-length", b"%d" % len(head)))
    return Reply(b"".join([head, *behind]), rows, headers)


def json_reply(said: Mapping[str, Any], rows: int = 0) -> Reply:
    """Return an answer of the protocol that is all JSON."""
    return Reply(orjson.dumps(said), rows, (JSON_TYPE,))
