"""Each endpoint's own OpenAPI document, played against it: never a 500, every answer as the document says."""

from __future__ import annotations

import json

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

from tests.oip.conftest import HEADERS, served, url  # noqa: F401 - fixtures
from tests.oip.packages import houses
from tests.tiers import examples

EXAMPLES = examples(12, 100)
PHASES = [Phase.explicit, Phase.generate]
QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]


def checks(case):
    """Return what an answer must be. The key is always sent and unknown options are ignored: only bodies are spoilt."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_schema_conformance,
        status_code_conformance,
    )

    body = case.meta.components.get(ParameterLocation.BODY)
    is_spoilt = body is not None and body.mode.is_negative
    return [
        not_a_server_error,
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
        *([negative_data_rejection] if is_spoilt else []),
    ]


@pytest.mark.parametrize("slug", ["houses", "line", "whole"])
@pytest.mark.parametrize(
    "path", ["/predict", "/invocations", "/v1/models/{slug}:predict", "/v2/models/{slug}/infer", "/v2/models/{slug}"]
)
def test_the_endpoint_keeps_to_its_document(url, slug, path):  # noqa: F811
    document = schemathesis.openapi.from_url(f"{url}/{slug}/openapi.json", headers=HEADERS)
    method = "GET" if path.endswith("{slug}") else "POST"
    operation = document[path.format(slug=slug)][method]
    statuses = {}
    if method == "POST":  # few generated bodies of a wide model are right, so its own example is sent too
        body = document.raw_schema["paths"][path.format(slug=slug)]["post"]["requestBody"]["content"][
            "application/json"
        ]
        example = body.get("example") or next(iter(body["examples"].values()))["value"]
        answer = requests.post(f"{url}/{slug}{path.format(slug=slug)}", json=example, headers=HEADERS, timeout=30)
        assert answer.status_code == 200, answer.text
        statuses[200] = 1

    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            suppress_health_check=QUIET,
            derandomize=True,
            database=None,
            phases=PHASES,
        )
        def play(case):
            answer = case.call(base_url=f"{url}/{slug}", headers=HEADERS)
            case.validate_response(answer, checks=checks(case))
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            if answer.status_code == 422:
                assert all({"at", "message"} <= set(problem) for problem in answer.json()["problems"])

        if mode is schemathesis.GenerationMode.POSITIVE or not path.endswith("{slug}"):
            play()
    assert set(statuses) <= {200, 400, 401, 404, 405, 415, 422}
    assert statuses.get(200)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
TEXTS = st.text() | st.sampled_from(["NaN", "1e999", "2026-02-30", "0001-01-01T00:00:00+14:00", "\0", "=1+1", "Oslo"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, -(2**64), 10**400, 1e308, 1e-320, -0.0])
VALUES = st.none() | st.booleans() | NUMBERS | TEXTS | st.lists(st.integers(), max_size=2)


@st.composite
def rows(draw):
    row = dict(houses().program["example"])
    for name in draw(st.sets(st.sampled_from([*row, "unknown", ""]))):
        row[name] = draw(VALUES)
    for name in draw(st.sets(st.sampled_from(list(row)), max_size=1)):
        del row[name]
    return row


@hypothesis.given(
    given=st.lists(rows(), min_size=1, max_size=4),
    options=st.fixed_dictionaries({}, optional={"explain": VALUES, "interval": VALUES}),
)
@settings(
    max_examples=examples(60, 500),
    deadline=None,
    suppress_health_check=QUIET,
    derandomize=True,
    database=None,
    phases=PHASES,
)
def test_spoilt_rows_are_answered_or_refused_by_row_and_column(url, given, options):  # noqa: F811
    body = json.dumps({"rows": given, **options})  # with NaN and Infinity, as careless clients write them
    answer = requests.post(f"{url}/houses/predict", body.encode(), headers=HEADERS, timeout=30)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert len(answer.json()["predictions"]) == len(given)
        return
    for problem in answer.json()["problems"]:
        assert problem["message"]
        if problem["at"].startswith("rows."):
            assert int(problem["at"].split(".")[1]) < len(given)


@pytest.mark.parametrize("path", ["predict", "invocations", "v1/models/houses:predict", "v2/models/houses/infer"])
@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/octet-stream", "text/plain", "x"])
def test_any_body_of_any_kind_gets_an_answer_below_500(url, path, kind):  # noqa: F811
    @hypothesis.given(body=st.binary(max_size=200) | ANY_JSON.map(json.dumps).map(str.encode) | TEXTS.map(str.encode))
    @settings(
        max_examples=examples(25, 200),
        deadline=None,
        suppress_health_check=QUIET,
        derandomize=True,
        database=None,
        phases=PHASES,
    )
    def play(body):
        answer = requests.post(f"{url}/houses/{path}", body, headers={**HEADERS, "Content-Type": kind}, timeout=30)
        assert 400 <= answer.status_code < 500, (body, answer.text)
        assert answer.json()

    play()


@pytest.mark.parametrize("path", ["predict", "invocations", "v1/models/houses:predict", "v2/models/houses/infer"])
def test_deep_and_large_bodies_are_refused(url, path):  # noqa: F811
    deep = b'{"rows":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert requests.post(f"{url}/houses/{path}", deep, headers=HEADERS, timeout=30).status_code in (400, 422)
    largest = b'{"rows": [' + b"1," * (5 * 2**20 - 100) + b"1]}"
    assert requests.post(f"{url}/houses/{path}", largest, headers=HEADERS, timeout=30).status_code in (400, 422)
    answer = requests.post(f"{url}/houses/{path}", largest + b" " * 2**20, headers=HEADERS, timeout=30)
    assert answer.status_code == 413


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", "Basic bGVw", "Bearer \u00ff"])
@pytest.mark.parametrize("path", ["predict", "invocations", "v1/models/houses:predict", "v2/models/houses/infer"])
def test_a_wrong_key_is_401_whatever_the_protocol(url, path, key):  # noqa: F811
    headers = {"Authorization": key.encode("latin-1")}
    assert requests.post(f"{url}/houses/{path}", b"{}", headers=headers, timeout=30).status_code == 401
