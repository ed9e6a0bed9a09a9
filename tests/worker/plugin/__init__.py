"""Nodes that behave badly on purpose, named to the engine by ``LEPTON_NODE_PACKAGES``."""
