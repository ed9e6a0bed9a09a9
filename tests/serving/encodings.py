"""All encodings of rows in requests to an endpoint, with the protocol of each, answered in this process."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tasks.inference.program import Program
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.package import Package
from tasks.inference.server.deployments.snapshot import Entry
from tasks.inference.server.protocols.base import InferenceProtocol
from tasks.inference.server.protocols.mlflow import MLFLOW
from tasks.inference.server.protocols.open_inference import OPEN_INFERENCE
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.protocols.routes import find_route
from tasks.inference.server.protocols.rows_json import ROWS
from tasks.inference.server.responses import HttpError

KINDS = {bool: "BOOL", int: "INT64", float: "FP64"}
PACKED = {"BOOL": "?", "INT64": "<q", "FP64": "<d"}


def release_of(made, slug="house"):
    """Return a release that serves a package of a graph."""
    package = Package("a", made.program, Program.load(made.program, made.files))
    return Release.of(Entry(slug, 1, "a", slug.title(), 1, {}), package)


class NotEncodable(Exception):
    """The encoding has no form for this value."""


@dataclass(frozen=True)
class Response:
    """A response: its status and its JSON."""

    status: int
    json: Any

    @property
    def message(self):
        return self.json.get("error") or self.json["message"]

    @property
    def locations(self):
        """Where the faults are; empty for a protocol that has only a message."""
        return [problem["at"] for problem in self.json.get("problems", [])]


@dataclass(frozen=True)
class Encoding:
    """A form of request. ``write``: rows to the JSON data of a body, or to its bytes and the length of its JSON."""

    protocol: InferenceProtocol
    path: str
    write: Callable[[list[dict[str, Any]]], Any]

    @property
    def is_csv(self):
        return self.write is as_csv

    @property
    def refusal(self):
        """The status of a body that cannot be answered."""
        return 422 if self.protocol is ROWS else 400

    def send(self, release, rows):
        return self.post(release, self.write(rows))

    def post(self, release, body):
        """Return the response to a body: bytes, bytes with the length of their JSON part, or JSON data."""
        content, length = body if isinstance(body, tuple) else (body, None)
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        kind = ContentKind.CSV if self.is_csv else ContentKind.JSON
        route = find_route(self.path)
        head = RequestHead(route, content_kind=kind, json_length=None if length is None else b"%d" % length)
        try:
            reply = self.protocol.call(head, route).answer(release, content)
        except HttpError as refusal:
            refused = self.protocol.format_error(refusal)
            return Response(refused.status, json.loads(refused.body))
        binary = dict(reply.headers).get(b"inference-header-content-length")
        return Response(200, json.loads(reply.body[: int(binary)] if binary else reply.body))


def as_rows(rows):
    return {"rows": rows}


def as_columns(rows):
    return {"columns": _columns(rows)}


def as_csv(rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        if any(isinstance(value, list | dict) for value in row.values()):
            raise NotEncodable
        writer.writerow(["" if row.get(name) is None else row.get(name) for name in rows[0]])
    return text.getvalue().encode()


def as_records(rows):
    return {"dataframe_records": rows}


def as_split(rows):
    return {
        "dataframe_split": {"columns": list(rows[0]), "data": [[row.get(name) for name in rows[0]] for row in rows]}
    }


def as_instances(rows):
    return {"instances": rows}


def as_inputs(rows):
    return {"inputs": _columns(rows)}


def as_tensors(rows):
    """Return the rows as tensors, whose datatypes are those of the first row's values."""
    tensors = []
    for name, data in _columns(rows).items():
        kind = KINDS.get(type(data[0]), "BYTES")
        tensors.append({"name": name, "datatype": kind, "shape": [len(rows)], "data": data})
    return {"inputs": tensors}


def as_bytes(rows):
    """Return the same with binary values after the JSON, and the length of the JSON."""
    request, behind = as_tensors(rows), b""
    for tensor in request["inputs"]:
        packed = b"".join(_packed(tensor["datatype"], value) for value in tensor.pop("data"))
        tensor["parameters"] = {"binary_data_size": len(packed)}
        behind += packed
    head = json.dumps(request).encode()
    return head + behind, len(head)


def _packed(kind, value):
    if kind == "BYTES" and isinstance(value, str | None):
        text = (value or "").encode()
        return struct.pack("<I", len(text)) + text
    if isinstance(value, bool) != (kind == "BOOL"):
        raise NotEncodable
    if (kind, value) == ("FP64", None):
        value = np.nan
    try:
        return struct.pack(PACKED[kind], value)
    except (struct.error, KeyError, OverflowError):
        raise NotEncodable from None


def _columns(rows):
    return {name: [row.get(name) for row in rows] for name in rows[0]}


PREDICT, INVOCATIONS = "/endpoints/house/predict", "/endpoints/house/invocations"
INFER = "/endpoints/house/v2/models/house/infer"
ENCODINGS = {
    "rows": Encoding(ROWS, PREDICT, as_rows),
    "columns": Encoding(ROWS, PREDICT, as_columns),
    "csv": Encoding(ROWS, PREDICT, as_csv),
    "records": Encoding(MLFLOW, INVOCATIONS, as_records),
    "split": Encoding(MLFLOW, INVOCATIONS, as_split),
    "instances": Encoding(MLFLOW, INVOCATIONS, as_instances),
    "inputs": Encoding(MLFLOW, INVOCATIONS, as_inputs),
    "mlflow csv": Encoding(MLFLOW, INVOCATIONS, as_csv),
    "tensors": Encoding(OPEN_INFERENCE, INFER, as_tensors),
    "bytes": Encoding(OPEN_INFERENCE, INFER, as_bytes),
}
each_encoding = pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=ENCODINGS)
