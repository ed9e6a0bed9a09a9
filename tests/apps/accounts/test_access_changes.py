"""Whatever ends or narrows what somebody may see has the open sockets checked; what does not, costs nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts import services, tokens
from apps.accounts.browser_sessions import revoke
from apps.accounts.models import BrowserSession, Membership
from apps.common.roles import Role
from apps.live import publish
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def notices(monkeypatch, django_capture_on_commit_callbacks):
    published = []
    monkeypatch.setattr(publish, "publish", published.append)

    def notices(change):
        published.clear()
        with django_capture_on_commit_callbacks(execute=True):
            change()
        return [events for events in published if events.topic == publish.ACCESS]

    return notices


def sign_in():
    sent = {"username": "alice", "password": PASSWORD}
    return Client().post("/api/v1/session/", sent, content_type="application/json")


def seat(person):
    return Membership.objects.get(user=person)


def test_the_end_of_a_token_is_a_notice(alice, notices):
    token, _ = tokens.issue(user=alice, name="script")
    assert notices(lambda: tokens.revoke(token=token, actor=alice))
    tokens.issue(user=alice, name="another")
    assert notices(lambda: tokens.revoke_all(user=alice))


def test_another_role_and_the_end_of_a_membership_are_notices(alice, bob, notices):
    assert notices(lambda: services.change_role(membership=seat(bob), actor=alice, role=Role.VIEWER))
    assert notices(lambda: services.remove_member(membership=seat(bob), actor=alice))


def test_a_person_who_is_disabled_or_deleted_is_a_notice(bob, notices):
    bob.is_active = False
    assert notices(bob.save)
    assert notices(bob.delete)


def test_sessions_that_are_ended_elsewhere_are_notices(alice, notices):
    assert sign_in().status_code < 300
    assert notices(lambda: revoke(sessions=BrowserSession.objects.of(alice), actor=alice))


def test_signing_in_and_a_new_token_are_none(alice, notices):
    assert not notices(sign_in)
    assert not notices(lambda: tokens.issue(user=alice, name="script"))
