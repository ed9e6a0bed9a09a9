"""Helpers that write the ``x-lepton`` part of a parameter's JSON Schema: the browser's form."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Params(BaseModel):
    """Base of every node's parameters: frozen, no unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_enum_values=False)


class NoParams(Params):
    """For nodes without parameters."""


def _field(default: Any, hints: dict[str, Any], given: dict[str, Any]) -> Any:
    advanced = given.pop("advanced", False)
    show_when = given.pop("show_when", None)
    unit = given.pop("unit", None)
    lepton = {
        **hints,
        **({"advanced": True} if advanced else {}),
        **({"showWhen": show_when} if show_when else {}),
        **({"unit": unit} if unit else {}),
    }
    extra: dict[str, Any] = {"json_schema_extra": {"x-lepton": lepton}} if lepton else {}
    return Field(default, **given, **extra)


def setting(default: Any, **given: Any) -> Any:
    """Return a plain field.

    Args:
        default: Value when the person sets nothing.
        **given: ``title``, ``description``, ``ge``, ``le`` ... as for pydantic's ``Field``, and
            ``advanced`` (folded away), ``unit`` (shown beside), ``show_when`` (``{"other": [values]}``).
    """
    return _field(default, {}, given)


def column(of: str, default: str = "", **given: Any) -> Any:
    """Return a picker of one column of the input called ``of``; an empty string means none.

    ``types=[...]`` limits what is offered to these column types.
    """
    types = given.pop("types", None)
    return _field(default, {"widget": "column", "of": of, **({"types": types} if types else {})}, given)


def columns(of: str, default: tuple[str, ...] = (), **given: Any) -> Any:
    """Return a picker of several columns of the input called ``of``; none means the node's own choice."""
    types = given.pop("types", None)
    return _field(default, {"widget": "columns", "of": of, **({"types": types} if types else {})}, given)


def dataset(**given: Any) -> Any:
    """Return a picker of one of the workspace's data sets; the value is its id."""
    return _field("", {"widget": "dataset"}, given)


def rows(default: tuple[Any, ...] = (), of: str = "", **given: Any) -> Any:
    """Return an editable list of small flat objects (a nested model), one line each."""
    return _field(default, {"widget": "rows", **({"of": of} if of else {})}, given)
