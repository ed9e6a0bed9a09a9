"""Machines that run workers, their GPUs, and the attempt that holds each GPU."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

REPORT_SECONDS = 10
LOST_AFTER = timedelta(seconds=4 * REPORT_SECONDS)


class HostQuerySet(models.QuerySet["Host"]):
    """Machines."""

    def alive(self) -> Self:
        """Return the machines with a recent heartbeat, by the database's clock."""
        return self.filter(reported_at__gt=Now() - LOST_AFTER)


class Host(models.Model):
    """A machine with a worker.

    ``slots``: nodes it runs at once; ``attempt_bytes``: memory that one of them may use, 0 where it is not reported.
    """

    name = models.CharField(max_length=200, unique=True)
    slots = models.PositiveIntegerField(default=1)
    cores = models.PositiveIntegerField(default=1)
    memory_bytes = models.BigIntegerField(default=0)
    attempt_bytes = models.BigIntegerField(default=0)
    reported_at = models.DateTimeField(null=True)

    objects = HostQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class GpuQuerySet(models.QuerySet["Gpu"]):
    """GPUs."""

    def usable(self) -> Self:
        """Return the enabled GPUs that live machines reported recently."""
        return self.filter(is_enabled=True).recently_reported(LOST_AFTER)

    def recently_reported(self, age: timedelta) -> Self:
        """Return the GPUs that their machine reported within this time, by the database's clock."""
        since = Now() - age
        # Workers of former versions record no time; the heartbeat of the machine counts then.
        return self.filter(Q(seen_at=None) | Q(seen_at__gt=since), host__reported_at__gt=since)


class Gpu(models.Model):
    """One GPU.

    ``holder``: name of the attempt that acquired it last (`apps.common.leases.holder_name`). The GPU is free again as
    soon as that attempt does not hold its row any more; the next holder's name then replaces it.
    ``seen_at``: when its machine last reported it. A GPU that is gone is recognised by its age.
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="gpus")
    uuid = models.CharField(max_length=80, unique=True)
    index = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    memory_bytes = models.BigIntegerField(default=0)
    free_bytes = models.BigIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    holder = models.CharField(max_length=120, blank=True)
    seen_at = models.DateTimeField(null=True)

    objects = GpuQuerySet.as_manager()

    class Meta:
        ordering = ("host", "index")

    def __str__(self) -> str:
        return f"{self.name} ({self.host_id}:{self.index})"
