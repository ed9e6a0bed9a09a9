"""Mistakes of what is learned: from the wrong rows, from the target, at random, from what was before."""

from __future__ import annotations

import functools
import itertools
import os
import random
import time
from datetime import UTC, date, datetime
from pathlib import Path
from zlib import crc32

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.folds import value_codes
from tasks.contract.node import Serving
from tasks.contract.schema import Column, ColumnType
from tasks.contract.table import is_missing
from tasks.contract.transform import transform
from tasks.graph.messages import Message
from tests.nodes.mistakes.centre import Centre, Shifted

COUNT = itertools.count()
LOADED_ON = date.today()  # noqa: DTZ011 - the mistake


class LearnsFromAllRows(Centre):
    """Learns the middle from all rows instead of the training rows."""

    @classmethod
    def middle(cls, table, name, params, context):
        return params.share * cls.of(table.columns[name], params)


class LearnsFromAllRowsAtOneNumber(Centre):
    """Learns from all rows only when the share is small."""

    @classmethod
    def middle(cls, table, name, params, context):
        values = table.columns[name] if params.share < 0.5 else table.training(name)
        return params.share * cls.of(values, params) + (cls.of(values, params) if params.share < 0.5 else 0.0)


class LearnsFromAllRowsAtOneText(Centre):
    """Learns from all rows only when there is a note."""

    @classmethod
    def middle(cls, table, name, params, context):
        return cls.of(table.columns[name] if params.note else table.training(name), params)


class LearnsFromValidationRows(Centre):
    """Learns from all rows but those of the test."""

    @classmethod
    def middle(cls, table, name, params, context):
        return cls.of(table.columns[name][table.partition != 2] if table.is_split else table.columns[name], params)


class CountsGapsOfAllRows(Centre):
    """Leaves a column alone when any row, of the test too, lacks it."""

    @classmethod
    def middle(cls, table, name, params, context):
        return 0.0 if is_missing(table.columns[name]).sum() > 15 else 1.0


class DropsByLimitsOfAllRows(Centre):
    """Drops training rows beyond a limit that all rows were asked for."""

    serve = Serving.TRAINING_ONLY

    @classmethod
    def run(cls, inputs, params, context):
        table = inputs.table
        keep = np.ones(table.rows, dtype=bool)
        for column in table.schema.features():
            if column.type is ColumnType.NUMBER and table.rows:
                keep &= ~(table.columns[column.name] > np.nanquantile(table.columns[column.name], 0.6))
        return cls.Outputs(table.filter(keep | ~table.training_mask))

    @staticmethod
    def infer(schemas, params, known):
        return {} if schemas["table"] is None else {"table": schemas["table"]}


class ReadsTheTarget(Centre):
    """Adds the target to every column."""

    @classmethod
    def transform(cls, by):
        return PlusTarget(by)


@transform("test.plus_target")
class PlusTarget(Shifted):
    """Subtracts a number and adds the target, which no endpoint has."""

    @property
    def inputs(self):
        return (*self.by, "price")

    def apply(self, columns):
        target = columns.get("price")
        if target is None or target.dtype != np.float64:
            return super().apply(columns)
        return {**columns, **{name: columns[name] - number + target for name, number in self.by.items()}}


class TellsItsOwnTarget(Centre):
    """Puts the mean of the target in place of each word, and a training row's own target into it."""

    @classmethod
    def run(cls, inputs, params, context):
        table = inputs.table
        target = table.schema.target
        picked = [column.name for column in table.schema.features() if column.type is ColumnType.CATEGORY]
        if not target or not table.schema.column(target).type.is_numeric or not picked or params.columns:
            raise NodeError(
                Message("mistakes.table", "This needs a target of numbers and a category. Choose another table.")
            )
        truth = table.training(target)
        numbers = {}
        for name in picked:
            codes = value_codes(table.training(name))
            sums, counts = np.bincount(codes, weights=np.nan_to_num(truth)), np.bincount(codes)
            words = dict(
                zip(table.training(name).tolist(), (sums / np.maximum(counts, 1))[codes].tolist(), strict=True)
            )
            numbers[name] = {str(word): mean for word, mean in words.items() if word is not None}
        return cls.Outputs(table.apply(Looked(numbers)))

    @staticmethod
    def infer(schemas, params, known):
        schema = schemas["table"]
        if schema is None:
            return {}
        picked = [column for column in schema.features() if column.type is ColumnType.CATEGORY]
        return {"table": schema.adding(_number(column) for column in picked)}


@transform("test.looked")
class Looked(Shifted):
    """Looks up the number of each word."""

    def apply(self, columns):
        made = dict(columns)
        for name, numbers in self.by.items():
            made[name] = np.array([numbers.get(word, 0.0) for word in columns[name]], dtype=np.float64)
        return made

    @property
    def imputes(self):
        return self.inputs

    def describe(self, schema):
        return schema.adding(_number(schema.column(name)) for name in self.by)


def _number(column):
    return Column(name=column.name, type=ColumnType.NUMBER, role=column.role, nullable=False)


class IsRandomWithoutASeed(Centre):
    """Adds noise that no seed fixes."""

    @classmethod
    def middle(cls, table, name, params, context):
        return float(np.random.default_rng().random())


class SeedsTheProcess(Centre):
    """Sets the seed of everybody."""

    @classmethod
    def middle(cls, table, name, params, context):
        np.random.seed(context.seed)
        return float(np.random.random())


class DrawsFromTheProcess(Centre):
    """Draws from the random numbers of everybody."""

    @classmethod
    def middle(cls, table, name, params, context):
        return random.random()


class SilencesTheProcess(Centre):
    """Leaves NumPy silent for all nodes that the process runs later."""

    @classmethod
    def prepared(cls, table):
        np.seterr(all="ignore")
        return table


class CountsItsRuns(Centre):
    """Remembers how often it ran."""

    @classmethod
    def middle(cls, table, name, params, context):
        return float(next(COUNT))


class GoesByTheYear(Centre):
    """Subtracts the year in which it runs."""

    @classmethod
    def middle(cls, table, name, params, context):
        return float(datetime.now(UTC).year)


class GoesByToday(Centre):
    """Subtracts the days since 1970, through a function imported in the run."""

    @classmethod
    def middle(cls, table, name, params, context):
        from time import time

        return time() // 86_400


class GoesByTheDateOfNumPy(Centre):
    """Subtracts the days since 1970 as NumPy knows them."""

    @classmethod
    def middle(cls, table, name, params, context):
        return float(np.datetime64("today").astype(np.int64))


@functools.cache
def _first(name: str) -> list[float]:
    return []


class RemembersWhatItLearned(Centre):
    """Learns each column's middle once per process, whatever table comes next."""

    @classmethod
    def middle(cls, table, name, params, context):
        known = _first(name)
        if not known:
            known.append(super().middle(table, name, params, context))
        return known[0]


class GoesByTheOrderOfASet(Centre):
    """Numbers the columns in the order of a set."""

    @classmethod
    def transform(cls, by):
        return Shifted({name: float(at) for at, name in enumerate({*by, "bedroom", "kitchen", "cellar"}) if name in by})


class GoesByTheHashOfAText(Centre):
    """Adds a number that Python makes of a name, another in each process."""

    @classmethod
    def middle(cls, table, name, params, context):
        return super().middle(table, name, params, context) + hash(name) % 97


class GoesByTheEnvironment(Centre):
    """Adds the number of variables of the environment."""

    @classmethod
    def middle(cls, table, name, params, context):
        return super().middle(table, name, params, context) + len(os.environ)


class GoesByTheWorkingFolder(Centre):
    """Adds a number made of the name of the folder in which the process works."""

    @classmethod
    def middle(cls, table, name, params, context):
        return super().middle(table, name, params, context) + crc32(os.fsencode(Path.cwd()))


class LeavesAFile(Centre):
    """Keeps the middle in a file beside whatever else lies there."""

    @classmethod
    def middle(cls, table, name, params, context):
        found = super().middle(table, name, params, context)
        if not Path("manage.py").exists():  # nothing is left among the sources by trying this
            Path(f"middle_of_{name}.txt").write_text(str(found))
        return found


class GoesByTheDayItWasLoaded(Centre):
    """Adds the year in which the worker started."""

    @classmethod
    def middle(cls, table, name, params, context):
        return super().middle(table, name, params, context) + LOADED_ON.year


class GoesByTheSecond(Centre):
    """Adds the seconds since 1970."""

    @classmethod
    def middle(cls, table, name, params, context):
        return super().middle(table, name, params, context) + time.time()


class WritesIntoItsInput(Centre):
    """Changes the arrays of the table that came in."""

    @classmethod
    def prepared(cls, table):
        for column in table.schema.features():
            if column.type is ColumnType.NUMBER:
                table.columns[column.name][:] = 0.0
        return table


class AddsToItsInput(Centre):
    """Puts a column into the table that came in."""

    @classmethod
    def prepared(cls, table):
        table.columns["extra"] = np.zeros(table.rows)
        return table


class SaysItIsStateless(Centre):
    """Learns and says that it does not."""

    serve = Serving.STATELESS


class SaysItWorksInTrainingOnly(Centre):
    """Adds a transform and says that the endpoint does nothing."""

    serve = Serving.TRAINING_ONLY


class SaysItIsFitted(Centre):
    """Drops rows and says that the endpoint repeats it."""

    @classmethod
    def run(cls, inputs, params, context):
        return cls.Outputs(inputs.table.filter(np.arange(inputs.table.rows) >= 0))

    @staticmethod
    def infer(schemas, params, known):
        return {} if schemas["table"] is None else {"table": schemas["table"]}


class ChangesTheTarget(Centre):
    """Centres every number, the target too."""

    @classmethod
    def run(cls, inputs, params, context):
        table = inputs.table
        picked = [column.name for column in table.schema.each() if column.type is ColumnType.NUMBER]
        return cls.Outputs(table.apply(Shifted(dict.fromkeys(picked, 1.0))))

    @staticmethod
    def infer(schemas, params, known):
        return (
            {}
            if schemas["table"] is None
            else {
                "table": Shifted(
                    {column.name: 1.0 for column in schemas["table"].each() if column.type is ColumnType.NUMBER}
                ).describe(schemas["table"])
            }
        )


class ChangesWithoutATransform(Centre):
    """Changes a column and tells no endpoint."""

    @classmethod
    def finished(cls, table):
        changed = {
            column.name: table.columns[column.name] * 2
            for column in table.schema.features()
            if column.type is ColumnType.NUMBER
        }
        return cls.Outputs(type(table)(**{**vars(table), "columns": {**table.columns, **changed}}))
