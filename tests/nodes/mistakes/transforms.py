"""Mistakes of transforms: what an endpoint would load, what they say of values, how they compare."""

from __future__ import annotations

import numpy as np

from tasks.contract.schema import ColumnType
from tasks.contract.transform import transform
from tests.nodes.mistakes.centre import NUMBERS, Centre, Shifted


class AppliesWithPandas(Centre):
    """Subtracts with a large library that every endpoint would load."""

    @classmethod
    def transform(cls, by):
        return ShiftedByPandas(by)


@transform("test.shifted_by_pandas")
class ShiftedByPandas(Shifted):
    """Subtracts in a data frame."""

    def apply(self, columns):
        import pandas as pd

        return {**columns, **{name: (pd.Series(columns[name]) - by).to_numpy() for name, by in self.by.items()}}


class ComparesArraysAsOne(Centre):
    """Holds arrays and compares them as if they were numbers."""

    @classmethod
    def transform(cls, by):
        return ShiftedByPair({name: np.array([number, 0.0]) for name, number in by.items()})


@transform("test.shifted_by_pair")
class ShiftedByPair(Shifted):
    """Holds arrays, and compares them by itself."""

    def apply(self, columns):
        return {**columns, **{name: columns[name] - numbers.sum() for name, numbers in self.by.items()}}

    def __eq__(self, other):
        return isinstance(other, ShiftedByPair) and self.by == other.by

    __hash__ = None


class EqualsNothing(Centre):
    """Compares by identity."""

    @classmethod
    def transform(cls, by):
        return ShiftedAndAlone(by)


@transform("test.shifted_and_alone")
class ShiftedAndAlone(Shifted):
    """Equals itself only."""

    __eq__ = object.__eq__
    __hash__ = None


class DescribesASmallerRange(Centre):
    """Says that no value is above one."""

    @classmethod
    def transform(cls, by):
        return ShiftedBelowOne(by)


@transform("test.shifted_below_one")
class ShiftedBelowOne(Shifted):
    """Says that no value is above one."""

    def describe(self, schema):
        made = super().describe(schema)
        return made.adding(made.column(name).changed(maximum=1.0) for name in self.by)


class InfersASmallerRange(Centre):
    """Says before a run that no value is below zero."""

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: schema.adding(map(_positive, schema.features())) for port, schema in made.items()}


def _positive(column):
    return column.changed(minimum=0.0) if column.type in NUMBERS else column


class DropsColumnsInSilence(Centre):
    """Takes the dates out of a table and does not say so on the canvas."""

    @classmethod
    def transform(cls, by):
        return ShiftedWithoutDates(by)


@transform("test.shifted_without_dates")
class ShiftedWithoutDates(Shifted):
    """Subtracts and takes the dates out."""

    def apply(self, columns):
        return {name: values for name, values in super().apply(columns).items() if values.dtype.kind != "M"}

    def describe(self, schema):
        return super().describe(schema).where(lambda column: column.type is not ColumnType.DATE)


class DropsColumns(DropsColumnsInSilence):
    """Correct: takes the dates out of a table, and says so before a run."""

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: schema.where(lambda column: column.type is not ColumnType.DATE) for port, schema in made.items()}


class CannotTellOfNoNumbers(Centre):
    """Names the first column that was changed, and a table without numbers has none."""

    @staticmethod
    def headline(inputs, outputs):
        return f"from {next(iter(outputs.table.transforms[-1].by))} on"
