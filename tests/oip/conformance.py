"""The Open Inference Protocol v2 over REST, checked from outside: any server, by its address alone.

``python -m tests.oip.conformance URL MODEL [--header "Name: value"] [--request FILE]`` prints what passed and exits 1
when a required call failed. Without ``--request`` (a body for ``infer`` that the model answers) one row is made up from
the model's own metadata.
"""

from __future__ import annotations

import argparse
import json
import sys
from math import prod
from pathlib import Path

from tests.oip.client import FORMATS, Server, as_binary, changed, flat, packed, read, refused

CHECKS = []


def required(check):
    """Count a check among the required calls."""
    CHECKS.append(check)
    return check


@required
def server_metadata_has_name_version_and_extensions(server):
    answer = server.get("v2")
    assert answer.status == 200
    assert {"name", "version", "extensions"} <= set(answer.said)
    assert isinstance(answer.said["extensions"], list)


@required
def server_is_live(server):
    assert server.get("v2/health/live").status == 200


@required
def server_is_ready(server):
    assert server.get("v2/health/ready").status == 200


@required
def model_is_ready(server):
    assert server.get(f"v2/models/{server.model}/ready").status == 200


@required
def model_version_is_ready(server):
    assert server.get(f"v2/models/{server.model}/versions/{server.version()}/ready").status == 200


@required
def model_metadata_describes_inputs_and_outputs(server):
    said = server.metadata()
    assert said["name"] == server.model
    assert isinstance(said["platform"], str)
    assert all(isinstance(version, str) for version in said.get("versions", []))
    for tensor in (*said["inputs"], *said["outputs"]):
        assert isinstance(tensor["name"], str)
        assert tensor["datatype"] in (*FORMATS, "BYTES")
        assert all(isinstance(size, int) for size in tensor["shape"])
    assert said["inputs"]
    assert said["outputs"]


@required
def model_metadata_by_version_is_the_same(server):
    answer = server.get(f"v2/models/{server.model}/versions/{server.version()}")
    assert answer.status == 200
    assert answer.said["inputs"] == server.metadata()["inputs"]


@required
def unknown_model_is_an_error(server):
    refused(server.get("v2/models/no-such-model"))
    refused(server.infer(server.example(), path="v2/models/no-such-model/infer"))


@required
def unknown_model_is_not_ready(server):
    assert 400 <= server.get("v2/models/no-such-model/ready").status < 500


@required
def unknown_version_is_an_error(server):
    refused(server.get(f"v2/models/{server.model}/versions/987654"))
    refused(server.infer(server.example(), path=f"v2/models/{server.model}/versions/987654/infer"))


@required
def unknown_address_is_an_error(server):
    refused(server.get("v2/no-such-thing"))


@required
def inference_answers_every_output_as_described(server):
    answer = server.infer(server.example())
    assert answer.status == 200, answer
    assert answer.said["model_name"] == server.model
    described = {one["name"]: one for one in server.metadata()["outputs"]}
    assert [one["name"] for one in answer.said["outputs"]] == list(described)
    for output in answer.said["outputs"]:
        assert output["datatype"] == described[output["name"]]["datatype"]
        assert len(output["shape"]) == len(described[output["name"]]["shape"])
        assert len(flat(output["data"])) == prod(output["shape"])


@required
def inference_by_version_names_the_version(server):
    version = server.version()
    answer = server.infer(server.example(), path=f"v2/models/{server.model}/versions/{version}/infer")
    assert answer.status == 200
    assert answer.said["model_version"] == version


@required
def nested_tensors_are_row_major(server):
    request = server.example(rows=2)
    nested = []
    for one in request["inputs"]:
        width = prod(one["shape"][1:])
        rows = [one["data"][at : at + width] for at in range(0, len(one["data"]), width)]
        nested.append({**one, "shape": [2, width], "data": rows})
    assert read(server.infer({"inputs": nested})) == read(server.infer(request))


@required
def rows_are_answered_in_a_batch(server):
    one, three = read(server.infer(server.example())), read(server.infer(server.example(rows=3)))
    assert {name: values * 3 for name, values in one.items()} == three


@required
def request_id_comes_back(server):
    assert server.infer({**server.example(), "id": "a request/7"}).said["id"] == "a request/7"


@required
def without_an_id_none_is_needed(server):
    assert server.infer(server.example()).said.get("id", "") == ""


@required
def only_requested_outputs_come(server):
    name = server.metadata()["outputs"][-1]["name"]
    answer = server.infer({**server.example(), "outputs": [{"name": name}]})
    assert [one["name"] for one in answer.said["outputs"]] == [name]


@required
def unknown_output_is_an_error(server):
    refused(server.infer({**server.example(), "outputs": [{"name": "no such output"}]}))


@required
def unknown_input_is_an_error(server):
    extra = {"name": "no such input", "datatype": "FP32", "shape": [1], "data": [1.0]}
    request = server.example()
    refused(server.infer({"inputs": [*request["inputs"], extra]}))


@required
def missing_input_is_an_error(server):
    refused(server.infer({"inputs": server.example()["inputs"][1:]}))
    refused(server.infer({}))


@required
def wrong_datatype_is_an_error(server):
    request = server.example()
    is_text = request["inputs"][0]["datatype"] == "BYTES"
    wrong = {"datatype": "FP32", "data": [1.0]} if is_text else {"datatype": "BYTES", "data": ["text"]}
    refused(server.infer(changed(request, **wrong, shape=[1])))
    refused(server.infer(changed(request, datatype="FLOAT")))


@required
def data_that_do_not_fit_the_shape_are_an_error(server):
    request = server.example()
    refused(server.infer(changed(request, data=request["inputs"][0]["data"] * 2)))
    refused(server.infer(changed(request, shape=[-1])))


@required
def a_body_that_is_no_request_is_an_error(server):
    for body in (b"{", b"[]", b"{}", b'{"inputs": 1}', b'{"inputs": [1]}', b'{"inputs": []}'):
        refused(server.infer(body))


@required
def binary_inputs_are_answered_like_json(server):
    request = server.example(rows=2)
    made, behind = as_binary(request)
    assert read(server.infer(made, behind=behind)) == read(server.infer(request))


@required
def binary_and_json_inputs_mix(server):
    request = server.example()
    made, _ = as_binary(request)
    mixed = [made["inputs"][0], *request["inputs"][1:]]
    assert read(server.infer({"inputs": mixed}, behind=packed(request["inputs"][0]))) == read(server.infer(request))


@required
def an_output_is_binary_on_request(server):
    request, plain = server.example(rows=2), read(server.infer(server.example(rows=2)))
    name = list(plain)[0]
    answer = server.infer({**request, "outputs": [{"name": name, "parameters": {"binary_data": True}}]})
    assert answer.behind
    assert read(answer) == {name: plain[name]}


@required
def all_outputs_are_binary_on_request(server):
    request = server.example(rows=2)
    answer = server.infer({**request, "parameters": {"binary_data_output": True}})
    assert all("data" not in one for one in answer.said["outputs"])
    assert read(answer) == read(server.infer(request))


@required
def binary_sizes_that_do_not_fit_are_an_error(server):
    made, behind = as_binary(server.example())
    refused(server.infer(made, behind=behind[:-1]))
    refused(server.infer(made, behind=behind + b"x"))


@required
def a_json_length_beyond_the_body_is_an_error(server):
    text = json.dumps(server.example()).encode()
    path = f"v2/models/{server.model}/infer"
    for length in (str(len(text) + 1), "-1", "x"):
        refused(server.call("POST", path, text, Inference_Header_Content_Length=length))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("model")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--request", type=Path)
    options = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in options.header)
    request = json.loads(options.request.read_text()) if options.request else None
    server = Server(options.url, options.model, headers, request)
    passed = 0
    for check in CHECKS:
        try:
            check(server)
            passed += 1
        except Exception as error:
            sys.stdout.write(f"failed: {check.__name__.replace('_', ' ')}: {repr(error)[:300]}\n")
    sys.stdout.write(f"{passed} of {len(CHECKS)} required calls passed\n")
    return 0 if passed == len(CHECKS) else 1


if __name__ == "__main__":
    sys.exit(main())
