"""Keys of programs: make, recognise, revoke."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from apps.accounts import audit, secrets
from apps.accounts.models import ApiToken, User

PREFIX = "lw_"
SHOWN_CHARACTERS = 9
LAST_USE_IS_KEPT_EVERY = timedelta(minutes=1)


def issue(*, user: User, name: str) -> tuple[ApiToken, str]:
    """Return a new token and its secret, which cannot be shown again."""
    secret = secrets.generate(PREFIX)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=secret[:SHOWN_CHARACTERS], digest=secrets.digest(secret)
    )
    audit.record(actor=user, action="token.made", subject=name)
    return token, secret


def revoke(*, token: ApiToken, actor: User) -> None:
    """End a token at once."""
    audit.record(actor=actor, action="token.revoked", subject=token.name)
    token.delete()


def owner_of(secret: str) -> User | None:
    """Return the active person whose token this is, or ``None``; keeps the time of use, to the minute."""
    if not secret.startswith(PREFIX):
        return None
    found = ApiToken.objects.select_related("user").filter(digest__in=list(secrets.digests(secret))).first()
    if found is None or not found.user.is_active:
        return None
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USE_IS_KEPT_EVERY)
    if found.last_used_at is None or found.last_used_at < now - LAST_USE_IS_KEPT_EVERY:
        ApiToken.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    user: User = found.user
    return user
