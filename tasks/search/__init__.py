"""Tuning: spaces and studies."""
