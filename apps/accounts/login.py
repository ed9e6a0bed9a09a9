"""Signing in with a password, and confirming the present one.

Failures are limited for each address, for each name from an address, and for each name from wherever: the last is wide,
so that who guesses from many addresses is stopped and who only wants to lock a person out has work to do.
"""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from apps.accounts import audit
from apps.accounts.models import User
from apps.common.errors import ApplicationError
from tasks.graph.messages import Message

logger = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS_PER_NAME = RateLimitItemPerMinute(10, 15, namespace="name")
ATTEMPTS_PER_NAME_ANYWHERE = RateLimitItemPerMinute(100, 15, namespace="anywhere")
CONFIRMATIONS = RateLimitItemPerMinute(10, 15, namespace="confirmation")
ATTEMPTS_PER_ADDRESS = RateLimitItemPerMinute(100, 15, namespace="address")
REDIS_SECONDS = 1.0


def check_password(*, request: HttpRequest, username: str, password: str) -> User:
    """Return the person with this name and password.

    Every attempt is counted before the password is looked at, in one command of Redis, so that parallel guesses cannot
    slip through. A successful one clears the count of the name, and is taken back from the other two.

    Raises:
        ApplicationError: Wrong name or password (401), or too many attempts (429).
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    name = _key(address, username.casefold())
    wide = ((ATTEMPTS_PER_ADDRESS, _key(address)), (ATTEMPTS_PER_NAME_ANYWHERE, _key("", username.casefold())))
    for limit, key in (*wide, (ATTEMPTS_PER_NAME, name)):
        _count(limit, key)
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        audit.record(actor=None, action="login.refused", subject=username, address=address[:45])
        message = Message("login.wrong_password", "The user name or the password is not right.")
        raise ApplicationError("wrong_password", message, 401)
    _limited(lambda limiter: limiter.clear(ATTEMPTS_PER_NAME, name))
    for limit, key in wide:
        _take_back(limit, key)
    return user


def confirm_password(*, user: User, password: str) -> bool:
    """Return whether this is the person's password. Failures are limited: who has the session may not guess on.

    Raises:
        ApplicationError: 429, too many attempts.
    """
    key = _key(str(user.pk))
    _count(CONFIRMATIONS, key)
    if not user.check_password(password):
        return False
    _limited(lambda limiter: limiter.clear(CONFIRMATIONS, key))
    return True


def _key(*parts: str) -> str:
    """Return a hash: neither names nor addresses lie in Redis in clear."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _count(limit: RateLimitItem, key: str) -> None:
    def seconds_to_wait(limiter: FixedWindowRateLimiter) -> int:
        if limiter.hit(limit, key):
            return 0
        return max(1, math.ceil(limiter.get_window_stats(limit, key).reset_time - time.time()))

    wait = _limited(seconds_to_wait)
    if wait:
        message = Message(
            "login.too_many_attempts",
            "Too many attempts. Try again in {count} minutes.",
            one="Too many attempts. Try again in 1 minute.",
            count=-(-wait // 60),
        )
        raise ApplicationError("too_many_attempts", message, 429, retry_after_seconds=wait)


def _take_back(limit: RateLimitItem, key: str) -> None:
    _limited(lambda limiter: limiter.storage.incr(limit.key_for(key), limit.get_expiry(), amount=-1))


def _limited(ask: Callable[[FixedWindowRateLimiter], T]) -> T:
    """Ask the counts that all web processes share; those of this process alone while Redis is away."""
    shared, local = _limiters(settings.REDIS_URL)
    try:
        return ask(shared)
    except RedisError as error:
        logger.warning("sign-in attempts are counted in this process alone, Redis is away: %s", error)
        return ask(local)


@cache
def _limiters(redis_url: str) -> tuple[FixedWindowRateLimiter, FixedWindowRateLimiter]:
    shared = RedisStorage(
        redis_url,
        key_prefix="lepton:sign-in",
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
    )
    return FixedWindowRateLimiter(shared), FixedWindowRateLimiter(MemoryStorage())
