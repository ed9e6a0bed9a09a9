"""Keys of consumers: issue, change, renew and revoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.common.errors import ApplicationError, not_found
from apps.serving import keys
from apps.serving.endpoint_audit import record
from apps.serving.models import Endpoint, EndpointKey
from apps.serving.snapshot import publish_snapshot
from tasks.graph.messages import Message
from tasks.serving_interface import SCOPES

LIVE_KEYS = 2  # of one consumer, while it changes from one to the other


@dataclass(frozen=True)
class KeyLimits:
    """What a key may do. ``per_second``, ``per_day``: requests, 0 for no limit."""

    scopes: Sequence[str] = SCOPES
    per_second: int = 0
    per_day: int = 0
    expires_at: datetime | None = None


UNLIMITED = KeyLimits()


def issue_key(*, endpoint: Endpoint, user: User, name: str, limits: KeyLimits = UNLIMITED) -> tuple[EndpointKey, str]:
    """Return the row of a new key and the key itself, which is not stored."""
    key = keys.generate()
    with transaction.atomic():
        row = EndpointKey.objects.create(
            endpoint=endpoint,
            name=name,
            prefix=key[: keys.SHOWN],
            digest=keys.digest(key),
            scopes=sorted(set(limits.scopes)),
            per_second=limits.per_second,
            per_day=limits.per_day,
            expires_at=limits.expires_at,
            created_by=user,
        )
        record(user, "endpoint.key_issued", endpoint, key=row.prefix)
        transaction.on_commit(publish_snapshot)
    return row, key


def renew_key(*, endpoint: Endpoint, user: User, key_id: str, overlap: timedelta) -> tuple[EndpointKey, str]:
    """Return a second key for the same consumer with the same limits; the first one expires after the overlap.

    Raises:
        ApplicationError: 404 for a key it does not have or that is not valid; 409 when two are valid already.
    """
    with transaction.atomic():
        old = _live(endpoint, user_key=key_id)
        limits = KeyLimits(old.scopes, old.per_second, old.per_day, old.expires_at)
        row, key = issue_key(endpoint=endpoint, user=user, name=old.name, limits=limits)
        end = timezone.now() + overlap
        old.expires_at = min(old.expires_at, end) if old.expires_at else end
        old.save(update_fields=["expires_at"])
        record(user, "endpoint.key_renewed", endpoint, key=old.prefix, by=row.prefix)
    return row, key


def change_key(*, endpoint: Endpoint, user: User, key_id: str, limits: KeyLimits, name: str = "") -> EndpointKey:
    """Change what a key may do, and its name unless empty. Takes effect within a second.

    Raises:
        ApplicationError: 404 for a key it does not have or that was revoked.
    """
    with transaction.atomic():
        row = endpoint.keys.select_for_update().filter(pk=key_id, revoked_at=None).first()
        if row is None:
            raise not_found("key")
        row.name = name or row.name
        row.scopes = sorted(set(limits.scopes))
        row.per_second, row.per_day, row.expires_at = limits.per_second, limits.per_day, limits.expires_at
        row.save()
        record(user, "endpoint.key_changed", endpoint, key=row.prefix)
        transaction.on_commit(publish_snapshot)
    return row


def revoke_key(*, endpoint: Endpoint, user: User, key_id: str) -> None:
    """Revoke a key, within a second. Raises 404 for a key it does not have."""
    with transaction.atomic():
        valid = endpoint.keys.filter(pk=key_id, revoked_at=None)
        if not valid.update(revoked_at=timezone.now()) and not endpoint.keys.filter(pk=key_id).exists():
            raise not_found("key")
        record(user, "endpoint.key_revoked", endpoint, key=key_id)
        transaction.on_commit(publish_snapshot)


def _live(endpoint: Endpoint, *, user_key: str) -> EndpointKey:
    now = timezone.now()
    valid = [key for key in endpoint.keys.select_for_update().filter(revoked_at=None) if not _is_over(key, now)]
    old = next((key for key in valid if str(key.pk) == user_key), None)
    if old is None:
        raise not_found("key")
    if sum(key.name == old.name for key in valid) >= LIVE_KEYS:
        message = Message(
            "key.two_live",
            "“{name}” has {count} live keys already. Revoke the older one first.",
            name=old.name,
            count=LIVE_KEYS,
        )
        raise ApplicationError("two_keys_live", message, 409)
    return old


def _is_over(key: EndpointKey, now: datetime) -> bool:
    return key.expires_at is not None and key.expires_at <= now
