"""Counting the words of texts."""

from __future__ import annotations

import math

import pytest

from tasks.contract.invoke import invoke
from tasks.contract.registry import node_class
from tasks.contract.transform import prune, transform_from_json, transform_to_json
from tasks.nodes.features.text.node import words_of
from tests.contexts import ListContext
from tests.tables import table_of

Text = node_class("features.text")
MESSAGES = ["Parcel late, parcel lost", "refund late", None, "Refund!"]


def counted(texts=MESSAGES, **params):
    table = table_of({"message": ("text", list(texts))})
    return invoke(Text, {"table": table}, Text.Params(**{"min_df": 1, **params}), ListContext())["table"]


def test_each_word_has_a_column_and_a_missing_text_has_none():
    made = counted(weighting="count")
    assert made.schema.names == ("message: late", "message: lost", "message: parcel", "message: refund")
    assert made.columns["message: parcel"].tolist() == [1 + math.log(2), 0, 0, 0]
    assert made.columns["message: refund"].tolist() == [0, 1, 0, 1]


def test_rare_words_weigh_more_and_long_texts_as_much_as_short_ones():
    made = counted()
    assert made.columns["message: refund"][1] == pytest.approx(made.columns["message: late"][1])
    assert made.columns["message: lost"][0] > made.columns["message: late"][0]
    lengths = sum(made.columns[name] ** 2 for name in made.schema.names)
    assert lengths.tolist() == pytest.approx([1, 1, 0, 1])


def test_words_of_too_few_rows_and_beyond_the_limit_have_no_column():
    assert counted(min_df=2).schema.names == ("message: late", "message: refund")
    texts = ["the red cat", "the red dog", "the cow", "the blue cat", "the blue dog", "the pig"]
    kept = counted(texts, min_df=2, max_features=2).schema.names
    assert "message: the" not in kept  # every row has it


def test_a_part_of_the_words_keeps_the_length_of_all():
    learned = counted().transforms[-1]
    columns = table_of({"message": ("text", MESSAGES)}).columns
    (part,), needed = prune([learned], ["message: late"])
    assert needed == {"message"}
    assert part.outputs == ("message: late",)
    assert part.apply(columns)["message: late"].tolist() == learned.apply(columns)["message: late"].tolist()
    again = transform_from_json(transform_to_json(part))
    row = {"message": "late parcel"}
    again.apply_row(row)
    assert row["message: late"] > 0


def test_words_are_found_in_any_script():
    assert words_of("Größe_2, ÜBER-all!") == ["grösse", "2", "über", "all"]
    assert words_of("退款太慢 VIP") == ["退款", "款太", "太慢", "vip"]
    assert words_of("好") == ["好"]
    assert words_of(None) == []
