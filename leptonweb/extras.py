"""Optional packages: what a setting needs beside the base install, and the requirements file that brings it."""

from __future__ import annotations

import importlib.util
from urllib.parse import urlsplit

ARTIFACT_STORES = {
    "s3": ("s3fs", "requirements-s3.txt"),
    "s3a": ("s3fs", "requirements-s3.txt"),
}
"""Packages that stores of results need, by the scheme of `LEPTON_ARTIFACTS_URL`."""


def missing_for_artifacts(url: str) -> str:
    """Return what must be installed before results can be kept at ``url``, as a sentence; empty when all is there."""
    scheme = urlsplit(url).scheme
    package, requirements = ARTIFACT_STORES.get(scheme, ("", ""))
    if not package or importlib.util.find_spec(package) is not None:
        return ""
    return (
        f"LEPTON_ARTIFACTS_URL is an {scheme}:// address, which needs the package {package}. "
        f"Install it with: .venv/bin/python -m pip install -r {requirements}"
    )
