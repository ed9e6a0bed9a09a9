"""Errors a node may raise on purpose."""

from __future__ import annotations


class NodeError(Exception):
    """A sentence for the person who drew the graph: the rule, the value, the way out.

    Args:
        message: The sentence.
        param: Name of the parameter at fault, where one is.
        fix: Type of a node that mends it when put in front (``features.encode``), where there is one.
    """

    def __init__(self, message: str, *, param: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.fix = fix


class Cancelled(Exception):  # noqa: N818 - a request that was granted, not a fault
    """Raised inside a node that noticed that its run was cancelled."""
