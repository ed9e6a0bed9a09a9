"""Why a package cannot be loaded, as a sentence for people."""

from __future__ import annotations

from tasks import open_files
from tasks.artifacts.errors import ArtifactDamaged, ArtifactMissing, StoreUnavailable
from tasks.graph.messages import Message
from tasks.inference.server.deployments.package_loader import LoadTimeout


def load_failure(error: Exception) -> Message:
    """Return the sentence for what loading a package raised; what an operator needs stands in brackets, in English."""
    if isinstance(error, LoadTimeout):
        return Message("load.timeout", "It is not loaded after {seconds:g} seconds.", seconds=error.seconds)
    detail = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, OSError) and error.errno in open_files.TOO_MANY:
        return Message(
            "load.too_many_files", "The server has too many files open to read its package ({error}).", error=detail
        )
    if isinstance(error, StoreUnavailable):
        return Message("load.store_away", "The store of results does not answer ({error}).", error=detail)
    if isinstance(error, ArtifactMissing):
        return Message("load.missing", "Its package is no longer in the store ({error}).", error=detail)
    if isinstance(error, ArtifactDamaged):
        return Message("load.damaged", "Its package was changed or damaged ({error}).", error=detail)
    return Message("load.failed", "Its package cannot be read ({error}).", error=detail)
