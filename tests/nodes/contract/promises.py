"""What holds for every run of a node that changes tables: on each table, at each variant of its parameters."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline
from tasks.contract.node import Node
from tasks.contract.table import Table
from tests.nodes.contract.broken import Broken, located, require
from tests.nodes.contract.clock import clock_ahead
from tests.nodes.contract.equality import fingerprint
from tests.nodes.contract.inference import check_inference
from tests.nodes.contract.kinds import TABLES, WHY_UNREPEATABLE, require_repeatable, run, tables_in
from tests.nodes.contract.learning import check_target
from tests.nodes.contract.outputs import check_description, check_transforms
from tests.nodes.contract.rows import check_rows
from tests.nodes.contract.variants import Variant, variants


def check_table(node: type[Node], table: Table, variant: Variant) -> None:
    """One table at one variant: purity, repeatability, description, transforms, inference, result line."""
    with located(f"With {variant}"):
        before = fingerprint(table)
        float_errors = np.geterr()
        outputs = run(node, table, variant)
        is_untouched = np.geterr() == float_errors
        np.seterr(**float_errors)
        require(
            is_untouched, "It changed what NumPy does at float errors in the process. Use with numpy.errstate(...)."
        )
        require(fingerprint(table) == before, "It changed its input. Copy before changing.")
        if isinstance(outputs, NodeError):
            return
        np.random.random(), random.random()  # or setting the same seed twice would leave no trace
        random_before = _global_random_state()  # only now: a library may draw numbers when it is imported first
        again = run(node, table, variant)
        is_untouched = _global_random_state() == random_before
        require(is_untouched, "It changed the random state of the process. Use numpy.random.default_rng(context.seed).")
        for one, two in zip(tables_in(outputs), tables_in(again), strict=True):
            is_same = fingerprint(one) == fingerprint(two)
            require(
                is_same,
                f"The same input and seed gave another result: {WHY_UNREPEATABLE}",
            )
            check_description(one)
            check_rows(node, table, one, variant)
            check_transforms(table if node.input_ports() else one, one)
            check_target(node, table, one, variant)
        check_inference(node, table, variant, outputs)
        _check_result_line(node, table, outputs)


def _check_result_line(node: type[Node], table: Table, outputs: Mapping[str, Any]) -> None:
    try:
        line = headline(node, {port.name: table for port in node.input_ports()}, outputs)
    except Exception as error:
        raise Broken(f"headline raised {type(error).__name__}: {error}, and run gives a result.") from error
    require(isinstance(line, str) and line, "It has no result line.")


def _global_random_state() -> object:
    state = np.random.get_state(legacy=True)
    return [random.getstate(), state[0], state[1].tolist(), *state[2:]]


def check_clock(node: type[Node], table: Table) -> None:
    """Another time of day, in another year, gives the same result: a result is reused whenever its inputs are equal."""
    for variant in variants(node, table.schema):
        now = run(node, table, variant)
        with clock_ahead(node.__module__.rpartition(".")[0]):
            later = run(node, table, variant)
        is_same = [fingerprint(one) for one in tables_in(now)] == [fingerprint(one) for one in tables_in(later)]
        is_same = is_same and isinstance(now, NodeError) == isinstance(later, NodeError)
        if not is_same:
            require_repeatable(node, table, variant, now)
        require(
            is_same,
            f"With {variant} the result depends on the clock, and would be reused on another day. Make the moment a "
            "parameter.",
        )


def check_result_lines(node: type[Node]) -> None:
    """On every table, with default parameters, a result has a result line."""
    for name, make in TABLES.items():
        table = make()
        outputs = run(node, table, next(iter(variants(node, table.schema))))
        if not isinstance(outputs, NodeError):
            with located(f"On the table “{name}”"):
                _check_result_line(node, table, outputs)


def check_good_table_is_taken(node: type[Node], table: Table) -> None:
    """A good table is not refused with the default parameters."""
    made = run(node, table, next(iter(variants(node, table.schema))))
    require(not isinstance(made, NodeError), f"It refuses a good table: {made}")
