"""Configuration of the graphs application."""

from django.apps import AppConfig


class GraphsConfig(AppConfig):
    """Graphs."""

    name = "apps.graphs"
