"""Mistakes of the rows: some are gone, in another order, or of another part of a split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tasks.contract.node import Serving
from tests.nodes.mistakes.centre import Centre


class DropsRowsOfEveryPart(Centre):
    """Subtracts the middle and drops the rows that are far from it, which an endpoint cannot."""

    @classmethod
    def finished(cls, table):
        return cls.Outputs(table.filter(np.arange(table.rows) % 5 > 0))


class DropsTrainingRowsToo(Centre):
    """Subtracts the middle and drops training rows, which training-only nodes do."""

    @classmethod
    def finished(cls, table):
        return cls.Outputs(table.filter((np.arange(table.rows) % 5 > 0) | ~table.training_mask))


class DropsRowsKeptAside(Centre):
    """Drops rows of the test where it does nothing else."""

    @classmethod
    def run(cls, inputs, params, context):
        if params.middle == "median":
            return super().run(inputs, params, context)
        table = inputs.table
        return cls.Outputs(table.filter((np.arange(table.rows) % 5 > 0) | table.training_mask))

    @staticmethod
    def infer(schemas, params, known):
        if params.middle == "median" or schemas["table"] is None:
            return Centre.infer(schemas, params, known)
        return {"table": schemas["table"]}


class DropsRowsWithoutLearning(Centre):
    """Drops rows and says that the endpoint does the same."""

    serve = Serving.STATELESS

    @classmethod
    def run(cls, inputs, params, context):
        return cls.Outputs(inputs.table.filter(np.arange(inputs.table.rows) % 5 > 0))

    @staticmethod
    def infer(schemas, params, known):
        return {} if schemas["table"] is None else {"table": schemas["table"]}


class CountsItsRowsAnew(Centre):
    """Gives each row another number than it had in the source."""

    @classmethod
    def finished(cls, table):
        return cls.Outputs(replace(table, row_ids=table.row_ids + 1))


class SortsItsRows(Centre):
    """Gives the rows back to front."""

    @classmethod
    def finished(cls, table):
        return cls.Outputs(table.filter(np.arange(table.rows)[::-1]))


class TakesTestRowsForTraining(Centre):
    """Marks every row as one of training."""

    @classmethod
    def finished(cls, table):
        return cls.Outputs(table if table.partition is None else replace(table, partition=table.partition * 0))


class DropsTrainingRowsByChoice(DropsRowsKeptAside):
    """Correct: drops training rows where it does nothing else, as a parameter asks."""

    @classmethod
    def run(cls, inputs, params, context):
        if params.middle == "median":
            return super().run(inputs, params, context)
        table = inputs.table
        return cls.Outputs(table.filter((np.arange(table.rows) % 5 > 0) | ~table.training_mask))
