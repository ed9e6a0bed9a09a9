"""The OpenAPI document of one endpoint: its columns with example, range and known values, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tasks.contract.schema import Column, ColumnType
from tasks.inference.explain import ROWS_AT_ONCE
from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.protocols import mlflow, open_inference
from tasks.inference.server.protocols.predict import MOST_ROWS
from tasks.inference.tensors import DATATYPES

JSON, CSV = "application/json", "text/csv"
STRING = {"type": "string"}
WARNINGS = {"type": "array", "items": STRING}
ERRORS = {
    "401": "The key is missing, wrong or revoked.",
    "403": "The key may not be used for this.",
    "404": "There is no such endpoint.",
    "413": "The body is too large.",
    "415": "The body is of another kind.",
    "422": "A row cannot be answered; the problems name row and column.",
    "429": "This key has used what it may.",
    "503": "Too busy, or not ready yet; come again after the time in Retry-After.",
}
BAD = {"400": "The request cannot be answered; the message names row and column."}


def document(release: Release) -> bytes:
    """Return the OpenAPI document of an endpoint."""
    entry = release.entry
    said = {
        "openapi": "3.1.0",
        "info": {"title": entry.name, "version": f"{entry.version}.{entry.release}"},
        "servers": [{"url": "."}],
        "security": [{"key": []}],
        "paths": {
            "/predict": {"post": _predict(release)},
            "/invocations": {"post": _invocations(release)},
            f"/v2/models/{entry.slug}": {"get": _metadata(release)},
            f"/v2/models/{entry.slug}/infer": {"post": _infer(release)},
        },
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Row": _row(release), "Columns": _columns(release), "Error": _error(), "Fault": _fault()},
        },
    }
    return orjson.dumps(said)


def _predict(release: Release) -> dict[str, Any]:
    manifest = release.package.manifest
    example = manifest.get("example") or {}
    options = _options(manifest)
    rows = {"type": "array", "minItems": 1, "items": _ref("Row")}
    body = {
        "oneOf": [
            {"type": "object", "required": ["rows"], "properties": {"rows": rows, "columns": False, **options}},
            {
                "type": "object",
                "required": ["columns"],
                "properties": {"columns": _ref("Columns"), "rows": False, **options},
            },
        ]
    }
    return {
        "operationId": "predict",
        "summary": f"Predict “{manifest.get('target', '')}” for raw rows",
        "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in options.items()],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": body,
                    "examples": {
                        "rows": {"value": {"rows": [example]}},
                        "columns": {"value": {"columns": {name: [value] for name, value in example.items()}}},
                    },
                },
            },
        },
        "responses": _responses("The predictions, in the order of the rows.", _answer(manifest), ERRORS, "Error"),
    }


def _options(manifest: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "explain": {
            "type": "boolean",
            "description": f"Also say what each column adds to each prediction; at most {ROWS_AT_ONCE} rows.",
        }
    }
    known = manifest.get("residual_quantiles")
    if known is not None:
        options["interval"] = {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": len(known["half_widths"]) / 100,
            "description": "Also give the interval that holds this share of the truth, as on held-out rows.",
        }
    return options


def _invocations(release: Release) -> dict[str, Any]:
    rows = {"type": "array", "minItems": 1, "items": _ref("Row")}
    body = {
        "oneOf": [
            {
                "type": "object",
                "required": [name],
                "properties": {name: rows, mlflow.PARAMS: {"type": "object"}},
                "additionalProperties": False,
            }
            for name in ("dataframe_records", "instances")
        ]
    }
    example = {"dataframe_records": [release.package.manifest.get("example") or {}]}
    schema = {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": {"type": "array", "items": _value(release.package.manifest)}},
    }
    errors = {**BAD, **{status: text for status, text in ERRORS.items() if status != "422"}}
    return {
        "operationId": "invocations",
        "summary": "The same for MLflow's clients; dataframe_split, inputs and CSV are taken too",
        "requestBody": {"required": True, "content": {JSON: {"schema": body, "example": example}}},
        "responses": _responses("The predictions, in the order of the rows.", schema, errors, "Error"),
    }


def _metadata(release: Release) -> dict[str, Any]:
    tensor = {
        "type": "object",
        "required": ["name", "datatype", "shape"],
        "properties": {"name": STRING, "datatype": {"enum": list(DATATYPES)}, "shape": {"type": "array"}},
    }
    schema = {
        "type": "object",
        "required": ["name", "versions", "platform", "inputs", "outputs"],
        "properties": {
            "inputs": {"type": "array", "items": tensor},
            "outputs": {"type": "array", "items": tensor},
        },
    }
    errors = {status: ERRORS[status] for status in ("401", "403", "404")}
    return {
        "operationId": "metadata",
        "summary": "Inputs and outputs as the Open Inference Protocol describes them",
        "responses": _responses(f"What “{release.entry.name}” takes and gives.", schema, {**BAD, **errors}, "Fault"),
    }


def _infer(release: Release) -> dict[str, Any]:
    row = release.package.manifest.get("example") or {}
    named = {one["name"]: one for one in open_inference.metadata(release)["inputs"]}
    example = {
        "inputs": [
            {"name": name, "datatype": named[name]["datatype"], "shape": [1], "data": [value]}
            for name, value in row.items()
            if name in named
        ]
    }
    tensor = {
        "type": "object",
        "required": ["name", "datatype", "shape"],
        "properties": {
            "name": {"enum": list(named)},
            "datatype": {"enum": list(DATATYPES)},
            "shape": {
                "type": "array",
                "shape": {
                    "type": "array",
                    "items": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
                    "minItems": 1,
                    "maxItems": 2,
                },
                "minItems": 1,
                "maxItems": 2,
            },
            "data": {"type": "array"},
        },
    }
    body = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": STRING,
            "inputs": {"type": "array", "minItems": 1, "items": tensor},
            "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        },
    }
    schema = {
        "type": "object",
        "required": ["model_name", "model_version", "outputs"],
        "properties": {"outputs": {"type": "array", "items": {"type": "object", "required": ["name", "datatype"]}}},
    }
    errors = {**BAD, **{status: text for status, text in ERRORS.items() if status != "422"}}
    return {
        "operationId": "infer",
        "summary": "Predict by the Open Inference Protocol, version 2",
        "requestBody": {"required": True, "content": {JSON: {"schema": body, "example": example}}},
        "responses": _responses("The outputs as tensors.", schema, errors, "Fault"),
    }


def _responses(said: str, schema: Mapping[str, Any], errors: Mapping[str, str], form: str) -> dict[str, Any]:
    return {
        "200": {"description": said, "content": {JSON: {"schema": schema}}},
        **{status: {"description": text, "content": {JSON: {"schema": _ref(form)}}} for status, text in errors.items()},
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _row(release: Release) -> dict[str, Any]:
    schema = release.package.raw_schema
    return {
        "type": "object",
        "required": list(schema.names),
        "properties": {column.name: column_schema(column) for column in schema.each()},
        "example": release.package.manifest.get("example") or {},
    }


def _columns(release: Release) -> dict[str, Any]:
    schema = release.package.raw_schema
    return {
        "type": "object",
        "description": "A list of values for each column, all of the same length.",
        "required": list(schema.names),
        "properties": {
            column.name: {"type": "array", "minItems": 1, "items": column_schema(column)} for column in schema.each()
        },
    }


def column_schema(column: Column) -> dict[str, Any]:
    """Return the JSON schema of a raw column's values.

    Values outside the range of training and categories it did not hold are answered all the same, so they are told
    and not forbidden.
    """
    kinds: dict[ColumnType, dict[str, Any]] = {
        ColumnType.NUMBER: {"type": "number"},
        ColumnType.INTEGER: {"type": "integer"},
        ColumnType.BOOLEAN: {"enum": [True, False, 0, 1]},
        ColumnType.DATE: {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
    }
    schema = dict(kinds.get(column.type, STRING))
    if column.categories:
        schema |= {"examples": list(column.categories), "x-known-values": list(column.categories)}
        schema["description"] = f"In training one of {len(column.categories)} values."
    if column.minimum is not None and column.maximum is not None:
        schema["x-range"] = [column.minimum, column.maximum]
        schema["description"] = f"In training from {column.minimum:g} to {column.maximum:g}."
    if not column.nullable:
        return schema
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _value(manifest: Mapping[str, Any]) -> dict[str, Any]:
    if manifest["task"] != "classification":
        return {"type": "number"}
    return {"enum": list(manifest.get("class_values") or manifest["classes"])}


def _answer(manifest: Mapping[str, Any]) -> dict[str, Any]:
    number = {"type": "number"}
    numbers = {"type": "object", "additionalProperties": number}
    pair = {"type": "object", "required": ["low", "high"], "properties": {"low": number, "high": number}}
    explained = {
        "type": "object",
        "required": ["of", "scale", "base", "contributions"],
        "properties": {
            "of": STRING,
            "scale": {"enum": ["value", "log-odds", "probability"]},
            "base": number,
            "contributions": numbers,
        },
    }
    model = {
        "type": "object",
        "required": ["name", "version", "release"],
        "properties": {"name": STRING, "version": {"type": "integer"}, "release": {"type": "integer"}},
    }
    properties: dict[str, Any] = {
        "predictions": {"type": "array", "items": _value(manifest)},
        "explanations": {"type": "array", "items": explained},
        "model": model,
        "warnings": WARNINGS,
    }
    if manifest["task"] == "classification":
        share = {"type": "number", "minimum": 0, "maximum": 1}
        properties["probabilities"] = {"type": "array", "items": {"type": "object", "additionalProperties": share}}
    else:
        properties["intervals"] = {"type": "array", "items": pair}
    return {"type": "object", "required": ["predictions", "model", "warnings"], "properties": properties}


def _error() -> dict[str, Any]:
    problem = {"type": "object", "required": ["at", "message"], "properties": {"at": STRING, "message": STRING}}
    return {
        "type": "object",
        "required": ["code", "message", "problems"],
        "properties": {"code": STRING, "message": STRING, "problems": {"type": "array", "items": problem}},
    }


def _fault() -> dict[str, Any]:
    return {"type": "object", "required": ["error"], "properties": {"error": STRING}}
