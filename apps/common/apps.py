"""Configuration of the common application."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What every application stands on."""

    name = "apps.common"
