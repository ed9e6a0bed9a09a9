"""Configuration of the live application."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Live events."""

    name = "apps.live"
