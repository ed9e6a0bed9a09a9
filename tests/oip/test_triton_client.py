"""NVIDIA's own client talks to our endpoints unchanged, in every data type."""

from __future__ import annotations

import json

import numpy as np
import pytest

client_of = pytest.importorskip("tritonclient.http")


from tests.oip.conftest import HEADERS  # noqa: E402 - copied for each call: the client adds to what it is given
from tests.oip.packages import houses  # noqa: E402

NUMBERS = {
    "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}  # fmt: skip


@pytest.fixture
def client(url):
    made = []

    def connect(slug):
        made.append(client_of.InferenceServerClient(f"{url.removeprefix('http://')}/{slug}"))
        return made[-1]

    yield connect
    for one in made:
        one.close()


def tensor(name, values, datatype, *, is_binary=True):
    given = client_of.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=is_binary)
    return given


def wanted(*names, is_binary=True):
    return [client_of.InferRequestedOutput(name, binary_data=is_binary) for name in names]


def test_questions_about_server_and_model(client):
    line = client("line")
    assert line.is_server_live(headers=dict(HEADERS))
    assert line.is_server_ready(headers=dict(HEADERS))
    assert line.is_model_ready("line", headers=dict(HEADERS))
    assert line.is_model_ready("line", "1", headers=dict(HEADERS))
    assert not line.is_model_ready("other", headers=dict(HEADERS))
    assert not line.is_model_ready("line", "9", headers=dict(HEADERS))
    assert line.get_server_metadata(headers=dict(HEADERS))["extensions"] == ["binary_tensor_data"]
    said = line.get_model_metadata("line", headers=dict(HEADERS))
    assert [(one["name"], one["datatype"]) for one in said["inputs"]] == [("size", "FP64"), ("rooms", "INT64")]
    assert said["outputs"] == [{"name": "predict", "datatype": "FP64", "shape": [-1]}]


@pytest.mark.parametrize(
    ("datatype", "is_binary"),
    [(datatype, is_binary) for datatype in NUMBERS for is_binary in (True, False) if is_binary or datatype != "FP16"],
)  # the client itself refuses FP16 in JSON
def test_numbers_of_every_type_go_in_and_come_back(client, datatype, is_binary):
    size, rooms = np.array([[10], [100]], NUMBERS[datatype]), np.array([2, 3], NUMBERS[datatype])
    inputs = [
        tensor("size", size, datatype, is_binary=is_binary),
        tensor("rooms", rooms, datatype, is_binary=is_binary),
    ]
    outputs = wanted("predict", is_binary=is_binary)
    answer = client("line").infer("line", inputs, outputs=outputs, request_id="seven", headers=dict(HEADERS))
    assert answer.as_numpy("predict").tolist() == [23.0, 204.0]
    assert answer.as_numpy("predict").dtype == np.float64
    assert answer.get_response()["id"] == "seven"


@pytest.mark.parametrize("is_binary", [True, False], ids=["binary", "json"])
def test_text_truth_and_dates_go_in_and_text_comes_back(client, is_binary):
    row = houses().program["example"]
    kinds = {"area": ("FP64", np.float64), "rooms": ("INT64", np.int64), "garden": ("BOOL", np.bool_)}
    inputs = []
    for name, value in row.items():
        datatype, kind = kinds.get(name, ("BYTES", np.object_))
        inputs.append(tensor(name, np.array([value, value], kind), datatype, is_binary=is_binary))
    outputs = wanted("predict", "probabilities", is_binary=is_binary)
    answer = client("houses").infer("houses", inputs, outputs=outputs, headers=dict(HEADERS))
    predictions = [value.decode() if isinstance(value, bytes) else value for value in answer.as_numpy("predict")]
    shares = answer.as_numpy("probabilities")
    assert predictions[0] in ("yes", "no")
    assert predictions[0] == predictions[1]
    assert shares.shape == (2, 2)
    assert shares.sum(axis=1) == pytest.approx([1, 1])
    labels = json.loads(answer.get_output("probabilities")["parameters"]["labels"])
    assert labels[int(shares[0].argmax())] == predictions[0]


@pytest.mark.parametrize("is_binary", [True, False], ids=["binary", "json"])
@pytest.mark.parametrize(
    ("slug", "kind", "values"),
    [("truth", np.bool_, [False, True]), ("whole", np.int64, [3, 7]), ("part", np.float64, [0.5, 1.5])],
)
def test_classes_come_back_as_what_they_are(client, slug, kind, values, is_binary):
    inputs = [tensor("size", np.array([-5.0, 5.0]), "FP64")]
    answer = client(slug).infer(slug, inputs, outputs=wanted("predict", is_binary=is_binary), headers=dict(HEADERS))
    assert answer.as_numpy("predict").dtype == kind
    assert answer.as_numpy("predict").tolist() == values


@pytest.mark.parametrize("datatype", ["FP32", "FP64"])
def test_numbers_only_may_come_as_one_matrix(client, datatype):
    matrix = np.array([[10, 2], [100, 3], [0.5, 0]], NUMBERS[datatype])
    answer = client("line").infer("line", [tensor("rows", matrix, datatype)], headers=dict(HEADERS))
    assert answer.as_numpy("predict").tolist() == [23.0, 204.0, 2.0]


def test_faults_come_as_the_clients_own_exception(client):
    inputs = [tensor("size", np.array([1.0, np.inf]), "FP64"), tensor("rooms", np.array([1, 1]), "INT64")]
    with pytest.raises(
        client_of.InferenceServerException if hasattr(client_of, "InferenceServerException") else Exception
    ) as told:
        client("line").infer("line", inputs, headers=dict(HEADERS))
    assert "Row 1 (the first is row 0): “size” must be a number, not inf" in str(told.value)
