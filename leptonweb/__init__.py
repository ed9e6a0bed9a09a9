"""Composition of LeptonWeb: settings, routes and the Celery application. Decides nothing."""

from leptonweb.celery import app as celery_app

__all__ = ["celery_app"]
