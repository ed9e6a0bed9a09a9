"""Files that people upload, read by a real worker."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.worker.stack import wait_until

pytestmark = pytest.mark.worker


def upload(stack, name, content):
    boundary = "part-of-the-test"
    body = (
        (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.port}/api/v1/datasets/",
        data=body,
        headers={
            "Authorization": f"Bearer {stack.tokens['alice']}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["id"]


def read(stack, dataset):
    found = {}

    def is_read():
        found.update(stack.call("GET", f"datasets/{dataset}/"))
        return found["status"] in ("ready", "failed")

    wait_until(is_read, "the file was read", about=stack.said)
    return found


def test_an_uploaded_table_is_read_and_runs_from_its_source_node(stack):
    rows = "".join(f"{size},{'edge' if size % 3 else 'centre'},{size * 3.5}\n" for size in range(50, 90))
    dataset = read(stack, upload(stack, "houses.csv", f"size,place,price\n{rows}".encode()))
    assert (dataset["status"], dataset["rows"]) == ("ready", 40)
    source = {"id": "s", "type": "source.file", "params": {"dataset": dataset["id"], "target": "price"}}
    run = stack.ended(stack.new_run({"nodes": [source], "edges": []}))
    assert run["state"] == "done", run["nodes"][0]["error"]
    page = stack.call("GET", f"runs/{run['id']}/nodes/s/outputs/table/?limit=2")
    assert (page["total"], page["rows"][0][0]) == (40, 50)


def test_a_file_that_is_no_table_is_a_sentence(stack):
    dataset = read(stack, upload(stack, "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20))
    assert dataset["status"] == "failed"
    assert dataset["error"]["message"]
    assert "Traceback" not in dataset["error"]["message"]
