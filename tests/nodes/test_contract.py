"""What every node promises, checked on every node that is registered, with no work from its author."""

from __future__ import annotations

import pytest

from tasks.contract.purpose import default_purpose
from tasks.contract.registry import purpose_of
from tests.nodes.contract import effects, inference, learning, names, promises
from tests.nodes.contract.broken import located
from tests.nodes.contract.description import DESCRIPTION
from tests.nodes.contract.fresh_process import ALL, ask, why_results_differ, why_transforms_differ
from tests.nodes.contract.kinds import (
    CHANGERS,
    NODES,
    TABLES,
    is_source,
    of,
    reads_dataset,
    split,
    tables_for,
)
from tests.nodes.contract.variants import variants
from tests.nodes.contract.whole import FEW_TABLES, OPENNESS_TABLES, class_name
from tests.tables import GOOD, mixed

CASES = [
    pytest.param(node, name, marks=[] if name in FEW_TABLES else [pytest.mark.full], id=f"{node.id}-{name}")
    for node in CHANGERS
    for name in (TABLES if not is_source(node) or reads_dataset(node) else FEW_TABLES[:1])
]
LEARNS_FROM = [name for name in CHANGERS if not is_source(name)]


@pytest.mark.parametrize("check", DESCRIPTION, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("node", NODES, ids=of)
def test_node_says_what_it_is(node, check):
    with located(node.id):
        check(node)


@pytest.mark.slow(reason="the first node waits for a process that loads every node")
@pytest.mark.parametrize("node", NODES, ids=of)
def test_loading_a_node_loads_numpy_and_pydantic_only(node):
    found = ask("imports")[node.__module__]
    assert not found, f"{node.__module__} imports {found} when it is loaded. Import them inside run."


@pytest.mark.slow(reason="the first node waits for a process that loads every node")
@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_infer_loads_no_heavy_library(node):
    found = ask("infers")[node.id]
    assert not found, f"infer imports {found}, and the editor asks it while somebody draws."


@pytest.mark.parametrize(("node", "name"), CASES)
def test_node_that_changes_tables_keeps_its_promises(node, name):
    for told, table in tables_for(node, [name]):
        for variant in variants(node, table.schema):
            with located(f"{node.id} on {told}"):
                promises.check_table(node, table, variant)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.full if at else []) for at, name in enumerate(GOOD)]
)
@pytest.mark.parametrize("node", LEARNS_FROM, ids=of)
def test_rows_kept_aside_change_nothing_that_was_learned(node, name):
    table = split(TABLES[name]())
    for variant in variants(node, table.schema):
        with located(node.id):
            learning.check_learned_from_training_rows(node, table, variant)


@pytest.mark.parametrize("node", LEARNS_FROM, ids=of)
def test_no_feature_tells_the_target_of_its_own_row(node):
    with located(node.id):
        learning.check_own_target_is_not_told(node)


@pytest.mark.parametrize("node", LEARNS_FROM, ids=of)
def test_what_is_said_of_serving_is_so(node):
    with located(node.id):
        learning.check_serving(node, [split(mixed())])


@pytest.mark.parametrize("node", LEARNS_FROM, ids=of)
def test_a_new_column_takes_no_name_that_is_there(node):
    with located(node.id):
        names.check_names_that_are_taken(node, split(mixed()))


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_what_is_inferred_before_a_run_is_as_open_as_it_must_be(node):
    with located(node.id):
        inference.check_unknown_columns(node, mixed().schema)
        inference.check_openness(node, [table for _, table in tables_for(node, OPENNESS_TABLES)])


@pytest.mark.slow(reason="the first node waits for two processes that try every node")
@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_results_are_the_same_in_another_process_at_another_place_on_another_day(node):
    heavy = [module for module, found in ask("imports").items() if found]
    if heavy:  # loaded under another clock, such a library breaks: one fault is said once
        pytest.skip(f"{', '.join(heavy)} imports what is heavy when it is loaded. Mend that first.")
    one, two = ask("digests"), ask("digests", difference=ALL)
    assert one[node.id] == two[node.id], why_results_differ(class_name(node))


@pytest.mark.slow(reason="the first node waits for two processes that try every node")
@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_what_was_learned_gives_the_same_in_a_process_that_loads_it(node):
    difference = why_transforms_differ(node.id)
    assert not difference, f"{node.id}: {difference}"


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_every_result_has_a_line(node):
    with located(node.id):
        promises.check_result_lines(node)


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_every_parameter_changes_something(node):
    with located(node.id):
        effects.check_every_parameter_counts(node)


@pytest.mark.parametrize("node", CHANGERS, ids=of)
def test_results_do_not_depend_on_the_clock(node):
    with located(node.id):
        promises.check_clock(node, split(mixed()))


@pytest.mark.parametrize("node", LEARNS_FROM, ids=of)
def test_good_tables_are_not_refused(node):
    for make in GOOD.values():
        with located(node.id):
            promises.check_good_table_is_taken(node, split(make()))


@pytest.mark.parametrize("node", NODES, ids=of)
def test_the_folder_of_a_node_has_a_heading_an_icon_and_a_place(node):
    declared = purpose_of(node.id)
    assert declared != default_purpose(node.id.rpartition(".")[0]), "Declare PURPOSE in the folder's __init__.py."
