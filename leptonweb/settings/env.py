"""Typed readers of environment variables. A value that cannot be read is an error that names the variable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks; an empty variable counts as absent."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Return a boolean written as 1/0, true/false, yes/no or on/off."""
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE_WORDS:
        return True
    if value in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, but it is “{value}”.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """Return a whole number of at least ``minimum``."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, but it is “{value}”.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, but it is {number}.")
    return number


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """Return one of these words; the first when absent."""
    value = text(name, choices[0]).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, but it is “{value}”.")
    return value


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return a list written with commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or list(default)


def folder(name: str, default: Path) -> Path:
    """Return an absolute path; it is not created."""
    value = text(name)
    return Path(value).expanduser().resolve() if value else default


def secret(name: str, kept_in: Path) -> str:
    """Return a secret from the environment, otherwise the one ``up`` keeps as a file of that folder.

    So a command started beside a running ``up`` signs with the same key. Empty when there is neither.
    """
    given = text(name)
    path = kept_in / name.removeprefix("LEPTON_").lower()
    return given or (path.read_text(encoding="utf-8").strip() if path.is_file() else "")


def database(name: str, default: dict[str, Any]) -> dict[str, Any]:
    """Return Django's description of the PostgreSQL database in a URL, or ``default`` when absent.

    Query parameters become connection options (``?sslmode=require``).
    """
    url = text(name)
    if not url:
        return default
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"{name} must start with postgresql://, but it starts with “{parts.scheme}”.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 0,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
