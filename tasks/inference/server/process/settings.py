"""What the serving plane reads from its environment, once, at the start."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

logger = logging.getLogger(__name__)

MEBIBYTE = 1024 * 1024

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?|https?://\[[0-9a-f:.]+\](?::\d+)?")

FORMER_NAMES = {
    "LEPTON_SERVE_CONCURRENCY": "LEPTON_SERVE_PLACES",
    "LEPTON_SERVE_QUEUE_TIMEOUT_MS": "LEPTON_SERVE_PATIENCE_MS",
    "LEPTON_SERVE_BATCH_ROWS": "LEPTON_SERVE_GATHERED_ROWS",
    "LEPTON_SERVE_ORPHAN_SECONDS": "LEPTON_SERVE_ALONE_SECONDS",
}
"""Variables that had another name, which is still read where the present one is not set."""


class BadSetting(ValueError):
    """A setting that cannot be used; the message is a sentence that names the variable."""


@dataclass(frozen=True)
class Settings:
    """How one serving process works.

    Attributes:
        host: The address to listen on.
        port: The port to listen on.
        processes: Processes that share the port. By default two on a machine with two cores or more, so that one
            answers while the other is replaced.
        orphan_seconds: How long the processes keep answering after their supervisor was killed, until those of a new
            supervisor do; 0: they end with it.
        data_dir: Folder of the last known endpoints, for a start without Redis.
        artifacts_url: The store that packages are read from.
        redis_url: Where changes are published and counts are delivered.
        body_limit_bytes: The largest body.
        origins: Sites whose pages may ask endpoints from a browser, like ``https://shop.example.com``; ``*`` for all.
        concurrency: Requests under way in one process at most; further ones are refused.
        concurrency_per_key: The same for the requests of one key.
        batch_max_wait_seconds: An expensive request that would wait longer in the queue is refused.
        max_wait_seconds: The same for a cheap request.
        batch_rows: The largest batch of rows from different requests, for models that gain by batching; 1 for none.
        connections_per_address: That one client may have in one process; 0 for no limit.
        trusted_proxies: Networks without that limit.
        device: Where models compute: ``cpu``, or a GPU as ``cuda``, ``cuda:1``, ``rocm``.
        capacity: Packages in memory at most; the least recently used is unloaded, and loaded again on its next
            request. 0 for no limit.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    processes: int = 1
    orphan_seconds: int = 60
    data_dir: Path = Path("data")
    artifacts_url: str = "data/artifacts"
    redis_url: str = "redis://127.0.0.1:6379/0"
    body_limit_bytes: int = 10 * MEBIBYTE
    origins: tuple[str, ...] = ()
    concurrency: int = 256
    concurrency_per_key: int = 128
    batch_max_wait_seconds: float = 2.0
    max_wait_seconds: float = 0.5
    capacity: int = 0
    batch_rows: int = 64
    device: str = "cpu"
    connections_per_address: int = 1024
    trusted_proxies: tuple[Network, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings; what is absent has the default that `leptonweb.settings` has.

        Raises:
            BadSetting: A value that must be a number is none.
        """

        def text(name: str, default: str) -> str:
            return environment.get(name, "").strip() or default

        def number(name: str, default: int, minimum: int = 1) -> int:
            former = FORMER_NAMES.get(name, "")
            if former and text(former, "") and not text(name, ""):
                logger.warning("%s is called %s now; the former name is still read.", former, name)
                name = former
            value = text(name, str(default))
            if not value.isdecimal() or int(value) < minimum:
                raise BadSetting(f"{name} must be a whole number of at least {minimum}, but it is “{value}”.")
            return int(value)

        data_dir = Path(text("LEPTON_DATA_DIR", "data")).expanduser().resolve()
        concurrency = number("LEPTON_SERVE_CONCURRENCY", 256, minimum=2)
        return cls(
            host=text("LEPTON_HOST", "127.0.0.1"),
            port=number("LEPTON_SERVE_PORT", 8001),
            processes=number("LEPTON_SERVE_PROCESSES", _processes()),
            orphan_seconds=number("LEPTON_SERVE_ORPHAN_SECONDS", 60, minimum=0),
            data_dir=data_dir,
            artifacts_url=text("LEPTON_ARTIFACTS_URL", str(data_dir / "artifacts")),
            redis_url=text("REDIS_URL", "redis://127.0.0.1:6379/0"),
            body_limit_bytes=number("LEPTON_SERVE_MAX_BODY_MB", 10) * MEBIBYTE,
            origins=_origins(text("LEPTON_SERVE_ORIGINS", "")),
            concurrency=concurrency,
            concurrency_per_key=concurrency // 2,
            max_wait_seconds=number("LEPTON_SERVE_QUEUE_TIMEOUT_MS", 500) / 1000,
            batch_rows=number("LEPTON_SERVE_BATCH_ROWS", 64),
            device=text("LEPTON_SERVE_DEVICE", "cpu").lower(),
            capacity=number("LEPTON_SERVE_MAX_MODELS", 0, minimum=0),
            connections_per_address=number("LEPTON_SERVE_CONNECTIONS_PER_ADDRESS", 1024, minimum=0),
            trusted_proxies=_networks(text("LEPTON_TRUSTED_PROXIES", "")),
        )

    @property
    def snapshot_path(self) -> Path:
        """File in which the last known endpoints are kept."""
        return self.data_dir / "serving" / "snapshot.json"


def _origins(text: str) -> tuple[str, ...]:
    """Return origins that were written with commas between them. Raises `BadSetting`."""
    found = tuple(origin.strip().lower().removesuffix("/") for origin in text.split(",") if origin.strip())
    for origin in found:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise BadSetting(
                "LEPTON_SERVE_ORIGINS must be sites such as https://shop.example.com, separated by commas, or * for "
                f"all, but it has “{origin}”."
            )
    return found


def _networks(text: str) -> tuple[Network, ...]:
    """Return addresses and networks that were written with commas between them. Raises `BadSetting`."""
    try:
        return tuple(ipaddress.ip_network(one, strict=False) for one in text.replace(",", " ").split())
    except ValueError as error:
        raise BadSetting(f"LEPTON_TRUSTED_PROXIES: {error}.") from None


def _processes() -> int:
    """Return 2, or 1 where there is one core to share."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2, cores)
