"""Limits of the web process per client, and the token that reads its metrics."""

from leptonweb.settings import env

LEPTON_REQUEST_SECONDS = env.integer("LEPTON_REQUEST_SECONDS", 60, minimum=1)
LEPTON_DRAIN_SECONDS = env.integer("LEPTON_DRAIN_SECONDS", 30)
LEPTON_CONNECTIONS_PER_ADDRESS = env.integer("LEPTON_CONNECTIONS_PER_ADDRESS", 256)
LEPTON_METRICS_TOKEN = env.text("LEPTON_METRICS_TOKEN")
