"""Commands on machines and GPUs: heartbeats, and attempts that acquire a GPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.common.leases import is_held
from apps.compute.models import Gpu, Host

NEEDED_FREE_BYTES = 1024**3
DELETED_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class GpuReport:
    """State of one GPU as its machine reports it."""

    uuid: str
    index: int
    name: str
    memory_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class LocalGpus:
    """The GPUs of the calling machine. ``free``: current free memory in bytes by GPU id."""

    host_name: str
    free: Mapping[str, int]


NO_GPUS = LocalGpus("", {})


class NoGpuAvailable(Exception):  # noqa: N818 - reads as the fact it reports
    """All GPUs are held at the moment."""


@transaction.atomic
def report_host(
    *,
    name: str,
    slots: int,
    cores: int,
    memory_bytes: int,
    gpus: Iterable[GpuReport] | None,
    attempt_bytes: int = 0,
) -> None:
    """Record a heartbeat of a machine with its resources.

    A GPU that it no longer reports becomes unusable after `LOST_AFTER` and is deleted after `DELETED_AFTER`, unless it
    is held or was disabled: a driver that fails to answer once must change neither.

    Args:
        gpus: The GPUs that the machine sees; ``None`` if they could not be read.
        attempt_bytes: Memory that one attempt may use there.
    """
    facts: dict[str, Any] = {"slots": slots, "cores": cores, "memory_bytes": memory_bytes}
    host, _ = Host.objects.update_or_create(
        name=name, defaults={**facts, "attempt_bytes": attempt_bytes, "reported_at": Now()}
    )
    # Rows of a former version start to age with the first report of this one.
    host.gpus.filter(seen_at=None).update(seen_at=Now())
    if gpus is None:
        return
    for gpu in gpus:
        facts = {"index": gpu.index, "name": gpu.name, "memory_bytes": gpu.memory_bytes, "seen_at": Now()}
        Gpu.objects.update_or_create(uuid=gpu.uuid, defaults={"host": host, "free_bytes": gpu.free_bytes, **facts})
    for gone in host.gpus.filter(is_enabled=True, seen_at__lte=Now() - DELETED_AFTER):
        if not is_held(gone.holder):
            gone.delete()


def acquire_gpus(*, host_name: str, holder: str, free: Mapping[str, int] | None = None, count: int = 1) -> list[Gpu]:
    """Return that many GPUs of this machine, now held by ``holder``, or none at all.

    Those with the most free memory are chosen, and none with less than 1 GiB free.

    Args:
        holder: Name of an attempt (`apps.common.leases.holder_name`); it holds them as long as it holds its row.
        free: Current free memory by id; the last report counts for the others.
    """
    now = free or {}
    while True:
        idle = [gpu for gpu in Gpu.objects.usable().filter(host__name=host_name) if not is_held(gpu.holder)]
        sized = sorted(((now.get(gpu.uuid, gpu.free_bytes), gpu) for gpu in idle), key=lambda pair: -pair[0])
        chosen = [gpu for free_bytes, gpu in sized if free_bytes >= NEEDED_FREE_BYTES][:count]
        if len(chosen) < count:
            return []
        unchanged = Q()  # since they were read: another worker may have acquired one of them meanwhile
        for gpu in chosen:
            unchanged |= Q(pk=gpu.pk, holder=gpu.holder)
        with transaction.atomic():
            if Gpu.objects.filter(unchanged).update(holder=holder) == count:
                return chosen
            transaction.set_rollback(True)


def is_worth_waiting(*, host_name: str) -> bool:
    """Return whether a GPU of this machine will be released, or another machine has a usable one."""
    usable = Gpu.objects.usable()
    elsewhere = usable.exclude(host__name=host_name).filter(free_bytes__gte=NEEDED_FREE_BYTES)
    return elsewhere.exists() or any(is_held(holder) for holder in usable.values_list("holder", flat=True))


def acquire_or_wait(gpus: LocalGpus, *, holder: str) -> Gpu | None:
    """Return a GPU of this machine that ``holder`` now holds, or ``None`` when its work is to run on the CPU.

    Raises:
        NoGpuAvailable: The work is to stay in the queue, because a GPU that is held now will be released.
    """
    acquired = acquire_gpus(host_name=gpus.host_name, holder=holder, free=gpus.free)
    if not acquired and is_worth_waiting(host_name=gpus.host_name):
        raise NoGpuAvailable
    return acquired[0] if acquired else None
