"""The transform that writes short and long words for one value alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tasks.contract.schema import Column, Schema
from tasks.contract.transform import Columns as Arrays
from tasks.contract.transform import Transform, transform
from tasks.graph.merged_words import bare
from tasks.nodes.clean._values import convert_each


@transform("clean.merge_words")
class MergedWords(Transform):
    """Writes the short and long words for a value in one way; spaces and capitals make no difference for that.

    ``words``: column to the words in small letters and what each becomes.
    """

    words: Mapping[str, Mapping[str, str]]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the columns with such words."""
        return tuple(self.words)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Return the columns with such words."""
        return tuple(self.words)

    def apply(self, columns: Arrays) -> dict[str, np.ndarray]:
        """Return the columns with one word for each value."""
        made = dict(columns)
        for name, words in self.words.items():
            made[name] = convert_each(columns[name], lambda word, words=words: words.get(bare(word), word), object)
        return made

    @property
    def supports_single_row(self) -> bool:
        """Return true: a word is changed alone."""
        return True

    def apply_row(self, row: dict[str, Any]) -> None:
        """Change the words of one row."""
        for name, words in self.words.items():
            row[name] = None if row[name] is None else words.get(bare(row[name]), row[name])

    def null_propagation(self) -> Mapping[str, frozenset[str]]:
        """Return each column for itself."""
        return {name: frozenset({name}) for name in self.words}

    def describe(self, schema: Schema) -> Schema:
        """Return the schema with fewer categories."""
        return schema.adding(self._described(column) for column in schema.each() if column.name in self.words)

    def restrict(self, wanted: frozenset[str]) -> Transform | None:
        """Return the transform for the wanted columns only."""
        kept = {name: words for name, words in self.words.items() if name in wanted}
        return MergedWords(kept) if kept else None

    def _described(self, column: Column) -> Column:
        if column.categories is None:
            return column
        words = self.words[column.name]
        return column.changed(categories=tuple(sorted({words.get(bare(word), word) for word in column.categories})))
