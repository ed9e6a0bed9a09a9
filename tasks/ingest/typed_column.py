"""A column of texts by its different texts, and one whose type is decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.contract.reading import ColumnReading
from tasks.contract.schema import ColumnType


@dataclass(frozen=True, eq=False)
class DictionaryColumn:
    """A dictionary-encoded column. ``codes``: position in ``distinct`` of each row, -1 where missing."""

    name: str
    distinct: list[str]
    codes: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, name: str, words: Any) -> DictionaryColumn:
        """Return the different words of an Arrow string array."""
        encoded = words.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
        distinct = encoded.dictionary.to_pylist()
        counts = np.bincount(codes + 1, minlength=len(distinct) + 1)[1:]
        return cls(name, distinct, codes, counts)

    def given(self, missing: frozenset[str]) -> list[str | None]:
        """Return the different words, ``None`` where one is among ``missing``."""
        return [None if word.strip() in missing else word for word in self.distinct]

    def counted(self, missing: frozenset[str]) -> dict[str, int]:
        """Return how often each word occurs that is not among ``missing``."""
        pairs = zip(self.distinct, self.counts.tolist(), strict=True)
        return {word: count for word, count in pairs if word.strip() not in missing}

    def values_of_rows(self, values: np.ndarray, missing: Any) -> np.ndarray:
        """Return one value per row from one per different word."""
        spread: np.ndarray = np.append(values, np.asarray([missing], dtype=values.dtype))[self.codes]
        return spread

    def texts_of_rows(
        self, missing: frozenset[str], rows: np.ndarray | None = None, *, strips: bool = False
    ) -> np.ndarray:
        """Return the text of each row or of some, ``None`` where missing or among ``missing``.

        Args:
            missing: Texts that mean “no value”, without blanks at their ends.
            rows: Positions of rows; all without.
            strips: Blanks at the ends of texts go.
        """
        kept = np.empty(len(self.distinct) + 1, dtype=object)
        if strips:
            kept[:-1] = [None if word in missing else word for word in map(str.strip, self.distinct)]
        else:
            kept[:-1] = [None if word.strip() in missing else word for word in self.distinct]
        kept[-1] = None
        return np.asarray(kept[self.codes if rows is None else self.codes[rows]])


@dataclass(frozen=True, eq=False)
class TypedColumn:
    """A column whose type is decided.

    Attributes:
        type: Its type.
        values: Its values, shape (rows,), held as the type says.
        reading: How it spells them; ``None`` where they came with types of their own.
        words: Its texts, where they say more than the values do.
    """

    type: ColumnType
    values: np.ndarray
    reading: ColumnReading | None = None
    words: DictionaryColumn | None = None
