"""The file that trained a model is accepted by its endpoint, as a file and row by row, with the answers of training."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke
from tasks.contract.model import Model
from tasks.contract.registry import node_class
from tasks.contract.schema import Role, Schema
from tasks.contract.table import Table
from tasks.inference.csv_rows import read_csv
from tasks.inference.packaging import package
from tasks.inference.program import Program
from tasks.inference.rows import RowProblems
from tasks.inference.server.protocols.openapi_models import Spelled, row_model
from tasks.ingest.ingest import ingest
from tests.contexts import ListContext

CASES = Path(__file__).parents[1] / "cases"
TARGETS = {
    "intake/footnote.csv": "a",
    "intake/gb18030.csv": "price",
    "intake/money.csv": "price",
    "intake/na_is_a_code.csv": "pop",
    "intake/one_bad_row_of_many.csv": "a",
    "intake/percent.csv": "share",
    "intake/sales_us.csv": "price",
    "story/Umsätze_2022-2024.csv": "Umsatz",
    "story/telecom churn (export 3).csv": "Churn?",
    "story/tickets.csv": "category",
}
PREPARATION = ("split.split", "features.dates", "clean.impute", "features.encode")
ROWS = 200


@pytest.fixture(autouse=True)
def signing_key(monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "a key of the tests")


def run(node: str, table: Table):
    cls = node_class(node)
    return next(iter(invoke(cls, {"table": table}, cls.Params(), ListContext()).values()))


@dataclass(frozen=True)
class Deployed:
    """What a file was trained to and what training gave for each of its rows."""

    path: Path
    program: Program
    expected: np.ndarray
    tolerance: float


def deployed(name: str, folder: Path) -> Deployed:
    path, store = CASES / name, Store(folder)
    table = store.get(ingest(path, path.name, {}, store)["address"])
    roles = Schema.of(
        column.changed(role=Role.TARGET if column.name == TARGETS[name] else Role.FEATURE)
        for column in table.schema.each()
    )
    table = replace(table, schema=roles, raw_schema=roles)
    for node in PREPARATION:
        table = run(node, table)
    model: Model = store.get(store.put(run("model.linear", table)).digest)
    made = package(model, "own", ListContext())
    program = Program.load(json.loads(json.dumps(made.program, allow_nan=False)), made.files)
    expected = model.estimator.predict(table.matrix(model.features))
    return Deployed(path, program, expected, 1e-6 * max(1.0, float(np.abs(expected).max())))


def numbers(answer) -> np.ndarray:
    if answer.probabilities is None:
        return np.asarray(answer.predictions)
    return np.asarray([list(shares.values()) for shares in answer.probabilities])


@pytest.mark.parametrize("name", TARGETS)
def test_the_training_file_gets_the_answers_of_training(name, tmp_path):
    made = deployed(name, tmp_path)
    program, content = made.program, made.path.read_bytes()
    assert program.reading is not None
    columns = read_csv(content, program.raw_schema, 100_000, program.reading).columns
    answered = numbers(program.predict_columns(columns))
    np.testing.assert_allclose(answered, made.expected, rtol=0, atol=made.tolerance)


@pytest.mark.parametrize("name", TARGETS)
def test_so_do_its_rows_as_the_file_spells_them(name, tmp_path):
    made = deployed(name, tmp_path)
    file = made.program.reading.file
    text = made.path.read_bytes().decode("utf-8-sig" if file.encoding == "utf-8" else file.encoding)
    heading, *records = csv.reader(io.StringIO(text), delimiter=file.delimiter)
    rows = [dict(zip(heading, record, strict=True)) for record in records if len(record) == len(heading)]
    rows = [row for row in rows if list(row.values()) != heading][: min(ROWS, len(made.expected))]
    together = numbers(made.program.predict_rows(rows))
    np.testing.assert_allclose(together, made.expected[: len(rows)], rtol=0, atol=made.tolerance)
    for row, expected in zip(rows[:20], made.expected, strict=False):
        np.testing.assert_allclose(numbers(made.program.predict_rows([row]))[0], expected, rtol=0, atol=made.tolerance)


def test_a_text_that_the_column_does_not_spell_is_refused_with_its_place(tmp_path):
    program = deployed("story/Umsätze_2022-2024.csv", tmp_path).program
    row = {**program.example, "Einzelpreis (€)": "12.5"}  # a point is a mark of thousands there
    with pytest.raises(RowProblems, match=r"rows\.0\.Einzelpreis"):
        program.predict_rows([row])


@cache
def german() -> list[tuple[str, float]]:
    return [("1.234,50", 1234.5), ("1234,5", 1234.5), ("-3,25", -3.25), ("1.234", 1234.0)]


def test_texts_are_read_as_the_file_spells_numbers(tmp_path):
    program = deployed("story/Umsätze_2022-2024.csv", tmp_path).program
    for text, value in german():
        read = [program.read([{**program.example, "Einzelpreis (€)": one}]) for one in (text, value)]
        assert read[0]["Einzelpreis (€)"][0] == read[1]["Einzelpreis (€)"][0] == value


@pytest.mark.parametrize("word", ["", "NA", " n/a ", "null"])
def test_what_was_missing_in_the_file_is_missing_at_the_endpoint(word, tmp_path):
    program = deployed("story/telecom churn (export 3).csv", tmp_path).program
    row = {**program.example, "Gender": word, "Total Charges": word}
    read = program.read([row])
    assert read["Gender"][0] is None
    assert np.isnan(read["Total Charges"][0])
    answer, without = (
        program.predict_rows([row]),
        program.predict_rows([{**row, "Gender": None, "Total Charges": None}]),
    )
    assert answer.predictions == without.predictions
    assert answer.warnings == []


def test_what_the_document_says_of_texts_holds(tmp_path):
    program = deployed("story/Umsätze_2022-2024.csv", tmp_path).program
    spelled = Spelled(program.reading, program.manifest["spelling"])
    described = row_model(program.raw_schema, spelled).model_json_schema()["properties"]
    assert described["Datum"]["x-spelling"].count(".") == 2
    price = described["Einzelpreis (€)"]
    pattern = next(one["pattern"] for one in price["anyOf"] if "pattern" in one)
    assert re.search(pattern, price["x-spelling"])
    for text in ("1.234,5", "0,25", "7", "-1.234.567"):
        assert re.search(pattern, text)
        assert program.predict_rows([{**program.example, "Einzelpreis (€)": text}]).predictions
    for text in ("12.5", "1,234.5", "x"):
        assert not re.search(pattern, text)
