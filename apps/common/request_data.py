"""Reading the body and the query of a request through a serializer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, ListField, ListSerializer, Serializer

from apps.common.errors import FieldProblem, invalid
from tasks.graph.messages import Message, Names

_SHOWN = 80
_MOST_PROBLEMS = 20


def validated_body(serializer: type[BaseSerializer[Any]], request: Request, *, partial: bool = False) -> dict[str, Any]:
    """Return the validated values of the body.

    Raises:
        ValidationError: Something is missing or wrong; answered with every fault by place.
        ApplicationError: 400, there is no such field: it would be thought to have been followed.
    """
    reader = serializer(data=request.data, partial=partial)
    if problems := list(islice(_unknown_fields(reader, request.data, ""), _MOST_PROBLEMS)):
        raise invalid(problems)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def validated_query(
    serializer: type[Serializer[Any]], request: Request, *, others: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the validated values of the query string.

    Args:
        serializer: Reads it.
        request: The request.
        others: Further parameters that the call has.

    Raises:
        ValidationError: A value is wrong.
        ApplicationError: 400, there is no such parameter: it would be thought to have been followed.
    """
    reader = serializer(data=request.query_params)
    refuse_unknown(request, [*reader.fields, *others])
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Refuse parameters of the query string that a call does not have.

    Raises:
        ApplicationError: 400, with each by its name and those there are.
    """
    names = list(dict.fromkeys(known))
    problems: list[FieldProblem] = [
        {"at": name[:_SHOWN], "message": _unknown(name, names)} for name in request.query_params if name not in names
    ]
    if problems:
        raise invalid(problems)


def _unknown_fields(reader: Any, data: Any, at: str) -> Iterator[FieldProblem]:
    """Iterate over the fields of a body, and of what it holds, that nothing reads."""
    if isinstance(reader, ListSerializer | ListField) and isinstance(data, list):
        for index, one in enumerate(data):
            yield from _unknown_fields(reader.child, one, f"{at}{index}.")
    elif isinstance(reader, Serializer) and isinstance(data, Mapping):
        known = [name for name, field in reader.fields.items() if not field.read_only]
        for name in data:
            if name not in known:
                yield {"at": f"{at}{name[:_SHOWN]}", "message": _unknown_field(name, known)}
            else:
                yield from _unknown_fields(reader.fields[name], data[name], f"{at}{name}.")


def _unknown_field(name: str, known: list[str]) -> Message:
    if not known:
        return Message("request.no_fields", "This call takes no field “{name}”, nor any other.", name=name[:_SHOWN])
    return Message(
        "request.unknown_field",
        "This call takes no field “{name}”. Those it takes are {known}.",
        name=name[:_SHOWN],
        known=Names(known, shown=len(known)),
    )


def _unknown(name: str, known: list[str]) -> Message:
    if not known:
        return Message(
            "request.no_parameters", "This call has no parameter “{name}”, nor any other.", name=name[:_SHOWN]
        )
    return Message(
        "request.unknown_parameter",
        "This call has no parameter “{name}”. Those it has are {known}.",
        name=name[:_SHOWN],
        known=Names(known, shown=len(known)),
    )
