"""Whether each template's endpoint repeats training: every held-out row is posted and compared with what training gave.

For each bundled template: a graph is made of it, run and deployed on a stack of its own; Evaluate's predictions, which
the trained model made of the trained table, stand beside what the endpoint answers to the raw rows. Prints per template
how many rows agree bit for bit and the largest difference; exits 1 when one is larger than the tolerance of a deploy.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.first_answer import deploy
from bench.program import run_program
from tests.stack import Api, Stack, stack_environment, wait_for

PAGE = 1000
POSTED_AT_ONCE = 200
RUN_SECONDS = 900
TOLERANCE = 1e-5  # as in tasks/inference/packaging.py: a share of the predictions' size
OVER = ("done", "failed", "cancelled")
EVALUATE, DEPLOY, SOURCE = "evaluate.evaluate", "publish.deploy", "source."


@dataclass(frozen=True)
class Line:
    """How one template did. ``same``: rows whose answers agree bit for bit; ``largest``: a share of their size."""

    name: str
    rows: int
    same: int
    largest: float

    @property
    def holds(self) -> bool:
        """True when every row was answered and none differs by more than a deploy allows."""
        return self.rows > 0 and self.largest <= TOLERANCE

    def __str__(self) -> str:
        share = self.same / self.rows if self.rows else 0.0
        return f"{self.name:<32} {self.rows:>8,} {self.same:>10,} {share:>7.1%} {self.largest:>12.2e}"


def main() -> int:
    """Print the table and return 0 when every template holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--template", action="append", default=[], help="only this one, by its slug; may be repeated")
    chosen: list[str] = parser.parse_args().template
    with tempfile.TemporaryDirectory() as folder, Stack(stack_environment(Path(folder))) as stack:
        api = stack.signed_in()
        templates = [one for one in api.get("/templates/") if not chosen or one["slug"] in chosen]
        print(f"{'template':<32} {'rows':>8} {'bit for bit':>18} {'largest':>12}")
        lines = []
        for template in templates:
            lines.append(compared(api, template))
            print(lines[-1], flush=True)
    return 0 if lines and all(line.holds for line in lines) else 1


def compared(api: Api, template: Mapping[str, Any]) -> Line:
    """Run and deploy a template, and compare its endpoint with its training."""
    graph = api.post("/graphs/", {"name": template["title"], "document": template["document"]})["id"]
    run = api.post(f"/graphs/{graph}/runs/", {})["id"]
    over = wait_for(template["title"], lambda: _over(api, run), timeout_seconds=RUN_SECONDS)
    assert over["state"] == "done", [node["error"] for node in over["nodes"] if node["error"]]
    nodes = template["document"]["nodes"]
    evaluate = next(node["id"] for node in nodes if node["type"] == EVALUATE)
    deploying = next(node["id"] for node in nodes if node["type"] == DEPLOY)
    made = deploy(api, graph, node=deploying)
    inputs = api.get(f"/endpoints/{made['endpoint']['slug']}/")["release"]["inputs"]
    raw = raw_rows(api, run, nodes, [column["name"] for column in inputs])
    expected = rows_of(api, run, evaluate, "predictions")
    caller = Api(made["endpoint"]["url"], made["key"])
    return lined(template["title"], list(answered(caller, raw, expected)))


def lined(name: str, pairs: Sequence[tuple[float, float]]) -> Line:
    """Return how answers, each beside what training gave, agree: their size is that of the largest number."""
    size = max([1.0, *(abs(trained) for trained, _ in pairs)])
    gaps = [abs(trained - served) for trained, served in pairs]
    largest = math.inf if any(math.isnan(gap) for gap in gaps) else max(gaps, default=0.0)
    return Line(name, len(pairs), sum(gap == 0 for gap in gaps), largest / size)


def answered(
    caller: Api, raw: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[float, float]]:
    """Yield, for each held-out row, what training gave and what the endpoint answers: its farthest number."""
    for start in range(0, len(expected), POSTED_AT_ONCE):
        asked = expected[start : start + POSTED_AT_ONCE]
        answer = caller.post("/predict", {"rows": [raw[int(one["row"])] for one in asked]})
        shares = answer.get("probabilities") or [None] * len(asked)
        for one, predicted, share in zip(asked, answer["predictions"], shares, strict=True):
            if share is None:
                yield float(one["predicted"]), float(predicted)
            elif str(one["predicted"]) != _word(predicted):
                yield 0.0, math.inf
            else:
                pairs = [(float(one[f"probability {name}"]), float(value)) for name, value in share.items()]
                yield max(pairs, key=lambda pair: abs(pair[0] - pair[1]))


def raw_rows(api: Api, run: str, nodes: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of the source that has all columns the endpoint asks for, those columns only."""
    for node in nodes:
        if node["type"].startswith(SOURCE):
            rows = rows_of(api, run, node["id"], "table")
            if rows and all(name in rows[0] for name in names):
                return [{name: row[name] for name in names} for row in rows]
    raise LookupError(f"No source has all of {', '.join(names)}.")


def rows_of(api: Api, run: str, node: str, port: str) -> list[dict[str, Any]]:
    """Return all rows of a table that a node gave."""
    rows: list[dict[str, Any]] = []
    while True:
        page = api.get(f"/runs/{run}/nodes/{node}/outputs/{port}/?limit={PAGE}&offset={len(rows)}")
        names = [column["name"] for column in page["schema"]["columns"]]
        rows += [dict(zip(names, row, strict=True)) if isinstance(row, list) else row for row in page["rows"]]
        if len(page["rows"]) < PAGE:
            return rows


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _over(api: Api, run: str) -> Any:
    found = api.get(f"/runs/{run}/")
    return found if found["state"] in OVER else None


if __name__ == "__main__":
    run_program(main)
