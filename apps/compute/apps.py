"""Configuration of the compute application."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    """Machines and their GPUs."""

    name = "apps.compute"

    def ready(self) -> None:
        """Provide the hooks of lower applications: GPUs, how many nodes run at once, and the metrics of machines."""
        from apps.common import hooks
        from apps.compute.figures import machine_figures
        from apps.compute.selectors import has_gpu, total_slots

        hooks.has_gpu.connect(has_gpu)
        hooks.parallel_nodes.connect(total_slots)
        hooks.collect_metrics.connect(machine_figures)
