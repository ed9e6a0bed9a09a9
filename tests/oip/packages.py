"""Packages with a column of every type, and with classes of every kind."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tasks.contract.invoke import invoke
from tasks.contract.model import Package
from tasks.contract.registry import node_class
from tests.contexts import ListContext
from tests.serving.packages import PARITY, column, line
from tests.tables import mixed

NODES = ("split.split", "features.dates", "clean.impute", "features.encode", "model.linear", "publish.deploy")


@lru_cache
def houses(target="bought") -> Package:
    """Return what a graph makes of a table with every type of column."""
    value, port = mixed(400, target=target), "table"
    for name in NODES:
        node = node_class(name)
        outputs = invoke(node, {port: value}, node.Params(), ListContext())
        port = "model" if "model" in outputs else next(iter(outputs))
        value = outputs[port]
    return value


def switch(values) -> Package:
    """Return a package that answers the first value for a small ``size`` and the second for a large one."""
    from tasks.inference.onnx_graphs import linear_graph

    program = {
        **line().program,
        "task": "classification",
        "classes": [str(value) for value in values],
        "class_values": values,
        "features": ["size"],
        "raw_schema": {"columns": [column("size", "number")], "is_open": False},
        "example": {"size": 80.0},
    }
    return Package("switch", program, {"model.onnx": linear_graph(np.ones((1, 1)), np.zeros(1), "sigmoid")}, PARITY)
