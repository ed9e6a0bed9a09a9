"""What the data say against a drawn graph, and how it is mended."""

from __future__ import annotations

import pytest

from apps.datasets.selectors import ReadyDataset
from apps.graphs import data_problems as module
from tasks.graph.document import Document
from tasks.graph.messages import Message, message_json
from tests.factories import column, drawn

COLUMNS = [
    column("size"),
    column("tax"),
    column("day", "date"),
    column("customer_id", "integer"),
    column("price", role="target"),
]
CARDS = [
    {"name": "day", "type": "date", "role": "feature", "distinct": 90, "missing": 0},
    {"name": "customer_id", "type": "integer", "role": "feature", "distinct": 50, "missing": 0},
]
LEAK = {"code": "leak_ordered", **message_json(Message("verdict.leak_ordered", "“{column}” leaks.", column="tax"))}


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(module, "target_leaks", lambda digest, target: {"tax": LEAK})  # noqa: ARG005
    groups = []
    monkeypatch.setattr(module, "repeated_groups", lambda digest, target: groups)  # noqa: ARG005

    def find(*, split=None, cards=CARDS, warnings=(), columns=COLUMNS, nodes="", ignore=(), repeated=()):
        groups[:] = repeated
        document = drawn(f"file=source.file split=split.split {nodes}", "file.table>split.table")
        document["nodes"][0]["params"] = {"dataset": "d", "target": "price", "ignore": list(ignore)}
        document["nodes"][1]["params"] = split or {}
        profile = {"columns": cards, "warnings": list(warnings)}
        dataset = ReadyDataset("d", "houses", "0" * 64, "c0ffee", 300, {"columns": columns}, profile)
        schemas = {name: {"table": {"columns": columns}} for name in ("file", "split")}
        return list(module.data_problems(Document.model_validate(document), {"d": dataset}, schemas))

    return find


def test_a_leak_is_named_at_the_source_with_the_way_out(found):
    leak = found(split={"method": "time", "by": "day"}, ignore=["customer_id"])[0]
    assert (leak["node"], leak["severity"]) == ("file", "warning")
    assert leak["message"] == "“tax” leaks. Leave it out unless it is known before the answer is."
    assert leak["message_params"]["leak"]["message_id"] == "verdict.leak_ordered"
    assert leak["fix"] == {"kind": "set_params", "type": "source.file", "params": {"ignore": ["customer_id", "tax"]}}


def test_a_leak_that_no_model_sees_is_none(found):
    ignored = [*COLUMNS[:1], {**COLUMNS[1], "role": "ignore"}, *COLUMNS[2:]]
    assert found(split={"method": "time", "by": "day"}, columns=ignored) == []


def test_dates_and_customers_under_a_random_split_are_warned_of_with_another_split(found):
    by_id = {problem["message_id"]: problem for problem in found()}
    dated, grouped = by_id["graph.date_under_random_split"], by_id["graph.groups_under_random_split"]
    assert dated["fix"]["params"] == {"method": "time", "by": "day"}
    assert grouped["fix"]["params"] == {"method": "group", "by": "customer_id"}
    assert {dated["node"], grouped["node"]} == {"split"}
    assert [problem["node"] for problem in found(split={"method": "group", "by": "customer_id"})] == ["file"]


def test_a_marked_column_makes_the_automatic_split_go_by_it(found):
    marked = [{**one, "role": "time"} if one["name"] == "day" else one for one in COLUMNS]
    assert [problem["node"] for problem in found(columns=marked)] == ["file"]


def test_dates_with_gaps_are_warned_of_without_a_split_that_would_be_refused(found):
    gaps = [{**CARDS[0], "missing": 3}]
    (dated,) = [problem for problem in found(cards=gaps) if problem["node"] == "split"]
    assert dated["fix"] is None


def test_few_dates_and_customers_with_one_row_each_are_nothing_to_warn_of(found):
    cards = [{**CARDS[0], "distinct": 5}, {**CARDS[1], "distinct": 299}]
    assert [problem["node"] for problem in found(cards=cards)] == ["file"]


def test_duplicates_before_a_split_are_dropped_with_one_button(found):
    warning = {"code": "duplicates", "message_params": {"count": 6}}
    problem = found(cards=[], warnings=[warning])[-1]
    assert problem["fix"] == {"kind": "insert_before", "type": "clean.deduplicate", "params": {}}
    few = {"code": "duplicates", "message_params": {"count": 2}}
    assert [one["node"] for one in found(cards=[], warnings=[few])] == ["file"]


def test_rows_that_are_copies_within_a_value_are_a_group_whatever_it_is_called(found):
    cards = [{"name": "size", "type": "category", "role": "feature", "distinct": 60, "missing": 0}]
    assert [one["node"] for one in found(cards=cards)] == ["file"]
    problem = found(cards=cards, repeated=["size"])[-1]
    assert problem["message_id"] == "graph.groups_under_random_split"
    assert problem["fix"]["params"] == {"method": "group", "by": "size"}


@pytest.mark.parametrize("split", [{"method": "time", "by": "day"}, {"method": "group", "by": "customer_id"}])
def test_copies_that_no_split_parts_are_not_warned_of(found, split):
    warning = {"code": "duplicates", "message_params": {"count": 60}}
    assert "graph.duplicates_before_split" not in {one["message_id"] for one in found(warnings=[warning], split=split)}


def test_rows_of_few_different_values_are_alike_by_chance(found):
    warning = {"code": "duplicates", "message_params": {"count": 60}}
    sides = [{"value": side, "count": 150} for side in ("left", "right")]
    cards = [
        {"name": name, "type": "category", "role": "feature", "distinct": 2, "missing": 0, "top": sides}
        for name in "abcdef"
    ]
    assert [one["node"] for one in found(cards=cards, warnings=[warning])] == ["file"]
