"""What holds for every node that changes tables: on each table, at each variant of its parameters."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.invoke import headline
from tasks.contract.node import Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Partition, Table, is_missing
from tasks.contract.transform import Transform, prune, run_transforms, transform_from_json, transform_to_json
from tests.contexts import KnownSchemas
from tests.nodes.contract.broken import Broken, located, require
from tests.nodes.contract.kinds import is_source, run, tables_in, with_columns
from tests.nodes.contract.variants import DATASET, Variant, variants
from tests.tables import table_of


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
                is_same, "The same input and seed gave another result: something random or remembered is not seeded."
            )
            check_description(one)
            check_transforms(table if node.input_ports() else one, one)
            _check_target(node, table, one, variant)
        check_inference(node, table, variant, outputs)
        _check_result_line(node, table, outputs)


def _check_result_line(node: type[Node], table: Table, outputs: Mapping[str, Any]) -> None:
    try:
        line = headline(node, {port.name: table for port in node.input_ports()}, outputs)
    except Exception as error:
        raise Broken(f"headline raised {type(error).__name__}: {error}, and run gives a result.") from error
    require(isinstance(line, str) and line, "It has no result line.")


def fingerprint(table: Table) -> list[object]:
    """Return what makes two tables equal, as values that compare."""
    return [
        [(name, str(values.dtype), _content(values)) for name, values in table.columns.items()],
        table.schema,
        table.raw_schema,
        repr([learned(transform) for transform in table.transforms]),
        table.row_ids.tobytes(),
        None if table.partition is None else table.partition.tobytes(),
        table.post_split_nodes,
    ]


def _content(values: np.ndarray) -> object:
    return values.tolist() if values.dtype == object else values.tobytes()


def learned(transform: Transform) -> Any:
    """Return what a transform has learned as data that compares: arrays as lists.

    Raises:
        Broken: It holds what cannot be stored.
    """
    name = type(transform).__name__
    try:
        written = transform_to_json(transform)
        text = json.dumps(written, sort_keys=True, allow_nan=False)
        restored = transform_from_json(json.loads(text))
        again = json.dumps(transform_to_json(restored), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise Broken(
            f"What {name} has learned cannot be stored ({error}). Fields hold str, int, float, bool, None, tuples and "
            "dicts of those, and arrays."
        ) from error
    require(text == again, f"What {name} has learned is another after it was stored and read.")
    return json.loads(text)


def _global_random_state() -> object:
    state = np.random.get_state(legacy=True)
    return [random.getstate(), state[0], state[1].tolist(), *state[2:]]


def same(one: np.ndarray, two: np.ndarray) -> bool:
    """Return whether two arrays hold the same values, to the last digits of a float."""
    if one.shape != two.shape:
        return False
    if "O" in {one.dtype.kind, two.dtype.kind}:
        return bool(one.tolist() == two.tolist())
    if one.dtype.kind == "M":
        return bool(np.array_equal(one, two, equal_nan=True))
    return bool(np.allclose(one, two, rtol=1e-12, atol=1e-12, equal_nan=True))


# The table that comes out is what its schema says.


def check_description(table: Table) -> None:
    """The arrays have the types, the shapes, the categories and the gaps that the schema tells of."""
    listed = tuple(table.columns)
    require(listed == table.schema.names, f"It gave the columns {listed}, its schema says {table.schema.names}.")
    require(len(table.row_ids) == len(set(table.row_ids.tolist())), "It gave a row twice.")
    for column in table.schema.each():
        values = table.columns[column.name]
        require(isinstance(values, np.ndarray), f"The column {column.name} is no NumPy array.")
        require(
            values.shape == (table.rows,), f"The column {column.name} has shape {values.shape}, not ({table.rows},)."
        )
        expected = "f" if column.type.is_numeric else "M" if column.type is ColumnType.DATE else "O"
        require(
            values.dtype.kind == expected,
            f"The column {column.name} of type {column.type} is held as {values.dtype}. Numbers and yes/no are "
            "float64, words are objects, dates are datetime64[us].",
        )
        _check_values(column, values)


def _check_values(column: Column, values: np.ndarray) -> None:
    missing = is_missing(values)
    present = values[~missing]
    require(
        column.nullable or not missing.any(), f"The column {column.name} has gaps though its schema says it has none."
    )
    if column.categories is not None:
        unknown = set(present.tolist()) - set(column.categories)
        require(not unknown, f"The column {column.name} holds {sorted(unknown)[:3]}, which its categories do not list.")
    if column.type is ColumnType.BOOLEAN:
        is_yes_no = set(present.tolist()) <= {0.0, 1.0}
        require(is_yes_no, f"The yes/no column {column.name} holds other values than 0 and 1.")
    if column.type is ColumnType.INTEGER:
        finite = present[np.isfinite(present)]
        require((finite == np.trunc(finite)).all(), f"The column {column.name} of whole numbers holds fractions.")


# The transforms give the same columns in an endpoint.


def check_transforms(source: Table, made: Table) -> None:
    """The recipe gives the same columns from raw rows, for all rows, for one, and for one column alone.

    Rows a cross-fitted transform was learned from are left out: they hold what was learned without them.
    """
    transforms = [transform_from_json(learned(transform)) for transform in made.transforms]
    made = made.filter(~made.differs_from_recipe)
    at = {row: place for place, row in enumerate(source.row_ids.tolist())}
    places = np.asarray([at[row] for row in made.row_ids.tolist()], dtype=np.intp)
    raw = {name: values[places] for name, values in source.columns.items()}
    everything = _applied(transforms, raw)
    for transform in transforms:
        _check_says_it_works_on_a_row(type(transform))
        is_consistent = transform.null_propagation() == Transform.null_propagation(transform)
        require(is_consistent, f"{type(transform).__name__} says other things of gaps than its parts do.")
    for name, values in made.columns.items():
        gives = everything.get(name)
        is_same = gives is not None and same(values, gives)
        require(is_same, f"The endpoint would have another column {name}: what was done to it is not in a transform.")
    for place in range(min(3, made.rows)):
        one = _applied(transforms, {name: values[place : place + 1] for name, values in raw.items()})
        for name, values in made.columns.items():
            require(
                same(values[place : place + 1], one[name]),
                f"On one row alone the column {name} is another: apply uses the rows it gets, not what was learned.",
            )
        _check_row(transforms, raw, made, place)
    for name in itertools.islice(made.columns, 12):
        kept, needed = prune(transforms, [name])
        alone = _applied(kept, {raw_name: values for raw_name, values in raw.items() if raw_name in needed})
        is_same = name in alone and same(made.columns[name], alone[name])
        require(
            is_same,
            f"Restricted to the column {name} the transforms give another one: check inputs, outputs and restrict.",
        )
    if made.rows:
        _check_gaps(transforms, raw)


def _check_says_it_works_on_a_row(cls: type[Transform]) -> None:
    is_said = cls.supports_single_row is not Transform.supports_single_row
    is_overridden = cls.apply_row is not Transform.apply_row
    require(
        is_said or not is_overridden,
        f"{cls.__name__} overrides apply_row, which is never called: override supports_single_row too.",
    )


def _applied(transforms: Sequence[Transform], columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    try:
        return run_transforms(transforms, columns)
    except Exception as error:
        raise Broken(
            f"A transform raised {type(error).__name__}: {error}, given the columns {sorted(columns)}. An endpoint "
            "gives it those that inputs names: check inputs, outputs and restrict."
        ) from error


def _check_row(transforms: list[Transform], raw: Mapping[str, np.ndarray], made: Table, at: int) -> None:
    """Where a transform works on a row of Python values, it gives the very bits that the arrays have."""
    if not all(transform.supports_single_row for transform in transforms):
        return
    row = {name: values[at].item() if values.dtype != object else values[at] for name, values in raw.items()}
    for transform in transforms:
        transform.apply_row(row)
    for name, values in made.columns.items():
        is_same = name in row
        if is_same and values.dtype.kind == "f":
            is_same = np.float64(row[name]).tobytes() == values[at : at + 1].tobytes() or bool(np.isnan(values[at]))
        elif is_same and values.dtype == object:
            is_same = row[name] == values[at]
        require(is_same, f"apply_row and apply give two values of {name}.")


def _check_gaps(transforms: list[Transform], raw: Mapping[str, np.ndarray]) -> None:
    """A column becomes missing only by the columns that `null_propagation` names: an endpoint asks for those."""
    columns: dict[str, np.ndarray] = {name: values[:1] for name, values in raw.items()}
    for transform in transforms:
        after = transform.apply(columns)
        passed = transform.null_propagation()
        for blank in transform.inputs:
            gappy = transform.apply({**columns, blank: _missing_like(columns[blank])})
            for name in transform.outputs:
                became_missing = bool(is_missing(gappy[name])[0]) and not bool(is_missing(after[name])[0])
                require(
                    not became_missing or blank in passed.get(name, frozenset()),
                    f"{type(transform).__name__} says that {name} survives a missing {blank}, and it does not.",
                )
        columns = after


def _missing_like(values: np.ndarray) -> np.ndarray:
    if values.dtype == object:
        return np.array([None] * len(values), dtype=object)
    return np.full(len(values), np.datetime64("NaT") if values.dtype.kind == "M" else np.nan, dtype=values.dtype)


# The target


def _check_target(node: type[Node], table: Table, made: Table, variant: Variant) -> None:
    """The target stays as it is, and no column is computed from it: an endpoint has none."""
    target = table.schema.target
    if not target or variant.names_columns or is_source(node):
        return
    require(
        target in made.schema and made.schema.target == target, f"The target {target} is gone or no target any more."
    )
    at = {row: place for place, row in enumerate(table.row_ids.tolist())}
    kept = [at[row] for row in made.row_ids.tolist()]
    require(same(made.columns[target], table.columns[target][kept]), f"The target {target} was changed.")
    for name in made.schema.names:
        if name != target:
            needed = prune(made.transforms, [name])[1]
            require(
                target not in needed, f"The column {name} is computed from the target {target}, which no endpoint has."
            )


def unrelated(rows: int = 80) -> Table:
    """Return a split table whose columns have nothing to do with the target; every word is there once."""
    random_values = np.random.default_rng(5)
    columns = {
        "code": ("category", [f"c{at}" for at in range(rows)]),
        "noise": ("number", random_values.normal(size=rows).tolist()),
        "y": ("number", random_values.normal(size=rows).tolist()),
    }
    marks = np.where(np.arange(rows) % 4 == 3, Partition.TEST, Partition.TRAIN)
    return table_of(columns, target="y").split(marks)


def check_own_target_is_not_told(node: type[Node]) -> None:
    """No training row's feature tells that row's own target, where nothing can be known of it."""
    table = unrelated()
    target = table.training("y")
    for variant in variants(node, table.schema):
        if variant.names_columns:
            continue
        for made in tables_in(run(node, table, variant)):
            for column in made.schema.features():
                values = made.training(column.name) if column.type.is_numeric else np.zeros(0)
                if len(values) != len(target) or not np.isfinite(values).all() or values.std() == 0:
                    continue
                told = abs(float(np.corrcoef(values, target)[0, 1]))
                require(
                    told < 0.8,
                    f"With {variant} the column {column.name} tells the target of its own row, though nothing is to be "
                    "known of it: learn a row's value without the row (cross-fitting).",
                )


# Learned from the training rows only


def check_learned_from_training_rows(node: type[Node], table: Table, variant: Variant) -> None:
    """Whatever the rows kept aside hold, training rows come out the same and so does what was learned.

    A node that makes a split of its own is left out: it decides which rows train.
    """
    one = run(node, table, variant)
    for changed in (_other_values(table), _gaps_aside(table)):
        two = run(node, changed, variant)
        is_same_answer = isinstance(one, NodeError) == isinstance(two, NodeError)
        require(is_same_answer, f"With {variant} whether it refuses depends on the rows kept aside.")
        for left, right in zip(tables_in(one), tables_in(two), strict=True):
            if left.at_split is not table.at_split:
                continue
            is_same = [learned(transform) for transform in left.transforms] == [
                learned(transform) for transform in right.transforms
            ]
            require(
                is_same,
                f"With {variant} it learned from rows kept aside for the test. Fit on table.training(...) only.",
            )
            one_rows, two_rows = (made.row_ids[made.training_mask] for made in (left, right))
            # Which of several equal rows is kept may depend on rows kept aside: equal ones among them count too.
            is_free = node.serve is Serving.TRAINING_ONLY and variant.names_columns
            is_same = is_free or one_rows.tolist() == two_rows.tolist()
            require(is_same, f"With {variant} which training rows it keeps depends on rows kept aside for the test.")
            in_both = np.intersect1d(one_rows, two_rows)
            for name, values in left.columns.items():
                is_same = name in right.columns and same(
                    values[np.isin(left.row_ids, in_both)], right.columns[name][np.isin(right.row_ids, in_both)]
                )
                require(is_same, f"With {variant} the training rows' {name} depends on rows kept aside for the test.")


def _other_values(table: Table) -> Table:
    """Return the table with wild values in the rows kept aside: numbers far away, one word, later dates."""
    aside = ~table.training_mask
    changed = {}
    for name, values in table.columns.items():
        wild = values.copy()
        if values.dtype.kind == "f":
            is_yes_no = table.schema.column(name).type is ColumnType.BOOLEAN
            wild[aside] = 1.0 if is_yes_no else values[aside] * 1000 + 1
        elif values.dtype.kind == "M":
            wild[aside] = values[aside] + np.timedelta64(4000, "D")
        else:
            words = [word for word in values.tolist() if word is not None]
            wild[aside] = max(words) if words else None
        changed[name] = wild
    return with_columns(table, changed)


def _gaps_aside(table: Table) -> Table:
    """Return the table with nothing in the rows kept aside, the target apart."""
    aside = ~table.training_mask
    changed = {}
    for name, values in table.columns.items():
        if name != table.schema.target and table.schema.column(name).nullable:
            changed[name] = values.copy()
            changed[name][aside] = _missing_like(values[:1])[0]
    return with_columns(table, changed)


# What it says of serving


def check_serving(node: type[Node], tables: list[Table]) -> None:
    """Stateless: transforms are the same for other values. Fitted: it has transforms. Training only: it has none."""
    ever = False
    for table, variant in [(given, variant) for given in tables for variant in variants(node, given.schema)]:
        one, two = run(node, table, variant), run(node, _other_training(table), variant)
        for left, right in zip(tables_in(one), tables_in(two), strict=False):
            ever = ever or bool(left.transforms)
            if node.serve is Serving.STATELESS:
                is_same = [learned(transform) for transform in left.transforms] == [
                    learned(transform) for transform in right.transforms
                ]
                require(
                    is_same, f"It says it is stateless, and with {variant} its transforms depend on the rows: FITTED."
                )
            if node.serve is Serving.TRAINING_ONLY:
                require(
                    not left.transforms,
                    f"It says that it works in training only, and with {variant} it adds a transform.",
                )
    if node.serve is Serving.FITTED:
        require(ever, "It says it is fitted and never adds a transform: TRAINING_ONLY, or the endpoint leaves it out.")


def _other_training(table: Table) -> Table:
    """Return the table with other values of the same kinds in all rows."""
    changed = {}
    for name, values in table.columns.items():
        if values.dtype.kind == "f" and table.schema.column(name).type is not ColumnType.BOOLEAN:
            changed[name] = values * 3 + 1
        else:
            changed[name] = np.sort(values)[::-1].copy() if values.dtype.kind == "M" else _uneven(values)
    return with_columns(table, changed)


def _uneven(values: np.ndarray) -> np.ndarray:
    """Return the values with the first of them in most rows."""
    made = values.copy()
    made[: len(made) * 2 // 3] = made[0] if len(made) else None
    return made


# What it says of the columns before a run


def check_inference(node: type[Node], table: Table, variant: Variant, outputs: Mapping[str, Any]) -> None:
    """What infer says of columns holds for those that run gave."""
    inferred = infer(node, table.schema, variant)
    for port in node.output_ports():
        if isinstance(outputs[port.name], Table):
            require(port.name in inferred, f"infer says nothing of the output {port.name}: the canvas cannot check it.")
    for port_name, schema in inferred.items():
        made: Schema = outputs[port_name].schema
        require(json.loads(schema.model_dump_json()), "infer gives a schema that is no JSON.")
        if not schema.is_open:
            told, given = schema.names, made.names
            require(told == given, f"infer said the columns {told}, run gave {given}.")
        for column in schema.each():
            found = made.find(column.name)
            if found is not None:
                _check_inferred(column, found, outputs[port_name].columns[column.name])


def _check_inferred(told: Column, given: Column, values: np.ndarray) -> None:
    name = told.name
    for what in ("type", "role"):
        said, is_so = getattr(told, what), getattr(given, what)
        require(said == is_so, f"infer said that {name} has the {what} {said}, run gave {is_so}.")
    require(
        told.nullable or not given.nullable, f"infer said that {name} has no gaps, run gave a column that may have."
    )
    if told.categories is not None:
        allowed = set(told.categories)
        present = set(values[~is_missing(values)].tolist()) | set(given.categories or ())
        new = sorted(present - allowed)
        require(not new, f"infer said that {name} has the categories {told.categories}, run gave {new[:3]} too.")


def infer(node: type[Node], schema: Schema | None, variant: Variant) -> Mapping[str, Schema]:
    """Return what infer says.

    Raises:
        Broken: It raised, though run gave a result.
    """
    known = KnownSchemas({} if schema is None else {DATASET: schema})
    try:
        return node.infer({port.name: schema for port in node.input_ports()}, variant.params, known)
    except Exception as error:
        raise Broken(f"infer raised {type(error).__name__}: {error}, and run gives a result.") from error


def check_unknown_columns(node: type[Node], schema: Schema) -> None:
    """Nothing is inferred from nothing, and what came in open goes out open."""
    if not node.input_ports():
        return
    default = next(iter(variants(node, schema)))
    with located("Before the columns are known"):
        require(infer(node, None, default) == {}, "infer gives columns though those that come in are not known.")
    for made in infer(node, schema.model_copy(update={"is_open": True}), default).values():
        require(made.is_open, "infer forgets that more columns may come in: keep schema.is_open.")


def check_openness(node: type[Node], tables: list[Table]) -> None:
    """A schema that infer leaves open has columns that it did not name, at least on some table."""
    is_open = differs = False
    for table in tables:
        for variant in variants(node, table.schema):
            outputs = run(node, table, variant)
            if isinstance(outputs, NodeError):
                continue
            for port, schema in infer(node, table.schema, variant).items():
                is_open = is_open or schema.is_open
                differs = differs or (schema.is_open and schema.names != outputs[port].schema.names)
    require(
        differs or not is_open,
        "infer leaves the columns open though it names all that run gives: no later node can be checked on the canvas.",
    )


def check_good_table_is_taken(node: type[Node], table: Table) -> None:
    """A good table is not refused with the default parameters."""
    made = run(node, table, next(iter(variants(node, table.schema))))
    require(not isinstance(made, NodeError), f"It refuses a good table: {made}")
