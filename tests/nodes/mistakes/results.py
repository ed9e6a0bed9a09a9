"""Mistakes of what comes out: its arrays, its transforms, its schema before and after a run."""

from __future__ import annotations

import numpy as np

from tasks.contract.errors import NodeError
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.contract.transform import transform
from tasks.graph.messages import Message
from tests.nodes.mistakes.centre import Centre, Shifted


class GivesWholeNumbersAsIntegers(Centre):
    """Gives int64 where the table holds float64."""

    @classmethod
    def finished(cls, table):
        names = [column.name for column in table.schema.features() if column.type is ColumnType.NUMBER]
        made = {name: np.nan_to_num(table.columns[name], posinf=0, neginf=0).astype(np.int64) for name in names}
        return cls.Outputs(type(table)(**{**vars(table), "columns": {**table.columns, **made}}))


class GivesNothing(Centre):
    """Returns nothing."""

    @classmethod
    def finished(cls, table):
        return None


class GivesADictionary(Centre):
    """Returns its table under the name of the port, without the class of its outputs."""

    @classmethod
    def finished(cls, table):
        return {"table": table}


class FailsOnATableWithoutRows(Centre):
    """Divides by the number of rows."""

    @classmethod
    def middle(cls, table, name, params, context):
        return 1 / int(table.training_mask.sum())


class FailsAtOneNumber(Centre):
    """Cannot work with a share of zero, which its form allows."""

    @classmethod
    def middle(cls, table, name, params, context):
        return 1 / params.share


class FailsOnAnOddText(Centre):
    """Cannot work with letters beyond ASCII."""

    @classmethod
    def middle(cls, table, name, params, context):
        return float(len(params.note.encode("ascii")) * 0)


class RefusesInTwoWords(Centre):
    """Refuses without saying why."""

    @classmethod
    def middle(cls, table, name, params, context):
        raise NodeError(Message("mistakes.bad", "bad data"))


class RefusesGoodTables(Centre):
    """Refuses every table that has words in it."""

    @classmethod
    def prepared(cls, table):
        if any(column.type is ColumnType.CATEGORY for column in table.schema.each()):
            raise NodeError(Message("mistakes.words", "Columns of words cannot be centred. Take them out first."))
        return table


class PointsAtNoParameter(Centre):
    """Refuses and names a parameter that it does not have."""

    @classmethod
    def prepared(cls, table):
        raise NodeError(Message("mistakes.none", "There are no numbers in this table. Choose others."), param="colums")


class UsesTheRowsItIsGiven(Centre):
    """Subtracts the median of the rows that come, so that one row alone becomes zero."""

    @classmethod
    def transform(cls, by):
        return ShiftedByItself(by)


@transform("test.shifted_by_itself")
class ShiftedByItself(Shifted):
    """Subtracts the median of what comes."""

    def apply(self, columns):
        with np.errstate(invalid="ignore", over="ignore"):
            middles = {name: np.median(columns[name]) if len(columns[name]) else 0.0 for name in self.by}
            return {**columns, **{name: columns[name] - middle for name, middle in middles.items()}}


class WorksOtherwiseOnOneRow(Centre):
    """Adds where it should subtract, on a row of plain values."""

    @classmethod
    def transform(cls, by):
        return ShiftedWrongly(by)


@transform("test.shifted_wrongly")
class ShiftedWrongly(Shifted):
    """Subtracts in columns and adds in rows."""

    @property
    def supports_single_row(self):
        return True

    def apply_row(self, row):
        for name, number in self.by.items():
            row[name] = row[name] + number + 1


class ForgetsThatItWorksOnOneRow(Centre):
    """Has a way for one row that no endpoint takes."""

    @classmethod
    def transform(cls, by):
        return ShiftedInSilence(by)


@transform("test.shifted_in_silence")
class ShiftedInSilence(Shifted):
    """Subtracts in rows and does not say so."""

    def apply_row(self, row):
        for name, number in self.by.items():
            row[name] -= number


class OffersNoNode(Centre):
    """Refuses, and offers to add a node that is not there."""

    @classmethod
    def prepared(cls, table):
        raise NodeError(
            Message("mistakes.gaps", "There are gaps in this table. Fill them first."), fix="clean.fill_gaps"
        )


class FailsAtItsResultLine(Centre):
    """Names the largest number, and there is none in a table without rows."""

    @staticmethod
    def headline(inputs, outputs):
        return f"up to {max(outputs.table.row_ids.tolist())}"


class Prints(Centre):
    """Correct: subtracts the middle and prints it."""

    @classmethod
    def middle(cls, table, name, params, context):
        print(name)  # noqa: T201
        return super().middle(table, name, params, context)


class SaysItFillsGaps(Centre):
    """Says that no gap is left, and leaves them."""

    @classmethod
    def transform(cls, by):
        return ShiftedAndNotFilled(by)


@transform("test.shifted_and_not_filled")
class ShiftedAndNotFilled(Shifted):
    """Says that it fills what it reads."""

    @property
    def imputes(self):
        return self.inputs


class ForgetsToNarrow(Centre):
    """Keeps all columns when only one is wanted, and says that it reads none."""

    @classmethod
    def transform(cls, by):
        return ShiftedWithoutReading(by)


@transform("test.shifted_without_reading")
class ShiftedWithoutReading(Shifted):
    """Does not say what it reads."""

    @property
    def inputs(self):
        return ()


class LearnsASet(Centre):
    """Holds what cannot be stored."""

    @classmethod
    def transform(cls, by):
        return ShiftedBySet({name: {number} for name, number in by.items()})


@transform("test.shifted_by_set")
class ShiftedBySet(Shifted):
    """Holds sets."""

    def apply(self, columns):
        return {**columns, **{name: columns[name] - max(numbers) for name, numbers in self.by.items()}}


class LearnsArrays(Centre):
    """Correct: holds what it learned as arrays."""

    @classmethod
    def transform(cls, by):
        return ShiftedByArray({name: np.array([number, 0.0]) for name, number in by.items()})


@transform("test.shifted_by_array")
class ShiftedByArray(Shifted):
    """Holds arrays."""

    def apply(self, columns):
        return {**columns, **{name: columns[name] - numbers.sum() for name, numbers in self.by.items()}}


class SaysThereAreNoGaps(Centre):
    """Describes its columns as complete."""

    @classmethod
    def transform(cls, by):
        return ShiftedAndCalledComplete(by)

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: schema.adding(map(_complete, schema.features())) for port, schema in made.items()}


@transform("test.shifted_and_called_complete")
class ShiftedAndCalledComplete(Shifted):
    """Describes its columns as complete."""

    def describe(self, schema):
        return super().describe(schema).adding(map(_complete, schema.features()))


def _complete(column: Column) -> Column:
    return column.changed(nullable=False)


class InfersAnotherType(Centre):
    """Says before a run that numbers become words."""

    @staticmethod
    def infer(schemas, params, known):
        schema = schemas["table"]
        if schema is None:
            return {}
        numbers = [column for column in schema.features() if column.type is ColumnType.NUMBER]
        return {"table": schema.adding(Column(name=column.name, type=ColumnType.TEXT) for column in numbers)}


class InfersAColumnTooMany(Centre):
    """Says before a run that a column comes that does not."""

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: schema.adding([Column(name="extra", type=ColumnType.NUMBER)]) for port, schema in made.items()}


class InfersOtherCategories(Centre):
    """Says before a run that there are fewer words than there are."""

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: schema.adding(map(_fewer, schema.each())) for port, schema in made.items()}


def _fewer(column: Column) -> Column:
    return column if not column.categories else column.changed(categories=column.categories[:1])


class InfersThatMoreMayCome(Centre):
    """Leaves the columns open to be on the safe side."""

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: schema.model_copy(update={"is_open": True}) for port, schema in made.items()}


class InfersThatNothingMoreComes(Centre):
    """Forgets that more columns may come in than are known."""

    @staticmethod
    def infer(schemas, params, known):
        made = Centre.infer(schemas, params, known)
        return {port: Schema.of(schema.each()) for port, schema in made.items()}


class InfersNothing(Centre):
    """Says nothing before a run."""

    @staticmethod
    def infer(schemas, params, known):
        return {}


class InfersFromNothing(Centre):
    """Names columns though none are known to come in."""

    @staticmethod
    def infer(schemas, params, known):
        return Centre.infer(schemas, params, known) or {"table": Schema.of([Column(name="a", type=ColumnType.NUMBER)])}


class RefusesBeforeARunOnly(Centre):
    """Refuses on the canvas what it takes in a run."""

    @staticmethod
    def infer(schemas, params, known):
        if params.note:
            raise NodeError(Message("mistakes.note", "A note is not allowed here. Take it out."))
        return Centre.infer(schemas, params, known)
