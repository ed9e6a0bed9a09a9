"""A deploy asks again where the verdict on the model warns: by its codes, acknowledged in the request."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.accounts.models import AuditEntry
from apps.registry.models import RegisteredModel
from apps.serving.models import Endpoint
from tasks.verdict.judge import judge
from tasks.verdict.values import Judged
from tests.apps.serving.conftest import deploy, run_of
from tests.serving.packages import line


def package(*, rmse=16.0, rows=500, has_verdict=True):
    """Return a package whose model has this error, where the mean has 10."""
    scores = {"r2": 1 - (rmse / 10) ** 2, "rmse": rmse, "baseline_rmse": 10.0}
    made = line(name="")
    verdict = judge(Judged("regression", "price", scores, "test", rows)).to_json() if has_verdict else None
    return replace(made, program={**made.program, "metrics": scores, "scored_on": "test", "verdict": verdict})


@pytest.mark.parametrize("has_verdict", [True, False], ids=["judged", "stored before models were judged"])
def test_a_model_worse_than_the_mean_waits_until_that_is_acknowledged(as_bob, bob, graph, data_folder, has_verdict):
    run_of(graph, package(has_verdict=has_verdict))
    answer = deploy(as_bob, graph)
    assert (answer.status_code, answer.json()["code"]) == (409, "deploy_warned")
    sentence = "No better than always answering the mean: error 16 against 10 (R² −1.56)."
    assert [(one["code"], one["message"]) for one in answer.json()["warnings"]] == [
        ("no_better_than_guessing", sentence)
    ]
    assert answer.json()["warnings"][0]["message_id"] == "verdict.regression_guessing"
    assert not Endpoint.objects.exists()
    assert not RegisteredModel.objects.exists()
    assert deploy(as_bob, graph, acknowledged=["few_rows"]).status_code == 409

    answer = deploy(as_bob, graph, acknowledged=["no_better_than_guessing"])
    assert answer.status_code == 201, answer.json()
    entry = AuditEntry.objects.get(action="endpoint.warnings_acknowledged")
    assert (entry.actor, entry.details) == (bob, {"release": 1, "warnings": ["no_better_than_guessing"]})
    assert deploy(as_bob, graph).status_code == 201, "what answers already is not asked about again"
    shown = as_bob.get("/api/v1/endpoints/house-prices/").json()["release"]["model"]["verdict"]
    assert (shown["state"], shown["message"]) == ("guessing", sentence)


def test_rows_judged_too_few_are_asked_about_and_a_good_model_is_not(as_bob, graph, data_folder):
    run_of(graph, package(rmse=4.0, rows=12))
    warnings = deploy(as_bob, graph).json()["warnings"]
    assert [one["code"] for one in warnings] == ["few_rows"]
    run_of(graph, package(rmse=4.0), number=2)
    assert deploy(as_bob, graph).status_code == 201
    assert not AuditEntry.objects.filter(action="endpoint.warnings_acknowledged").exists()


def test_a_version_that_does_not_answer_is_asked_about_again(as_bob, graph, data_folder):
    run_of(graph, package())
    deploy(as_bob, graph, acknowledged=["no_better_than_guessing"])
    run_of(graph, package(rmse=4.0), number=2)
    assert deploy(as_bob, graph).status_code == 201
    model = RegisteredModel.objects.get()
    versions = {one["number"]: one for one in as_bob.get(f"/api/v1/models/{model.pk}/").json()["versions"]}
    assert (versions[1]["verdict"]["state"], versions[2]["verdict"]["state"]) == ("guessing", "useful")
    place = f"/api/v1/models/{model.pk}/versions/1/deploy/"
    assert as_bob.post(place).json()["code"] == "deploy_warned"
    assert as_bob.post(place, {"acknowledged": ["no_better_than_guessing"]}).status_code == 201
    assert as_bob.post(place).status_code == 201
