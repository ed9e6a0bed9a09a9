"""The page's interface, played against its own document as three roles: never a 500, whatever is sent."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.stack import Refused
from tests.story.test_story import ALPHA, Deployed, dataset, node, rows  # noqa: F401 - fixtures

pytestmark = [pytest.mark.worker, pytest.mark.full]

CASES = 3300
QUIET = [
    HealthCheck.too_slow,
    HealthCheck.function_scoped_fixture,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]
METHODS = ("GET", "PUT", "PATCH", "POST", "DELETE")  # what is there is deleted last
ROLES = ("viewer", "analyst", "owner")
# Its rows end the token or the person that asks.
OWN_ROWS = ("/tokens/", "/sign-ins/", "/members/")


@pytest.fixture(scope="module")
def stack(stack_with):
    return stack_with(LEPTON_LOG_FORMAT="json")


@pytest.fixture(scope="module")
def api(stack):
    return stack.signed_in()


@pytest.fixture(scope="module")
def there(stack, api, dataset):  # noqa: F811
    """Return what the paths of each kind of row may hold so that there is one."""
    made = Deployed(stack, api, dataset, "Ridge", node("model", "model.linear", penalty="ridge", alpha=ALPHA))
    model = api.get("/models/")["results"][0]["id"]
    return {
        "datasets": {"id": dataset["id"]},
        "graphs": {"id": made.graph, "version": 1},
        "runs": {"id": made.run["id"], "node": "model", "port": "model"},
        "endpoints": {"slug": made.made["endpoint"]["slug"]},
        "models": {"id": model, "version": 1, "alias": "champion"},
    }


def token_of(stack, api, role):
    name, password = f"the-{role}", "a phrase for many cases"
    api.post("/members/", {"username": name, "role": role, "password": password})
    return stack.api().post("/auth/token/", {"username": name, "password": password, "name": "cases"})["token"]


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_is_sent_is_an_error_of_the_server(stack, api, there, role):
    token = token_of(stack, api, role)
    document = schemathesis.openapi.from_dict(api.get("/schema/?format=json"))
    operations = sorted(
        (made.ok() for made in document.get_all_operations()), key=lambda one: METHODS.index(one.method.upper())
    )
    statuses: Counter[int] = Counter()
    faults: dict[str, str] = {}
    per_mode = -(-CASES // (2 * len(operations)))
    for operation in operations:
        known = {} if operation.path.removeprefix("/api/v1").startswith(OWN_ROWS) else there_for(operation.path, there)
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            for case in cases_of(operation, mode, known, per_mode):
                answer = case.call(base_url=stack.address, headers={"Authorization": f"Bearer {token}"})
                statuses[answer.status_code] += 1
                if answer.status_code >= 500 and answer.status_code != 507:
                    call = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
                    faults.setdefault(operation.label, f"{answer.status_code} {call}"[:1000])
    print(f"{role}: {sum(statuses.values())} cases, {json.dumps(dict(sorted(statuses.items())))}")  # noqa: T201 - the figures of this measurement
    assert not faults, json.dumps(faults, indent=1)
    assert sum(statuses.values()) >= 3000
    assert not {200, 400, 404} - set(statuses)


def cases_of(operation, mode, known, count):
    """Return generated calls of an operation, half of them of a row that is there; none where nothing can be spoilt."""
    made = []

    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=QUIET,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
    )
    def collect(case, is_there):
        if is_there:
            case.path_parameters = {**(case.path_parameters or {}), **known}
        made.append(case)

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):
        collect()
    return made


def there_for(path, there):
    """Return the parameters of a path for which there is a row."""
    kind = path.removeprefix("/api/v1/").split("/")[0]
    return {name: value for name, value in there.get(kind, {}).items() if f"{{{name}}}" in path}


def test_without_a_valid_token_nothing_is_opened(stack, there):
    """The cases above are worth something: a token is what opens the rows that are there."""
    with pytest.raises(Refused) as refused:
        stack.api("lw_nobody").get(f"/graphs/{there['graphs']['id']}/")
    assert refused.value.status == 401
