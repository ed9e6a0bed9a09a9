"""What a serving process has to serve: endpoints, their packages and the hashes of their keys."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from tasks.inference.server.limits.api_keys import Key
from tasks.serving_interface import SCOPES

logger = logging.getLogger(__name__)

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


class BadSnapshot(ValueError):
    """The data are not a snapshot."""


@dataclass(frozen=True)
class SecondaryRelease:
    """A canary or shadow. ``percent``: the share of requests that it answers, 0 for a shadow."""

    release: int
    version: int
    address: str
    percent: float = 0.0


@dataclass(frozen=True)
class Entry:
    """One endpoint as the control plane wants it.

    Attributes:
        slug: Its name in the address.
        release: Number of the release to answer with.
        address: Where the release's package lies in the store.
        name: Name for people.
        version: Version of the graph it was made from.
        keys: SHA-256 of each valid key to the key.
        canary: A release that answers a share of the requests.
        shadow: A release that gets a copy of each request; its answers are compared, never sent.
    """

    slug: str
    release: int
    address: str
    name: str
    version: int
    keys: Mapping[bytes, Key]
    canary: SecondaryRelease | None = None
    shadow: SecondaryRelease | None = None

    def of(self, secondary: SecondaryRelease) -> Entry:
        """Return this entry with the secondary release as the one that answers."""
        return replace(self, release=secondary.release, version=secondary.version, address=secondary.address)


@dataclass(frozen=True)
class Snapshot:
    """All endpoints at one moment. ``revision`` grows with every change."""

    revision: int
    endpoints: Mapping[str, Entry]

    @classmethod
    def parse(cls, content: bytes) -> Snapshot:
        """Return the snapshot that the control plane wrote, without the endpoints and keys that cannot be read.

        Raises:
            BadSnapshot: It is not one.
        """
        try:
            data = orjson.loads(content)
            revision, items = int(data["revision"]), list(data["endpoints"])
        except (orjson.JSONDecodeError, *UNREADABLE) as error:
            raise BadSnapshot(f"The list of endpoints cannot be read: {error!r}") from error
        entries = [entry for item in items if (entry := _entry_or_none(item))]
        return cls(revision, {entry.slug: entry for entry in entries})


def _entry_or_none(item: Any) -> Entry | None:
    try:
        return _entry(item)
    except UNREADABLE as error:
        slug = item.get("slug") if isinstance(item, dict) else None
        logger.error("the entry of endpoint %s cannot be read, and it is not served: %r", slug, error)
        return None


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        slug=str(item["slug"]),
        release=int(item["release"]),
        address=str(item["address"]),
        name=str(item["name"]),
        version=int(item["version"]),
        keys=_keys(item["keys"]),
        canary=_secondary(item.get("canary")),
        shadow=_secondary(item.get("shadow")),
    )


def _keys(items: Iterable[Any]) -> dict[bytes, Key]:
    """Return the keys that can be read; one that cannot opens nothing."""
    found = {}
    for item in items:
        try:
            found[bytes.fromhex(item["hash"])] = _key(item)
        except UNREADABLE as error:
            logger.error("a key of an endpoint cannot be read and is not valid: %r", error)
    return found


def _key(item: Mapping[str, Any]) -> Key:
    return Key(
        id=str(item["id"]),
        scopes=frozenset(item.get("scopes", SCOPES)),
        expires_at=float(item.get("expires_at", 0)),
        per_second=int(item.get("per_second", 0)),
        per_day=int(item.get("per_day", 0)),
    )


def _secondary(item: Mapping[str, Any] | None) -> SecondaryRelease | None:
    if item is None:
        return None
    percent = float(item.get("percent", 0))
    return SecondaryRelease(int(item["release"]), int(item["version"]), str(item["address"]), percent)


def save(path: Path, content: bytes) -> None:
    """Write the snapshot to a temporary file and rename it into place; only its owner can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".snapshot-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise


def read_saved(path: Path) -> bytes | None:
    """Return the snapshot that was saved before, ``None`` when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
