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
from tasks.inference.csv_records import BadTable
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
    return deployed_as(CASES / name, TARGETS[name], folder, {})


def deployed_as(path: Path, target: str, folder: Path, options: dict[str, object]) -> Deployed:
    """Return a model of a file that was read as a person says."""
    store = Store(folder)
    table = store.get(ingest(path, path.name, options, store)["address"])
    roles = Schema.of(
        column.changed(role=Role.TARGET if column.name == target else Role.FEATURE) for column in table.schema.each()
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


def lines(row, count: int = 60) -> str:
    return "".join(f"{row(number)}\n" for number in range(1, count + 1))


CHOSEN: dict[str, tuple[str, dict[str, object]]] = {
    "a caret between columns": ("a^b^y\n" + lines(lambda n: f"{n}^{n % 7}^{n * 2}"), {"delimiter": "^"}),
    "a tilde between columns": ("a~b~y\n" + lines(lambda n: f"x{n % 3}~{n % 7}~{n * 2}"), {"delimiter": "~"}),
    "a character nobody else takes": ("a!b!y\n" + lines(lambda n: f"{n}!{n % 7}!{n * 2}"), {"delimiter": "!"}),
    "blanks between columns": (
        "a b y\n" + lines(lambda n: f'"at home {n % 3}" {n % 7} {n * 2}'),
        {"delimiter": " "},
    ),
    "single quotes": (
        "a,b,y\n" + lines(lambda n: f"'in, {n % 3}',{n % 7},{n * 2}"),
        {"quote": "'"},
    ),
    "quotes that are characters": (
        "a,b,y\n" + lines(lambda n: f'"{n % 3},{n % 7},{n * 2}'),
        {"quote": "none"},
    ),
    "decimal commas and apostrophes": (
        "a;b;y\n" + lines(lambda n: f"{n}'234,5;{n % 7};{n * 2}"),
        {"decimal": ",", "thousands": "'"},
    ),
    "thousands by choice": (
        "a;b;y\n" + lines(lambda n: f"{n},234;{n % 7};{n * 2}"),
        {"thousands": ","},
    ),
    "commas as decimals by choice": (
        "a;b;y\n" + lines(lambda n: f"{n},234;{n % 7};{n * 2}"),
        {"decimal": ",", "thousands": "none"},
    ),
    "lines at both ends": (
        "Report\nfor, us, all\na,b,y\n" + lines(lambda n: f"{n},{n % 7},{n * 2}") + "sum,5,9\nSource: us\n",
        {"skip_rows": 2, "skip_rows_at_end": 2},
    ),
    "lines at both ends without a header": (
        "Report\nfor, us, all\n" + lines(lambda n: f"{n},{n % 7},{n * 2}") + "sum,5,9\nSource: us\n",
        {"skip_rows": 2, "skip_rows_at_end": 2, "header": "no"},
    ),
    "a number that means missing": (
        "a,b,y\n" + lines(lambda n: f"{-999 if n % 5 == 0 else n},{n % 7},{n * 2}"),
        {"missing": ["-999"]},
    ),
    "a word that is a value": (
        "a,b,y\n" + lines(lambda n: f"{('NA', 'EU', 'Asia')[n % 3]},{n % 7},{n * 2}"),
        {"kept": ["NA"]},
    ),
    "months first": (
        "a,b,y\n" + lines(lambda n: f"{n % 12 + 1}/{n % 11 + 1}/24,{n % 7},{n * 2}"),
        {"date_orders": {"a": "month"}},
    ),
    "years of two digits first": (
        "a,b,y\n" + lines(lambda n: f"24-{n % 12 + 1:02}-{n % 28 + 1:02},{n % 7},{n * 2}"),
        {},
    ),
    "years of two digits first by choice": (
        "a,b,y\n" + lines(lambda n: f"{n % 9 + 1:02}-{n % 11 + 1:02}-{n % 10 + 1:02},{n % 7},{n * 2}"),
        {"date_orders": {"a": "year"}},
    ),
    "dates of eight digits": (
        "a,b,y\n" + lines(lambda n: f"2024{n % 12 + 1:02}{n % 28 + 1:02},{n % 7},{n * 2}"),
        {"types": {"a": "date"}},
    ),
    "texts in formulas": (
        "a,b,y\n" + lines(lambda n: f'"=""0{n % 4}""",{n % 7},{n * 2}'),
        {},
    ),
    "amounts of accountants": (
        "a;b;y\n" + lines(lambda n: f" $ {('-', f'({n},234.50)', f'{n},234.50')[n % 3]} ;{n % 7};{n * 2}"),
        {},
    ),
    "debits and credits": (
        "a;b;y\n" + lines(lambda n: f"{n},234.50 {('Dr', 'Cr')[n % 2]};{n % 7};{n * 2}"),
        {"types": {"a": "number"}},
    ),
    "triangles and blanks that do not break": (
        "a;b;y\n" + lines(lambda n: f"{'△' if n % 3 else ''}{n},5\u00a0%;{n % 7};{n * 2}"),
        {},
    ),
    "types by choice": (
        "a,b,y\n" + lines(lambda n: f"{n % 4},{'?' if n % 9 == 0 else 'many' if n % 10 == 0 else n},{n * 2}"),
        {"types": {"a": "category", "b": "number"}},
    ),
    "blanks around categories": (
        "a,b,y\n" + lines(lambda n: f"{('Yes', 'Yes ', ' No')[n % 3]},{n % 7},{n * 2}"),
        {},
    ),
    "numbers but for a cell": (
        "a;b;y\n" + lines(lambda n: f"{'on request' if n == 9 else f'{n},25'};{n % 7};{n * 2}"),
        {"types": {"a": "number"}},
    ),
    "short rows filled up": (
        "a,b,c,y\n" + lines(lambda n: f"{n},{n % 7},{n % 3},{n * 2}", 40) + lines(lambda n: f"{n},5", 20),
        {"bad_rows": "pad"},
    ),
    "a delimiter outside ASCII": (
        "a§b§y\n" + lines(lambda n: f'{"2,5" if n % 2 else n}§"x§{n % 3}"§{n * 2}'),
        {},
    ),
    "totals kept": (
        "a,b,y\n" + lines(lambda n: f"x{n % 3},{n % 7},{n * 2}") + "Total,,\n",
        {"totals": "keep"},
    ),
}


def test_a_file_with_escaped_quotes_gets_the_answers_of_training(tmp_path):
    path = tmp_path / "escaped.csv"
    path.write_text("a,b,y\n" + lines(lambda n: f'{n},"say \\"x\\", {n % 3}",{n * 2}'))
    made = deployed_as(path, "y", tmp_path / "store", {})
    program = made.program
    assert program.reading.file.escape == "\\"
    columns = read_csv(path.read_bytes(), program.raw_schema, 100_000, program.reading).columns
    np.testing.assert_allclose(numbers(program.predict_columns(columns)), made.expected, rtol=0, atol=made.tolerance)


def test_a_category_with_blanks_around_it_is_the_one_without_for_answers_warnings_and_drift(tmp_path):
    text, options = CHOSEN["blanks around categories"]
    path = tmp_path / "blanks.csv"
    path.write_text(text)
    program = deployed_as(path, "y", tmp_path / "store", options).program
    bare, padded = ([{"a": word, "b": 3}] * 3 for word in ("Yes", "  Yes"))
    answer = program.predict_rows(padded)
    assert (answer.predictions, answer.warnings) == (program.predict_rows(bare).predictions, [])
    assert program.read(padded)["a"].tolist() == ["Yes"] * 3
    assert program.predict_columns({"a": ["Yes "], "b": [3]}).warnings == []


def test_a_line_with_a_byte_that_is_no_text_is_left_out_as_in_training(tmp_path):
    good = "a,b,y\n" + lines(lambda n: f"Zürich{n % 3},{n % 7},{n * 2}")
    path = tmp_path / "damaged.csv"
    path.write_bytes(good.encode() + b"Z\xfcrich,3,4\n")
    made = deployed_as(path, "y", tmp_path / "store", {})
    read = read_csv(path.read_bytes(), made.program.raw_schema, 100, made.program.reading)
    answered = numbers(made.program.predict_columns(read.columns))
    np.testing.assert_allclose(answered, made.expected, rtol=0, atol=made.tolerance)
    assert [warning.params for warning in read.warnings] == [{"count": 1, "line": 62}]


def test_a_line_with_a_byte_that_is_no_text_is_named_where_none_was_left_out_in_training(tmp_path):
    path = tmp_path / "good.csv"
    path.write_text("a,b,y\n" + lines(lambda n: f"Zürich{n % 3},{n % 7},{n * 2}"), encoding="utf-8")
    program = deployed_as(path, "y", tmp_path / "store", {}).program
    body = "a,b\nZürich1,1\n".encode() + b"Z\xfcrich1,3\n" + b"Zurich,4\n"
    for reading in (program.reading, None):
        with pytest.raises(RowProblems, match=r"rows\.1: .* line 3 of the body") as refused:
            read_csv(body, program.raw_schema, 100, reading)
        assert len(refused.value.problems) == 1
    with pytest.raises(BadTable, match="Line 1 of the body"):
        read_csv(b"\xfc,b\n1,2\n", program.raw_schema, 100, program.reading)
    with pytest.raises(BadTable, match="Line 2 of the body"):
        read_csv(b"a,b\n" + b"Z\xfcrich,4\n" * 10, program.raw_schema, 100, program.reading)


def test_a_file_with_totals_among_its_rows_gets_the_answers_of_training(tmp_path):
    group = lines(lambda n: f"x{n % 3},{n},{n * 2}", 20) + "Subtotal,210,420\n"
    path = tmp_path / "groups.csv"
    path.write_text("a,b,y\n" + group * 3)
    made = deployed_as(path, "y", tmp_path / "store", {})
    assert len(made.expected) == 60
    read = read_csv(path.read_bytes(), made.program.raw_schema, 100, made.program.reading)
    answered = numbers(made.program.predict_columns(read.columns))
    np.testing.assert_allclose(answered, made.expected, rtol=0, atol=made.tolerance)
    assert read.warnings


GROUPED = "Report\n\n,2023,,2024,\ncity,Q1,Q2,Q1,Q2\n" + lines(lambda n: f"x{n % 3},{n},{n % 7},{n % 5},{n * 2}")


def test_a_file_whose_names_stand_in_two_rows_gets_the_answers_of_training(tmp_path):
    path = tmp_path / "grouped.csv"
    path.write_text(GROUPED)
    made = deployed_as(path, "2024 Q2", tmp_path / "store", {})
    program = made.program
    one_row = GROUPED.replace(",2023,,2024,\ncity,Q1,Q2,Q1,Q2", "city,2023 Q1,2023 Q2,2024 Q1,2024 Q2")
    for body in (GROUPED, one_row, GROUPED.replace("Report\n\n", "")):
        columns = read_csv(body.encode(), program.raw_schema, 100_000, program.reading).columns
        answered = numbers(program.predict_columns(columns))
        np.testing.assert_allclose(answered, made.expected, rtol=0, atol=made.tolerance)


@pytest.mark.parametrize("name", CHOSEN)
def test_a_file_that_was_read_as_a_person_says_gets_the_answers_of_training(name, tmp_path):
    text, options = CHOSEN[name]
    path = tmp_path / "chosen.csv"
    path.write_text(text)
    has_header = options.get("header") != "no"
    made = deployed_as(path, "y" if has_header else "column_3", tmp_path / "store", options)
    program, file = made.program, made.program.reading.file
    columns = read_csv(text.encode(), program.raw_schema, 100_000, program.reading).columns
    answered = numbers(program.predict_columns(columns))
    np.testing.assert_allclose(answered, made.expected, rtol=0, atol=made.tolerance)
    inner = text.splitlines()[file.lines_above : -file.lines_below or None]
    rule = csv.QUOTE_MINIMAL if file.has_quotes else csv.QUOTE_NONE
    records = list(csv.reader(inner, delimiter=file.delimiter, quotechar=file.quote, quoting=rule))
    heading = records.pop(0) if has_header else ["column_1", "column_2", "column_3"]
    rows = [dict(zip(heading, [*record, *[""] * len(heading)], strict=False)) for record in records]
    np.testing.assert_allclose(numbers(program.predict_rows(rows)), made.expected, rtol=0, atol=made.tolerance)


def test_a_row_that_is_called_like_a_total_counts_where_no_total_stands(tmp_path):
    made = deployed("story/Umsätze_2022-2024.csv", tmp_path)
    heading, first, *_ = made.path.read_bytes().decode("windows-1252").splitlines()
    called = ";".join(["Summe", *first.split(";")[1:]])
    reading, schema = made.program.reading, made.program.raw_schema
    body = "\n".join([heading, called, first, first, first, called]).encode("windows-1252")
    read = read_csv(body, schema, 100, reading)
    assert [len(values) for values in read.columns.values()] == [4] * len(read.columns)
    assert read.warnings
