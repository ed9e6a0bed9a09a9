"""A column before it is predicted: what is guessed of it, what is refused, and that the graph holds what was chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.common.errors import ApplicationError
from apps.datasets.profile_fixes import with_nodes
from apps.graphs.auto_graph import predict_column
from apps.graphs.prediction_target import GUESSED, PredictionChoice, describe_target
from tasks.artifacts.store import Store
from tasks.ingest.ingest import ingest
from tests.factories import column, make_dataset

FEATURE = column("tenure")


def profile_of(counts, *, kind="category", distinct=None, warnings=(), missing=0):
    """Return columns and profile of a table that has a target ``left`` with these values."""
    rows = sum(counts.values()) + missing
    numbers = [value for value in counts if isinstance(value, int | float)]
    card = {
        "name": "left",
        "type": kind,
        "missing": missing,
        "distinct": len(counts) if distinct is None else distinct,
        "minimum": min(numbers, default=None),
        "maximum": max(numbers, default=None),
        "top": [{"value": value, "count": count} for value, count in counts.items()][:10],
        "warnings": [{"code": code} for code in warnings],
    }
    return {"columns": [FEATURE, column("left", kind)], "profile": {"rows": rows, "columns": [card]}}


def described(counts, choice=GUESSED, **more):
    return describe_target(**profile_of(counts, **more), target="left", choice=choice)


def drawn(counts, choice=GUESSED, **more):
    return predict_column(dataset_id="d", **profile_of(counts, **more), target="left", choice=choice)


def test_spellings_of_one_class_are_merged_by_a_step_of_the_graph():
    counts = {"No": 700, "Yes": 150, "yes": 60, "YES": 30, " yes": 20}
    found = described(counts, warnings=["spelling"])
    assert (found.classes, found.positive) == ({"no": 700, "yes": 260}, "yes")
    assert found.spellings == ("Yes", "yes", "YES", " yes")
    document = drawn(counts, warnings=["spelling"])
    assert document.node("columns").params == {"tidy": ["left"]}
    assert document.ancestors("split") == {"source", "columns"}
    assert document.node("model").params["positive"] == "yes"


def test_short_words_of_one_class_are_merged_too_and_it_is_said_which():
    counts = {"N": 400, "No": 200, "n": 100, "Y": 150, "Yes": 60, "y": 30}
    found = described(counts)
    assert (found.classes, found.positive) == ({"no": 700, "yes": 240}, "yes")
    note = next(note for note in found.notes if note.id == "predict.short_words")
    assert note.params["words"].shown == ["N = No", "Y = Yes", "n = No", "y = Yes"]
    assert drawn(counts).node("columns").params == {"tidy": ["left"], "merge": ["left"]}
    apart = described(counts, PredictionChoice(merges_spellings=False))
    assert len(apart.classes) == 6


def test_spellings_are_left_apart_where_that_is_chosen_and_it_is_said():
    counts = {"No": 700, "Yes": 150, "yes": 60}
    choice = PredictionChoice(merges_spellings=False)
    found = described(counts, choice)
    assert (len(found.classes), found.positive) == (3, "")
    assert [note.id for note in found.notes] == ["predict.spellings_apart"]
    assert "columns" not in {node.id for node in drawn(counts, choice).nodes}


def test_more_spellings_than_the_profile_counts_are_merged_too():
    counts = {f"class {at}": 50 for at in range(10)}
    assert drawn(counts, distinct=14, warnings=["spelling"]).node("columns").params == {"tidy": ["left"]}


@pytest.mark.parametrize(
    ("counts", "kind", "positive"),
    [
        ({"stayed": 800, "churned": 700}, "category", "churned"),
        ({1: 900, 0: 500}, "boolean", "true"),
        ({0: 900, 1: 500}, "integer", "1"),
        ({1: 900, 2: 300}, "integer", "2"),
        ({"blue": 300, "red": 900}, "category", "blue"),
    ],
)
def test_the_positive_class_stands_in_the_graph(counts, kind, positive):
    assert described(counts, kind=kind).positive == positive
    assert drawn(counts, kind=kind).node("model").params["positive"] == positive


def test_another_positive_class_and_task_can_be_chosen():
    assert drawn({"no": 9, "yes": 9}, PredictionChoice(positive="no")).node("model").params["positive"] == "no"
    params = drawn({1: 90, 2: 90}, PredictionChoice(task="regression"), kind="integer").node("model").params
    assert params == {"task": "regression"}
    with pytest.raises(ApplicationError, match="cannot be the positive class") as refused:
        described({"no": 9, "yes": 9}, PredictionChoice(positive="ja"))
    assert refused.value.problems[0]["at"] == "positive"
    with pytest.raises(ApplicationError, match="holds words") as refused:
        described({"no": 9, "yes": 9}, PredictionChoice(task="regression"))
    assert refused.value.problems[0]["at"] == "task"


@pytest.mark.parametrize("values", [[1, 2], [-1, 1], [1, 2, 3, 4], list(range(10))])
def test_few_whole_numbers_are_classes_with_the_reason(values):
    found = described(dict.fromkeys(values, 50), kind="integer")
    assert (found.task, found.has_tasks) == ("classification", True)
    assert found.notes[0] == (
        f"{len(values)} different whole numbers from {values[0]} to {values[-1]}: treated as classes."
    )
    assert drawn(dict.fromkeys(values, 50), kind="integer").node("model").params["task"] == "classification"


def test_many_whole_numbers_are_numbers():
    found = described(dict.fromkeys(range(40), 5), kind="integer")
    assert (found.task, found.has_tasks, found.classes) == ("regression", True, {})


def test_a_rare_class_has_its_threshold_chosen_and_that_is_said():
    document = drawn({"no": 940, "yes": 60})
    assert document.node("model").params == {"positive": "yes", "threshold_choice": "best_f1"}
    (note,) = described({"no": 940, "yes": 60}).notes
    assert note.startswith("6 of 100 rows are “yes”.")
    assert "threshold_choice" not in drawn({"no": 600, "yes": 400}).node("model").params


@pytest.mark.parametrize(
    ("counts", "more", "words"),
    [
        ({"yes": 90}, {}, "is “yes” in every row"),
        ({"Yes": 90, "yes": 9}, {}, "is “yes” in every row"),
        ({}, {"missing": 90}, "has no values"),
        ({3: 90}, {"kind": "number"}, "is “3” in every row"),
        ({"no": 90, "yes": 1}, {}, "Only 1 row of “left” is “yes”"),
        ({f"c{at}": 2 for at in range(300)}, {}, "at most 200 classes"),
    ],
)
def test_what_would_fail_for_certain_is_refused_before_a_graph_is_drawn(counts, more, words):
    with pytest.raises(ApplicationError, match=words) as refused:
        drawn(counts, **more)
    assert (refused.value.status, refused.value.problems[0]["at"]) == (422, "target")


def test_the_page_asks_before_it_draws(as_alice, workspace):
    given = profile_of({"No": 70, "Yes": 15, "yes": 6}, warnings=["spelling"])
    dataset = make_dataset(workspace, columns=given["columns"], profile=given["profile"])
    asked = {"dataset": str(dataset.pk), "column": "left"}
    answer = as_alice.get("/api/v1/targets/", asked).json()
    assert answer["classes"] == [{"name": "no", "rows": 70}, {"name": "yes", "rows": 21}]
    assert (answer["task"], answer["positive"], answer["has_spellings"]) == ("classification", "yes", True)
    apart = as_alice.get("/api/v1/targets/", {**asked, "merges_spellings": "false"}).json()
    assert len(apart["classes"]) == 3
    refused = as_alice.get("/api/v1/targets/", {**asked, "column": "none"})
    assert (refused.status_code, refused.json()["problems"][0]["at"]) == (422, "target")
    body = {"name": "g", "dataset": str(dataset.pk), "target": "left", "positive": "no"}
    made = as_alice.post("/api/v1/graphs/", body, format="json").json()
    nodes = {node["id"]: node["params"] for node in made["draft"]["document"]["nodes"]}
    assert nodes["columns"] == {"tidy": ["left"]}
    assert nodes["model"]["positive"] == "no"


def test_the_churn_file_ends_with_two_classes(tmp_path):
    name = "telecom churn (export 3).csv"
    path = Path(__file__).parents[2] / "cases/story" / name
    made = ingest(path, name, {}, Store(tmp_path))
    found = describe_target(columns=made["schema"]["columns"], profile=made["profile"], target="Churn?")
    assert (set(found.classes), found.positive) == ({"no", "yes"}, "yes")
    document = predict_column(
        dataset_id="d", columns=made["schema"]["columns"], profile=made["profile"], target="Churn?"
    )
    assert "Churn?" in document.node("columns").params["tidy"]
    assert document.node("source").params["ignore"] == ["customerID"]


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({1: 60, 2: 40}, "integer"),
        ({0: 3, 1: 4}, "integer"),
        ({5: 3, 6: 4}, "integer"),
        (dict.fromkeys(range(40), 9), "integer"),
        ({0.5: 60, 1.5: 40}, "number"),
        ({"no": 60, "yes": 40}, "category"),
        ({0: 60, 1: 40}, "boolean"),
    ],
)
def test_the_list_of_columns_says_what_predicting_one_would_be(counts, kind):
    given = profile_of(counts, kind=kind)
    (card,) = with_nodes(given["profile"])["columns"]
    assert card["task"] == describe_target(**given, target="left").task


def test_dates_and_texts_are_no_task_but_numbers_with_slips_are():
    cards = [
        {"name": "day", "type": "date", "minimum": "2024-01-01", "maximum": "2024-02-01", "warnings": []},
        {"name": "note", "type": "text", "warnings": []},
        {"name": "amount", "type": "text", "warnings": [{"code": "almost_numeric", "fix": None}]},
    ]
    assert [card["task"] for card in with_nodes({"rows": 9, "columns": cards})["columns"]] == ["", "", "regression"]
