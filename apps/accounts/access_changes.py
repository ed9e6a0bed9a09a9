"""Tells open sockets when somebody may see less: a token, session, membership or person has ended or changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from apps.accounts.models import ApiToken, BrowserSession, Membership, User
from apps.live.publish import publish_access_change

NOTED_AT_SIGN_IN = frozenset({"last_login"})


def watch() -> None:
    """Publish a notice for every change from now on, whichever service, command or shell makes it."""
    for model in (ApiToken, BrowserSession, Membership, Session, User):
        post_delete.connect(_on_delete, sender=model)
    for model in (Membership, User):
        post_save.connect(_on_save, sender=model)


def _on_delete(sender: type[Model], **_: Any) -> None:  # noqa: ARG001
    publish_access_change()


def _on_save(sender: type[Model], created: bool, update_fields: Iterable[str] | None, **_: Any) -> None:  # noqa: ARG001, FBT001
    if not created and not (update_fields and NOTED_AT_SIGN_IN.issuperset(update_fields)):
        publish_access_change()
