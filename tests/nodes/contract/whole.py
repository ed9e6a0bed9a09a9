"""The whole contract on one node: what the parametrised tests check one by one."""

from __future__ import annotations

from tasks.contract.node import Node
from tests.nodes.contract import effects, inference, learning, models, names, promises
from tests.nodes.contract.broken import Broken, require
from tests.nodes.contract.description import DESCRIPTION
from tests.nodes.contract.fresh_process import ALL, ask, why_results_differ, why_transforms_differ
from tests.nodes.contract.kinds import FEW_POOR, TABLES, is_changer, is_learner, is_source, split, tables_for
from tests.nodes.contract.variants import Variant, variants
from tests.tables import GOOD, mixed, ready

FEW_TABLES_OF_NUMBERS = ("numbers, a number to predict", "numbers, a class to predict", *FEW_POOR)
FEW_TABLES = ("every type, a number to predict", *FEW_POOR)
OPENNESS_TABLES = (*GOOD, "no target", "constant columns")


def check_node(node: type[Node]) -> None:
    """Check every promise of a node on few tables.

    Raises:
        Broken: One does not hold.
    """
    for check in DESCRIPTION:
        check(node)
    check_imports(node)
    if is_changer(node):
        check_inference_is_light(node)
        check_changer(node)
    if is_learner(node):
        check_learner(node)


def check_imports(node: type[Node]) -> None:
    """Loading the module of a node loads NumPy and pydantic, and nothing heavier."""
    found = ask("imports", class_name(node))[node.__module__]
    require(not found, f"{node.__module__} imports {', '.join(found)} when it is loaded. Import inside run.")


def check_inference_is_light(node: type[Node]) -> None:
    """The editor asks infer in a process without heavy libraries."""
    found = ask("infers", class_name(node))[class_name(node)]
    require(not found, f"infer imports {', '.join(found)}, and the editor asks it while somebody draws.")


def check_changer(node: type[Node]) -> None:
    """Check a node that changes tables."""
    for _, table in tables_for(node, FEW_TABLES):
        for variant in variants(node, table.schema):
            promises.check_table(node, table, variant)
    inference.check_unknown_columns(node, mixed().schema)
    inference.check_openness(node, [table for _, table in tables_for(node, OPENNESS_TABLES)])
    promises.check_result_lines(node)
    if not is_source(node):
        table = split(mixed())
        promises.check_good_table_is_taken(node, table)
        promises.check_clock(node, table)
        for variant in variants(node, table.schema):
            learning.check_learned_from_training_rows(node, table, variant)
        learning.check_own_target_is_not_told(node)
        learning.check_serving(node, [table])
        names.check_names_that_are_taken(node, table)
    check_other_process(node)
    effects.check_every_parameter_counts(node)


def check_other_process(node: type[Node]) -> None:
    """A process with another order of sets, environment, folder, date and order of runs gives the same results."""
    name = class_name(node)
    if ask("digests", name) != ask("digests", name, difference=ALL):
        raise Broken(why_results_differ(name))
    check_loaded_transforms(name)


def check_loaded_transforms(name: str) -> None:
    """A process that did not learn a transform, and loads it as an endpoint does, computes the same with it."""
    difference = why_transforms_differ(name, name)
    require(not difference, difference)


def check_learner(node: type[Node]) -> None:
    """Check a node that makes a model."""
    default = Variant(node.Params())
    models.check_same_seed(node, split(ready()), default)
    for name in FEW_TABLES_OF_NUMBERS:
        models.check_learning(node, split(TABLES[name]()), default)
    models.check_fitted_on_training_rows(node, models.split_numbers("price"), default)
    models.check_search_space(node)


def class_name(node: type[Node]) -> str:
    """Return the node as another process finds it."""
    return f"{node.__module__}:{node.__qualname__}"
