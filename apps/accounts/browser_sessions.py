"""Where people are signed in: one row for each browser, ended by the person from anywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.models import BrowserSession, User
from apps.accounts.session_store import SessionStore, stored_key

TOUCH_INTERVAL = timedelta(minutes=5)
MAX_DEVICE_LENGTH = 300
BACKEND = "django.contrib.auth.backends.ModelBackend"


def start(*, request: HttpRequest, user: User) -> None:
    """Sign a person in on the device that asks."""
    former = request.session.session_key
    with transaction.atomic():
        BrowserSession.objects.filter(session_key=stored_key(former)).delete()
        login(request, user, backend=BACKEND)
        if request.session.session_key is None:
            request.session.save()
        touch(request=request, user=user)
        audit.record(actor=user, action="session.started", subject=user.username, **_origin(request))


def touch(*, request: HttpRequest, user: User) -> None:
    """Note that a person was here, to five minutes. A request without a session of the page changes nothing."""
    key = getattr(request, "session", None) and request.session.session_key
    if not key:
        return
    key = stored_key(key)
    now = timezone.now()
    known = BrowserSession.objects.filter(session_key=key).values_list("last_seen_at", flat=True).first()
    if known is None:
        made = {"user": user, "last_seen_at": now, **_origin(request)}
        BrowserSession.objects.get_or_create(session_key=key, defaults=made)
    elif known < now - TOUCH_INTERVAL:
        BrowserSession.objects.filter(session_key=key).update(last_seen_at=now, **_origin(request))


def end_current(*, request: HttpRequest) -> None:
    """Sign out on the device that asks."""
    user = request.user
    if isinstance(user, User):
        BrowserSession.objects.filter(session_key=stored_key(request.session.session_key)).delete()
        audit.record(actor=user, action="session.ended", subject=user.username)
    logout(request)


def revoke(*, sessions: QuerySet[BrowserSession], actor: User) -> int:
    """Sign a person out of these devices at once, and return how many there were."""
    with transaction.atomic():
        rows = list(sessions.select_related("user"))
        for row in rows:
            SessionStore.get_model_class().objects.filter(session_key=row.session_key).delete()
            audit.record(
                actor=actor,
                action="session.ended_elsewhere",
                subject=row.user.username,
                device=row.device,
                address=row.address,
            )
        BrowserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def keep_only_current(*, request: HttpRequest, user: User) -> None:
    """After another password was chosen: this device stays signed in, under a new key; all others end."""
    former = request.session.session_key
    update_session_auth_hash(request, user)
    here = stored_key(request.session.session_key)
    BrowserSession.objects.filter(session_key=stored_key(former)).update(session_key=here)
    revoke(sessions=BrowserSession.objects.of(user).elsewhere(here), actor=user)


def has_ended(session_key: str) -> bool:
    """Return whether the session of a browser was ended or has run out."""
    return not SessionStore().exists(session_key)


def delete_expired() -> None:
    """Remove expired sessions: not used within the lifetime of the session cookie."""
    old = BrowserSession.objects.filter(
        last_seen_at__lt=timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    )
    if old.exists():  # a delete takes the write lock even when it finds nothing
        old.delete()


def _origin(request: HttpRequest) -> dict[str, Any]:
    device = request.headers.get("User-Agent", "")[:MAX_DEVICE_LENGTH]
    return {"device": device, "address": str(request.META.get("REMOTE_ADDR", ""))[:45]}
