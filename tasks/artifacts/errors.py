"""What can be wrong with a stored artifact."""

from __future__ import annotations


class ArtifactError(Exception):
    """An artifact is missing, damaged, or not signed by this server."""


class ArtifactMissing(ArtifactError):  # noqa: N818 - reads as the fact it reports
    """There is no such artifact, or no such file in it."""


class ArtifactDamaged(ArtifactError):  # noqa: N818
    """A file is not what was written: its hash or its signature is wrong."""


class StoreUnavailable(Exception):  # noqa: N818
    """The place where results lie could not be read or written: not the result's fault, and worth another try."""
