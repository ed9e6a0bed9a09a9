"""What changes machines and GPUs: reports, leases, renewals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from apps.compute.models import Gpu, Host

LEASE = timedelta(seconds=30)
NEEDED_FREE_BYTES = 1024**3


@dataclass(frozen=True)
class GpuReport:
    """One GPU as its machine sees it now."""

    uuid: str
    index: int
    name: str
    memory_bytes: int
    free_bytes: int


@transaction.atomic
def report_host(*, name: str, slots: int, cores: int, memory_bytes: int, gpus: Iterable[GpuReport]) -> None:
    """Note that a machine is there, and what it has. A GPU that is no longer there is forgotten."""
    host, _ = Host.objects.update_or_create(
        name=name, defaults={"slots": slots, "cores": cores, "memory_bytes": memory_bytes, "reported_at": Now()}
    )
    seen = []
    for gpu in gpus:
        described = {"index": gpu.index, "name": gpu.name, "memory_bytes": gpu.memory_bytes}
        Gpu.objects.update_or_create(uuid=gpu.uuid, defaults={"host": host, "free_bytes": gpu.free_bytes, **described})
        seen.append(gpu.uuid)
    host.gpus.exclude(uuid__in=seen).delete()


def lease_gpu(*, host_name: str, holder: str, free: Mapping[str, int] | None = None) -> Gpu | None:
    """Return a free GPU of this machine, now held by ``holder``, or ``None``.

    The one with the most free memory is tried first; one with less than 1 GiB free is not given.

    Args:
        free: Free memory by id as it is now; what was reported last counts for the others.
    """
    now = free or {}
    candidates = Gpu.objects.free().filter(host__name=host_name)
    sized = [(now.get(gpu.uuid, gpu.free_bytes), gpu) for gpu in candidates]
    for free_bytes, gpu in sorted(sized, key=lambda pair: -pair[0]):
        if free_bytes >= NEEDED_FREE_BYTES:
            taken = Gpu.objects.free().filter(pk=gpu.pk).update(holder=holder, lease_until=Now() + LEASE)
            if taken:
                return gpu
    return None


def is_worth_waiting(*, host_name: str) -> bool:
    """Return whether a GPU will come free here, or is there on another machine."""
    usable = Gpu.objects.usable()
    elsewhere = usable.exclude(host__name=host_name).filter(free_bytes__gte=NEEDED_FREE_BYTES)
    return usable.filter(lease_until__gte=Now()).exists() or elsewhere.exists()


def renew_gpu(*, holder: str) -> bool:
    """Hold on to a GPU for another while; ``False`` when it was given to somebody else."""
    return bool(Gpu.objects.filter(holder=holder).update(lease_until=Now() + LEASE))


def release_gpu(*, holder: str) -> None:
    """Give a GPU back."""
    Gpu.objects.filter(holder=holder).update(holder="", lease_until=None)


def shorten_far_leases() -> int:
    """Let no GPU be held for longer than anybody holds one at a time: the clock was set back since it was taken."""
    far = Gpu.objects.filter(lease_until__gt=Now() + 2 * LEASE)
    return far.update(lease_until=Now() + LEASE) if far.exists() else 0
