"""Endpoints, releases, keys and traffic."""
