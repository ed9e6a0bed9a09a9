"""The floor: the least that a response costs on the same server, without key, validation, statistics or transforms.

An ASGI application under the same uvicorn, uvloop and httptools as ours: it parses the body with orjson, evaluates
the model in ONNX Runtime on a fixed matrix, and returns the numbers.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import orjson

OK = {"type": "http.response.start", "status": 200}
JSON_TYPE = (b"content-type", b"application/json")


def create() -> Any:
    """Return the application; ``FLOOR_MODEL`` is the ONNX file of the package that ours serves."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = Path(os.environ["FLOOR_MODEL"]).read_bytes()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    source, result = session.get_inputs()[0], session.get_outputs()[0].name
    random = np.random.default_rng(0)
    matrix = random.normal(size=(1, source.shape[1]))

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        rows = len(orjson.loads(body)["rows"]) if body else 1
        batch = matrix if rows == 1 else np.repeat(matrix, rows, axis=0)
        response = orjson.dumps({"predictions": session.run([result], {source.name: batch})[0].tolist()})
        await send({**OK, "headers": [JSON_TYPE, (b"content-length", b"%d" % len(response))]})
        await send({"type": "http.response.body", "body": response})

    return answer
