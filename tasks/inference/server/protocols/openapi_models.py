"""Requests and responses of an endpoint as pydantic models, from which its OpenAPI document is made.

They only describe: validating requests with them would cost more than answering.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from tasks.contract.reading import Reading
from tasks.contract.schema import Column, ColumnType, Schema
from tasks.inference.column_values import moment_at
from tasks.inference.explain import ROWS_AT_ONCE
from tasks.inference.server.protocols.predict import MOST_ROWS
from tasks.inference.tensors import DATATYPES

Share = Annotated[float, Field(ge=0, le=1)]
Datatype = Annotated[str, WithJsonSchema({"enum": list(DATATYPES)})]
Boolean = Annotated[Any, WithJsonSchema({"enum": [True, False, 0, 1]})]

COLUMN_TYPES: Mapping[ColumnType, Any] = {
    ColumnType.NUMBER: float,
    ColumnType.INTEGER: int,
    ColumnType.BOOLEAN: Boolean,
    ColumnType.CATEGORY: str,
    ColumnType.TEXT: str,
    ColumnType.DATE: date | datetime,
}


class Message(BaseModel):
    """A sentence and, where a page can translate it, what it is made of."""

    message: str
    message_id: str | None = None
    message_params: dict[str, Any] | None = None


class Problem(Message):
    """One fault and where it lies."""

    at: str


class Error(Message):
    """Why a request was not answered."""

    code: str
    problems: list[Problem]


class Fault(BaseModel):
    """Why a request was not answered, as the Open Inference Protocol says it."""

    error: str


class AnsweredBy(BaseModel):
    """The release that answered."""

    name: str
    version: int
    release: int


class Interval(BaseModel):
    """Where the truth lies, as often as was asked for."""

    low: float
    high: float


class Explanation(BaseModel):
    """What each column adds to what the model gives on average. ``of``: the class that is explained."""

    of: str
    scale: Literal["value", "log-odds", "probability"]
    base: float
    contributions: dict[str, float]


class TensorMetadata(BaseModel):
    """An input or an output of the model."""

    name: str
    datatype: Datatype
    shape: list[int]


class ModelMetadata(BaseModel):
    """What the Open Inference Protocol says of a model."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class RequestedOutput(BaseModel):
    """An output that is asked for."""

    name: str


class OutputTensor(BaseModel):
    """An output of the model."""

    name: str
    datatype: Datatype


class InferResponse(BaseModel):
    """The outputs as tensors."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    model_version: str
    outputs: list[OutputTensor]


class Spelled(NamedTuple):
    """How the file that a model was trained on spells its columns, and a text of each that JSON spells otherwise."""

    reading: Reading | None = None
    examples: Mapping[str, str] = MappingProxyType({})


def row_model(schema: Schema, spelled: Spelled) -> type[BaseModel]:
    """Return the model of one raw row."""
    return _columns_model("Row", schema, spelled, as_list=False, description="The raw columns of one row.")


def columns_model(schema: Schema, spelled: Spelled) -> type[BaseModel]:
    """Return the model of rows that are sent column by column."""
    description = "A list of values for each column, all of the same length."
    return _columns_model("Columns", schema, spelled, as_list=True, description=description)


def predict_models(manifest: Mapping[str, Any], row: type[BaseModel], columns: type[BaseModel]) -> list[Any]:
    """Return the models of the endpoint's own request, of which a body matches exactly one."""
    options: dict[str, Any] = {
        name: (kind, Field(default, description=text)) for name, (kind, default, text) in options_of(manifest).items()
    }

    def either(field: str, kind: Any, other: str) -> type[BaseModel]:
        def exclude(schema: dict[str, Any]) -> None:
            schema["properties"][other] = False

        config = ConfigDict(json_schema_extra=exclude)
        name = f"Predict{field.title()}"
        return _model(name, {field: (kind, ...), **options}, __config__=config)

    rows = Annotated[list[row], Field(min_length=1)]  # type: ignore[valid-type]
    return [either("rows", rows, "columns"), either("columns", columns, "rows")]


def options_of(manifest: Mapping[str, Any]) -> dict[str, tuple[Any, Any, str]]:
    """Return type, default and description of what a request may ask for beside predictions."""
    options: dict[str, tuple[Any, Any, str]] = {
        "explain": (bool, False, f"Also say what each column adds to each prediction; at most {ROWS_AT_ONCE} rows.")
    }
    known = manifest.get("residual_quantiles")
    if known is not None:
        share = Annotated[float, Field(gt=0, le=len(known["half_widths"]) / 100)]
        text = "Also give the interval that holds this share of the truth, as on held-out rows."
        options["interval"] = (share | None, None, text)
    return options


def answer_model(manifest: Mapping[str, Any]) -> type[BaseModel]:
    """Return the model of the answer to a prediction."""
    fields: dict[str, Any] = {
        "predictions": (list[_prediction_type(manifest)], ...),  # type: ignore[misc]
        "explanations": (list[Explanation], Field(default_factory=list)),
        "model": (AnsweredBy, ...),
        "warnings": (list[str], ...),
        "warning_messages": (list[Message], Field(default_factory=list)),
    }
    if manifest["task"] == "classification":
        fields["probabilities"] = (list[dict[str, Share]], Field(default_factory=list))
    else:
        fields["intervals"] = (list[Interval], Field(default_factory=list))
    return _model("Answer", fields)


def scoring_models(row: type[BaseModel]) -> list[Any]:
    """Return the models of the bodies for MLflow's clients that hold rows."""
    rows, params = Annotated[list[row], Field(min_length=1)], dict[str, Any]  # type: ignore[valid-type]
    config = ConfigDict(extra="forbid")
    return [
        _model(name, {field: (rows, ...), "params": (params, Field(default_factory=dict))}, __config__=config)
        for name, field in (("DataframeRecords", "dataframe_records"), ("Instances", "instances"))
    ]


def kserve_model(row: type[BaseModel]) -> type[BaseModel]:
    """Return the model of a body of KServe's first protocol."""
    rows = Annotated[list[row], Field(min_length=1)]  # type: ignore[valid-type]
    return _model("KServeInstances", {"instances": (rows, ...)}, __config__=ConfigDict(extra="forbid"))


def scoring_answer_model(manifest: Mapping[str, Any]) -> type[BaseModel]:
    """Return the model of the answer to MLflow's clients."""
    return _model("ScoringAnswer", {"predictions": (list[_prediction_type(manifest)], ...)})  # type: ignore[misc]


def infer_model(schema: Schema) -> type[BaseModel]:
    """Return the model of a request of the Open Inference Protocol."""
    size = Annotated[int, Field(ge=1, le=MOST_ROWS)]
    tensor = _model(
        "InputTensor",
        {
            "name": (Annotated[str, WithJsonSchema({"enum": list(schema.names)})], ...),
            "datatype": (Datatype, ...),
            "shape": (Annotated[list[size], Field(min_length=1, max_length=2)], ...),
            "data": (list[Any], Field(default_factory=list)),
        },
    )
    return _model(
        "InferRequest",
        {
            "id": (str | None, None),
            "inputs": (Annotated[list[tensor], Field(min_length=1)], ...),  # type: ignore[valid-type]
            "outputs": (list[RequestedOutput] | None, None),
        },
    )


def _model(name: str, fields: dict[str, Any], **options: Any) -> type[BaseModel]:
    """Return a model whose fields are known only now."""
    model: type[BaseModel] = create_model(name, **options, **fields)
    return model


def _columns_model(name: str, schema: Schema, spelled: Spelled, *, as_list: bool, description: str) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for at, column in enumerate(schema.each()):
        kind = column_type(column, spelled)
        values = Annotated[list[kind], Field(min_length=1)] if as_list else kind  # type: ignore[valid-type]
        # Any text may name a column; what pydantic calls the field is not shown.
        fields[f"column_{at}"] = (values, Field(alias=column.name))
    return _model(name, fields, __doc__=description)


def column_type(column: Column, spelled: Spelled) -> Any:
    """Return the type of a raw column's values; numbers of a file may also come as texts that it spells so.

    Values outside the range of training and categories it did not hold are answered all the same, so they are described
    and not forbidden.
    """
    kind, description, extra = COLUMN_TYPES[column.type], None, dict[str, Any]()
    if column.categories:
        extra = {"examples": list(column.categories), "x-known-values": list(column.categories)}
        description = f"In training one of {len(column.categories)} values."
    if column.minimum is not None and column.maximum is not None:
        low, high = column.minimum, column.maximum
        if column.type is ColumnType.DATE:
            first, last = (moment_at(end).isoformat() for end in (low, high))
            extra["x-range"], description = [first, last], f"In training from {first} to {last}."
        else:
            extra["x-range"], description = [low, high], f"In training from {low:g} to {high:g}."
    reading = None if spelled.reading is None else spelled.reading.columns.get(column.name)
    if reading is not None and reading.number is not None:
        pattern = reading.number.schema_pattern(has_fraction=column.type is ColumnType.NUMBER)
        kind = kind | Annotated[str, Field(pattern=pattern)]
    if column.name in spelled.examples:
        extra["x-spelling"] = spelled.examples[column.name]
    return Annotated[kind | None if column.nullable else kind, Field(description=description, json_schema_extra=extra)]


def _prediction_type(manifest: Mapping[str, Any]) -> Any:
    if manifest["task"] != "classification":
        return float
    return Annotated[Any, WithJsonSchema({"enum": list(manifest.get("class_values") or manifest["classes"])})]
