"""A mistake of infer: it loads a large library while somebody draws."""

from __future__ import annotations

from tests.nodes.mistakes.centre import Centre


class InfersWithSklearn(Centre):
    """Subtracts the middle, and asks a large library for the columns."""

    @staticmethod
    def infer(schemas, params, known):
        import sklearn  # noqa: F401

        return Centre.infer(schemas, params, known)
