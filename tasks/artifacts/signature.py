"""The server's signature on native model files: a pickle is opened only if our own workers wrote it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping

from tasks.artifacts.errors import ArtifactDamaged, ArtifactError

KEY_VARIABLE = "LEPTON_ARTIFACT_KEY"
KEY_DESCRIPTOR = "MODEL_KEY_DESCRIPTOR"
MOST_KEY_BYTES = 4096

_received: list[str] = []


def receive_key() -> None:
    """Read the key from the pipe that the environment names, if it names one; nobody can read it there again."""
    descriptor = os.environ.pop(KEY_DESCRIPTOR, "")
    if descriptor:
        with os.fdopen(int(descriptor), "rb") as pipe:
            _received[:] = [pipe.read(MOST_KEY_BYTES).decode()]


def sign(kind: str, files: Mapping[str, bytes]) -> str:
    """Return the signature of native files and of the loader that will read them, in hexadecimal.

    Raises:
        ArtifactError: The server has no key.
    """
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    line = json.dumps([kind, hashes], sort_keys=True).encode()
    return hmac.new(_key(), line, hashlib.sha256).hexdigest()


def check_signature(kind: str, files: Mapping[str, bytes], signature: str) -> None:
    """Do nothing if the signature is right.

    Raises:
        ArtifactDamaged: It is not.
    """
    if not hmac.compare_digest(sign(kind, files), signature):
        raise ArtifactDamaged(
            "This model was not signed by this server, so it is not opened. "
            f"Train it again here, or set {KEY_VARIABLE} to the key it was signed with."
        )


def _key() -> bytes:
    key = _received[0] if _received else os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise ArtifactError(f"Set {KEY_VARIABLE} to a long random text: models are signed with it.")
    return key.encode()
