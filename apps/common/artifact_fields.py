"""Model fields that hold digests of stored artifacts, and the questions the garbage collector asks of them.

A field that holds a digest must be an `ArtifactField` or an `ArtifactJSONField`: only what such a field refers to is
kept in the store. Both are a plain ``CharField`` and ``JSONField`` for migrations and for the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Cast

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
    _JSONField = models.JSONField[Any]
else:  # Django's fields cannot be subscripted when the program runs
    _CharField, _JSONField = models.CharField, models.JSONField

Keeps = bool | models.Q
"""Whether an artifact stays while a row refers to it: always, never (the row is history), or under a condition."""


class ArtifactField(_CharField):
    """The digest of one artifact; empty for none.

    Args:
        keeps: Whether the artifact stays while a row refers to it.
    """

    def __init__(self, *args: Any, keeps: Keeps = True, **kwargs: Any) -> None:
        self.keeps = keeps
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Describe the field to migrations as the ``CharField`` that it is in the database."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def digests_in(self, value: Any) -> Iterator[str]:
        """Iterate over the digests in a value of this field."""
        if value:
            yield str(value)


class ArtifactJSONField(_JSONField):
    """JSON that holds digests.

    Args:
        path: Where the digests are: keys parted by dots, ``*`` for every key of an object.
        keeps: Whether the artifacts stay while a row refers to them.
    """

    def __init__(self, *args: Any, path: str = "", keeps: Keeps = True, **kwargs: Any) -> None:
        self.path = path
        self.keeps = keeps
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Describe the field to migrations as the ``JSONField`` that it is in the database."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def digests_in(self, value: Any) -> Iterator[str]:
        """Iterate over the digests in a value of this field; what has another form holds none."""
        return _at(self.path.split("."), value)


def _at(keys: list[str], value: Any) -> Iterator[str]:
    if not keys:
        if value and isinstance(value, str):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values() if keys[0] == "*" else [value.get(keys[0])]:
            yield from _at(keys[1:], inner)


AnyArtifactField = ArtifactField | ArtifactJSONField


def artifact_fields() -> Iterator[tuple[type[models.Model], AnyArtifactField]]:
    """Iterate over every declared field, with its model."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ArtifactField | ArtifactJSONField):
                yield model, field


def referenced_artifacts(*labels: str) -> set[str]:
    """Return the digests of the artifacts that must stay because rows refer to them.

    Args:
        labels: Of the applications whose rows count; all without one.
    """
    found: set[str] = set()
    for model, field, rows in _keeping_rows():
        if not labels or model._meta.app_label in labels:
            for value in rows.values_list(field.name, flat=True).iterator():
                found.update(field.digests_in(value))
    return found


def is_referenced(digest: str, *, besides: Mapping[type[models.Model], Collection[object]] | None = None) -> bool:
    """Return whether any row keeps the artifact.

    Args:
        digest: Of the artifact.
        besides: Rows that do not count, as primary keys by model.
    """
    for model, field, rows in _keeping_rows():
        others = rows.exclude(pk__in=(besides or {}).get(model, ()))
        if isinstance(field, ArtifactField):
            is_found = others.filter(**{field.name: digest}).exists()
        else:  # a digest is long and random enough to be found as text
            text = Cast(field.name, models.TextField())
            is_found = others.alias(as_text=text).filter(as_text__contains=digest).exists()
        if is_found:
            return True
    return False


def _keeping_rows() -> Iterator[tuple[type[models.Model], AnyArtifactField, models.QuerySet[Any]]]:
    """Iterate over the fields that keep artifacts, each with the rows whose artifacts it keeps."""
    for model, field in artifact_fields():
        if field.keeps is False:
            continue
        rows = model._base_manager.all()
        yield model, field, rows if field.keeps is True else rows.filter(field.keeps)
