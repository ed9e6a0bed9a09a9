"""Django system checks: settings that would lose data or give access to strangers are errors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from leptonweb.extras import missing_for_artifacts
from tasks.catalogue import CatalogueError, catalogue
from tasks.native_libraries import faults

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "glusterfs", "ceph", "lustre"}
)
MOUNTS = Path("/proc/mounts")


@register(Tags.security)
def check_debug(**_: Any) -> list[CheckMessage]:
    """Refuse debug pages, which show settings and code, on any address but the loopback."""
    if settings.DEBUG and settings.LEPTON_HOST not in LOCAL_HOSTS:
        message = f"LEPTON_DEBUG is on while LEPTON_HOST is {settings.LEPTON_HOST}."
        return [Error(message, hint="Turn LEPTON_DEBUG off, or listen on 127.0.0.1.", id="leptonweb.E001")]
    return []


@register(Tags.security)
def check_secrets(**_: Any) -> list[CheckMessage]:
    """Warn when a signing key is missing or too short."""
    found: list[CheckMessage] = []
    for name, value in (
        ("LEPTON_SECRET_KEY", settings.LEPTON_SECRET_KEY),
        ("LEPTON_ARTIFACT_KEY", settings.LEPTON_ARTIFACT_KEY),
    ):
        if not value:
            hint = "“make run” makes one and keeps it in the data folder; or set the variable."
            found.append(Warning(f"{name} is not set.", hint=hint, id="leptonweb.W001"))
        elif len(value) < 32 and not settings.DEBUG:
            hint = "Use at least 32 random characters."
            found.append(Warning(f"{name} has only {len(value)} characters.", hint=hint, id="leptonweb.W002"))
    return found


@register(Tags.security)
def check_hosts(**_: Any) -> list[CheckMessage]:
    """Warn when every host name is allowed."""
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        hint = "Name the hosts this server is reached by in LEPTON_ALLOWED_HOSTS."
        return [Warning("LEPTON_ALLOWED_HOSTS allows every host.", hint=hint, id="leptonweb.W003")]
    return []


@register(Tags.security)
def check_proxies(**_: Any) -> list[CheckMessage]:
    """Refuse a server that sends everybody to HTTPS and believes nobody that a request came by it."""
    if settings.SECURE_SSL_REDIRECT and not settings.LEPTON_TRUSTED_PROXIES:
        message = "Every request would be sent to HTTPS for ever: LEPTON_TRUSTED_PROXIES names no proxy that ends TLS."
        return [Error(message, hint="Set it to the proxy's address, such as 127.0.0.1.", id="leptonweb.E006")]
    return []


@register(Tags.compatibility)
def check_database_disk(**_: Any) -> list[CheckMessage]:
    """Refuse SQLite on a network disk: its write-ahead log needs memory shared by all processes."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return []
    kind = filesystem_of(Path(settings.LEPTON_DATA_DIR))
    if kind not in NETWORK_FILESYSTEMS:
        return []
    message = f"The database lies on a network disk ({kind}), where it can be damaged."
    return [Error(message, hint="Set LEPTON_DATA_DIR to a local disk, or DATABASE_URL.", id="leptonweb.E002")]


@register(Tags.compatibility)
def check_artifact_store(**_: Any) -> list[CheckMessage]:
    """Refuse a store of results whose package is not installed."""
    missing = missing_for_artifacts(settings.LEPTON_ARTIFACTS_URL)
    return [Error(missing, id="leptonweb.E004")] if missing else []


@register(Tags.compatibility)
def check_catalogue(**_: Any) -> list[CheckMessage]:
    """Refuse a catalogue of nodes that cannot be read: every page and every run needs it."""
    try:
        catalogue()
    except CatalogueError as error:
        return [Error(str(error), id="leptonweb.E005")]
    return []


@register(Tags.compatibility, deploy=True)
def check_libraries(**_: Any) -> list[CheckMessage]:
    """Name every library of machine code that cannot be loaded here; only with ``--deploy``, for it takes seconds."""
    return [Error(fault, id="leptonweb.E003") for fault in faults()]


@register(Tags.compatibility, deploy=True)
def check_plugins(**_: Any) -> list[CheckMessage]:
    """Name every plug-in that cannot be loaded here; only with ``--deploy``, for it takes seconds.

    In a process of its own: plug-ins may import numerical libraries, hang, or end the process.
    """
    command = [sys.executable, "-m", "tasks.contract.plugin_check"]
    done = subprocess.run(  # noqa: S603 - the command is ours
        command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    hint = "Repair the package, or uninstall it; graphs with its nodes cannot run until then."
    found: list[CheckMessage] = [Warning(line, hint=hint, id="leptonweb.W004") for line in done.stdout.splitlines()]
    if done.returncode:
        message = f"Loading the plug-ins ended the process that tried it ({done.returncode})."
        found.append(Warning(message, hint=hint, id="leptonweb.W004"))
    return found


def filesystem_of(folder: Path) -> str:
    """Return the type of the filesystem of a folder, or an empty string if unknown."""
    place = folder.resolve()
    best = max(
        ((mount, kind) for mount, kind in _mounts() if place.is_relative_to(mount)),
        key=lambda found: len(found[0].parts),
        default=(Path("/"), ""),
    )
    return best[1]


def _mounts() -> Iterator[tuple[Path, str]]:
    if not MOUNTS.is_file():
        return
    for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        _, mount, kind, *_ = line.split(" ")
        yield Path(mount.replace("\\040", " ")), kind
