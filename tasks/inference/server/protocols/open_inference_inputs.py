"""What the tensors of a request of the Open Inference Protocol mean as raw columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from tasks.contract.schema import Column, ColumnType, Schema
from tasks.inference.row_messages import SHOWN, in_row
from tasks.inference.server.protocols.predict import check_count
from tasks.inference.server.responses import HttpError
from tasks.inference.tensors import (
    BYTES,
    DATATYPES,
    BadTensor,
    Tensor,
    read_binary_tensor,
    read_json_tensor,
    shape_of,
)

MOST_TENSORS = 10_000
NAMED = 10
"""Names listed in one sentence."""


def bad_request(message: str) -> HttpError:
    """Return the answer to a request that contradicts the protocol or the model."""
    return HttpError(400, "invalid_request", message)


def parameters_of(owner: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the parameters of a request, an input or an output; many clients write null for none.

    Raises:
        HttpError: 400, they are no object, or ask for what is not offered.
    """
    given = owner.get("parameters")
    if given is None:
        return {}
    if type(given) is not dict:
        raise bad_request(f"“parameters” of {where} must be an object.")
    if "shared_memory_region" in given:
        raise bad_request(f"{where}: shared memory is not offered here; send the values.")
    return given


def read_columns(schema: Schema, inputs: Sequence[Any], binary: memoryview) -> tuple[dict[str, list[Any]], int]:
    """Return raw columns and the number of rows.

    Args:
        schema: The raw columns that the model needs.
        inputs: What the request calls so.
        binary: What came behind its JSON.

    Raises:
        HttpError: 400, a tensor or a value does not fit, named by input and row, or they hold too many rows.
    """
    if not inputs:
        raise bad_request("“inputs” is empty. Send a tensor for each column.")
    if len(inputs) > MOST_TENSORS:
        raise bad_request(f"“inputs” may hold {MOST_TENSORS:,} tensors at most, not {len(inputs):,}.")
    tensors: dict[str, Tensor] = {}
    for given in inputs:
        name = given.get("name") if type(given) is dict else None
        if type(name) is not str or not name:
            raise bad_request("Each input must be an object with a “name”.")
        if name in tensors:
            raise bad_request(f"Input “{name[:SHOWN]}” came twice. Send each column once.")
        tensors[name], binary = _tensor(schema, name, given, binary)
    if len(binary):
        raise bad_request(
            f"{len(binary)} bytes came behind the JSON that belong to no input. "
            "Each input says with “binary_data_size” how many are its own."
        )
    columns, rows = _columns(schema, tensors)
    if not rows:
        raise bad_request("There is no row to answer. Send at least one.")
    return columns, rows


def _tensor(schema: Schema, name: str, given: Mapping[str, Any], binary: memoryview) -> tuple[Tensor, memoryview]:
    """Return a tensor and the bytes that are left for the others."""
    where, datatype = f"Input “{name[:SHOWN]}”", given.get("datatype")
    if datatype not in DATATYPES:
        raise bad_request(f"{where}: the datatype must be one of {', '.join(DATATYPES)}, not {_quoted(datatype)}.")
    shape: tuple[int, ...] = ()
    try:
        shape = shape_of(name, given.get("shape"))
        check_count(shape[0], 400)
        size = parameters_of(given, where).get("binary_data_size")
        if size is None:
            return read_json_tensor(name, datatype, shape, given.get("data")), binary
        if given.get("data") is not None:
            raise bad_request(f"{where} has both “data” and “binary_data_size”. Send one of them.")
        if type(size) is not int or not 0 <= size <= len(binary):
            left = f"{len(binary)} bytes behind the JSON are left for it"
            raise bad_request(f"{where}: its “binary_data_size” is {_quoted(size)}, but {left}.")
        return read_binary_tensor(name, datatype, shape, binary[:size]), binary[size:]
    except BadTensor as error:
        raise bad_request(_placed(error, name, shape, schema)) from None


def _placed(error: BadTensor, name: str, shape: tuple[int, ...], schema: Schema) -> str:
    """Return the sentence of a fault with row and column."""
    if error.element is None:
        return str(error)
    width = prod(shape[1:])
    row, at = divmod(error.element, width) if width else (error.element, 0)
    if width > 1 and name not in schema and width == len(schema):
        return in_row(row, f"“{schema.names[at]}” {error.fault}")
    which = f"value {at} of “{name[:SHOWN]}”" if width > 1 else f"“{name[:SHOWN]}”"
    return in_row(row, f"{which} {error.fault}")


def _columns(schema: Schema, inputs: Mapping[str, Tensor]) -> tuple[dict[str, list[Any]], int]:
    if len(inputs) == 1:
        tensor = next(iter(inputs.values()))
        if tensor.name not in schema and len(tensor.shape) == 2:
            return _matrix(schema, tensor), tensor.shape[0]
    unknown = [name for name in inputs if name not in schema]
    if unknown:
        raise bad_request(f"There is no input “{unknown[0][:SHOWN]}”; there are {_listed(schema.names)}.")
    absent = [name for name in schema.names if name not in inputs]
    if absent:
        which = "Input" if len(absent) == 1 else "Inputs"
        raise bad_request(f"{which} {_listed(absent)} did not come. Send a tensor for each column.")
    for tensor in inputs.values():
        if len(tensor.shape) > 2 or tensor.shape[1:] not in ((), (1,)):
            raise bad_request(f"Input “{tensor.name}” must have shape [rows] or [rows, 1], not {list(tensor.shape)}.")
    counts = {name: tensor.shape[0] for name, tensor in inputs.items()}
    short, long = (choose(counts, key=counts.__getitem__) for choose in (min, max))
    if counts[short] != counts[long]:
        message = f"“{short}” has {counts[short]}, “{long}” has {counts[long]}"
        raise bad_request(f"All inputs must have the same number of rows; {message}.")
    return {column.name: _values(column, inputs[column.name]) for column in schema.each()}, counts[short]


def _matrix(schema: Schema, tensor: Tensor) -> dict[str, list[Any]]:
    width = len(schema)
    if tensor.datatype == BYTES or not all(column.type.is_numeric for column in schema.each()):
        raise bad_request(f"There is no input “{tensor.name[:SHOWN]}”; there are {_listed(schema.names)}.")
    if tensor.shape[1] != width:
        raise bad_request(
            f"Input “{tensor.name[:SHOWN]}” must have {width} values a row, in the order {_listed(schema.names)}, "
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
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(f"“{name}”" for name in names[:NAMED]) + more


def _quoted(value: Any) -> str:
    if type(value) is str:
        return f"“{value[:SHOWN]}”"
    return str(value)[:SHOWN] if value is None or type(value) in (bool, int, float) else "a list or an object"
