"""Queries about machines and GPUs."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max, Sum

from apps.compute.models import Gpu, Host

# A machine that restarts is back within this time; a training on the CPU may take hours longer.
EXPECTED_FOR = timedelta(minutes=3)


def has_gpu() -> bool:
    """Return whether a usable GPU exists."""
    return Gpu.objects.usable().exists()


def is_gpu_expected() -> bool:
    """Return whether work may wait for a GPU: one was reported within `EXPECTED_FOR`."""
    return Gpu.objects.filter(is_enabled=True).recently_reported(EXPECTED_FOR).exists()


def total_slots() -> int:
    """Return how many nodes all machines run at once; at least 1."""
    return Host.objects.alive().aggregate(total=Sum("slots"))["total"] or 1


def gpu_memory() -> int | None:
    """Return the bytes of the largest usable GPU, 0 where it is not known; ``None`` without a GPU."""
    sizes = Gpu.objects.usable().values_list("memory_bytes", flat=True)
    return max(sizes, default=None)


def attempt_memory() -> int:
    """Return the most bytes that a node may use on any live machine; 0 where none reported that."""
    return Host.objects.alive().aggregate(most=Max("attempt_bytes"))["most"] or 0
