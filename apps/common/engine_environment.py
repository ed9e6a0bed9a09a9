"""What an engine process gets of its parent: an environment without secrets, and the key of models through a pipe.

The key is read once. In an environment it would be inherited by whatever the child starts, and be shown to every
process of the same user.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

KEY_DESCRIPTOR = "MODEL_KEY_DESCRIPTOR"  # as in tasks/artifacts/signature.py
SECRETS = frozenset(
    {
        "DATABASE_URL",
        "LEPTON_ADMIN_PASSWORD",
        "LEPTON_ARTIFACT_KEY",
        "LEPTON_BROKER_URL",
        "LEPTON_METRICS_TOKEN",
        "LEPTON_SECRET_KEY",
        "REDIS_URL",
    }
)
"""Variables that a child does not get: it runs plug-ins, and needs only the store of artifacts."""


def engine_environment(own: Mapping[str, str], descriptor: int) -> dict[str, str]:
    """Return the variables of a child: this process's without `SECRETS`, and its own.

    Args:
        own: Variables of this child alone.
        descriptor: Where it reads the key, from `key_pipe`.
    """
    return {
        **{name: value for name, value in os.environ.items() if name not in SECRETS},
        KEY_DESCRIPTOR: str(descriptor),
        "LEPTON_LOCAL_CACHE_GB": str(settings.LEPTON_LOCAL_CACHE_GB),
        **own,
    }


@contextmanager
def key_pipe() -> Iterator[int]:
    """Provide a file descriptor that a child inherits and reads the key of models from."""
    reader, writer = os.pipe()
    try:
        # Far less than a pipe holds, so this never waits for a reader.
        os.write(writer, settings.LEPTON_ARTIFACT_KEY.encode())
        os.close(writer)
        yield reader
    finally:
        os.close(reader)
