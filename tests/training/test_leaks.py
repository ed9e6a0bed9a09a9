"""What is found in a table before and after a training: leaks of the target, and splits that let rows through."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.artifacts.store import Store
from tasks.contract.invoke import invoke
from tasks.contract.model import Task
from tasks.contract.registry import node_class
from tasks.engine.target_leaks import find_target_leaks, leaks_of_sample
from tasks.training import leaks
from tasks.training.repeated_groups import repeated_groups
from tasks.verdict.judge import deploy_warnings
from tests.contexts import ListContext
from tests.tables import table_of

RANDOM = np.random.default_rng(3)
ROWS = 400


def run(name, table, **params):
    node = node_class(name)
    return invoke(node, {"table": table}, node.Params(**params), ListContext())


def learned(columns, target, roles=None, **split):
    table = run("split.split", table_of(columns, target=target, roles=roles), **split)["table"]
    return run("model.forest", table, n_estimators=20)["model"]


def codes_of(model) -> set[str]:
    return {caveat.code for caveat in model.verdict.caveats}


def spending():
    income, age = RANDOM.normal(50, 10, ROWS), RANDOM.normal(40, 9, ROWS)
    return {
        "income": ("number", income.tolist()),
        "age": ("number", age.tolist()),
        "spending": ("number", (income + age + RANDOM.normal(0, 20, ROWS)).tolist()),
    }


def test_columns_of_a_stored_table_are_looked_at_before_anything_is_drawn():
    columns = spending()
    target = np.asarray(columns["spending"][1])
    columns |= {
        "total": ("number", target.tolist()),
        "log": ("number", np.log(target + 1000).tolist()),
        "rounded": ("number", np.round(target, 0).tolist()),
        "spending_last_year": ("number", (target + RANDOM.normal(0, 12, ROWS)).tolist()),
        "row": ("integer", list(range(ROWS))),
    }
    table = table_of(columns)
    found = leaks_of_sample(table.sample, table.raw_schema, "spending")
    assert {name: caveat.code for name, caveat in found.items()} == {
        "total": "leak_equal",
        "log": "leak_ordered",
        "rounded": "leak_ordered",
        "spending_last_year": "made_of_target",
        "row": "counts_rows",
    }
    assert found["log"].message == "“log” says the same as “spending”."  # as the page of the data says of it
    assert found["rounded"].message == "“rounded” puts the rows in the order of “spending”."


def test_a_stored_table_is_asked_by_its_digest(tmp_path, monkeypatch):
    monkeypatch.setenv("LEPTON_ARTIFACT_KEY", "0" * 32)
    store, columns = Store(str(tmp_path)), spending()
    stored = store.put(table_of({**columns, "total": columns["spending"]}))
    answer = find_target_leaks({"digest": stored.digest, "target": "spending"}, store)
    assert answer.pop("groups") == []
    assert answer == {
        "leaks": [
            {
                "column": "total",
                "code": "leak_equal",
                "message": "“total” says the same as “spending”.",
                "message_id": "verdict.leak_equal",
                "message_params": {"column": "total", "target": "spending"},
            }
        ]
    }


@pytest.mark.parametrize("target", ["nothing", "when", "note"])
def test_what_cannot_be_predicted_has_no_leaks(target):
    columns = {
        **spending(),
        "when": ("date", [np.datetime64("2024-01-01") + row for row in range(ROWS)]),
        "note": ("text", [f"text {row}" for row in range(ROWS)]),
    }
    table = table_of(columns)
    assert leaks_of_sample(table.sample, table.raw_schema, target) == {}


def test_a_column_that_is_only_called_like_the_target_is_none():
    columns = {**spending(), "spending_goal": ("number", RANDOM.normal(size=ROWS).tolist())}
    table = table_of(columns)
    assert leaks_of_sample(table.sample, table.raw_schema, "spending") == {}


def test_the_search_ends_by_cells_and_says_how_far_it_came(monkeypatch):
    monkeypatch.setattr(leaks, "MOST_CELLS", 2 * ROWS)
    columns = spending()
    wide = {"spending": columns.pop("spending"), **columns}
    wide["copy"] = wide["spending"]
    table = table_of(wide, target="spending")
    truth = table.columns["spending"]
    found = leaks.find_leaks(table, ["income", "age", "copy"], truth, Task.REGRESSION, "spending")
    assert [caveat.code for caveat in found] == ["leaks_partly_searched"]
    assert found[0].message == (
        "Whether a column gives the answer away was looked for in the first 2 of 3 columns only."
    )
    monkeypatch.setattr(leaks, "MOST_CELLS", 3 * ROWS)
    found = leaks.find_leaks(table, ["income", "age", "copy"], truth, Task.REGRESSION, "spending")
    assert [caveat.code for caveat in found] == ["leak_equal"]


def customers(**more):
    groups = np.repeat(np.arange(80), 5)
    return {**spending(), "customer_id": ("integer", RANDOM.permutation(groups).tolist()), **more}


def test_the_same_customer_on_both_sides_of_a_split_is_a_caveat_even_where_the_id_is_no_feature():
    model = learned(customers(), "spending", roles={"customer_id": "id"})
    caveat = next(one for one in model.verdict.caveats if one.code == "groups_across_split")
    assert "“customer_id”" in caveat.message
    assert "groups_across_split" in [one.code for one in deploy_warnings(model.verdict.to_json())]
    by_customer = learned(customers(), "spending", roles={"customer_id": "id"}, method="group", by="customer_id")
    assert "groups_across_split" not in codes_of(by_customer)


def test_ids_of_single_rows_and_columns_of_other_names_are_no_groups():
    single = customers(customer_id=("integer", RANDOM.permutation(ROWS).tolist()))
    assert "groups_across_split" not in codes_of(learned(single, "spending", roles={"customer_id": "id"}))
    columns = customers()
    columns["floor"] = columns.pop("customer_id")
    assert "groups_across_split" not in codes_of(learned(columns, "spending"))


def clients(noise=0.01, answer=lambda clients: RANDOM.integers(0, 2, clients)):
    """Return 100 clients with 5 rows each, which differ by noise only, in any order."""
    order = RANDOM.permutation(np.repeat(np.arange(100), 5))
    own = {name: RANDOM.normal(size=100)[order] + RANDOM.normal(0, noise, 500) for name in "abc"}
    said = answer(100)[order]
    return {
        "cust": ("category", [f"c{client}" for client in order]),
        **{name: ("number", values.tolist()) for name, values in own.items()},
        "label": ("category", [str(value) for value in said]) if said.dtype.kind == "i" else ("number", said.tolist()),
    }


@pytest.mark.parametrize("kind", ["category", "text", "integer"])
def test_rows_that_are_nearly_copies_within_a_value_are_a_group_by_any_name(kind):
    columns = clients()
    words = columns["cust"][1]
    columns["cust"] = (kind, [int(word[1:]) for word in words] if kind == "integer" else words)
    table = table_of(columns)
    assert list(repeated_groups(table.columns, table.raw_schema, "label")) == ["cust"]
    amounts = table_of(clients(answer=lambda clients: RANDOM.normal(size=clients)))
    assert list(repeated_groups(amounts.columns, amounts.raw_schema, "label")) == ["cust"]


def test_a_group_that_only_its_rows_show_makes_a_good_score_unproven():
    columns = clients()
    columns["cust"] = ("text", columns["cust"][1])
    model = learned(columns, "label")
    caveat = next(one for one in model.verdict.caveats if one.code == "groups_across_split")
    assert (caveat.message.params["column"], model.verdict.state) == ("cust", "unproven")
    assert "groups_across_split" in [one.code for one in deploy_warnings(model.verdict.to_json())]
    assert "groups_across_split" not in codes_of(learned(columns, "label", method="group", by="cust"))


@pytest.mark.parametrize(
    "columns",
    [
        clients(noise=2.0),  # rows of one value are no copies
        {
            **clients(),
            "label": ("category", RANDOM.choice(["no", "yes"], 500).tolist()),
        },  # no answer in common
        {name: (kind, values[:50] * 10) for name, (kind, values) in clients().items()},  # exact copies only
    ],
)
def test_values_that_come_again_with_other_rows_are_no_groups(columns):
    table = table_of(columns)
    assert list(repeated_groups(table.columns, table.raw_schema, "label")) == []


def repaired(words, failed):
    said = [words[row % len(words)] for row in range(ROWS)]
    dates = [np.datetime64("2024-01-01") + row if said[row] in failed else np.datetime64("NaT") for row in range(ROWS)]
    return {**spending(), "repair": ("date", dates), "state": ("category", said)}


@pytest.mark.parametrize(
    ("words", "failed"),
    [(["Y", "y", "Yes", "N", "n", "No", "N"], {"Y", "y", "Yes"}), (["good", "slow", "broken"], {"broken"})],
)
def test_a_column_that_is_filled_for_one_class_only_gives_it_away(words, failed):
    table = table_of(repaired(words, failed))
    found = leaks_of_sample(table.sample, table.raw_schema, "state")
    assert {name: caveat.code for name, caveat in found.items()} == {"repair": "leak_alone"}


def test_a_text_that_reached_a_model_is_said_to_be_unused():
    columns = {**spending(), "note": ("text", [f"note number {row}" for row in range(ROWS)])}
    assert "text_unused" in codes_of(learned(columns, "spending"))
    ignored = learned(columns, "spending", roles={"note": "ignore"})
    assert "text_unused" not in codes_of(ignored)


def test_a_node_that_learned_before_the_split_is_named():
    scaled = run("features.scale", table_of(spending(), target="spending"))["table"]
    model = run("model.forest", run("split.split", scaled)["table"], n_estimators=20)["model"]
    caveat = next(one for one in model.verdict.caveats if one.code == "fit_before_split")
    assert caveat.message == (
        "Scale numbers stands before the split and learned from the judged rows too. Move it behind the split."
    )
    split = run("split.split", table_of(spending(), target="spending"))["table"]
    behind = run("model.forest", run("features.scale", split)["table"], n_estimators=20)["model"]
    assert "fit_before_split" not in codes_of(behind)
