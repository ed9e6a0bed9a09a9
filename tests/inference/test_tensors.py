"""Tensors of every data type, in JSON and in bytes; what does not fit is named."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.inference.tensors import (
    ARRAY_TYPES,
    BadTensor,
    Tensor,
    binary_of,
    read_binary_tensor,
    read_json_tensor,
    shape_of,
)


def values_of(datatype):
    if datatype == "BYTES":
        return ["", "a", "Tromsø 😀"]
    if datatype == "BOOL":
        return [True, False, True]
    if datatype.startswith("FP"):
        return [-1.5, 0.0, 2.25]
    limits = np.iinfo(ARRAY_TYPES[datatype])
    return [limits.min, 0, limits.max]


@pytest.mark.parametrize("datatype", [*ARRAY_TYPES, "BYTES"])
def test_every_type_goes_round_in_bytes_and_json(datatype):
    values = values_of(datatype)
    content = memoryview(binary_of(Tensor("x", datatype, (3,), values)))
    assert read_binary_tensor("x", datatype, (3,), content).values == values
    assert read_json_tensor("x", datatype, (3,), values).values == values
    assert read_json_tensor("x", datatype, (3, 1), [[value] for value in values]).values == values


def test_nested_lists_are_row_major():
    assert read_json_tensor("x", "INT8", (2, 1, 2), [[[1, 2]], [[3, 4]]]).values == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "data", [[[1, 2], [3]], [[1, 2]], [1, 2, 3], [[1, 2], 3], [[[1], [2]], [[3], [4]]], "1234", None]
)
def test_data_of_another_shape_are_refused(data):
    with pytest.raises(BadTensor, match="“x”"):
        read_json_tensor("x", "INT8", (2, 2), data)


@pytest.mark.parametrize(
    ("datatype", "value"),
    [("UINT8", 256), ("UINT8", -1), ("INT64", 2**63), ("INT8", 1.0), ("INT8", True), ("FP32", "1"), ("FP64", True)]
    + [("BOOL", 1), ("BYTES", 1), ("BYTES", {}), ("FP64", {})],
)
def test_values_of_another_type_are_refused_by_their_place(datatype, value):
    with pytest.raises(BadTensor, match="Element 1 of input “x” must be"):
        read_json_tensor("x", datatype, (2,), [values_of(datatype)[1], value])


def test_missing_values_are_null_in_json_and_nan_in_bytes():
    assert read_json_tensor("x", "FP32", (2,), [None, 0.5]).values == [None, 0.5]
    content = memoryview(np.array([np.nan, 0.5], "<f2").tobytes())
    assert read_binary_tensor("x", "FP16", (2,), content).values == [None, 0.5]


def test_json_floats_mean_what_the_bytes_would():
    assert read_json_tensor("x", "FP32", (1,), [0.1]).values == [float(np.float32(0.1))]
    with pytest.raises(BadTensor, match=r"from -65504 to 65504 as FP16, not 1e\+09"):
        read_json_tensor("x", "FP16", (1,), [1e9])


@pytest.mark.parametrize(
    ("datatype", "content"),
    [("FP32", b"123"), ("BOOL", b"\x02"), ("BYTES", b"\x01"), ("BYTES", b"\x05\0\0\0a"), ("BYTES", b"\x01\0\0\0\xff")]
    + [("BYTES", b""), ("BYTES", b"\xff\xff\xff\xff")],
)
def test_bytes_that_do_not_fit_are_refused(datatype, content):
    with pytest.raises(BadTensor, match="“x”"):
        read_binary_tensor("x", datatype, (1,), memoryview(content))


@pytest.mark.parametrize("shape", [None, [], [-1], [1.0], [True], "1", [2**31], [1] * 9])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(BadTensor, match="“x”"):
        shape_of("x", shape)
