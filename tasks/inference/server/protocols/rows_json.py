"""The endpoint's own format: rows or columns as JSON, or CSV."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import orjson

from tasks.graph.messages import message_json
from tasks.inference.csv_records import BadTable, LongTable
from tasks.inference.csv_rows import read_csv, write_csv
from tasks.inference.explain import Explanation
from tasks.inference.row_messages import SHOWN
from tasks.inference.rows import RowProblems
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.deployments.row_program import RowProgram
from tasks.inference.server.protocols import predict
from tasks.inference.server.protocols.base import InferenceProtocol, PredictCall
from tasks.inference.server.protocols.json_errors import strange_number
from tasks.inference.server.protocols.predict import MOST_ROWS, PredictRequest, PredictResult, too_many, unfit
from tasks.inference.server.protocols.request_head import ContentKind, RequestHead
from tasks.inference.server.responses import JSON_HEADERS, PROBLEMS_SHOWN, Answer, HttpError, Response

if TYPE_CHECKING:
    from tasks.inference.server.protocols.routes import Route

CSV_TYPE = (b"content-type", b"text/csv; charset=utf-8")
MOST_WARNING_BYTES = 2000
TRUTHS = {"": True, "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
"""How addresses write yes and no: ``?explain``, ``?explain=1``."""


class RowsProtocol(InferenceProtocol):
    """Requests to ``/endpoints/{slug}/predict``."""

    content_kinds = (ContentKind.JSON, ContentKind.CSV, ContentKind.JSON_LINES)

    def call(self, head: RequestHead, route: Route) -> PredictCall:
        """Return what a request wants; most want `ROWS_CALL`."""
        kind = head.content_kind
        if kind is ContentKind.JSON and not (head.accepts_csv or route.query):
            return ROWS_CALL
        answer = partial(answer_table, query=route.query, kind=kind, charset=head.charset, accepts_csv=head.accepts_csv)
        return PredictCall(answer, is_expensive=route.is_expensive)


def answer_rows(release: Release, content: bytes) -> Response:
    """Return the answer to a JSON body.

    Raises:
        HttpError: 422 with the location of each fault; 500 when the model fails.
    """
    return answer_data(release, content, load_json(content))


def answer_data(release: Release, content: bytes, data: Any) -> Response:  # noqa: ARG001 - as other answers take it
    """Return the answer to a JSON body that was parsed to ``data``. Raises as `answer_rows`."""
    if type(data) is dict and len(data) == 1 and "rows" in data:  # the usual request, kept short
        rows = data["rows"]
        if type(rows) is list and rows:
            return _json_response_of(release, PredictRequest(rows))
    return _json_response_of(release, read_body(data, {}))


def single_row_vector(program: RowProgram, data: Any) -> Sequence[float] | None:
    """Return what the estimator takes for the row of a body that holds one usual row and no options.

    Returns:
        ``None`` for every other body, and for a row that `RowProgram.predict_rows` must look at.
    """
    if type(data) is not dict or len(data) != 1:
        return None
    rows = data.get("rows")
    if type(rows) is not list or len(rows) != 1:
        return None
    try:
        return program.vector(rows[0])
    except Exception:  # process edge: `predict_rows` answers with the fault's row and column, or logs what failed
        return None


def answer_table(
    release: Release, content: bytes, *, query: bytes, kind: ContentKind, charset: str, accepts_csv: bool
) -> Response:
    """Return the answer to a body of JSON, JSON lines or CSV.

    Args:
        release: What answers.
        content: The body.
        query: The address's query: ``explain`` and ``interval``, which a CSV body cannot hold, and ``spreadsheet``:
            CSV that a person opens, in which no text is a formula.
        kind: What the body is.
        charset: The encoding of CSV; empty for UTF-8.
        accepts_csv: The answer shall be CSV.

    Raises:
        HttpError: As `answer_rows`.
    """
    options = _options(query)
    if kind is ContentKind.CSV:
        request = read_table(release, content, options, charset)
    else:
        data = load_json_lines(content) if kind is ContentKind.JSON_LINES else load_json(content)
        request = read_body(data, options)
    if accepts_csv:
        return _csv_response(release, predict.answer(release, request), request.count, options["for_spreadsheet"])
    return _json_response_of(release, request)


def load_json(content: bytes) -> Any:
    """Return the JSON data of a body. Raises `HttpError` 422 when it is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if content.startswith(codecs.BOM_UTF8):
            return load_json(content.removeprefix(codecs.BOM_UTF8))
        location, message = strange_number(content) or ("", f"The body is not JSON: {error}.")
        raise HttpError(422, "invalid_json", message, [(location, message)]) from None


def load_json_lines(content: bytes) -> list[Any]:
    """Return the value of each line that is not blank. Raises `HttpError` 422 with the line of what is none."""
    found = []
    for at, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            try:
                found.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                message = f"Line {at} of the body is not JSON: {error}."
                raise HttpError(422, "invalid_json", message, [("", message)]) from None
    return found


def read_body(data: Any, options: Mapping[str, Any]) -> PredictRequest:
    """Return what a JSON body asks for; its own options count before those of the address. A list is one of rows.

    Raises:
        HttpError: 422, it is not clear what.
    """
    if type(data) is list:
        data = {"rows": data}
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


def read_table(release: Release, content: bytes, options: Mapping[str, Any], charset: str = "") -> PredictRequest:
    """Return what a CSV body asks for.

    Args:
        release: What answers.
        content: The body.
        options: Those of the address.
        charset: The encoding of the body; empty for UTF-8 or that of the training file.

    Raises:
        HttpError: 422, it is no table or a line does not fit its heading.
    """
    try:
        content = content.decode(charset).encode() if charset else content
    except UnicodeDecodeError as error:
        message = f"The body is not {charset} text, as its head says: {error.reason} at byte {error.start + 1}."
        raise HttpError(422, "invalid_csv", message, [("", message)]) from None
    try:
        package = release.package
        columns, warnings = read_csv(content, package.raw_schema, MOST_ROWS, package.reading)
    except LongTable:
        raise too_many("more") from None
    except BadTable as error:
        raise HttpError(422, "invalid_csv", error.message, [("", error.message)]) from None
    except RowProblems as error:
        raise unfit(error) from None
    explain, interval = _explain(options), _interval(options)
    return PredictRequest(columns=columns, explain=explain, interval=interval, warnings=warnings)


def _options(query: bytes) -> dict[str, Any]:
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    options: dict[str, Any] = {"for_spreadsheet": TRUTHS.get(given.get("spreadsheet", "no").lower(), False)}
    if "explain" in given:
        options["explain"] = TRUTHS.get(given["explain"].lower(), given["explain"])
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


def json_response(  # noqa: PLR0913 - called for each request, and an object for it would cost more than the call
    release: Release,
    answer: Answer,
    row_count: int,
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    intervals: Sequence[tuple[float, float]] | None = None,
    explanations: Sequence[Explanation] | None = None,
) -> Response:
    """Return an answer as JSON.

    Args:
        release: What answered.
        answer: Its answer.
        row_count: How many rows it answers.
        rows: The raw rows, where the answer does not hold them.
        intervals: Low and high a row.
        explanations: One a row.
    """
    document: dict[str, Any] = {"predictions": answer.predictions}
    if answer.probabilities is not None:
        document["probabilities"] = answer.probabilities
    if intervals is not None:
        document["intervals"] = [{"low": low, "high": high} for low, high in intervals]
    if explanations is not None:
        document["explanations"] = [one.as_json() for one in explanations]
    document["model"] = release.model
    document["warnings"] = answer.warnings
    if answer.warnings:
        document["warning_messages"] = [message_json(warning) for warning in answer.warnings]
    body = orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, row_count, JSON_HEADERS, answer, rows)


def _json_response_of(release: Release, request: PredictRequest) -> Response:
    result = predict.answer(release, request)
    return json_response(
        release, result.answer, request.count, intervals=result.intervals, explanations=result.explanations
    )


def _csv_response(release: Release, result: PredictResult, row_count: int, for_spreadsheet: bool) -> Response:
    answer = result.answer
    columns: dict[str, list[Any]] = {"prediction": list(answer.predictions)}
    for name in release.package.manifest["classes"] if answer.probabilities is not None else ():
        columns[f"probability {name}"] = [one[name] for one in answer.probabilities or ()]
    if result.intervals is not None:
        columns["low"], columns["high"] = (list(side) for side in zip(*result.intervals, strict=True))
    if result.explanations is not None:
        columns["base"] = [one.base for one in result.explanations]
        for name in result.explanations[0].contributions:
            columns[f"contribution {name}"] = [one.contributions[name] for one in result.explanations]
    headers = [CSV_TYPE, (b"lepton-release", b"%d" % release.entry.release)]
    if answer.warnings:
        text = quote(" ".join(answer.warnings), safe=" ,.:()")[:MOST_WARNING_BYTES]
        headers.append((b"lepton-warnings", text.encode()))
    return Response(write_csv(columns, for_spreadsheet=for_spreadsheet), row_count, tuple(headers), answer)


ROWS = RowsProtocol()
ROWS_CALL = PredictCall(answer_rows, is_rows_json=True)
