"""The endpoints of this process: what answers now, and what is being loaded to replace it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, TypeAlias

import orjson

from tasks.graph.messages import Message, parts_of
from tasks.inference.server.deployments.load_failure import load_failure
from tasks.inference.server.deployments.package import Loader, Package
from tasks.inference.server.deployments.package_loader import PackageLoader
from tasks.inference.server.deployments.snapshot import Entry, SecondaryRelease, Snapshot

logger = logging.getLogger(__name__)

MAIN = "release"
CANARY = "canary"
SHADOW = "shadow"
ROLES = (MAIN, CANARY, SHADOW)

LOADS_AT_ONCE = 2
LOAD_TIMEOUT_SECONDS = 120.0

FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
"""What cannot be loaded is tried again after a pause that doubles with each failure."""

LoadKey: TypeAlias = tuple[str, str, int, str]
"""Slug of an endpoint, role, number of the release and digest of its package."""


@dataclass(frozen=True)
class Retry:
    """When a package that could not be loaded is tried again, by `monotonic`, after how many seconds of pause.

    ``reason``: why it could not be loaded the last time; it is not logged again while it stays the same.
    """

    at: float
    pause: float
    reason: str


@dataclass(frozen=True)
class Release:
    """A package in service. ``model``: the part of each answer that says who answered, as JSON."""

    entry: Entry
    package: Package
    model: orjson.Fragment

    @classmethod
    def of(cls, entry: Entry, package: Package) -> Release:
        """Return the release of an entry."""
        identity = {"name": entry.name, "version": entry.version, "release": entry.release}
        return cls(entry, package, orjson.Fragment(orjson.dumps(identity)))


@dataclass(frozen=True)
class LoadedEndpoint:
    """One endpoint.

    Attributes:
        entry: What is wanted.
        release: What answers.
        canary: What answers a share of the requests.
        shadow: Gets a copy of each request; its answers are compared, never sent.
        failures: Role to why the wanted release cannot be loaded.
        previous: The package that answered before, kept so that going back to it takes no loading.
        is_unloaded: True when it was unloaded to make capacity; its first request loads it.
    """

    entry: Entry
    release: Release | None = None
    canary: Release | None = None
    shadow: Release | None = None
    failures: Mapping[str, str] = field(default_factory=dict)
    previous: Package | None = None
    is_unloaded: bool = False

    @property
    def failure(self) -> str:
        """Why the release that shall answer cannot be loaded; empty when it can."""
        return self.failures.get(MAIN, "")

    @property
    def why_not_ready(self) -> str:
        """The error for callers while no release is loaded."""
        if not self.failure:
            return "This endpoint is not ready yet."
        return Message(
            "serving.release_not_loadable",
            "Release {release} of “{endpoint}” cannot be loaded: {reason}",
            release=self.entry.release,
            endpoint=self.entry.slug,
            reason=self.failure,
        )

    @property
    def packages(self) -> int:
        """Packages it holds in memory."""
        return sum(held is not None for held in (self.release, self.canary, self.shadow, self.previous))

    def wanted(self, role: str) -> Entry | None:
        """Return the entry of what shall have this role."""
        if role == MAIN:
            return self.entry
        secondary: SecondaryRelease | None = getattr(self.entry, role)
        return None if secondary is None else self.entry.of(secondary)

    def missing(self) -> Iterator[tuple[str, Entry]]:
        """Yield each role whose wanted release does not answer yet; none while the endpoint is unloaded."""
        if not self.is_unloaded:
            yield from self.not_loaded()

    def not_loaded(self) -> Iterator[tuple[str, Entry]]:
        """Yield each role whose wanted release is not in memory, the one that answers first."""
        for role in ROLES:
            entry, present = self.wanted(role), getattr(self, role)
            if entry is not None and (present is None or not _same(present.entry, entry)):
                yield role, entry

    def package_at(self, address: str) -> Package | None:
        """Return a package it holds."""
        held = [one.package for one in (self.release, self.canary, self.shadow) if one is not None]
        if self.previous is not None:
            held.append(self.previous)
        return next((package for package in held if package.address == address), None)


class ModelRepository:
    """All endpoints by slug.

    Readers take a `LoadedEndpoint` once and keep it for the whole request; it never changes, so an answer is never
    made by two releases, and a swap is one assignment.

    Args:
        load: Reads a package. Runs in a thread.
        capacity: Packages in memory at most; the least recently used endpoints are unloaded when there are more.
        load_timeout_seconds: A package that takes longer counts as failed, and is taken when it is loaded later.
    """

    def __init__(self, load: Loader, capacity: int = 0, *, load_timeout_seconds: float = LOAD_TIMEOUT_SECONDS) -> None:
        self.endpoints: dict[str, LoadedEndpoint] = {}
        self.revision = -1
        self.last_used: dict[str, float] = {}
        self._loader = PackageLoader(load, load_timeout_seconds, self._take_late)
        self._capacity = capacity
        self._loading = asyncio.Lock()
        self._new_wanted = asyncio.Event()
        self._retrying = asyncio.Lock()
        self._retries: dict[LoadKey, Retry] = {}
        self._on_demand: dict[str, asyncio.Future[None]] = {}

    def adopt(self, snapshot: Snapshot) -> None:
        """Take over endpoints and keys at once. What answers keeps answering until `load_missing` has the new."""
        is_first = self.revision < 0
        self._new_wanted.set()
        self.revision = snapshot.revision
        self.endpoints = {slug: self._adopted(entry) for slug, entry in snapshot.endpoints.items()}
        self.last_used = {slug: at for slug, at in self.last_used.items() if slug in self.endpoints}
        if is_first and self._capacity:
            late = list(self.endpoints)[self._capacity :]
            self.endpoints |= {slug: replace(self.endpoints[slug], is_unloaded=True) for slug in late}

    async def load_missing(self) -> None:
        """Load every wanted release that was not tried yet, two at a time; a failure is kept with its endpoint.

        What is adopted meanwhile is loaded too, while one that takes long is still being loaded. What failed is left to
        `retry_failures`.
        """
        async with self._loading:
            loading: dict[asyncio.Task[Any], LoadKey] = {}
            adopted = asyncio.create_task(self._new_wanted.wait())
            try:
                while True:
                    self._new_wanted.clear()
                    for role, entry in self._missing(has_failed=False):
                        key = _load_key(role, entry)
                        if len(loading) < LOADS_AT_ONCE and key not in loading.values():
                            loading[asyncio.create_task(self._load_one(role, entry))] = key
                    if not loading:
                        return
                    if adopted.done():
                        adopted = asyncio.create_task(self._new_wanted.wait())
                    done, _ = await asyncio.wait({*loading, adopted}, return_when=asyncio.FIRST_COMPLETED)
                    for task in done - {adopted}:
                        del loading[task]
                        task.result()
            finally:
                for task in (*loading, adopted):
                    task.cancel()

    async def retry_failures(self) -> int:
        """Load every wanted release again that failed and whose pause is over, one by one; return how many.

        It may run beside `load_missing`: a package that takes long to fail keeps no new one waiting.
        """
        async with self._retrying:
            now = monotonic()
            wanted = {_load_key(role, entry): (role, entry) for role, entry in self._missing(has_failed=True)}
            self._retries = {key: retry for key, retry in self._retries.items() if key in wanted}
            due = [key for key, retry in self._retries.items() if retry.at <= now]
            for key in due:
                await self._load_one(*wanted[key])
            return len(due)

    async def load_on_demand(self, endpoint: LoadedEndpoint) -> LoadedEndpoint:
        """Return an endpoint that was unloaded to make room, loaded again.

        All requests for it that come meanwhile wait for the one loading.
        """
        slug = endpoint.entry.slug
        loading = self._on_demand.get(slug)
        if loading is None:
            loading = self._on_demand[slug] = asyncio.ensure_future(self._load_again(slug))
            loading.add_done_callback(lambda _: self._on_demand.pop(slug, None))
        await asyncio.shield(loading)  # one request that is cancelled must not end it for the others
        return self.endpoints.get(slug, endpoint)

    @property
    def is_settled(self) -> bool:
        """True once a snapshot came and each wanted release is loaded, unloaded to make room, or failed to load."""
        if self.revision < 0:
            return False
        return all(role in endpoint.failures for endpoint in self.endpoints.values() for role, _ in endpoint.missing())

    @property
    def held(self) -> int:
        """Packages in memory."""
        return sum(endpoint.packages for endpoint in self.endpoints.values())

    def report(self) -> dict[str, Any]:
        """Return slug to the releases that answer (0: none) and why the wanted ones do not."""
        return {slug: _report(endpoint) for slug, endpoint in self.endpoints.items()}

    def _missing(self, *, has_failed: bool) -> Iterator[tuple[str, Entry]]:
        for endpoint in self.endpoints.values():
            for role, entry in endpoint.missing():
                if (role in endpoint.failures) == has_failed:
                    yield role, entry

    def _adopted(self, entry: Entry) -> LoadedEndpoint:
        known = self.endpoints.get(entry.slug)
        if known is None:
            return LoadedEndpoint(entry)
        if known.is_unloaded and _is_alike(known.entry, entry):
            return replace(known, entry=entry)
        fresh = replace(known, entry=entry, is_unloaded=False)
        present, failures = {}, {}
        for role in ROLES:
            wanted, before = fresh.wanted(role), known.wanted(role)
            package = known.package_at(wanted.address) if wanted else None
            present[role] = Release.of(wanted, package) if wanted and package else None
            if wanted and before and _same(wanted, before) and role in known.failures:
                failures[role] = known.failures[role]
        answering = present[MAIN] or known.release
        return LoadedEndpoint(
            entry,
            answering,
            present[CANARY],
            present[SHADOW],
            failures=failures,
            previous=_previous(known, answering),
        )

    async def _load_again(self, slug: str) -> None:
        endpoint = self.endpoints.get(slug)
        if endpoint is None or not endpoint.is_unloaded:
            return
        # It stays unloaded until `_change` has its release, or requests that come meanwhile would not wait.
        for role, entry in endpoint.not_loaded():
            await self._load_one(role, entry)

    async def _load_one(self, role: str, entry: Entry) -> None:
        try:
            package = await self._loader.load(entry.address)
        except Exception as error:  # process edge: the other packages are loaded all the same
            reason, key = load_failure(error), _load_key(role, entry)
            before = self._retries.get(key)
            if before is None or before.reason != reason:
                logger.warning("release %s of %s cannot be loaded: %s", entry.release, entry.slug, reason)
            self._change(role, entry, failure=reason)
            pause = min(before.pause * 2, LONGEST_PAUSE_SECONDS) if before else FIRST_PAUSE_SECONDS
            self._retries[key] = Retry(monotonic() + pause, pause, reason)
            return
        self._change(role, entry, package=package)
        self._make_room(entry.slug)

    def _take_late(self, package: Package) -> None:
        """Have a package answer that was loaded after it counted as failed, where it is still wanted."""
        for role, entry in list(self._missing(has_failed=True)):
            if entry.address == package.address:
                self._change(role, entry, package=package)
                self._make_room(entry.slug)

    def _change(self, role: str, entry: Entry, *, package: Package | None = None, failure: str = "") -> None:
        endpoint = self.endpoints.get(entry.slug)
        wanted = endpoint.wanted(role) if endpoint else None
        if endpoint is None or wanted is None or not _same(wanted, entry):
            return  # something newer is wanted meanwhile
        failures = {name: why for name, why in endpoint.failures.items() if name != role}
        if package is None:
            changed = replace(endpoint, failures={**failures, role: failure}, is_unloaded=False)
        else:
            release = Release.of(wanted, package)
            changed = _with(endpoint, role, release, failures)
            if role == MAIN:
                changed = replace(changed, previous=_previous(endpoint, release))
        self.endpoints = {**self.endpoints, entry.slug: changed}

    def _make_room(self, newest: str) -> None:
        """Drop previous packages, then unload the least recently used endpoints, until the rest fits."""
        over = self.held - self._capacity
        if not self._capacity or over <= 0:
            return
        changed = dict(self.endpoints)
        by_age = sorted((slug for slug in changed if slug != newest), key=lambda slug: self.last_used.get(slug, 0.0))
        for slug in by_age:
            if over > 0 and changed[slug].previous is not None:
                changed[slug] = replace(changed[slug], previous=None)
                over -= 1
        for slug in by_age:
            endpoint = changed[slug]
            if over > 0 and endpoint.release is not None and not any(endpoint.missing()):
                over -= endpoint.packages
                changed[slug] = LoadedEndpoint(endpoint.entry, failures=endpoint.failures, is_unloaded=True)
        self.endpoints = changed


def _with(endpoint: LoadedEndpoint, role: str, release: Release, failures: Mapping[str, str]) -> LoadedEndpoint:
    present: dict[str, Any] = {role: release}
    return replace(endpoint, failures=failures, is_unloaded=False, **present)


def _previous(known: LoadedEndpoint, answering: Release | None) -> Package | None:
    """Return what answered before ``answering`` did."""
    if answering is None or known.release is None or known.release.package is answering.package:
        return known.previous
    return known.release.package


def _report(endpoint: LoadedEndpoint) -> dict[str, Any]:
    if endpoint.is_unloaded:
        numbers = {role: wanted.release if (wanted := endpoint.wanted(role)) else 0 for role in ROLES}
    else:
        present = {role: getattr(endpoint, role) for role in ROLES}
        numbers = {role: one.entry.release if one else 0 for role, one in present.items()}
    why = endpoint.failures
    parts = {role: parts_of(reason) for role, reason in why.items()}
    return {**numbers, "failure": endpoint.failure, "failures": dict(why), "failure_parts": parts}


def _is_alike(one: Entry, other: Entry) -> bool:
    return _same(one, other) and (one.canary, one.shadow) == (other.canary, other.shadow)


def _load_key(role: str, entry: Entry) -> LoadKey:
    return entry.slug, role, entry.release, entry.address


def _same(one: Entry, other: Entry) -> bool:
    return (one.address, one.release, one.name, one.version) == (
        other.address,
        other.release,
        other.name,
        other.version,
    )
