"""Serving processes: settings, supervision, handover to a successor."""
