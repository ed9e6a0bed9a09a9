"""Logging in with a password, slowed down for those who guess."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import audit
from apps.accounts.models import LoginBudget, User
from apps.common.errors import ApplicationError

WINDOW = timedelta(minutes=15)
ATTEMPTS_PER_NAME = 10
ATTEMPTS_PER_ADDRESS = 100


def check_password(*, request: HttpRequest, username: str, password: str) -> User:
    """Return the person with this name and password.

    Every attempt is paid for before the password is looked at, in a transaction that holds the row, so
    that parallel guesses cannot slip through. Success gives the name's attempts back.

    Raises:
        ApplicationError: Wrong name or password (401), or too many attempts (429).
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    by_name = _key("name", address, username.casefold())
    _spend(_key("address", address), ATTEMPTS_PER_ADDRESS)
    _spend(by_name, ATTEMPTS_PER_NAME)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        audit.record(actor=None, action="login.refused", subject=username)
        raise ApplicationError("wrong_password", "The user name or the password is not right.", 401)
    LoginBudget.objects.filter(pk=by_name).delete()
    return user


def forget_old_attempts() -> None:
    """Remove the counts that no longer count."""
    old = LoginBudget.objects.filter(started_at__lt=timezone.now() - WINDOW)
    if old.exists():  # a delete takes the write lock even when it finds nothing
        old.delete()


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _spend(key: str, limit: int) -> None:
    now = timezone.now()
    with transaction.atomic():
        LoginBudget.objects.get_or_create(pk=key, defaults={"started_at": now})
        budget = LoginBudget.objects.select_for_update().get(pk=key)
        if now - budget.started_at > WINDOW:
            budget.used, budget.started_at = 0, now
        is_spent = budget.used >= limit
        budget.used = min(budget.used + 1, limit)
        budget.save()
    if is_spent:
        wait = max(1, int((budget.started_at + WINDOW - now).total_seconds()))
        minutes = -(-wait // 60)
        message = f"Too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
        raise ApplicationError("too_many_attempts", message, 429, retry_after_seconds=wait)
