"""What the conformance checks speak with: requests and answers of the Open Inference Protocol, in JSON and binary."""

from __future__ import annotations

import http.client
import json
import struct
from dataclasses import dataclass, field
from math import prod
from urllib.parse import urlsplit

FORMATS = {
    "BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q",
    "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q", "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip
BINARY = "binary_tensor_data"


@dataclass
class Answer:
    """What came back. ``said``: its JSON part; ``behind``: the bytes behind it."""

    status: int
    said: object
    behind: bytes
    headers: dict[str, str]


@dataclass
class Server:
    """A server under test."""

    url: str
    model: str
    headers: dict[str, str] = field(default_factory=dict)
    request: dict | None = None

    def call(self, method, path, body=b"", **headers):
        place = urlsplit(self.url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.netloc, timeout=30)
        try:
            sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request(method, f"{place.path.rstrip('/')}/{path}", body or None, sent)
            answer = connection.getresponse()
            content, found = answer.read(), {name.lower(): value for name, value in answer.headers.items()}
        finally:
            connection.close()
        length = int(found.get("inference-header-content-length", len(content)))
        return Answer(
            answer.status, json.loads(content[:length]) if content[:length] else None, content[length:], found
        )

    def get(self, path):
        return self.call("GET", path)

    def infer(self, request, *, path="", behind=b""):
        text = request if isinstance(request, bytes) else json.dumps(request).encode()
        headers = {"Content_Type": "application/json"}
        if behind:
            headers = {
                "Content_Type": "application/octet-stream",
                "Inference_Header_Content_Length": str(len(text)),
            }
        return self.call("POST", path or f"v2/models/{self.model}/infer", text + behind, **headers)

    def metadata(self):
        return self.get(f"v2/models/{self.model}").said

    def version(self):
        return (self.metadata().get("versions") or ["1"])[-1]

    def example(self, rows=1):
        """Return a body the model answers: each tensor as often as ``rows``."""
        request = self.request or {"inputs": [made_up(one) for one in self.metadata()["inputs"]]}
        inputs = []
        for one in request["inputs"]:
            size = prod(one["shape"][1:])
            row = flat(one["data"])[:size]
            inputs.append({**one, "shape": [rows, *one["shape"][1:]], "data": row * rows})
        return {"inputs": inputs}


def made_up(described):
    shape = [1 if size < 0 else size for size in described["shape"]]
    value = {"BYTES": "a", "BOOL": True}.get(described["datatype"], 1)
    if described["datatype"].startswith("FP"):
        value = 1.0
    return {"name": described["name"], "datatype": described["datatype"], "shape": shape, "data": [value] * prod(shape)}


def flat(data):
    return [value for part in data for value in flat(part)] if data and isinstance(data[0], list) else data


def packed(tensor):
    """Return the values of a JSON tensor as the binary extension sends them."""
    if tensor["datatype"] == "BYTES":
        return b"".join(struct.pack("<I", len(v.encode())) + v.encode() for v in tensor["data"])
    return struct.pack(f"<{len(tensor['data'])}{FORMATS[tensor['datatype']]}", *tensor["data"])


def as_binary(request):
    """Return a request with its tensors behind it, and those bytes."""
    inputs, behind = [], b""
    for one in request["inputs"]:
        content = packed(one)
        kept = {name: value for name, value in one.items() if name != "data"}
        inputs.append({**kept, "parameters": {"binary_data_size": len(content)}})
        behind += content
    return {**request, "inputs": inputs}, behind


def read(answer):
    """Return name to values of an answer's outputs, wherever they stand."""
    assert answer.status == 200, answer
    found, at = {}, 0
    for output in answer.said["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            found[output["name"]] = flat(output["data"])
            continue
        content, at = answer.behind[at : at + size], at + size
        found[output["name"]] = unpacked(output["datatype"], content)
    assert at == len(answer.behind), "bytes are left over"
    return found


def unpacked(datatype, content):
    if datatype != "BYTES":
        return [one[0] for one in struct.iter_unpack(f"<{FORMATS[datatype]}", content)]
    values = []
    while content:
        (length,) = struct.unpack_from("<I", content)
        values.append(content[4 : 4 + length].decode())
        content = content[4 + length :]
    return values


def refused(answer):
    assert 400 <= answer.status < 500, answer
    assert isinstance(answer.said, dict), answer
    assert isinstance(answer.said.get("error"), str), answer
    assert answer.said["error"]


def changed(request, **changes):
    first, *rest = request["inputs"]
    return {**request, "inputs": [{**first, **changes}, *rest]}
