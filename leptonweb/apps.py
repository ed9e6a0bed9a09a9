"""Configuration of the composition itself: its commands and start-up checks."""

from django.apps import AppConfig


class LeptonWebConfig(AppConfig):
    """The composition."""

    name = "leptonweb"

    def ready(self) -> None:
        """Register the start-up checks, and what applications count in the database."""
        from apps.common.metrics import figures
        from apps.compute.figures import machine_figures
        from apps.runs.figures import run_figures
        from apps.serving.metrics import endpoint_figures
        from leptonweb import checks  # noqa: F401

        for read in (run_figures, machine_figures, endpoint_figures):
            figures(read)
