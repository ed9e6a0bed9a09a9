"""What others ask of the machines."""

from __future__ import annotations

from django.db.models import Sum

from apps.compute.models import Gpu, Host


def has_gpu() -> bool:
    """Return whether a GPU is there that work may be sent to."""
    return Gpu.objects.usable().exists()


def total_slots() -> int:
    """Return how many nodes all machines run at once; at least 1."""
    return Host.objects.alive().aggregate(total=Sum("slots"))["total"] or 1
