"""The same fault in every dialect: refused in its form, with row, column, value and what is wanted; never a 500."""

from __future__ import annotations

import json
import math
import struct

import pytest

from tasks.inference.server.protocols import predict
from tasks.inference.server.protocols.open_inference import OPEN_INFERENCE
from tasks.inference.server.protocols.rows_json import ROWS
from tests.oip.packages import houses
from tests.serving.encodings import ENCODINGS, NotEncodable, as_bytes, as_tensors, each_encoding, release_of
from tests.serving.packages import line

WAYS_BY_VALUE = {encoding: name for name, encoding in ENCODINGS.items()}
EXAMPLE = {"area": 80.5, "rooms": 3, "city": "Oslo", "garden": True, "built": "1980-05-17"}


@pytest.fixture(scope="module")
def release():
    return release_of(houses())


@pytest.fixture(scope="module")
def numbers():
    return release_of(line())


FAULTS = {
    "text for a number": ("area", "wide", "“wide”"),
    "a truth for a number": ("area", True, "true"),
    "text for a whole number": ("rooms", "many", "“many”"),
    "a fraction for a whole number": ("rooms", 2.5, "2.5"),
    "text for a truth": ("garden", "perhaps", "“perhaps”"),
    "a number for a truth": ("garden", 2, "2"),
    "no date": ("built", "yesterday", "“yesterday”"),
    "a day that is none": ("built", "2026-02-30", "“2026-02-30”"),
    "a number for a date": ("built", 7, "7"),
    "a number for text": ("city", 7, "7"),
    "a truth for text": ("city", False, "false"),
    "a list": ("area", [1.0], "a list"),
    "an object": ("area", {"a": 1}, "an object"),
    "a list for text": ("city", ["Oslo"], "a list"),
    "NaN": ("area", math.nan, "nan"),
    "infinity": ("area", math.inf, "inf"),
    "minus infinity": ("area", -math.inf, "-inf"),
    "more digits than a float has": ("area", 10**400, ""),
    "infinity for a whole number": ("rooms", math.inf, "inf"),
}
MEANT_IN = {  # in these ways it is no fault: a field of CSV is text, and NaN in bytes is a missing value
    "a number for text": {"csv", "mlflow csv"},
    "a truth for text": {"csv", "mlflow csv"},
    "NaN": {"bytes"},
}


@each_encoding
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_by_row_column_and_value(release, encoding, fault):
    column, value, shown = FAULTS[fault]
    try:
        answer = encoding.send(release, [EXAMPLE, {**EXAMPLE, column: value}, EXAMPLE])
    except NotEncodable:
        pytest.skip("it cannot be written so")
    if WAYS_BY_VALUE[encoding] in MEANT_IN.get(fault, ()):
        assert answer.status == 200
        return
    assert answer.status == encoding.refusal, answer
    assert answer.message.startswith("Row 1 (the first is row 0): "), answer
    assert f"“{column}” " in answer.message
    assert shown in answer.message.lower(), answer
    if encoding.protocol is not OPEN_INFERENCE:
        assert answer.locations == [f"rows.1.{column}"]


@each_encoding
def test_a_missing_value_that_the_model_needs_is_named(numbers, encoding):
    if WAYS_BY_VALUE[encoding] == "bytes":
        return  # whole numbers in bytes cannot be missing
    answer = encoding.send(numbers, [{"size": 80.5, "rooms": 3}, {"size": 80.5, "rooms": None}])
    assert answer.status == encoding.refusal
    assert answer.message == "Row 1 (the first is row 0): “rooms” may not be null: the model needs a value here."


@each_encoding
def test_several_faults_are_counted_and_the_first_is_named(release, encoding):
    rows = [EXAMPLE, {**EXAMPLE, "built": "x"}, {**EXAMPLE, "built": "y"}, {**EXAMPLE, "built": "z"}]
    answer = encoding.send(release, rows)
    assert answer.status == encoding.refusal
    assert "values cannot be accepted" in answer.message
    assert "Row 1 (the first is row 0): “built” must be a date" in answer.message


@each_encoding
def test_an_absent_column_is_named(release, encoding):
    rows = [{name: value for name, value in EXAMPLE.items() if name != "city"}] * 2
    answer = encoding.send(release, rows)
    assert answer.status == encoding.refusal
    assert "“city”" in answer.message
    assert "Send a tensor" in answer.message or "Give a value" in answer.message
    if encoding.protocol is not OPEN_INFERENCE:
        assert answer.locations[0] == "rows.0.city"


@each_encoding
def test_an_unknown_column_is_ignored_and_named_or_refused_by_name(release, encoding):
    answer = encoding.send(release, [{**EXAMPLE, "colour" * 100: "red"}])
    if encoding.protocol is OPEN_INFERENCE:
        assert answer.status == 400
        assert "“" + ("colour" * 100)[:80] + "”" in answer.message
        assert "“area”" in answer.message
    else:
        assert answer.status == 200
    if encoding.protocol is ROWS:
        assert answer.json["warnings"] == [
            f"Columns that the model does not use were ignored: “{('colour' * 100)[:80]}”."
        ]


@each_encoding
def test_an_unseen_category_is_answered_and_a_long_one_is_not_repeated(release, encoding):
    answer = encoding.send(release, [{**EXAMPLE, "city": "Paris" * 1000}])
    assert answer.status == 200
    if encoding.protocol is ROWS:
        assert "did not occur in training" in answer.json["warnings"][0]
        assert len(answer.json["warnings"][0]) < 300
    if encoding.protocol is OPEN_INFERENCE:
        assert len(answer.json["parameters"]["warnings"]) < 300


@each_encoding
def test_no_row_is_refused_with_what_to_send(release, encoding):
    body = {
        "rows": {"rows": []},
        "columns": {"columns": {name: [] for name in EXAMPLE}},
        "csv": ",".join(EXAMPLE).encode(),
        "mlflow csv": ",".join(EXAMPLE).encode(),
        "records": {"dataframe_records": []},
        "split": {"dataframe_split": {"columns": list(EXAMPLE), "data": []}},
        "instances": {"instances": []},
        "inputs": {"inputs": {name: [] for name in EXAMPLE}},
        "tensors": {"inputs": [{**one, "shape": [0], "data": []} for one in as_tensors([EXAMPLE])["inputs"]]},
        "bytes": (b'{"inputs": []}', 14),
    }[WAYS_BY_VALUE[encoding]]
    answer = encoding.post(release, body)
    assert answer.status == encoding.refusal, answer
    assert "at least one" in answer.message or "a tensor for each column" in answer.message


@pytest.mark.parametrize("name", ["columns", "inputs"])
def test_rows_of_columns_that_the_model_does_not_use_are_no_rows(release, name):
    answer = ENCODINGS[name].post(release, {name: {**{column: [] for column in EXAMPLE}, "colour": ["red"]}})
    assert (answer.status, answer.locations) == (ENCODINGS[name].refusal, ["rows"])


@each_encoding
def test_more_rows_than_are_answered_at_a_time_are_refused(release, encoding, monkeypatch):
    monkeypatch.setattr(predict, "MOST_ROWS", 3)
    monkeypatch.setattr("tasks.inference.server.protocols.rows_json.MOST_ROWS", 3)
    assert encoding.send(release, [EXAMPLE] * 3).status == 200
    answer = encoding.send(release, [EXAMPLE] * 4)
    assert answer.status == encoding.refusal
    assert "At most 3 rows" in answer.message
    assert "Send fewer" in answer.message


@pytest.mark.parametrize(
    ("encoding", "body", "words"),
    [
        ("rows", {"rows": [EXAMPLE, 7]}, ("Row 1", "object of column names")),
        ("records", {"dataframe_records": [EXAMPLE, [1]]}, ("Row 1", "object of column names")),
        ("columns", {"columns": {**{n: [v] for n, v in EXAMPLE.items()}, "area": 3}}, ("“area”", "list of values")),
        (
            "columns",
            {"columns": {n: [v] * (1 + (n == "city")) for n, v in EXAMPLE.items()}},
            ("“area” has 1", "“city” has 2"),
        ),
        (
            "inputs",
            {"inputs": {n: [v] * (1 + (n == "city")) for n, v in EXAMPLE.items()}},
            ("“area” has 1", "“city” has 2"),
        ),
        ("split", {"dataframe_split": {"columns": list(EXAMPLE), "data": [[1]]}}, ("Row 0", "5 values", "of 1")),
        (
            "split",
            {"dataframe_split": {"columns": ["area", "area"], "data": [[1, 2]]}},
            ("“area” is named twice", "once"),
        ),
        ("instances", {"instances": [list(EXAMPLE.values()), 7]}, ("Row 1", "5 values", "a single value")),
        ("csv", b"area,rooms\n1,2\n3", ("Row 1", "1 fields", "heading has 2")),
        ("csv", b"area,area\n1,2", ("“area” twice", "once")),
        ("csv", b'area,rooms\n1,"2', ("line 2", "never closed")),
        ("mlflow csv", b"area,rooms\n1,2\n3", ("Row 1", "1 fields", "heading has 2")),
    ],
)
def test_a_body_that_is_no_table_is_refused_with_location_and_reason(release, encoding, body, words):
    answer = ENCODINGS[encoding].post(release, body)
    assert answer.status == ENCODINGS[encoding].refusal
    assert all(word in answer.message for word in words), answer


def tensor(name="size", datatype="FP64", shape=(2,), data=None, **parameters):
    package = {"name": name, "datatype": datatype, "shape": list(shape)}
    package |= {} if data is None else {"data": data}
    return package | ({"parameters": parameters} if parameters else {})


ROOMS = tensor("rooms", "INT64", (2,), [1, 2])


@pytest.mark.parametrize(
    ("given", "behind", "words"),
    [
        (tensor(datatype="FP8", data=[1, 2]), b"", ("“size”", "FP64", "not “FP8”")),
        (tensor(datatype="BF16", data=[1, 2]), b"", ("“size”", "BF16", "FP32")),
        (tensor(datatype=["FP64"], data=[1, 2]), b"", ("“size”", "a list")),
        (tensor(shape=(3,), data=[1.0, 2.0]), b"", ("“size”", "takes 3 values", "not 2")),
        (tensor(shape=(-1,), data=[1.0]), b"", ("“size”", "shape such as")),
        (tensor(shape=(2, 2), data=[1.0] * 4), b"", ("“size”", "[rows]", "[2, 2]")),
        (tensor(shape=(2**31 - 1,) * 8, data=[1.0]), b"", ("At most 100,000 rows", "2,147,483,647")),
        (tensor(shape=(2,) + (2**31 - 1,) * 7, data=[1.0]), b"", ("“size”", "not 1.")),
        (tensor(shape=(2**31 - 1, 0), binary_data_size=0), b"", ("At most 100,000 rows",)),
        (tensor(data=[[1.0], [2.0]], shape=(1, 2)), b"", ("“size”", "nested")),
        (tensor(data=[1.0, None, 2.0], shape=(3,)), b"", ("“rooms” has 2", "“size” has 3")),
        (tensor("rooms", data=[1.0, 2.0]), b"", ("“rooms” came twice", "once")),
        (tensor("", data=[1.0, 2.0]), b"", ("name",)),
        (tensor("sise", data=[1.0, 2.0]), b"", ("no input “sise”", "“size”, “rooms”")),
        (tensor(binary_data_size=16), b"123456789", ("“size”", "is 16", "9 bytes")),
        (tensor(binary_data_size=9), b"123456789", ("“size”", "takes 16 bytes", "not 9")),
        (tensor(binary_data_size="16"), bytes(16), ("“size”", "“16”", "16 bytes")),
        (tensor(binary_data_size=-1), bytes(16), ("“size”", "-1")),
        (tensor(data=[1.0, 2.0], binary_data_size=16), bytes(16), ("“size”", "both", "one of them")),
        (tensor(binary_data_size=16), bytes(17), ("1 bytes", "belong to no input")),
        (tensor(binary_data_size=16), struct.pack("<2d", 1, math.inf), ("Row 1", "“size”", "inf")),
        (tensor(datatype="FP16", binary_data_size=4), struct.pack("<2e", 1, math.inf), ("Row 1", "“size”", "inf")),
        (tensor(datatype="FP16", data=[1.0, 1e9]), b"", ("Row 1", "“size”", "65504", "1e+09", "FP64")),
        (tensor(datatype="FP32", data=[1.0, -1e300]), b"", ("Row 1", "“size”", "3.4", "-1e+300", "FP64")),
        (tensor(datatype="UINT8", data=[1, 256]), b"", ("Row 1", "“size”", "0 to 255", "256")),
        (tensor(datatype="INT64", data=[1, 2**63]), b"", ("Row 1", "“size”", str(2**63))),
        (tensor(datatype="BOOL", binary_data_size=2), b"\x01\x02", ("Row 1", "“size”", "0 or 1", "not 2")),
        (tensor(datatype="BYTES", binary_data_size=6), b"\x01\0\0\0a\x01", ("Row 1", "“size”", "length", "1 are left")),
        (tensor(datatype="BYTES", binary_data_size=4), b"\xff" * 4, ("Row 0", "“size”", str(2**32 - 1), "0 are left")),
        (tensor(datatype="BYTES", binary_data_size=5), b"\x01\0\0\0\xff", ("Row 0", "“size”", "UTF-8")),
        (tensor(datatype="BYTES", data=["1", "2"]), b"", ("Row 0", "“size”", "a number", "text “1”")),
    ],
)  # fmt: skip
def test_a_tensor_that_contradicts_itself_is_refused_with_row_and_column(numbers, given, behind, words):
    head = json.dumps({"inputs": [ROOMS, given]}).encode()
    answer = ENCODINGS["bytes"].post(numbers, (head + behind, len(head)))
    assert answer.status == 400, answer
    assert all(word in answer.message for word in words), answer


def test_a_value_of_a_matrix_is_named_by_row_and_column(numbers):
    values = tensor("all", "FP32", (2, 2), [[1.0, 2.0], [3.0, "x"]])
    answer = ENCODINGS["tensors"].post(numbers, {"inputs": [values]})
    assert answer.message == "Row 1 (the first is row 0): “rooms” must be a number as FP32, not the text “x”."
    answer = ENCODINGS["tensors"].post(numbers, {"inputs": [tensor("all", "FP32", (2, 2), [1.0, 2.0, 3.0, 4.5])]})
    assert answer.message == "Row 1 (the first is row 0): “rooms” must be a whole number, not 4.5."


@pytest.mark.parametrize("length", [0, 1, 5, 10**9])
def test_a_wrong_length_of_the_json_is_named(numbers, length):
    content, _ = as_bytes([{"size": 80.0, "rooms": 3}])
    answer = ENCODINGS["bytes"].post(numbers, (content, length))
    assert answer.status == 400
    assert "Inference-Header-Content-Length" in answer.message
    assert str(length) in answer.message


def test_null_for_what_may_be_left_out_is_nothing(numbers):
    request = as_tensors([{"size": 80.0, "rooms": 3}])
    nothing = {"id": None, "parameters": None, "outputs": None}
    inputs = [{**one, "parameters": None} for one in request["inputs"]]
    assert ENCODINGS["tensors"].post(numbers, {**request, "inputs": inputs, **nothing}).status == 200


@pytest.mark.parametrize(
    ("text", "place", "shown"),
    [
        ('{"rows": [{"size": 1}, {"size": NaN}]}', "rows.1.size", "NaN"),
        ('{"columns": {"size": [1, -Infinity]}}', "rows.1.size", "-Infinity"),
        ('{"rows": [{"size": 1e999}]}', "rows.0.size", "1e999"),
        ('{"rows": [{"size": 1' + "0" * 5000 + "}]}", "rows.0.size", "(5001 characters)"),
        ('{"rows": [{"size": 1}], "interval": NaN}', "interval", "NaN"),
        ("NaN", "", "NaN"),
        ('{"rows": [{"size": NaN}', "", "not JSON"),
    ],
)
def test_a_number_that_json_does_not_have_is_named_by_its_place(numbers, text, place, shown):
    answer = ENCODINGS["rows"].post(numbers, text.encode())
    assert (answer.status, answer.json["code"], answer.locations) == (422, "invalid_json", [place])
    assert shown in answer.message
    assert "null" in answer.message or not place


def test_a_row_without_a_finite_answer_names_column_and_value(numbers):
    answer = ENCODINGS["rows"].post(numbers, {"rows": [{"size": 1, "rooms": 1}, {"size": 1.7e308, "rooms": 1}]})
    assert (answer.status, answer.locations) == (422, ["rows.1.size"])
    assert "“size” is 1.7e+308" in answer.message


TWO_MEBIBYTES = 2 * 1024 * 1024


@pytest.mark.parametrize("name", ["csv", "mlflow csv"])
@pytest.mark.parametrize(
    "body",
    [
        b"\n" * TWO_MEBIBYTES,
        b"size\n" + b"\n" * (TWO_MEBIBYTES - 5),
        b"," * (TWO_MEBIBYTES - 2) + b"\n,",
        b",".join(b"%d" % at for at in range(200_000)) + b"\n1\n",
        b"size,rooms\n" + b"1\n" * (TWO_MEBIBYTES // 2 - 6),
        b'"' * (TWO_MEBIBYTES - 1),
    ],
    ids=["empty lines", "one empty column", "one heading", "many names", "uneven lines", "quotes"],
)
def test_a_large_table_of_nothing_is_refused(numbers, name, body):
    assert ENCODINGS[name].post(numbers, body).status == ENCODINGS[name].refusal


MANY = json.dumps(
    {"inputs": [tensor("area", "UINT8", (200_000,), binary_data_size=200_000)]},
).encode()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("columns", lambda: b'{"columns": {"size": [' + b"1," * 200_000 + b"1]}}"),
        ("rows", lambda: b'{"rows": [' + b"1," * 200_000 + b"1]}"),
        ("instances", lambda: b'{"instances": [' + b"[]," * 200_000 + b"[]]}"),
        ("split", lambda: b'{"dataframe_split": {"columns": [], "data": [' + b"[]," * 200_000 + b"[]]}}"),
        ("bytes", lambda: (MANY, bytes(200_000))),
    ],
)  # fmt: skip
def test_many_rows_in_few_bytes_are_refused_before_work_is_done(release, name, body):
    package = body()
    package = (b"".join(package), len(package[0])) if isinstance(package, tuple) else package
    assert ENCODINGS[name].post(release, package).status == ENCODINGS[name].refusal


def test_features_are_made_for_so_many_rows_at_a_time_and_the_answers_are_the_same(monkeypatch):
    program = release_of(houses("price")).package.program
    columns = {name: [value] * 10 for name, value in EXAMPLE.items()} | {"area": [float(at) for at in range(10)]}
    whole = program.predict_columns(columns).predictions
    shapes = []
    inner = program._predict
    monkeypatch.setattr(program, "_predict", lambda matrix: (shapes.append(len(matrix)), inner(matrix))[1])
    monkeypatch.setattr("tasks.inference.program.CELLS_AT_ONCE", 3 * len(program._features))
    assert program.predict_columns(columns).predictions == whole
    assert shapes == [3, 3, 3, 1]
