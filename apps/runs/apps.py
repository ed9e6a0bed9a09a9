"""Configuration of the runs application."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs."""

    name = "apps.runs"

    def ready(self) -> None:
        """Connect the hooks: results of earlier runs for graphs, garbage collection after deletions, metrics."""
        from apps.common import hooks
        from apps.runs import history
        from apps.runs.figures import run_figures
        from apps.runs.storage_usage import collect_garbage_soon

        hooks.reusable_fingerprints.connect(history.reusable_fingerprints)
        hooks.frozen_fingerprints.connect(history.frozen_fingerprints)
        hooks.past_seconds.connect(history.past_seconds)
        hooks.past_peaks.connect(history.past_peaks)
        hooks.typical_seconds.connect(history.typical_seconds)
        hooks.on_artifacts_released.connect(collect_garbage_soon)
        hooks.collect_metrics.connect(run_figures)
