"""Who may read the figures, and that they say what is the case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.accounts import tokens
from apps.accounts.models import Workspace
from apps.compute.models import Host
from apps.runs.models import NodeRun, Run
from apps.serving.models import TrafficMinute
from tests.factories import make_graph, make_person
from tests.factories.serving import make_endpoint

pytestmark = pytest.mark.django_db
ELSEWHERE = "192.0.2.7"
KEY = "a key for reading figures"


def read(**request) -> dict[tuple[str, ...], float]:
    answer = Client(HTTP_HOST="localhost").get("/metrics", **request)
    assert answer.status_code == 200, answer.content
    samples = [s for family in text_string_to_metric_families(answer.content.decode()) for s in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_strangers_elsewhere_and_wrong_keys_are_refused(settings):
    assert Client().get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 403
    settings.LEPTON_METRICS_TOKEN = KEY
    assert Client().get("/metrics", REMOTE_ADDR=ELSEWHERE, headers={"Authorization": "Bearer x"}).status_code == 403
    assert Client().get("/metrics").json()["code"] == "permission_denied"


@pytest.mark.parametrize(
    "sent",
    [{"headers": {name: "x"}} for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP")]
    + [{"HTTP_HOST": "lepton.example.com"}],
)
def test_a_proxy_on_this_machine_is_not_this_machine(sent, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert Client(HTTP_HOST="localhost:8000").get("/metrics").status_code == 200
    assert Client(HTTP_HOST="localhost:8000").get("/metrics", **sent).status_code == 403


def test_behind_a_proxy_that_is_configured_nobody_reads_without_a_key(settings):
    settings.LEPTON_TRUSTED_PROXIES = ["127.0.0.1"]
    assert Client(HTTP_HOST="localhost:8000").get("/metrics").status_code == 403


def test_the_figures_are_stored_nowhere_on_their_way():
    for origin in ({}, {"REMOTE_ADDR": ELSEWHERE}):
        assert Client(HTTP_HOST="localhost").get("/metrics", **origin)["Cache-Control"] == "no-store"


def test_who_has_the_key_may_read_from_anywhere(settings):
    settings.LEPTON_METRICS_TOKEN = KEY
    assert read(REMOTE_ADDR=ELSEWHERE, headers={"Authorization": f"Bearer {KEY}"})


def test_administrators_may_read_from_anywhere_and_others_may_not():
    for is_administrator in (True, False):
        person = make_person(f"p{is_administrator}", is_superuser=is_administrator)
        _, secret = tokens.issue(user=person, name="scrape")
        answer = Client().get("/metrics", REMOTE_ADDR=ELSEWHERE, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == (200 if is_administrator else 403)


def test_requests_are_counted_by_route_and_not_by_path():
    before = read()
    for number in range(3):
        Client().get(f"/api/v1/graphs/{number}/")
    after = read()
    route = ("leptonweb_request_seconds_count", "GET", "api/v1/graphs/{pk}/", "401")
    assert after[route] - before.get(route, 0) == 3
    assert not any("graphs/1/" in label for key in after for label in key)


def make_node(run, name, **fields):
    return NodeRun.objects.create(run=run, node=name, type="source.file", fingerprint="0" * 64, **fields)


def test_what_waits_and_what_runs_is_read_from_the_database():
    graph = make_graph(Workspace.objects.create(name="ours"))
    run = Run.objects.create(graph=graph, workspace=graph.workspace, number=1, document={}, state="running")
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(seconds=100))
    make_node(run, "a", state="queued")
    make_node(run, "b", state="queued", queue="gpu")
    make_node(run, "c", state="running", lease_until=timezone.now() + timedelta(seconds=20))
    make_node(run, "d", state="running", lease_until=timezone.now() - timedelta(seconds=20))
    Host.objects.create(name="one", slots=3, reported_at=timezone.now())
    Host.objects.create(name="gone", slots=5, reported_at=timezone.now() - timedelta(hours=1))
    found = read()
    assert found["leptonweb_runs", "running"] == 1
    assert found["leptonweb_nodes_queued", "cpu"] == found["leptonweb_nodes_queued", "gpu"] == 1
    assert 100 <= found["leptonweb_oldest_queued_seconds", "cpu"] < 130
    assert found["leptonweb_nodes_running", "cpu"] == found["leptonweb_worker_slots_busy",] == 1
    assert found["leptonweb_worker_slots",] == 3
    assert found["leptonweb_database_up",] == 1


def test_requests_of_endpoints_are_added_up_by_status():
    for name in ("one", "two"):
        minute = timezone.now() - timedelta(minutes=1)
        endpoint = make_endpoint(Workspace.objects.create(name=name), slug=name)
        TrafficMinute.objects.create(endpoint=endpoint, minute=minute, statuses={"200": 5, "422": 1})
    assert read()["leptonweb_endpoint_recent_requests", "200"] == 10


def test_the_figures_cost_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        read()
