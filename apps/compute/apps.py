"""Configuration of the compute application."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    """Machines and their GPUs."""

    name = "apps.compute"

    def ready(self) -> None:
        """Provide the hooks of lower applications: whether there is a GPU, and the metrics of machines."""
        from apps.common import hooks
        from apps.compute.figures import machine_figures
        from apps.compute.selectors import has_gpu

        hooks.has_gpu.connect(has_gpu)
        hooks.collect_metrics.connect(machine_figures)
