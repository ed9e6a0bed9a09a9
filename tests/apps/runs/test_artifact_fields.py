"""Every column that holds a digest of the store is declared, and what a declared column keeps is never collected."""

from __future__ import annotations

import json

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from apps.common.artifact_fields import ArtifactField, ArtifactJSONField, artifact_fields, is_referenced
from apps.registry.models import ModelVersion
from apps.registry.services import delete_version
from apps.runs.models import NodeRun, Run, RunEvent
from apps.serving.models import Endpoint
from tasks.jobs.garbage_collection import collect_garbage
from tests.apps.runs.stored import finished, put
from tests.factories import make_dataset, make_graph
from tests.factories.serving import make_endpoint

pytestmark = pytest.mark.django_db

HISTORY = {"runs.RunEvent.body": "the text of an event as it was sent; removed with its run"}
NOT_OF_ARTIFACTS = {
    "accounts.ApiToken.digest": "the HMAC of a secret",
    "accounts.SetupToken.digest": "the HMAC of a secret",
    "serving.EndpointKey.digest": "the HMAC of a secret",
    "serving.SnapshotRevision.digest": "the hash of a snapshot's text",
    "runs.NodeRun.fingerprint": "the key of a cache entry",
}


def label(model: type[models.Model], field: models.Field) -> str:
    return f"{model._meta.label}.{field.name}"


DECLARED = {label(model, field): field for model, field in artifact_fields()}
KEEPING = sorted(name for name, field in DECLARED.items() if field.keeps is not False)


@pytest.fixture
def rows(start, worker, store, workspace, alice):
    """Make, by the label of a field, a row that refers to an artifact; return the row and the artifact."""

    def dataset_version():
        address = put(store, 1)
        return make_dataset(workspace, address=address).current, address

    def release():
        address = put(store, 2)
        made = make_endpoint(workspace, address=address).active
        ModelVersion.objects.filter(pk=made.model_version_id).update(address="0" * 64)
        return made, address

    def model_version():
        address = put(store, 3)
        endpoint = make_endpoint(workspace, slug="other", address=address)
        version = endpoint.active.model_version
        endpoint.releases.all().delete()
        return version, address

    def run():
        address = put(store, 4)
        made = start("a")
        Run.objects.filter(pk=made.pk).update(datasets={"a data set": address}, started_at=timezone.now())
        return made, address

    def node_run():
        made, address = finished(start, worker, store, 5)
        Run.objects.filter(pk=made.pk).update(state=Run.State.RUNNING, started_at=timezone.now())
        return NodeRun.objects.get(run=made), address

    return {
        "datasets.DatasetVersion.address": dataset_version,
        "serving.Release.address": release,
        "registry.ModelVersion.address": model_version,
        "runs.Run.datasets": run,
        "runs.NodeRun.outputs": node_run,
    }


@pytest.mark.parametrize("field", KEEPING)
def test_what_a_declared_field_keeps_is_not_collected_while_its_row_is_there(field, rows, store):
    row, address = rows[field]()
    row.refresh_from_db()
    assert is_referenced(address)
    assert list(DECLARED[field].digests_in(getattr(row, field.rpartition(".")[2]))) == [address]
    collect_garbage(store.scan())
    assert store.exists(address)
    row.delete()
    Run.objects.all().delete()
    assert not is_referenced(address)
    collect_garbage(store.scan())
    assert not store.exists(address)


def test_every_column_in_which_a_digest_is_found_is_declared(rows, start, worker, store, workspace, alice):
    """Everything that names artifacts happens once; then every column of every model is searched for them."""
    table, package, result = (put(store, number) for number in (11, 12, 13))
    version = make_dataset(workspace, address=table).current
    version.content_hash = table
    version.save()
    run, _ = finished(start, worker, store, 13)
    Run.objects.filter(pk=run.pk).update(datasets={"a data set": table})
    endpoint = make_endpoint(workspace, graph=make_graph(workspace), address=package)
    kept = endpoint.active.model_version
    kept.details = {**kept.details, "data": {"a data set": table}}
    kept.save()
    kept.pk, kept.number = None, 2
    kept.save(force_insert=True)
    delete_version(version=kept, user=alice)
    digests = {table, package, result}
    holding = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            for value in model._base_manager.values_list(field.name, flat=True):
                if any(digest in json.dumps(value, default=str) for digest in digests):
                    holding.add(label(model, field))
    assert RunEvent.objects.exists()
    assert Endpoint.objects.exists()
    assert holding - HISTORY.keys() == DECLARED.keys()
    assert holding >= HISTORY.keys()


def test_a_column_whose_name_or_size_is_that_of_a_digest_is_declared():
    undeclared = {
        label(model, field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField) and not isinstance(field, ArtifactField)
        if field.max_length in {64, 128} and any(word in field.name for word in ("address", "digest", "hash", "print"))
    }
    assert undeclared == NOT_OF_ARTIFACTS.keys()


def test_a_declared_field_is_a_plain_one_for_migrations_and_the_database():
    field = ArtifactField("artifact", max_length=64, keeps=False)
    assert field.deconstruct()[1:] == ("django.db.models.CharField", [], {"verbose_name": "artifact", "max_length": 64})
    assert ArtifactJSONField(path="*", default=dict).deconstruct()[1:] == (
        "django.db.models.JSONField",
        [],
        {"default": dict},
    )


@pytest.mark.parametrize(
    ("path", "value", "digests"),
    [
        ("*.address", {"out": {"address": "a"}, "more": {"address": "b"}}, ["a", "b"]),
        ("data.*", {"data": {"x": "a"}, "task": "b"}, ["a"]),
        ("*", {"x": "a", "y": "", "z": None}, ["a"]),
        ("*.address", {"out": "of another form"}, []),
        ("*.address", None, []),
    ],
)
def test_digests_are_found_in_json_by_their_path(path, value, digests):
    assert list(ArtifactJSONField(path=path).digests_in(value)) == digests
