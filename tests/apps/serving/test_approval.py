"""A workspace that releases approved models only: every way in is shut, and whose approval opens it."""

from __future__ import annotations

import pytest

from apps.accounts.models import AuditEntry
from apps.registry.models import RegisteredModel
from apps.serving.models import Endpoint, EndpointKey
from tests.apps.serving.conftest import deploy, redraw, run_of
from tests.serving.packages import line

RULE = "/api/v1/approval-rule/"
ENDPOINT = "/api/v1/endpoints/house-prices/"


def ask_for_approval(owner, **rule):
    said = {"needs_approval": True, "approvers": "owner", "needs_another_person": False}
    answer = owner.put(RULE, {**said, **rule})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def approval_of(number):
    return f"/api/v1/models/{RegisteredModel.objects.get().pk}/versions/{number}/approval/"


@pytest.fixture
def second(as_alice, as_bob, bob, graph, has_run):
    """Release 1 answers from before the rule, release 2 waits."""
    deploy(as_bob, graph)
    ask_for_approval(as_alice)
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=3))
    run_of(graph, line(slope=3), number=2)
    return deploy(as_bob, graph)


def test_a_first_deploy_waits_with_its_version_registered_and_nothing_answers(as_alice, as_bob, graph, has_run):
    ask_for_approval(as_alice)
    answer = deploy(as_bob, graph)
    assert answer.status_code == 403
    response = answer.json()
    assert (response["code"], response["address"]) == (
        "approval_needed",
        f"/models/{RegisteredModel.objects.get().pk}/versions/1",
    )
    assert "version 1 of “House prices”" in response["message"]
    assert "Ask “alice” to approve it" in response["message"]
    shown = as_bob.get(ENDPOINT).json()
    assert (shown["state"], shown["release"], shown["version"]) == ("waiting", None, None)
    assert [(one["number"], one["is_approved"]) for one in shown["releases"]] == [(1, False)]
    assert not EndpointKey.objects.exists(), "a key nobody was shown is of no use"
    as_alice.put(approval_of(1))
    released = deploy(as_bob, graph).json()
    assert (released["endpoint"]["release"], bool(released["key"])) == (1, True)
    assert Endpoint.objects.get().releases.count() == 1


def test_what_waited_can_answer_once_approved_though_the_draft_went_on(as_alice, as_bob, bob, graph, second):
    assert second.status_code == 403
    redraw(graph, bob, lambda document: document["nodes"][1]["params"].update(alpha=4))
    as_alice.put(approval_of(2))
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 2}).json()["release"]["number"] == 2


@pytest.mark.parametrize(
    ("way", "call"),
    [
        ("rollback", lambda client, _: client.post(f"{ENDPOINT}rollback/", {"release": 2})),
        ("canary", lambda client, _: client.put(f"{ENDPOINT}traffic/", {"canary": {"release": 2, "percent": 5}})),
        ("shadow", lambda client, _: client.put(f"{ENDPOINT}traffic/", {"shadow": 2})),
        (
            "alias",
            lambda client, _: client.put(
                f"/api/v1/models/{RegisteredModel.objects.get().pk}/aliases/best/", {"version": 2}
            ),
        ),
        ("deploy", deploy),
    ],
)
def test_every_way_of_releasing_is_refused_and_written_down(as_bob, graph, second, way, call):
    AuditEntry.objects.all().delete()
    answer = call(as_bob, graph)
    assert (answer.status_code, answer.json()["code"]) == (403, "approval_needed")
    assert answer.json()["address"].endswith("/versions/2")
    line = AuditEntry.objects.get(action="model.release_refused")
    assert (line.actor.username, line.details) == ("bob", {"version": 2, "way": way})
    shown = as_bob.get(ENDPOINT).json()
    assert (shown["release"]["number"], shown["canary"], shown["shadow"]) == (1, None, None)


def test_what_answered_before_the_rule_goes_on_and_is_not_gone_back_to_unapproved(as_alice, as_bob, second):
    as_alice.put(approval_of(2))
    as_bob.post(f"{ENDPOINT}rollback/", {"release": 2})
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 1}).status_code == 403
    assert as_bob.get(ENDPOINT).json()["release"]["number"] == 2


def test_nobody_approves_their_own_where_another_person_has_to(as_alice, as_bob, second):
    rule = ask_for_approval(as_alice, approvers="analyst", needs_another_person=True)
    assert rule["names"] == ["alice", "bob"]
    refused = as_bob.put(approval_of(2))
    assert (refused.status_code, refused.json()["code"]) == (403, "own_approval")
    assert "Ask “alice” to approve it" in refused.json()["message"]
    assert as_alice.put(approval_of(2)).status_code == 200
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 2}).status_code == 200


def test_an_own_approval_stops_counting_when_another_person_is_asked_for(as_alice, as_bob, second):
    ask_for_approval(as_alice, approvers="analyst")
    assert as_bob.put(approval_of(2)).status_code == 200
    ask_for_approval(as_alice, approvers="analyst", needs_another_person=True)
    assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 2}).status_code == 403
    versions = as_bob.get(approval_of(2).split("versions")[0]).json()["versions"]
    assert [(one["number"], one["is_approved"]) for one in versions] == [(2, False), (1, False)]


def test_where_nobody_else_may_approve_the_refusal_says_how_to_get_somebody(as_alice, graph, has_run):
    ask_for_approval(as_alice, needs_another_person=True)
    message = deploy(as_alice, graph).json()["message"]
    assert "add another owner in the settings" in message


def test_analysts_approve_only_where_the_workspace_says_so(as_alice, as_bob, second):
    refused = as_bob.put(approval_of(2))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_approver")
    ask_for_approval(as_alice, approvers="analyst")
    assert as_bob.put(approval_of(2)).status_code == 200
    ask_for_approval(as_alice, approvers="owner")
    assert as_bob.delete(approval_of(2)).status_code == 403


def test_the_rule_is_the_owners_and_its_change_is_written_down(as_alice, as_bob, as_vera):
    assert as_vera.get(RULE).json() == {
        "needs_approval": False,
        "approvers": "owner",
        "needs_another_person": False,
        "names": ["alice"],
    }
    rule = {"needs_approval": True, "approvers": "owner", "needs_another_person": False}
    assert as_bob.put(RULE, rule).status_code == 403
    assert as_alice.put(RULE, {**rule, "approvers": "viewer"}).status_code == 400
    assert as_alice.put(RULE, {"approvers": "owner"}).status_code == 400
    as_alice.put(RULE, rule)
    assert AuditEntry.objects.get(action="workspace.approval_rule_changed").details == rule


class TestRefusal:
    def refuse(self, client, number, why="It guesses castles too low."):
        return client.put(approval_of(number).replace("approval", "refusal"), {"why": why})

    def version(self, client, number):
        versions = client.get(approval_of(2).split("versions")[0]).json()["versions"]
        return next(one for one in versions if one["number"] == number)

    def test_a_refusal_says_who_and_why_to_whoever_wants_to_release_it(self, as_alice, as_bob, second):
        assert self.refuse(as_alice, 2).status_code == 200
        shown = self.version(as_bob, 2)
        assert (shown["refused_by"], shown["refused_why"]) == ("alice", "It guesses castles too low.")
        assert shown["refused_at"]
        message = as_bob.post(f"{ENDPOINT}rollback/", {"release": 2}).json()["message"]
        assert "alice refused it: “It guesses castles too low.”" in message
        assert AuditEntry.objects.get(action="model.approval_refused").details["version"] == 2

    def test_it_takes_an_approval_back_and_an_approval_takes_it_back(self, as_alice, as_bob, second):
        as_alice.put(approval_of(2))
        self.refuse(as_alice, 2)
        assert self.version(as_bob, 2)["approved_at"] is None
        assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 2}).status_code == 403
        as_alice.put(approval_of(2))
        assert self.version(as_bob, 2)["refused_at"] is None
        assert as_bob.post(f"{ENDPOINT}rollback/", {"release": 2}).status_code == 200

    def test_it_is_withdrawn_like_an_approval(self, as_alice, as_bob, second):
        self.refuse(as_alice, 2)
        as_alice.delete(approval_of(2))
        shown = self.version(as_bob, 2)
        assert (shown["approved_at"], shown["refused_at"], shown["refused_why"]) == (None, None, "")

    def test_it_is_theirs_whose_approval_counts_and_needs_a_reason(self, as_alice, as_bob, second):
        assert self.refuse(as_bob, 2).json()["code"] == "not_an_approver"
        assert self.refuse(as_alice, 2, why=" ").status_code == 400
