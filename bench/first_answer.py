"""Seconds from an upload's first byte to the endpoint's first answer, on the house-prices template.

Everything goes through the interface, as a program of the user's would. The rows of the bundled sample are read back
first and then uploaded as a file of one's own, so that reading a file is part of the time.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_machine
from bench.program import run_program
from tests.stack import Api, Refused, Stack, stack_environment, wait_for

TEMPLATE = "house"
TARGET_SECONDS = 60
CORES = 2
PAGE_ROWS = 500
LAST_STATES = {"done", "failed", "cancelled", "crashed"}


class Stages:
    """Names what happened since the last mark and how long it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, float]] = []
        self._last = time.perf_counter()

    def mark(self, name: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.taken.append((name, now - self._last))
        self._last = now

    @property
    def total(self) -> float:
        """Seconds of all stages."""
        return sum(seconds for _, seconds in self.taken)


def finished(api: Api, run_id: str) -> dict[str, Any]:
    """Return the run when it has ended well."""

    def ended() -> dict[str, Any] | None:
        run: dict[str, Any] = api.get(f"/runs/{run_id}/")
        return run if run["state"] in LAST_STATES else None

    run: dict[str, Any] = wait_for("the end of the run", ended, timeout_seconds=600)
    assert run["state"] == "done", [node["error"] for node in run["nodes"] if node["error"]] or run["message"]
    return run


def sample_as_csv(api: Api, template: dict[str, Any]) -> tuple[bytes, str]:
    """Return the template's bundled sample as a file, and the name of its target."""
    source = next(node for node in template["document"]["nodes"] if node["type"] == "source.sample")
    document = {"nodes": [source], "edges": []}
    graph = api.post("/graphs/", {"name": "Sample", "document": document})
    run = finished(api, api.post(f"/graphs/{graph['id']}/runs/", {})["id"])
    rows: list[list[Any]] = []
    while True:
        path = f"/runs/{run['id']}/nodes/{source['id']}/outputs/table/?offset={len(rows)}&limit={PAGE_ROWS}"
        page = api.get(path)
        rows += page["rows"]
        if len(rows) >= page["total"] or not page["rows"]:
            break
    columns = page["schema"]["columns"]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column["name"] for column in columns])
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return text.getvalue().encode(), next(column["name"] for column in columns if column["role"] == "target")


def on_own_file(document: dict[str, Any], dataset: str, target: str) -> dict[str, Any]:
    """Return the template's document with its sample replaced by an uploaded data set."""
    nodes = [
        node | {"type": "source.file", "params": {"dataset": dataset, "target": target}}
        if node["type"] == "source.sample"
        else node
        for node in document["nodes"]
    ]
    return document | {"nodes": nodes}


def from_upload_to_answer(api: Api, template: dict[str, Any], content: bytes, target: str) -> tuple[Stages, Any, Any]:
    """Play the story once and return its stages, the finished run and the answer."""
    stages = Stages()
    upload = api.post("/uploads/", {"name": "houses.csv", "bytes": len(content)})
    size = upload["part_bytes"]
    for number, start in enumerate(range(0, len(content), size)):
        api.put(f"/uploads/{upload['id']}/parts/{number}/", content[start : start + size])
    dataset = api.post(f"/uploads/{upload['id']}/complete/", {})["id"]
    stages.mark("upload")
    wait_for("the data set", lambda: api.get(f"/datasets/{dataset}/")["status"] == "ready")
    stages.mark("read: types, profile, stored table")
    document = on_own_file(template["document"], dataset, target)
    graph = api.post("/graphs/", {"name": "House prices", "document": document})["id"]
    problems = api.post(f"/graphs/{graph}/check/", {})["problems"]
    assert not [problem for problem in problems if problem["severity"] == "error"], problems
    stages.mark("graph: made and checked")
    run = finished(api, api.post(f"/graphs/{graph}/runs/", {})["id"])
    stages.mark("run: every node")
    deployed = deploy(api, graph)
    stages.mark("deploy")
    example = api.get(f"/endpoints/{deployed['endpoint']['slug']}/")["release"]["example"]
    caller = Api(deployed["endpoint"]["url"], deployed["key"])
    answer = caller.post("/predict", {"rows": [example]})
    stages.mark("first answer")
    return stages, run, answer


def deploy(api: Api, graph: str, **more: Any) -> dict[str, Any]:
    """Deploy the model of a graph, whatever is warned of: its answers are compared, not its worth."""
    path = f"/graphs/{graph}/deploy/"
    try:
        made: dict[str, Any] = api.post(path, more)
    except Refused as refused:
        if refused.status != 409 or "warnings" not in refused.body:
            raise
        made = api.post(path, {**more, "acknowledged": [warning["code"] for warning in refused.body["warnings"]]})
    return made


def node_seconds(node: dict[str, Any]) -> float:
    """Return how long a node ran."""
    begun, ended = (datetime.fromisoformat(node[name]) for name in ("started_at", "finished_at"))
    return (ended - begun).total_seconds()


def main() -> int:
    """Print the stages; return 1 when the target is missed."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder, Stack(stack_environment(Path(folder))) as stack:
        api = stack.signed_in()
        template = next(one for one in api.get("/templates/") if TEMPLATE in one["slug"])
        content, target = sample_as_csv(api, template)
        stages, run, answer = from_upload_to_answer(api, template, content, target)
    print(f"{len(content) / 1000:.0f} kB of CSV, predicting “{target}”; first answer: {answer['predictions']}")
    for name, seconds in stages.taken:
        print(f"{name:<40}{seconds:>8.2f} s")
        if name.startswith("run"):
            for node in run["nodes"]:
                print(f"    {node['type']:<36}{node_seconds(node):>8.2f} s   {node['headline'] or ''}")
    print(f"{'first byte to first answer':<40}{stages.total:>8.2f} s   (target: under {TARGET_SECONDS})")
    return 0 if stages.total < TARGET_SECONDS else 1


if __name__ == "__main__":
    run_program(main)
