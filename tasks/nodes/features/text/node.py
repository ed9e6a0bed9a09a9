"""Features: count the words of texts."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from tasks.contract.context import Known, RunContext
from tasks.contract.fields import Params, columns, setting
from tasks.contract.node import Estimate, Node, Serving
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.table import Table
from tasks.contract.transform import Columns, Transform, transform
from tasks.graph.messages import Message
from tasks.nodes.column_selection import WORDS, chosen, refuse_existing_columns

MOST_CHARACTERS = 20_000
"""So much of a text is read; what comes later in it counts no word."""

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_IDEOGRAPHS}]+|[^\\W_{_IDEOGRAPHS}]+")


def words_of(text: str | None) -> list[str]:
    """Return the words of a text in small letters, in order.

    Chinese and Japanese are written without spaces, so there each pair of neighbouring characters counts as a word.
    """
    found: list[str] = []
    for run in _WORD.findall(unicodedata.normalize("NFKC", (text or "")[:MOST_CHARACTERS]).casefold()):
        if "\u3040" <= run[0] <= "\u30ff" or "\u3400" <= run[0] <= "\u9fff" or "\uf900" <= run[0] <= "\ufaff":
            found.extend(run[at : at + 2] for at in range(max(1, len(run) - 1)))
        else:
            found.append(run)
    return found


@transform("features.word_counts")
class WordCounts(Transform):
    """Makes a number column per word of a text.

    ``weights``: text column to its words with the weight of each; the number is one plus the logarithm of how often a
    word occurs, times its weight, and 0 where it does not. ``normed``: divide by the length of the vector of all words
    of the text that are known. ``wanted``: the columns to make; all when ``None``.
    """

    weights: Mapping[str, Mapping[str, float]]
    normed: bool = True
    wanted: tuple[str, ...] | None = None

    @cached_property
    def _made(self) -> Mapping[str, Mapping[str, str]]:
        """Text column to word to the column made of it."""
        named = {name: {word: word_column(name, word) for word in weights} for name, weights in self.weights.items()}
        if self.wanted is None:
            return named
        wanted = frozenset(self.wanted)
        return {name: {word: made for word, made in words.items() if made in wanted} for name, words in named.items()}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the columns of texts."""
        return tuple(self.weights)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the columns of words."""
        return tuple(made for words in self._made.values() for made in words.values())

    @property
    def imputes(self) -> tuple[str, ...]:
        """Return the columns of texts: a missing text has no word."""
        return tuple(self.weights)

    def apply(self, columns: Columns) -> dict[str, np.ndarray]:
        """Return the columns with numbers in place of texts."""
        made = {name: values for name, values in columns.items() if name not in self.weights}
        for name, words in self._made.items():
            values = columns[name]
            block = {column: np.zeros(len(values)) for column in words.values()}
            for row, text in enumerate(values):
                for word, number in self._numbers(name, text).items():
                    if word in words:
                        block[words[word]][row] = number
            made.update(block)
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: words are looked up."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Count the words of one row."""
        for name, words in self._made.items():
            numbers = self._numbers(name, row.pop(name))
            row.update({column: numbers.get(word, 0.0) for word, column in words.items()})

    def _numbers(self, name: str, text: str | None) -> dict[str, float]:
        """Return the number of each known word that occurs in a text."""
        weights = self.weights[name]
        counted = Counter(word for word in words_of(text) if word in weights)
        numbers = {word: (1.0 + math.log(count)) * weights[word] for word, count in counted.items()}
        if not self.normed or not numbers:
            return numbers
        length = math.sqrt(math.fsum(number * number for number in numbers.values()))
        return {word: number / length for word, number in numbers.items()}

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return nothing for each column: a missing text has no word."""
        return dict.fromkeys(self.outputs, frozenset())

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with numbers in place of texts."""
        return schema.without(self.weights).adding(
            Column(name=name, type=ColumnType.NUMBER, nullable=False) for name in self.outputs
        )

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the texts that have a wanted word; all their words count for the length."""
        kept = {name: self.weights[name] for name, words in self._made.items() if not wanted.isdisjoint(words.values())}
        names = tuple(name for name in self.outputs if name in wanted)
        return WordCounts(kept, self.normed, names) if kept else None


class TextParams(Params):
    """Which texts become how many columns."""

    columns: tuple[str, ...] = columns(
        "table",
        types=sorted(WORDS),
        title="Columns",
        description="Texts whose words to count. None chosen: every text that is a feature.",
    )
    max_features: int = setting(
        300,
        ge=1,
        le=5000,
        title="Maximum words",
        unit="words",
        description="So many words of each text get a column: those that tell rows apart best by how many have them.",
    )
    min_df: int = setting(
        3,
        ge=1,
        le=1_000_000,
        title="Rarest word",
        unit="rows",
        description="A word needs to occur in so many training rows, or a model learns single texts by heart.",
    )
    weighting: Literal["tfidf", "count"] = setting(
        "tfidf",
        title="Weighting",
        description=(
            "TF-IDF: rare words count more, and long texts as much as short ones. Count: only how often a word occurs."
        ),
        advanced=True,
    )


class Text(Node):
    """Counts the words of texts, so that models can learn from them.

    Which words there are is learned from the training rows only. A word that was never seen counts nothing, so the
    endpoint answers for any text.
    """

    title = "Words of texts"
    icon = "text-recognition"
    keywords = ("text", "words", "tf-idf", "bag of words", "vectorise", "language", "message")
    serve = Serving.FITTED

    @dataclass(frozen=True)
    class Inputs:
        """The table with texts."""

        table: Table

    Params = TextParams

    @dataclass(frozen=True)
    class Outputs:
        """The table with a number per word."""

        table: Table

    @staticmethod
    def run(inputs: Inputs, params: TextParams, context: RunContext) -> Outputs:
        """Return the table with the words of its texts counted."""
        table = inputs.table
        picked = _picked(table.schema, params)
        weights = {column.name: _weights(table.training(column.name), params) for column in picked}
        learned = WordCounts(weights, normed=params.weighting == "tfidf")
        refuse_existing_columns(table.schema.without(weights), learned.outputs)
        return Text.Outputs(table.apply(learned) if weights else table)

    @staticmethod
    def infer(schemas: Mapping[str, Schema | None], params: TextParams, known: Known) -> Mapping[str, Schema]:
        """Return the columns without the texts; which words come is only known when they are counted."""
        schema = schemas["table"]
        if schema is None:
            return {}
        picked = _picked(schema, params)
        left = schema.without(column.name for column in picked)
        return {"table": left.model_copy(update={"is_open": schema.is_open or bool(picked)})}

    @staticmethod
    def headline(inputs: Inputs, outputs: Outputs) -> str:
        """Return how many words have a column."""
        learned = outputs.table.transforms[-1] if outputs.table.transforms else None
        made = len(learned.outputs) if isinstance(learned, WordCounts) else 0
        return Message("text.result", "{count:,} words counted", one="1 word counted", count=made)

    @staticmethod
    def estimate(rows: int, columns: int, params: TextParams) -> Estimate:
        """Return the cost of counting the words of one text per row."""
        return Estimate(seconds=0.01 + rows * 2e-5, memory_bytes=rows * (params.max_features + columns) * 8)


def word_column(column: str, word: str) -> str:
    """Return the name of the column of a word."""
    return f"{column}: {word}"


def _picked(schema: Schema, params: TextParams) -> tuple[Column, ...]:
    if params.columns:
        return chosen(schema, params.columns, types=WORDS)
    return chosen(schema, (), types={ColumnType.TEXT})


def _weights(texts: np.ndarray, params: TextParams) -> dict[str, float]:
    """Return the words that get a column, in order of their names, with the weight of each.

    A word that nearly every row has says as little as one that hardly any has: words are ranked by how many rows have
    them times how surprising that is.
    """
    rows_with: Counter[str] = Counter()
    for text in texts:
        rows_with.update(set(words_of(text)))
    surprise = {word: math.log((1 + len(texts)) / (1 + count)) for word, count in rows_with.items()}
    often = [word for word, count in rows_with.items() if count >= params.min_df]
    ranked = sorted(often, key=lambda word: (-rows_with[word] * surprise[word], word))[: params.max_features]
    is_weighted = params.weighting == "tfidf"
    return {word: 1.0 + surprise[word] if is_weighted else 1.0 for word in sorted(ranked)}
