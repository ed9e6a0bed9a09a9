"""The OpenAPI document of one endpoint: its columns with example, range and known values, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from tasks.inference.server.deployments.model_repository import Release
from tasks.inference.server.protocols import open_inference
from tasks.inference.server.protocols import openapi_models as models

JSON = "application/json"
ERRORS = {
    "401": "The key is missing, wrong or revoked.",
    "403": "The key may not be used for this.",
    "404": "There is no such endpoint.",
    "413": "The body is too large.",
    "415": "The body is of another kind.",
    "422": "A row cannot be answered; the problems name row and column.",
    "429": "This key has used what it may.",
    "503": "Too busy, not ready yet, or its release cannot be loaded; come again after the time in Retry-After.",
}
BAD_REQUEST = {"400": "The request cannot be answered; the message names row and column."}
OTHER_ERRORS = {**BAD_REQUEST, **{status: text for status, text in ERRORS.items() if status != "422"}}
V1_ERRORS = {status: text for status, text in OTHER_ERRORS.items() if status != "415"}
METADATA_ERRORS = {**BAD_REQUEST, **{status: ERRORS[status] for status in ("401", "403", "404")}}
REFERENCE = "#/components/schemas/{model}"


class SchemaWithoutTitles(GenerateJsonSchema):
    """Leaves out the titles of fields, which repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return that no field has a title."""
        return False


def document(release: Release) -> bytes:
    """Return the OpenAPI document of an endpoint."""
    entry, manifest = release.entry, release.package.manifest
    raw_schema, example = release.package.raw_schema, manifest.get("example") or {}
    spelled = models.Spelled(release.package.reading, manifest.get("spelling") or {})
    row, columns = models.row_model(raw_schema, spelled), models.columns_model(raw_schema, spelled)
    predict, answer = models.predict_models(manifest, row, columns), models.answer_model(manifest)
    scoring, scores = models.scoring_models(row), models.scoring_answer_model(manifest)
    infer, kserve = models.infer_model(raw_schema), models.kserve_model(row)
    named = [*predict, answer, *scoring, scores, kserve, infer, models.InferResponse, models.ModelMetadata]
    schemas = _schemas([*named, models.Error, models.Fault])
    schemas["Row"]["example"] = example
    paths = {
        "/predict": {
            "post": {
                "operationId": "predict",
                "summary": f"Predict “{manifest.get('target', '')}” for raw rows",
                "parameters": _parameters(manifest),
                "requestBody": _body(predict, examples=_predict_examples(example)),
                "responses": _responses("The predictions, in the order of the rows.", answer, ERRORS, models.Error),
            }
        },
        **_scoring_paths(entry.slug, example, scoring, kserve, scores),
        f"/v2/models/{entry.slug}": {
            "get": {
                "operationId": "metadata",
                "summary": "Inputs and outputs as the Open Inference Protocol describes them",
                "responses": _responses(
                    f"What “{entry.name}” takes and gives.", models.ModelMetadata, METADATA_ERRORS, models.Fault
                ),
            }
        },
        f"/v2/models/{entry.slug}/infer": {
            "post": {
                "operationId": "infer",
                "summary": "Predict by the Open Inference Protocol, version 2",
                "requestBody": _body([infer], example=_infer_example(release, example)),
                "responses": _responses("The outputs as tensors.", models.InferResponse, OTHER_ERRORS, models.Fault),
            }
        },
    }
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": entry.name, "version": f"{entry.version}.{entry.release}"},
            "servers": [{"url": "."}],
            "security": [{"key": []}],
            "paths": paths,
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}, "schemas": schemas},
        }
    )


def _scoring_paths(
    slug: str, example: Any, scoring: Sequence[type[BaseModel]], kserve: type[BaseModel], scores: type[BaseModel]
) -> dict[str, Any]:
    """Return the paths of the protocols that answer ``{"predictions": […]}``."""
    description = "The predictions, in the order of the rows."
    return {
        "/invocations": {
            "post": {
                "operationId": "invocations",
                "summary": "The same for MLflow's clients; dataframe_split, inputs and CSV are taken too",
                "requestBody": _body(scoring, example={"dataframe_records": [example]}),
                "responses": _responses(description, scores, OTHER_ERRORS, models.Error),
            }
        },
        f"/v1/models/{slug}:predict": {
            "post": {
                "operationId": "predictV1",
                "summary": "The same for clients of KServe's first protocol and of TensorFlow Serving",
                "requestBody": _body([kserve], example={"instances": [example]}),
                "responses": _responses(description, scores, V1_ERRORS, models.Fault),
            }
        },
    }


def _schemas(described: Sequence[type[BaseModel]]) -> dict[str, Any]:
    both = [(model, "validation") for model in described]
    _, schema = models_json_schema(both, ref_template=REFERENCE, schema_generator=SchemaWithoutTitles)  # type: ignore[arg-type]
    schemas: dict[str, Any] = schema["$defs"]
    return schemas


def _parameters(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the options of the address, which a CSV body cannot hold."""
    return [
        {
            "name": name,
            "in": "query",
            "description": text,
            "schema": TypeAdapter(kind).json_schema(schema_generator=SchemaWithoutTitles),
        }
        for name, (kind, _, text) in models.options_of(manifest).items()
    ]


def _body(bodies: Sequence[type[BaseModel]], **examples: Any) -> dict[str, Any]:
    references = [_reference(model) for model in bodies]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    return {"required": True, "content": {JSON: {"schema": schema, **examples}}}


def _responses(
    description: str, model: type[BaseModel], errors: Mapping[str, str], error: type[BaseModel]
) -> dict[str, Any]:
    return {
        "200": {"description": description, "content": {JSON: {"schema": _reference(model)}}},
        **{
            status: {"description": text, "content": {JSON: {"schema": _reference(error)}}}
            for status, text in errors.items()
        },
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _predict_examples(example: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: [value] for name, value in example.items()}
    return {"rows": {"value": {"rows": [example]}}, "columns": {"value": {"columns": columns}}}


def _infer_example(release: Release, example: Mapping[str, Any]) -> dict[str, Any]:
    inputs = {one["name"]: one for one in open_inference.metadata(release)["inputs"]}
    return {
        "inputs": [
            {"name": name, "datatype": inputs[name]["datatype"], "shape": [1], "data": [value]}
            for name, value in example.items()
            if name in inputs
        ]
    }
