"""Rows nobody should send, against every type of column: an answer or the place of the fault, never a 500."""

from __future__ import annotations

import json
import random

import pytest

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.inference.program import Program
from tasks.inference.server.answers import Refusal
from tasks.inference.server.package import Package
from tasks.inference.server.plain import predict
from tasks.inference.server.shelf import Release
from tasks.inference.server.snapshot import Entry
from tests.contexts import ListContext
from tests.tables import mixed

NODES = ("split.split", "features.dates", "clean.impute", "features.encode", "model.linear", "publish.deploy")
BODIES = 4000
VALUES = [
    *(None, True, False, 0, -1, 0.1, 1e308, -1e308, 1e-320, 2**63, 2**64 - 1, -(2**63), 10**15 + 0.5),
    *("", "x" * 1000, "\u0000", "😀", "NaN", "1,5", " Oslo ", "not a date", "2026-02-30", "2026-01-01"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59+14:00"),
    *([], {}, [1], {"a": 1}, [None]),
]


@pytest.fixture(scope="module")
def release():
    value, port = mixed(target="bought"), "table"
    for name in NODES:
        node = node_class(name)
        outputs = invoke(node, {port: value}, node.Params(), ListContext())
        port = "model" if "model" in outputs else next(iter(outputs))
        value = outputs[port]
    package = Package("a", value.program, Program.load(value.program, value.files))
    return Release.of(Entry("house", 1, "a", "House", 1, {}), package)


def spoilt(example, chance):
    row = dict(example)
    for name in example:
        fate = chance.random()
        if fate < 0.2:
            row[name] = chance.choice(VALUES)
        elif fate < 0.23:
            del row[name]
    if chance.random() < 0.1:
        row[chance.choice(["", "other", "a.b"])] = chance.choice(VALUES)
    return row if chance.random() > 0.02 else chance.choice(VALUES)


def test_impossible_rows_are_answered_or_refused_by_row_and_column(release):
    chance = random.Random(20261121)
    statuses = {200: 0, 422: 0}
    for _ in range(BODIES):
        rows = [spoilt(release.package.manifest["example"], chance) for _ in range(chance.choice([1, 1, 2, 5]))]
        try:
            given = predict(release, json.dumps({"rows": rows}).encode())
            assert len(json.loads(given.body)["predictions"]) == given.rows == len(rows)
            statuses[200] += 1
        except Refusal as refusal:
            assert refusal.status == 422, rows
            for problem in json.loads(refusal.body)["problems"]:
                row = int(problem["at"].split(".")[1])
                assert row < len(rows), problem
                assert problem["message"]
            statuses[422] += 1
    assert min(statuses.values()) > BODIES / 10, "both kinds were tried"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_leaves_the_calendar_in_another_zone_is_a_fault_of_the_row(release, text):
    row = {**release.package.manifest["example"], "built": text}
    with pytest.raises(Refusal) as refused:
        predict(release, json.dumps({"rows": [row]}).encode())
    assert json.loads(refused.value.body)["problems"][0]["at"] == "rows.0.built"
