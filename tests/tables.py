"""Tables for tests: one of every type, and the poor ones that every node must survive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tasks.contract.schema import Column, ColumnType, Role, Schema
from tasks.contract.table import Table, as_array, is_missing


def table_of(
    columns: Mapping[str, tuple[str, list[Any]]], *, target: str = "", roles: Mapping[str, str] | None = None
) -> Table:
    """Return a raw table: name to (type, values), ``None`` where missing."""
    given = {target: "target", **(roles or {})} if target else dict(roles or {})
    arrays, described = {}, []
    for name, (kind, values) in columns.items():
        arrays[name] = as_array(values, ColumnType(kind))
        described.append(_described(name, ColumnType(kind), arrays[name], Role(given.get(name, "feature"))))
    return read_only(Table.from_source(arrays, Schema.of(described)))


def read_only(table: Table) -> Table:
    """Return the table with arrays that cannot be written to, as they come out of the store."""
    for values in (*table.columns.values(), *table.sample.columns.values()):
        values.flags.writeable = False
    return table


def mixed(rows: int = 120, *, target: str = "price", seed: int = 0) -> Table:
    """Return a table with every type, gaps, and a target that can be learned: ``price`` or ``bought``."""
    random = np.random.default_rng(seed)
    area = random.uniform(20, 200, rows).round(1)
    rooms = random.integers(1, 7, rows)
    city = random.choice(["Oslo", "Bergen", "Tromsø"], rows)
    garden = random.random(rows) < 0.4
    built = np.datetime64("1950-01-01") + random.integers(0, 25_000, rows)
    price = area * 3 + rooms * 10 + (city == "Oslo") * 80 + random.normal(0, 5, rows)
    columns = {
        "area": ("number", _gappy(area.tolist(), 0.1, random)),
        "rooms": ("integer", _gappy(rooms.tolist(), 0.1, random)),
        "city": ("category", _gappy(city.tolist(), 0.1, random)),
        "garden": ("boolean", garden.tolist()),
        "built": ("date", _gappy(built.tolist(), 0.1, random)),
        "price": ("number", price.round(2).tolist()),
        "bought": ("category", np.where(price > np.median(price) if rows else [], "yes", "no").tolist()),
    }
    del columns["bought" if target == "price" else "price"]
    return table_of(columns, target=target)


def ready(rows: int = 120, *, target: str = "price", seed: int = 0) -> Table:
    """Return a table that a model can learn from as it is: numbers only, no gaps."""
    random = np.random.default_rng(seed)
    first, second = random.normal(size=rows), random.normal(size=rows)
    price = 3 * first - 2 * second + random.normal(0, 0.1, rows)
    columns = {
        "first": ("number", first.tolist()),
        "second": ("number", second.tolist()),
        "price": ("number", price.tolist()),
        "bought": ("category", np.where(price > 0, "yes", "no").tolist()),
    }
    del columns["bought" if target == "price" else "price"]
    return table_of(columns, target=target)


def _one_row() -> Table:
    return table_of(
        {"area": ("number", [1.0]), "city": ("category", ["Oslo"]), "price": ("number", [2.0])}, target="price"
    )


def _only_missing() -> Table:
    return table_of(
        {
            "area": ("number", [None] * 30),
            "city": ("category", [None] * 30),
            "built": ("date", [None] * 30),
            "note": ("text", [None] * 30),
            "price": ("number", [float(n) for n in range(30)]),
        },
        target="price",
    )


def _target_missing() -> Table:
    return table_of(
        {"area": ("number", [float(n) for n in range(30)]), "price": ("number", [None] * 30)}, target="price"
    )


def _constant_target() -> Table:
    return table_of(
        {"area": ("number", [float(n) for n in range(30)]), "bought": ("category", ["yes"] * 30)}, target="bought"
    )


def _constant_columns() -> Table:
    columns = {"area": ("number", [3.25] * 30), "city": ("category", ["Oslo"] * 30), "garden": ("boolean", [1] * 30)}
    return table_of({**columns, "price": ("number", [float(n) for n in range(30)])}, target="price")


def _only_text() -> Table:
    words = [f"word {n} of many" for n in range(40)]
    return table_of({"note": ("text", words), "price": ("number", [float(n) for n in range(40)])}, target="price")


def _names_that_collide() -> Table:
    """Names that look like those nodes make, and odd ones; a second column of the same name is renamed on reading."""
    rows = range(30)
    columns = {
        "city": ("category", [["a", "b", None][n % 3] for n in rows]),
        "city=a": ("boolean", [n % 2 for n in rows]),
        "area": ("number", [None if n % 7 == 0 else float(n) for n in rows]),
        "area_was_missing": ("text", [f"x{n}" for n in rows]),
        "area_2": ("number", [float(n) for n in rows]),
        "__row__": ("integer", list(rows)),
        "": ("number", [float(n % 4) for n in rows]),
        "prix, “net” \n": ("number", [float(n) for n in rows]),
    }
    return table_of(columns, target="prix, “net” \n")


def _infinite() -> Table:
    values = [float(n) for n in range(30)]
    wild = [float("inf"), float("-inf"), 1e308, -1e308, *values[4:]]
    return table_of(
        {"area": ("number", wild), "rooms": ("number", values), "price": ("number", values)}, target="price"
    )


def _many_categories() -> Table:
    rows = range(300)
    columns = {
        "code": ("category", [f"c{n}" for n in rows]),
        "once": ("category", ["rare" if n == 299 else "usual" for n in rows]),
        "bought": ("category", ["yes" if n % 3 else "no" for n in rows]),
    }
    return table_of(columns, target="bought")


def _one_class_once() -> Table:
    rows = range(40)
    columns = {
        "area": ("number", [float(n % 9) for n in rows]),
        "bought": ("category", ["maybe" if n == 0 else "yes" if n % 3 else "no" for n in rows]),
    }
    return table_of(columns, target="bought")


def _no_target() -> Table:
    return table_of({"area": ("number", [1.0, 2.0, None, 4.0]), "city": ("category", ["a", "b", "a", None])})


POOR: Mapping[str, Callable[[], Table]] = {
    "no rows": lambda: mixed(0),
    "no columns": lambda: Table.from_source({}, Schema()),
    "one row": _one_row,
    "two rows": lambda: mixed(2),
    "only missing values": _only_missing,
    "a target without values": _target_missing,
    "a constant target": _constant_target,
    "constant columns": _constant_columns,
    "only text": _only_text,
    "names that collide": _names_that_collide,
    "infinite values": _infinite,
    "many categories": _many_categories,
    "a class that is there once": _one_class_once,
    "no target": _no_target,
}
"""Name of a poor table to what makes it."""

GOOD: Mapping[str, Callable[[], Table]] = {
    "every type, a number to predict": mixed,
    "every type, a class to predict": lambda: mixed(target="bought"),
    "numbers, a number to predict": ready,
    "numbers, a class to predict": lambda: ready(target="bought"),
}
"""Name of a good table to what makes it."""


def _gappy(values: list[Any], share: float, random: np.random.Generator) -> list[Any]:
    return [None if random.random() < share else value for value in values]


def _described(name: str, kind: ColumnType, values: np.ndarray, role: Role) -> Column:
    missing = is_missing(values)
    facts: dict[str, Any] = {"nullable": bool(missing.any())}
    if kind.is_numeric and np.isfinite(values).any():
        finite = values[np.isfinite(values)]
        facts |= {"minimum": float(finite.min()), "maximum": float(finite.max())}
    if kind is ColumnType.CATEGORY:
        facts["categories"] = tuple(sorted(set(values[~missing].tolist())))
    return Column(name=name, type=kind, role=role, **facts)
