"""Configuration of the compute application."""

from django.apps import AppConfig


class ComputeConfig(AppConfig):
    """Machines and their GPUs."""

    name = "apps.compute"

    def ready(self) -> None:
        """Tell the applications below whether there is a GPU."""
        from apps.accounts.hardware import register_gpu_check
        from apps.compute.selectors import has_gpu

        register_gpu_check(has_gpu)
