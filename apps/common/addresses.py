"""Which stored artifacts rows name: whatever needs one says so in a column ``address`` or ``…_address``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from django.apps import apps
from django.db import models


def naming_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Iterate over the columns that may name artifacts, of whatever table.

    One that holds another kind of address is among them and harms nothing: no artifact is called like a machine.
    """
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, models.CharField) and (column.name == "address" or column.name.endswith("_address")):
                yield model, column.name


def named(*, app: str = "") -> set[str]:
    """Return the artifacts that rows name, of one application if asked."""
    found: set[str] = set()
    for model, column in naming_columns():
        if not app or model._meta.app_label == app:
            found.update(model._base_manager.exclude(**{column: ""}).values_list(column, flat=True))
    return found


def is_named(address: str) -> bool:
    """Return whether any row names the artifact."""
    return any(model._base_manager.filter(**{column: address}).exists() for model, column in naming_columns())


def others_name(address: str, gone: Mapping[type[models.Model], Collection[object]]) -> bool:
    """Return whether any row names the artifact but those of ``gone``, given as their keys by table."""
    return any(
        model._base_manager.filter(**{column: address}).exclude(pk__in=gone.get(model, ())).exists()
        for model, column in naming_columns()
    )
