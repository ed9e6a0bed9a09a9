"""Composition of LeptonWeb: settings, routes and the Celery application. No business rules."""

from leptonweb.celery import app as celery_app

__all__ = ["celery_app"]
