"""What is said of columns that are left out, changed or hardly of use when another is predicted."""

from __future__ import annotations

import pytest

from apps.graphs.column_uses import column_uses
from tasks.graph.messages import Message, message_json
from tests.factories import HOUSES, column, make_dataset

USES = "/api/v1/graphs/column-uses/"


def card(name, code, message_id="", **params):
    return {
        "name": name,
        "distinct": 900,
        "warnings": [{"code": code, "message_id": message_id, "message_params": params}],
    }


def said(kind, code, message_id="", **params):
    profile = {"columns": [card("it", code, message_id, **params)]} if code else {}
    uses = column_uses([column("it", kind), column("price")], profile, "price")
    return [(str(option.use), str(option.message)) for use in uses for option in use.options]


def test_columns_that_are_simply_used_are_not_named():
    assert column_uses(HOUSES, {"columns": [card("size", "missing")]}, "price") == ()


def test_the_target_is_not_named():
    assert column_uses([column("price", "text"), column("size")], {}, "price") == ()


@pytest.mark.parametrize(
    ("kind", "warning", "expected"),
    [
        ("number", ("constant",), [("left_out", "“it” has the same value in every row: left out.")]),
        ("number", ("constant", "profile.empty"), [("left_out", "“it” has no values: left out.")]),
        (
            "integer",
            ("id_like",),
            [
                ("left_out", "“it” looks like an identifier, different in every row: left out."),
                ("feature", "“it” is used as it is."),
            ],
        ),
        (
            "text",
            (None,),
            [
                ("words", "“it” is text: the model learns from its words."),
                ("left_out", "“it” is text: its words are not used."),
            ],
        ),
    ],
)
def test_each_has_a_sentence_and_what_else_may_be_done(kind, warning, expected):
    assert said(kind, *warning) == expected


def test_numbers_with_gaps_many_values_and_nearly_empty_columns_have_their_counts():
    assert said("text", "almost_numeric", "profile.almost_numbers", count=3)[0] == (
        "number",
        "“it” looks like numbers: read as numbers. 3 values that are none become missing.",
    )
    assert [use for use, _ in said("category", "almost_numeric")] == ["feature", "number"]
    assert said("category", "high_cardinality")[0] == (
        "feature",
        "“it” has 900 different values: the 50 most frequent count one by one, all others as one.",
    )
    assert said("number", "missing_many", percent=97)[0] == ("left_out", "“it” is empty in 97 % of the rows: left out.")
    assert said("number", "missing_many", percent=60) == []
    assert [use for use, _ in said("category", "almost_date")] == ["left_out", "date", "date_month_first"]


def test_uses_are_asked_of_a_data_set(as_bob, workspace, elsewhere):
    dataset = make_dataset(workspace, columns=[*HOUSES, column("notes", "text")])
    body = as_bob.post(USES, {"dataset": str(dataset.pk), "target": "price"}).json()
    assert [(use["column"], [option["use"] for option in use["options"]]) for use in body["columns"]] == [
        ("notes", ["words", "left_out"])
    ]
    assert not body["is_searched"]  # its table is not in the store
    assert body["columns"][0]["options"][0]["message_id"] == "use.words"
    foreign = make_dataset(elsewhere)
    assert as_bob.post(USES, {"dataset": str(foreign.pk), "target": "price"}).status_code == 404
    assert as_bob.post(USES, {"dataset": "x"}).status_code == 400


def test_a_column_that_nearly_gives_the_target_away_says_what_leaving_it_in_means():
    alone = Message("verdict.leak_alone", "“{column}” alone nearly gives “{target}”.", column="cost", target="failed")
    leaks = {"cost": {"code": "leak_alone", **message_json(alone)}}
    (use,) = column_uses([column("cost"), column("failed")], {}, "failed", leaks)
    assert [(str(option.use), str(option.message)) for option in use.options] == [
        (
            "feature",
            "“cost” alone nearly gives “failed”. Left in: the score will be too good if “cost” is only known after "
            "the answer is.",
        ),
        ("left_out", "“cost” is left out."),
    ]
