"""Configuration of the composition itself: its commands and start-up checks."""

from django.apps import AppConfig


class LeptonWebConfig(AppConfig):
    """The composition."""

    name = "leptonweb"

    def ready(self) -> None:
        """Register the start-up checks."""
        from leptonweb import checks  # noqa: F401
