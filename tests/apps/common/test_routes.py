"""Who may call what: every route and method, as six kinds of people. A route without a line here fails."""

from __future__ import annotations

import re

import pytest
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import tokens
from apps.accounts.models import BrowserSession, Membership
from apps.graphs.models import GraphVersion
from apps.runs.models import NodeRun, Run
from tests.factories import make_dataset, make_graph, make_person
from tests.factories.serving import make_endpoint

PEOPLE = ("anonymous", "stranger", "viewer", "analyst", "owner", "administrator")

# What each of PEOPLE gets; "ok" is anything but a refusal for who they are. A stranger has a workspace of their own,
# so lists and creation are theirs to use there, and what belongs to others is not there for them.
PUBLIC = "ok ok ok ok ok ok"
OWN = "401 ok ok ok ok ok"
OWN_ROW = "401 404 404 404 ok 404"  # the row is the owner's
LIST = "401 ok ok ok ok ok"
READ = "401 404 ok ok ok ok"
CREATE = "401 ok 403 ok ok ok"
CHANGE = "401 404 403 ok ok ok"
MANAGE = "401 ok 403 403 ok ok"
MANAGE_ROW = "401 404 403 403 ok ok"
OWN_UPLOAD = "401 404 404 404 ok 404"
SITE = "401 403 403 403 403 ok"

EXPECTED = {
    "GET schema/": PUBLIC,
    "GET docs/": PUBLIC,
    "GET health/": PUBLIC,
    "GET session/": PUBLIC,
    "POST session/": PUBLIC,
    "DELETE session/": PUBLIC,
    "POST setup/": PUBLIC,
    "POST setup/link/": PUBLIC,
    "POST auth/token/": PUBLIC,
    "POST password/": OWN,
    "GET tokens/": OWN,
    "POST tokens/": OWN,
    "DELETE tokens/{token}/": "401 404 404 404 ok ok",
    "GET sign-ins/": OWN,
    "DELETE sign-ins/elsewhere/": OWN,
    "DELETE sign-ins/{sign_in}/": OWN_ROW,
    "GET audit/": SITE,
    "GET audit/export/": SITE,
    "GET space/": SITE,
    "POST space/clearings/": SITE,
    "GET members/": LIST,
    "POST members/": MANAGE,
    "PATCH members/{member}/": MANAGE_ROW,
    "DELETE members/{member}/": MANAGE_ROW,
    "GET datasets/": LIST,
    "POST datasets/": CREATE,
    "GET datasets/{dataset}/": READ,
    "PATCH datasets/{dataset}/": CHANGE,
    "DELETE datasets/{dataset}/": CHANGE,
    "GET datasets/{dataset}/rows/": READ,
    "GET datasets/{dataset}/profile/": READ,
    "GET datasets/{dataset}/uses/": READ,
    "POST datasets/{dataset}/read-again/": CHANGE,
    "POST datasets/{dataset}/preview/": READ,
    "POST uploads/": CREATE,
    "GET uploads/{upload}/": OWN_UPLOAD,
    "DELETE uploads/{upload}/": OWN_UPLOAD,
    "PUT uploads/{upload}/parts/{number}/": OWN_UPLOAD,
    "POST uploads/{upload}/complete/": OWN_UPLOAD,
    "GET nodes/": LIST,
    "GET targets/": LIST,
    "GET templates/": LIST,
    "GET graphs/": LIST,
    "POST graphs/": CREATE,
    "POST graphs/column-uses/": LIST,
    "GET graphs/{graph}/": READ,
    "PATCH graphs/{graph}/": CHANGE,
    "DELETE graphs/{graph}/": CHANGE,
    "GET graphs/{graph}/draft/": READ,
    "PUT graphs/{graph}/draft/": CHANGE,
    "GET graphs/{graph}/versions/": READ,
    "GET graphs/{graph}/versions/{version}/": READ,
    "POST graphs/{graph}/versions/": CHANGE,
    "POST graphs/{graph}/check/": READ,
    "POST graphs/{graph}/runs/": CHANGE,
    "GET runs/": LIST,
    "GET runs/{run}/": READ,
    "GET runs/{run}/events/": READ,
    "POST runs/{run}/cancel/": CHANGE,
    "POST runs/{run}/resume/": CHANGE,
    "GET runs/{run}/nodes/{node}/outputs/{port}/": READ,
    "POST graphs/{graph}/deploy/": CHANGE,
    "GET endpoints/": LIST,
    "GET endpoints/{slug}/": READ,
    "PATCH endpoints/{slug}/": CHANGE,
    "DELETE endpoints/{slug}/": CHANGE,
    "POST endpoints/{slug}/keys/": CHANGE,
    "DELETE endpoints/{slug}/keys/{key}/": CHANGE,
    "PUT endpoints/{slug}/keys/{key}/": CHANGE,
    "POST endpoints/{slug}/keys/{key}/renew/": CHANGE,
    "POST endpoints/{slug}/rollback/": CHANGE,
    "PUT endpoints/{slug}/traffic/": CHANGE,
    "GET endpoints/{slug}/drift/": READ,
    "PUT endpoints/{slug}/approval/": MANAGE_ROW,
    "POST endpoints/{slug}/try/": CHANGE,
    "POST endpoints/{slug}/batch/": CHANGE,
    "GET approval-rule/": LIST,
    "PUT approval-rule/": MANAGE,
    "GET models/": LIST,
    "GET models/{model}/": READ,
    "GET models/{model}/versions/{version}/": READ,
    "GET models/{model}/versions/{version}/card/": READ,
    "PUT models/{model}/versions/{version}/card/": CHANGE,
    "GET models/{model}/versions/{version}/card/texts/": READ,
    "POST models/{model}/versions/{version}/deploy/": CHANGE,
    "GET models/{model}/versions/{version}/download/": READ,
    "DELETE models/{model}/versions/{version}/": CHANGE,
    "PUT models/{model}/versions/{version}/approval/": MANAGE_ROW,
    "DELETE models/{model}/versions/{version}/approval/": MANAGE_ROW,
    "PUT models/{model}/versions/{version}/refusal/": CHANGE,
    "PUT models/{model}/aliases/{alias}/": CHANGE,
    "DELETE models/{model}/aliases/{alias}/": CHANGE,
}

NAME_OF_ID = re.compile(r"([\w-]+?)s/\{pk\}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes() -> dict[str, str]:
    """Return ``"GET graphs/{graph}/"`` to the path with its parameters still open, for every route of the API."""
    found = {}
    for pattern, view in _leaves(get_resolver().url_patterns, ""):
        if pattern.startswith("api/v1/"):
            path = _readable(pattern.removeprefix("api/v1/"))
            found.update({f"{method} {path}": path for method in _methods(view)})
    return found


def _leaves(patterns, before):
    for entry in patterns:
        here = before + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _leaves(entry.url_patterns, here)
        else:
            yield here, entry.callback


def _readable(pattern: str) -> str:
    plain = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1}", pattern)
    plain = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", plain).replace("^", "").replace("$", "")
    return NAME_OF_ID.sub(lambda match: f"{match[1]}s/{{{match[1].replace('-', '_')}}}", plain)


def _methods(view) -> list[str]:
    actions = getattr(view, "actions", None)
    if actions is not None:
        return [method.upper() for method in actions if method != "head"]
    return [method for method in METHODS if hasattr(view.view_class, method.lower())]


@pytest.fixture
def world(workspace, alice, bob, vera, charlie, admin, data_folder, sent_jobs):
    """The ids that paths are filled with: all in alice's workspace."""
    client = APIClient()
    client.force_authenticate(alice)
    dora = make_person("dora", workspace, "viewer")
    graph = make_graph(workspace)
    GraphVersion.objects.create(graph=graph, number=1, document=graph.draft.document)
    run = Run.objects.create(workspace=workspace, graph=graph, number=1, document=graph.draft.document)
    gone = {"table": {"wire": "metrics", "address": "0" * 64, "summary": {}}}
    NodeRun.objects.create(run=run, node="n1", type="x", fingerprint="", outputs=gone)
    endpoint = make_endpoint(workspace, graph=graph)
    return {
        "slug": endpoint.slug,
        "key": endpoint.keys.get().pk,
        "model": endpoint.active.model_version.model.pk,
        "version": 1,
        "alias": "mine",
        "token": tokens.issue(user=alice, name="script")[0].pk,
        "sign_in": BrowserSession.objects.create(user=alice, session_key="x", last_seen_at=timezone.now()).pk,
        "member": Membership.objects.get(user=dora).pk,
        "dataset": make_dataset(workspace, status="failed").pk,
        "upload": client.post("/api/v1/uploads/", {"name": "a.csv", "bytes": 3}).json()["id"],
        "number": 0,
        "graph": graph.pk,
        "run": run.pk,
        "node": "n1",
        "port": "table",
    }


@pytest.fixture
def person_of(alice, bob, vera, charlie, admin):
    named = {"stranger": charlie, "viewer": vera, "analyst": bob, "owner": alice, "administrator": admin}
    return named.get


def ask(route: str, person, world, workspace=None):
    method, path = route.split(" ", 1)
    client = APIClient(raise_request_exception=False)
    if person is not None:
        client.force_authenticate(person)
    headers = {"X-Workspace": str(workspace.pk)} if workspace else {}
    body = {} if method != "GET" else None
    return getattr(client, method.lower())(f"/api/v1/{path.format(**world)}", body, headers=headers)


def outcome(answer) -> str:
    body = answer.json() if answer.headers.get("Content-Type") == "application/json" else {}
    code = body.get("code", "") if isinstance(body, dict) else ""
    if answer.status_code == 404 and code not in {"not_found", ""}:
        return "ok"  # let in; what was asked for inside is not there
    refused = answer.status_code in {401, 403, 404} and code not in {"setup_link_invalid", "wrong_password"}
    return str(answer.status_code) if refused else "ok"


def test_every_route_has_its_line_and_no_line_is_left_over():
    assert set(routes()) == set(EXPECTED)


@pytest.mark.parametrize("route", sorted(EXPECTED))
def test_each_kind_of_person_gets_what_is_written(route, world, person_of, db):
    from django.db import transaction

    found = []
    for role in PEOPLE:
        point = transaction.savepoint()
        found.append(outcome(ask(route, person_of(role), world)))
        transaction.savepoint_rollback(point)
    assert " ".join(found) == EXPECTED[route]


@pytest.mark.parametrize("route", sorted(route for route in EXPECTED if "{" not in route and EXPECTED[route][0] == "4"))
def test_a_stranger_who_names_the_workspace_is_told_it_is_not_there(route, world, charlie, workspace):
    if route.split(" ")[1] in {
        "tokens/",
        "password/",
        "sign-ins/",
        "sign-ins/elsewhere/",
        "audit/",
        "audit/export/",
        "space/",
        "space/clearings/",
    }:
        return  # belongs to the person or the site, not to a workspace
    assert ask(route, charlie, world, workspace).status_code == 404


def test_a_stranger_sees_nothing_in_any_list(world, charlie):
    for route in EXPECTED:
        method, path = route.split(" ")
        if method == "GET" and "{" not in path and EXPECTED[route] == LIST:
            body = ask(route, charlie, world).json()
            if "results" in body and path != "members/":
                assert body["count"] == 0, path
