"""Mistakes of transforms that remember outside their fields: an endpoint has the fields alone."""

from __future__ import annotations

from typing import ClassVar

from tasks.contract.transform import transform
from tests.nodes.mistakes.centre import Centre, Shifted

LEARNED: dict[str, float] = {}


class KeepsItsNumbersInTheModule(Centre):
    """Puts what it learned into a dictionary of its module."""

    @classmethod
    def transform(cls, by):
        LEARNED.clear()
        LEARNED.update(by)
        return ShiftedByTheModule(dict.fromkeys(by, 0.0))


@transform("test.shifted_by_the_module")
class ShiftedByTheModule(Shifted):
    """Subtracts what the module holds."""

    def apply(self, columns):
        return {**columns, **{name: columns[name] - LEARNED.get(name, 0.0) for name in self.by}}


class KeepsItsNumbersInTheClass(Centre):
    """Puts what it learned into its class."""

    @classmethod
    def transform(cls, by):
        ShiftedByTheClass.learned = dict(by)
        return ShiftedByTheClass(dict.fromkeys(by, 0.0))


@transform("test.shifted_by_the_class")
class ShiftedByTheClass(Shifted):
    """Subtracts what the class holds, and fails where it holds nothing."""

    learned: ClassVar[dict[str, float]]

    def apply(self, columns):
        return {**columns, **{name: columns[name] - self.learned[name] for name in self.by}}
