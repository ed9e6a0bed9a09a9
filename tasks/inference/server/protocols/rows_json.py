"""The plain dialect: rows or columns of JSON, or CSV, the way an analyst has them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson

from tasks.inference.csv_rows import BadTable, LongTable, read_csv, write_csv
from tasks.inference.rows import SHOWN, RowProblems
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.http.responses import PROBLEMS_SHOWN, HttpError, Response
from tasks.inference.server.protocols import predict
from tasks.inference.server.protocols.json_errors import strange_number
from tasks.inference.server.protocols.predict import MOST_ROWS, PredictRequest, PredictResult, too_many, unfit

CSV_KIND = b"text/csv"
CSV_TYPE = (b"content-type", b"text/csv; charset=utf-8")
MOST_WARNING_BYTES = 2000


def answer_rows(release: Release, content: bytes) -> Response:
    """Return the answer to a JSON body.

    Raises:
        HttpError: 422, with the place of each fault; 500 when the model itself is at fault.
    """
    data = load_json(content)
    if type(data) is dict and len(data) == 1 and "rows" in data:  # the usual request, kept short
        rows = data["rows"]
        if type(rows) is list and rows:
            return json_reply(release, predict.answer(release, PredictRequest(rows)), len(rows))
    asked = read_body(data, {})
    return json_reply(release, predict.answer(release, asked), asked.count)


def answer(release: Release, content: bytes, *, query: bytes, is_csv: bool, wants_csv: bool) -> Response:
    """Return the answer to a JSON or CSV body.

    Args:
        query: The address's query: ``explain`` and ``interval``, which a CSV body cannot hold.
        is_csv: The body is CSV.
        wants_csv: So shall be the answer.

    Raises:
        HttpError: As `answer_rows`.
    """
    options = _options(query)
    asked = read_table(release, content, options) if is_csv else read_body(load_json(content), options)
    answered = predict.answer(release, asked)
    if wants_csv:
        return _csv_reply(release, answered, asked.count)
    return json_reply(release, answered, asked.count)


def load_json(content: bytes) -> Any:
    """Return the JSON data of a body. Raises `HttpError` 422 when it is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        place, message = strange_number(content) or ("", f"The body is not JSON: {error}.")
        raise HttpError(422, "invalid_json", message, [(place, message)]) from None


def read_body(data: Any, options: Mapping[str, Any]) -> PredictRequest:
    """Return what a JSON body asks for; its own options count before those of the address.

    Raises:
        HttpError: 422, it is not clear what.
    """
    if type(data) is not dict or ("rows" in data) == ("columns" in data):
        message = "Send rows as {“rows”: [{“column”: value}]} or columns as {“columns”: {“column”: [value]}}."
        raise HttpError(422, "invalid_rows", message, [("rows", message)])
    options = {**options, **data}
    chosen: dict[str, Any] = {"explain": _explain(options), "interval": _interval(options)}
    if "columns" in data:
        return PredictRequest(columns=check_columns(data["columns"], "columns"), **chosen)
    rows = data["rows"]
    if type(rows) is not list or not rows:
        message = "Send rows as {“rows”: [{“column”: value}]}, at least one."
        raise HttpError(422, "invalid_rows", message, [("rows", message)])
    return PredictRequest(rows=rows, **chosen)


def check_columns(columns: Any, place: str) -> dict[str, list[Any]]:
    """Return columns that are lists and not all empty.

    Raises:
        HttpError: 422, they are not.
    """
    if type(columns) is not dict or not any(columns.values()):
        message = "Send columns as {“column”: [value]}, with at least one value each."
        raise HttpError(422, "invalid_rows", message, [(place, message)])
    wrong = list(islice((name for name, values in columns.items() if type(values) is not list), PROBLEMS_SHOWN))
    if wrong:
        problems = [(f"{place}.{name[:SHOWN]}", f"“{name[:SHOWN]}” must be a list of values.") for name in wrong]
        raise HttpError(422, "invalid_rows", problems[0][1], problems)
    return columns


def read_table(release: Release, content: bytes, options: Mapping[str, Any]) -> PredictRequest:
    """Return what a CSV body asks for.

    Raises:
        HttpError: 422, it is no table or a line does not fit its heading.
    """
    try:
        columns = read_csv(content, release.package.raw_schema, MOST_ROWS)
    except LongTable:
        raise too_many("more") from None
    except BadTable as error:
        raise HttpError(422, "invalid_csv", str(error), [("", str(error))]) from None
    except RowProblems as error:
        raise unfit(error) from None
    return PredictRequest(columns=columns, explain=_explain(options), interval=_interval(options))


def _options(query: bytes) -> dict[str, Any]:
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    options: dict[str, Any] = {}
    if "explain" in given:
        options["explain"] = {"true": True, "false": False}.get(given["explain"], given["explain"])
    if "interval" in given:
        try:
            options["interval"] = float(given["interval"])
        except ValueError:
            options["interval"] = given["interval"]
    return options


def _explain(options: Mapping[str, Any]) -> bool:
    value = options.get("explain", False)
    if type(value) is not bool:
        message = "“explain” must be true or false."
        raise HttpError(422, "invalid_option", message, [("explain", message)])
    return value


def _interval(options: Mapping[str, Any]) -> float | None:
    value = options.get("interval")
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 < value < 1:
        message = "“interval” is a share of the rows above 0 and below 1, such as 0.9."
        raise HttpError(422, "invalid_option", message, [("interval", message)])
    return float(value)


def json_reply(release: Release, answered: PredictResult, rows: int) -> Response:
    """Return an answer as JSON."""
    given = answered.answer
    said: dict[str, Any] = {"predictions": given.predictions}
    if given.probabilities is not None:
        said["probabilities"] = given.probabilities
    if answered.intervals is not None:
        said["intervals"] = [{"low": low, "high": high} for low, high in answered.intervals]
    if answered.explanations is not None:
        said["explanations"] = [one.as_json() for one in answered.explanations]
    said["model"] = release.model
    said["warnings"] = given.warnings
    return Response(orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY), rows, given=given)


def _csv_reply(release: Release, answered: PredictResult, rows: int) -> Response:
    given = answered.answer
    columns: dict[str, list[Any]] = {"prediction": list(given.predictions)}
    for name in release.package.manifest["classes"] if given.probabilities is not None else ():
        columns[f"probability {name}"] = [one[name] for one in given.probabilities or ()]
    if answered.intervals is not None:
        columns["low"], columns["high"] = (list(side) for side in zip(*answered.intervals, strict=True))
    if answered.explanations is not None:
        columns["base"] = [one.base for one in answered.explanations]
        for name in answered.explanations[0].contributions:
            columns[f"contribution {name}"] = [one.contributions[name] for one in answered.explanations]
    headers = [CSV_TYPE, (b"lepton-release", b"%d" % release.entry.release)]
    if given.warnings:
        told = quote(" ".join(given.warnings), safe=" ,.:()")[:MOST_WARNING_BYTES]
        headers.append((b"lepton-warnings", told.encode()))
    return Response(write_csv(columns), rows, tuple(headers), given)
