"""Configuration of the registry application."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Registered models."""

    name = "apps.registry"
