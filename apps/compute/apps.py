"""Configuration of the compute application."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    """Machines and their GPUs."""

    name = "apps.compute"

    def ready(self) -> None:
        """Tell the applications below whether there is a GPU."""
        from apps.common import hooks
        from apps.compute.figures import machine_figures
        from apps.compute.selectors import has_gpu

        hooks.has_gpu.connect(has_gpu)
        hooks.collect_metrics.connect(machine_figures)
