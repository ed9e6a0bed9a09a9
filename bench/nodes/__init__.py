"""Nodes for measurements only, named to the engine by ``LEPTON_NODE_PACKAGES=bench=bench.nodes``."""
