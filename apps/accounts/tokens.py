"""Keys of programs: make, recognise, revoke."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from apps.accounts import audit, secrets
from apps.accounts.models import ApiToken, User
from apps.common.best_effort import best_effort
from apps.common.errors import ApplicationError
from apps.common.roles import SCOPES, Scope
from tasks.graph.messages import Message

PREFIX = "lw_"
SHOWN_CHARACTERS = 9
LOGIN_TOKEN_LIVES = timedelta(hours=12)
EXPIRED_ARE_SHOWN_FOR = timedelta(days=7)
LAST_USE_IS_KEPT_EVERY = timedelta(minutes=1)


def issue(
    *, user: User, name: str, scopes: Sequence[str] = SCOPES, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Return a new token and its secret, which cannot be shown again. Those that expired long ago go."""
    secret = secrets.generate(PREFIX)
    ApiToken.objects.of(user).filter(expires_at__lt=timezone.now() - EXPIRED_ARE_SHOWN_FOR).delete()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:SHOWN_CHARACTERS],
        digest=secrets.digest(secret),
        scopes=[scope for scope in SCOPES if scope in scopes],
        expires_at=expires_at,
    )
    ends = expires_at.isoformat() if expires_at else ""
    audit.record(actor=user, action="token.made", subject=name, scopes=token.scopes, expires_at=ends)
    return token, secret


def issue_for_login(*, user: User, name: str) -> tuple[ApiToken, str]:
    """Return a token of a few hours for a program that sent name and password."""
    return issue(user=user, name=name, expires_at=timezone.now() + LOGIN_TOKEN_LIVES)


def check_narrower(*, parent: object, scopes: Sequence[str], expires_at: datetime | None) -> None:
    """Refuse a new token that may do more, or lives longer, than the one that asks for it.

    Raises:
        ApplicationError: 403.
    """
    if not isinstance(parent, ApiToken):
        return
    lives_longer = parent.expires_at is not None and (expires_at is None or expires_at > parent.expires_at)
    if lives_longer or not set(scopes) <= set(parent.scopes):
        message = Message(
            "token.wider", "A token can only make one that may do no more than itself, and ends no later."
        )
        raise ApplicationError("scope_missing", message, 403)


def revoke(*, token: ApiToken, actor: User) -> None:
    """End a token at once."""
    audit.record(actor=actor, action="token.revoked", subject=token.name, owner=token.user.username)
    token.delete()


def revoke_all(*, user: User) -> None:
    """End every token of a person, as they asked with their new password."""
    ended = ApiToken.objects.of(user)
    audit.record(actor=user, action="token.all_revoked", subject=user.username, count=ended.count())
    ended.delete()


def find(secret: str) -> ApiToken | None:
    """Return the valid token of an active person, or ``None``; keeps the time of use, to the minute."""
    if not secret.startswith(PREFIX):
        return None
    tokens = ApiToken.objects.valid().select_related("user")
    found = tokens.filter(digest__in=list(secrets.digests(secret))).first()
    if found is None:
        return None
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USE_IS_KEPT_EVERY)
    if found.last_used_at is None or found.last_used_at < now - LAST_USE_IS_KEPT_EVERY:
        used = ApiToken.objects.filter(stale, pk=found.pk)
        best_effort("when a token was last used", lambda: used.update(last_used_at=now))
    return found


def owner_of(secret: str) -> User | None:
    """Return the active person whose valid token this is, if it may read; otherwise ``None``."""
    found = find(secret)
    return found.user if found is not None and Scope.READ in found.scopes else None


def has_ended(key: uuid.UUID) -> bool:
    """Return whether a token was revoked or has expired."""
    return not ApiToken.objects.valid().filter(pk=key).exists()
