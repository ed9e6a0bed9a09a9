"""The scoring bodies that MLflow's clients send to ``/invocations``, and the answer they expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from tasks.inference.row_messages import SHOWN
from tasks.inference.rows import NAMED, RowProblems
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.protocols import predict
from tasks.inference.server.protocols.base import InferenceProtocol, PredictCall
from tasks.inference.server.protocols.predict import PredictRequest, check_count, unfit
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.protocols.rows_json import check_columns, load_json, read_table
from tasks.inference.server.responses import HttpError, Response

if TYPE_CHECKING:
    from tasks.inference.server.protocols.routes import Route

BODIES = ("dataframe_split", "dataframe_records", "instances", "inputs")
PARAMS = "params"  # what MLflow's clients may send along for models that take options


ERROR_CODES = {404: "RESOURCE_DOES_NOT_EXIST", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 500: "INTERNAL_ERROR"}


class MlflowProtocol(InferenceProtocol):
    """Requests to ``/endpoints/{slug}/invocations``."""

    content_kinds = (ContentKind.JSON, ContentKind.CSV)

    def call(self, head: RequestHead, route: Route) -> PredictCall:  # noqa: ARG002
        """Return what a request wants."""
        return PredictCall(partial(answer, is_csv=head.content_kind is ContentKind.CSV, charset=head.charset))

    def format_error(self, error: HttpError) -> HttpError:
        """Return the error with the code that MLflow's clients look for; what they call a bad request is 400."""
        code = ERROR_CODES.get(error.status, "BAD_REQUEST")
        error.body = orjson.dumps({"error_code": code, **orjson.loads(error.body)})
        if error.status == 422:
            error.status = 400
        return error


def answer(release: Release, content: bytes, *, is_csv: bool, charset: str = "") -> Response:
    """Return ``{"predictions": […]}``.

    Raises:
        HttpError: 422 with the location of each fault; 500 when the model fails.
    """
    request = read_table(release, content, {}, charset) if is_csv else _read(release, load_json(content))
    result = predict.answer(release, request)
    body = orjson.dumps({"predictions": result.answer.predictions}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, request.count, answer=result.answer)


def _read(release: Release, data: Any) -> PredictRequest:
    found = [name for name in BODIES if name in data] if type(data) is dict else []
    if len(found) != 1:
        raise _refused("", f"The body must hold exactly one of {', '.join(BODIES)}.")
    foreign = sorted(data.keys() - {found[0], PARAMS})
    if foreign:
        other = foreign[0][:SHOWN]
        raise _refused(other, f"Beside “{found[0]}” the body may hold “{PARAMS}” only, not “{other}”.")
    if type(data.get(PARAMS, {})) is not dict:
        raise _refused(PARAMS, f"“{PARAMS}” must be an object; the model takes none, so it changes nothing.")
    body, given = found[0], data[found[0]]
    if body == "dataframe_split":
        return PredictRequest(columns=_split(given))
    if type(given) is dict and body in ("inputs", "instances"):
        return PredictRequest(columns=read_named(body, given))
    if type(given) is not list or not given:
        raise _refused(body, f"“{body}” must be a list with at least one row.")
    if body != "dataframe_records" and not any(type(row) is dict for row in given):
        return PredictRequest(columns=read_matrix(release, given))
    return PredictRequest(rows=given)


def _split(given: Any) -> dict[str, list[Any]]:
    names = given.get("columns") if type(given) is dict else None
    data = given.get("data") if type(given) is dict else None
    if type(names) is not list or not all(type(name) is str for name in names) or type(data) is not list or not data:
        message = "“dataframe_split” must be {“columns”: [name], “data”: [[value]]} with at least one row."
        raise _refused("dataframe_split", message)
    if len(set(names)) < len(names):
        ((twice, _),) = Counter(names).most_common(1)
        raise _refused("dataframe_split.columns", f"“{twice[:SHOWN]}” is named twice. Name each column once.")
    return _turned(names, data)


def read_named(body: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    """Return columns as they came by name; a tensor of shape [rows, 1] is a column too.

    Args:
        body: The place of the columns in the request.
        given: What stands there.

    Raises:
        HttpError: 422, they are no lists.
    """
    flat = {name: [value[0] for value in values] if _is_column(values) else values for name, values in given.items()}
    return check_columns(flat, body)


def _is_column(values: Any) -> bool:
    return type(values) is list and bool(values) and all(type(one) is list and len(one) == 1 for one in values)


def read_matrix(release: Release, given: list[Any]) -> dict[str, list[Any]]:
    """Return columns of rows that are lists in the order of the raw columns, or single values of the only one.

    Raises:
        HttpError: 422, a row has more or fewer values, or there are too many rows.
    """
    names = release.package.raw_schema.names
    if len(names) == 1 and not any(type(row) is list for row in given):
        return {names[0]: given}
    return _turned(names, given)


def _turned(names: Sequence[str], data: list[Any]) -> dict[str, list[Any]]:
    check_count(len(data))
    odd = ((at, row) for at, row in enumerate(data) if type(row) is not list or len(row) != len(names))
    wrong = [
        (at, "", f"A row must be a list of {len(names)} values, one for each column, not {_found(row)}.")
        for at, row in islice(odd, NAMED)
    ]
    if wrong:
        raise unfit(RowProblems(wrong, are_all=len(wrong) < NAMED))
    return {name: list(values) for name, values in zip(names, zip(*data, strict=True), strict=True)}


def _found(row: Any) -> str:
    return f"of {len(row)}" if type(row) is list else "a single value" if type(row) is not dict else "an object"


def _refused(place: str, message: str) -> HttpError:
    return HttpError(422, "invalid_rows", message, [(place, message)])


MLFLOW = MlflowProtocol()
