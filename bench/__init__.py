"""Measurements; `README.md` says what each prints."""
