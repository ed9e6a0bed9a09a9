"""A mistake of a transform: it is not decorated."""

from __future__ import annotations

from tests.nodes.mistakes.centre import Centre, Shifted


class ShiftedWithoutAnId(Shifted):
    """Subtracts a number, and no stored table can name it."""


class ForgetsTheDecorator(Centre):
    """Subtracts the middle by a transform without an id."""

    @classmethod
    def transform(cls, by):
        return ShiftedWithoutAnId(by)
