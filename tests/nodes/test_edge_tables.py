"""Odd tables go the whole way from raw rows to an endpoint that answers, or stop with a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.contract.errors import NodeError
from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.table import Table
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tests.contexts import ListContext
from tests.nodes.contract.broken import require_sentence
from tests.tables import table_of

ROWS = 120
NUMBERS = [float(n % 17) for n in range(ROWS)]
WORDS = ["north" if n % 3 else "south" for n in range(ROWS)]
YES_NO = [n % 2 for n in range(ROWS)]
PREPARED = (("split.split", {}), ("clean.impute", {}), ("features.dates", {}), ("features.encode", {}))
LEARNERS = {
    "model.linear": {},
    "model.forest": {"n_estimators": 10},
    "model.boosting": {"n_estimators": 20},
    "model.neural": {"epochs": 2},
}


def through(table: Table, *nodes: tuple[str, dict[str, object]]) -> object:
    """Return the first output of the last of the nodes, each fed by the one before."""
    made: object = table
    for name, params in nodes:
        node = node_class(name)
        made = next(
            iter(invoke(node, {node.input_ports()[0].name: made}, node.Params(**params), ListContext()).values())
        )
    return made


def deployed(table: Table, *nodes: tuple[str, dict[str, object]]) -> Program:
    packed = package(through(table, *nodes), "edge", ListContext())
    return Program.load(packed.program, packed.files)


def odd(kind: str, values: list[object], *, target: tuple[str, list[object]] = ("number", NUMBERS)) -> Table:
    return table_of({"plain": ("number", NUMBERS), "odd": (kind, values), "y": target}, target="y")


ODD_COLUMNS = {
    "numbers all missing": ("number", [None] * ROWS),
    "categories all missing": ("category", [None] * ROWS),
    "dates all missing": ("date", [None] * ROWS),
    "yes and no all missing": ("boolean", [None] * ROWS),
    "a constant number": ("number", [3.25] * ROWS),
    "a constant word": ("category", ["only"] * ROWS),
    "yes and no with gaps": ("boolean", [None if n % 5 == 0 else n % 2 for n in range(ROWS)]),
    "tiny numbers": ("number", [n * 1e-300 for n in range(ROWS)]),
    "a word from right to left": ("category", ["מזרח" if n % 2 else "غرب" for n in range(ROWS)]),
    "words that look like our own": ("category", [["(other)", "(missing)", "=", None][n % 4] for n in range(ROWS)]),
}


@pytest.mark.parametrize("node", LEARNERS)
@pytest.mark.parametrize("name", ODD_COLUMNS)
def test_odd_column_is_learned_from_and_answered(node, name):
    kind, values = ODD_COLUMNS[name]
    before = (*PREPARED, ("clean.outliers", {"method": "zscore", "times": 3.0}), ("features.scale", {}))
    program = deployed(odd(kind, values), *before, (node, LEARNERS[node]))
    for value in (None, values[0]):
        row = {"plain": 4.0, "odd": str(value) if kind == "date" and value else value}
        row["odd"] = bool(value) if kind == "boolean" and value is not None else row["odd"]
        answer = program.predict_rows([{key: v for key, v in row.items() if key in program.raw_schema.names}])
        assert np.isfinite(answer.predictions[0])


@pytest.mark.parametrize("method", ["onehot", "ordinal", "target"])
def test_word_that_training_never_had_is_answered(method):
    program = deployed(
        odd("category", WORDS), ("split.split", {}), ("features.encode", {"method": method}), ("model.linear", {})
    )
    known, new = program.predict_rows([{"plain": 1.0, "odd": word} for word in ("south", "nowhere")]).predictions
    assert np.isfinite([known, new]).all()


@pytest.mark.parametrize(
    ("target", "answers"),
    [
        (("boolean", YES_NO), {True, False}),
        (("integer", YES_NO), {0, 1}),
        (("category", ["لا" if n % 2 else "نعم" for n in range(ROWS)]), {"لا", "نعم"}),
    ],
)
def test_classes_come_back_as_they_stand_in_the_data(target, answers):
    program = deployed(
        odd("number", [float(n % 2) for n in range(ROWS)], target=target), PREPARED[0], ("model.forest", {})
    )
    made = program.predict_rows([{"plain": 1.0, "odd": value} for value in (0.0, 1.0)]).predictions
    assert set(made) == answers
    assert {type(one) for one in made} == {type(one) for one in answers}


def test_names_in_any_writing_go_all_the_way():
    names = ["مساحة", "חדרים", "价格 €", "🏠 size", "a=b", 'quo"ted', "new\nline", "with space"]
    columns = {name: ("category", WORDS) if at % 2 else ("number", NUMBERS) for at, name in enumerate(names)}
    table = table_of({**columns, "قيمة": ("number", NUMBERS)}, target="قيمة")
    program = deployed(table, *PREPARED, ("features.scale", {}), ("model.boosting", {"n_estimators": 20}))
    row = {name: "south" if at % 2 else 2.0 for at, name in enumerate(names)}
    asked = {name: value for name, value in row.items() if name in program.raw_schema.names}
    assert np.isfinite(program.predict_rows([asked]).predictions[0])


@pytest.mark.parametrize(
    ("comma", "written", "value"), [(False, "1,234.5", 1234.5), (True, "1.234,5", 1234.5), (False, "$1,200", 1200.0)]
)
def test_numbers_written_as_text_are_read_alike_in_training_and_by_the_endpoint(comma, written, value):
    words = [written if n % 2 else "7" for n in range(ROWS)]
    target = [value if n % 2 else 7.0 for n in range(ROWS)]
    retype = {"retype": [{"column": "odd", "type": "number", "decimal_comma": comma}]}
    table = odd("text", words, target=("number", target))
    program = deployed(table, ("clean.columns", retype), ("split.split", {}), ("model.linear", {"alpha": 0}))
    plain = {"plain": 3.0} if "plain" in program.raw_schema.names else {}
    made = program.predict_rows([{**plain, "odd": word} for word in (written, "7")]).predictions
    assert made == pytest.approx([value, 7.0], rel=1e-6)


def test_the_same_moment_in_another_time_zone_is_answered_alike():
    dates = [f"2024-03-{n % 28 + 1:02}T{n % 24:02}:00:00" for n in range(ROWS)]
    target = [float(n % 24) for n in range(ROWS)]
    table = odd("date", [np.datetime64(date) for date in dates], target=("number", target))
    parts = {"parts": ["hour"]}
    nodes = (("split.split", {}), ("features.dates", parts), ("model.linear", {"alpha": 0}))
    program = deployed(table, *nodes)
    moments = ["2024-03-10T09:30:00", "2024-03-10T09:30:00Z", "2024-03-10T11:30:00+02:00", "2024-03-10 04:30:00-05:00"]
    asked = [{"plain": 1.0, "odd": moment} for moment in moments]
    made = program.predict_rows(asked).predictions
    assert made == pytest.approx([9.0] * 4, abs=1e-3)


@pytest.mark.parametrize("node", ["model.linear", "model.boosting"])
def test_two_thousand_columns_go_all_the_way(node):
    random = np.random.default_rng(0)
    columns = {f"n{at}": ("number", random.normal(size=ROWS).tolist()) for at in range(1900)}
    columns |= {f"w{at}": ("category", random.choice(list("abc"), ROWS).tolist()) for at in range(100)}
    table = table_of({**columns, "y": ("number", NUMBERS)}, target="y")
    program = deployed(table, *PREPARED, ("features.scale", {}), (node, LEARNERS[node]))
    row = {name: 0.5 if name.startswith("n") else "a" for name in program.raw_schema.names}
    assert np.isfinite(program.predict_rows([row]).predictions[0])


REFUSED = {
    "one class": (odd("number", NUMBERS, target=("category", ["yes"] * ROWS)), (), "same “y”", "target"),
    "no rows": (odd("number", NUMBERS).filter(np.zeros(ROWS, dtype=bool)), (), "at least 2 training rows", ""),
    "one row": (odd("number", NUMBERS).filter(np.arange(1)), (), "at least 2 training rows", ""),
    "a target that is missing": (
        odd("number", NUMBERS, target=("number", [None] * ROWS)),
        (),
        "No row has a value of “y”",
        "target",
    ),
    "a target of dates": (odd("number", NUMBERS, target=("date", ["2024-01-01"] * ROWS)), (), "type date", "target"),
    "words not encoded": (odd("category", WORDS), (), "“odd” holds categories", ""),
    "gaps not filled": (odd("number", [None, *NUMBERS[1:]]), (), "missing in “odd”", ""),
    "no rows left": (
        odd("number", NUMBERS),
        (("clean.outliers", {"action": "drop", "method": "zscore", "times": 1e-9}),),
        "training rows",
        "",
    ),
    "no column left": (odd("number", NUMBERS), (("clean.columns", {"keep": ["y"]}),), "no column of numbers", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_learned_from_is_refused_in_a_sentence(name):
    table, before, says, param = REFUSED[name]
    with pytest.raises(NodeError, match=says) as caught:
        through(table, *before, ("model.linear", {}))
    require_sentence(caught.value.message, "The refusal")
    assert caught.value.param == param


@pytest.mark.parametrize("role", ["id", "time", "group", "weight", "ignore"])
def test_columns_that_are_no_features_are_left_alone_by_every_node(role):
    """They are neither filled, scaled, clipped, encoded nor learned from unless a person names them."""
    columns = {
        "plain": ("number", NUMBERS),
        "aside": ("number", [float(n) for n in range(ROWS)]),
        "y": ("number", NUMBERS),
    }
    table = table_of(columns, target="y", roles={"aside": role})
    made = through(table, *PREPARED, ("clean.outliers", {"times": 0.1}), ("features.scale", {}))
    assert made.columns["aside"].tolist() == table.columns["aside"].tolist()
    assert through(made, ("model.linear", {})).features == ("plain",)
