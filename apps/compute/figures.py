"""Metrics of machines for ``/metrics``."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Sum
from prometheus_client.core import Metric

from apps.common.leases import is_held
from apps.common.metrics import gauge
from apps.compute.models import Gpu, Host


def machine_figures() -> Iterator[Metric]:
    """Return the number of live machines, their slots, their GPUs, and how many GPUs are in use."""
    alive = Host.objects.order_by().alive().aggregate(hosts=Count("pk"), slots=Sum("slots"))
    yield gauge("leptonweb_worker_hosts", "Machines whose worker sent a recent heartbeat.", alive["hosts"])
    yield gauge("leptonweb_worker_slots", "Nodes that workers can run at once.", alive["slots"] or 0)
    yield gauge("leptonweb_gpus", "GPUs of these machines that may be used.", Gpu.objects.usable().count())
    in_use = sum(is_held(holder) for holder in Gpu.objects.values_list("holder", flat=True))
    yield gauge("leptonweb_gpus_in_use", "GPUs that an attempt has acquired.", in_use)
