"""Uploads, data sets, their versions and pages of their rows."""
