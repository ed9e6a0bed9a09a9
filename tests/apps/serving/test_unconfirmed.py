"""A release that nobody has seen to answer: what answered before stays known until then, and comes back if it fails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import AuditEntry
from apps.serving import active_release, serving_client
from apps.serving.models import Endpoint
from tests.apps.serving.conftest import deploy, redraw, run_of
from tests.serving.packages import line

pytestmark = pytest.mark.postgresql


@pytest.fixture
def says(monkeypatch):
    """Have one serving process say what it answers with, and why it does not with the release that it should."""

    def set_up(release, failure=""):
        reported = {"release": release, "failures": {"release": failure} if failure else {}}
        report = {"revision": 2**62, "endpoints": {"house-prices": reported}}
        monkeypatch.setattr(serving_client, "reports", lambda: [report])

    return set_up


def another(client, user, graph, alpha):
    redraw(graph, user, lambda document: document["nodes"][1]["params"].update(alpha=alpha))
    run_of(graph, line(slope=alpha), number=alpha)
    return deploy(client, graph)


def pass_time():
    Endpoint.objects.update(unconfirmed_since=timezone.now() - timedelta(minutes=1))


def state():
    endpoint = Endpoint.objects.get()
    return (endpoint.active.number, endpoint.fallback and endpoint.fallback.number, bool(endpoint.unconfirmed_since))


def test_a_release_that_turns_out_not_to_load_is_taken_back_though_nobody_waits_any_more(
    as_bob, bob, graph, has_run, says
):
    says(1)
    deploy(as_bob, graph)
    assert state() == (1, None, False)
    assert another(as_bob, bob, graph, 3).status_code == 201
    assert state() == (2, 1, True), "it is being loaded when the deploy ends to wait"
    says(1, "no model")
    assert active_release.check_pending_releases() == 0, "somebody may still wait for it"
    pass_time()
    assert active_release.check_pending_releases() == 1
    assert state() == (1, None, False)
    shown = as_bob.get("/api/v1/endpoints/house-prices/").json()["returned"]
    assert (shown["why"], shown["why_parts"]) == ("no model", None)
    Endpoint.objects.update(returned={name: shown[name] for name in ("release", "at", "why")})
    as_stored_before = as_bob.get("/api/v1/endpoints/house-prices/").json()["returned"]
    assert as_stored_before == shown
    assert AuditEntry.objects.get(action="endpoint.rolled_back").details["release"] == 1
    assert active_release.check_pending_releases() == 0


def test_a_release_that_answers_in_the_end_is_confirmed(as_bob, bob, graph, has_run, says):
    says(1)
    deploy(as_bob, graph)
    another(as_bob, bob, graph, 3)
    says(2)
    assert active_release.check_pending_releases() == 1
    assert state() == (2, None, False)
    says(1, "lost since then")
    assert active_release.check_pending_releases() == 0, "what did answer is not taken back"


def refuse_both(client, user, graph, monkeypatch):
    """Deploy again while the release before is still being loaded; that one is refused first, then this one."""
    endpoint = Endpoint.objects.get()
    first, former = endpoint.active, endpoint.fallback

    def wait_for(*_, **__):
        active_release.withdraw(endpoint, first, former, is_new=True)
        return serving_client.ReleaseStatus("failed", "no model")

    monkeypatch.setattr(serving_client, "wait_for", wait_for)
    assert another(client, user, graph, 5).json()["code"] == "release_refused"


def test_of_two_refused_deploys_that_overlap_neither_stays(as_bob, bob, graph, has_run, says, monkeypatch):
    says(1)
    deploy(as_bob, graph)
    another(as_bob, bob, graph, 3)
    assert state() == (2, 1, True)
    refuse_both(as_bob, bob, graph, monkeypatch)
    assert state() == (1, None, False)
    assert Endpoint.objects.get().releases.count() == 1


def test_a_refused_first_deploy_is_not_gone_back_to(as_bob, bob, graph, has_run, says, monkeypatch):
    says(0)
    deploy(as_bob, graph)
    assert state() == (1, None, True)
    refuse_both(as_bob, bob, graph, monkeypatch)
    assert Endpoint.objects.get().active is None


def test_a_release_with_nothing_to_go_back_to_stays(as_bob, graph, has_run, says):
    says(0)
    deploy(as_bob, graph)
    says(0, "no model")
    pass_time()
    assert active_release.check_pending_releases() == 0
    assert state() == (1, None, True)
