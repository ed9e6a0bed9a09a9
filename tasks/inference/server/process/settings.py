"""What the serving plane reads from its environment, once, at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 1024 * 1024


class BadSetting(ValueError):
    """A setting that cannot be used; the message is a sentence that names the variable."""


@dataclass(frozen=True)
class Settings:
    """How one serving process works.

    Attributes:
        host: Where it listens.
        port: Where it listens.
        processes: Processes that share the port; unless told otherwise two where there are two cores, so that one
            goes on while the other is replaced.
        alone_seconds: How long they answer after the one that looks after them was killed, until the next one's do. 0:
            they end with it.
        data_dir: Where the last known endpoints are kept, for a start without Redis.
        artifacts_url: The store that packages are read from.
        redis_url: Where changes are told and counts are left.
        body_limit_bytes: A larger body is refused before it is read.
        concurrency: Requests one process works on at a time; the next is told to come again.
        concurrency_per_key: The share of ``concurrency`` that one key may hold.
        batch_max_wait_seconds: A large request that would wait longer for its turn is told to come again.
        max_wait_seconds: The same for a small one.
        batch_rows: Rows of different requests answered together at most, where a model gains by it. 1: never.
        device: Where models compute: ``cpu``, or a GPU as ``cuda``, ``cuda:1``, ``rocm``.
        capacity: Packages one process holds; what was not asked for longest is loaded again when it is. 0: no limit.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    processes: int = 1
    alone_seconds: int = 60
    data_dir: Path = Path("data")
    artifacts_url: str = "data/artifacts"
    redis_url: str = "redis://127.0.0.1:6379/0"
    body_limit_bytes: int = 10 * MEBIBYTE
    concurrency: int = 256
    concurrency_per_key: int = 128
    batch_max_wait_seconds: float = 2.0
    max_wait_seconds: float = 0.5
    capacity: int = 0
    batch_rows: int = 64
    device: str = "cpu"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings; what is absent has the default that `leptonweb.settings` has.

        Raises:
            BadSetting: A value that must be a number is none.
        """

        def text(name: str, default: str) -> str:
            return environment.get(name, "").strip() or default

        def number(name: str, default: int, minimum: int = 1) -> int:
            value = text(name, str(default))
            if not value.isdecimal() or int(value) < minimum:
                raise BadSetting(f"{name} must be a whole number of at least {minimum}, but it is “{value}”.")
            return int(value)

        data_dir = Path(text("LEPTON_DATA_DIR", "data")).expanduser().resolve()
        concurrency = number("LEPTON_SERVE_PLACES", 256, minimum=2)
        return cls(
            host=text("LEPTON_HOST", "127.0.0.1"),
            port=number("LEPTON_SERVE_PORT", 8001),
            processes=number("LEPTON_SERVE_PROCESSES", _processes()),
            alone_seconds=number("LEPTON_SERVE_ALONE_SECONDS", 60, minimum=0),
            data_dir=data_dir,
            artifacts_url=text("LEPTON_ARTIFACTS_URL", str(data_dir / "artifacts")),
            redis_url=text("REDIS_URL", "redis://127.0.0.1:6379/0"),
            body_limit_bytes=number("LEPTON_SERVE_MAX_BODY_MB", 10) * MEBIBYTE,
            concurrency=concurrency,
            concurrency_per_key=concurrency // 2,
            max_wait_seconds=number("LEPTON_SERVE_PATIENCE_MS", 500) / 1000,
            batch_rows=number("LEPTON_SERVE_GATHERED_ROWS", 64),
            device=text("LEPTON_SERVE_DEVICE", "cpu").lower(),
            capacity=number("LEPTON_SERVE_MAX_MODELS", 0, minimum=0),
        )

    @property
    def snapshot_path(self) -> Path:
        """File in which the last known endpoints are kept."""
        return self.data_dir / "serving" / "snapshot.json"


def _processes() -> int:
    """Return 2, or 1 where there is one core to share."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(2, cores)
