"""The people of a workspace."""

from __future__ import annotations

from apps.accounts.models import AuditEntry, Membership
from tests.factories import PASSWORD

MEMBERS = "/api/v1/members/"


def membership(person):
    return Membership.objects.get(user=person)


def test_an_owner_adds_a_new_person_who_can_log_in_with_the_password_made(as_alice, anonymous):
    answer = as_alice.post(MEMBERS, {"username": "dora", "role": "analyst"})
    assert answer.status_code == 201
    password = answer.json()["password"]
    assert len(password) >= 12
    session = anonymous.post("/api/v1/session/", {"username": "dora", "password": password})
    assert session.json()["workspaces"][0]["role"] == "analyst"
    assert "password" not in as_alice.get(MEMBERS).json()["results"][-1]
    assert AuditEntry.objects.filter(action="member.added", subject="dora").exists()


def test_somebody_with_an_account_is_added_by_name(as_alice, charlie, as_charlie, workspace):
    assert as_alice.post(MEMBERS, {"username": "charlie", "role": "viewer"}).status_code == 201
    headers = {"X-Workspace": str(workspace.pk)}
    assert as_charlie.get("/api/v1/graphs/", headers=headers).status_code == 200
    assert as_charlie.post("/api/v1/graphs/", {"name": "mine"}, headers=headers).status_code == 403


def test_nobody_can_take_an_account_over_by_adding_it_with_a_password(as_alice, charlie):
    answer = as_alice.post(MEMBERS, {"username": "charlie", "role": "viewer", "password": PASSWORD + "!"})
    assert answer.status_code == 409
    charlie.refresh_from_db()
    assert charlie.check_password(PASSWORD)


def test_a_role_is_changed_and_counts_at_once(as_alice, bob, as_bob):
    answer = as_alice.patch(f"{MEMBERS}{membership(bob).pk}/", {"role": "viewer"})
    assert answer.json()["role"] == "viewer"
    assert as_bob.post("/api/v1/graphs/", {"name": "x"}).status_code == 403


def test_the_last_owner_can_neither_leave_nor_step_down(as_alice, alice):
    place = f"{MEMBERS}{membership(alice).pk}/"
    assert as_alice.delete(place).json()["code"] == "last_owner"
    assert as_alice.patch(place, {"role": "viewer"}).status_code == 409
    assert membership(alice).role == "owner"


def test_a_removed_member_sees_nothing_any_more(as_alice, as_bob, bob, workspace):
    graph = as_alice.post("/api/v1/graphs/", {"name": "secret"}).json()
    assert as_bob.get(f"/api/v1/graphs/{graph['id']}/").status_code == 200
    assert as_alice.delete(f"{MEMBERS}{membership(bob).pk}/").status_code == 204
    assert as_bob.get(f"/api/v1/graphs/{graph['id']}/").status_code == 404


def test_an_unknown_role_is_refused_at_its_place(as_alice):
    answer = as_alice.post(MEMBERS, {"username": "dora", "role": "king"})
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["at"] == "role"


def test_the_workspace_header_chooses_and_a_foreign_one_is_not_there(as_alice, elsewhere, workspace):
    for wanted, status in ((workspace.pk, 200), (elsewhere.pk, 404), ("nonsense", 404)):
        assert as_alice.get(MEMBERS, headers={"X-Workspace": str(wanted)}).status_code == status


def test_an_administrator_sees_every_workspace(as_admin, alice, workspace):
    session = as_admin.get("/api/v1/session/").json()
    assert [seat["name"] for seat in session["workspaces"]] == ["Wonderland"]
    listed = as_admin.get(MEMBERS, headers={"X-Workspace": str(workspace.pk)}).json()["results"]
    assert [member["username"] for member in listed] == ["alice"]
