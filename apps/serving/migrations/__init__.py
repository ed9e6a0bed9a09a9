"""Migrations of serving."""
